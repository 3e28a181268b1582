/**
 * A pinning service (Pinning Service API 1.0.0) that does what it says: it fetches what it is asked to pin, block by
 * block from a trustless gateway, each one hashed, and serves what it keeps at a gateway of its own.
 *
 * It passes the API's own compliance suite (`psa.test.ts`), and misbehaves when told to.
 *
 * ```ts
 * const psa = await startPsa({ from: kubo.gateway });
 * const service = psaPins({ name: "shop", endpoint: psa.endpoint, token: psa.token });
 * await psa.stop();
 * ```
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CID } from "multiformats/cid";
import * as v from "valibot";
import { atMost } from "../../pipeline/core/concurrency.ts";
import type { World } from "../../pipeline/core/world.ts";
import { type Block, keyOf } from "../../pipeline/dag/block.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { gateway } from "../../pipeline/ipfs/gateway.ts";
import { closed, listening } from "./loopback.ts";

export type PsaFault =
  /** Says pinned and fetches nothing. Of pins made meanwhile. */
  | "lies"
  /** Stays queued and fetches nothing. Of pins made meanwhile. */
  | "stuck"
  /** 429 with `Retry-After: 7`. */
  | "busy"
  | "server error"
  /** 401, whatever the token; the answer repeats it. */
  | "expired"
  /** 200 and a page of HTML. */
  | "web page"
  /** JSON of another API. */
  | "other api"
  /** A gigabyte of JSON. */
  | "huge"
  /** Accepts the request and never answers. */
  | "silent"
  /** The connection breaks before anything is done. */
  | "lost before"
  /** Everything is done, and then the connection breaks. */
  | "lost after";

export interface PsaServer {
  /** With its base path, without a slash at its end. */
  readonly endpoint: string;
  /** Its own gateway: what it keeps, and nothing else. */
  readonly gateway: string;
  readonly token: string;
  /** Method, path and query of every request to the API. */
  readonly requests: string[];
  /** What was sent to be pinned. */
  readonly asked: AskedPin[];
  /** What happens to the next `times` requests that it can happen to, or from now on; `undefined`: nothing special. */
  fail(fault: PsaFault | undefined, times?: number): void;
  /** Have blocks without a pin, as something that others fetch from. */
  hold(blocks: Iterable<Block>): void;
  /** Lose a block, whoever wants it kept. */
  lose(cid: CID): void;
  /** How many requests it has, in whatever state. */
  count(): number;
  stop(): Promise<void>;
}

export interface AskedPin {
  readonly cid: string;
  readonly name?: string | undefined;
  readonly origins?: string[] | undefined;
  readonly meta?: Record<string, string> | undefined;
}

interface PinRequest {
  readonly requestid: string;
  readonly created: string;
  readonly pin: AskedPin;
  /** Ends its fetching. */
  readonly gone: AbortController;
  readonly blocks: Map<string, Uint8Array>;
  status: "queued" | "pinning" | "pinned" | "failed";
  details?: string;
}

const isCid = (text: string) => {
  try {
    return CID.parse(text) !== undefined;
  } catch {
    return false;
  }
};

const cidText = v.pipe(v.string(), v.check(isCid, "is no CID"));
const pinSchema = v.strictObject({
  cid: cidText,
  name: v.optional(v.pipe(v.string(), v.maxLength(255))),
  origins: v.optional(v.pipe(v.array(v.pipe(v.string(), v.regex(/^\/.+\/p2p\/[1-9A-Za-z]+$/))), v.maxLength(20))),
  meta: v.optional(v.custom<Record<string, string>>(isTexts, "wants strings")),
});

