/** What packs promise to whoever writes them: no number twice, nothing overwritten, and nothing claimed that isn't there. */
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { expect, it, onTestFinished } from "vitest";
import type { Block } from "../../pipeline/dag/block.ts";
import { carOf, readCar } from "../../pipeline/dag/car.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { newPiece } from "../../pipeline/ipfs/embedded/packs/append-file.ts";
import { defaultLimits } from "../../pipeline/ipfs/embedded/packs/limits.ts";
import { readIndex } from "../../pipeline/ipfs/embedded/packs/pack-index.ts";
import { openWriter } from "../../pipeline/ipfs/embedded/packs/pack-writer.ts";
import { required } from "../../pipeline/ipfs/require-block.ts";
import { raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";

const small = { packBlocks: 16, packBytes: 65_536 } as const;

it("imports a CAR of many packs into a store that was used before", async () => {
  const state = someFolder();
  await stored(state, numbered(0, 3));
  const blocks = numbered(3, 500);
  const car = join(someFolder(), "many.car");
  await writeFile(car, carOf([blocks[0]!.cid], blocks));
  const node = embedded(state, small);
  // In small pieces, as from a slow disk: there is time for packs to be committed in between.
  await node.put((await readCar(createReadStream(car, { highWaterMark: 512 }))).blocks, testWorld());
  await node.close();
  await assertHeld(state, [...numbered(0, 3), ...blocks]);
  expect(packsIn(state).length).toBeGreaterThan(30);
});

it("gives a pack's number once: not again after a collection, a repair or a crash took the pack away", async () => {
  const state = someFolder();
  let last = 0;
  const assertNew = async (): Promise<void> => {
    await stored(state, numbered(last * 100, 40));
    const numbers = packsIn(state).map((name) => Number.parseInt(name, 10));
    expect(Math.min(...numbers)).toBeGreaterThan(last);
    last = Math.max(...numbers);
  };
  await assertNew();

  const node = embedded(state, small);
  await node.gc(testWorld());
  await node.close();
  expect(packsIn(state)).toEqual([]);
  await assertNew();

  for (const name of packsIn(state)) rmSync(join(state, "packs", name));
  const repaired = embedded(state, small);
  for await (const _ of repaired.fsck({ repair: true }, testWorld()));
  await repaired.close();
  await assertNew();

  for (const name of packsIn(state)) truncateSync(join(state, "packs", name), 0);
  for (const name of readdirSync(join(state, "packs"))) if (name.endsWith("index")) rmSync(join(state, "packs", name));
  await assertNew();
});

it("lets two writers of one pack fail rather than overwrite each other", async () => {
  const folder = someFolder();
  const opening = { folder, number: 1, limits: defaultLimits };
  const first = openWriter({ ...opening, piece: newPiece() });
  const index = readIndex(readFileSync(join(folder, "00000001.index")))!;
  const second = openWriter({ ...opening, index, piece: newPiece() });
  const [one, other] = [raw("one"), raw("another")];
  first.append(one.cid.bytes, one.cid.multihash.digest, one.bytes);
  second.append(other.cid.bytes, other.cid.multihash.digest, other.bytes);
  await first.commit();
  await expect(second.commit()).rejects.toMatchObject({
    kind: "corrupt",
    message: expect.stringContaining("00000001"),
  });
  await second.discard();
  await first.close();
  expect(readFileSync(join(folder, "00000001.car")).includes("one")).toBe(true);
  expect(() => openWriter({ ...opening, piece: newPiece() })).toThrow("EEXIST");
  expect(() => openWriter({ ...opening, index, piece: newPiece() })).toThrow("are committed");
});

it("does not claim what is on the disk no longer, and names the pack", async () => {
  const state = someFolder();
  const node = embedded(state, { ...small, packBlocks: 1000 });
  const blocks = numbered(0, 20);
  await node.put(blocks, testWorld());
  const pack = join(state, "packs", packsIn(state)[0]!);
  const cutting = async function* () {
    yield* numbered(20, 2);
    truncateSync(pack, 100);
  };
  await expect(node.put(cutting(), testWorld())).rejects.toMatchObject({
    kind: "corrupt",
    message: expect.stringContaining(pack),
  });
  // The next one starts afresh, in another pack, and has what it says.
  await node.put(blocks, testWorld());
  await node.close();
  await assertHeld(state, blocks);
});

it.each(["cut off", "damaged"])("adds again what was %s on the disk", async (how) => {
  const state = someFolder();
  const data = join(someFolder(), "data");
  writeFileSync(data, Array.from({ length: 150_000 }, (_, i) => `${i},`).join(""));
  const options = { profile: "cid-v1", symlinks: "keep" } as const;
  const node = embedded(state);
  const { cid } = await node.add(data, options, testWorld());
  await node.close();
  const pack = join(state, "packs", packsIn(state)[0]!);
  const bytes = readFileSync(pack);
  if (how === "damaged") bytes[200_000] = bytes[200_000]! ^ 1;
  writeFileSync(pack, how === "damaged" ? bytes : bytes.subarray(0, 600_000));

  const again = embedded(state);
  await again.add(data, options, testWorld());
  await again.pin(cid, "data", testWorld());
  await again.close();
  await assertReadable(state, cid);
  const after = embedded(state);
  await after.gc(testWorld());
  await after.close();
  const checked = embedded(state);
  const wrong = [];
  for await (const { says } of checked.fsck({ repair: false }, testWorld())) wrong.push(says);
  await checked.close();
  expect(wrong).toEqual([]);
});

it("collects blocks that are stored twice without dropping the valid copy", async () => {
  const state = someFolder();
  const [block] = numbered(1, 1);
  await stored(state, [block!, ...numbered(2, 20)]);
  const pack = join(state, "packs", packsIn(state)[0]!);
  const bytes = readFileSync(pack);
  const at = bytes.indexOf(block!.bytes);
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(pack, bytes);
  await stored(state, [block!]);

  const node = embedded(state, small);
  await node.pin(block!.cid, "kept", testWorld());
  await node.gc(testWorld());
  expect(Buffer.compare((await node.get(block!.cid, testWorld()))!, block!.bytes)).toBe(0);
  await node.close();
});

function numbered(from: number, count: number): Block[] {
  return Array.from({ length: count }, (_, i) => raw(`block ${from + i} ${"x".repeat(50)}`));
}

async function stored(state: string, blocks: readonly Block[]): Promise<void> {
  const node = embedded(state, small);
  await node.put(blocks, testWorld());
  await node.close();
}

async function assertHeld(state: string, blocks: readonly Block[]): Promise<void> {
  const node = embedded(state);
  for (const { cid, bytes } of blocks) {
    const held = await node.get(cid, testWorld());
    expect(held && Buffer.compare(held, bytes), `${cid}`).toBe(0);
  }
  await node.close();
}

async function assertReadable(state: string, root: CID): Promise<void> {
  const node = embedded(state);
  for await (const _ of walk(root, (cid) => required(cid, node, testWorld()), { scope: "all" }));
  await node.close();
}

function packsIn(state: string): string[] {
  const packs = join(state, "packs");
  return readdirSync(packs).filter((name) => name.endsWith(".car") && statSync(join(packs, name)).isFile());
}

function someFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-packs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
