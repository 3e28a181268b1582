/** One pull: from an address, or a name that was pulled before, to what is remembered of it. */
import { CID } from "multiformats/cid";
import type { Campaign } from "../../campaign/campaign.ts";
import { type Aliases, aliasName, changeAliases, nameFrom, readAliases } from "../../campaign/remotes.ts";
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import type { Source } from "../../ipfs/fallback.ts";
import type { Fetched } from "../../ipfs/fetch-missing.ts";
import { firstOf } from "../../ipfs/local-first.ts";
import { required } from "../../ipfs/require-block.ts";
import { type EarlierPull, notKept, unpinEarlier } from "../../stages/pull/earlier.ts";
import { type Pulled, pinnedRoot, pull } from "../../stages/pull/pull.ts";
import type { Remote } from "../../stages/pull/recognise.ts";
import { sisterOf } from "../../stages/pull/sister.ts";
import type { Call } from "../verb.ts";
import { below, type PullAddress, parsePullAddress, resolveName } from "./address.ts";
import { type Endpoint, endpointsOf, endpointText, sourceOf } from "./endpoints.ts";

export interface PullOptions {
  /** The name to pull under; the address or what is there suggests one where it is absent. */
  readonly as?: string;
  /** Whether the address is remembered. */
  readonly alias: boolean;
  readonly force: boolean;
  readonly verbose: boolean;
  /** `host:port` of DNS resolvers. */
  readonly dns: readonly string[];
}

/** `aliases`: as they were read before the first pull of a call. */
export async function pullAddress(
  given: string,
  options: PullOptions,
  aliases: Aliases,
  campaign: Campaign,
  call: Call,
): Promise<Pulled> {
  const { world } = call;
  const known = aliases.pulled[given];
  if (known && known.address === undefined)
    throw new Failure("input", `${given} was pulled without remembering from where`, {
      hint: `give the address again: fieldtree pull ADDRESS --as ${given}`,
    });
  const text = known?.address ?? given;
  const as = options.as ?? (known ? given : undefined);
  const address = parsePullAddress(text, call);
  const found = await find(address, aliases.pulled[as ?? ""]?.cid, options, campaign, call);
  const pulled = await pull(
    {
      cid: found.cid,
      from: found.source,
      nameOf: (remote) => (as === undefined ? nameOf(remote, address, text, aliases) : aliasName(as)),
      force: options.force,
    },
    (name) => {
      const cid = aliases.pulled[name]?.cid;
      return cid === undefined ? undefined : CID.parse(cid);
    },
    campaign,
    world,
  );
  if (pulled.taken) {
    await remember(pulled, options.alias ? text : undefined, campaign, world);
    await pruneEarlier(pulled, campaign, world);
  }
  const { blocks, bytes } = found.already;
  return { ...pulled, fetched: { blocks: pulled.fetched.blocks + blocks, bytes: pulled.fetched.bytes + bytes } };
}

interface Found {
  readonly cid: CID;
  /** Where the blocks are that the node lacks. */
  readonly source: Source;
  /** What finding out has stored at the node. */
  readonly already: Fetched;
}

/** `before`: CID of what was pulled under the same name. */
async function find(
  address: PullAddress,
  before: string | undefined,
  { dns, verbose }: PullOptions,
  campaign: Campaign,
  call: Call,
): Promise<Found> {
  const { world } = call;
  const endpoints = await endpointsOf("gateway" in address ? address.gateway : undefined, campaign, call);
  if (verbose) {
    for (const endpoint of endpoints) world.log(`asking ${endpointText(endpoint)}`);
    if (endpoints.length === 0) world.log("no gateway is named, and no Kubo runs here");
  }
  const nowhere = { blocks: 0, bytes: 0 };
  switch (address.in) {
    case "content": {
      const source = await sourceOf(endpoints, campaign);
      return {
        cid: await below(address.cid, address.path, reading(campaign, source, world)),
        source,
        already: nowhere,
      };
    }
    case "name": {
      const source = await sourceOf(endpoints, campaign);
      const { cid, path } = await resolveName(address, endpoints, dns, campaign, world);
      const all = [path, address.path].filter((names) => names !== "").join("/");
      return { cid: await below(cid, all, reading(campaign, source, world)), source, already: nowhere };
    }
    case "car": {
      const { storeCar } = await import("../local/import-cars.ts");
      const { root, stored } = await storeCar(address.file, campaign.home, call);
      return { cid: root, source: await sourceOrNone(endpoints, campaign, address.file), already: stored };
    }
    case "web": {
      const { storeDataset } = await import("../odf/store.ts");
      const { cid, fetched } = await storeDataset(address.url, before, campaign, call);
      return { cid, source: await sourceOrNone([], campaign, address.url), already: fetched };
    }
  }
}

