/**
 * Files below an http address, read whole or in parts, as any web server gives them.
 *
 * Nothing is believed of an answer but its bytes: who reads them knows what they have to hash to.
 */
import { fetchUnlessAborted } from "../core/abort.ts";
import type { RangeSource } from "../core/dataset/range-source.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { readBody, reasonOf, statusFailure } from "./http.ts";
import { again } from "./retry.ts";

export interface HttpFiles {
  /** The first `most` bytes of the file, `undefined` where the server answers that there is none. */
  read(path: string, most: number): Promise<Uint8Array | undefined>;
  /** The file, to be read in parts; `undefined` where there is none. */
  open(path: string): Promise<RangeSource | undefined>;
}

/** ms without an answer, or in which hardly a byte comes. */
const stallAfter = 30_000;
const tries = { tries: 3, first: 500, longest: 10_000 } as const;

/** `base`: http or https, with or without a slash at its end; its query stays with each file's address. */
export function filesAt(base: string, world: World): HttpFiles {
  const get = (path: string, range: readonly [first: number, last: number]) =>
    again(() => getRange(urlOf(base, path), range, world), tries, world);
  return {
    read: async (path, most) => (await get(path, [0, most - 1]))?.bytes,

    async open(path) {
      const start = await get(path, [0, 0]);
      if (!start) return undefined;
      return {
        size: start.size,
        async read(offset, length) {
          if (length <= 0 || offset >= start.size) return new Uint8Array(0);
          const part = await get(path, [offset, Math.min(offset + length, start.size) - 1]);
          if (!part) throw new Failure("unavailable", `${urlOf(base, path)} is not there any more`);
          return part.bytes;
        },
      };
    },
  };
}

function urlOf(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url.href;
}

interface Part {
  readonly bytes: Uint8Array;
  /** Bytes of the whole file. */
  readonly size: number;
}

async function getRange(
  url: string,
  [first, last]: readonly [number, number],
  world: World,
): Promise<Part | undefined> {
  const request = new Request(url, { headers: { Range: `bytes=${first}-${last}` } });
  let response: Response;
  try {
    response = await fetchUnlessAborted(request, world);
  } catch (cause) {
    world.signal.throwIfAborted();
    throw new Failure("unavailable", `${url} can't be reached (${reasonOf(cause)})`, { cause });
  }
  const { status } = response;
  const label = url;
  const body = (atMost: number) => readBody(label, response, { atMost, stallAfter, signal: world.signal });
  if (status === 206) {
    const size = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
    if (!Number.isSafeInteger(size)) throw new Failure("unavailable", `${url} answered a part without its position`);
    return { bytes: await body(last - first + 1), size };
  }
  // A server without ranges sends the whole file, of which no more is read than was asked for.
  if (status === 200) {
    const size = Number(response.headers.get("content-length") ?? Number.NaN);
    const whole = await body(mostWithoutRanges);
    return { bytes: whole.subarray(first, last + 1), size: Number.isSafeInteger(size) ? size : whole.length };
  }
  await response.body?.cancel();
  if (status === 404 || status === 410) return undefined;
  if (status === 416) return { bytes: new Uint8Array(0), size: 0 };
  throw statusFailure(`${url} answered ${status}`, response);
}

/** Bytes of a file from a server that gives no parts. */
const mostWithoutRanges = 256 * 2 ** 20;
