/** One block: bytes, and the CID that is their hash. The smallest thing a node stores and a CAR carries. */
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";

/**
 * What bytes are, by multicodec number. fieldtree writes the first three: the contents of a file, a node of UnixFS, a
 * release. Blocks of the others are stored, walked and passed on.
 */
export const codecs = { raw: 0x55, dagPb: 0x70, dagCbor: 0x71, dagJson: 0x0129, json: 0x0200, cbor: 0x51 } as const;

/** Codecs without links: a block of them is a leaf of any DAG. */
export function hasLinks({ code }: CID): boolean {
  return code !== codecs.raw && code !== codecs.json && code !== codecs.cbor;
}

/** Multihash numbers: the one we make, and the one that is no hash at all. `read/other-hashes.ts` has those that are checked. */
export const hashes = { sha256: 0x12, identity: 0x00 } as const;

/** Whether a CID contains its bytes instead of their hash, so that no block belongs to it. */
export function isInline(cid: CID): boolean {
  return cid.multihash.code === hashes.identity;
}

export interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Receives each block that is built, children before parents. The same block may be given more than once. */
export type Put = (block: Block) => void;

/** Where blocks come from: verified bytes, or a Failure (`unavailable`, `corrupt`) that names the CID. */
export type Get = (cid: CID) => Promise<Uint8Array>;

/** A link to a DAG, with what a parent directory must know of it. */
export interface Link {
  readonly cid: CID;
  /** Bytes of all blocks below, repeats counted: UnixFS's Tsize. */
  readonly tsize: number;
}

/** The same bytes, no longer a Buffer: its `slice` does not copy, and nothing compares equal to it but another. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The CID of what hashes to `digest` by sha2-256, uint8[32]. */
export function cidOfDigest(codec: number, digest: Uint8Array, version: 0 | 1 = 1): CID {
  const multihash = digestOf(hashes.sha256, digest);
  return version === 0 ? CID.createV0(multihash) : CID.createV1(codec, multihash);
}

/**
 * Which block it is, as a key: what its bytes are and how they are read. v0 and v1 spellings of one block are one, as for
 * `identity` in core, but no base32 is worked out: a walk asks this of every link.
 */
export function keyOf(cid: CID): string {
  return `${cid.code} ${latin1(cid.multihash.bytes)}`;
}

/** One character a byte. */
function latin1(bytes: Uint8Array): string {
  if (bytes.length <= mostArguments) return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
  let text = "";
  for (let at = 0; at < bytes.length; at += mostArguments) text += latin1(bytes.subarray(at, at + mostArguments));
  return text;
}

/** Arguments of one call, far below what an engine's stack takes: an identity CID has as many bytes as its file. */
const mostArguments = 4096;
