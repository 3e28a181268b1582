/** Blocks that are stored by many small writes: durable at once, indexed later. */
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { newPiece } from "../../pipeline/ipfs/embedded/packs/append-file.ts";
import { defaultLimits } from "../../pipeline/ipfs/embedded/packs/limits.ts";
import { openWriter } from "../../pipeline/ipfs/embedded/packs/pack-writer.ts";
import { raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";

const blocks = Array.from({ length: 40 }, (_, i) => raw(`block ${i}`));
const world = testWorld();

it("are read by the node that stored them, without an index for each", async () => {
  const state = aFolder();
  const node = embedded(state);
  const indexes = new Set<number>();
  for (const block of blocks) {
    await node.putBuilt([block], world);
    indexes.add(statSync(join(state, "packs", "00000001.index")).ino);
    expect(Buffer.from((await node.get(block.cid, world)) ?? [])).toEqual(Buffer.from(block.bytes));
    expect(await node.has(block.cid, world)).toBe(true);
  }
  expect(indexes.size).toBeLessThan(blocks.length / 2);
  await node.close();
});

it("are found by others once the node is closed, and after a crash once another process writes", async () => {
  const state = aFolder();
  const crashed = aFolder();
  const node = embedded(state);
  for (const block of blocks) await node.putBuilt([block], world);
  // What a power cut leaves: the files as they are, and nothing that was in memory.
  cpSync(state, crashed, { recursive: true });
  rmSync(join(crashed, "packs", "lock"));
  await node.close();

  const closed = embedded(state);
  const after = embedded(crashed);
  await after.put([], world);
  for (const { cid } of blocks) {
    expect(await closed.has(cid, world)).toBe(true);
    expect(await after.has(cid, world)).toBe(true);
  }
  await Promise.all([closed.close(), after.close()]);
});

it("are found by a check while another process stores them, and after a crash before any process writes", async () => {
  const state = aFolder();
  const crashed = aFolder();
  const node = embedded(state);
  const check = embedded(state);
  for (const block of blocks) {
    await node.putBuilt([block], world);
    check.findUncommitted();
    expect(await check.has(block.cid, world)).toBe(true);
    expect(Buffer.from((await check.get(block.cid, world)) ?? [])).toEqual(Buffer.from(block.bytes));
  }
  cpSync(state, crashed, { recursive: true });
  // The next record was being written.
  appendFileSync(join(crashed, "packs", "00000001.car"), Buffer.from([44, 1, 0x55, 0x12, 32]));
  await Promise.all([node.close(), check.close()]);

  const before = snapshot(crashed);
  const after = embedded(crashed);
  after.findUncommitted();
  for (const { cid } of blocks) expect(await after.has(cid, world)).toBe(true);
  await after.close();
  expect(snapshot(crashed)).toEqual(before);
});

it("stay where a later write of the same pack is given up", async () => {
  const folder = aFolder();
  const writer = openWriter({ folder, number: 1, piece: newPiece(), limits: defaultLimits });
  const append = (text: string) => {
    const { cid, bytes } = raw(text);
    return writer.append(cid.bytes, cid.multihash.digest, bytes);
  };
  const first = append("synced");
  await writer.sync();
  append("not synced");
  writer.flush();
  await writer.discard();
  expect(statSync(join(folder, "00000001.car")).size).toBe(first.offset + first.length);
});

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-built-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file of the packs' folder, with its bytes. */
function snapshot(state: string): readonly [string, string][] {
  const folder = join(state, "packs");
  return readdirSync(folder)
    .sort()
    .map((name) => [name, readFileSync(join(folder, name)).toString("hex")]);
}
