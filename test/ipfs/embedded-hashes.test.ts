/** Blocks of other hashes in the embedded node: found by every process, collected, and never wrong where their file is damaged. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { raw } from "../contracts/node.ts";
import { ofOtherHashes } from "../fakes/other-hashes.ts";
import { testWorld } from "../fakes/world.ts";
import { withEmbedded } from "./with-embedded.ts";

const world = testWorld();

async function aState(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-node-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, ".fieldtree");
}

it("are found by another process, and one that has it open already", async () => {
  const state = await aState();
  const { root, blocks } = ofOtherHashes();
  await withEmbedded(state, async (reader) => {
    expect(await reader.has(root, world)).toBe(false);
    await withEmbedded(state, async (node) => {
      await node.put(blocks, world);
      await node.pin(root, "theirs", world);
    });
    for (const { cid, bytes } of blocks) expect(await reader.get(cid, world), `${cid}`).toEqual(Buffer.from(bytes));
    expect([...(await reader.pins(world)).keys()]).toEqual(["theirs"]);
  });
});

it("are collected where no pin needs them, and only those", async () => {
  const state = await aState();
  const [pinned, loose] = [ofOtherHashes(), ofOtherHashes(" and loose")];
  await withEmbedded(state, async (node) => {
    await node.put([...pinned.blocks, ...loose.blocks, raw("loose")], world);
    await node.pin(pinned.root, "theirs", world);
    expect((await node.gc(world)).removed.blocks).toBe(loose.blocks.length + 1);
  });
  await withEmbedded(state, async (node) => {
    for (const { cid, bytes } of pinned.blocks)
      expect(await node.get(cid, world), `${cid}`).toEqual(Buffer.from(bytes));
    for (const { cid } of loose.blocks) expect(await node.has(cid, world), `${cid}`).toBe(false);
    await node.unpin("theirs", world);
    expect((await node.gc(world)).kept.blocks).toBe(0);
  });
  expect(await readFile(join(state, "other-hashes.txt"), "utf8")).toBe("");
});

it("are missing and named where their file is damaged, never wrong, and whole when they are put again", async () => {
  const { root, blocks } = ofOtherHashes();
  const file = (state: string) => join(state, "other-hashes.txt");
  const damages: ((text: string) => string)[] = [
    () => "",
    (text) => text.slice(0, text.length / 2),
    (text) => text.replaceAll("a", "b"),
    // Each multihash with the digest of the next.
    (text) => {
      const lines = text.trim().split("\n");
      const digests = lines.map((line) => line.split(" ")[1]);
      return `${lines.map((line, i) => `${line.split(" ")[0]} ${digests[(i + 1) % lines.length]}`).join("\n")}\n`;
    },
  ];
  for (const damage of damages) {
    const state = await aState();
    await withEmbedded(state, async (node) => {
      await node.put(blocks, world);
      await node.pin(root, "theirs", world);
    });
    await writeFile(file(state), damage(await readFile(file(state), "utf8")));
    await withEmbedded(state, async (node) => {
      let lost = 0;
      for (const { cid, bytes } of blocks) {
        const found = await node.get(cid, world);
        if (found) expect(found).toEqual(Buffer.from(bytes));
        else lost++;
      }
      expect(lost).toBeGreaterThan(0);
      const found = [];
      for await (const damage of node.fsck({ repair: false }, world)) found.push(damage.rule);
      expect(found).toContain("pin-not-whole");
      await node.put(blocks, world);
      for (const { cid, bytes } of blocks) expect(await node.get(cid, world), `${cid}`).toEqual(Buffer.from(bytes));
    });
  }
});
