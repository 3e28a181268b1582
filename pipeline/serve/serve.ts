/**
 * A read-only HTTP gateway over any node.
 *
 * This file knows sockets: who may speak to us, how long, how many at once, and what happens when a body breaks. What
 * is answered is `answer.ts`'s business.
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
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { codecs, type Get, hashes } from "../dag/block.ts";
import type { Node } from "../ipfs/node.ts";
import { type Answer, answer, type Resolved, refused } from "./answer.ts";
import { Refusal, refusalOf } from "./refusal.ts";

export interface Serving {
  /** Only ever asked for blocks. */
  readonly node: Node;
  /** What `/ipns/<name>` is at this moment; asked anew for each request, so that a publish shows at once. */
  readonly resolve: (name: string, world: World) => Promise<Resolved | undefined>;
  /** The name that `/` leads to. */
  readonly campaign: string;
  /** Loopback where absent: to be reached from elsewhere is a decision, not an accident. */
  readonly host?: string;
  /** 0, or absent: any that is free. */
  readonly port?: number;
  /** Milliseconds until the first bytes must be there. */
  readonly patience?: number;
}

export interface Served {
  /** Without trailing slash. */
  readonly url: string;
  /** Let go of the port and of everyone still connected. */
  close(): Promise<void>;
}

/** Bodies sent at once; whoever comes then waits. Each holds some blocks in memory, whatever the reader's speed. */
const bodiesAtOnce = 64;

const connectionsAtOnce = 512;

/** Bytes of directories and roots of files kept at hand: each request for a chunk walks the same path from the root. */
const atHand = 16 * 1024 * 1024;

/** Milliseconds. */
const limits = { headers: 10_000, request: 30_000, idle: 120_000, firstBytes: 60_000, turn: 10_000 };

/**
 * Resolves once it answers.
 *
 * @throws Failure `input` for a host or port that isn't ours to open, `refused` where the port is taken or not allowed.
 */
