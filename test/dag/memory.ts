/** Blocks in memory, with what was asked of them. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../pipeline/core/failure.ts";
import type { Block, Get, Put } from "../../pipeline/dag/block.ts";

export interface Memory {
  readonly put: Put;
  readonly get: Get;
  /** By multihash: how a block's CID is spelt does not matter. */
  readonly held: ReadonlyMap<string, Block>;
  /** CIDs asked for, in order. */
  readonly asked: string[];
  /** Let go of one block. */
  lose(cid: CID): void;
}

export function memory(): Memory {
  const held = new Map<string, Block>();
  const asked: string[] = [];
  const key = (cid: CID) => Buffer.from(cid.multihash.bytes).toString("hex");
  return {
    held,
    asked,
    put: (block) => void held.set(key(block.cid), block),
    lose: (cid) => void held.delete(key(cid)),
    async get(cid) {
      asked.push(cid.toString());
      const block = held.get(key(cid));
      if (!block) throw new Failure("unavailable", `${cid} is out of reach`);
      return block.bytes;
    },
  };
}
