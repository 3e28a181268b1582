/** A DAG of the hashes and codecs that fieldtree does not write itself: dag-cbor over dag-json over leaves. */
import { encode as encodeCbor } from "@ipld/dag-cbor";
import { encode as encodeJson } from "@ipld/dag-json";
import { blake2b, blake2s } from "@noble/hashes/blake2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";

/** Multihash codes and functions, of as many bytes as nodes exchange. */
export const otherHashes: readonly (readonly [code: number, hash: (bytes: Uint8Array) => Uint8Array])[] = [
  [0x1e, blake3],
  [0x13, sha512],
  [0x16, sha3_256],
  [0xb220, (bytes) => blake2b(bytes, { dkLen: 32 })],
  [0xb260, (bytes) => blake2s(bytes, { dkLen: 32 })],
  [0x12, sha256],
];

export function blockBy(index: number, codec: number, bytes: Uint8Array): Block {
  const [code, hash] = otherHashes[index]!;
  return { cid: CID.createV1(codec, digestOf(code, hash(bytes))), bytes };
}

/** `salt` makes it another DAG. */
export function ofOtherHashes(salt = ""): { root: CID; blocks: readonly Block[] } {
  const text = (words: string) => new TextEncoder().encode(words + salt);
  const leaves = [
    blockBy(1, codecs.raw, text("raw by sha2-512")),
    blockBy(2, codecs.json, new TextEncoder().encode(JSON.stringify({ by: "sha3-256", salt }))),
    blockBy(3, codecs.cbor, encodeCbor({ by: `blake2b ${salt}` })),
    blockBy(5, codecs.dagJson, encodeJson({ by: `sha2-256 ${salt}` })),
  ];
  const middle = blockBy(4, codecs.dagJson, encodeJson({ leaves: leaves.map(({ cid }) => cid) }));
  const root = blockBy(0, codecs.dagCbor, encodeCbor({ middle: middle.cid, again: [middle.cid] }));
  return { root: root.cid, blocks: [root, middle, ...leaves] };
}
