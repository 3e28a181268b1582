/** CIDs in both spellings. */
import { CID } from "multiformats/cid";
import { codecs } from "../../../pipeline/dag/block.ts";
import { cidOf } from "../../../pipeline/dag/hash.ts";

/** Version 0 and version 1 of one CID. */
export function cidOfText(text: string): [v0: string, v1: string] {
  const { multihash } = cidOf(codecs.dagPb, new TextEncoder().encode(text));
  return [CID.createV0(multihash as never).toString(), CID.createV1(codecs.dagPb, multihash).toString()];
}
