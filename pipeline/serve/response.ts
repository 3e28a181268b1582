/** What a request is answered with, and what every answer needs to know of what was asked. */
import type { CID } from "multiformats/cid";
import { type Address, names } from "./request.ts";

export interface Asking {
  readonly method: string;
  /** As it stands in the request line. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is none, or a HEAD asked. */
  readonly body?: AsyncIterable<Uint8Array>;
}

/** What an address leads to. */
export interface Place {
  readonly address: Address;
  readonly cid: CID;
  /** The block of that CID. */
  readonly block: Uint8Array;
  /** Blocks on the way there, for a CAR that proves it. Read once more when it is sent: a long way may pass many large ones. */
  readonly passed: readonly CID[];
  /** Where the way began. */
  readonly root: CID;
  readonly headers: Readonly<Record<string, string>>;
}

/** `answer`, or 304 where the client holds it already. */
export function fresh({ headers }: Place, asking: Asking, etag: string, given: Answer): Answer {
  if (names(asking.headers["if-none-match"], etag)) return { status: 304, headers: { ...headers, etag } };
  return { ...given, headers: { ...headers, etag, ...given.headers } };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
