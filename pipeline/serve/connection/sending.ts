/** Bodies at the reader's speed: first bytes before the status is decided, and an end to those who take none. */
import type { ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import { eachUnlessAborted, unlessAborted } from "../../core/abort.ts";
import { Failure } from "../../core/failure.ts";
import type { Answer } from "../response.ts";
import type { Slot } from "./slots.ts";

/** Bytes that a reader must accept within `limits.reader`. */
export const piece = 65_536;

/** Bytes written at once, for which a reader has as many times as long: each write costs a turn of the event loop. */
const largestWrite = 4 * piece;

/** The response with its first bytes loaded: a failure before them can still change the status. */
export async function begin(given: Answer, signal: AbortSignal): Promise<Answer> {
  if (!given.body || given.body instanceof Uint8Array) return given;
  const rest = given.body[Symbol.asyncIterator]();
  const first = await unlessAborted(signal, rest.next());
  const body = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (let next = first; !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  };
  return { ...given, body: body() };
}

export interface Pace {
  /** ms in which a reader must accept a {@link piece}. */
  readonly reader: number;
  /** The slot of the response; absent where it got none. */
  readonly slot: Slot | undefined;
}

/** Sends it at the reader's speed. Rejects where that is slower than a {@link piece} in `reader` ms, or at an abort. */
export async function send(given: Answer, response: ServerResponse, signal: AbortSignal, pace: Pace): Promise<void> {
  // A body shorter than its Content-Length must be an error.
  response.strictContentLength = given.body !== undefined;
  response.writeHead(given.status, given.headers);
  const { body = new Uint8Array(0) } = given;
  const inMemory = body instanceof Uint8Array;
  // What the socket buffers anyway needs no reader to wait for.
  if (inMemory && body.length < response.writableHighWaterMark) return void response.end(body);
  for await (const chunk of inMemory ? [body] : eachUnlessAborted(signal, body)) {
    for (let at = 0; at < chunk.length; at += largestWrite) {
      const part = chunk.subarray(at, at + largestWrite);
      if (!response.write(part)) await drained(response, signal, pace, part.length);
    }
  }
  response.end();
}

/** Resolves when the reader has taken the `length` bytes written. Rejects where that takes too long, or at an abort. */
function drained(response: ServerResponse, signal: AbortSignal, { reader, slot }: Pace, length: number): Promise<void> {
  slot?.waits(true);
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      clearTimeout(timer);
      slot?.waits(false);
      response.off("drain", taken);
      signal.removeEventListener("abort", aborted);
      act();
    };
    const taken = settle(resolve);
    const aborted = settle(() => reject(signal.reason));
    const late = settle(() =>
      reject(new Failure("unavailable", `less than ${piece} bytes were read in ${reader / 1000} s`)),
    );
    const timer = setTimeout(late, reader * Math.ceil(length / piece));
    response.on("drain", taken);
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
  });
}

/** Ends it so that the client notices that the body is incomplete: over HTTP/2 its stream, else its connection. */
export function cut(response: ServerResponse): void {
  if ("stream" in response) (response.stream as ServerHttp2Stream | null)?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}
