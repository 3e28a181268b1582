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
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CID } from "multiformats/cid";
import { unlessAborted } from "../core/abort.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { listening, urlOf } from "../http/listen.ts";
import type { Node } from "../ipfs/node.ts";
import { sortedFolders } from "./bodies/folders.ts";
import { type Limits, usualLimits } from "./connection/limits.ts";
import { createListener, type Tls } from "./connection/listener.ts";
import { begin, cut, send } from "./connection/sending.ts";
import { placesFor, type Slot } from "./connection/slots.ts";
import { getOf } from "./get.ts";
import { type Hosts, isLoopback, noHosts, placeOf } from "./hosts/hosts.ts";
import { recentBlocks } from "./recent-blocks.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import { answer, refused } from "./respond.ts";
import { type Asking, hostHeaders, type NameRecord, type Resolved } from "./response.ts";
import { bodyOf } from "./routing/body.ts";
import { isRouting, largestRecord, type Routing, routed } from "./routing/routing.ts";

export interface Serving {
  /** Used only to read blocks. */
  readonly node: Node;
  /** The current target of `/ipns/<name>`; called for each request, so that a new release is visible at once. */
  readonly resolve: (name: string, world: World) => Promise<Resolved | undefined>;
  /** The record of any IPNS key; absent where records are not given. */
  readonly record?: (name: string, world: World) => Promise<NameRecord | undefined>;
  /** Hosts that stand for roots; absent: none. */
  readonly hosts?: Hosts;
  /** Answer the Delegated Routing API; absent: it is not there. */
  readonly routing?: Routing;
  /** Encrypt connections, and speak HTTP/2; absent: plain HTTP/1.1. */
  readonly tls?: Tls;
  /** The name that `/` redirects to. */
  readonly campaign: string;
  /** Loopback where absent, so that the gateway is reachable from other machines only if the operator chooses so. */
  readonly host?: string;
  /** 0, or absent: any free port. */
  readonly port?: number;
  /** Milliseconds until the first bytes must be there. */
  readonly firstBytesMs?: number;
  /** Milliseconds; see `limits.ts`. */
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
  const places = placesFor(bodiesAtOnce, { wait: limits.place, stall: limits.stall });
  const recent = recentBlocks(atHand);
  const list = sortedFolders((signal) => getOf(serving.node, recent, () => ({ ...world, signal }), false));
  const { server, closeAll } = createListener(
    limits,
    serving.tls,
    (request, response) => void respond(request, response),
  );
  server.maxConnections = connectionsAtOnce;
  const opened = await listening(server, host, port);
  const loopback = isLoopback(opened.address);
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
  return {
    url: urlOf(opened, serving.tls ? "https" : "http"),
    close,
  };

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
      if (!response.writableEnded) stop(new Failure("unavailable", "the client left"));
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      first.abort(new Failure("unavailable", "no node gave the data in time"));
    }, limits.firstBytes);
    const within: World = { ...world, signal: first.signal };
    const lasting: World = { ...world, signal: gone.signal };
    let slot: Slot | undefined;
    const hasBody =
      request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
    const isPut = request.method === "PUT" && serving.routing !== undefined && isRouting(request.url ?? "");
    // Requests to a read-only gateway have no body: it is not read.
    if (hasBody && !isPut && request.httpVersionMajor < 2) response.setHeader("connection", "close");
    try {
      slot = await places.take(gone.signal, stop);
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
      const answering = async () => {
        const { routing } = serving;
        if (!routing || !isRouting(asking.url)) return answer(asking, source);
        placeOf(hostHeaders(asking), hosts, loopback);
        const body = isPut ? await bodyOf(request, largestRecord, within.signal) : new Uint8Array();
        return routed(asking, body, routing, within);
      };
      const begun = await begin(await unlessAborted(within.signal, answering()), within.signal);
      clearTimeout(timer);
      current = lasting;
      await send(begun, response, lasting.signal, { reader: limits.reader, slot });
    } catch (error) {
      if (gone.signal.aborted || world.signal.aborted) return void cut(response);
      // The status has been sent, so only closing the connection can show the client that the body is incomplete.
      if (response.headersSent) {
        world.log(`${request.method} ${request.url?.slice(0, 200)} broke off: ${(error as Error).message}`);
        return void cut(response);
      }
      const refusal = refusalOf(isLate ? first.signal.reason : error);
      if (refusal.status === 500 && !(error instanceof Refusal))
        world.log(`${request.method} ${request.url?.slice(0, 200)}: ${(error as Error).stack}`);
      const given = refused(refusal);
      const { body: _, ...head } = given;
      const pace = { reader: limits.reader, slot };
      await send(request.method === "HEAD" ? head : given, response, lasting.signal, pace).catch(() => cut(response));
    } finally {
      clearTimeout(timer);
      slot?.leave();
    }
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    closeAll();
    await closed;
  }
}

/** Clients of proxies send the whole address: its host is the one that counts (RFC 9112, section 3.2.2). */
function askingOf(request: IncomingMessage): Asking {
  const headers = flat(request);
  const secure = "encrypted" in request.socket;
  const [, host, path] = /^https?:\/\/([^/?#]+)(.*)$/is.exec(request.url ?? "") ?? [];
  const url = path === undefined ? (request.url ?? "") : path.startsWith("/") ? path : `/${path}`;
  // HTTP/2 has the host in a field of its own.
  const own = host ?? headers[":authority"] ?? headers.host;
  return { method: request.method ?? "", url, secure, headers: { ...headers, host: own } };
}

function flat(request: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}
