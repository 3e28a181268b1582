/** Bytes of nodes: as others write and read them, and whatever an enemy sends. */
import * as dagPb from "@ipld/dag-pb";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../pipeline/core/failure.ts";
import { byBytes } from "../../pipeline/core/text/order.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { decodePb, encodePb } from "../../pipeline/dag/codec/dag-pb.ts";
import { shapeOf } from "../../pipeline/dag/codec/decode.ts";
import { decodeUnixFs, encodeUnixFs, type UnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { makeDirectory, makeSymlink } from "../../pipeline/dag/directory.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { memory } from "./memory.ts";

const size = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const name = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed());
const cid = fc
  .tuple(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(0, 1))
  .map(([bytes, version]) => cidOf(codecs.dagPb, bytes, version as 0 | 1));
const node = fc.record({
  links: fc.array(fc.record({ name, cid, tsize: size }), { maxLength: 8 }),
  data: fc.uint8Array({ maxLength: 300 }),
});

describe("dag-pb", () => {
  it("is what @ipld/dag-pb writes and reads", () => {
    fc.assert(
      fc.property(node, ({ links, data }) => {
        const sorted = links.toSorted((a, b) => byBytes(a.name, b.name));
        const theirs = dagPb.encode({
          Data: data,
          Links: sorted.map(({ name, cid, tsize }) => ({ Name: name, Hash: cid, Tsize: tsize })),
        });
        expect(Buffer.from(encodePb({ links: sorted, data })).equals(theirs)).toBe(true);
        const back = decodePb(theirs);
        expect(Buffer.from(back.data).equals(data)).toBe(true);
        expect(back.links.map((link) => [link.name, link.cid.toString(), link.tsize])).toEqual(
          sorted.map((link) => [link.name, link.cid.toString(), link.tsize]),
        );
      }),
    );
  });

  it("is refused in words, never with a crash, where bytes were changed", () => {
    fc.assert(
      fc.property(node, fc.nat(), fc.nat({ max: 255 }), (value, at, byte) => {
        const bytes = Uint8Array.from(encodePb(value));
        bytes[at % bytes.length] = byte;
        onlyFailures(() => shapeOf(cidOf(codecs.dagPb, bytes), bytes));
      }),
    );
  });

  it("sorts names by their bytes, where UTF-16 would not", () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Math.sign(byBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(["\u{1f30d}", "\ufb00", "z"].toSorted(byBytes)).toEqual(["z", "\ufb00", "\u{1f30d}"]);
  });
});

describe("UnixFS", () => {
  it("comes back as it went, sizes above 4 GiB included", () => {
    const file = fc.record({
      data: fc.uint8Array({ maxLength: 50 }),
      blockSizes: fc.array(fc.nat({ max: 2 ** 45 }), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(file, ({ data, blockSizes }) => {
        const node: UnixFs = {
          kind: "file",
          data,
          blockSizes,
          size: blockSizes.reduce((sum, each) => sum + each, data.length),
        };
        expect(decodeUnixFs(encodeUnixFs(node))).toEqual(node);
      }),
    );
  });

  it.each<[what: string, hex: string, says: RegExp]>([
    ["nothing", "", /no UnixFS type/],
    ["a type nobody uses", "0803", /unknown UnixFS type 3/],
    ["a size that its parts don't add up to", "0802180520032004", /file of 5 bytes, but its parts add up to 7/],
    ["a number above 2^53", "080218ffffffffffffffffff01", /above 2\^53/],
    ["a number without end", "080218ffffffffffffffffffffff", /above 2\^53|longer than 10/],
    ["a length beyond the end", "0802127f00", /claims 127 bytes where 1 are left/],
    ["a shard of no width", "080528223000", /0 wide/],
    ["a shard by another hash", "0805281130800 2".replace(" ", ""), /hashed by 17/],
    ["a float where there are none", "08021d00000000", /wire type 5/],
  ])("refuses %s", (_, hex, says) => {
    expect(() => decodeUnixFs(Buffer.from(hex, "hex"))).toThrow(says);
  });

  it("reads packed block sizes and what it doesn't know, as Protocol Buffers wants", () => {
    const packed = Buffer.from("0802" + "22020304" + "1807" + "3801" + "42020801", "hex");
    expect(decodeUnixFs(packed)).toMatchObject({ kind: "file", size: 7, blockSizes: [3, 4] });
  });

  it("is refused in words, never with a crash, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => onlyFailures(() => decodeUnixFs(bytes))));
  });
});

describe("made blocks", () => {
  const { put, held } = memory();
  for (const profile of Object.values(profiles)) {
    const file = fileOf(Buffer.alloc(600_000, 1), profile, put);
    makeDirectory(
      [
        { name: "file", ...file },
        { name: "link", ...makeSymlink("file", profile, put) },
      ],
      profile,
      put,
    );
  }
  it("are named by their bytes and read back as their kind", () => {
    for (const { cid, bytes } of held.values()) {
      expect(cidOf(cid.code, bytes, cid.version as 0 | 1).equals(cid)).toBe(true);
      expect(shapeOf(cid, bytes).kind).toMatch(/file|directory|symlink/);
    }
  });
});

it("names the block and what is wrong with it", () => {
  const bytes = Buffer.from("0a020803", "hex");
  const bad = CID.createV1(codecs.dagPb, cidOf(codecs.raw, bytes).multihash);
  expect(() => shapeOf(bad, bytes)).toThrow(`${bad} has the unknown UnixFS type 3`);
});

function onlyFailures(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isFailure(error, "corrupt")) throw error;
  }
}
