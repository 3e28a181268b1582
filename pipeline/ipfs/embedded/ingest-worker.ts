/** One of the threads that hash files: takes orders from `crew.ts`, appends to a pack of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { isFailure } from "../../core/failure.ts";
import { profiles } from "../../dag/profile.ts";
import type { Answer, Order, PlainError, Post } from "./crew.ts";
import { hashTask } from "./hash-files.ts";
import { openWriter } from "./pack-writer.ts";
import { openPacks } from "./packs.ts";
import type { Claim } from "./writing.ts";

const { folder, profile, claim } = workerData as Post;
const packs = openPacks(folder);
packs.refresh();
let writer = openOn(claim);

function openOn({ number, index }: Claim) {
  // Bytes that crossed from another thread have lost that they were a Buffer.
  const bytes = index && Buffer.from(index.bytes.buffer, index.bytes.byteOffset, index.bytes.byteLength);
  return openWriter(folder, number, index && bytes && { ...index, bytes });
}

async function obey(order: Order): Promise<Answer> {
  switch (order.kind) {
    case "hash": {
      if (order.claim) {
        await writer.commit();
        await writer.close();
        packs.refresh();
        writer = openOn(order.claim);
      }
      const isKnown = (digest: Uint8Array): boolean => writer.has(digest) || packs.has(digest);
      const hashed = hashTask(order.task, { profile: profiles[profile], writer, isKnown });
      return { kind: "hashed", id: order.id, hashed, isFull: writer.isFull() };
    }
    case "commit":
      try {
        await writer.commit();
      } catch (error) {
        await writer.discard();
        throw error;
      }
      await writer.close();
      return { kind: "done" };
    case "discard":
      await writer.discard();
      return { kind: "done" };
  }
}

function plain(error: unknown): PlainError {
  const { message, code, path } = error as NodeJS.ErrnoException;
  if (!isFailure(error)) return { message, ...(code && { code }), ...(path && { path }) };
  return { message, kind: error.kind, ...(error.hint !== undefined && { hint: error.hint }) };
}

// One order after the other, even where one has to wait for the disk.
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