function isTexts(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

/** `from`: where it fetches; without it, it can fetch nothing. */
export async function startPsa(options: { from?: string; token?: string } = {}): Promise<PsaServer> {
  const { token = "let me pin" } = options;
  const source = options.from === undefined ? undefined : gateway(options.from);
  const held = new Map<string, Uint8Array>();
  const requests = new Map<string, PinRequest>();
  const inTurn = atMost(4);
  const stopped = new AbortController();
  let newest = 0;
  let fault: PsaFault | undefined;
  let faultsLeft = 0;

  const take = (...among: PsaFault[]): PsaFault | undefined => {
    if (!fault || !among.includes(fault) || faultsLeft < 1) return undefined;
    faultsLeft--;
    return fault;
  };

  const find = (cid: CID): Uint8Array | undefined => {
    const key = keyOf(cid);
    if (held.has(key)) return held.get(key);
    for (const { blocks } of requests.values()) if (blocks.has(key)) return blocks.get(key);
    return undefined;
  };

  /** All of it or nothing: what is pinned is whole. */
  const fetchAll = async (request: PinRequest): Promise<void> => {
    const world = worldUntil(AbortSignal.any([stopped.signal, request.gone.signal]));
    const get = async (cid: CID): Promise<Uint8Array> => {
      const bytes = find(cid) ?? (await source?.get(cid, world));
      if (!bytes) throw new Error(`nobody has ${cid}`);
      return bytes;
    };
    try {
      request.status = "pinning";
      for await (const { cid, bytes } of walk(CID.parse(request.pin.cid), get, { scope: "all" })) {
        request.blocks.set(keyOf(cid), bytes);
      }
      request.status = "pinned";
    } catch (error) {
      request.blocks.clear();
      request.status = "failed";
      request.details = (error as Error).message;
    }
  };

  const add = (pin: AskedPin): PinRequest => {
    // Pages are told apart by their times, so no two requests have one.
    newest = Math.max(Date.now(), newest + 1);
    const request: PinRequest = {
      requestid: randomUUID(),
      created: new Date(newest).toISOString(),
      pin,
      gone: new AbortController(),
      blocks: new Map(),
      status: "queued",
    };
    requests.set(request.requestid, request);
    server.asked.push(pin);
    const how = take("lies", "stuck");
    if (how === "lies") request.status = "pinned";
    if (how === undefined) void inTurn(() => fetchAll(request));
    return request;
  };

  const remove = (request: PinRequest): void => {
    request.gone.abort(new Error("unpinned"));
    requests.delete(request.requestid);
  };

  const list = (query: URLSearchParams): Said => {
    const asked = [...query].reduce((all, [key, value]) => all.set(key, value), new Map<string, string>());
    const cids = asked.get("cid")?.split(",");
    const limit = Number(asked.get("limit") ?? 10);
    if (cids && (cids.length > 10 || !cids.every(isCid))) return bad("cid: at most 10 of them");
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return bad("limit: 1 to 1000");
    const meta = asked.has("meta") ? Object.entries(JSON.parse(asked.get("meta")!)) : [];
    // As the API says: without a status only what is pinned, unless one looks for it by name.
    const states = asked.get("status")?.split(",") ?? (asked.has("name") ? undefined : ["pinned"]);
    const named = nameMatcher(asked.get("match") ?? "exact", asked.get("name"));
    const found = [...requests.values()]
      .filter(({ status }) => states?.includes(status) ?? true)
      .filter(({ pin }) => !cids || cids.some((cid) => keyOf(CID.parse(cid)) === keyOf(CID.parse(pin.cid))))
      .filter(({ pin }) => named(pin.name) && meta.every(([key, value]) => pin.meta?.[key] === value))
      .filter(({ created }) => Date.parse(created) < Date.parse(asked.get("before") ?? "9999-01-01"))
      .filter(({ created }) => Date.parse(created) > Date.parse(asked.get("after") ?? "1970-01-01"))
      .sort((a, b) => (a.created < b.created ? 1 : -1));
    return { status: 200, body: { count: found.length, results: found.slice(0, limit).map(said) } };
  };

  const api = async (request: IncomingMessage, url: URL): Promise<Said> => {
    if (request.headers.authorization !== `Bearer ${token}`) return refusal(401, "UNAUTHORIZED", "no such token");
    const id = /^\/psa\/pins(?:\/([^/]+))?$/.exec(url.pathname)?.[1];
    if (!/^\/psa\/pins(\/[^/]+)?$/.test(url.pathname)) return refusal(404, "NOT_FOUND", url.pathname);
    if (id === undefined && request.method === "GET") return list(url.searchParams);
    const known = id === undefined ? undefined : requests.get(decodeURIComponent(id));
    if (id !== undefined && !known) return refusal(404, "NOT_FOUND", "no such request");
    if (known && request.method === "GET") return { status: 200, body: said(known) };
    if (known && request.method === "DELETE") {
      remove(known);
      return { status: 202 };
    }
    if (request.method !== "POST") return refusal(405, "METHOD_NOT_ALLOWED", `${request.method}`);
    const { success, output, issues } = v.safeParse(pinSchema, await json(request));
    if (!success) return bad(`${v.getDotPath(issues[0]) ?? "pin"}: ${issues[0].message}`);
    const made = add(output);
    if (known) remove(known);
    return { status: 202, body: said(made) };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, "http://psa");
    if (url.pathname.startsWith("/ipfs/")) return serveBlock(url, response);
    server.requests.push(`${request.method} ${request.url}`);
    const now = take(
      "busy",
      "server error",
      "expired",
      "web page",
      "other api",
      "huge",
      "silent",
      "lost before",
      "lost after",
    );
    if (now === "silent") return;
    if (now === "lost before") return void request.socket.resetAndDestroy();
    if (now === "lost after") {
      await api(request, url);
      return void request.socket.resetAndDestroy();
    }
    if (now) return misbehave(now, request, response);
    const { status, body } = await api(request, url);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };

  const serveBlock = (url: URL, response: ServerResponse): void => {
    const name = url.pathname.split("/")[2]!;
    if (!isCid(name) || url.searchParams.get("format") !== "raw") return void response.writeHead(400).end();
    const cid = CID.parse(name);
    const bytes = cid.multihash.code === 0 ? cid.multihash.digest : find(cid);
    if (!bytes) return void response.writeHead(404).end("not here");
    response.writeHead(200, { "content-type": "application/vnd.ipld.raw", "content-length": bytes.length }).end(bytes);
  };

  const http = createServer((request, response) => {
    response.on("error", () => {});
    answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });
  const base = await listening(http);

  const server: PsaServer = {
    endpoint: `${base}/psa`,
    gateway: base,
    token,
    requests: [],
    asked: [],
    fail(next, times = Number.POSITIVE_INFINITY) {
      fault = next;
      faultsLeft = times;
    },
    hold(blocks) {
      for (const { cid, bytes } of blocks) held.set(keyOf(cid), bytes);
    },
    lose(cid) {
      held.delete(keyOf(cid));
      for (const { blocks } of requests.values()) blocks.delete(keyOf(cid));
    },
    count: () => requests.size,
    async stop() {
      stopped.abort(new Error("stopped"));
      await closed(http);
    },
  };
  return server;
}

