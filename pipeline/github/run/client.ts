/**
 * The client of GitHub's API for the jobs of a repository.
 *
 * Octokit implements the calls, rate limits and retries. This module adds the address, the token, bounds on time and size,
 * and turns refusals into failures with a hint.
 *
 * ```ts
 * const github = await openGitHub(env, world);
 * const pull = await github.ask("reading the pull request", (rest, place) => rest.pulls.get({ ...place, pull_number: 7 }));
 * ```
 *
 * For a renamed repository, GitHub answers with a redirect, which is followed. The token is sent only to the API's own origin,
 * and to GitHub's origin for uploads.
 */
import type { Octokit } from "@octokit/rest";
import { fetchUnlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { describeError, excerpt, kindOfStatus, readBody } from "../../http/http.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type Rest = Octokit["rest"];

/** The parameters common to all calls for a repository. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

export interface GitHub {
  readonly place: RepositoryName;
  /** Base URL of pages for people, without trailing slash: `https://github.com/OWNER/REPO`. */
  readonly page: string;
  /**
   * Returns the response of one call. `what` describes the call in messages: `posting the comment`.
   *
   * Calls that only read, or are repeatable, are retried automatically; a POST is not, because it may have taken effect.
   *
   * @throws Failure `refused` with GitHub's message and the missing permission; `unavailable` where there is no response, or
   * where the rate limit requires a wait longer than {@link longestWait}, with the length of that wait; `conflict` for 409.
   */
  ask<T>(what: string, call: Call<T>): Promise<T>;
  /** As {@link ask}; `undefined` for status 404 or 410. */
  find<T>(what: string, call: Call<T>): Promise<T | undefined>;
  /** Returns all entries of a list with pages, at most `most`. */
  all<T>(what: string, page: (rest: Rest, place: Paged) => Answer<readonly T[]>, most?: number): Promise<T[]>;
  /** Sends one GraphQL request, and returns its `data`. @throws as {@link ask}. */
  graphql<T>(what: string, query: string, variables: Readonly<Record<string, unknown>>): Promise<T>;
}

export type Answer<T> = Promise<{ readonly data: T; readonly headers?: { readonly link?: string | undefined } }>;
export type Call<T> = (rest: Rest, place: RepositoryName) => Answer<T>;
export type Paged = RepositoryName & { readonly per_page: number; readonly page: number };

/** Parameters of a POST that may be sent twice: `rest.repos.createCommitStatus({ ...place, ...repeatable })`. */
export const repeatable = { request: { repeatable: true } };

/** s. Longest wait for a rate limit. After that the job fails, because waiting uses up its minutes. */
export const longestWait = 90;
/** ms from a request to the last byte of its response. */
const timeoutMs = 30_000;
/** Bytes per ms. Slower uploads are aborted. */
const slowestUpload = 100;
/** Most bytes of one response. A tree.yaml of 100 000 leaves has a third of it. */
const largestAnswer = 32 * 1024 * 1024;
const mostRedirects = 3;
/** Entries that GitHub returns in one page. */
const pageSize = 100;

/**
 * Opens the repository in `GITHUB_REPOSITORY`, with the token in `GITHUB_TOKEN`.
 *
 * @throws Failure `input` where one of them is not set or invalid.
 */
export async function openGitHub(env: Environment, world: World): Promise<GitHub> {
  const { api, place, token } = settingsIn(env);
  const [{ Octokit }, { throttling }, { retry }] = await Promise.all([
    import("@octokit/rest"),
    import("@octokit/plugin-throttling"),
    import("@octokit/plugin-retry"),
  ]);
  const waits = (limit: string) => (seconds: number, request: object, _: unknown, tries: number) => {
    const { method, url } = request as { method: string; url: string };
    const wait = seconds <= longestWait && tries < 2;
    if (wait) world.log(`GitHub's ${limit} is reached; ${method} ${url} waits ${seconds} s`);
    return wait;
  };
  const octokit = new (Octokit.plugin(throttling, retry))({
    auth: token,
    baseUrl: api,
    userAgent: "fieldtree",
    request: { fetch: fetching(api, world), log: quiet },
    log: quiet,
    // A refusal does not change with a retry, and the throttling plugin handles rate limits.
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451] },
    throttle: { onRateLimit: waits("rate limit"), onSecondaryRateLimit: waits("secondary rate limit") },
  });
  octokit.hook.before("request", (options) => {
    // The caller has to find out whether a POST without an answer took effect.
    if (options.method === "POST" && options.url !== "/graphql" && !options.request.repeatable)
      // A new object, because all requests may share the present one.
      options.request = { ...options.request, retries: 0 };
  });

  return gitHubOver(octokit, { place, token, page: pageOf(env, place) }, world);
}

