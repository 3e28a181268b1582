/** Deployments, and the environments they go to. */
import type { Json } from "../call.ts";
import type { Deployment, DeploymentStatus, Environment, Hub, Repo } from "../state.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { userAnswer } from "./people.ts";

export function deploymentAnswer(hub: Hub, repo: Repo, deployment: Deployment): Json {
  const url = `${apiOf(hub, repo)}/deployments/${deployment.id}`;
  const { id, sha, ref, task, payload, environment, description, creator, createdAt } = deployment;
  return {
    id,
    node_id: nodeId("DE", id),
    url,
    sha,
    ref,
    task,
    payload,
    environment,
    original_environment: environment,
    description,
    creator: userAnswer(hub, creator),
    created_at: createdAt,
    updated_at: deployment.statuses.at(-1)?.createdAt ?? createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: apiOf(hub, repo),
    transient_environment: false,
    production_environment: deployment.production,
    performed_via_github_app: null,
  };
}

export function deploymentStatusAnswer(hub: Hub, repo: Repo, deployment: Deployment, status: DeploymentStatus): Json {
  const url = `${apiOf(hub, repo)}/deployments/${deployment.id}`;
  return {
    id: status.id,
    node_id: nodeId("DES", status.id),
    url: `${url}/statuses/${status.id}`,
    state: status.state,
    creator: userAnswer(hub, status.creator),
    description: status.description,
    environment: deployment.environment,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: apiOf(hub, repo),
    performed_via_github_app: null,
  };
}

export function environmentAnswer(hub: Hub, repo: Repo, environment: Environment): Json {
  const { id, name, branches, reviewers, createdAt } = environment;
  return {
    id,
    node_id: nodeId("EN", id),
    name,
    url: `${apiOf(hub, repo)}/environments/${encodeURIComponent(name)}`,
    html_url: `${pageOf(hub, repo)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: createdAt,
    updated_at: createdAt,
    protection_rules: [
      ...(reviewers.length > 0
        ? [
            {
              id: id * 10,
              node_id: nodeId("GA", id * 10),
              type: "required_reviewers",
              prevent_self_review: false,
              reviewers: reviewers.map((user) => ({ type: "User", reviewer: userAnswer(hub, user) })),
            },
          ]
        : []),
      ...(branches ? [{ id: id * 10 + 1, node_id: nodeId("GA", id * 10 + 1), type: "branch_policy" }] : []),
    ],
    deployment_branch_policy: branches ? { protected_branches: false, custom_branch_policies: true } : null,
  };
}
