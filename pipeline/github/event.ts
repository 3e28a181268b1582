/**
 * What started this job: `GITHUB_EVENT_PATH`, and of it only what GitHub itself vouches for.
 *
 * Titles, texts and labels' descriptions are strangers' words and are not read. A branch's name is the choice of whoever
 * pushed it: it finds a pull request together with its repository and commit, and decides nothing alone.
 */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { Failure } from "../core/failure.ts";
import type { Environment } from "./client.ts";

export type Event = PullRequestEvent | MergeGroupEvent | RunEvent | PushEvent | DispatchEvent | ScheduleEvent;

export interface PullRequestEvent {
  readonly name: "pull_request";
  readonly action: string;
  readonly number: number;
  readonly headSha: string;
  readonly baseRef: string;
  readonly labels: readonly string[];
}

/** A merge queue asks whether what it is about to land is good. */
export interface MergeGroupEvent {
  readonly name: "merge_group";
  readonly headSha: string;
  readonly baseSha: string;
}

/** Another workflow's run ended. */
export interface RunEvent {
  readonly name: "workflow_run";
  readonly run: Run;
}

export interface Run {
  readonly id: number;
  /** What started it: `pull_request`, `push`. The branch's name alone says nothing of it. */
  readonly event: string;
  /** `null` while it runs. */
  readonly conclusion: string | null;
  readonly headSha: string;
  readonly headBranch: string;
  /** `undefined` where the fork is gone. */
  readonly headRepository: { readonly id: number; readonly owner: string } | undefined;
  readonly page: string;
}

export interface PushEvent {
  readonly name: "push";
  readonly ref: string;
  /** `undefined` for a new branch. */
  readonly before: string | undefined;
  readonly after: string;
}

export interface DispatchEvent {
  readonly name: "workflow_dispatch";
  readonly ref: string;
  readonly inputs: ReadonlyMap<string, string>;
}

export interface ScheduleEvent {
  readonly name: "schedule";
}

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const sha = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "is no commit"));
const words = (most: number) => v.pipe(v.string(), v.maxLength(most));
const ref = words(1024);
const login = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,100}$/, "is no login"));

const payloads = {
  pull_request: v.pipe(
    v.object({
      action: words(100),
      number: id,
      pull_request: v.object({
        head: v.object({ sha }),
        base: v.object({ ref }),
        labels: v.optional(v.array(v.object({ name: words(1000) })), []),
      }),
    }),
    v.transform(
      ({ action, number, pull_request: { head, base, labels } }): PullRequestEvent => ({
        name: "pull_request",
        action,
        number,
        headSha: head.sha,
        baseRef: base.ref,
        labels: labels.map((label) => label.name),
      }),
    ),
  ),
  merge_group: v.pipe(
    v.object({ merge_group: v.object({ head_sha: sha, base_sha: sha }) }),
    v.transform(
      ({ merge_group: { head_sha, base_sha } }): MergeGroupEvent => ({
        name: "merge_group",
        headSha: head_sha,
        baseSha: base_sha,
      }),
    ),
  ),
  workflow_run: v.pipe(
    v.object({
      workflow_run: v.object({
        id,
        event: words(100),
        conclusion: v.nullish(words(100)),
        head_sha: sha,
        head_branch: v.nullish(ref),
        head_repository: v.nullish(v.object({ id, owner: v.object({ login }) })),
        html_url: v.pipe(words(2000), v.url()),
      }),
    }),
    v.transform(
      ({ workflow_run: run }): RunEvent => ({
        name: "workflow_run",
        run: {
          id: run.id,
          event: run.event,
          conclusion: run.conclusion ?? null,
          headSha: run.head_sha,
          headBranch: run.head_branch ?? "",
          headRepository: run.head_repository
            ? { id: run.head_repository.id, owner: run.head_repository.owner.login }
            : undefined,
          page: run.html_url,
        },
      }),
    ),
  ),
  push: v.pipe(
    v.object({ ref, before: v.string(), after: sha }),
    v.transform(
      ({ ref, before, after }): PushEvent => ({
        name: "push",
        ref,
        before: v.is(sha, before) && !/^0+$/.test(before) ? before : undefined,
        after,
      }),
    ),
  ),
  workflow_dispatch: v.pipe(
    v.object({ ref, inputs: v.nullish(v.unknown()) }),
    v.transform(
      ({ ref, inputs }): DispatchEvent => ({ name: "workflow_dispatch", ref, inputs: new Map(inputsIn(inputs)) }),
    ),
  ),
  schedule: v.pipe(
    v.object({}),
    v.transform((): ScheduleEvent => ({ name: "schedule" })),
  ),
} as const;

/** As the web form and the API send them: strings, but for switches. */
function inputsIn(inputs: unknown): [string, string][] {
  if (typeof inputs !== "object" || inputs === null) return [];
  return Object.entries(inputs).flatMap(([name, value]): [string, string][] =>
    ["string", "boolean", "number"].includes(typeof value) ? [[name, String(value)]] : [],
  );
}

/**
 * @param wanted the events that the caller knows what to do with.
 * @throws Failure `input` outside of GitHub Actions, for another event, and where the event is not as GitHub sends it.
 */
export async function readEvent<Name extends Event["name"]>(
  env: Environment,
  wanted: readonly Name[],
): Promise<Extract<Event, { readonly name: Name }>> {
  const { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file } = env;
  if (!name || !file) {
    throw new Failure("input", "no event: GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set", {
      hint: "this runs inside GitHub Actions; on your own machine, `fieldtree report` prints the same",
    });
  }
  if (!wanted.some((one) => one === name)) {
    throw new Failure("input", `started by ${JSON.stringify(name.slice(0, 40))}, and this is for ${wanted.join(", ")}`);
  }
  const payload = await readFile(file, "utf8")
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
  const read = v.safeParse(payloads[name as Name], payload);
  if (read.success) return read.output as Extract<Event, { readonly name: Name }>;
  const [issue] = read.issues;
  throw new Failure(
    "input",
    `the ${name} event is not as GitHub sends it: ${v.getDotPath(issue) ?? "its JSON"} is odd`,
  );
}
