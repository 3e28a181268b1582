/**
 * A read-only HTTP gateway over any node.
 *
 * This file handles sockets: which requests are accepted, timeouts, how many run at once, and what happens when a body fails.
 * `respond.ts` computes the responses.
 *
 * ```ts
 * const served = await serve({ node, resolve, campaign: "eurec4a" }, world);
 * served.url; // http://127.0.0.1:8484
 * ```
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CID } from "multiformats/cid";
import { eachUnlessAborted, unlessAborted } from "../core/abort.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { codecs, type Get, isInline } from "../dag/block.ts";
import { largestBlock } from "../dag/car.ts";
import type { Node } from "../ipfs/node.ts";
import { sortedFolders } from "./bodies/folders.ts";
import { type Hosts, isLoopback, noHosts } from "./hosts/hosts.ts";
import { type RecentBlocks, recentBlocks } from "./recent-blocks.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import { answer, refused } from "./respond.ts";
import type { Answer, Asking, NameRecord, Resolved } from "./response.ts";
import { placesFor } from "./slots.ts";

export interface Serving {
  /** Used only to read blocks. */
  readonly node: Node;
  /** The current target of `/ipns/<name>`; called for each request, so that a new release is visible at once. */
  readonly resolve: (name: string, world: World) => Promise<Resolved | undefined>;
  /** The record of any IPNS key; absent where records are not given. */
  readonly record?: (name: string, world: World) => Promise<NameRecord | undefined>;
  /** Hosts that stand for roots; absent: none. */
  readonly hosts?: Hosts;
  /** The name that `/` redirects to. */
  readonly campaign: string;
  /** Loopback where absent, so that the gateway is reachable from other machines only if the operator chooses so. */
  readonly host?: string;
  /** 0, or absent: any free port. */
  readonly port?: number;
  /** Milliseconds until the first bytes must be there. */
  readonly firstBytesMs?: number;
  /** Milliseconds; see {@link usualLimits}. */
  readonly limits?: Partial<Limits>;
}

export interface Served {
  /** Without trailing slash. */
  readonly url: string;
  /** Close the port and all connections. */
  close(): Promise<void>;
}

/** Most bodies sent at once; further requests wait. */
const bodiesAtOnce = 64;

const connectionsAtOnce = 512;

/** Most bytes of memory for directories and roots of files. */
const atHand = 128 * 1024 * 1024;

/** Bytes that a reader must accept within `limits.reader`. */
const piece = 65_536;

/** Bytes written at once, for which a reader has as many times as long: each write costs a turn of the event loop. */
const largestWrite = 4 * piece;

/** Milliseconds. */
const usualLimits = {
  /** From a connection, or the first byte of a further request on it, to the end of the headers. */
  headers: 10_000,
  /** To the end of the request, which for a reader has no body. */
  request: 30_000,
  /** Until a connection without any data is closed. */
  idle: 120_000,
  /** Between requests on one connection. */
  keepAlive: 5_000,
  firstBytes: 60_000,
  /** For a slot among {@link bodiesAtOnce}. */
  place: 10_000,
  /** In which a reader must accept a {@link piece} of a body. */
  reader: 60_000,
};

type Limits = Record<keyof typeof usualLimits, number>;

/**
 * Resolves when the server accepts requests.
 *
 * @throws Failure `input` for a host or port that can't be opened, `refused` where the port is in use or not permitted.
 */
