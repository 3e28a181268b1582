/** The body of a request, within bounds: the only requests of which one is read are those that put a record. */
import type { IncomingMessage } from "node:http";
import { eachUnlessAborted } from "../../core/abort.ts";
import { Refusal } from "../refusal.ts";

/** @throws Refusal 413 where it has more than `most` bytes. */
export async function bodyOf(request: IncomingMessage, most: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of eachUnlessAborted<Uint8Array>(signal, request)) {
    length += chunk.length;
    if (length > most) throw new Refusal(413, `a record has at most ${most} bytes`, { connection: "close" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
