/** The size a parent directory must know of what it links to. */
import type { CID } from "multiformats/cid";
import { codecs } from "../block.ts";
import { naming, nodeOf } from "../codec/decode.ts";

/** Bytes of all blocks below `cid`, repeats counted, from its root block alone: what a parent writes as Tsize. */
export function tsizeOf(cid: CID, bytes: Uint8Array): number {
  if (cid.code !== codecs.dagPb) return bytes.length;
  return naming(cid, () => nodeOf(bytes).links.reduce((sum, { tsize }) => sum + tsize, bytes.length));
}
