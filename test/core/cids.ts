/** CIDs for tests: as many as needed, each a function of its number. */

import { CID } from "multiformats/cid";
import * as digest from "multiformats/hashes/digest";

/** Spelt v1 dag-pb. */
export const v1 = (seed: number): string => CID.createV1(0x70, hash(seed)).toString();
/** The same data as `v1(seed)`, spelt v0. */
export const v0 = (seed: number): string => CID.createV0(hash(seed)).toString();
/** A v1 raw leaf. */
export const raw = (seed: number): string => CID.createV1(0x55, hash(seed)).toString();

/** 32 bytes that differ in every place for every seed; a tree never looks behind a hash. */
function hash(seed: number) {
  const bytes = new Uint8Array(32);
  let state = seed + 1;
  for (let at = 0; at < 32; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  new DataView(bytes.buffer).setUint32(0, seed);
  return digest.create(0x12, bytes);
}