export async function serve(serving: Serving, world: World): Promise<Served> {
  const { host = "127.0.0.1", port = 0 } = serving;
  const turns = turnsOf(bodiesAtOnce);
  const recent = recentBlocks(atHand);
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: limits.headers, requestTimeout: limits.request, keepAliveTimeout: 5_000 },
    (request, response) => void respond(request, response),
  );
  server.maxConnections = connectionsAtOnce;
  server.timeout = limits.idle;
  await listening();
  const { address, port: opened, family } = server.address() as AddressInfo;
  const loopback = isLoopback(address);
  world.signal.addEventListener("abort", () => void close(), { once: true });
  return { url: `http://${family === "IPv6" ? `[${address}]` : address}:${opened}`, close };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort(new Failure("unavailable", "the client left")));
    const late = AbortSignal.timeout(serving.patience ?? limits.firstBytes);
    const within: World = { ...world, signal: AbortSignal.any([world.signal, gone.signal, late]) };
    const lasting: World = { ...world, signal: AbortSignal.any([world.signal, gone.signal]) };
    let leave: (() => void) | undefined;
    try {
      if (loopback) checkHost(request.headers.host);
      leave = await turns.take(gone.signal);
      // Until the first bytes are there the clock runs; afterwards only the reader's pace and the idle limit count.
      let patient = within;
      const get = getOf(serving.node, recent, () => patient);
      const asking = { method: request.method ?? "", url: request.url ?? "", headers: flat(request) };
      const resolve = (name: string) => serving.resolve(name, within);
      const begun = await begin(await unless(late, answer(asking, { get, resolve, campaign: serving.campaign })), late);
      patient = lasting;
      await send(begun, response, gone.signal);
    } catch (error) {
      if (gone.signal.aborted || world.signal.aborted) return void response.destroy();
      // With the status sent, only a broken connection still tells the client that something is missing.
      if (response.headersSent) {
        world.log(`${request.method} ${request.url?.slice(0, 200)} broke off: ${(error as Error).message}`);
        return void response.destroy();
      }
      const refusal = refusalOf(late.aborted ? new Failure("unavailable", "no node gave the data in time") : error);
      if (refusal.status === 500)
        world.log(`${request.method} ${request.url?.slice(0, 200)}: ${(error as Error).stack}`);
      await send(refused(refusal), response, gone.signal, request.method === "HEAD").catch(() => response.destroy());
    } finally {
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

/**
 * A page elsewhere can point its own name at 127.0.0.1 and then read from us as from itself; its name still stands in
 * the Host header.
 */
function checkHost(header: string | undefined): void {
  const host = (header ?? "")
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  if (isLoopback(host) || host === "localhost" || host.endsWith(".localhost")) return;
  throw new Refusal(403, "this gateway is for this machine only: ask for it as 127.0.0.1 or localhost");
}

function isLoopback(address: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1" || /^::ffff:127\./.test(address);
}

function getOf(node: Node, recent: ReturnType<typeof recentBlocks>, world: () => World): Get {
  return async (cid) => {
    // Bytes within the name, as gateways are probed with: https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
    if (cid.multihash.code === hashes.identity) return cid.multihash.digest;
    const known = recent.get(cid);
    if (known) return known;
    const bytes = await node.get(cid, world());
    if (!bytes) throw new Refusal(404, `${cid} is not held here`);
    if (cid.code === codecs.dagPb) recent.keep(cid, bytes);
    return bytes;
  };
}

/** The blocks used last, up to `most` bytes. */
function recentBlocks(most: number) {
  const blocks = new Map<string, Uint8Array>();
  let held = 0;
  const keep = (cid: CID, bytes: Uint8Array) => {
    const key = cid.toString();
    held += bytes.length - (blocks.get(key)?.length ?? 0);
    // What was used last stands last.
    blocks.delete(key);
    blocks.set(key, bytes);
    for (const [oldest, { length }] of blocks) {
      if (held <= most) break;
      blocks.delete(oldest);
      held -= length;
    }
  };
  return {
    get(cid: CID): Uint8Array | undefined {
      const bytes = blocks.get(cid.toString());
      if (bytes) keep(cid, bytes);
      return bytes;
    },
    keep,
  };
}

/** The answer, its first bytes at hand: what goes wrong before them still gets a status of its own. */
async function begin(given: Answer, late: AbortSignal): Promise<Answer> {
  if (!given.body) return given;
  const rest = given.body[Symbol.asyncIterator]();
  const first = await unless(late, rest.next());
  const body = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (let next = first; !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  };
  return { ...given, body: body() };
}

/** `work`, or the signal's reason once it is aborted, even where the work doesn't heed it. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => undefined);
  }
}

async function send(given: Answer, response: ServerResponse, gone: AbortSignal, headOnly = false): Promise<void> {
  // A body shorter than it was said to be is an error, not an answer.
  response.strictContentLength = given.body !== undefined && !headOnly;
  response.writeHead(given.status, given.headers);
  if (given.body && !headOnly) {
    for await (const chunk of given.body) {
      if (!response.write(chunk)) await once(response, "drain", { signal: gone });
    }
  }
  response.end();
}

function flat(request: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}

function turnsOf(places: number) {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = () => {
    // Handed on, not given back and taken again: nobody who comes later can slip in between.
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    /** Resolves to what gives the place back. @throws Refusal 503 after a while. */
    async take(gone: AbortSignal): Promise<() => void> {
      if (free > 0) {
        free--;
        return leave;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      try {
        await unless(AbortSignal.any([gone, AbortSignal.timeout(limits.turn)]), promise);
        return leave;
      } catch {
        const at = waiting.indexOf(resolve);
        // Not in the line any more: the place came in the same moment, and goes on to the next.
        if (at < 0) leave();
        else waiting.splice(at, 1);
        throw new Refusal(503, `${places} others are being served: try again in a moment`, { "retry-after": "5" });
      }
    },
  };
}
