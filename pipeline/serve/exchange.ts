/**
 * One request on its socket: its slot and its time limits, the response at the reader's speed, and what the client gets where
 * the response or its body fails.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CID } from "multiformats/cid";
import { unlessAborted } from "../core/abort.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "../ipfs/node.ts";
import type { SortedFolder } from "./bodies/folders.ts";
import type { Limits } from "./connection/limits.ts";
import { begin, cut, send } from "./connection/sending.ts";
import type { Places, Slot } from "./connection/slots.ts";
import { getOf } from "./get.ts";
import { type Hosts, placeOf } from "./hosts/hosts.ts";
import type { RecentBlocks } from "./recent-blocks.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import { answer, refused } from "./respond.ts";
import { type Answer, type Asking, hostHeaders, type NameRecord, type Resolved, type Source } from "./response.ts";
import { bodyOf } from "./routing/body.ts";
import { isRouting, largestRecord, type Routing, routed } from "./routing/routing.ts";

/** What all requests share. The first fields are those of `Serving`. */
export interface Gateway {
  readonly node: Node;
  readonly resolve: (name: string, world: World) => Promise<Resolved | undefined>;
  readonly record?: (name: string, world: World) => Promise<NameRecord | undefined>;
  readonly hosts: Hosts;
  readonly routing?: Routing;
  readonly campaign: string;
  /** Whether the port is open to this machine only. */
  readonly loopback: boolean;
  readonly limits: Limits;
  readonly places: Places;
  readonly recent: RecentBlocks;
  readonly list: (cid: CID, signal: AbortSignal) => Promise<SortedFolder>;
  /** Aborts each request in progress. One listener calls them all: a signal composed for each costs more than a small file. */
  readonly underway: Set<(reason: unknown) => void>;
  readonly world: World;
}

/** Answers `request`. Never rejects: what fails is the client's to see, and logged where it is this program's fault. */
export async function exchange(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { limits, places, world } = gateway;
  const clock = clockOf(gateway, response);
  let slot: Slot | undefined;
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const isPut = isPutOfRecord(gateway, request);
  // Requests to a read-only gateway have no body: it is not read.
  if (hasBody && !isPut && request.httpVersionMajor < 2) response.setHeader("connection", "close");
  try {
    slot = await places.take(clock.gone, clock.stop);
    const asking = askingOf(request);
    const answering = async (): Promise<Answer> => {
      const { routing, hosts, loopback } = gateway;
      if (!routing || !isRouting(asking.url)) return answer(asking, sourceOf(gateway, clock));
      placeOf(hostHeaders(asking), hosts, loopback);
      const body = isPut ? await bodyOf(request, largestRecord, clock.first) : new Uint8Array();
      return routed(asking, body, routing, { ...world, signal: clock.first });
    };
    const begun = await begin(await unlessAborted(clock.first, answering()), clock.first);
    clock.begun();
    await send(begun, response, clock.gone, { reader: limits.reader, slot });
  } catch (error) {
    if (clock.gone.aborted || world.signal.aborted) return void cut(response);
    // The status has been sent, so only closing the connection can show the client that the body is incomplete.
    if (response.headersSent) {
      world.log(`${request.method} ${request.url?.slice(0, 200)} broke off: ${(error as Error).message}`);
      return void cut(response);
    }
    const refusal = refusalOf(clock.isLate() ? clock.first.reason : error);
    if (refusal.status === 500 && !(error instanceof Refusal))
      world.log(`${request.method} ${request.url?.slice(0, 200)}: ${(error as Error).stack}`);
    const given = refused(refusal);
    const { body: _, ...head } = given;
    const pace = { reader: limits.reader, slot };
    await send(request.method === "HEAD" ? head : given, response, clock.gone, pace).catch(() => cut(response));
  } finally {
    clock.end();
    slot?.leave();
  }
}

interface Clock {
  /** Aborted when the client leaves, or the server ends. */
  readonly gone: AbortSignal;
  /** Aborted then too, and when the first bytes are late. */
  readonly first: AbortSignal;
  /** The one of them that counts now. */
  readonly current: () => AbortSignal;
  readonly stop: (reason: unknown) => void;
  /** The first bytes are there: from now on only the reader's speed and the idle limit count. */
  readonly begun: () => void;
  readonly isLate: () => boolean;
  readonly end: () => void;
}

function clockOf({ limits, underway }: Gateway, response: ServerResponse): Clock {
  const gone = new AbortController();
  const first = new AbortController();
  let current = first.signal;
  let isLate = false;
  const stop = (reason: unknown) => {
    gone.abort(reason);
    first.abort(reason);
  };
  underway.add(stop);
  response.on("close", () => {
    underway.delete(stop);
    if (!response.writableEnded) stop(new Failure("unavailable", "the client left"));
  });
  const timer = setTimeout(() => {
    isLate = true;
    first.abort(new Failure("unavailable", "no node gave the data in time"));
  }, limits.firstBytes);
  const end = () => clearTimeout(timer);
  return {
    gone: gone.signal,
    first: first.signal,
    current: () => current,
    stop,
    begun: () => {
      end();
      current = gone.signal;
    },
    isLate: () => isLate,
    end,
  };
}

function sourceOf(gateway: Gateway, clock: Clock): Source {
  const { node, recent, resolve, record, list, hosts, loopback, campaign, world } = gateway;
  const first: World = { ...world, signal: clock.first };
  const lasting: World = { ...world, signal: clock.gone };
  const now = () => (clock.current() === clock.first ? first : lasting);
  return {
    get: getOf(node, recent, now),
    peek: getOf(node, recent, now, false),
    resolve: (name) => resolve(name, first),
    ...(record && { record: (name: string) => record(name, first) }),
    list: (cid) => list(cid, clock.first),
    ...{ hosts, loopback, campaign },
  };
}

function isPutOfRecord({ routing }: Gateway, { method, url }: IncomingMessage): boolean {
  return method === "PUT" && routing !== undefined && isRouting(url ?? "");
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
