/** The body of a gateway's answer: bounded, and given up where it stalls, but not where it is only slow. */
import { Failure } from "../../core/failure.ts";
import { joined } from "../../core/joined.ts";
import { reasonOf } from "../../http/http.ts";
import type { Link } from "./link.ts";

/** ms between two looks at whether a transfer has stalled. */
const lookEvery = 250;

/**
 * The chunks of a body, as they come. Leaves no timer and no open stream, however the iteration ends.
 *
 * @throws Failure `unavailable` where it stalls or breaks off; the signal's reason.
 */
export async function* chunksOf(
  label: string,
  response: Response,
  { link, signal }: { readonly link: Link; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const transfer = link.transfer();
  let length = 0;
  const stop = () => void reader.cancel().catch(() => undefined);
  const clock = setInterval(() => transfer.stalledFor() !== undefined && stop(), lookEvery);
  // The signal of the request may have no effect any more: see `abort.ts`.
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      transfer.waits();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (value) transfer.received(value.length);
      const stalled = transfer.stalledFor();
      if (stalled !== undefined) {
        throw new Failure("unavailable", `${label} stalled: ${length} bytes came, then next to none in ${stalled} ms`);
      }
      if (done) return;
      length += value.length;
      yield value;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${label} broke off after ${length} bytes (${reasonOf(error)})`, { cause: error });
  } finally {
    clearInterval(clock);
    signal.removeEventListener("abort", stop);
    transfer.end();
    stop();
  }
}

/** The whole body. @throws as {@link chunksOf} does; Failure `corrupt` where it is longer than `atMost` bytes. */
export async function bodyOf(
  label: string,
  response: Response,
  atMost: number,
  transport: { readonly link: Link; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(label, response, transport)) {
    length += chunk.length;
    if (length > atMost) throw new Failure("corrupt", `${label} answered more than the ${atMost} bytes allowed`);
    parts.push(chunk);
  }
  return parts.length === 1 ? parts[0]! : joined(parts);
}
