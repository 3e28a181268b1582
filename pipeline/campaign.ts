/**
 * The composition root: campaign.yaml and the environment in, ready parts out.
 *
 * The one place that knows which node, log, readers and views there are. What a family needs of another it is handed
 * here, as a function: the log gets the node's blocks, the stages get readers that have never heard of IPFS.
 */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { type CampaignConfig, facts, readCampaign } from "./core/campaign.ts";
import { atMost } from "./core/concurrency.ts";
import { Failure, isFailure } from "./core/failure.ts";
import { stableJson } from "./core/json.ts";
import type { Leaf } from "./core/tree.ts";
import type { World } from "./core/world.ts";
import { cidOf, codecs } from "./dag/block.ts";
import { memory } from "./disk/memory.ts";
import { readers } from "./formats/readers.ts";
import { firstOf } from "./ipfs/first-of.ts";
import type { HomeNode, Node } from "./ipfs/node.ts";
import { localLog } from "./log/local.ts";
import { leafLabel } from "./stages/label.ts";
import type { Parts } from "./stages/parts.ts";
import { views } from "./views/views.ts";

export interface Campaign extends Parts {
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The campaign in `folder`, ready to use.
 *
 * @throws Failure `input` where campaign.yaml is missing or wrong, with every line that is, or a secret it names is not set.
 */
export async function openCampaign(folder: string, env: Environment, world: World): Promise<Campaign> {
  const config = await configIn(folder);
  const state = join(folder, ".fieldtree");
  const home = await homeNode(config, state, env);
  const gateways = await gatewaysOf(config);
  const reach = gateways ? firstOf(home, gateways) : home;
  const published = facts(config);

  return {
    folder,
    state,
    facts: published,
    profile: config.profile,
    home,
    get: async (cid) => {
      const bytes = await reach.get(cid, world);
      if (!bytes) throw new Failure("unavailable", `block ${cid} is not on ${reach.name}`);
      return bytes;
    },
    bring: bringing(home, gateways, config),
    log: localLog(join(state, "log", "head"), home),
    readers,
    views,
    wanted: wantedBy(config),
    madeWith: {
      readers: Object.fromEntries(readers.map(({ name, version }) => [name, version])),
      views: Object.fromEntries(views.map(({ name, version }) => [name, version])),
      campaign: digestOf({ facts: published, scan: config.scan, profile: config.profile }),
    },
    sizes: await memory(join(state, "remembered", "sizes")),
    holdings: await memory(join(state, "remembered", "holdings")),
    ...sourceDate(env),
    close: async () => reach.close?.(),
  };
}

async function configIn(folder: string): Promise<CampaignConfig> {
  const file = join(folder, "campaign.yaml");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new Failure("input", `${folder} holds a tree.yaml and no campaign.yaml`, {
      hint: "one line is enough: campaign: NAME",
    });
  });
  const { campaign, findings } = readCampaign(text);
  const errors = findings.filter(({ level }) => level === "error");
  if (!campaign || errors.length > 0) {
    const lines = errors.map(
      ({ line, column, says, fix }) => `campaign.yaml:${line}:${column}: ${says}${fix ? ` (${fix})` : ""}`,
    );
    throw new Failure("input", lines.join("\n") || "campaign.yaml can't be read");
  }
  return campaign;
}

async function homeNode({ node }: CampaignConfig, state: string, env: Environment): Promise<HomeNode> {
  switch (node.kind) {
    case "embedded": {
      const { embedded } = await import("./ipfs/embedded/embedded.ts");
      return embedded(state);
    }
    case "kubo": {
      const { kubo } = await import("./ipfs/kubo/kubo.ts");
      return kubo({ api: node.api, ...secret("token", node.token, env) });
    }
  }
}

/** The value of the environment variable that campaign.yaml names; never the other way round. */
function secret<Name extends string>(
  as: Name,
  variable: string | undefined,
  env: Environment,
): { [name in Name]?: string } {
  if (variable === undefined) return {};
  const value = env[variable];
  if (!value)
    throw new Failure(
      "input",
      `campaign.yaml takes a ${as} from the environment variable ${variable}, which is not set`,
    );
  return { [as]: value } as { [name in Name]: string };
}

async function gatewaysOf({ gateways }: CampaignConfig): Promise<Node | undefined> {
  if (gateways.length === 0) return undefined;
  const several = await import("./ipfs/gateways.ts");
  return several.gateways(gateways);
}

/**
 * A node that can tell what it holds is brought what it lacks, one leaf after another, so that all of them share one limit;
 * one with a network of its own is asked to pin, which fetches.
 */
function bringing(home: HomeNode, gateways: Node | undefined, { campaign, limits }: CampaignConfig): Parts["bring"] {
  const inTurn = atMost(1);
  let left = limits.fetch;
  const fetch = (leaf: Leaf, world: World) =>
    inTurn(async () => {
      const { fetchMissing } = await import("./ipfs/fetch-missing.ts");
      left -= (await fetchMissing(leaf.cid, home, gateways, { limitBytes: left }, world)).bytes;
    });
  if (home.has) return fetch;
  return async (leaf, world) => {
    const pin = () => home.pin(leaf.cid, leafLabel(campaign, leaf.path), world);
    try {
      await pin();
    } catch (error) {
      if (!gateways || !isFailure(error, "unavailable")) throw error;
      await fetch(leaf, world);
      await pin();
    }
  };
}

function wantedBy({ scan }: CampaignConfig): (path: string) => boolean {
  const matches = (path: string, globs: readonly string[]) => globs.some((glob) => posix.matchesGlob(path, glob));
  return (path) => (scan.only.length === 0 || matches(path, scan.only)) && !matches(path, scan.except);
}

function digestOf(value: unknown): string {
  return cidOf(codecs.raw, new TextEncoder().encode(stableJson(value))).toString();
}

function sourceDate(env: Environment): { sourceDate?: Date } {
  const epoch = env.SOURCE_DATE_EPOCH;
  if (!epoch) return {};
  if (!/^\d{1,12}$/.test(epoch))
    throw new Failure("input", `SOURCE_DATE_EPOCH should be seconds since 1970, and is “${epoch.slice(0, 40)}”`);
  return { sourceDate: new Date(Number(epoch) * 1000) };
}
