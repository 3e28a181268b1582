/** Whether what buckets have is there: their ledgers, what checkpoints make of them, and every block of every version and part. */
import { access } from "node:fs/promises";
import type { CID } from "multiformats/cid";
import { isFailure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { shown } from "../../core/text/shown.ts";
import { codecs, type Get } from "../../dag/block.ts";
import { shapeOf } from "../../dag/codec/decode.ts";
import { pause } from "../../dag/event-loop.ts";
import type { Damage } from "../../ipfs/node.ts";
import { type BucketState, readCheckpoint, snapshotOf } from "../ledger/checkpoint.ts";
import { beginning, readLedger } from "../ledger/ledger.ts";
import type { LedgerRecord } from "../ledger/records.ts";
import { readList } from "./buckets.ts";
import { isMarker } from "./object.ts";
import { filesOf, rebuilt, replayed } from "./recorded-state.ts";

/** What is needed of a node: reading a block, and whether it has one. */
export interface BlocksToCheck {
  readonly get: Get;
  has(cid: CID): Promise<boolean>;
}

/** Yields each problem of the buckets in `folder`. */
export async function* checkBuckets(folder: string, blocks: BlocksToCheck): AsyncGenerator<Damage> {
  const incomplete = missingBelow(blocks);
  for (const { name } of await readList(folder)) {
    const files = filesOf(folder, name);
    let state: BucketState;
    try {
      state = await rebuilt(folder, name);
    } catch (error) {
      if (!isFailure(error, "corrupt")) throw error;
      yield { level: "error", rule: "ledger", says: error.message, fix: error.hint ?? "restore it from a copy" };
      continue;
    }
    if ((await isThere(files.checkpoint)) && !(await isSame(state, files)))
      yield {
        level: "error",
        rule: "checkpoint",
        says: `${files.checkpoint} is not what the ledger comes to`,
        fix: "stop the gateway and remove the file: it is rebuilt from the ledger",
      };
    for (const key of state.versions.allFrom("")) {
      for (const version of state.versions.all(key)) {
        if (isMarker(version)) continue;
        const count = await incomplete(version.cid);
        if (count > 0) yield lost(`${name}/${key}`, version.cid, count, "upload it again, or remove it");
      }
      await pause();
    }
    for (const { key, parts } of state.uploads.values()) {
      for (const [number, { cid }] of parts) {
        const count = await incomplete(cid);
        if (count > 0) yield lost(`part ${number} of the upload of ${name}/${key}`, cid, count, "upload it again");
      }
    }
  }
}

const lost = (what: string, cid: CID, count: number, fix: string): Damage => ({
  level: "error",
  rule: "object",
  says: `${shown(what)} (${cid}) lacks ${plural(count, "block")}`,
  fix,
});

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Whether the checkpoint and what came later are what the whole ledger is. */
async function isSame(state: BucketState, { ledger, checkpoint }: ReturnType<typeof filesOf>): Promise<boolean> {
  const { state: other, place } = await readCheckpoint(checkpoint, ledger);
  await readLedger<LedgerRecord>(ledger, replayed(other), place);
  const [all, others] = [snapshotOf(state, beginning).bytes(), snapshotOf(other, beginning).bytes()];
  for (;;) {
    const [one, same] = [await all.next(), await others.next()];
    if (one.done || same.done) return one.done === same.done;
    if (!Buffer.from(one.value).equals(same.value)) return false;
  }
}

/** How many blocks of a file are missing. Each file is walked once; its leaves are not read. */
function missingBelow({ get, has }: BlocksToCheck): (cid: CID) => Promise<number> {
  const known = new Map<string, number>();
  const count = async (cid: CID): Promise<number> => {
    if (!(await has(cid))) return 1;
    if (cid.code === codecs.raw) return 0;
    const shape = shapeOf(cid, await get(cid));
    let missing = 0;
    if (shape.kind === "file") for (const part of shape.parts) missing += await count(part.cid);
    return missing;
  };
  return async (cid) => {
    const name = cid.toString();
    const found = known.get(name) ?? (await count(cid));
    known.set(name, found);
    return found;
  };
}
