/**
 * Services that fail in their own ways.
 *
 * One place decides what an HTTP status means for us and how an answer is quoted, so that whoever talks to a service
 * only has to know its API.
 */

import { fetchUnlessAborted } from "../core/abort.ts";
import { Failure, type Kind } from "../core/failure.ts";
import { oneLine } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";

/** What a status other than 2xx says: 429 and 5xx may pass, anything else was a no. */
export function kindOfStatus(status: number): Kind {
  return status === 429 || status >= 500 ? "unavailable" : "refused";
}

export interface Api {
  /** Who is asked, for messages: `pinata`, `psa at https://example.org/psa`. */
  readonly name: string;
  /** Headers of every request. Never printed, not even where an answer repeats them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to do where the token is refused: `check SHOP_TOKEN`. */
  readonly hint: string;
  /** What the JSON of an error says, in words. Where it has none, its beginning is quoted as it is. */
  readonly words?: (error: unknown) => string | undefined;
  /** ms for one answer, from its first byte asked to its last. */
  readonly timeoutMs?: number;
}

export interface ApiCall {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  /** What it is for, in messages: `listing pins`. */
  readonly what: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Statuses other than 2xx that are answers and not failures, such as 404. */
  readonly also?: readonly number[];
  /** What is answered says no more than its status, and is no JSON: `OK`. */
  readonly bare?: boolean;
}

