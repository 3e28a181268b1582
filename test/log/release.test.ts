import { encode } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { assertFollows, mergedLinks, readRelease, releaseBlock } from "../../pipeline/log/release.ts";
import { aRelease, spelled } from "../fakes/release.ts";

const signedBy = (by: number, signature: number) => ({ by: new Uint8Array(by), signature: new Uint8Array(signature) });

describe("a release", () => {
  it("reads back as it was written, links and all", () => {
    const release = aRelease(2, { previous: releaseBlock(aRelease(1)).cid });
    expect(spelled(readRelease(releaseBlock(release)))).toEqual(spelled(release));
  });

  it("has the same CID wherever and however its object was put together", () => {
    const release = aRelease(1);
    const backwards = Object.fromEntries(Object.entries(release).reverse());
    expect(`${releaseBlock(backwards as never).cid}`).toBe(`${releaseBlock(release).cid}`);
  });

  it("links to its root, portal, tree and predecessor, and to nothing else", () => {
    const release = aRelease(2, { previous: releaseBlock(aRelease(1)).cid });
    const links: CID[] = [];
    const walk = (node: unknown): void => {
      const cid = CID.asCID(node);
      if (cid) links.push(cid);
      else if (node && typeof node === "object") Object.values(node).forEach(walk);
    };
    walk(readRelease(releaseBlock(release)));
    const { root, portal, tree, previous, before } = release;
    const expected = [root, portal, tree, previous!, before!.root, before!.portal];
    expect(links.map(String).sort()).toEqual(expected.map(String).sort());
  });

  it("may link the heads that were merged into it, sorted, and is the same as ever where there are none", () => {
    const first = releaseBlock(aRelease(1)).cid;
    const others = ["a", "b", "c"].map((why) => releaseBlock(aRelease(1, { why })).cid);
    const links = mergedLinks([...others, ...others].reverse())!;
    expect(links.map(String)).toEqual(others.map(String).sort());
    const release = aRelease(2, { previous: first, merged: links });
    expect(readRelease(releaseBlock(release)).merged?.map(String)).toEqual(links.map(String));
    expect(mergedLinks([])).toBeUndefined();
    expect(readRelease(releaseBlock(aRelease(1)))).not.toHaveProperty("merged");
  });

  const [low, high] = mergedLinks(["a", "b"].map((why) => releaseBlock(aRelease(1, { why })).cid)) as [CID, CID];
  it.each([
    ["nothing", []],
    ["text", [low.toString()]],
    ["no list", low],
    ["data", [aRelease(1).root]],
    ["one head twice", [low, low]],
    ["heads out of order", [high, low]],
    ["the release before it", [releaseBlock(aRelease(1)).cid]],
  ])("is refused as corrupt where it merges %s", (_, merged) => {
    const bytes = encode({ ...aRelease(2, { previous: releaseBlock(aRelease(1)).cid }), merged });
    expect(() => readRelease(blockOf(codecs.dagCbor, bytes))).toThrow(expect.objectContaining({ kind: "corrupt" }));
  });

  it.each([
    ["is not dag-cbor at all", Uint8Array.of(0xff, 1, 2)],
    ["has no number", encode({ ...aRelease(1), number: "1" })],
    ["is the second and follows none", encode({ ...aRelease(1), number: 2 })],
    ["is the first and follows another", encode({ ...aRelease(1), previous: aRelease(1).root })],
    ["has text where its root should be linked", encode({ ...aRelease(1), root: String(aRelease(1).root) })],
    ["was made at no time we write", encode({ ...aRelease(1), made: "yesterday" })],
    ["rolls back to itself", encode({ ...aRelease(1), rollbackOf: 1 })],
    ["rolls back to no number", encode({ ...aRelease(1), rollbackOf: "1" })],
    ["gives a reason that is no text", encode({ ...aRelease(1), why: ["because"] })],
    ["is signed with nothing", encode({ ...aRelease(1), signed: null })],
    ["is signed by half a key", encode({ ...aRelease(1), signed: signedBy(31, 64) })],
    ["bears half a signature", encode({ ...aRelease(1), signed: signedBy(32, 63) })],
    ["bears more than a signature", encode({ ...aRelease(1), signed: { ...signedBy(32, 64), more: 1 } })],
    ["bears a signature as text", encode({ ...aRelease(1), signed: { by: "k51", signature: "x" } })],
    ["is a list", encode([1, 2, 3])],
    ["is nothing", encode(null)],
  ])("is refused as corrupt where it %s", (_, bytes) => {
    expect(() => readRelease(blockOf(codecs.dagCbor, bytes))).toThrow(expect.objectContaining({ kind: "corrupt" }));
  });
});

describe("assertFollows", () => {
  const first = { release: aRelease(1), cid: releaseBlock(aRelease(1)).cid };

  it("accepts the first after none, and the second after the first", () => {
    assertFollows(first.release, undefined);
    assertFollows(aRelease(2, { previous: first.cid }), first);
  });

  it.each([
    ["a gap in the numbers", aRelease(3, { previous: first.cid }), first],
    ["the same number again", aRelease(1), first],
    ["another predecessor", aRelease(2, { previous: first.release.root }), first],
    ["a predecessor where there is none", aRelease(2, { previous: first.cid }), undefined],
  ])("refuses %s as corrupt", (_, next, head) => {
    expect(() => assertFollows(next, head)).toThrow(expect.objectContaining({ kind: "corrupt" }));
  });
});
