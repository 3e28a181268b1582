/** What was fetched of one DAG, and what could not be: counted, limited, stored, and shown as progress. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { tsizeOf } from "../../dag/read/tsize.ts";
import type { HomeNode } from "../node.ts";
import { batchesTo } from "./batches.ts";

export interface Fetched {
  readonly blocks: number;
  readonly bytes: number;
}

export interface UnfetchedBlock {
  readonly cid: CID;
  /** Why the sources could not be asked; `undefined` where they answered that they lack it. */
  readonly why: string | undefined;
}

export interface FetchedBlocks {
  /** Takes a block to be stored. @throws Failure `refused` at the limit; what storing threw. */
  add(block: Block): Promise<void>;
  /** Stores all that was taken. */
  store(): Promise<void>;
  /** A block was there already: the size that the root states is no longer what there is to fetch. */
  foundHere(): void;
  counted(): Fetched;
}

/** @param limitBytes bytes that may be fetched. */
export function fetchedBlocks(root: CID, home: Pick<HomeNode, "put">, limitBytes: number, world: World): FetchedBlocks {
  const batches = batchesTo(home, world);
  let blocks = 0;
  let bytes = 0;
  /** The most bytes to fetch, by the size that the root states; valid only until a block turns out to be stored already. */
  let claimed: number | undefined;
  let isClaimValid = true;
  return {
    async add(block) {
      const { cid, bytes: content } = block;
      if (bytes + content.length > limitBytes) throw atLimit(root, { blocks, bytes }, limitBytes);
      blocks++;
      bytes += content.length;
      if (isClaimValid && cid.equals(root)) claimed = tsizeOf(root, content);
      const total = isClaimValid && claimed !== undefined && bytes <= claimed && { total: claimed };
      world.progress({ task: "fetching", done: bytes, ...total, unit: "bytes" });
      await batches.add(block);
    },
    store: batches.store,
    foundHere() {
      isClaimValid = false;
    },
    counted: () => ({ blocks, bytes }),
  };
}

function atLimit(root: CID, { blocks, bytes }: Fetched, limitBytes: number): Failure {
  const so = `${blocks} blocks, ${bytes} bytes so far`;
  return new Failure("refused", `fetching what is missing below ${root} would go beyond ${limitBytes} bytes (${so})`, {
    hint: "raise limits: fetch: in campaign.yaml and run it again; what was fetched stays",
  });
}
