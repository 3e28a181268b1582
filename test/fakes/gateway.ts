/**
 * A trustless gateway on a loopback port that holds what it is given, and misbehaves when told to.
 *
 * It keeps the node contract as a real one does (`test/ipfs/gateway.test.ts` runs both), so what a fault teaches about it
 * holds for real ones.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CID } from "multiformats/cid";
import type { Block } from "../../pipeline/dag/block.ts";
import { onLoopback } from "./loopback.ts";

export type Fault =
  /** Accepts the connection and says nothing, not even to the probe. */
  | "silent"
  /** Answers the probe, and no block. */
  | "never finds"
  | "other bytes"
  | "web page"
  /** A byte every 20 ms. */
  | "drip"
  /** Half a block, then the connection is cut. */
  | "truncated"
  /** A gigabyte, said so beforehand. */
  | "huge"
  /** Bytes without an end, and without a length. */
  | "endless"
  | "reset"
  /** 302 to `redirectTo`. */
  | "redirect"
  /** 429 with `Retry-After: 1`. */
  | "busy"
  | "server error"
  /** 403, as gateways answer what they deny. */
  | "denied";

export interface FakeGateway {
  readonly url: string;
  /** It gets more blocks. */
  hold(blocks: readonly Block[]): void;
  /** What happens to the next `times` requests for blocks, or from now on. */
  fail(fault: Fault, times?: number): void;
  redirectTo: string;
  /** The body of the answer to a request for a CAR; where it throws, the connection is cut. Absent: raw blocks are all it has. */
  car: ((root: CID) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>) | undefined;
  /** The roots of the CARs that were asked for. */
  readonly cars: string[];
  /** ms before it answers anything. */
  delay: number;
  /** Path and query of every request for a block. Whether a probe comes too is up to how busy the machine is. */
  readonly requests: string[];
  /** Bytes of bodies sent, counted as they are taken from us. */
  sent: number;
  /** Requests for blocks being answered now, and the most there ever were. */
  open: number;
  mostOpen: number;
}

/** Ended when the test is over. */
export async function startFakeGateway(blocks: readonly Block[] = []): Promise<FakeGateway> {
  const held = new Map<string, Uint8Array>();
  let fault: Fault | undefined;
  let faultsLeft = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, "http://gateway");
    const cid = CID.parse(url.pathname.split("/")[2]!);
    if (url.searchParams.get("format") === "car") return answerCar(cid, response);
    const isProbe = cid.multihash.code === 0;
    if (!isProbe) noted(request, response);
    if (gateway.delay > 0) await new Promise((resolve) => setTimeout(resolve, gateway.delay));
    const now = faultsLeft > 0 && (!isProbe || fault === "silent") ? fault : undefined;
    if (now) faultsLeft--;
    const bytes = isProbe ? new Uint8Array(0) : held.get(cid.toV1().toString());
    if (url.searchParams.get("format") !== "raw") return void response.writeHead(400).end("only raw blocks here");
    if (now && now !== "never finds") return misbehave(now, bytes ?? new Uint8Array(0), response);
    if (now) return;
    if (!bytes) return void response.writeHead(404).end("not here");
    response.writeHead(200, { "content-type": "application/vnd.ipld.raw", "content-length": bytes.length });
    response.end(bytes);
    gateway.sent += bytes.length;
  };

  const answerCar = async (root: CID, response: ServerResponse): Promise<void> => {
    gateway.cars.push(`${root}`);
    if (!gateway.car) return void response.writeHead(400).end("only raw blocks here");
    const counted = async function* (chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        gateway.sent += chunk.length;
        yield chunk;
      }
    };
    response.writeHead(200, { "content-type": "application/vnd.ipld.car; version=1; order=dfs; dups=n" });
    // A client that goes away, and a `car` that throws, are what tests want to see the other end of.
    await pipeline(Readable.from(counted(gateway.car(root))), response).catch(() => {});
  };

  const noted = (request: IncomingMessage, response: ServerResponse): void => {
    gateway.requests.push(request.url!);
    gateway.open++;
    gateway.mostOpen = Math.max(gateway.mostOpen, gateway.open);
    response.once("close", () => gateway.open--);
  };

  const misbehave = async (how: Fault, bytes: Uint8Array, response: ServerResponse): Promise<void> => {
    const raw = { "content-type": "application/vnd.ipld.raw" };
    switch (how) {
      case "other bytes":
        return void response.writeHead(200, raw).end("not what was asked for");
      case "web page":
        return void response
          .writeHead(200, { "content-type": "text/html" })
          .end("<html><title>Just a moment...</title></html>");
      case "drip":
        response.writeHead(200, raw);
        for (const byte of bytes) {
          if (response.destroyed) return;
          response.write(Uint8Array.of(byte));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return void response.end();
      case "truncated":
        response.writeHead(200, { ...raw, "content-length": bytes.length });
        response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
        return;
      case "huge":
        response.writeHead(200, { ...raw, "content-length": 1e9 });
        return pour(response);
      case "endless":
        response.writeHead(200, raw);
        return pour(response);
      case "reset":
        return void response.socket?.resetAndDestroy();
      case "redirect":
        return void response.writeHead(302, { location: gateway.redirectTo }).end();
      case "busy":
        return void response.writeHead(429, { "retry-after": "1" }).end("slow down");
      case "server error":
        return void response.writeHead(502).end("<html><title>Bad Gateway</title></html>");
      case "denied":
        return void response.writeHead(403).end("blocked");
    }
  };

  const pour = async (response: ServerResponse): Promise<void> => {
    const chunk = new Uint8Array(65_536);
    const chunks = function* () {
      for (; gateway.sent < 1e9; gateway.sent += chunk.length) yield chunk;
    };
    // Whoever asked will hang up long before the end.
    await pipeline(Readable.from(chunks()), response).catch(() => {});
  };

  const server = createServer((request, response) => {
    response.on("error", () => {});
    void answer(request, response);
  });
  const url = await onLoopback(server);

  const gateway: FakeGateway = {
    url,
    hold(more) {
      for (const { cid, bytes } of more) held.set(cid.toV1().toString(), bytes);
    },
    fail(next, times = Number.POSITIVE_INFINITY) {
      fault = next;
      faultsLeft = times;
    },
    redirectTo: "",
    car: undefined,
    cars: [],
    delay: 0,
    requests: [],
    sent: 0,
    open: 0,
    mostOpen: 0,
  };
  gateway.hold(blocks);
  return gateway;
}
