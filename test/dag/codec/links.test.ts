import { encode as encodeCbor } from "@ipld/dag-cbor";
import { encode as encodeJson } from "@ipld/dag-json";
import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../pipeline/core/failure.ts";
import { codecs } from "../../../pipeline/dag/block.ts";
import { linksBelow, linksOf } from "../../../pipeline/dag/codec/decode.ts";
import { cborLinks, jsonLinks } from "../../../pipeline/dag/codec/links.ts";
import { blockOf } from "../../../pipeline/dag/hash.ts";

const cid = fc.integer({ min: 0, max: 5 }).map((i) => blockOf(codecs.raw, Buffer.from(`${i}`)).cid);
const { node } = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    cid,
    fc.string(),
    fc.uint8Array({ maxLength: 40 }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false),
    fc.array(tie("node"), { maxLength: 30 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "/"),
      tie("node"),
    ),
  ),
}));

/** Links of a value, as a set: the codecs sort the keys of a map. */
function linksIn(value: unknown): string[] {
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return [];
  if ("multihash" in value) return [`${value}`];
  return Object.values(value).flatMap(linksIn);
}
const sorted = (links: readonly CID[]) => links.map(String).sort();

describe("links of a block", () => {
  it("are those that the reference encoded, of dag-cbor and dag-json", () => {
    fc.assert(
      fc.property(node, (value) => {
        const expected = linksIn(value).sort();
        expect(sorted(cborLinks(encodeCbor(value)).links)).toEqual(expected);
        expect(sorted(jsonLinks(encodeJson(value)))).toEqual(expected);
      }),
    );
  });

  it("of any bytes are links or one failure", () => {
    const outcome = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        if (!isFailure(error, "corrupt")) throw error;
      }
    };
    fc.assert(
      fc.property(node, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, bits) => {
        for (const [encoded, read] of [
          [encodeCbor(value), cborLinks],
          [encodeJson(value), jsonLinks],
        ] as const) {
          const bytes = Uint8Array.from(encoded);
          bytes[place % bytes.length]! ^= bits;
          outcome(() => read(bytes));
          outcome(() => read(bytes.subarray(0, place % bytes.length)));
        }
      }),
    );
  });

  it("are found however deeply a block is nested", () => {
    const depth = 500_000;
    const cbor = Buffer.concat([Buffer.alloc(depth, 0x81), encodeCbor(blockOf(codecs.raw, Buffer.from("x")).cid)]);
    expect(cborLinks(cbor).links).toHaveLength(1);
    const json = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(jsonLinks(Buffer.from(json))).toEqual([]);
  });

  it.each<[string, Uint8Array]>([
    ["a list of more items than it has", Buffer.from([0x9b, 0, 0, 1, 0, 0, 0, 0, 0])],
    ["a map of more entries than it has", Buffer.from([0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ["text longer than itself", Buffer.from([0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x41])],
    ["an item of unknown length", Buffer.from([0x9f, 0xff])],
    ["a second item", Buffer.from([0, 0])],
    ["a link that is no CID", Buffer.from([0xd8, 42, 0x42, 0, 1])],
    ["nothing", new Uint8Array(0)],
  ])("are refused of %s", (_, bytes) => {
    const block = blockOf(codecs.dagCbor, bytes);
    expect(() => linksOf(block.cid, bytes)).toThrow(expect.objectContaining({ kind: "corrupt" }));
    expect(() => linksOf(block.cid, bytes)).toThrow(`${block.cid}`);
  });

  it("of a release are followed from itself, and not from what links to it", () => {
    const link = blockOf(codecs.raw, Buffer.from("x")).cid;
    const fields = { campaign: "test", number: 2, previous: link, root: link, portal: link, tree: link, madeWith: {} };
    const release = blockOf(codecs.dagCbor, encodeCbor(fields));
    expect(linksOf(release.cid, release.bytes)).toHaveLength(4);
    expect(linksBelow(release.cid, release.bytes)).toEqual([]);
    const note = blockOf(codecs.dagCbor, encodeCbor({ root: link }));
    expect(linksBelow(note.cid, note.bytes)).toHaveLength(1);
  });
});
