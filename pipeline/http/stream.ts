/**
 * HTTP client for streams: answers of JSON lines, uploads with backpressure, and errors after the answer has begun.
 *
 * Kubo and IPFS Cluster report an error during a stream in the `X-Stream-Error` trailer. `fetch` drops trailers, and a failed
 * stream would appear complete, so `node:http` is used. The client of each API maps its errors to failures
 * ({@link Server.refusal}, {@link Server.meaningOf}).
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withoutSlash } from "../core/campaign/fields.ts";
import { atMost } from "../core/concurrency.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { excerpt, headerValue, reasonOf, waitOf, withoutSecrets } from "./http.ts";

export interface Server {
  /** For messages: `kubo at http://127.0.0.1:5001`. */
  readonly name: string;
  /** URL with a trailing slash; see {@link baseOf}. */
  readonly base: string;
  /** The `authorization` header. Never printed. */
  readonly authorization?: string;
  /** ms without a byte to or from the server after which a request fails. */
  readonly timeoutMs: number;
  /** Hint for the user if the server is not reachable. */
  readonly hint: string;
  /** The failure for a status other than 2xx, or an HTML page. `text` is the beginning of the body. */
  refusal(label: string, status: number, text: string): Failure;
  /** The failure for an error message in the trailer of a stream. */
  meaningOf(label: string, message: string): Failure;
}

export interface Ask {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's base: `api/v0/block/get`. */
  readonly path: string;
  /** Purpose of the request, for messages: `block/get`. */
  readonly what: string;
  readonly query?: Arguments;
  /** Sent as the only file of a form, no faster than the server reads it. */
  readonly upload?: AsyncIterable<Uint8Array>;
}

/** Parameters of a query, in order; a list becomes a repeated parameter. */
export type Arguments = Readonly<Record<string, string | boolean | readonly string[]>>;

export interface Wire {
  /** The whole body of an answer. */
  bytes(ask: Ask, world: World): Promise<Buffer>;
  /** The JSON of an answer; `undefined` if it is empty. */
  json(ask: Ask, world: World): Promise<unknown>;
  /** The JSON lines of an answer as they arrive. */
  lines(ask: Ask, world: World): AsyncGenerator<unknown>;
  /** Closes idle connections. */
  close(): void;
}

/** Maximum number of parallel connections. More do not make a server faster. */
export const connections = 8;

/** Maximum bytes of an answer that is read whole: a CID, a list of names, or a block. */
const largestAnswer = 4 * 1024 * 1024;

/** Bytes. Small blocks are collected into one write: a write costs more than a small block. */
const minimumWrite = 256 * 1024;

const boundary = "----fieldtree-e2b6f5a09c1d4f7b8a3c";

/** @throws Failure `input` for a token with characters that a header can't contain. */
export function wire(server: Server): Wire {
  const { name } = server;
  const connection = connectionTo(server);
  const { quiet } = connection;

  const parsed = (label: string, text: string): unknown => {
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch {
      // Without the parser's error as cause: it quotes its input, which may contain a secret.
      throw new Failure("unavailable", `${label} answered something that is not JSON: ${excerpt(quiet(text))}`);
    }
  };

  // A queue of ten thousand requests in the agent would cost more than their answers.
  const inTurn = atMost(connections);
  const bytes: Wire["bytes"] = (ask, world) => inTurn(() => wholeBody(ask, world));

  async function wholeBody(ask: Ask, world: World): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of bodyOf(ask, connection, world)) {
      length += chunk.length;
      if (length > largestAnswer)
        throw new Failure("corrupt", `${name}: ${ask.what} answered more than ${largestAnswer} bytes`);
      parts.push(chunk);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
  }

  return {
    bytes,

    async json(ask, world) {
      return parsed(`${name}: ${ask.what}`, (await bytes(ask, world)).toString("utf8"));
    },

    async *lines(ask, world) {
      const label = `${name}: ${ask.what}`;
      let rest = "";
      const utf8 = new TextDecoder();
      for await (const chunk of bodyOf(ask, connection, world)) {
        const pieces = (rest + utf8.decode(chunk, { stream: true })).split("\n");
        rest = pieces.pop()!;
        if (rest.length > largestAnswer) throw new Failure("corrupt", `${label} answered a line without end`);
        for (const line of pieces) if (line !== "") yield parsed(label, line);
      }
      if (rest.trim() !== "") yield parsed(label, rest);
    },

    close: connection.close,
  };
}

/** How requests reach a server, and what of its texts must not be printed. */
interface Connection {
  readonly server: Server;
  /** Without the secret of the `authorization` header. */
  quiet(text: string): string;
  /** Begins a request. An upload can't be sent twice, so it does not use a pooled connection, which the server may have closed. */
  begin(ask: Ask, world: World): ClientRequest;
  close(): void;
}

function connectionTo(server: Server): Connection {
  const { name, base } = server;
  const authorization =
    server.authorization === undefined
      ? undefined
      : headerValue(name, "authorization", server.authorization, "check the token in the environment");
  const secure = base.startsWith("https:");
  const request = secure ? httpsRequest : httpRequest;
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections });
  return {
    server,
    quiet: (text) => withoutSecrets(text, authorization === undefined ? [] : [authorization]),
    begin: ({ method, path, query = {}, upload }, world) =>
      request(`${base}${path}${queryOf(query)}`, {
        method,
        agent: upload ? false : agent,
        signal: world.signal,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(upload ? { "content-type": `multipart/form-data; boundary=${boundary}` } : {}),
        },
      }),
    close: () => agent.destroy(),
  };
}

