import fc from "fast-check";
import { base16, base16upper } from "multiformats/bases/base16";
import { base32, base32upper } from "multiformats/bases/base32";
import { base36, base36upper } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { base64, base64url } from "multiformats/bases/base64";
import { CID } from "multiformats/cid";
import * as digest from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { identity, isObjection, parseAddressedCid, parseCid, readCid } from "../../pipeline/core/cid.ts";
import { raw, v0, v1 } from "./cids.ts";

const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => digest.create(0x12, bytes));

describe("reading a CID", () => {
  it("agrees with multiformats on every CID of the usual kinds", () => {
    const usual = fc.oneof(
      sha256.map((hash) => CID.createV0(hash)),
      fc.tuple(fc.constantFrom(0x70, 0x55, 0x71), sha256).map(([code, hash]) => CID.createV1(code, hash)),
    );
    fc.assert(
      fc.property(usual, (cid) => {
        const read = parseCid(cid.toString());
        expect(read.equals(cid)).toBe(true);
        expect(read.bytes).toEqual(cid.bytes);
        expect(read.multihash.digest).toEqual(cid.multihash.digest);
        expect(read.toString()).toBe(cid.toString());
        expect(identity(read)).toBe(cid.toV1().toString());
      }),
    );
  });

  it("agrees with multiformats on what is no CID: one character changed, lost or doubled", () => {
    const slip = fc.tuple(fc.boolean(), fc.nat(58), fc.constantFrom("", "a", "1", "0", "Z", "é", "bb"));
    fc.assert(
      fc.property(slip, ([old, at, instead]) => {
        const whole = old ? v0(1) : v1(1);
        const text = whole.slice(0, at) + instead + whole.slice(at + 1);
        const theirs = orUndefined(() => CID.parse(text));
        const ours = orUndefined(() => parseCid(text));
        expect(ours?.toString()).toBe(theirs?.toString());
      }),
    );
  });

  it("refuses bits behind the last byte, as multiformats does", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz234567";
    const next = letters[letters.indexOf(v1(1).at(-1)!) + 1]!;
    for (const parse of [parseCid, (text: string) => CID.parse(text)])
      expect(() => parse(v1(1).slice(0, -1) + next)).toThrow();
  });

  it("is found in an address in every base that Kubo takes, in either case in either case", () => {
    const cid = CID.parse(v1(7));
    for (const base of [base16, base16upper, base32, base32upper, base36, base36upper, base58btc, base64, base64url]) {
      expect(parseAddressedCid(cid.toString(base)).toString(), base.name).toBe(`${cid}`);
    }
    const mixed = `b${v1(7).slice(1, 20).toUpperCase()}${v1(7).slice(20)}`;
    expect(parseAddressedCid(mixed).toString()).toBe(`${cid}`);
    expect(parseAddressedCid(v0(7)).version).toBe(0);
    for (const text of ["", "b", "BAFY", "k", "f01", "QM", "m!"]) expect(() => parseAddressedCid(text)).toThrow();
    // Decoding it would take seconds.
    expect(() => parseAddressedCid(`k${"a".repeat(1_000_000)}`)).toThrow("more than any CID has");
  });

  it("keeps the version that was written, and knows both spellings as the same data", () => {
    expect(parseCid(v0(7)).version).toBe(0);
    expect(identity(parseCid(v0(7)))).toBe(identity(parseCid(v1(7))));
    expect(identity(parseCid(v1(7)))).not.toBe(identity(parseCid(raw(7))));
  });
});

