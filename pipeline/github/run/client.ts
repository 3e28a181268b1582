/**
 * GitHub's API, as the jobs of a repository use it.
 *
 * Octokit knows the calls, rate limits and retries; this module adds the address, the token, bounds on time and size, and
 * turns refusals into failures with a hint.
 *
 * ```ts
 * const github = await openGitHub(env, world);
 * const pull = await github.ask("reading the pull request", (rest, place) => rest.pulls.get({ ...place, pull_number: 7 }));
 * ```
 *
 * A renamed repository answers with a redirect, which is followed; our token goes nowhere but to the API's own origin, and
 * to where GitHub takes uploads.
 */
import type { Octokit } from "@octokit/rest";
import { fetchUnlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { describeError, excerpt, kindOfStatus, readBody } from "../../http/http.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type Rest = Octokit["rest"];

/** What every call of a repository begins with. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

export interface GitHub {
  readonly place: RepositoryName;
  /** Base URL of pages for people, without trailing slash: `https://github.com/OWNER/REPO`. */
  readonly page: string;
  /**
   * What one call answers with. `what` is for messages: `posting the comment`.
   *
   * What only reads, or may happen twice, is asked again by itself; a POST isn't, since it may have taken effect.
   *
   * @throws Failure `refused` with GitHub's message and the missing permission; `unavailable` where it did not answer, or
   * the rate limit leaves nothing for longer than {@link longestWait}, with the wait it asks for; `conflict` for 409.
   */
  ask<T>(what: string, call: Call<T>): Promise<T>;
  /** As {@link ask}; `undefined` where GitHub says 404 or 410. */
  find<T>(what: string, call: Call<T>): Promise<T | undefined>;
  /** Everything of a list, page by page, at most `most` entries. */
  all<T>(what: string, page: (rest: Rest, place: Paged) => Answer<readonly T[]>, most?: number): Promise<T[]>;
  /** One GraphQL request; its `data`. @throws as {@link ask}. */
  graphql<T>(what: string, query: string, variables: Readonly<Record<string, unknown>>): Promise<T>;
}

export type Answer<T> = Promise<{ readonly data: T; readonly headers?: { readonly link?: string | undefined } }>;
export type Call<T> = (rest: Rest, place: RepositoryName) => Answer<T>;
export type Paged = RepositoryName & { readonly per_page: number; readonly page: number };

/** Put into a POST's parameters where it may happen twice: `rest.repos.createCommitStatus({ ...place, ...repeatable })`. */
export const repeatable = { request: { repeatable: true } };

/** s that we wait for a rate limit. A job's minutes are better spent later than longer. */
export const longestWait = 90;
/** ms for one answer, to its last byte. */
const timeoutMs = 30_000;
/** Bytes a ms, below which an upload is given up. */
const slowestUpload = 100;
/** Bytes of one answer: tree.yaml of 100 000 leaves is a third of it. */
const largestAnswer = 32 * 1024 * 1024;
const mostRedirects = 3;
/** Entries that GitHub gives at once. */
const pageSize = 100;

/**
 * The repository that this job runs for, named by `GITHUB_REPOSITORY`, with the token in `GITHUB_TOKEN`.
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
    // A refusal stays one, and a limit is the throttling's business.
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451] },
    throttle: { onRateLimit: waits("rate limit"), onSecondaryRateLimit: waits("secondary rate limit") },
  });
  octokit.hook.before("request", (options) => {
    // The caller has to find out whether a POST without an answer took effect.
    if (options.method === "POST" && options.url !== "/graphql" && !options.request.repeatable)
      // Its own object: the one that is there may be shared by every request.
      options.request = { ...options.request, retries: 0 };
  });

  return gitHubOver(octokit, { place, token, page: pageOf(env, place) }, world);
}

function pageOf({ GITHUB_SERVER_URL }: Environment, { owner, repo }: RepositoryName): string {
  return `${(GITHUB_SERVER_URL || "https://github.com").replace(/\/+$/, "")}/${owner}/${repo}`;
}

/** The same over an existing client, which may have other retries. */
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
        // A page may be short of what its reader may not see, and the list goes on.
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

