/**
 * Kubo's RPC: one POST a command.
 *
 * Not through `kubo-rpc-client`, which buffers uploads whole, ignores its timeouts, drops the progress of a pin, and
 * cannot see the trailer in which Kubo says that what it answered so far was not the end of it. What remains for a client
 * to do is `wire.ts` and these few lines, and no command waits 0.2 s for it to load.
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */
import { Failure } from "../core/failure.ts";
import { excerpt, kindOfStatus } from "../core/http.ts";
import type { World } from "../core/world.ts";
import { type Arguments, baseOf, wire } from "./wire.ts";

export interface RpcOptions {
  /** Such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Sent as `Authorization: Bearer`; Kubo's `API.Authorizations` says which it takes. Never printed. */
  readonly token?: string;
  /** ms without a byte to or from Kubo after which it counts as gone. */
  readonly patience: number;
  /** What campaign.yaml calls it where it isn't the campaign's own node but one of `pins: services:`. Messages begin with it. */
  readonly service?: string;
}

/** A command's arguments (`arg`, in their order) and options are its query. */
export interface Rpc {
  /** `kubo at http://127.0.0.1:5001`, or `mirror (kubo at http://127.0.0.1:5001)` */
  readonly name: string;
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
export function rpc({ api, token, patience, service }: RpcOptions): Rpc {
  const key = service === undefined ? "node:" : `api: of ${service}`;
  const hint = `${key} in campaign.yaml takes an address such as http://127.0.0.1:5001`;
  const base = baseOf(api, { of: "a Kubo RPC", hint }, "/api/v0");
  const address = `kubo at ${base.replace(/\/$/, "")}`;
  const name = service === undefined ? address : `${service} (${address})`;
  const start =
    service === undefined
      ? "start it with `ipfs daemon`, or set node: in campaign.yaml"
      : `is its daemon running? ${key} in campaign.yaml says where`;
  const calls = wire({
    name,
    base,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    patience,
    hint: start,
    refusal: (said, status, text) => refusal(said, status, text, { hasToken: token !== undefined, start, key }),
    meaningOf,
  });
  const asked = (command: string, query: Arguments, upload?: AsyncIterable<Uint8Array>) =>
    ({ method: "POST", path: `api/v0/${command}`, what: command, query, ...(upload && { upload }) }) as const;
  return {
    name,
    bytes: (command, args, world) => calls.bytes(asked(command, args), world),
    ask: (command, args, world, upload) => calls.json(asked(command, args, upload), world),
    lines: (command, args, world, upload) => calls.lines(asked(command, args, upload), world),
    close: calls.close,
  };
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