describe("what a tree can't contain", () => {
  const short = v1(3).slice(0, 50);
  it.each([
    [`ipfs://${v1(3)}`, v1(3)],
    [`ipfs://${v1(3)}/`, v1(3)],
    [`/ipfs/${v0(3)}`, v0(3)],
    [`https://ipfs.io/ipfs/${v0(3)}?filename=x`, v0(3)],
    [`ipfs.io/ipfs/${v1(3)}`, v1(3)],
    [`${v1(3)}.ipfs.dweb.link`, v1(3)],
    [`http://127.0.0.1:8080/ipfs/${raw(3)}/`, raw(3)],
    [`https://${v1(3)}.ipfs.dweb.link/`, v1(3)],
    [v1(3).toUpperCase(), v1(3)],
    [CID.parse(v1(3)).toString(base36), v1(3)],
    [CID.parse(v1(3)).toString(base58btc), v1(3)],
    [` ${v1(3)}`, v1(3)],
    [`${v1(3).slice(0, 20)} ${v1(3).slice(20)}`, v1(3)],
  ])("%s is refused, and the CID in it offered", (text, fix) => {
    expect(readCid(text)).toMatchObject({ rule: "not-a-cid", fix });
  });

  it.each([
    ["foo", "is not a CID (those begin with bafy, bafk or Qm)"],
    [short, "is not a CID: 50 characters where 59 belong"],
    [v0(3).slice(1), "is not a CID (those begin with bafy, bafk or Qm)"],
    [`${v0(3)}x`, "is not a CID: 47 characters where 46 belong"],
  ])("%s: %s", (text, message) => {
    expect(readCid(text)).toMatchObject({ rule: "not-a-cid", message });
  });

  it.each([[`radar.zarr ${v1(3)}`], [`radar.zarr:${v1(3)}`], [`radar.zarr : ${v1(3)}`]])(
    "%s: a line whose `: ` was forgotten, with the line as it should be",
    (text) => {
      expect(readCid(text)).toMatchObject({ rule: "not-a-cid", fix: `radar.zarr: ${v1(3)}` });
      expect(readCid(text.replace(v1(3), short))).not.toHaveProperty("fix");
    },
  );

  it("a CID of the right length in which a character is another one", () => {
    const letters = v1(3);
    expect(readCid(`${letters.slice(0, -1)}z`)).toMatchObject({
      message: expect.stringMatching(/^is not a CID, though it has the shape of one \(/),
      fix: expect.stringContaining("copy it once more"),
    });
  });

  it("an address with a path below the CID, with the command that finds the right one", () => {
    expect(readCid(`https://ipfs.io/ipfs/${v1(3)}/a/b.zarr`)).toMatchObject({
      fix: expect.stringContaining(`fieldtree ls ${v1(3)}/a/b.zarr`),
    });
  });

  it("identity CIDs over the length that others read, codecs that are no files, and hashes that can't be verified", () => {
    const inline = CID.createV1(0x55, digest.create(0, new Uint8Array(129)));
    const cbor = CID.createV1(0x71, digest.create(0x12, new Uint8Array(32)));
    const key = CID.createV1(0x72, digest.create(0x12, new Uint8Array(32)));
    const blake3 = CID.createV1(0x55, digest.create(0x1e, new Uint8Array(32)));
    const cut = CID.createV1(0x55, digest.create(0x12, new Uint8Array(20)));
    expect(readCid(`${inline}`)).toMatchObject({ rule: "identity-cid" });
    expect(readCid(`${cbor}`)).toMatchObject({
      rule: "unsupported-codec",
      message: expect.stringContaining("dag-cbor"),
    });
    expect(readCid(`${key}`)).toMatchObject({ rule: "unsupported-codec", message: expect.stringContaining("IPNS") });
    expect(readCid(`${blake3}`)).toMatchObject({ rule: "unsupported-hash" });
    expect(readCid(`${cut}`)).toMatchObject({ rule: "unsupported-hash", message: expect.stringContaining("160 bits") });
  });

  it("nothing else: the three kinds real trees hold are read, and files that are inlined", () => {
    const inlined = CID.createV1(0x55, digest.create(0, new Uint8Array(128)));
    for (const text of [v0(1), v1(1), raw(1), "bafkqaaa", "bafyaabakaieac", `${inlined}`])
      expect(isObjection(readCid(text))).toBe(false);
  });
});

function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
