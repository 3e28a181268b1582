/**
 * How much a scan reads: not one block beside those that say what a dataset is.
 *
 * A gateway is the only one that has the data, so every block the program reads is a request that can be counted. What
 * it would need is worked out here from the layout of Zarr stores, by other code than the program's.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as dagPb from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import type { Block } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { readCar } from "../../pipeline/dag/car.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { aCampaign } from "../commands/program.ts";
import { data } from "../data.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { json } from "./portal.ts";

const flights = ["HALO-20240811a", "HALO-20240818a", "HALO-20240831a"];

/** CIDs of the blocks that were asked for, in order; the probe that asks whether anybody is there is not one. */
function asked({ requests }: FakeGateway): string[] {
  const cids = requests.map((path) => CID.parse(/^\/ipfs\/(\w+)/.exec(path)![1]!));
  return cids.filter(({ multihash }) => multihash.code !== 0).map(String);
}

describe.skipIf(!data("zarr"))("a cold scan of real Zarr stores", { timeout: 120_000 }, () => {
  it.each([
    ["v2", [".zmetadata"]],
    ["v3", ["zarr.json"]],
  ])("reads %s's directory, metadata and coordinates, each block once, and nothing else", async (version, metadata) => {
    const origin = await aCampaign();
    const blocks = new Map<string, Block>();
    const roots: CID[] = [];
    for (const flight of flights) {
      const at = `products/${flight}.zarr`;
      const [{ cid }] = await json(origin, ["add", join(data("zarr")!, version, `${flight}.zarr`), "--at", at]);
      roots.push(CID.parse(cid));
      await json(origin, ["car", "export", cid, "-o", `${flight}.car`]);
      const car = await readCar([await readFile(join(origin, `${flight}.car`))]);
      for await (const block of car.blocks) blocks.set(block.cid.toString(), block);
    }

    const needed = new Set<string>();
    const whole = (cid: CID): void => {
      needed.add(cid.toString());
      for (const { name, below } of linksIn(cid, blocks)) if (!metadataOfArrays.test(name)) whole(below);
    };
    for (const root of roots) {
      needed.add(root.toString());
      // Where and when: positions and launches of the sondes. Their arrays are small and wanted whole.
      const wanted = [...metadata, "lat", "lon", "launch_time"];
      const found = linksIn(root, blocks).filter(({ name }) => wanted.includes(name));
      expect(found).toHaveLength(wanted.length);
      for (const { below } of found) whole(below);
    }

    const gateway = await startFakeGateway([...blocks.values()]);
    const cwd = await aCampaign({
      "tree.yaml": await readFile(join(origin, "tree.yaml")),
      "campaign.yaml": `campaign: test\ngateways: [${gateway.url}]\n`,
    });
    const items = await json(cwd, ["scan"]);
    expect(items.map(({ item }) => item.properties["fieldtree:time_source"])).toEqual(flights.map(() => "values"));
    const read = asked(gateway);
    expect(new Set(read)).toEqual(needed);
    expect(read.length).toBeLessThanOrEqual(1.2 * needed.size);
    expect(blocks.size).toBeGreaterThan(2 * needed.size);

    const before = gateway.requests.length;
    expect(await json(cwd, ["scan"])).toEqual(items);
    expect(gateway.requests.length - before, "a second scan read again").toBe(0);
  });
});

/** What stands in the consolidated metadata already. */
const metadataOfArrays = /^(\.zarray|\.zattrs|zarr\.json)$/;

function linksIn(cid: CID, blocks: ReadonlyMap<string, Block>): { name: string; below: CID }[] {
  if (cid.code !== dagPb.code) return [];
  const { Links } = dagPb.decode(blocks.get(cid.toString())!.bytes);
  return Links.map(({ Name = "", Hash }) => ({ name: Name, below: Hash }));
}

/** A sidecar dataset: three blocks, one of which nobody needs in order to describe it. */
function aSidecar(title: string): { cid: CID; blocks: Block[] } {
  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const file = (name: string, text: string) => ({ name, ...fileOf(Buffer.from(text), profiles["cid-v1"], put) });
  const entries = [
    file("dataset_meta.yaml", `attributes: { title: "${title}" }\n`),
    file("video.mp4", `video of ${title}`),
  ];
  return { cid: makeDirectory(entries, profiles["cid-v1"], put).cid, blocks };
}

describe("a scan of 1 000 datasets, of which one changed", { timeout: 120_000 }, () => {
  it("reads that one, and no block of the others", async () => {
    const datasets = Array.from({ length: 1000 }, (_, i) => aSidecar(`Camera ${i}`));
    const changed = aSidecar("Camera 500, calibrated");
    const gateway = await startFakeGateway([...datasets, changed].flatMap(({ blocks }) => blocks));
    const tree = (all: readonly { cid: CID }[]) =>
      `products:\n${all.map(({ cid }, i) => `  camera-${i}: ${cid}\n`).join("")}`;
    const cwd = await aCampaign({
      "tree.yaml": tree(datasets),
      "campaign.yaml": `campaign: test\ngateways: [${gateway.url}]\n`,
    });
    const before = await json(cwd, ["scan"]);
    // The directory and the sidecar of each.
    expect(asked(gateway).length).toBe(2 * datasets.length);

    gateway.requests.length = 0;
    await writeFile(join(cwd, "tree.yaml"), tree(datasets.with(500, changed)));
    const after = await json(cwd, ["scan"]);
    const [sidecar, , directory] = changed.blocks;
    expect(asked(gateway).sort()).toEqual([`${directory!.cid}`, `${sidecar!.cid}`].sort());
    expect(after.length).toBe(1000);
    const differing = after.filter((line, i) => JSON.stringify(line) !== JSON.stringify(before[i]));
    expect(differing.map(({ item }) => item.properties.title)).toEqual(["Camera 500, calibrated"]);
  });
});
