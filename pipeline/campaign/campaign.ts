/**
 * The composition root: creates the parts of a campaign from campaign.yaml and the environment.
 *
 * Only this module knows all kinds of nodes, logs, readers and views. It passes to each module the functions of other
 * modules that it needs: the log gets the node's blocks, the stages get readers that do not depend on IPFS.
 */
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { type CampaignConfig, facts } from "../core/campaign/campaign.ts";
import type { MirrorConfig } from "../core/campaign/mirrors.ts";
import { pinnedSisters } from "../core/campaign/sister-config.ts";
import { Failure } from "../core/failure.ts";
import { stableJson } from "../core/json.ts";
import type { World } from "../core/world.ts";
import { codecs } from "../dag/block.ts";
import { cidOf } from "../dag/hash.ts";
import type { GetInto } from "../dag/reused-memory.ts";
import { memory } from "../disk/cache.ts";
import { firstOf } from "../ipfs/local-first.ts";
import type { Node } from "../ipfs/node.ts";
import { required } from "../ipfs/require-block.ts";
import { knownForks } from "../log/forks.ts";
import type { RecordEndpoint } from "../names/ipns/endpoints.ts";
import type { Parts } from "../stages/parts.ts";
import { configIn } from "./config.ts";
import { doisIn } from "./dois.ts";
import { type FetchingBelow, fetchingLeaves } from "./parts/fetching-leaves.ts";
import { homeOrGateways } from "./parts/home.ts";
import { homeOriginIn } from "./parts/http-origin.ts";
import { logOf, signing } from "./parts/log.ts";
import { configuredNames } from "./parts/names.ts";
import { ipnsKeyOf, type OtherNames, otherNames, recordEndpoints } from "./parts/other-names.ts";
import { peeringOf } from "./parts/peering.ts";
import { configuredPinServices, originsOf } from "./parts/pin-services.ts";
import { scanFilter } from "./path-pattern.ts";
import { sistersIn } from "./remotes.ts";
import { type Environment, secretsIn } from "./secrets.ts";

export interface Campaign extends Parts, FetchingBelow {
  readonly get: GetInto;
  /** Those in campaign.yaml, as one. */
  readonly gateways?: Node | undefined;
  /** Names that are not the campaign's, for `serve`. `endpoints`: further addresses of delegated routing. */
  readonly otherNames?: (endpoints: readonly string[]) => Promise<OtherNames>;
  /** Where campaign.yaml has records of IPNS keys; a Kubo among them searches the network. */
  readonly recordEndpoints: () => Promise<readonly RecordEndpoint[]>;
  /** The private key of an IPNS name in campaign.yaml, as text, where its variable is set. */
  readonly ipnsKey: (name: string) => string | undefined;
  /** Of campaign.yaml. */
  readonly mirrors: readonly MirrorConfig[];
  close(): Promise<void>;
}

/** A campaign for verbs that neither describe datasets nor render a portal: half of the program's code is not loaded for them. */
export type CampaignStore = Omit<Campaign, "readers" | "views" | "madeWith">;

/** `store` with the readers and views. */
export async function withReaders(store: OpenStore): Promise<Campaign> {
  const [{ readers }, { views }] = await Promise.all([import("./readers/readers.ts"), import("../views/views.ts")]);
  const madeWith = {
    readers: Object.fromEntries(readers.map(({ name, version }) => [name, version])),
    views: Object.fromEntries(views.map(({ name, version }) => [name, version])),
    campaign: store.configDigest,
  };
  return { ...store, readers, views, madeWith };
}

export interface OpenStore extends CampaignStore {
  /** Of what campaign.yaml contributes to descriptions and views. */
  readonly configDigest: string;
}

/** {@link openStore} with the readers and views. @throws as it does. */
export async function openCampaign(folder: string, env: Environment, world: World): Promise<Campaign> {
  return withReaders(await openStore(folder, env, world));
}

/**
 * Opens the campaign in `folder`.
 *
 * @throws Failure `input` where campaign.yaml is missing or invalid, with every invalid line. For a secret that is not set,
 * only the part that needs it throws, with the line of campaign.yaml.
 */
export async function openStore(folder: string, env: Environment, world: World): Promise<OpenStore> {
  const { config, text } = await configIn(folder);
  const secret = secretsIn(text, env);
  const state = join(folder, ".fieldtree");
  const home = await homeOrGateways(config, state, secret);
  const gateways = await gatewaysOf(config);
  const reach = gateways ? firstOf(home, gateways) : home;
  const sisterNames = config.sisters.map(({ name }) => name);
  const sisters = await sistersIn(folder, sisterNames);
  const published = facts(config, await doisIn(folder), sisters);
  const log = await logOf(config, { folder, state, blocks: home, env });
  const services = await configuredPinServices(config, secret);
  const announced = await configuredNames(config, { secret, env, attachments: log.attachments });

  return {
    folder,
    state,
    facts: published,
    profile: config.profile,
    home,
    gateways,
    get: Object.assign(
      (cid: CID) => required(cid, reach, world, gateways ? undefined : elsewhere),
      home.getInto && { into: (cid: CID, memory: Uint8Array) => home.getInto!(cid, memory, world) },
    ),
    ...fetchingLeaves(home, gateways, services, config),
    log,
    forks: knownForks(join(state, "log", "forks")),
    ...signing(config, secret),
    isScanned: scanFilter(config),
    configDigest: digestOf({ facts: published, scan: config.scan, profile: config.profile }),
    sizes: await memory(join(state, "remembered", "sizes")),
    leafContents: await memory(join(state, "remembered", "holdings")),
    references: await memory(join(state, "remembered", "references")),
    signers: config.log.signers,
    pinServices: services.map(({ service }) => service),
    pins: { ...config.pins, extra: [...config.pins.extra, ...pinnedSisters(sisters, config.sisters)] },
    origins: await originsOf(config, secret),
    httpOrigin: () => homeOriginIn(state),
    names: announced.map(({ name }) => name),
    otherNames: (endpoints) => otherNames(config, endpoints, secret),
    recordEndpoints: () => recordEndpoints(config, secret, { search: true }),
    mirrors: config.mirrors,
    ipnsKey: (name) => ipnsKeyOf(config, env, name),
    peering: await peeringOf(config, secret),
    ...sourceDateEpoch(env),
    close: async () => {
      for (const { close } of [...services, ...announced]) close();
      await reach.close?.();
    },
  };
}

/** The hint for campaigns whose machines share a log and no blocks. */
const elsewhere = "if another machine has it: campaign.yaml can name gateways: to read it from";

async function gatewaysOf({ gateways }: CampaignConfig): Promise<Node | undefined> {
  if (gateways.length === 0) return undefined;
  const several = await import("../ipfs/gateways.ts");
  return several.gateways(gateways);
}

function digestOf(value: unknown): string {
  return cidOf(codecs.raw, new TextEncoder().encode(stableJson(value))).toString();
}

function sourceDateEpoch(env: Environment): Pick<Parts, "sourceDateEpoch"> {
  const epoch = env.SOURCE_DATE_EPOCH;
  if (!epoch) return {};
  if (!/^\d{1,12}$/.test(epoch))
    throw new Failure("input", `SOURCE_DATE_EPOCH should be seconds since 1970, and is “${epoch.slice(0, 40)}”`, {
      hint: "unset it, or give it a time such as `git log -1 --format=%ct` does",
    });
  return { sourceDateEpoch: new Date(Number(epoch) * 1000) };
}
