/** Workflows, their runs, and what a run leaves behind. */
import type { Json } from "../call.ts";
import type { Commit } from "../git.ts";
import type { Artifact, Hub, Repo, Run, Workflow } from "../state.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { userAnswer } from "./people.ts";
import { pullInShort } from "./pulls.ts";
import { shortRepoAnswer } from "./repos.ts";

export function workflowAnswer(hub: Hub, repo: Repo, workflow: Workflow): Json {
  const file = workflow.path.split("/").at(-1)!;
  return {
    id: workflow.id,
    node_id: nodeId("W", workflow.id),
    name: workflow.name,
    path: workflow.path,
    state: workflow.state,
    created_at: workflow.createdAt,
    updated_at: workflow.createdAt,
    url: `${apiOf(hub, repo)}/actions/workflows/${workflow.id}`,
    html_url: `${pageOf(hub, repo)}/blob/${repo.defaultBranch}/${workflow.path}`,
    badge_url: `${pageOf(hub, repo)}/actions/workflows/${file}/badge.svg`,
  };
}

/** @param commit the run's head; `null` where the repository no longer has it. */
export function runAnswer(hub: Hub, repo: Repo, run: Run, commit: Commit | undefined): Json {
  const url = `${apiOf(hub, repo)}/actions/runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId("WFR", run.id),
    name: run.workflow.name,
    display_title: run.title,
    path: run.workflow.path,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    run_number: run.number,
    run_attempt: 1,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: run.workflow.id,
    check_suite_id: run.id,
    check_suite_node_id: nodeId("CS", run.id),
    url,
    html_url: `${pageOf(hub, repo)}/actions/runs/${run.id}`,
    pull_requests: run.pulls.map((pull) => pullInShort(hub, repo, pull)),
    created_at: run.createdAt,
    updated_at: run.createdAt,
    run_started_at: run.createdAt,
    actor: userAnswer(hub, run.actor),
    triggering_actor: userAnswer(hub, run.actor),
    referenced_workflows: [],
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${apiOf(hub, repo)}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${apiOf(hub, repo)}/actions/workflows/${run.workflow.id}`,
    head_commit: commit
      ? {
          id: commit.sha,
          tree_id: commit.tree,
          message: commit.message,
          timestamp: commit.committer.date,
          author: { name: commit.author.name, email: commit.author.email },
          committer: { name: commit.committer.name, email: commit.committer.email },
        }
      : null,
    repository: shortRepoAnswer(hub, repo),
    head_repository: shortRepoAnswer(hub, run.headRepo),
  };
}

export function artifactAnswer(hub: Hub, repo: Repo, artifact: Artifact): Json {
  const url = `${apiOf(hub, repo)}/actions/artifacts/${artifact.id}`;
  const { run } = artifact;
  return {
    id: artifact.id,
    node_id: nodeId("MDg", artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.bytes.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: artifact.expired,
    created_at: artifact.createdAt,
    updated_at: artifact.createdAt,
    expires_at: null,
    workflow_run: {
      id: run.id,
      repository_id: repo.id,
      head_repository_id: run.headRepo.id,
      head_branch: run.headBranch,
      head_sha: run.headSha,
    },
  };
}