export async function serve(serving: Serving, world: World): Promise<Served> {
  const { host = "127.0.0.1", port = 0 } = serving;
  const limits: Limits = {
    ...usualLimits,
    ...(serving.firstBytesMs !== undefined && { firstBytes: serving.firstBytesMs }),
    ...serving.limits,
  };
  const places = placesFor(bodiesAtOnce, limits.place);
  const recent = recentBlocks(atHand);
  const list = sortedFolders((signal) => getOf(serving.node, recent, () => ({ ...world, signal }), false));
  const options = {
    maxHeaderSize: 16_384,
    headersTimeout: limits.headers,
    requestTimeout: Math.max(limits.headers, limits.request),
    keepAliveTimeout: limits.keepAlive,
    // The interval at which Node checks both timeouts; its default is half a minute.
    connectionsCheckingInterval: Math.min(1000, limits.headers / 4),
  };
  const server = createServer(options, (request, response) => void respond(request, response));
  server.maxConnections = connectionsAtOnce;
  server.timeout = limits.idle;
  await listening();
  const { address, port: opened, family } = server.address() as AddressInfo;
  const loopback = isLoopback(address);
  /** Requests in progress. One listener aborts them all: a signal composed for each request costs more than a small file. */
  const underway = new Set<(reason: unknown) => void>();
  world.signal.addEventListener(
    "abort",
    () => {
      for (const stop of underway) stop(world.signal.reason);
      void close();
    },
    { once: true },
  );
  return { url: `http://${family === "IPv6" ? `[${address}]` : address}:${opened}`, close };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    /** Aborted when the client leaves, or the server ends. */
    const gone = new AbortController();
    /** Aborted then too, and when the first bytes are late. */
    const first = new AbortController();
    const stop = (reason: unknown) => {
      gone.abort(reason);
      first.abort(reason);
    };
    underway.add(stop);
    response.on("close", () => {
      underway.delete(stop);
      if (!response.writableFinished) stop(new Failure("unavailable", "the client left"));
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      first.abort(new Failure("unavailable", "no node gave the data in time"));
    }, limits.firstBytes);
    const within: World = { ...world, signal: first.signal };
    const lasting: World = { ...world, signal: gone.signal };
    let leave: (() => void) | undefined;
    // Requests to a read-only gateway have no body: it is not read.
    if (request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0)
      response.setHeader("connection", "close");
    try {
      leave = await places.take(gone.signal);
      // The timeout ends with the first bytes; afterwards only the reader's speed and the idle limit count.
      let current = within;
      const get = getOf(serving.node, recent, () => current);
      const peek = getOf(serving.node, recent, () => current, false);
      const asking = askingOf(request);
      const resolve = (name: string) => serving.resolve(name, within);
      const { record, hosts = noHosts, campaign } = serving;
      const source = {
        get,
        peek,
        resolve,
        ...(record && { record: (name: string) => record(name, within) }),
        list: (cid: CID) => list(cid, within.signal),
        hosts,
        loopback,
        campaign,
      };
      const begun = await begin(await unlessAborted(within.signal, answer(asking, source)), within.signal);
      clearTimeout(timer);
      current = lasting;
      await send(begun, response, lasting.signal, limits.reader);
    } catch (error) {
      if (gone.signal.aborted || world.signal.aborted) return void response.destroy();
      // The status has been sent, so only closing the connection can show the client that the body is incomplete.
      if (response.headersSent) {
        world.log(`${request.method} ${request.url?.slice(0, 200)} broke off: ${(error as Error).message}`);
        return void response.destroy();
      }
      const refusal = refusalOf(isLate ? first.signal.reason : error);
      if (refusal.status === 500 && !(error instanceof Refusal))
        world.log(`${request.method} ${request.url?.slice(0, 200)}: ${(error as Error).stack}`);
      const given = refused(refusal);
      const { body: _, ...head } = given;
      await send(request.method === "HEAD" ? head : given, response, lasting.signal, limits.reader).catch(() =>
        response.destroy(),
      );
    } finally {
      clearTimeout(timer);
      leave?.();
    }
  }

  async function listening(): Promise<void> {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Failure("input", `${port} is no port`);
    server.listen({ host, port, exclusive: true });
    try {
      await once(server, "listening");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE") {
        throw new Failure("refused", `port ${port} on ${host} is taken`, { hint: "choose another with --port" });
      }
      if (code === "EACCES") throw new Failure("refused", `port ${port} needs rights we don't have: ${message}`);
      throw new Failure("input", `can't serve on ${host}: ${message}`, { cause: error });
    }
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

/** @param cached whether directories are cached: those of a long list would evict all others. */
function getOf(node: Node, recent: RecentBlocks, world: () => World, cached = true): Get {
  return async (cid) => {
    const within = world();
    within.signal.throwIfAborted();
    // Inline CIDs, with which gateways are probed: https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
    if (isInline(cid)) return cid.multihash.digest;
    const known = recent.get(cid);
    if (known) return known;
    const bytes = await node.get(cid, within);
    if (!bytes) throw new Refusal(404, `${cid} is not on this node`);
    if (cid.code !== codecs.dagPb) return bytes;
    if (bytes.length > largestBlock) {
      throw new Refusal(
        502,
        `${cid} has ${bytes.length} bytes; directories and files of blocks above ${largestBlock} are not read`,
      );
    }
    if (cached) recent.add(cid, bytes);
    return bytes;
  };
}

/** The response with its first bytes loaded: a failure before them can still change the status. */
async function begin(given: Answer, signal: AbortSignal): Promise<Answer> {
  if (!given.body) return given;
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

/** Sends it at the reader's speed. Rejects where that is slower than a {@link piece} in `reader` ms, or at an abort. */
async function send(given: Answer, response: ServerResponse, signal: AbortSignal, reader: number): Promise<void> {
  // A body shorter than its Content-Length must be an error.
  response.strictContentLength = given.body !== undefined;
  response.writeHead(given.status, given.headers);
  for await (const chunk of eachUnlessAborted(signal, given.body ?? nothing())) {
    for (let at = 0; at < chunk.length; at += largestWrite) {
      const part = chunk.subarray(at, at + largestWrite);
      if (!response.write(part)) await drained(response, signal, reader, part.length);
    }
  }
  response.end();
}

/** Resolves when the reader has taken the `length` bytes written. Rejects where that takes too long, or at an abort. */
function drained(response: ServerResponse, signal: AbortSignal, reader: number, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      clearTimeout(timer);
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

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Clients of proxies send the whole address: its host is the one that counts (RFC 9112, section 3.2.2). */
function askingOf(request: IncomingMessage): Asking {
  const headers = flat(request);
  const secure = "encrypted" in request.socket;
  const [, host, path] = /^https?:\/\/([^/?#]+)(.*)$/is.exec(request.url ?? "") ?? [];
  const url = path === undefined ? (request.url ?? "") : path.startsWith("/") ? path : `/${path}`;
  return { method: request.method ?? "", url, secure, headers: host === undefined ? headers : { ...headers, host } };
}

function flat(request: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}
