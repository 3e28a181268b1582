/** Blocks are made as they are taken: those of a folder of two million files, 150 MB, are never in memory together. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { blocksOf } from "../../../pipeline/dag/build/files.ts";
import { testWorld } from "../../fakes/world.ts";

const made = vi.hoisted(() => ({ nodes: 0 }));
vi.mock(import("../../../pipeline/dag/hash.ts"), async (original) => {
  const real = await original();
  return {
    ...real,
    pbBlock: (...args) => {
      made.nodes++;
      return real.pbBlock(...args);
    },
  };
});

it("makes a shard of a folder only after the one before it was taken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-shards-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // Long names: the folder is split, and so are some of its shards.
  for (let i = 0; i < 1500; i++) writeFileSync(join(folder, `${i}`.padStart(200, "a")), "x");
  let taken = 0;
  let ahead = 0;
  for await (const { cid } of blocksOf(folder, { profile: "cid-v1", symlinks: "keep" }, testWorld())) {
    if (cid.code !== 0x70) continue;
    ahead = Math.max(ahead, made.nodes - ++taken);
  }
  expect(taken).toBe(made.nodes);
  expect(taken).toBeGreaterThan(100);
  // A shard and those above it may be complete with the same entry.
  expect(ahead).toBeLessThan(4);
});