export interface ApiResponse {
  readonly status: number;
  /** `undefined` where the answer had no body. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** Bytes. What services say fits into a hundredth of it. */
const largestAnswer = 16 * 1024 * 1024;

/**
 * Ask a service that answers in JSON.
 *
 * Redirects are refused: they would carry our token to somebody else.
 *
 * @throws Failure `refused` with `api.hint` for 401 and 403, `unavailable` for 429 (with its `Retry-After` as
 * {@link Failure.wait}), 5xx, no answer in time, or a page of HTML; `refused` for any other status; `corrupt` for an
 * answer that is far too long. Each quotes the beginning of what was answered. `input` for a token that no header can hold.
 */
export async function askApi(api: Api, call: ApiCall, world: World): Promise<ApiResponse> {
  const said = `${api.name}: ${call.what}`;
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
    text = new TextDecoder().decode(await readBody(said, response, limits));
  } catch (error) {
    world.signal.throwIfAborted();
    if (late.aborted) throw new Failure("unavailable", `${said}: no answer in ${timeoutMs / 1000} s`, { cause: error });
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${said}: ${describeError(error)}`, { cause: error });
  }
  const { status } = response;
  if (!response.ok && !call.also?.includes(status)) throw refusalOf(said, api, response, text);
  return { status, headers: response.headers, body: call.bare ? undefined : jsonOf(said, api, text) };
}

/**
 * `value` as a header takes it: without white space around it, as a secret read from a file has it.
 *
 * @throws Failure `input` where it holds what no header can. Whoever sends it would print all of it.
 */
export function headerValue(name: string, header: string, value: string, hint: string): string {
  const blank = (at: number) => "\t\n\r ".includes(value[at] ?? "x");
  let [from, to] = [0, value.length];
  while (blank(from)) from++;
  while (to > from && blank(to - 1)) to--;
  const trimmed = value.slice(from, to);
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(trimmed)) return trimmed;
  throw new Failure("input", `${name}: what is to be sent as ${header} holds a line break or another odd character`, {
    hint,
  });
}

function refusalOf(said: string, api: Api, { status, headers }: Response, text: string): Failure {
  const what = `${said} answered ${status}${text.trim() === "" ? "" : `: ${quoteOf(api, text)}`}`;
  if (status === 401 || status === 403) return new Failure("refused", what, { hint: api.hint });
  const wait = waitOf(headers.get("retry-after"));
  return new Failure(kindOfStatus(status), what, { ...(wait !== undefined && { wait }) });
}

/** What `Retry-After` asks for, ms. Only the form in seconds: the other needs a clock that agrees with the server's. */
export function waitOf(retryAfter: string | null | undefined): number | undefined {
  return typeof retryAfter === "string" && /^\d{1,6}$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : undefined;
}

function jsonOf(said: string, api: Api, text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Without the parser's own error, which quotes what it could not parse.
    throw new Failure("unavailable", `${said} answered something that is not JSON: ${quoteOf(api, text)}`);
  }
}

/** What a service said, for a message, without our secrets: some repeat the token they refuse. */
function quoteOf({ words, headers }: Api, text: string): string {
  let said = text;
  try {
    said = words?.(JSON.parse(text)) ?? text;
  } catch {
    // Not JSON, as behind a proxy that speaks for the service.
  }
  return excerpt(withoutSecrets(said, Object.values(headers)));
}

/**
 * `text` without what was sent in these headers: some services repeat the token they refuse, proxies all they were asked.
 *
 * Found as it is, as JSON and URLs write it, in base64 wherever it stands in what was encoded (`Bearer TOKEN`, `user:TOKEN`),
 * and where it was sent as a login (RFC 7617), decoded.
 */
export function withoutSecrets(text: string, headers: readonly string[]): string {
  const secrets = headers
    .flatMap((value) => [...value.split(/\s+/), ...loginIn(value)])
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...inBase64(secret)])
    .filter((secret) => secret.length > 7)
    .toSorted((a, b) => b.length - a.length);
  return secrets.reduce((said, secret) => said.replaceAll(secret, "…"), text);
}

/** What base64 and base64url make of it, whatever stands before and after: bytes are taken by threes. */
function inBase64(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < 8) return [];
  return [0, 1, 2].flatMap((before) => {
    const text = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes));
    // Characters that hold bits of the secret alone.
    const plain = text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    return [plain, plain.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** `user:password`, and the password alone. */
function loginIn(header: string): string[] {
  const [, encoded] = /^Basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(header) ?? [];
  if (encoded === undefined) return [];
  const login = new TextDecoder().decode(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0)));
  return [login, login.slice(login.indexOf(":") + 1)];
}

/** The beginning of an answer, on one line, for a message. Of a page of HTML, its title. */
export function excerpt(body: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body.slice(0, 10_000))?.[1];
  const line = (title === undefined ? body : `a page called "${title.trim()}"`).slice(0, 1000);
  const plain = oneLine(line);
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

export interface BodyLimits {
  /** Bytes. */
  readonly atMost: number;
  /** ms in which at least {@link leastProgress} bytes, or the end, must come. */
  readonly stallAfter: number;
  /** Ends it, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Bytes. An answer that drips slower than this is as good as none. */
const leastProgress = 1024;

/**
 * The body of an answer that may be far larger or slower than it should be. Leaves nothing running behind it.
 *
 * @throws Failure `corrupt` where it is longer than allowed, `unavailable` where it stalls or breaks off.
 */
export async function readBody(said: string, response: Response, limits: BodyLimits): Promise<Uint8Array> {
  const { atMost, stallAfter, signal } = limits;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  let lengthThen = 0;
  let stalled = false;
  const clock = setInterval(() => {
    stalled = length - lengthThen < leastProgress;
    lengthThen = length;
    if (stalled) reader.cancel().catch(() => undefined);
  }, stallAfter);
  // The answer's own signal may no longer be followed: see `abort.ts`.
  const stop = () => void reader.cancel().catch(() => undefined);
  signal?.addEventListener("abort", stop, { once: true });

  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (stalled) {
        throw new Failure(
          "unavailable",
          `${said} stalled: ${length} bytes came, then next to none in ${stallAfter} ms`,
        );
      }
      if (done) return joined(parts, length);
      length += value.length;
      if (length > atMost) throw new Failure("corrupt", `${said} answered more than the ${atMost} bytes allowed`);
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    signal?.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `${said} broke off after ${length} bytes (${reasonOf(error)})`, { cause: error });
  } finally {
    clearInterval(clock);
    signal?.removeEventListener("abort", stop);
  }
}

/** What lies at the bottom of an error: `fetch` says no more than "fetch failed", its cause says ECONNREFUSED. */
export function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  const { code, message } = deepest as { code?: unknown; message?: unknown };
  return typeof code === "string" ? code : excerpt(String(message ?? deepest));
}

/** {@link reasonOf}, in words where it is one of the system's: what nobody answers to may be the reader's own network. */
export function describeError(error: unknown): string {
  const reason = reasonOf(error);
  const words = systemReasons.get(reason);
  return words === undefined ? reason : `${words} (${reason})`;
}

const systemReasons: ReadonlyMap<string, string> = new Map([
  ["EAI_AGAIN", "its name can't be looked up; is this machine on the network?"],
  ["ENETUNREACH", "no way leads there; is this machine on the network?"],
  ["EHOSTUNREACH", "no way leads there"],
  ["ENOTFOUND", "there is no host of that name"],
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "the connection was cut"],
  ["UND_ERR_SOCKET", "the connection was cut"],
  ["ETIMEDOUT", "no connection came about in time"],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection came about in time"],
]);

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
