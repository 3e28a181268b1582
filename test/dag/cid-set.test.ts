import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { cidSet, nodeSet } from "../../pipeline/dag/cid-set.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";

const bytes = new TextEncoder().encode("some bytes");

it("has what was added, in either version of its CID", () => {
  const set = cidSet();
  const cid = cidOf(codecs.dagPb, bytes, 0);
  expect(set.has(cid)).toBe(false);
  set.add(cid);
  expect([set.has(cid), set.has(cid.toV1())]).toEqual([true, true]);
});

it("tells the same bytes read as another codec apart: a walk has to follow the links of one of them", () => {
  const set = cidSet();
  set.add(cidOf(codecs.raw, bytes));
  expect(set.has(cidOf(codecs.dagPb, bytes))).toBe(false);
});

it.each([
  ["an identity CID", 0x00, bytes],
  ["another hash of 32 bytes", 0x1e, new Uint8Array(32).fill(7)],
  ["sha2-256 that is cut off", 0x12, new Uint8Array(20).fill(7)],
])("has %s, too", (_, code, digest) => {
  const set = cidSet();
  const cid = CID.createV1(codecs.raw, digestOf(code, digest));
  set.add(cid);
  expect(set.has(cid)).toBe(true);
  expect(
    set.has(
      CID.createV1(
        codecs.raw,
        digestOf(
          code,
          digest.map((byte) => byte ^ 1),
        ),
      ),
    ),
  ).toBe(false);
  expect(set.has(CID.createV1(codecs.raw, digestOf(0x12, new Uint8Array(32).fill(7))))).toBe(false);
});

it("retains no raw leaf where only nodes are to be met once", () => {
  const nodes = nodeSet();
  const [leaf, node] = [cidOf(codecs.raw, bytes), cidOf(codecs.dagPb, bytes)];
  for (const cid of [leaf, node]) nodes.add(cid);
  expect([nodes.has(leaf), nodes.has(node)]).toEqual([false, true]);
});
