/**
 * Kubo's RPC: one POST a command, and an error that may come after the answer has begun.
 *
 * Over `node:http` and not through `kubo-rpc-client`, which buffers uploads whole, ignores its timeouts, drops the
 * progress of a pin, and cannot see the `X-Stream-Error` trailer in which Kubo says that what it answered so far was not
 * the end of it. What remains for a client to do is these few lines, and no command waits 0.2 s for it to load.
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure } from "../../core/failure.ts";
import { excerpt, kindOfStatus, reasonOf } from "../../core/http.ts";
import type { World } from "../../core/world.ts";
import { atMost } from "../at-most.ts";

export interface RpcOptions {
  /** Such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Sent as `Authorization: Bearer`; Kubo's `API.Authorizations` says which it takes. Never printed. */
  readonly token?: string;
  /** ms without a byte to or from Kubo after which it counts as gone. */
  readonly patience: number;
}

/** Arguments (`arg`, in their order) and options of a command. */
export type Arguments = Readonly<Record<string, string | boolean | readonly string[]>>;

export interface Rpc {
  /** `kubo at http://127.0.0.1:5001` */
  readonly name: string;
  /** The bytes of an answer, whole. */
  bytes(command: string, args: Arguments, world: World): Promise<Buffer>;
  /** The JSON of an answer. */
  ask(command: string, args: Arguments, world: World): Promise<unknown>;
  /** The JSON lines of an answer as they come. `upload`: sent as the one file of a form, no faster than Kubo takes it. */
  lines(command: string, args: Arguments, world: World, upload?: AsyncIterable<Uint8Array>): AsyncGenerator<unknown>;
  /** Give up kept-alive connections. */
  close(): void;
}

/** Connections at once. More do not make Kubo faster. */
const connections = 8;

/** Bytes. What is read whole is a CID, a list of names, a block. */
const largestAnswer = 4 * 1024 * 1024;

/** Bytes. Small blocks are sent together: a write for each costs more than the block. */
const sentTogether = 256 * 1024;

const boundary = "----fieldtree-e2b6f5a09c1d4f7b8a3c";

/** @throws Failure `input` where `api` isn't one of http or https, or holds a password. */
export function rpc({ api, token, patience }: RpcOptions): Rpc {
  const base = baseOf(api);
  const name = `kubo at ${base.replace(/\/$/, "")}`;
  const secure = base.startsWith("https:");
  const request = secure ? httpsRequest : httpRequest;
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections });

  /** Chunks of the answer's body. Ends well only where Kubo itself says that it ended well. */
  async function* call(
    command: string,
    args: Arguments,
    world: World,
    upload?: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Buffer> {
    world.signal.throwIfAborted();
    const said = `${name}: ${command}`;
    // Why we hung up; the stream itself will only say that the connection is gone.
    let gaveUp: unknown;
    let ourTurn = false;
    let hangUp = () => {};

    const open = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const sending = request(`${base}api/v0/${command}?${queryOf(args)}`, {
          method: "POST",
          // An upload can't be sent twice, so it does not try its luck on a connection that may have gone stale.
          agent: upload ? false : agent,
          signal: world.signal,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(upload ? { "content-type": `multipart/form-data; boundary=${boundary}` } : {}),
          },
        });
        sending.setTimeout(patience, () => {
          if (ourTurn) return;
          gaveUp = new Failure("unavailable", `${said}: no sign of life for ${patience / 1000} s`, { hint: start });
          hangUp();
        });
        hangUp = () => sending.destroy();
        sending.once("response", resolve);
        sending.on("error", (error: NodeJS.ErrnoException) => {
          const stale = sending.reusedSocket && error.code === "ECONNRESET" && !upload;
          if (stale && !gaveUp) open().then(resolve, reject);
          else reject(error);
        });
        if (!upload) sending.end();
        else pipeline(Readable.from(form(upload)), sending).catch((error) => reject(error));
      });

    /** `upload` as the one file of a form. While we wait for it, Kubo is not the one who is late. */
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
      if (response.statusCode !== 200 || page) throw await refusal(said, response, token !== undefined);
      for await (const chunk of response) yield chunk as Buffer;
      const late = response.trailers["x-stream-error"];
      if (late !== undefined) throw meaningOf(said, late);
    } catch (error) {
      world.signal.throwIfAborted();
      if (gaveUp !== undefined) throw gaveUp;
      throw error instanceof Failure ? error : lost(said, error);
    } finally {
      // A connection that carried an upload isn't used again, and Kubo may have said no before it was through.
      if (upload) hangUp();
    }
  }

  // Ten thousand requests waiting in the agent cost more than their answers.
  const inTurn = atMost(connections);
  const bytes: Rpc["bytes"] = (command, args, world) => inTurn(() => wholeBody(command, args, world));

  async function wholeBody(command: string, args: Arguments, world: World): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of call(command, args, world)) {
      length += chunk.length;
      if (length > largestAnswer)
        throw new Failure("corrupt", `${name}: ${command} answered more than ${largestAnswer} bytes`);
      parts.push(chunk);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
  }

  return {
    name,
    bytes,

    async ask(command, args, world) {
      return parsed(`${name}: ${command}`, (await bytes(command, args, world)).toString("utf8"));
    },

    async *lines(command, args, world, upload) {
      let rest = "";
      const utf8 = new TextDecoder();
      for await (const chunk of call(command, args, world, upload)) {
        const pieces = (rest + utf8.decode(chunk, { stream: true })).split("\n");
        rest = pieces.pop()!;
        if (rest.length > largestAnswer)
          throw new Failure("corrupt", `${name}: ${command} answered a line without end`);
        for (const line of pieces) if (line !== "") yield parsed(`${name}: ${command}`, line);
      }
      if (rest.trim() !== "") yield parsed(`${name}: ${command}`, rest);
    },

    close: () => agent.destroy(),
  };
}

