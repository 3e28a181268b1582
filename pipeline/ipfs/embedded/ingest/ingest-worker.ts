/** A worker thread that hashes files: receives orders from `worker-pool.ts` and appends to packs of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { isFailure } from "../../../core/failure.ts";
import { profiles } from "../../../dag/profile.ts";
import { appendingTo, type Claim, mostLeaving } from "../packs/append.ts";
import { openPacks } from "../packs/packs.ts";
import { hashTask } from "./hash-files.ts";
import type { Answer, Order, PlainError, Post } from "./worker-pool.ts";

const { folder, profile, claim, counter, limits, inPlaceFrom } = workerData as Post;
const packs = openPacks(folder);
packs.refresh();
const appending = appendingTo({ folder, packs, counter, limits }, () => restored(claim));

/** Between threads, a Buffer arrives as a plain Uint8Array. */
function restored({ number, index }: Claim): Claim {
  if (!index) return { number };
  const bytes = Buffer.from(index.bytes.buffer, index.bytes.byteOffset, index.bytes.byteLength);
  return { number, index: { ...index, bytes } };
}

async function obey(order: Order): Promise<Answer> {
  switch (order.kind) {
    case "hash": {
      const hashed = hashTask(order.task, {
        ...{ profile: profiles[profile], appending },
        ...(inPlaceFrom !== undefined && { inPlaceFrom }),
      });
      await appending.settle(mostLeaving);
      return { kind: "hashed", id: order.id, hashed };
    }
    case "commit":
      try {
        const number = await appending.finish();
        return { kind: "done", ...(number !== undefined && { number }) };
      } catch (error) {
        await appending.discard();
        throw error;
      }
    case "discard":
      await appending.discard();
      return { kind: "done" };
  }
}

function plain(error: unknown): PlainError {
  const { message, code, path } = error as NodeJS.ErrnoException;
  if (!isFailure(error)) return { message, ...(code && { code }), ...(path && { path }) };
  return { message, kind: error.kind, ...(error.hint !== undefined && { hint: error.hint }) };
}

// Orders run one after another, also where one waits for the disk.
let last: Promise<void> = Promise.resolve();
parentPort!.on("message", (order: Order) => {
  last = last
    .then(() => obey(order))
    .catch(
      (error: unknown): Answer => ({
        kind: "failed",
        ...(order.kind === "hash" && { id: order.id }),
        error: plain(error),
      }),
    )
    .then((answer) => parentPort!.postMessage(answer));
});