function pageOf({ GITHUB_SERVER_URL }: Environment, { owner, repo }: RepositoryName): string {
  return `${(GITHUB_SERVER_URL || "https://github.com").replace(/\/+$/, "")}/${owner}/${repo}`;
}

/** As {@link openGitHub}, over an existing client, which may have another retry policy. */
export function gitHubOver(
  octokit: Pick<Octokit, "rest" | "graphql">,
  { place, page, token }: Pick<GitHub, "place" | "page"> & { readonly token: string },
  world: World,
): GitHub {
  const translated = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      world.signal.throwIfAborted();
      throw failureOf(what, error, token);
    }
  };
  const ask = <T>(what: string, call: Call<T>) => translated(what, async () => (await call(octokit.rest, place)).data);
  return {
    place,
    page,
    ask,

    async find(what, call) {
      try {
        return await ask(what, call);
      } catch (error) {
        if (isFailure(error) && isAbsence(error.cause)) return undefined;
        throw error;
      }
    },

    async all<T>(what: string, listed: (rest: Rest, place: Paged) => Answer<readonly T[]>, most = 1000) {
      const found: T[] = [];
      for (let page = 1; page <= Math.ceil(most / pageSize); page++) {
        const { data, headers } = await translated(what, () =>
          listed(octokit.rest, { ...place, per_page: pageSize, page }),
        );
        found.push(...data);
        // A short page is not the last one: GitHub leaves out entries that the token may not read.
        if (!/\brel="next"/.test(headers?.link ?? "")) break;
      }
      return found.slice(0, most);
    },

    graphql: <T>(what: string, query: string, variables: Readonly<Record<string, unknown>>) =>
      translated(what, () => octokit.graphql<T>(query, { ...variables })),
  };
}

/** Octokit's warnings of deprecated calls are not for operators. */
const nothing = () => {};
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function settingsIn(env: Environment): { api: string; place: RepositoryName; token: string } {
  const api = (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, "");
  if (!URL.canParse(api) || !["http:", "https:"].includes(new URL(api).protocol)) {
    throw new Failure("input", "GITHUB_API_URL is no address");
  }
  const [, owner, repo] = /^([A-Za-z0-9-_]{1,100})\/([A-Za-z0-9._-]{1,100})$/.exec(env.GITHUB_REPOSITORY ?? "") ?? [];
  if (!owner || !repo) {
    throw new Failure("input", "GITHUB_REPOSITORY should be OWNER/NAME, and isn't", {
      hint: "GitHub Actions sets it; elsewhere set it to the campaign's repository",
    });
  }
  const token = env.GITHUB_TOKEN;
  if (!token || /[^\x21-\x7e]/.test(token)) {
    throw new Failure(
      "input",
      "no token for GitHub: GITHUB_TOKEN is not set, or has characters that no header may have",
      {
        hint: "in a workflow: GITHUB_TOKEN: $" + "{{ github.token }} under env:",
      },
    );
  }
  return { api, place: { owner, repo }, token };
}

/** Returns a `fetch` within bounds. It follows redirects itself: the built-in one turns a redirected POST into a GET. */
export function fetching(api: string, world: World) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    const allowed = timeoutMs + (init.body instanceof Uint8Array ? Math.ceil(init.body.length / slowestUpload) : 0);
    const late = AbortSignal.timeout(allowed);
    const signal = AbortSignal.any([world.signal, late]);
    try {
      for (let at = new URL(url), redirects = 0; ; redirects++) {
        const home = homesOf(api).includes(at.origin);
        const headers = new Headers(init.headers);
        if (!home) headers.delete("authorization");
        const request = new Request(at, { ...init, headers, signal, redirect: "manual" });
        const response = await fetchUnlessAborted(request, world);
        const to = response.headers.get("location");
        if (response.status < 300 || response.status > 399 || response.status === 304 || to === null) {
          return await bounded(at, response, headers.get("accept") ?? "", signal);
        }
        await response.body?.cancel();
        const next = URL.canParse(to, at) ? new URL(to, at) : undefined;
        if (!next || redirects === mostRedirects || !mayFollow(at, next, init.method)) {
          throw new Failure(
            "unavailable",
            `${at.host} redirects to ${excerpt(next?.origin ?? to)}, which is not followed`,
          );
        }
        at = next;
      }
    } catch (error) {
      world.signal.throwIfAborted();
      if (error instanceof Failure) throw error;
      const why = late.aborted ? `no answer in ${Math.ceil(allowed / 1000)} s` : describeError(error);
      throw new Failure("unavailable", `${new URL(api).host}: ${why}`);
    }
  };
}

