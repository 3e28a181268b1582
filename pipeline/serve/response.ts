/** The response to a request, and the facts about the request that every response depends on. */
import type { CID } from "multiformats/cid";
import type { Get } from "../dag/block.ts";
import type { GetInto } from "../dag/reused-memory.ts";
import type { SortedFolder } from "./bodies/folders.ts";
import type { HostHeaders, Hosts } from "./hosts/hosts.ts";
import { type Address, names } from "./request.ts";

/** Bytes, as in most clients and proxies: for addresses, and for headers that repeat them. */
export const longestUrl = 8192;

/** What a name resolves to: a CID, or a path below it. */
export interface Resolved {
  readonly cid: CID;
  /** Names below it. */
  readonly names?: readonly string[];
  /** s for which the answer may be cached; absent where it can change at any time. */
  readonly ttl?: number;
}

/** A signed IPNS record that was verified. */
export interface NameRecord {
  readonly bytes: Uint8Array;
  /** s */
  readonly ttl?: number;
}

export interface Source {
  readonly get: GetInto;
  /** The same for blocks that are read only once: they are not cached. */
  readonly peek: Get;
  /** A directory in the order of its names. */
  readonly list: (cid: CID) => Promise<SortedFolder>;
  /** The current target of `/ipns/<name>`; `undefined` for names that are unknown here. */
  readonly resolve: (name: string) => Promise<Resolved | undefined>;
  /** The record of an IPNS key; absent where records are not given. */
  readonly record?: (name: string) => Promise<NameRecord | undefined>;
  /** Which hosts stand for roots. */
  readonly hosts: Hosts;
  /** Whether the gateway is for this machine only. */
  readonly loopback: boolean;
  /** The campaign in `/ipns/<campaign>/`, to which `/` redirects. */
  readonly campaign: string;
}

export interface Asking {
  readonly method: string;
  /** As in the request line. */
  readonly url: string;
  /** Whether the connection is encrypted. */
  readonly secure?: boolean;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is none, or for a HEAD request. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array;
}

export function hostHeaders({ headers, secure = false }: Asking): HostHeaders {
  return {
    host: headers.host,
    forwardedHost: headers["x-forwarded-host"],
    forwardedProto: headers["x-forwarded-proto"],
    secure,
  };
}

/** What an address resolves to. */
export interface Place {
  readonly address: Address;
  readonly cid: CID;
  /** The block of that CID. */
  readonly block: Uint8Array;
  /** CIDs of the blocks on the path, for a CAR that proves it. Their bytes are read again: many may be large. */
  readonly passed: readonly CID[];
  /** What the content is called: the last name of the path; empty where there is none. */
  readonly name: string;
  /** The CID at which the path begins. */
  readonly root: CID;
  readonly headers: Readonly<Record<string, string>>;
}

/** `given`, or 304 where the client has it already. */
export function fresh({ headers }: Place, asking: Asking, etag: string, given: Answer): Answer {
  if (names(asking.headers["if-none-match"], etag)) return { status: 304, headers: { ...headers, etag } };
  return { ...given, headers: { ...headers, etag, ...given.headers } };
}
