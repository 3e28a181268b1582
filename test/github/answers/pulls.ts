/** Pull requests, the files they change, and what reviewers say of them. */
import type { Json } from "../call.ts";
import type { ChangedFile } from "../git.ts";
import type { Hub, PullRequest, Repo, Review, ReviewComment } from "../state.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { labelsOf } from "./issues.ts";
import { association, userAnswer } from "./people.ts";
import { repoAnswer } from "./repos.ts";

/** As in lists; a single pull request says more ({@link pullAnswer}). */
export function pullInList(hub: Hub, repo: Repo, issue: PullRequest): Json {
  const { pull } = issue;
  const url = `${apiOf(hub, repo)}/pulls/${issue.number}`;
  const page = `${pageOf(hub, repo)}/pull/${issue.number}`;
  const issueUrl = `${apiOf(hub, repo)}/issues/${issue.number}`;
  const links = {
    self: url,
    html: page,
    issue: issueUrl,
    comments: `${issueUrl}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${apiOf(hub, repo)}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${apiOf(hub, repo)}/statuses/${pull.head.sha}`,
  };
  const assignees = [...issue.assignees].map((user) => userAnswer(hub, user));
  return {
    id: issue.id,
    node_id: nodeId("PR", issue.id),
    number: issue.number,
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: links.issue,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: links.statuses,
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    body: issue.body,
    user: userAnswer(hub, issue.user),
    // Here, and not at issues, GitHub's description knows no label without one.
    labels: labelsOf(hub, repo, issue).map((label) => ({ ...label, description: label.description ?? "" })),
    milestone: null,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.sha ?? pull.mergeSha ?? null,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: [...pull.reviewers].map((user) => userAnswer(hub, user)),
    requested_teams: [],
    head: sideAnswer(hub, pull.head),
    base: sideAnswer(hub, { repo, ...pull.base }),
    author_association: association(repo, issue.user),
    auto_merge: null,
    draft: pull.draft,
  };
}

function sideAnswer(hub: Hub, { repo, ref, sha }: { repo: Repo; ref: string; sha: string }): Json {
  return {
    label: `${repo.owner.login}:${ref}`,
    ref,
    sha,
    user: userAnswer(hub, repo.owner),
    repo: repoAnswer(hub, repo),
  };
}

export interface PullFigures {
  readonly mergeable: boolean | null;
  readonly mergeable_state: string;
  readonly commits: number;
  readonly files: readonly ChangedFile[];
}

export function pullAnswer(hub: Hub, repo: Repo, issue: PullRequest, figures: PullFigures): Json {
  const count = (field: "additions" | "deletions") => figures.files.reduce((sum, file) => sum + file[field], 0);
  const { merged } = issue.pull;
  return {
    ...pullInList(hub, repo, issue),
    merged: merged !== undefined,
    mergeable: figures.mergeable,
    rebaseable: figures.mergeable,
    mergeable_state: figures.mergeable_state,
    merged_by: merged ? userAnswer(hub, merged.by) : null,
    comments: [...repo.comments.values()].filter((comment) => comment.issue === issue.number).length,
    review_comments: [...repo.reviewComments.values()].filter((comment) => comment.pull === issue.number).length,
    maintainer_can_modify: issue.pull.head.repo !== repo,
    commits: figures.commits,
    additions: count("additions"),
    deletions: count("deletions"),
    changed_files: figures.files.length,
  };
}

/** What runs and checks show of a pull request. */
export function pullInShort(hub: Hub, repo: Repo, { id, number, pull }: PullRequest): Json {
  const repoInShort = (one: Repo) => ({ id: one.id, url: apiOf(hub, one), name: one.name });
  return {
    id,
    number,
    url: `${apiOf(hub, repo)}/pulls/${number}`,
    head: { ref: pull.head.ref, sha: pull.head.sha, repo: repoInShort(pull.head.repo) },
    base: { ref: pull.base.ref, sha: pull.base.sha, repo: repoInShort(repo) },
  };
}

export function fileAnswer(hub: Hub, repo: Repo, ref: string, file: ChangedFile): Json {
  const path = file.filename.split("/").map(encodeURIComponent).join("/");
  return {
    ...file,
    changes: file.additions + file.deletions,
    blob_url: `${pageOf(hub, repo)}/blob/${ref}/${path}`,
    raw_url: `${pageOf(hub, repo)}/raw/${ref}/${path}`,
    contents_url: `${apiOf(hub, repo)}/contents/${path}?ref=${ref}`,
  };
}

export function reviewAnswer(hub: Hub, repo: Repo, review: Review): Json {
  const page = `${pageOf(hub, repo)}/pull/${review.pull}#pullrequestreview-${review.id}`;
  const pull = `${apiOf(hub, repo)}/pulls/${review.pull}`;
  return {
    id: review.id,
    node_id: nodeId("PRR", review.id),
    user: userAnswer(hub, review.user),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pull,
    _links: { html: { href: page }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
    author_association: association(repo, review.user),
  };
}

export function reviewCommentAnswer(hub: Hub, repo: Repo, comment: ReviewComment): Json {
  const page = `${pageOf(hub, repo)}/pull/${comment.pull}#discussion_r${comment.id}`;
  const pull = `${apiOf(hub, repo)}/pulls/${comment.pull}`;
  const url = `${apiOf(hub, repo)}/pulls/comments/${comment.id}`;
  return {
    id: comment.id,
    node_id: nodeId("PRRC", comment.id),
    url,
    pull_request_review_id: comment.review,
    diff_hunk: "",
    path: comment.path,
    line: comment.line,
    original_line: comment.line,
    start_line: comment.startLine ?? null,
    original_start_line: comment.startLine ?? null,
    start_side: comment.startLine ? comment.side : null,
    side: comment.side,
    subject_type: "line",
    commit_id: comment.commit,
    original_commit_id: comment.commit,
    user: userAnswer(hub, comment.user),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.createdAt,
    html_url: page,
    pull_request_url: pull,
    author_association: association(repo, comment.user),
    _links: { self: { href: url }, html: { href: page }, pull_request: { href: pull } },
  };
}
