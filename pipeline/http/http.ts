/**
 * Requests to JSON APIs, and the failures for their errors.
 *
 * Maps HTTP status codes to failure kinds and quotes answers in messages, so that the client of a service contains only the
 * service's API.
 */

import { fetchUnlessAborted } from "../core/abort.ts";
import { Failure, type Kind } from "../core/failure.ts";
import { joined } from "../core/joined.ts";
import { oneLine } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";

/** Failure kind for a status other than 2xx: 429 and 5xx may be temporary, any other is a rejection. */
export function kindOfStatus(status: number): Kind {
  return status === 429 || status >= 500 ? "unavailable" : "refused";
}

export interface Api {
  /** Name of the service, for messages: `pinata`, `psa at https://example.org/psa`. */
  readonly name: string;
  /** Headers of every request. Never printed, not even if an answer repeats them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hint for a rejected token: `check SHOP_TOKEN`. */
  readonly hint: string;
  /** The message in the JSON of an error. If it returns `undefined`, the beginning of the JSON is quoted. */
  readonly words?: (error: unknown) => string | undefined;
  /** ms for one request, until the last byte of the answer. */
  readonly timeoutMs?: number;
}

export interface ApiCall {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  /** Purpose of the request, for messages: `listing pins`. */
  readonly what: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Statuses other than 2xx that are returned and not thrown as failures, such as 404. */
  readonly also?: readonly number[];
  /** The body is not JSON and is ignored: `OK`. */
  readonly bare?: boolean;
}

