/** The payloads that workflows see as `github.event`, and the record of what happened. */

import { runAnswer, workflowAnswer } from "./answers/actions.ts";
import { commitAnswer } from "./answers/commits.ts";
import { userAnswer } from "./answers/people.ts";
import { pullInList } from "./answers/pulls.ts";
import { repoAnswer } from "./answers/repos.ts";
import type { Json } from "./call.ts";
import { authorOf, type GitHubEvent, type Hub, type PullRequest, type Repo, type Run, type User } from "./state.ts";

/** Remember an event. What a workflow's own token does starts no workflow, but for a dispatch. */
export function happened(hub: Hub, event: GitHubEvent): void {
  hub.events.push(event);
}

function common(hub: Hub, repo: Repo, sender: User): Json {
  return { repository: repoAnswer(hub, repo), sender: userAnswer(hub, sender) };
}

export function pullRequestPayload(hub: Hub, repo: Repo, pull: PullRequest, action: string, by = pull.user): Json {
  return {
    action,
    number: pull.number,
    pull_request: { ...pullInList(hub, repo, pull), merged: pull.pull.merged !== undefined },
    ...common(hub, repo, by),
  };
}

export interface Push {
  readonly ref: string;
  /** 40 zeros for a new branch. */
  readonly before: string;
  readonly after: string;
}

export async function pushPayload(hub: Hub, repo: Repo, push: Push, by: User): Promise<Json> {
  const { ref, before, after } = push;
  const gone = /^0+$/.test(after);
  const range = /^0+$/.test(before) ? ["-1", after] : [`${before}..${after}`];
  const commits = gone ? [] : await repo.git.commits(["--reverse", ...range]);
  const told = commits.slice(-2048).map(({ sha, tree, message, author, committer }) => ({
    id: sha,
    tree_id: tree,
    message,
    timestamp: committer.date,
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
  }));
  return {
    ref,
    before,
    after,
    created: /^0+$/.test(before),
    deleted: gone,
    forced: false,
    base_ref: null,
    compare: `${hub.origin}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: told,
    head_commit: told.at(-1) ?? null,
    pusher: authorOf(by),
    ...common(hub, repo, by),
  };
}

export async function workflowRunPayload(hub: Hub, repo: Repo, run: Run, action = "completed"): Promise<Json> {
  const commit = (await repo.git.resolve(run.headSha)) && (await repo.git.commitAt(run.headSha));
  return {
    action,
    workflow_run: runAnswer(hub, repo, run, commit || undefined),
    workflow: workflowAnswer(hub, repo, run.workflow),
    ...common(hub, repo, run.actor),
  };
}

export function dispatchPayload(hub: Hub, repo: Repo, workflow: string, ref: string, inputs: Json, by: User): Json {
  return { inputs, ref, workflow: `.github/workflows/${workflow}`, ...common(hub, repo, by) };
}

export function schedulePayload(hub: Hub, repo: Repo, cron: string): Json {
  return { schedule: cron, ...common(hub, repo, repo.owner) };
}

/** A merge queue asks whether what it is about to land is good. */
export async function mergeGroupPayload(
  hub: Hub,
  repo: Repo,
  group: { headRef: string; headSha: string; baseRef: string; baseSha: string },
): Promise<Json> {
  return {
    action: "checks_requested",
    merge_group: {
      head_sha: group.headSha,
      head_ref: group.headRef,
      base_sha: group.baseSha,
      base_ref: group.baseRef,
      head_commit: commitAnswer(hub, repo, await repo.git.commitAt(group.headSha)),
    },
    ...common(hub, repo, repo.owner),
  };
}