/** Returns the origins that may receive the token: the API's, and for `api.github.com` also `uploads.github.com`, for assets. */
function homesOf(api: string): readonly string[] {
  const { origin } = new URL(api);
  return [origin, origin.replace("//api.", "//uploads.")];
}

/** Renamed repositories redirect within the origin; artifacts to other origins, which get no token. https must stay https. */
function mayFollow(from: URL, to: URL, method = "GET"): boolean {
  if (to.username !== "" || to.password !== "") return false;
  if (to.origin === from.origin) return true;
  return method === "GET" && to.protocol === "https:";
}

async function bounded(at: URL, response: Response, accept: string, signal: AbortSignal): Promise<Response> {
  const { status, headers } = response;
  const bytes = await readBody(at.host, response, { atMost: largestAnswer, stallAfter: timeoutMs, signal });
  const passed = new Headers(headers);
  passed.delete("content-encoding");
  // Octokit decodes a raw file as text, which loses a byte order mark and all bytes that are not UTF-8.
  if (/\braw\b/.test(accept) && status === 200) passed.set("content-type", "application/octet-stream");
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : (bytes as Uint8Array<ArrayBuffer>), { status, headers: passed });
}

/** The error that Octokit throws. Its message contains addresses and documents; GitHub's own message is in `response`. */
interface Refused {
  readonly status?: number;
  readonly message?: string;
  readonly cause?: unknown;
  readonly response?: { readonly headers?: Readonly<Record<string, string>>; readonly data?: unknown };
}

/** Replaces Octokit's error as a cause, because that error contains the request with the token. */
class Absence extends Error {}
const isAbsence = (cause: unknown): boolean => cause instanceof Absence;

function failureOf(what: string, thrown: unknown, token: string): Failure {
  const { status, cause, response, message } = thrown as Refused;
  const headers = response?.headers ?? {};
  if (thrown instanceof Failure) return thrown;
  if (cause instanceof Failure) return new Failure(cause.kind, `GitHub, ${what}: ${cause.message}`);
  const words = excerpt(messageIn(response?.data, message).replaceAll(token, "…"));
  const text = `GitHub, ${what}: ${response && status ? `${status} ` : ""}${words}`;
  const wait = waitOf(headers);
  if (status === 429 || /\brate limit\b/i.test(words)) {
    const hint = "the next run of this workflow goes on from here";
    return new Failure("unavailable", text, { hint, ...(wait !== undefined && { wait }) });
  }
  if (status === 401) return new Failure("refused", text, { hint: "check GITHUB_TOKEN: it is unknown or has ended" });
  if (status === 403 || /not accessible by/i.test(words)) {
    return new Failure("refused", text, { hint: permissionHint(headers["x-accepted-github-permissions"]) });
  }
  if (status === 404 || status === 410) {
    return new Failure("refused", text, { hint: "it is not there, or this token can't see it", cause: new Absence() });
  }
  if (status === 409) return new Failure("conflict", text);
  // GraphQL reports refusals in a response with status 200.
  return new Failure(response && status ? kindOfStatus(status) : "refused", text);
}

/** Formats `pull_requests=write; issues=write` in the spelling of workflows. */
function permissionHint(accepted: string | undefined): string {
  const some = accepted?.split(";").map((one) => one.trim().replaceAll("_", "-").replace("=", ": "));
  if (!some || accepted === "") return "the token may not do this: check permissions: in the workflow";
  return `the token lacks a permission; the job needs \`${some.map((one) => one.slice(0, 100)).join("` or `")}\``;
}

function waitOf(headers: Readonly<Record<string, string>>): number | undefined {
  const after = headers["retry-after"];
  return after !== undefined && /^\d{1,6}$/.test(after) ? Number(after) * 1000 : undefined;
}

/** Formats `{message, errors: [{message}]}` as one sentence. */
function messageIn(data: unknown, otherwise = ""): string {
  const { message, errors } = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const more = (Array.isArray(errors) ? errors : []).map((one) =>
    typeof one === "string" ? one : String((one as { message?: unknown } | null)?.message ?? JSON.stringify(one)),
  );
  const all = [...(typeof message === "string" ? [message] : []), ...more];
  return all.join(": ") || otherwise || (typeof data === "string" ? data : "");
}