export interface ApiResponse {
  readonly status: number;
  /** `undefined` if the answer has no body. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** Bytes. Usual answers have less than a hundredth of it. */
const largestAnswer = 16 * 1024 * 1024;

/**
 * Sends a request to a service that answers in JSON.
 *
 * Redirects are refused: they would send the token to another server.
 *
 * @throws Failure `refused` with `api.hint` for 401 and 403, `unavailable` for 429 (with its `Retry-After` as
 * {@link Failure.wait}), 5xx, a timeout, or an HTML page; `refused` for any other status; `corrupt` for an answer that is
 * far too long. Each quotes the beginning of the answer. `input` for a token with characters that a header can't contain.
 */
export async function askApi(api: Api, call: ApiCall, world: World): Promise<ApiResponse> {
  const label = `${api.name}: ${call.what}`;
  const headers = Object.entries(api.headers).map(([header, value]) => [
    header,
    headerValue(api.name, header, value, api.hint),
  ]);
  const timeoutMs = api.timeoutMs ?? 30_000;
  const late = AbortSignal.timeout(timeoutMs);
  const request = new Request(call.url, {
    method: call.method ?? "GET",
    headers: {
      accept: "application/json",
      ...(call.body !== undefined && { "content-type": "application/json" }),
      ...Object.fromEntries(headers),
    },
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    redirect: "manual",
    signal: AbortSignal.any([world.signal, late]),
  });
  let response: Response;
  let text: string;
  try {
    response = await fetchUnlessAborted(request, world);
    const limits = { atMost: largestAnswer, stallAfter: timeoutMs, signal: request.signal };
    text = new TextDecoder().decode(await readBody(label, response, limits));
  } catch (error) {
    world.signal.throwIfAborted();
    if (late.aborted)
      throw new Failure("unavailable", `${label}: no answer in ${timeoutMs / 1000} s`, { cause: error });
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${label}: ${describeError(error)}`, { cause: error });
  }
  const { status } = response;
  if (!response.ok && !call.also?.includes(status)) throw refusalOf(label, api, response, text);
  return { status, headers: response.headers, body: call.bare ? undefined : jsonOf(label, api, text) };
}

/**
 * `value` without white space around it (a secret read from a file often has a line break).
 *
 * @throws Failure `input` if it contains a character that a header can't. The error of `fetch` would print the whole value.
 */
export function headerValue(name: string, header: string, value: string, hint: string): string {
  const blank = (at: number) => "\t\n\r ".includes(value[at] ?? "x");
  let [from, to] = [0, value.length];
  while (blank(from)) from++;
  while (to > from && blank(to - 1)) to--;
  const trimmed = value.slice(from, to);
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(trimmed)) return trimmed;
  throw new Failure(
    "input",
    `${name}: what is to be sent as ${header} contains a line break or another control character`,
    {
      hint,
    },
  );
}

function refusalOf(label: string, api: Api, response: Response, text: string): Failure {
  const { status } = response;
  const what = `${label} answered ${status}${text.trim() === "" ? "" : `: ${quoteOf(api, text)}`}`;
  if (status === 401 || status === 403) return new Failure("refused", what, { hint: api.hint });
  return statusFailure(what, response);
}

/** The failure for a status other than 2xx, with its `Retry-After` as {@link Failure.wait}. */
export function statusFailure(message: string, { status, headers }: Response): Failure {
  const wait = waitOf(headers.get("retry-after"));
  return new Failure(kindOfStatus(status), message, { ...(wait !== undefined && { wait }) });
}

/** ms of a `Retry-After` header. Only the form in seconds: a date would need a clock that agrees with the server's. */
export function waitOf(retryAfter: string | null | undefined): number | undefined {
  return typeof retryAfter === "string" && /^\d{1,6}$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : undefined;
}

function jsonOf(label: string, api: Api, text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Without the parser's error as cause: it quotes its input, which may contain a secret.
    throw new Failure("unavailable", `${label} answered something that is not JSON: ${quoteOf(api, text)}`);
  }
}

/** An answer of a service, for a message, without secrets: some services repeat the token that they reject. */
function quoteOf({ words, headers }: Api, text: string): string {
  let message = text;
  try {
    message = words?.(JSON.parse(text)) ?? text;
  } catch {
    // Not JSON: for instance the error page of a proxy.
  }
  return excerpt(withoutSecrets(message, Object.values(headers)));
}

/**
 * `text` without the values of these headers: some services repeat the token that they reject, proxies the whole request.
 *
 * Each secret is removed as it is, as escaped in JSON and URLs, in base64 at any offset of the encoded text (`Bearer TOKEN`,
 * `user:TOKEN`), and, if it was sent as Basic credentials (RFC 7617), decoded.
 */
export function withoutSecrets(text: string, headers: readonly string[]): string {
  const secrets = headers
    .flatMap((value) => [...value.split(/\s+/), ...loginIn(value)])
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...inBase64(secret)])
    .filter((secret) => secret.length > 7)
    .toSorted((a, b) => b.length - a.length);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}

/** The secret in base64 and base64url, at each of the three alignments that text before it can cause. */
function inBase64(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < 8) return [];
  return [0, 1, 2].flatMap((before) => {
    const text = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes));
    // Characters that encode bits of the secret only.
    const plain = text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    return [plain, plain.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** `user:password`, and the password alone, of a Basic `authorization` header. */
function loginIn(header: string): string[] {
  const [, encoded] = /^Basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(header) ?? [];
  if (encoded === undefined) return [];
  const login = new TextDecoder().decode(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0)));
  return [login, login.slice(login.indexOf(":") + 1)];
}

/** The beginning of an answer, on one line, for a message. Of an HTML page, its title. */
export function excerpt(body: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body.slice(0, 10_000))?.[1];
  const line = (title === undefined ? body : `a page called "${title.trim()}"`).slice(0, 1000);
  const plain = oneLine(line);
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

/** What decides whether a body that is being received has stalled. */
export interface Transfer {
  /** ms between two reads of {@link stalledFor}. */
  readonly every: number;
  /** Marks the time in which this side waits for bytes; only that time can make a transfer stall. */
  waits(): void;
  /** Bytes came. */
  received(bytes: number): void;
  /** ms for which next to nothing came, where the transfer has stalled; else `undefined`. */
  stalledFor(): number | undefined;
  end(): void;
}

export interface Receiving {
  readonly transfer: Transfer;
  /** Aborts the reading, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The chunks of a body, as they come. Leaves no timer and no open stream, however the iteration ends.
 *
 * @throws Failure `unavailable` where it stalls or breaks off; the signal's reason.
 */
export async function* chunksOf(
  label: string,
  response: Response,
  { transfer, signal }: Receiving,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  let length = 0;
  let stalled: number | undefined;
  // What cancelling fails with, reading has failed with.
  const stop = () => void reader.cancel().catch(() => undefined);
  const clock = setInterval(() => {
    stalled ??= transfer.stalledFor();
    if (stalled !== undefined) stop();
  }, transfer.every);
  // The signal of the request may have no effect any more: see `abort.ts`.
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      transfer.waits();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (value) transfer.received(value.length);
      if (stalled !== undefined) {
        throw new Failure("unavailable", `${label} stalled: ${length} bytes came, then next to none in ${stalled} ms`);
      }
      if (done) return;
      length += value.length;
      yield value;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${label} broke off after ${length} bytes (${reasonOf(error)})`, { cause: error });
  } finally {
    clearInterval(clock);
    signal?.removeEventListener("abort", stop);
    transfer.end();
    stop();
  }
}

