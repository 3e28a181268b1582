/**
 * The event that started this job, from `GITHUB_EVENT_PATH`: only the fields that are used and that GitHub itself sets.
 *
 * Titles, bodies and descriptions are untrusted text and are not read. A branch name is chosen by its author: it identifies a
 * pull request only together with repository and commit.
 */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { Failure } from "../../core/failure.ts";
import type { Environment } from "./client.ts";

export type Event = PullRequestEvent | MergeGroupEvent | RunEvent | PushEvent | DispatchEvent;

export interface PullRequestEvent {
  readonly name: "pull_request";
  readonly headSha: string;
  readonly baseRef: string;
  readonly labels: readonly string[];
}

/** A merge queue requests checks of the commit that it is about to merge. */
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
  /** The event that started it: `pull_request`, `push`. It does not follow from the branch's name. */
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  /** `undefined` where the fork was deleted. */
  readonly headRepository: { readonly id: number; readonly owner: string } | undefined;
  readonly page: string;
}

export interface PushEvent {
  readonly name: "push";
  /** The commit that the branch was at; `undefined` for a new branch. */
  readonly before: string | undefined;
}

/** A manual run. Its inputs are read from the environment, as those of the action are. */
export interface DispatchEvent {
  readonly name: "workflow_dispatch";
}

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const sha = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "is no commit"));
const words = (most: number) => v.pipe(v.string(), v.maxLength(most));
const ref = words(1024);
const login = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,100}$/, "is no login"));

const payloads = {
  pull_request: v.pipe(
    v.object({
      pull_request: v.object({
        head: v.object({ sha }),
        base: v.object({ ref }),
        labels: v.optional(v.array(v.object({ name: words(1000) })), []),
      }),
    }),
    v.transform(
      ({ pull_request: { head, base, labels } }): PullRequestEvent => ({
        name: "pull_request",
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
    v.object({ before: v.string() }),
    v.transform(
      ({ before }): PushEvent => ({
        name: "push",
        before: v.is(sha, before) && !/^0+$/.test(before) ? before : undefined,
      }),
    ),
  ),
  workflow_dispatch: v.pipe(
    v.object({}),
    v.transform((): DispatchEvent => ({ name: "workflow_dispatch" })),
  ),
} as const;

/**
 * @param wanted the events that the caller handles.
 * @throws Failure `input` outside of GitHub Actions, for another event, and for an event that lacks GitHub's fields.
 */
export async function readEvent<Name extends Event["name"]>(
  env: Environment,
  accepted: readonly Name[],
): Promise<Extract<Event, { readonly name: Name }>> {
  const { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file } = env;
  if (!name || !file) {
    throw new Failure("input", "no event: GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set", {
      hint: "this runs inside GitHub Actions; on your own machine, `fieldtree report` prints the same",
    });
  }
  if (!accepted.some((one) => one === name)) {
    throw new Failure(
      "input",
      `started by ${JSON.stringify(name.slice(0, 40))}, and this is for ${accepted.join(", ")}`,
    );
  }
  const payload = await readFile(file, "utf8")
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
  const read = v.safeParse(payloads[name as Name], payload);
  if (read.success) return read.output as Extract<Event, { readonly name: Name }>;
  const [issue] = read.issues;
  throw new Failure(
    "input",
    `the ${name} event is not as GitHub sends it: ${v.getDotPath(issue) ?? "its JSON"} is invalid`,
  );
}
