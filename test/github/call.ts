/**
 * One REST call, as an operation of the box sees it, and what it may answer.
 *
 * An operation is written down under the very words GitHub documents it by, such as
 * `GET /repos/{owner}/{repo}/pulls/{pull_number}`, together with the permission it takes.
 */
import type { Hub, Repo } from "./state.ts";
import type { Caller, Need } from "./tokens.ts";

/** JSON as it came over the wire. */
export type Json = Record<string, unknown>;

export interface Call {
  readonly hub: Hub;
  /** The repository the path names; reading it throws for paths without one. */
  readonly repo: Repo;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The request's JSON; an empty object where it had none. */
  readonly body: Json;
  /** The request's bytes, for uploads. */
  readonly bytes: Uint8Array;
  readonly accept: string;
  readonly contentType: string;
  readonly caller: Caller;
  /** The address that was asked, for links to other pages of the same list. */
  readonly url: URL;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** In place of `body`: an answer that is not JSON. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  /** Any one of these is enough. Reading what is public needs none, except where `evenPublic` says so. */
  readonly needs: readonly Need[];
  readonly evenPublic?: true;
  /** What every signed-in person may do in a public repository: comment, open a pull request, fork. */
  readonly anyone?: true;
  answer(call: Call): Answer | Promise<Answer>;
}

/** By method and path, in GitHub's own words. */
export type Operations = Readonly<Record<string, Operation>>;

/** GitHub says no, in its own form: `{ message, errors?, documentation_url, status }`. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string, more: Json = {}, headers: Record<string, string> = {}) {
    super(message);
    const body = { message, ...more, documentation_url: "https://docs.github.com/rest", status: String(status) };
    this.answer = { status, body, headers };
  }
}

export const notFound = (): Refusal => new Refusal(404, "Not Found");

/** 422 for one field, as GitHub words it. */
export function invalid(resource: string, field: string, message: string): Refusal {
  return new Refusal(422, "Validation Failed", { errors: [{ resource, code: "custom", field, message }] });
}

/** @throws Refusal where a text is longer than GitHub stores it (UTF-16 units: the strictest way to count). */
export function atMost(limit: number, text: unknown, resource: string, field: string): void {
  if (typeof text === "string" && text.length > limit) {
    throw invalid(resource, field, `${field} is too long (maximum is ${limit} characters)`);
  }
}

/** The thing, or GitHub's 404. */
export function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw notFound();
  return thing;
}

/**
 * One page of a list, with the `Link` header that leads to the others.
 *
 * @param wrap puts a page into the envelope some lists have; it gets the length of the whole list too.
 */
export function page<T>(
  { query, url }: Call,
  all: readonly T[],
  wrap: (items: readonly T[], total: number) => unknown = (items) => items,
): Answer {
  const size = Math.min(Math.max(Number(query.per_page ?? 30) || 30, 1), 100);
  const at = Math.max(Number(query.page ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(all.length / size), 1);
  const to = (number: number, rel: string) => {
    const there = new URL(url);
    there.searchParams.set("page", String(number));
    return `<${there}>; rel="${rel}"`;
  };
  const links = [
    ...(at > 1 ? [to(at - 1, "prev")] : []),
    ...(at < last ? [to(at + 1, "next"), to(last, "last")] : []),
    ...(at > 1 ? [to(1, "first")] : []),
  ];
  return {
    status: 200,
    body: wrap(all.slice((at - 1) * size, at * size), all.length),
    headers: links.length > 0 ? { link: links.join(", ") } : {},
  };
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204 };