/** The whole body. @throws as {@link chunksOf} does; Failure `corrupt` where it is longer than `atMost` bytes. */
export async function bodyOf(
  label: string,
  response: Response,
  atMost: number,
  receiving: Receiving,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(label, response, receiving)) {
    length += chunk.length;
    if (length > atMost) throw new Failure("corrupt", `${label} answered more than the ${atMost} bytes allowed`);
    parts.push(chunk);
  }
  return parts.length === 1 ? parts[0]! : joined(parts);
}

export interface BodyLimits {
  /** Bytes. */
  readonly atMost: number;
  /** ms in which at least {@link leastProgress} bytes, or the end, must arrive. */
  readonly stallAfter: number;
  readonly signal?: AbortSignal;
}

/** {@link bodyOf} of an answer of which nothing is known but how long it may take. */
export function readBody(label: string, response: Response, limits: BodyLimits): Promise<Uint8Array> {
  const { atMost, stallAfter, signal } = limits;
  return bodyOf(label, response, atMost, { transfer: steady(stallAfter), signal });
}

/** Bytes. A slower answer counts as stalled. */
const leastProgress = 1024;

function steady(stallAfter: number): Transfer {
  let [bytes, bytesThen] = [0, 0];
  return {
    every: stallAfter,
    waits: () => {},
    received(count) {
      bytes += count;
    },
    stalledFor() {
      const came = bytes - bytesThen;
      bytesThen = bytes;
      return came < leastProgress ? stallAfter : undefined;
    },
    end: () => {},
  };
}

/** The code or message of the innermost cause: the error of `fetch` is "fetch failed", its cause has ECONNREFUSED. */
export function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  const { code, message } = deepest as { code?: unknown; message?: unknown };
  return typeof code === "string" ? code : excerpt(String(message ?? deepest));
}

/** {@link reasonOf}, with an explanation if it is a system error: the cause may be the reader's own network. */
export function describeError(error: unknown): string {
  const reason = reasonOf(error);
  const words = systemReasons.get(reason);
  return words === undefined ? reason : `${words} (${reason})`;
}

const systemReasons: ReadonlyMap<string, string> = new Map([
  ["EAI_AGAIN", "its name can't be resolved; is this machine on the network?"],
  ["ENETUNREACH", "no way leads there; is this machine on the network?"],
  ["EHOSTUNREACH", "no way leads there"],
  ["ENOTFOUND", "there is no host of that name"],
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "the connection was cut"],
  ["UND_ERR_SOCKET", "the connection was cut"],
  ["ETIMEDOUT", "no connection came about in time"],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection came about in time"],
]);
