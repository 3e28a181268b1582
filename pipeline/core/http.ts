/**
 * Services that fail in their own ways.
 *
 * One place decides what an HTTP status means for us and how an answer is quoted, so that whoever talks to a service
 * only has to know its API.
 */
import { Failure, type Kind } from "./failure.ts";

/** What a status other than 2xx says: 429 and 5xx may pass, anything else was a no. */
export function kindOfStatus(status: number): Kind {
  return status === 429 || status >= 500 ? "unavailable" : "refused";
}

/** The beginning of an answer, on one line, for a message. Of a page of HTML, its title. */
export function excerpt(body: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body.slice(0, 10_000))?.[1];
  const line = (title === undefined ? body : `a page called "${title.trim()}"`).slice(0, 1000);
  const plain = line.replace(/[\s\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

export interface BodyLimits {
  /** Bytes. */
  readonly atMost: number;
  /** ms in which at least {@link leastProgress} bytes, or the end, must come. */
  readonly stallAfter: number;
}

/** Bytes. An answer that drips slower than this is as good as none. */
const leastProgress = 1024;

/**
 * The body of an answer that may be far larger or slower than it should be. Leaves nothing running behind it.
 *
 * @throws Failure `corrupt` where it is longer than allowed, `unavailable` where it stalls or breaks off.
 */
export async function readBody(said: string, response: Response, limits: BodyLimits): Promise<Uint8Array> {
  const { atMost, stallAfter } = limits;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  let lengthThen = 0;
  let stalled = false;
  const clock = setInterval(() => {
    stalled = length - lengthThen < leastProgress;
    lengthThen = length;
    if (stalled) reader.cancel().catch(() => undefined);
  }, stallAfter);

  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (stalled) {
        throw new Failure(
          "unavailable",
          `${said} stalled: ${length} bytes came, then next to none in ${stallAfter} ms`,
        );
      }
      if (done) return joined(parts, length);
      length += value.length;
      if (length > atMost) throw new Failure("corrupt", `${said} answered more than the ${atMost} bytes allowed`);
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${said} broke off after ${length} bytes (${reasonOf(error)})`, { cause: error });
  } finally {
    clearInterval(clock);
  }
}

/** What lies at the bottom of an error: `fetch` says no more than "fetch failed", its cause says ECONNREFUSED. */
export function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  const { code, message } = deepest as { code?: unknown; message?: unknown };
  return typeof code === "string" ? code : excerpt(String(message ?? deepest));
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
