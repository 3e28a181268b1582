/** A campaign whose node is in memory and whose state is in a temporary folder: everything else is real. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Campaign } from "../../pipeline/campaign/campaign.ts";
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import { settledPins } from "../../pipeline/core/campaign/pins.ts";
import { Failure } from "../../pipeline/core/failure.ts";
import type { Block, Link } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { memory } from "../../pipeline/disk/cache.ts";
import { datasetMeta } from "../../pipeline/formats/dataset-meta.ts";
import type { FormatReader } from "../../pipeline/formats/reader.ts";
import type { HomeNode } from "../../pipeline/ipfs/node.ts";
import { localLog } from "../../pipeline/log/local.ts";
import type { ConfiguredName, ConfiguredPinService, Parts } from "../../pipeline/stages/parts.ts";
import { views } from "../../pipeline/views/views.ts";
import { fakeHome } from "./home.ts";
import { testWorld } from "./world.ts";

export const someFacts: Facts = {
  campaign: "orcestra",
  title: "ORCESTRA",
  gateways: [],
  collectionDepth: 2,
  providers: [],
  projects: {},
};

/** `home` defaults to a new one in memory; `state` to a new folder, and is given to run again as another process would. */
export async function someParts(
  given: {
    home?: HomeNode;
    state?: string;
    facts?: Facts;
    readers?: readonly FormatReader[];
    pinServices?: readonly ConfiguredPinService[];
    pins?: Partial<Parts["pins"]>;
    names?: readonly ConfiguredName[];
    peering?: Parts["peering"];
  } = {},
): Promise<Parts> {
  const home = given.home ?? fakeHome();
  const state = given.state ?? (await temporaryFolder());
  const facts = given.facts ?? someFacts;
  const readers = given.readers ?? [datasetMeta];
  const get: Parts["get"] = async (cid) => {
    const bytes = await home.get(cid, testWorld());
    if (!bytes) throw new Failure("unavailable", `nobody has ${cid}`);
    return bytes;
  };
  return {
    folder: state,
    state,
    facts,
    profile: "cid-v1",
    home,
    get,
    fetchLeaf: async ({ cid }, world) => void (await home.pin(cid, "brought", world)),
    log: localLog(join(state, "log", "head"), home),
    readers,
    views,
    isScanned: () => true,
    madeWith: {
      readers: Object.fromEntries(readers.map(({ name, version }) => [name, version])),
      views: {},
      campaign: "bafk",
    },
    sizes: await memory(join(state, "sizes")),
    leafContents: await memory(join(state, "holdings")),
    references: await memory(join(state, "references")),
    signers: [],
    pinServices: given.pinServices ?? [],
    pins: { ...settledPins(undefined), ...given.pins },
    origins: async () => [],
    names: given.names ?? [],
    peering: given.peering ?? [],
  };
}

/** `parts` as verbs get them. Nothing can be had from elsewhere. */
export function campaignOf<P extends Parts>(parts: P): P & Campaign {
  const unreachable = async () => {
    throw new Failure("unavailable", "nothing is within reach");
  };
  const nothing = { recordEndpoints: async () => [], ipnsKey: () => undefined, mirrors: [] };
  return { ...parts, ...nothing, fetchBelow: unreachable, close: async () => {} };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const utf8 = new TextEncoder();

/** A file on `home`, and what links to it. */
export async function aFile(home: HomeNode, text: string): Promise<Link> {
  const blocks: Block[] = [];
  const link = fileOf(utf8.encode(text), profiles["cid-v1"], (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return link;
}

/** A sidecar dataset on `home`. */
export async function aDataset(home: HomeNode, title: string, more = ""): Promise<Link> {
  const meta = await aFile(home, `attributes:\n  title: ${title}\n${more}`);
  const video = await aFile(home, `video of ${title}`);
  const blocks: Block[] = [];
  const link = makeDirectory(
    [
      { name: "dataset_meta.yaml", ...meta },
      { name: "video.mp4", ...video },
    ],
    profiles["cid-v1"],
    (block) => void blocks.push(block),
  );
  await home.put(blocks, testWorld());
  return link;
}
