/**
 * Blocks from bytes: what has to hash.
 *
 * Apart from `block.ts`, because reading hashes nothing (each source of blocks verifies those that its `Get` returns) and runs in browsers,
 * which lack `node:crypto`.
 */
import { hash } from "node:crypto";
import type { CID } from "multiformats/cid";
import { type Block, cidOfDigest, codecs, plain } from "./block.ts";
import { encodePb, type PbNode } from "./codec/dag-pb.ts";

/** uint8[32] */
export function sha256(bytes: Uint8Array): Uint8Array {
  return plain(hash("sha256", bytes, "buffer"));
}

/**
 * {@link sha256}, of a large block on another thread: readers of large files wait for hashes more than for the disk. Below
 * {@link worthAThread} passing it there takes longer; so does waiting for a processor, where all others hash already.
 */
export async function sha256Apart(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length < worthAThread || apart >= others) return sha256(bytes);
  apart++;
  try {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  } finally {
    apart--;
  }
}

/** Bytes. */
const worthAThread = 65_536;

/** Blocks that are being hashed on other threads, and processors for those. */
let apart = 0;
const others = Math.max(1, navigator.hardwareConcurrency - 1);

/** The CID of `bytes` of `codec`. Version 0 is for dag-pb alone. */
export function cidOf(codec: number, bytes: Uint8Array, version: 0 | 1 = 1): CID {
  return cidOfDigest(codec, sha256(bytes), version);
}

export function blockOf(codec: number, bytes: Uint8Array, version: 0 | 1 = 1): Block {
  return { cid: cidOf(codec, bytes, version), bytes };
}

/** The block of a dag-pb node. Links as for {@link encodePb}. */
export function pbBlock(node: PbNode, cidVersion: 0 | 1): Block {
  return blockOf(codecs.dagPb, encodePb(node), cidVersion);
}
