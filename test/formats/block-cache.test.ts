import { describe, expect, it } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { withBlocks } from "../../pipeline/formats/block-cache.ts";
import { rangesOf } from "../fakes/range-source.ts";

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
const small = { blockSize: 100, blocks: 8, atOnce: 3 };

describe("a source read by blocks", () => {
  it("gives the bytes of any range, and fewer at the end", async () => {
    const source = withBlocks(rangesOf(bytes), small);
    for (const [offset, length] of [
      [0, 1],
      [99, 2],
      [150, 200],
      [0, 1000],
      [990, 500],
      [1000, 1],
      [5000, 1],
      [7, 0],
    ] as const) {
      expect(await source.read(offset, length)).toEqual(bytes.slice(offset, offset + length));
    }
  });

  it("asks once for a block that many wait for, and not again while it is remembered", async () => {
    const inner = rangesOf(bytes);
    const source = withBlocks(inner, small);
    await Promise.all([source.read(0, 8), source.read(20, 30), source.read(90, 20)]);
    await source.read(150, 10);
    expect(inner.reads).toEqual([
      { offset: 0, length: 100 },
      { offset: 100, length: 100 },
    ]);
  });

  it("forgets the block that was used longest ago", async () => {
    const inner = rangesOf(bytes);
    const source = withBlocks(inner, { ...small, blocks: 2 });
    for (const offset of [0, 100, 0, 200, 0, 100]) await source.read(offset, 1);
    expect(inner.reads.map(({ offset }) => offset)).toEqual([0, 100, 200, 100]);
  });

  it("has no more reads under way than it may, whatever is asked at once", async () => {
    const inner = rangesOf(bytes);
    const source = withBlocks(inner, small);
    await Promise.all(Array.from({ length: 10 }, (_, i) => source.read(100 * i, 100)));
    expect(inner.most).toBe(3);
  });

  it("reads a file of few blocks whole, once more than the first is wanted", async () => {
    const inner = rangesOf(bytes);
    const source = withBlocks(inner, { ...small, whole: 10, blocks: 10, atOnce: 10 });
    await source.read(0, 10);
    expect(inner.reads.length).toBe(1);
    for (const offset of [300, 900, 500]) expect(await source.read(offset, 5)).toEqual(bytes.slice(offset, offset + 5));
    expect([inner.reads.length, inner.rounds]).toEqual([10, 2]);
  });

  it("reads long ranges past the cache, so that they push nothing out", async () => {
    const inner = rangesOf(bytes);
    const source = withBlocks(inner, small);
    await source.read(0, 10);
    expect(await source.read(100, 800)).toEqual(bytes.slice(100, 900));
    await source.read(0, 10);
    expect(inner.reads).toEqual([
      { offset: 0, length: 100 },
      { offset: 100, length: 800 },
    ]);
  });

  it("passes a failure on and asks again the next time", async () => {
    let isDown = true;
    const inner = rangesOf(bytes, async () => {
      if (isDown) throw new Failure("unavailable", "no peer has it");
    });
    const source = withBlocks(inner, small);
    await expect(source.read(0, 10)).rejects.toMatchObject({ kind: "unavailable", message: "no peer has it" });
    isDown = false;
    expect(await source.read(0, 10)).toEqual(bytes.slice(0, 10));
  });

  it("takes fewer bytes than the size promises for data out of reach", async () => {
    const source = withBlocks({ size: 1000, read: async (offset) => bytes.slice(offset, 30) }, small);
    await expect(source.read(0, 10)).rejects.toMatchObject({
      kind: "unavailable",
      message: "reading 100 bytes at byte 0 of a file of 1000 bytes gave 30",
    });
  });

  it("gives memory of its own, so that some bytes don't keep a block", async () => {
    const part = await withBlocks(rangesOf(bytes), small).read(10, 5);
    expect(part.buffer.byteLength).toBe(5);
  });
});
