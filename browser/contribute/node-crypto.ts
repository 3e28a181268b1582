/**
 * What `pipeline/dag/hash.ts` takes of `node:crypto`, for the page: vite puts this in its place, so that files become the same blocks here
 * as in a node.
 */
import { sha256 } from "@noble/hashes/sha2.js";

/** uint8[32]. Of blocks that link others; those with data are hashed by the browser itself where it can. */
export function hash(_algorithm: "sha256", bytes: Uint8Array, _encoding: "buffer"): Uint8Array {
  return sha256(bytes);
}
