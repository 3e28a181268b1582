/**
 * Trouble on demand, and moments: what a test wants to go wrong, or to happen, at a certain request.
 *
 * ```ts
 * github.on("POST /repos/{owner}/{repo}/check-runs", serverError(502));
 * github.on("GET /repos/{owner}/{repo}/pulls/{pull_number}", () => pull.push({ "tree.yaml": "…" }));
 * github.on("git-receive-pack", hangUp, { after: true }); // the push takes effect, the answer is lost
 * ```
 */
import type { Answer } from "./call.ts";

export type Trouble =
  | { readonly does: "answer"; readonly answer: Answer }
  /** The connection breaks. */
  | { readonly does: "hang up" }
  /** No answer comes, ever. */
  | { readonly does: "silence" };

/** What happens at a request: trouble, or work of the test's own that may end in trouble. */
export type Happening = Trouble | (() => Trouble | undefined | Promise<unknown>);

export interface When {
  /** How many requests it happens to; 1 unless said. */
  readonly times?: number;
  /** Let the request take effect first, and lose only its answer. */
  readonly after?: boolean;
}

export const hangUp: Trouble = { does: "hang up" };
export const silence: Trouble = { does: "silence" };

export function serverError(status: 500 | 502 | 503 | 504 = 502): Trouble {
  return { does: "answer", answer: { status, body: { message: "Server Error" } } };
}

/** Too much at once. @param seconds what `Retry-After` says. */
export function secondaryRateLimit(seconds: number, status: 403 | 429 = 403): Trouble {
  const body = {
    message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    documentation_url:
      "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits",
  };
  return { does: "answer", answer: { status, body, headers: { "retry-after": String(seconds) } } };
}

/** The hour's calls are used up. @param seconds until there are new ones. */
export function rateLimit(seconds: number): Trouble {
  const headers = {
    "x-ratelimit-limit": "1000",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-used": "1000",
    "x-ratelimit-resource": "core",
    "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + seconds),
  };
  const body = {
    message: "API rate limit exceeded for installation.",
    documentation_url: "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
  };
  return { does: "answer", answer: { status: 403, body, headers } };
}

export interface Happenings {
  on(route: string, happening: Happening, when?: When): void;
  /** What is due at this request; it counts as happened. */
  due(route: string, moment: "before" | "after"): Promise<Trouble | undefined>;
  /** Happenings that no request has met yet: a scenario that planned one and never came there. */
  pending(): string[];
}

export function happenings(): Happenings {
  const waiting: { route: string; happening: Happening; left: number; moment: "before" | "after" }[] = [];
  return {
    on(route, happening, { times = 1, after = false } = {}) {
      waiting.push({ route, happening, left: times, moment: after ? "after" : "before" });
    },
    async due(route, moment) {
      const one = waiting.find((each) => each.left > 0 && each.moment === moment && [route, "*"].includes(each.route));
      if (!one) return undefined;
      one.left--;
      if (typeof one.happening !== "function") return one.happening;
      const said = await one.happening();
      return isTrouble(said) ? said : undefined;
    },
    pending: () => waiting.filter(({ left }) => left > 0).map(({ route }) => route),
  };
}

function isTrouble(said: unknown): said is Trouble {
  return typeof said === "object" && said !== null && "does" in said;
}