/** Chunks of the answer's body. Ends without a failure only if the answer is complete and has no error in its trailer. */
async function* bodyOf(ask: Ask, connection: Connection, world: World): AsyncGenerator<Buffer> {
  world.signal.throwIfAborted();
  const { server, quiet } = connection;
  const label = `${server.name}: ${ask.what}`;
  const sent = sending(ask, label, connection, world);
  try {
    const response = await sent.response;
    const page = response.headers["content-type"]?.startsWith("text/html");
    const status = response.statusCode!;
    if (status < 200 || status > 299 || page) {
      const failure = server.refusal(label, status, quiet(await beginningOf(response)));
      throw waiting(failure, waitOf(response.headers["retry-after"]));
    }
    for await (const chunk of response) yield chunk as Buffer;
    const late = response.trailers["x-stream-error"];
    if (late) throw server.meaningOf(label, quiet(String(late)));
  } catch (error) {
    world.signal.throwIfAborted();
    const gaveUp = sent.gaveUp();
    if (gaveUp !== undefined) throw gaveUp;
    throw error instanceof Failure ? error : lost(label, server.hint, error);
  } finally {
    // The connection of an upload is not reused, and the server may have rejected the upload before its end.
    if (ask.upload) sent.hangUp();
  }
}

interface Sent {
  readonly response: Promise<IncomingMessage>;
  /** The reason why this side closed the connection; the error of the stream itself does not contain it. */
  gaveUp(): unknown;
  hangUp(): void;
}

/** Sends a request, once more where a pooled connection had been closed. */
function sending(ask: Ask, label: string, { server, begin }: Connection, world: World): Sent {
  const { timeoutMs, hint } = server;
  const { upload } = ask;
  let gaveUp: unknown;
  let waitingForUpload = false;
  let hangUp = () => {};

  const form = formOf(upload ?? [], {
    waiting: (isWaiting) => {
      waitingForUpload = isWaiting;
    },
    failed: (error) => {
      gaveUp = error;
    },
  });
  const open = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const request = begin(ask, world);
      request.setTimeout(timeoutMs, () => {
        if (waitingForUpload) return;
        gaveUp = new Failure("unavailable", `${label}: no sign of life for ${timeoutMs / 1000} s`, { hint });
        hangUp();
      });
      hangUp = () => request.destroy();
      request.once("response", resolve);
      request.on("error", (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code ?? "") && !upload;
        if (stale && !gaveUp) open().then(resolve, reject);
        else reject(error);
      });
      if (!upload) request.end();
      else pipeline(Readable.from(form), request).catch((error) => reject(error));
    });
  return { response: open(), gaveUp: () => gaveUp, hangUp: () => hangUp() };
}

/**
 * `chunks` as the only file of a form. `on`: while this side waits for a chunk, the server's timeout does not apply; and the
 * error of chunks that could not be read.
 */
async function* formOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  on: { readonly waiting: (isWaiting: boolean) => void; readonly failed: (error: unknown) => void },
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="blocks.car"\r\n\r\n`);
  let buffered: Uint8Array[] = [];
  let length = 0;
  on.waiting(true);
  try {
    for await (const chunk of chunks) {
      buffered.push(chunk);
      length += chunk.length;
      if (length < minimumWrite) continue;
      on.waiting(false);
      yield Buffer.concat(buffered, length);
      on.waiting(true);
      buffered = [];
      length = 0;
    }
  } catch (error) {
    on.failed(error);
    throw error;
  } finally {
    on.waiting(false);
  }
  yield Buffer.concat([...buffered, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/**
 * A URL to which paths can be appended: without `suffix`, with a trailing slash.
 *
 * `words`: for messages, the kind of server, and a hint with the form that campaign.yaml expects.
 *
 * @throws Failure `input` if it is no http or https URL, or contains a password.
 */
export function baseOf(address: string, words: { readonly of: string; readonly hint: string }, suffix = ""): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new Failure("input", `${JSON.stringify(address)} is no address of ${words.of}`, { hint: words.hint });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Failure(
      "input",
      `the address of ${words.of} at ${url.host} contains a password, and campaign.yaml must not contain secrets`,
    );
  }
  const path = withoutSlash(url.pathname);
  return `${url.origin}${path.endsWith(suffix) ? path.slice(0, path.length - suffix.length) : path}/`.replace(
    /\/+$/,
    "/",
  );
}

function queryOf(query: Arguments): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => [value].flat().map((each) => [key, String(each)]));
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

/** `failure` with the server's `Retry-After` (ms) as its `wait`, which retries respect. Other kinds than `unavailable` as is. */
export function waiting(failure: Failure, wait: number | undefined): Failure {
  if (wait === undefined || failure.kind !== "unavailable") return failure;
  const { kind, message, hint, cause } = failure;
  return new Failure(kind, message, { ...(hint !== undefined && { hint }), wait, cause });
}

/** The failure for a connection that could not be opened, or broke off. */
export function lost(label: string, hint: string, error: unknown): Failure {
  const reason = reasonOf(error);
  const unreachable = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(reason);
  const what = unreachable
    ? `nothing answers there (${reason})`
    : `the connection broke off (${reason}); it may have ended`;
  return new Failure("unavailable", `${label}: ${what}`, { hint, cause: error });
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    if (text.length > 64_000) break;
  }
  return text;
}
