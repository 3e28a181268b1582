/** The events that start our workflows, each with the permissions that the workflow's file asks for. */
import type { PullRequestHandle } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import type { WorkflowEvent, WorkflowResult } from "./run-workflow.ts";

/** For plan.yml. `secrets` are the repository's: a fork's pull request must not get them. */
export function opened(pull: PullRequestHandle, secrets: WorkflowEvent["secrets"] & {}): WorkflowEvent {
  const token = pull.token({ contents: "read" });
  return { name: "pull_request", payload: pull.event("opened"), token, secrets, pull };
}

/** For plan-report.yml. */
export async function ended(plan: WorkflowResult, repo: Repository): Promise<WorkflowEvent> {
  return { name: "workflow_run", payload: await plan.run.event(), token: repo.token(mayReport) };
}

/** What plan-report.yml's job may do. */
export const mayReport = {
  actions: "read",
  contents: "read",
  "pull-requests": "write",
  checks: "write",
  statuses: "write",
} as const;

/** What publish.yml's jobs may do, together. */
export const mayPublish = { contents: "write", deployments: "write", "pull-requests": "write" } as const;
