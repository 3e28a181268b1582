/**
 * Client of Kubo's RPC: one POST request for each command.
 *
 * `kubo-rpc-client` sends the commands whose answer is one value. It is loaded at the first of them (0.2 s), gets a deadline
 * from here (it ignores its own `timeout`), and its errors are mapped to failures. `stream.ts` sends the others:
 *
 * - blocks (`dag/import`, `block/put`, `block/get`): the client buffers whole uploads and does not limit answers;
 * - answers of many lines (`pin/add` with progress, `pin/ls` of all pins): Kubo reports an error during an answer in a
 *   trailer, which `fetch` drops, so an incomplete list would appear complete;
 * - commands that the client lacks (`dag/stat`, `swarm/peering/*`, `name/put`), for which it must know every protocol of an
 *   address (`id`, `swarm/connect`), or whose answer it parses wrongly: a record as a peer (`routing/get`).
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */

import type { KuboRPCClient } from "kubo-rpc-client";
import { unlessAborted } from "../core/abort.ts";
import { atMost } from "../core/concurrency.ts";
import { Failure } from "../core/failure.ts";
import { isRecord, jsonIn } from "../core/json.ts";
import type { World } from "../core/world.ts";
import { excerpt, kindOfStatus, waitOf, withoutSecrets } from "./http.ts";
import { type Arguments, baseOf, connections, lost, waiting, wire } from "./stream.ts";

export interface RpcOptions {
  /** Such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Sent as `Authorization: Bearer`; Kubo's `API.Authorizations` lists the tokens it accepts. Never printed. */
  readonly token?: string;
  /** ms without a byte to or from Kubo after which a call fails. */
  readonly timeoutMs: number;
  /** Name in `pins: services:` of campaign.yaml; absent for the campaign's own node. Messages begin with it. */
  readonly service?: string;
}

/** RPC commands. The arguments (`arg`, in order) and options of a command are its query. */
export interface Rpc {
  /** `kubo at http://127.0.0.1:5001`, or `mirror (kubo at http://127.0.0.1:5001)` */
  readonly name: string;
  /**
   * One call of `kubo-rpc-client`. `command`: its name, for messages; `ask` passes `options` to the call.
   *
   * @throws Failure for an error or a missing answer of Kubo.
   */
  call<Answer>(
    command: string,
    ask: (client: KuboRPCClient, options: { readonly signal: AbortSignal }) => Promise<Answer>,
    world: World,
  ): Promise<Answer>;
  /** The whole body of an answer. */
  bytes(command: string, args: Arguments, world: World): Promise<Buffer>;
  /** The JSON of an answer. `upload`: sent as the only file of a form, no faster than Kubo reads it. */
  ask(command: string, args: Arguments, world: World, upload?: AsyncIterable<Uint8Array>): Promise<unknown>;
  /** The JSON lines of an answer as they arrive. `upload`: as for `ask`. */
  lines(command: string, args: Arguments, world: World, upload?: AsyncIterable<Uint8Array>): AsyncGenerator<unknown>;
  /** Closes idle connections. */
  close(): void;
}

/** @throws Failure `input` if `api` is no http or https URL, or contains a password. */
export function rpc({ api, token, timeoutMs, service }: RpcOptions): Rpc {
  const key = service === undefined ? "node:" : `api: of ${service}`;
  const hint = `${key} in campaign.yaml takes an address such as http://127.0.0.1:5001`;
  const base = baseOf(api, { of: "a Kubo RPC", hint }, "/api/v0");
  const address = `kubo at ${base.replace(/\/$/, "")}`;
  const name = service === undefined ? address : `${service} (${address})`;
  const start =
    service === undefined
      ? "start it with `ipfs daemon`, or set node: in campaign.yaml"
      : `is its daemon running at the address that ${key} in campaign.yaml gives?`;
  const refused: Refused = (label, status, text) =>
    refusal(label, status, text, { hasToken: token !== undefined, start, key });
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
        const label = `${name}: ${command}`;
        const late = AbortSignal.timeout(timeoutMs);
        try {
          const signal = AbortSignal.any([world.signal, late]);
          return await unlessAborted(signal, ask(await client(), { signal }));
        } catch (error) {
          world.signal.throwIfAborted();
          if (late.aborted) {
            throw new Failure("unavailable", `${label}: no sign of life for ${timeoutMs / 1000} s`, { hint: start });
          }
          throw failureOf(label, error, refused, { start, token });
        }
      }),
    bytes: (command, args, world) => calls.bytes(asked(command, args), world),
    ask: (command, args, world, upload) => calls.json(asked(command, args, upload), world),
    lines: (command, args, world, upload) => calls.lines(asked(command, args, upload), world),
    close: calls.close,
  };
}

