/** Issues with their labels and comments; a pull request is an issue too. */
import type { Json } from "../call.ts";
import { type Comment, type Hub, type Issue, isPull, type Label, type Repo } from "../state.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { actionsApp, association, userAnswer } from "./people.ts";

export function labelAnswer(hub: Hub, repo: Repo, label: Label): Json {
  return {
    id: label.id,
    node_id: nodeId("LA", label.id),
    url: `${apiOf(hub, repo)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

export function labelsOf(hub: Hub, repo: Repo, issue: Issue): Json[] {
  return [...issue.labels].map((name) => labelAnswer(hub, repo, repo.labels.get(name)!));
}

export function issueAnswer(hub: Hub, repo: Repo, issue: Issue): Json {
  const url = `${apiOf(hub, repo)}/issues/${issue.number}`;
  const page = `${pageOf(hub, repo)}/${issue.pull ? "pull" : "issues"}/${issue.number}`;
  const assignees = [...issue.assignees].map((user) => userAnswer(hub, user));
  const pull = `${apiOf(hub, repo)}/pulls/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId("I", issue.id),
    number: issue.number,
    url,
    repository_url: apiOf(hub, repo),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    title: issue.title,
    body: issue.body,
    user: userAnswer(hub, issue.user),
    labels: labelsOf(hub, repo, issue),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: issue.locked,
    active_lock_reason: null,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    comments: [...repo.comments.values()].filter((comment) => comment.issue === issue.number).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    author_association: association(repo, issue.user),
    ...(issue.pull && {
      draft: issue.pull.draft,
      pull_request: {
        url: pull,
        html_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
        merged_at: issue.pull.merged?.at ?? null,
      },
    }),
  };
}

export function commentAnswer(hub: Hub, repo: Repo, comment: Comment): Json {
  const issue = repo.issues.get(comment.issue)!;
  const page = `${pageOf(hub, repo)}/${isPull(issue) ? "pull" : "issues"}/${issue.number}`;
  return {
    id: comment.id,
    node_id: nodeId("IC", comment.id),
    url: `${apiOf(hub, repo)}/issues/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${apiOf(hub, repo)}/issues/${issue.number}`,
    body: comment.body,
    user: userAnswer(hub, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repo, comment.user),
    performed_via_github_app: comment.byWorkflow ? actionsApp(hub) : null,
  };
}