const start = "start it with `ipfs daemon`, or set node: in campaign.yaml";

function queryOf(args: Arguments): string {
  const pairs = Object.entries(args).flatMap(([key, value]) => [value].flat().map((each) => [key, String(each)]));
  return new URLSearchParams(pairs).toString();
}

/** Nothing came back, or not all of it. */
function lost(said: string, error: unknown): Failure {
  const reason = reasonOf(error);
  const nobody = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(reason);
  const what = nobody
    ? `nothing answers there (${reason})`
    : `the connection broke off (${reason}); Kubo may have ended`;
  return new Failure("unavailable", `${said}: ${what}`, { hint: start, cause: error });
}

/** What an answer other than 200 means. Kubo answers 500 to everything it can't do, and says in JSON why. */
async function refusal(said: string, response: IncomingMessage, hasToken: boolean): Promise<Failure> {
  const status = response.statusCode!;
  const text = await beginningOf(response);
  const message = messageIn(text);
  if (message !== undefined) return meaningOf(said, message);
  if (status === 401 || status === 403) {
    return new Failure("refused", `${said} is not allowed (${status}): ${excerpt(text)}`, {
      hint: hasToken
        ? "check the token, and AllowedPaths in API.Authorizations of Kubo's config"
        : "Kubo wants a token: see API.Authorizations in its config",
    });
  }
  const what = `${said} answered ${status}: ${excerpt(text)}`;
  if (kindOfStatus(status) === "unavailable") return new Failure("unavailable", what, { hint: start });
  return new Failure("input", `${what}. That is not Kubo's RPC`, {
    hint: "the RPC usually listens on port 5001, the gateway on 8080: check node: in campaign.yaml",
  });
}

/** Kubo's own words, and what can be done about them. */
function meaningOf(said: string, message: string): Failure {
  const what = `${said}: ${excerpt(message)}`;
  if (/mismatch in content integrity/.test(message)) return new Failure("corrupt", what);
  if (/no space left on device|quota exceeded/.test(message)) {
    return new Failure("refused", what, { hint: "free space where Kubo keeps its repo, and run it again" });
  }
  if (/could not find|not found locally|deadline exceeded|context canceled/.test(message)) {
    return new Failure("unavailable", what);
  }
  return new Failure("refused", what);
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    if (text.length > 64_000) break;
  }
  return text;
}

function messageIn(text: string): string | undefined {
  try {
    const message = (JSON.parse(text) as { Message?: unknown } | null)?.Message;
    return typeof message === "string" ? message : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parsed(said: string, text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new Failure("unavailable", `${said} answered something that is not JSON: ${excerpt(text)}`, { cause });
  }
}

/** With a slash at its end. */
function baseOf(api: string): string {
  const url = URL.canParse(api) ? new URL(api) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new Failure("input", `${JSON.stringify(api)} is no address of a Kubo RPC`, {
      hint: "node: in campaign.yaml takes an address such as http://127.0.0.1:5001",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Failure(
      "input",
      `the address of Kubo at ${url.host} holds a password, and campaign.yaml holds no secrets`,
    );
  }
  return url.origin + url.pathname.replace(/(\/api\/v0)?\/*$/, "/");
}