interface Said {
  readonly status: number;
  readonly body?: object;
}

function refusal(status: number, reason: string, details: string): Said {
  return { status, body: { error: { reason, details } } };
}

const bad = (details: string) => refusal(400, "BAD_REQUEST", details);

function said({ requestid, status, created, pin, details }: PinRequest): object {
  const delegates = ["/ip4/127.0.0.1/tcp/1/p2p/12D3KooWL3XJ9EMCyZvmmGXL2LMiVBtrVa2BuESsJiXkSj7333Jw"];
  return { requestid, status, created, pin, delegates, ...(details && { info: { status_details: details } }) };
}

function nameMatcher(match: string, wanted: string | undefined): (name: string | undefined) => boolean {
  if (wanted === undefined) return () => true;
  const lower = wanted.toLowerCase();
  switch (match) {
    case "iexact":
      return (name) => name?.toLowerCase() === lower;
    case "partial":
      return (name) => name?.includes(wanted) ?? false;
    case "ipartial":
      return (name) => name?.toLowerCase().includes(lower) ?? false;
    default:
      return (name) => name === wanted;
  }
}

async function misbehave(how: PsaFault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asJson = { "content-type": "application/json" };
  switch (how) {
    case "busy": {
      const { status, body } = refusal(429, "TOO_MANY_REQUESTS", "slow down");
      return void response.writeHead(status, { ...asJson, "retry-after": "7" }).end(JSON.stringify(body));
    }
    case "server error":
      return void response.writeHead(502).end("<html><title>Bad Gateway</title></html>");
    case "expired": {
      const { status, body } = refusal(401, "UNAUTHORIZED", `${request.headers.authorization} has expired`);
      return void response.writeHead(status, asJson).end(JSON.stringify(body));
    }
    case "web page":
      return void response.writeHead(200, { "content-type": "text/html" }).end("<title>Welcome to nginx!</title>");
    case "other api":
      return void response.writeHead(200, asJson).end('{"jsonrpc":"2.0","result":[]}');
    default: {
      response.writeHead(200, asJson);
      const blanks = new Uint8Array(65_536).fill(0x20);
      const chunks = function* () {
        for (let sent = 0; sent < 1e9; sent += blanks.length) yield blanks;
      };
      // Whoever asked hangs up long before the end.
      await pipeline(Readable.from(chunks()), response).catch(() => {});
    }
  }
}

function worldUntil(signal: AbortSignal): World {
  return {
    fetch: (request) => fetch(request),
    now: () => new Date(),
    sleep: async (ms) => void (await sleep(ms, undefined, { signal })),
    log: () => {},
    progress: () => {},
    signal,
  };
}
