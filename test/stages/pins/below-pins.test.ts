import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import { codecs } from "../../../pipeline/dag/block.ts";
import { blockOf } from "../../../pipeline/dag/hash.ts";
import type { HomeNode, MissingBelow } from "../../../pipeline/ipfs/node.ts";
import { probeBelowPins } from "../../../pipeline/stages/pins/below-pins.ts";
import { fakeHome } from "../../fakes/home.ts";
import { testWorld } from "../../fakes/world.ts";

const cidOf = (text: string): CID => blockOf(codecs.raw, Buffer.from(text)).cid;
const [live, old, older] = [cidOf("live"), cidOf("old"), cidOf("older")];
const pins = new Map([
  ["test/tree@1", older],
  ["test/tree@2", old],
  ["test/tree@3", live],
]);

/** A node that lacks a block below `lacking`, and answers `most` times. */
function aNode(lacking: CID, most = Number.POSITIVE_INFINITY, end: () => Promise<never> = refuse) {
  const asked: string[] = [];
  const missingBelow: MissingBelow = async (root) => {
    if (asked.length === most) return end();
    asked.push(`${root}`);
    return root.equals(lacking) ? { count: 1, first: [{ cid: cidOf("lost"), path: "a/x" }] } : undefined;
  };
  const home: HomeNode = { ...fakeHome(), belowPins: async () => missingBelow };
  return { home, asked };
}

const refuse = async (): Promise<never> => {
  throw new Failure("refused", "more than 3 blocks");
};

describe("looking below pins", () => {
  it("finds what each pin lacks, the newest release's first", async () => {
    const node = aNode(old);
    const found = await probeBelowPins(pins, [live], node, {}, testWorld());
    expect(found).toEqual({
      incomplete: [{ label: "test/tree@2", root: old, count: 1, missing: [{ cid: cidOf("lost"), path: "a/x" }] }],
    });
    expect(node.asked).toEqual([live, older, old].map(String));
  });

  it("says of how many pins nothing is known where its limit or its time ends, and reports what it found", async () => {
    const limited = await probeBelowPins(pins, [live], aNode(live, 1), {}, testWorld());
    expect(limited.incomplete).toHaveLength(1);
    expect(limited.unchecked).toBe("more than 3 blocks; nothing was checked below 2 pins");

    const soon = new AbortController();
    const never = () => {
      soon.abort();
      return new Promise<never>(() => undefined);
    };
    const late = await probeBelowPins(pins, [live], aNode(live, 2, never), { soon: soon.signal }, testWorld());
    expect(late.incomplete).toHaveLength(1);
    expect(late.unchecked).toMatch(/did not list its blocks in time; nothing was checked below 1 pin$/);
  });

  it("claims nothing of a node that can't be asked", async () => {
    const down = async (): Promise<never> => {
      throw new Failure("unavailable", "gone");
    };
    const looking = probeBelowPins(pins, [live], aNode(live, 0, down), {}, testWorld());
    await expect(looking).rejects.toMatchObject({ kind: "unavailable" });
  });
});