/** What a CAR or a web server has is stored already; what a CAR lacks may be had elsewhere. */
async function sourceOrNone(endpoints: readonly Endpoint[], campaign: Campaign, name: string): Promise<Source> {
  return endpoints.length > 0 ? sourceOf(endpoints, campaign) : { name, get: async () => undefined };
}

function reading({ home }: Campaign, source: Source, world: World): Get {
  const reach = firstOf(home, source);
  return (cid) => required(cid, reach, world);
}

/**
 * The name by which the address is remembered already; else the campaign's own name, or what the address suggests.
 *
 * @throws Failure `conflict` where that name is another dataset's.
 */
function nameOf(remote: Remote, address: PullAddress, text: string, { pulled }: Aliases): string {
  const known = Object.entries(pulled).find(([, alias]) => alias.address === text);
  if (known) return known[0];
  if (remote.kind === "campaign") return nameFrom(remote.state.campaign);
  const name = nameFrom(address.named);
  const taken = pulled[name];
  if (!taken || taken.cid === `${remote.cid}`) return name;
  throw new Failure("conflict", `${name} was pulled from ${shown(taken.address ?? "elsewhere", 200)}`, {
    hint: "give it another name: --as NAME",
  });
}

async function remember(
  { name, remote, replaced }: Pulled,
  address: string | undefined,
  campaign: Campaign,
  world: World,
): Promise<void> {
  const sister = remote.kind === "campaign" ? await sisterOf(remote.state, campaign.get) : undefined;
  const change = ({ pulled, pushed }: Aliases): Aliases => {
    const lastAddress = address ?? pulled[name]?.address;
    const before: readonly EarlierPull[] = pulled[name]?.earlier ?? [];
    const last = replaced && {
      ...{ cid: `${replaced.cid}`, root: `${pinnedRoot(replaced)}` },
      replaced: world.now().toISOString(),
    };
    const earlier = (last ? [last, ...before.filter(({ root }) => root !== last.root)] : before).filter(
      ({ root }) => root !== `${pinnedRoot(remote)}`,
    );
    const alias = {
      cid: `${remote.cid}`,
      ...(lastAddress !== undefined && { address: lastAddress }),
      ...(earlier.length > 0 && { earlier }),
      ...(sister && { sister }),
    };
    return { pushed, pulled: { ...pulled, [name]: alias } };
  };
  await changeAliases(campaign, change, world);
}

/** Unpins what `keep:` no longer asks for. Ended in between, the next pull goes on: what has no pin is taken from the list then. */
async function pruneEarlier({ name, remote }: Pulled, campaign: Campaign, world: World): Promise<void> {
  const { pulled, pushed } = await readAliases(campaign.folder);
  const state = { root: `${pinnedRoot(remote)}`, earlier: pulled[name]?.earlier ?? [] };
  const values = Object.values(pushed).map(({ value }) => value);
  const gone = notKept(state, campaign.pins.keep, values, world.now());
  if (gone.length === 0) return;
  await unpinEarlier(name, gone, campaign.home, world);
  const roots = new Set(gone.map(({ root }) => root));
  const change = (aliases: Aliases): Aliases => {
    const alias = aliases.pulled[name];
    if (!alias) return aliases;
    const { earlier = [], ...rest } = alias;
    const left = earlier.filter(({ root }) => !roots.has(root));
    return {
      ...aliases,
      pulled: { ...aliases.pulled, [name]: { ...rest, ...(left.length > 0 && { earlier: left }) } },
    };
  };
  await changeAliases(campaign, change, world);
  const what = gone.length === 1 ? "one earlier state" : `${gone.length} earlier states`;
  world.log(`${name}: ${what} no longer pinned, by keep: of campaign.yaml`);
}
