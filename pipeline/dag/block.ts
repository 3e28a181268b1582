/** One block: bytes, and the CID that is their hash. The smallest thing a node stores and a CAR carries. */
import type { CID } from "multiformats/cid";

export interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Where made blocks go. Called once for each block made, children before parents; repeats are the receiver's business. */
export type Put = (block: Block) => void;

/** Where blocks come from: verified bytes, or a Failure (`unavailable`, `corrupt`) that names the CID. */
export type Get = (cid: CID) => Promise<Uint8Array>;

/** A link to a DAG, with what a parent directory must know of it. */
export interface Link {
  readonly cid: CID;
  /** Bytes of all blocks below, repeats counted: UnixFS's Tsize. */
  readonly tsize: number;
}
