/** The response to a request, and the facts about the request that every response depends on. */
import type { CID } from "multiformats/cid";
import { type Address, names } from "./request.ts";

export interface Asking {
  readonly method: string;
  /** As in the request line. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is none, or for a HEAD request. */
  readonly body?: AsyncIterable<Uint8Array>;
}

/** What an address resolves to. */
export interface Place {
  readonly address: Address;
  readonly cid: CID;
  /** The block of that CID. */
  readonly block: Uint8Array;
  /** CIDs of the blocks on the path, for a CAR that proves it. Their bytes are read again: many may be large. */
  readonly passed: readonly CID[];
  /** The CID at which the path begins. */
  readonly root: CID;
  readonly headers: Readonly<Record<string, string>>;
}

/** `given`, or 304 where the client has it already. */
export function fresh({ headers }: Place, asking: Asking, etag: string, given: Answer): Answer {
  if (names(asking.headers["if-none-match"], etag)) return { status: 304, headers: { ...headers, etag } };
  return { ...given, headers: { ...headers, etag, ...given.headers } };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
