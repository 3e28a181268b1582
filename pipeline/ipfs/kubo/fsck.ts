/**
 * Checks the blocks of a Kubo node, and has Kubo remove those that are damaged.
 *
 * Kubo serves a block whose bytes changed on its disk, and skips storing a block that it believes to have: a damaged block stays
 * damaged however often its data are added again. `repo/verify` reads every block; with `drop` it removes damaged ones, below
 * pins too, which `block/rm` refuses. What follows is the same as for a block that Kubo's disk lost.
 */
import { CID } from "multiformats/cid";
import { isFailure } from "../../core/failure.ts";
import { isRecord } from "../../core/json.ts";
import type { World } from "../../core/world.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";
import { describeMissing, missingCids } from "../missing-message.ts";
import type { Checked, Damage, Node } from "../node.ts";
import { belowPins } from "./missing-blocks.ts";
import { ourPins } from "./pins.ts";

/** @throws Failure `unavailable` where Kubo did not check all blocks. */
export async function* check(
  rpc: Rpc,
  get: Node["get"],
  { repair }: { readonly repair: boolean },
  world: World,
): AsyncGenerator<Damage, Checked> {
  const damaged: CID[] = [];
  let blocks = 0;
  for await (const line of verifiedBlocks(rpc, repair, world)) {
    if (typeof line === "number") {
      blocks = Math.max(blocks, line);
      world.progress({ task: "checking", done: blocks, unit: "blocks" });
      continue;
    }
    damaged.push(line.cid);
    // Kubo remembers which blocks it has, and would skip storing this one again: a read corrects that.
    if (line.removed) await get(line.cid, world);
    yield {
      level: "error",
      rule: "damaged-block",
      says: `${rpc.name}: block ${line.cid} has other bytes, or can't be read`,
      fix: !repair ? "fieldtree fsck --repair" : line.removed ? takenOut : notTakenOut,
    };
  }
  const pins = await ourPins(rpc, world);
  const missingBelow = await belowPins(rpc, get, { damaged }, world);
  for (const { label, root } of pins) {
    const missing = await missingBelow(root);
    if (!missing) continue;
    const pin = { label, root, count: missing.count, missing: missing.first };
    yield {
      level: "error",
      rule: "pin-not-whole",
      says: `pinned as ${label}: ${describeMissing(pin)}: ${missingCids(pin)}`,
      fix: "add the data again, or publish to fetch it",
      pin,
    };
  }
  return { blocks, bytes: await bytesIn(rpc, world), packs: 0, pins: pins.length };
}

const takenOut = "taken out; add the data again, or publish to fetch it";
const notTakenOut = "this Kubo can't remove it: with Kubo 0.43 or newer, run fieldtree fsck --repair again";

interface DamagedBlock {
  readonly cid: CID;
  readonly removed: boolean;
}

/** How many blocks were read so far, and each damaged one. */
async function* verifiedBlocks(rpc: Rpc, drop: boolean, world: World): AsyncGenerator<number | DamagedBlock> {
  let found = false;
  try {
    for await (const line of rpc.lines("repo/verify", drop ? { drop: true } : {}, world)) {
      world.signal.throwIfAborted();
      if (!isRecord(line)) continue;
      if (typeof line.Progress === "number") yield line.Progress;
      const [, cid] = /^block (\S+) (?:was corrupt|.*fail)/.exec(String(line.Msg)) ?? [];
      if (cid === undefined) continue;
      found = true;
      yield { cid: CID.parse(cid), removed: /\bremoved$/.test(String(line.Msg)) };
    }
  } catch (error) {
    // Kubo reports at the end that some were corrupt, as the failure of the command.
    if (!found || !isFailure(error, "refused") || !/\bcorrupt\b/.test(error.message)) throw error;
  }
}

/** Bytes of Kubo's repo. */
async function bytesIn(rpc: Rpc, world: World): Promise<number> {
  const answer = await rpc.ask("repo/stat", { "size-only": true }, world);
  return isRecord(answer) && typeof answer.RepoSize === "number" ? answer.RepoSize : 0;
}