/** `fetch` within bounds. Redirects are followed here, since `fetch` itself would make a GET of a redirected POST. */
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

/** Where our token may go: the API, and beside `api.github.com` also `uploads.github.com`, which takes releases' files. */
function homesOf(api: string): readonly string[] {
  const { origin } = new URL(api);
  return [origin, origin.replace("//api.", "//uploads.")];
}

/** A renamed repository is at the same origin. Artifacts are handed out elsewhere, without our token, and never less securely. */
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
  // Octokit reads a file in its raw form as text, and loses a byte order mark and whatever is not UTF-8.
  if (/\braw\b/.test(accept) && status === 200) passed.set("content-type", "application/octet-stream");
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : (bytes as Uint8Array<ArrayBuffer>), { status, headers: passed });
}

/** What Octokit throws. Its own message quotes addresses and documents; what GitHub said is under `response`. */
interface Refused {
  readonly status?: number;
  readonly message?: string;
  readonly cause?: unknown;
  readonly response?: { readonly headers?: Readonly<Record<string, string>>; readonly data?: unknown };
}

/** In place of Octokit's error as a cause: that one holds the request, and with it the token. */
class Absence extends Error {}
const isAbsence = (cause: unknown): boolean => cause instanceof Absence;

function failureOf(what: string, thrown: unknown, token: string): Failure {
  const { status, cause, response, message } = thrown as Refused;
  const headers = response?.headers ?? {};
  if (thrown instanceof Failure) return thrown;
  if (cause instanceof Failure) return new Failure(cause.kind, `GitHub, ${what}: ${cause.message}`);
  const words = excerpt(messageIn(response?.data, message).replaceAll(token, "…"));
  const said = `GitHub, ${what}: ${response && status ? `${status} ` : ""}${words}`;
  const wait = waitOf(headers);
  if (status === 429 || /\brate limit\b/i.test(words)) {
    const hint = "the next run of this workflow goes on from here";
    return new Failure("unavailable", said, { hint, ...(wait !== undefined && { wait }) });
  }
  if (status === 401) return new Failure("refused", said, { hint: "check GITHUB_TOKEN: it is unknown or has ended" });
  if (status === 403 || /not accessible by/i.test(words)) {
    return new Failure("refused", said, { hint: permissionHint(headers["x-accepted-github-permissions"]) });
  }
  if (status === 404 || status === 410) {
    return new Failure("refused", said, { hint: "it is not there, or this token can't see it", cause: new Absence() });
  }
  if (status === 409) return new Failure("conflict", said);
  // GraphQL's refusals come with status 200 and stand in the answer.
  return new Failure(response && status ? kindOfStatus(status) : "refused", said);
}

/** `pull_requests=write; issues=write` as a workflow would spell it. */
function permissionHint(accepted: string | undefined): string {
  const some = accepted?.split(";").map((one) => one.trim().replaceAll("_", "-").replace("=", ": "));
  if (!some || accepted === "") return "the token may not do this: check permissions: in the workflow";
  return `the token lacks a permission; the job needs \`${some.map((one) => one.slice(0, 100)).join("` or `")}\``;
}

function waitOf(headers: Readonly<Record<string, string>>): number | undefined {
  const after = headers["retry-after"];
  return after !== undefined && /^\d{1,6}$/.test(after) ? Number(after) * 1000 : undefined;
}

/** `{message, errors: [{message}]}` as one sentence. */
function messageIn(data: unknown, otherwise = ""): string {
  const { message, errors } = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const more = (Array.isArray(errors) ? errors : []).map((one) =>
    typeof one === "string" ? one : String((one as { message?: unknown } | null)?.message ?? JSON.stringify(one)),
  );
  const all = [...(typeof message === "string" ? [message] : []), ...more];
  return all.join(": ") || otherwise || (typeof data === "string" ? data : "");
}
