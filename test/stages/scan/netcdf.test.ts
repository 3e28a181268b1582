/** NetCDF and HDF5 through the whole scan: blocks that are missing, that never come, and content that is damaged. */
import type { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { Entry } from "../../../pipeline/core/stac/catalog-entry.ts";
import type { World } from "../../../pipeline/core/world.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import type { HomeNode } from "../../../pipeline/ipfs/node.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { scan } from "../../../pipeline/stages/scan/scan.ts";
import { fakeHome } from "../../fakes/home.ts";
import { someParts, temporaryFolder } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";
import { chunked, Hdf5Writer, hardLink, text } from "../../formats/hdf5/hostile/writer.ts";

/** A file whose root is in another block than its beginning. */
function aFile(change: (bytes: Uint8Array, root: number) => void = () => {}): Uint8Array {
  const writer = new Hdf5Writer();
  const variable = writer.header([...chunked([4], [4], 0), text("units", "K")]);
  writer.place(new Uint8Array(9 * 2 ** 18));
  const root = writer.header([hardLink("temperature", variable), text("title", "A sonde")]);
  const bytes = writer.file(root);
  change(bytes, root);
  return bytes;
}

async function added(
  home: HomeNode,
  bytes: Uint8Array,
): Promise<{ readonly cid: CID; readonly blocks: readonly Block[] }> {
  const blocks: Block[] = [];
  const { cid } = fileOf(bytes, profiles["cid-v1"], (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return { cid, blocks };
}

async function scanned(parts: Parts, cid: CID, world: World = testWorld()) {
  const entries: Entry[] = [];
  const unreachable: string[] = [];
  for await (const leaf of scan([{ path: "sonde.nc", cid }], { ...parts, readers: [netcdf(decompressors)] }, world)) {
    entries.push(...leaf.entries);
    if (leaf.unreachable) unreachable.push(leaf.path);
  }
  return { kinds: entries.map(({ kind }) => kind), entries, unreachable };
}

/** The block that has the root: the last leaf of the file. */
const rootBlock = (blocks: readonly Block[]) => blocks.findLast(({ cid }) => cid.code === 0x55)!.cid;

it("out of reach in one block is out of reach as a whole, and is described once that block is there", async () => {
  const [home, state] = [fakeHome(), await temporaryFolder()];
  const { cid, blocks } = await added(home, aFile());
  const parts = await someParts({ home, state });
  const lost = rootBlock(blocks);
  const get = async (block: CID) => {
    if (block.equals(lost)) throw new Failure("unavailable", "no peer has it");
    return parts.get(block);
  };
  expect(await scanned({ ...parts, get }, cid)).toMatchObject({ kinds: [], unreachable: ["sonde.nc"] });
  expect(await scanned(await someParts({ home, state }), cid)).toMatchObject({ kinds: ["dataset"], unreachable: [] });
});

it("ends at the deadline where a block never comes, and remembers nothing of it", async () => {
  const [home, state] = [fakeHome(), await temporaryFolder()];
  const { cid, blocks } = await added(home, aFile());
  const parts = await someParts({ home, state });
  const lost = rootBlock(blocks);
  const late = new AbortController();
  const get = (block: CID) => {
    if (!block.equals(lost)) return parts.get(block);
    setTimeout(() => late.abort(new Failure("unavailable", "no time is left of the 10 minutes granted")), 5);
    return new Promise<never>(() => {});
  };
  const ended = await scanned({ ...parts, get }, cid, testWorld({ signal: late.signal })).catch(
    (error: unknown) => error,
  );
  if (ended instanceof Error) expect(ended).toMatchObject({ kind: "unavailable" });
  else expect(ended).toMatchObject({ kinds: [], unreachable: ["sonde.nc"] });
  expect((await scanned(await someParts({ home, state }), cid)).kinds).toEqual(["dataset"]);
});

it("that is damaged is recorded as this file's failure, and is not read again", async () => {
  const [home, state] = [fakeHome(), await temporaryFolder()];
  const damaged = aFile((bytes, root) => bytes.set([bytes[root + 20]! ^ 1], root + 20));
  const { cid, blocks } = await added(home, damaged);
  const first = await scanned(await someParts({ home, state }), cid);
  expect(first.entries).toMatchObject([
    {
      kind: "failed",
      failure: { kind: "input", message: expect.stringContaining("the checksum of an object's header is wrong") },
    },
  ]);
  const parts = await someParts({ home, state });
  const asked: string[] = [];
  const get = (block: CID) => {
    asked.push(block.toString());
    return parts.get(block);
  };
  expect((await scanned({ ...parts, get }, cid)).entries).toEqual(first.entries);
  expect(asked).not.toContain(rootBlock(blocks).toString());
});
