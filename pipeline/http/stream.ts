/**
 * Talking to a server that `fetch` does not do justice to: answers of JSON lines, uploads sent no faster than they are
 * taken, and an error that may come after the answer has begun.
 *
 * Kubo and IPFS Cluster both say in the `X-Stream-Error` trailer that what they answered so far was not the end of it;
 * `fetch` drops trailers, and a stream that failed would look complete. Hence `node:http`. What an answer means is the
 * business of whoever knows the API ({@link Server.refusal}, {@link Server.meaningOf}).
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
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
  /** Address with a slash at its end; see {@link baseOf}. */
  readonly base: string;
  /** The `authorization` header, where there is one. Never printed. */
  readonly authorization?: string;
  /** ms without a byte to or from the server after which it counts as gone. */
  readonly timeoutMs: number;
  /** What to do where nothing answers. */
  readonly hint: string;
  /** What an answer other than 2xx, or a page of HTML, means. `text` is its beginning. */
  refusal(said: string, status: number, text: string): Failure;
  /** What the server's own words at the end of a stream mean. */
  meaningOf(said: string, message: string): Failure;
}

export interface Ask {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's base: `api/v0/block/get`. */
  readonly path: string;
  /** What is asked for, in messages: `block/get`. */
  readonly what: string;
  readonly query?: Arguments;
  /** Sent as the one file of a form, no faster than the server takes it. */
  readonly upload?: AsyncIterable<Uint8Array>;
}

/** Pairs of a query in their order; a list is repeated. */
export type Arguments = Readonly<Record<string, string | boolean | readonly string[]>>;

export interface Wire {
  /** The bytes of an answer, whole. */
  bytes(ask: Ask, world: World): Promise<Buffer>;
  /** The JSON of an answer; `undefined` where it is empty. */
  json(ask: Ask, world: World): Promise<unknown>;
  /** The JSON lines of an answer as they come. */
  lines(ask: Ask, world: World): AsyncGenerator<unknown>;
  /** Give up kept-alive connections. */
  close(): void;
}

/** Connections at once. More do not make a server faster. */
export const connections = 8;

/** Bytes. What is read whole is a CID, a list of names, a block. */
const largestAnswer = 4 * 1024 * 1024;

/** Bytes. Small blocks are sent together: a write for each costs more than the block. */
const sentTogether = 256 * 1024;

const boundary = "----fieldtree-e2b6f5a09c1d4f7b8a3c";

