/** A block as a directory, and one name in it: through shards, a path is followed by the bits of the name's hash. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Get, isInline } from "../block.ts";
import { type Shape, shapeOf } from "../codec/decode.ts";
import { hamtHash } from "../directory-entry.ts";
import { named } from "./name-index.ts";

/** The CID of `name` in a directory, through as few shards as its hash takes; `undefined` where it is not there. */
export async function childOf(directory: DirectoryShape, name: string, get: Get): Promise<CID | undefined> {
  if (directory.kind === "directory") return named(directory.entries, name);
  const hash = hamtHash(name);
  const bits = Math.log2(directory.fanout);
  let shard: DirectoryShape = directory;
  for (let used = 0; used + bits <= hash.length * 8; used += bits) {
    if (shard.kind !== "shard" || shard.fanout !== directory.fanout) break;
    const index = bitsOf(hash, used, bits);
    const slot = shard.slots.find((each) => each.index === index && (each.name === undefined || each.name === name));
    if (slot === undefined || slot.name === name) return slot?.cid;
    shard = await directoryAt(slot.cid, get);
  }
  throw new Failure("corrupt", `the shards on the way to ${JSON.stringify(name)} are of different widths, or too deep`);
}

export type DirectoryShape = Extract<Shape, { kind: "directory" | "shard" }>;

export async function directoryAt(cid: CID, get: Get): Promise<DirectoryShape> {
  return asDirectory(cid, shapeOf(cid, await load(cid, get)));
}

export function asDirectory(cid: CID, shape: Shape): DirectoryShape {
  if (shape.kind === "directory" || shape.kind === "shard") return shape;
  throw new Failure("input", `${cid} is a ${nameOf(shape)}, not a directory`);
}

export function nameOf({ kind }: Shape): string {
  return kind === "shard" ? "directory" : kind;
}

/** `count` bits of `bytes` from bit `from`; bit 0 is the highest of the first byte. */
function bitsOf(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let bit = from; bit < from + count; bit++) value = value * 2 + ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1);
  return value;
}

/** The bytes of a block. An identity CID (`ipfs add --inline` creates them for small files) contains the bytes itself. */
export async function load(cid: CID, get: Get): Promise<Uint8Array> {
  return isInline(cid) ? cid.multihash.digest : get(cid);
}