type Refused = (label: string, status: number, text: string) => Failure;

/** Returns a function that loads and creates the client at its first call. */
function clientOf(base: string, token: string | undefined): () => Promise<KuboRPCClient> {
  let created: Promise<KuboRPCClient> | undefined;
  return () => {
    created ??= import("kubo-rpc-client").then(({ create }) =>
      create({
        url: `${base}api/v0`,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      }),
    );
    return created;
  };
}

/** The failure for an error of the client. */
function failureOf(
  label: string,
  error: unknown,
  refused: Refused,
  { start, token }: { readonly start: string; readonly token: string | undefined },
): Failure {
  if (error instanceof Failure) return error;
  const quiet = (text: string) => withoutSecrets(text, token === undefined ? [] : [`Bearer ${token}`]);
  const { name, message, cause, response } = error as Error & { readonly response?: Response };
  if (response) {
    // For Kubo's own JSON errors, the client's message is Kubo's, without the status. For any other body, the status decides.
    const isKubos = response.headers.get("content-type")?.startsWith("application/json");
    const text = isKubos ? JSON.stringify({ Message: quiet(message) }) : quiet(message);
    return waiting(refused(label, response.status, text), waitOf(response.headers.get("retry-after") ?? undefined));
  }
  // The client throws a TimeoutError, without the response, if Kubo's message mentions a deadline.
  if (name === "TimeoutError") return new Failure("unavailable", `${label}: ${quiet(message)}`);
  if (error instanceof SyntaxError) return new Failure("unavailable", `${label} answered something that is not JSON`);
  // Errors of `fetch` have a `cause`. One without it is from the client, for an answer of an unexpected form.
  if (cause === undefined)
    return new Failure("corrupt", `${label} answered something else: ${quiet(message)}`, { cause: error });
  return lost(label, start, error);
}

/** The failure for a status other than 200. Kubo answers 500 to every failed command, with the reason in JSON. */
function refusal(label: string, status: number, text: string, { hasToken, start, key }: Hints): Failure {
  const message = messageIn(text);
  if (message !== undefined) return meaningOf(label, message);
  if (status === 401 || status === 403) {
    return new Failure("refused", `${label} is not allowed (${status}): ${excerpt(text)}`, {
      hint: hasToken
        ? "check the token, and AllowedPaths in API.Authorizations of Kubo's config"
        : "Kubo requires a token: see API.Authorizations in its config",
    });
  }
  const what = `${label} answered ${status}: ${excerpt(text)}`;
  if (kindOfStatus(status) === "unavailable") return new Failure("unavailable", what, { hint: start });
  return new Failure("input", `${what}. That is not Kubo's RPC`, {
    hint: `the RPC usually listens on port 5001, the gateway on 8080: check ${key} in campaign.yaml`,
  });
}

interface Hints {
  readonly hasToken: boolean;
  /** Hint for the user if Kubo is not reachable. */
  readonly start: string;
  /** Key of its URL in campaign.yaml. */
  readonly key: string;
}

/** The failure for an error message of Kubo. */
function meaningOf(label: string, message: string): Failure {
  const what = `${label}: ${excerpt(message)}`;
  if (/mismatch in content integrity/.test(message)) return new Failure("corrupt", what);
  if (/no space left on device|quota exceeded/.test(message)) {
    return new Failure("refused", what, { hint: "free space on the disk of Kubo's repo, and run it again" });
  }
  if (/could not find|not found locally|deadline exceeded|context canceled/.test(message)) {
    return new Failure("unavailable", what);
  }
  return new Failure("refused", what);
}

function messageIn(text: string): string | undefined {
  const answer = jsonIn(text);
  return isRecord(answer) && typeof answer.Message === "string" ? answer.Message : undefined;
}