/** @throws Failure `input` for a token that no header can hold. */
export function wire(server: Server): Wire {
  const { name, base, timeoutMs, hint } = server;
  const authorization =
    server.authorization === undefined
      ? undefined
      : headerValue(name, "authorization", server.authorization, "check the token in the environment");
  const secure = base.startsWith("https:");
  const request = secure ? httpsRequest : httpRequest;
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections });

  const quiet = (text: string) => withoutSecrets(text, authorization === undefined ? [] : [authorization]);

  /** The JSON of what `said` answered. */
  const parsed = (said: string, text: string): unknown => {
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch {
      // Without the parser's own error, which quotes what it could not parse.
      throw new Failure("unavailable", `${said} answered something that is not JSON: ${excerpt(quiet(text))}`);
    }
  };

  /** Chunks of the answer's body. Ends well only where the server itself says that it ended well. */
  async function* call({ method, path, what, query = {}, upload }: Ask, world: World): AsyncGenerator<Buffer> {
    world.signal.throwIfAborted();
    const said = `${name}: ${what}`;
    // Why we hung up; the stream itself will only say that the connection is gone.
    let gaveUp: unknown;
    let ourTurn = false;
    let hangUp = () => {};

    const open = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const sending = request(`${base}${path}${queryOf(query)}`, {
          method,
          // An upload can't be sent twice, so it does not try its luck on a connection that may have gone stale.
          agent: upload ? false : agent,
          signal: world.signal,
          headers: {
            ...(authorization === undefined ? {} : { authorization }),
            ...(upload ? { "content-type": `multipart/form-data; boundary=${boundary}` } : {}),
          },
        });
        sending.setTimeout(timeoutMs, () => {
          if (ourTurn) return;
          gaveUp = new Failure("unavailable", `${said}: no sign of life for ${timeoutMs / 1000} s`, { hint });
          hangUp();
        });
        hangUp = () => sending.destroy();
        sending.once("response", resolve);
        sending.on("error", (error: NodeJS.ErrnoException) => {
          const stale = sending.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code ?? "") && !upload;
          if (stale && !gaveUp) open().then(resolve, reject);
          else reject(error);
        });
        if (!upload) sending.end();
        else pipeline(Readable.from(form(upload)), sending).catch((error) => reject(error));
      });

    /** `upload` as the one file of a form. While we wait for it, the server is not the one who is late. */
    async function* form(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="blocks.car"\r\n\r\n`);
      let held: Uint8Array[] = [];
      let length = 0;
      ourTurn = true;
      try {
        for await (const chunk of chunks) {
          held.push(chunk);
          length += chunk.length;
          if (length < sentTogether) continue;
          ourTurn = false;
          yield Buffer.concat(held, length);
          ourTurn = true;
          held = [];
          length = 0;
        }
      } catch (error) {
        gaveUp = error;
        throw error;
      } finally {
        ourTurn = false;
      }
      yield Buffer.concat([...held, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    }

    try {
      const response = await open();
      const page = response.headers["content-type"]?.startsWith("text/html");
      const status = response.statusCode!;
      if (status < 200 || status > 299 || page) {
        const failure = server.refusal(said, status, quiet(await beginningOf(response)));
        throw waiting(failure, waitOf(response.headers["retry-after"]));
      }
      for await (const chunk of response) yield chunk as Buffer;
      const late = response.trailers["x-stream-error"];
      if (late) throw server.meaningOf(said, quiet(String(late)));
    } catch (error) {
      world.signal.throwIfAborted();
      if (gaveUp !== undefined) throw gaveUp;
      throw error instanceof Failure ? error : lost(said, hint, error);
    } finally {
      // A connection that carried an upload isn't used again, and the server may have said no before it was through.
      if (upload) hangUp();
    }
  }

  // Ten thousand requests waiting in the agent cost more than their answers.
  const inTurn = atMost(connections);
  const bytes: Wire["bytes"] = (ask, world) => inTurn(() => wholeBody(ask, world));

  async function wholeBody(ask: Ask, world: World): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of call(ask, world)) {
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
      const said = `${name}: ${ask.what}`;
      let rest = "";
      const utf8 = new TextDecoder();
      for await (const chunk of call(ask, world)) {
        const pieces = (rest + utf8.decode(chunk, { stream: true })).split("\n");
        rest = pieces.pop()!;
        if (rest.length > largestAnswer) throw new Failure("corrupt", `${said} answered a line without end`);
        for (const line of pieces) if (line !== "") yield parsed(said, line);
      }
      if (rest.trim() !== "") yield parsed(said, rest);
    },

    close: () => agent.destroy(),
  };
}

/**
 * An address as a base to put paths behind: without `suffix`, with a slash at its end.
 *
 * `words`: what the address is of, and what campaign.yaml takes there.
 *
 * @throws Failure `input` where it isn't one of http or https, or holds a password.
 */
export function baseOf(address: string, words: { readonly of: string; readonly hint: string }, suffix = ""): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new Failure("input", `${JSON.stringify(address)} is no address of ${words.of}`, { hint: words.hint });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Failure(
      "input",
      `the address of ${words.of} at ${url.host} holds a password, and campaign.yaml holds no secrets`,
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

/** Told when to ask again, whoever asks again keeps to it. */
export function waiting(failure: Failure, wait: number | undefined): Failure {
  if (wait === undefined || failure.kind !== "unavailable") return failure;
  const { kind, message, hint, cause } = failure;
  return new Failure(kind, message, { ...(hint !== undefined && { hint }), wait, cause });
}

/** Nothing came back, or not all of it. */
export function lost(said: string, hint: string, error: unknown): Failure {
  const reason = reasonOf(error);
  const nobody = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(reason);
  const what = nobody ? `nothing answers there (${reason})` : `the connection broke off (${reason}); it may have ended`;
  return new Failure("unavailable", `${said}: ${what}`, { hint, cause: error });
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    if (text.length > 64_000) break;
  }
  return text;
}
