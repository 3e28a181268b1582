import { createHash } from "node:crypto";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { matchesHash } from "../../pipeline/dag/matches-hash.ts";

const bytes = Buffer.from("the bytes of a block");
const cidBy = (code: number, digest: Uint8Array): CID => CID.createV1(codecs.raw, digestOf(code, digest));

it.each<[name: string, code: number]>([
  ["sha256", 0x12],
  ["sha512", 0x13],
  ["sha384", 0x20],
  ["sha3-512", 0x14],
  ["sha3-384", 0x15],
  ["sha3-256", 0x16],
  ["sha3-224", 0x17],
  ["blake2b512", 0xb240],
  ["blake2s256", 0xb260],
])("checks bytes by %s as OpenSSL hashes them", async (name, code) => {
  const cid = cidBy(code, createHash(name).update(bytes).digest());
  expect(await matchesHash(cid, bytes)).toBe(true);
  expect(await matchesHash(cid, Buffer.from("other bytes"))).toBe(false);
});

it.each<[name: string, code: number, digest: string, of: string]>([
  // The first of the official vectors: no bytes.
  ["blake3", 0x1e, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262", ""],
  ["blake2b-256", 0xb220, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8", ""],
  ["keccak-256", 0x1b, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", ""],
])("checks bytes by %s, by a published vector", async (_, code, digest, of) => {
  const cid = cidBy(code, Buffer.from(digest, "hex"));
  expect(await matchesHash(cid, Buffer.from(of))).toBe(true);
  expect(await matchesHash(cid, bytes)).toBe(false);
});

it.each<[what: string, cid: CID]>([
  ["sha1, of which collisions are known", cidBy(0x11, createHash("sha1").update(bytes).digest())],
  ["a digest cut short", cidBy(0x13, createHash("sha512").update(bytes).digest().subarray(0, 8))],
  ["a blake2b of another length than its code says", cidBy(0xb220, new Uint8Array(64))],
  ["a code that is no hash", cidBy(0x9999, new Uint8Array(32))],
])("knows nothing of %s", async (_, cid) => {
  expect(await matchesHash(cid, bytes)).toBeUndefined();
});
