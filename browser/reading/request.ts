/** Requests to the host that the page came from: a few at once, asked again where that can help, never more bytes than expected. */
import { atMost } from "../../pipeline/core/concurrency.ts";
import { Failure, isFailure } from "../../pipeline/core/failure.ts";
import { joined } from "../../pipeline/core/joined.ts";
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import type { World } from "../../pipeline/core/world.ts";

/** Requests under way: browsers open six connections to a host over HTTP/1.1. */
const atOnce = 6;
/** Times that a request is sent where the host doesn't answer, or answers 429 or 5xx. */
const attempts = 3;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: "GET" | "HEAD";
  /** Bytes of the body beyond which it is not read on. */
  readonly most: number;
}

/** @throws Failure `unavailable` where there is no answer, or one of a server in trouble; `input` for a body of more than `most` bytes. */
export type Ask = (url: URL, options: RequestOptions) => Promise<Reply>;

export function askOf(world: World): Ask {
  const limit = atMost(atOnce);
  return (url, options) =>
    limit(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await requestOnce(url, options, world);
        } catch (error) {
          if (!isFailure(error, "unavailable") || attempt === attempts) throw error;
          await world.sleep(error.wait ?? 200 * 2 ** attempt);
        }
      }
    });
}

async function requestOnce(
  url: URL,
  { headers = {}, method = "GET", most }: RequestOptions,
  world: World,
): Promise<Reply> {
  let response: Response;
  try {
    response = await world.fetch(new Request(url, { method, headers, signal: world.signal }));
  } catch (cause) {
    world.signal.throwIfAborted();
    throw new Failure("unavailable", `${url.host} does not answer`, { cause });
  }
  if (response.status === 429 || response.status >= 500) {
    await response.body?.cancel();
    const seconds = Number(response.headers.get("retry-after"));
    const wait = seconds > 0 && seconds <= 10 ? 1000 * seconds : undefined;
    const message = `${url.host} answered ${response.status} for ${url.pathname}`;
    throw new Failure("unavailable", message, wait === undefined ? {} : { wait });
  }
  return { status: response.status, headers: response.headers, bytes: await bodyOf(response, most, url, world) };
}

async function bodyOf(response: Response, most: number, url: URL, world: World): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > most)
        throw new Failure("input", `${url.pathname} has more than the ${formatBytes(most)} that are read of it`);
      chunks.push(value);
    }
  } catch (cause) {
    // A stream that broke off can't be cancelled any more: why it did is thrown below.
    await reader.cancel().catch(() => undefined);
    world.signal.throwIfAborted();
    if (isFailure(cause)) throw cause;
    throw new Failure("unavailable", `${url.host} stopped in the middle of ${url.pathname}`, { cause });
  }
  const [only] = chunks;
  return only && chunks.length === 1 ? only : joined(chunks);
}
