/**
 * The S3 gateway's sockets: who is let in, how an error is answered, and what is bounded.
 *
 * ```ts
 * const served = await serveS3({ s3, host: "127.0.0.1", port: 9000 }, world);
 * ```
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { listening, urlOf } from "../http/listen.ts";
import { decoded, targetOf, verifySignature } from "./auth/signature.ts";
import { type ErrorCode, S3Error } from "./error.ts";
import { handle } from "./handle.ts";
import { corsHeaders, preflight } from "./operations/cors.ts";
import type { Request, S3 } from "./request.ts";
import { xmlDocument } from "./xml.ts";

export interface S3Serving {
  readonly s3: S3;
  readonly host: string;
  readonly port: number;
  /** With both: https. PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Names of this server below which buckets are host names: `BUCKET.localhost`. */
  readonly domains?: readonly string[];
}

const connectionsAtOnce = 1024;
/** ms without any byte. */
const idleMs = 120_000;

/** @throws Failure as `listening` does */
export async function serveS3({ s3, host, port, tls, domains = ["localhost"] }: S3Serving, world: World) {
  const listener: RequestListener = (message, response) => void respond({ message, response, s3, domains }, world);
  const options = { maxHeaderSize: 32_768, headersTimeout: 20_000, requestTimeout: 0, keepAliveTimeout: 30_000 };
  const server: Server = tls ? createTlsServer({ ...options, ...tls }, listener) : createServer(options, listener);
  // Asked for by `handle`.
  server.on("checkContinue", listener);
  server.maxConnections = connectionsAtOnce;
  server.timeout = idleMs;
  const opened = await listening(server, host, port);
  return {
    url: urlOf(opened, tls ? "https" : "http"),
    async close() {
      const over = once(server, "close");
      server.close();
      server.closeAllConnections();
      await over;
    },
  };
}

const started = randomBytes(5).toString("hex").toUpperCase();
let requests = 0;

/** 16 characters, of which the first 10 are those of this process. */
const nextRequestId = (): string => started + (requests++ % 0x1000000).toString(16).toUpperCase().padStart(6, "0");

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly s3: S3;
  readonly domains: readonly string[];
}

async function respond({ message, response, s3, domains }: Exchange, world: World): Promise<void> {
  const requestId = nextRequestId();
  response.setHeader("x-amz-request-id", requestId);
  response.setHeader("server", "fieldtree");
  // A client that went away: the operation that reads or writes fails by it, and without listeners the process would end.
  response.on("error", () => undefined);
  message.on("error", () => undefined);
  try {
    const target = targetOf(message.url ?? "/");
    const place = placeOf(message, target.rawPath, domains);
    const isPreflight = message.method === "OPTIONS";
    const cors = (isPreflight ? preflight : corsHeaders)({ s3, message, ...place });
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value);
    if (isPreflight) {
      response.writeHead(200, { "content-length": 0 });
      response.end();
      return;
    }
    const signed = verifySignature(message, target, s3.accounts, world.now());
    const request: Request = {
      ...target,
      ...place,
      s3,
      world,
      message,
      response,
      signed,
    };
    await handle(request);
  } catch (error) {
    refuseWith(error, requestId, { message, response }, world);
  }
}

/** The bucket and the key of a path, or of a host and a path. */
function placeOf(
  { headers }: IncomingMessage,
  rawPath: string,
  domains: readonly string[],
): { bucket: string; key: string; isInHost: boolean } {
  const path = rawPath.replace(/^\//, "");
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  // The longest, where one of the names is below another.
  const [domain] = domains
    .map((each) => each.toLowerCase())
    .filter((each) => host.endsWith(`.${each}`))
    .sort((a, b) => b.length - a.length);
  if (domain !== undefined) return { bucket: host.slice(0, -domain.length - 1), key: decoded(path), isInHost: true };
  const slash = path.indexOf("/");
  return slash < 0
    ? { bucket: decoded(path), key: "", isInHost: false }
    : { bucket: decoded(path.slice(0, slash)), key: decoded(path.slice(slash + 1)), isInHost: false };
}

function refuseWith(
  error: unknown,
  requestId: string,
  { message, response }: Pick<Exchange, "message" | "response">,
  world: World,
): void {
  const known = error instanceof S3Error ? error : failureAsError(error, world);
  if (response.headersSent) {
    // A body that can't be finished must not end like a whole one.
    response.destroy();
    return;
  }
  const body = `${xmlDocument("Error", { Code: known.code, Message: known.message, Resource: message.url ?? "", RequestId: requestId }, false)}`;
  const isBare = message.method === "HEAD" || known.status === 304;
  // What is left of the body is not read: the connection ends with this answer.
  if (!message.complete) response.setHeader("connection", "close");
  for (const [name, value] of Object.entries(known.headers)) response.setHeader(name, value);
  response.writeHead(
    known.status,
    isBare ? {} : { "content-type": "application/xml", "content-length": Buffer.byteLength(body) },
  );
  response.end(isBare ? undefined : body);
  if (!message.complete) message.resume();
}

function failureAsError(error: unknown, world: World): S3Error {
  const code: ErrorCode = isFailure(error, "refused", "unavailable") ? "SlowDown" : "InternalError";
  const text = error instanceof Error ? error.message : String(error);
  world.log(`s3: ${text}`);
  return new S3Error(code, isFailure(error) ? text : undefined, { cause: error });
}
