/** The thread that describes files for `second-thread.ts`. Bytes come from the main thread, which has them verified. */
import { setTimeout } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { Failure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import { withBlocks } from "../../../formats/block-cache.ts";
import { readersUsing } from "../../../formats/readers.ts";
import { decompressors } from "../decompressors.ts";
import { type Answer, errorOf, type Order, plainError } from "./messages.ts";

const readers = new Map(readersUsing(decompressors).map((reader) => [reader.name, reader]));
/** Reads that the main thread was asked for, by their number, and descriptions under way. */
const reads = new Map<number, PromiseWithResolvers<Uint8Array>>();
const stops = new Map<number, AbortController>();
let lastRead = 0;

const answer = (message: Answer) => parentPort!.postMessage(message);

parentPort!.on("message", (order: Order) => {
  switch (order.kind) {
    case "describe":
      void describe(order);
      return;
    case "bytes":
      reads.get(order.read)?.resolve(order.bytes);
      reads.delete(order.read);
      return;
    case "unread":
      reads.get(order.read)?.reject(errorOf(order.error));
      reads.delete(order.read);
      return;
    case "abort":
      stops.get(order.id)?.abort();
  }
});

async function describe({ id, reader, size }: Extract<Order, { kind: "describe" }>): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    const files = readers.get(reader)?.files;
    if (!files) throw new Error(`there is no reader ${reader} of files`);
    const received: ArrayBufferLike[] = [];
    const file = withBlocks(sourceOf(id, size, received));
    const description = await files.describe(file, worldUntil(stop.signal));
    answer({ kind: "described", id, description });
    // A description has no bytes of the file. Freed at once: garbage of this kind grows to tens of MB before it is collected.
    for (const buffer of received) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  } catch (error) {
    answer({ kind: "failed", id, error: plainError(error) });
  } finally {
    stops.delete(id);
  }
}

function sourceOf(id: number, size: number, received: ArrayBufferLike[]): RangeSource {
  return {
    size,
    read(offset, length) {
      const read = ++lastRead;
      const bytes = Promise.withResolvers<Uint8Array>();
      reads.set(read, bytes);
      answer({ kind: "read", id, read, offset, length });
      return bytes.promise.then((arrived) => {
        received.push(arrived.buffer);
        return arrived;
      });
    },
  };
}

/** A reader has its bytes from its file: of the world, it needs turns and the signal. */
function worldUntil(signal: AbortSignal): World {
  return {
    signal,
    sleep: (ms) => setTimeout(ms, undefined, { signal }),
    now: () => new Date(),
    log: () => {},
    progress: () => {},
    fetch: () => Promise.reject(new Failure("unavailable", "a reader of files has no network")),
  };
}
