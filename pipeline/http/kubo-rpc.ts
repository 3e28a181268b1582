/**
 * Kubo's RPC: one POST a command.
 *
 * `kubo-rpc-client` makes the calls whose answer is one value. It is loaded at the first of them (0.2 s), gets a deadline
 * of ours (it ignores its own `timeout`), and its errors become failures here. What it can't do goes through `wire.ts`:
 *
 * - bulk both ways (`dag/import`, `block/put`, `block/get`): the client buffers uploads whole and reads answers of any length;
 * - answers of many lines (`pin/add` with progress, `pin/ls` of all pins): Kubo reports a failure after it began to answer in
 *   a trailer, which `fetch` drops, so a list that broke off would look complete;
 * - commands it lacks: `dag/stat`, `swarm/peering/*`, `name/put`; and those where it must know every protocol of an address
 *   (`id`, `swarm/connect`) or takes a record for a peer (`routing/get`).
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */
import type { KuboRPCClient } from "kubo-rpc-client";
import { unlessAborted } from "../core/abort.ts";
import { atMost } from "../core/concurrency.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { excerpt, kindOfStatus, waitOf, withoutSecrets } from "./http.ts";
import { type Arguments, baseOf, connections, lost, waiting, wire } from "./stream.ts";

export interface RpcOptions {
  /** Such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Sent as `Authorization: Bearer`; Kubo's `API.Authorizations` says which it takes. Never printed. */
  readonly token?: string;
  /** ms without a byte to or from Kubo after which it counts as gone. */
  readonly timeoutMs: number;
  /** What campaign.yaml calls it where it isn't the campaign's own node but one of `pins: services:`. Messages begin with it. */
  readonly service?: string;
}

/** A command's arguments (`arg`, in their order) and options are its query. */
export interface Rpc {
  /** `kubo at http://127.0.0.1:5001`, or `mirror (kubo at http://127.0.0.1:5001)` */
  readonly name: string;
  /**
   * One call of the client. `command`: its name, for messages; `options` go into the call.
   *
   * @throws Failure as Kubo's answer or silence means.
   */
  call<Answer>(
    command: string,
    ask: (client: KuboRPCClient, options: { readonly signal: AbortSignal }) => Promise<Answer>,
    world: World,
  ): Promise<Answer>;
  /** The bytes of an answer, whole. */
  bytes(command: string, args: Arguments, world: World): Promise<Buffer>;
  /** The JSON of an answer. `upload`: sent as the one file of a form, no faster than Kubo takes it. */
  ask(command: string, args: Arguments, world: World, upload?: AsyncIterable<Uint8Array>): Promise<unknown>;
  /** The JSON lines of an answer as they come. `upload`: as for `ask`. */
  lines(command: string, args: Arguments, world: World, upload?: AsyncIterable<Uint8Array>): AsyncGenerator<unknown>;
  /** Give up kept-alive connections. */
  close(): void;
}

/** @throws Failure `input` where `api` isn't one of http or https, or holds a password. */
export function rpc({ api, token, timeoutMs, service }: RpcOptions): Rpc {
  const key = service === undefined ? "node:" : `api: of ${service}`;
  const hint = `${key} in campaign.yaml takes an address such as http://127.0.0.1:5001`;
  const base = baseOf(api, { of: "a Kubo RPC", hint }, "/api/v0");
  const address = `kubo at ${base.replace(/\/$/, "")}`;
  const name = service === undefined ? address : `${service} (${address})`;
  const start =
    service === undefined
      ? "start it with `ipfs daemon`, or set node: in campaign.yaml"
      : `is its daemon running? ${key} in campaign.yaml says where`;
  const refused: Refused = (said, status, text) =>
    refusal(said, status, text, { hasToken: token !== undefined, start, key });
  const calls = wire({
    name,
    base,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    timeoutMs,
    hint: start,
    refusal: refused,
    meaningOf,
  });
  const asked = (command: string, query: Arguments, upload?: AsyncIterable<Uint8Array>) =>
    ({ method: "POST", path: `api/v0/${command}`, what: command, query, ...(upload && { upload }) }) as const;
  const client = clientOf(base, token);
  const inTurn = atMost(connections);
  return {
    name,
    call: (command, ask, world) =>
      inTurn(async () => {
        world.signal.throwIfAborted();
        const said = `${name}: ${command}`;
        const late = AbortSignal.timeout(timeoutMs);
        try {
          const signal = AbortSignal.any([world.signal, late]);
          return await unlessAborted(signal, ask(await client(), { signal }));
        } catch (error) {
          world.signal.throwIfAborted();
          if (late.aborted) {
            throw new Failure("unavailable", `${said}: no sign of life for ${timeoutMs / 1000} s`, { hint: start });
          }
          throw failureOf(said, error, refused, { start, token });
        }
      }),
    bytes: (command, args, world) => calls.bytes(asked(command, args), world),
    ask: (command, args, world, upload) => calls.json(asked(command, args, upload), world),
    lines: (command, args, world, upload) => calls.lines(asked(command, args, upload), world),
    close: calls.close,
  };
}

type Refused = (said: string, status: number, text: string) => Failure;

/** The client for that address, loaded and made by the first call. */
function clientOf(base: string, token: string | undefined): () => Promise<KuboRPCClient> {
  let made: Promise<KuboRPCClient> | undefined;
  return () => {
    made ??= import("kubo-rpc-client").then(({ create }) =>
      create({
        url: `${base}api/v0`,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      }),
    );
    return made;
  };
}

/** What an error of the client means. */
function failureOf(
  said: string,
  error: unknown,
  refused: Refused,
  { start, token }: { readonly start: string; readonly token: string | undefined },
): Failure {
  if (error instanceof Failure) return error;
  const quiet = (text: string) => withoutSecrets(text, token === undefined ? [] : [`Bearer ${token}`]);
  const { name, message, cause, response } = error as Error & { readonly response?: Response };
  if (response) {
    // Kubo's own words are the message, without the status; what is not Kubo's JSON is judged by the status.
    const isKubos = response.headers.get("content-type")?.startsWith("application/json");
    const text = isKubos ? JSON.stringify({ Message: quiet(message) }) : quiet(message);
    return waiting(refused(said, response.status, text), waitOf(response.headers.get("retry-after") ?? undefined));
  }
  // It drops the answer where Kubo's words tell of a deadline.
  if (name === "TimeoutError") return new Failure("unavailable", `${said}: ${quiet(message)}`);
  if (error instanceof SyntaxError) return new Failure("unavailable", `${said} answered something that is not JSON`);
  // `fetch` says why it failed in `cause`; what has none failed in the client, over an answer of another shape than it knows.
  if (cause === undefined)
    return new Failure("corrupt", `${said} answered something else: ${quiet(message)}`, { cause: error });
  return lost(said, start, error);
}

/** What an answer other than 200 means. Kubo answers 500 to everything it can't do, and says in JSON why. */
function refusal(said: string, status: number, text: string, { hasToken, start, key }: Hints): Failure {
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
    hint: `the RPC usually listens on port 5001, the gateway on 8080: check ${key} in campaign.yaml`,
  });
}

interface Hints {
  readonly hasToken: boolean;
  /** What to do where nothing answers. */
  readonly start: string;
  /** What names it in campaign.yaml. */
  readonly key: string;
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

function messageIn(text: string): string | undefined {
  try {
    const message = (JSON.parse(text) as { Message?: unknown } | null)?.Message;
    return typeof message === "string" ? message : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
