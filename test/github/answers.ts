/**
 * What is known, in the words GitHub answers with.
 *
 * Everything GitHub's description requires is there, so that a reader can't come to rest on less; what hangs on nothing
 * here (stars, milestones, pages) has the value of a repository that never used it.
 */
import type { Json } from "./call.ts";
import type { ChangedFile, Commit } from "./git.ts";
import {
  type Annotation,
  type Artifact,
  type Asset,
  type CheckRun,
  type Comment,
  type CommitStatus,
  type Deployment,
  type DeploymentStatus,
  type Environment,
  fullName,
  type Hub,
  type Issue,
  isPull,
  type Label,
  type PullRequest,
  type Release,
  type Repo,
  type Review,
  type ReviewComment,
  type Run,
  type User,
  type Workflow,
} from "./state.ts";
import { roleOf } from "./tokens.ts";

export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(`${kind}:${id}`).toString("base64url")}`;
}

export const apiOf = (hub: Hub, repo: Repo): string => `${hub.api}/repos/${fullName(repo)}`;
export const pageOf = (hub: Hub, repo: Repo): string => `${hub.origin}/${fullName(repo)}`;

export function userAnswer(hub: Hub, user: User): Json {
  const url = `${hub.api}/users/${encodeURIComponent(user.login)}`;
  const lists = ["followers", "organizations", "received_events", "repos", "subscriptions"];
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId("U", user.id),
    avatar_url: `${hub.origin}/avatars/u/${user.id}`,
    gravatar_id: "",
    url,
    html_url: `${hub.origin}/${user.type === "Bot" ? `apps/${user.login.replace("[bot]", "")}` : user.login}`,
    ...Object.fromEntries(lists.map((list) => [`${list}_url`, `${url}/${list}`])),
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    events_url: `${url}/events{/privacy}`,
    type: user.type,
    site_admin: false,
  };
}

export function profileAnswer(hub: Hub, user: User): Json {
  const unknown = ["name", "company", "location", "email", "hireable", "bio"];
  return {
    ...userAnswer(hub, user),
    ...Object.fromEntries(unknown.map((field) => [field, null])),
    blog: "",
    public_repos: [...hub.repos.values()].filter((repo) => repo.owner === user).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: "2020-01-01T00:00:00Z",
    updated_at: "2020-01-01T00:00:00Z",
  };
}

/** What another thing shows of its repository. */
export function shortRepoAnswer(hub: Hub, repo: Repo): Json {
  const url = apiOf(hub, repo);
  const templates: Record<string, string> = {
    archive: "/{archive_format}{/ref}",
    assignees: "/assignees{/user}",
    blobs: "/git/blobs{/sha}",
    branches: "/branches{/branch}",
    collaborators: "/collaborators{/collaborator}",
    comments: "/comments{/number}",
    commits: "/commits{/sha}",
    compare: "/compare/{base}...{head}",
    contents: "/contents/{+path}",
    contributors: "/contributors",
    deployments: "/deployments",
    downloads: "/downloads",
    events: "/events",
    forks: "/forks",
    git_commits: "/git/commits{/sha}",
    git_refs: "/git/refs{/sha}",
    git_tags: "/git/tags{/sha}",
    hooks: "/hooks",
    issue_comment: "/issues/comments{/number}",
    issue_events: "/issues/events{/number}",
    issues: "/issues{/number}",
    keys: "/keys{/key_id}",
    labels: "/labels{/name}",
    languages: "/languages",
    merges: "/merges",
    milestones: "/milestones{/number}",
    notifications: "/notifications{?since,all,participating}",
    pulls: "/pulls{/number}",
    releases: "/releases{/id}",
    stargazers: "/stargazers",
    statuses: "/statuses/{sha}",
    subscribers: "/subscribers",
    subscription: "/subscription",
    tags: "/tags",
    teams: "/teams",
    trees: "/git/trees{/sha}",
  };
  return {
    id: repo.id,
    node_id: nodeId("R", repo.id),
    name: repo.name,
    full_name: fullName(repo),
    owner: userAnswer(hub, repo.owner),
    private: repo.private,
    html_url: pageOf(hub, repo),
    description: null,
    fork: repo.parent !== undefined,
    url,
    ...Object.fromEntries(Object.entries(templates).map(([name, path]) => [`${name}_url`, url + path])),
  };
}

/** @param asker decides what `permissions` say. */
export function repoAnswer(hub: Hub, repo: Repo, asker?: User): Json {
  const forks = [...hub.repos.values()].filter((other) => other.parent === repo).length;
  const open = [...repo.issues.values()].filter(({ state }) => state === "open").length;
  const role = asker ? roleOf(asker, repo) : "none";
  const sources = repo.parent && {
    parent: repoAnswer(hub, repo.parent),
    source: repoAnswer(hub, repo.parent),
  };
  return {
    ...shortRepoAnswer(hub, repo),
    clone_url: `${pageOf(hub, repo)}.git`,
    git_url: `git://${new URL(hub.origin).host}/${fullName(repo)}.git`,
    ssh_url: `git@${new URL(hub.origin).host}:${fullName(repo)}.git`,
    svn_url: pageOf(hub, repo),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks,
    forks_count: forks,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    network_count: forks,
    subscribers_count: 0,
    size: 1,
    default_branch: repo.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    topics: [],
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: repo.private ? "private" : "public",
    pushed_at: repo.pushedAt,
    created_at: repo.createdAt,
    updated_at: repo.pushedAt,
    ...(asker && {
      permissions: {
        admin: role === "admin",
        maintain: role === "admin",
        push: role !== "none",
        triage: role !== "none",
        pull: true,
      },
    }),
    allow_forking: true,
    web_commit_signoff_required: false,
    ...sources,
  };
}

/** The app that every `GITHUB_TOKEN` belongs to. */
export function actionsApp(hub: Hub): Json {
  const then = "2018-07-30T09:30:17Z";
  return {
    id: 15368,
    slug: "github-actions",
    node_id: nodeId("A", 15368),
    owner: userAnswer(hub, hub.user("github", "Organization")),
    name: "GitHub Actions",
    description: "Automate your workflow from idea to production",
    external_url: "https://help.github.com/en/actions",
    html_url: `${hub.origin}/apps/github-actions`,
    created_at: then,
    updated_at: then,
    permissions: { actions: "write", checks: "write", contents: "write", issues: "write", metadata: "read" },
    events: ["check_run", "pull_request", "push"],
  };
}

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

function labelsOf(hub: Hub, repo: Repo, issue: Issue): Json[] {
  return [...issue.labels].map((name) => labelAnswer(hub, repo, repo.labels.get(name)!));
}

/** GitHub's word for how somebody stands to a repository. */
export function association(repo: Repo, user: User): string {
  if (repo.owner === user) return "OWNER";
  if (repo.collaborators.has(user.login)) return "COLLABORATOR";
  const merged = [...repo.issues.values()].some((issue) => issue.user === user && issue.pull?.merged);
  return merged ? "CONTRIBUTOR" : "NONE";
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

function sideAnswer(hub: Hub, { repo, ref, sha }: { repo: Repo; ref: string; sha: string }): Json {
  return {
    label: `${repo.owner.login}:${ref}`,
    ref,
    sha,
    user: userAnswer(hub, repo.owner),
    repo: repoAnswer(hub, repo),
  };
}

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
    labels: labelsOf(hub, repo, issue),
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

/** Who a commit belongs to, by the address GitHub gives its people. */
function committerOf(hub: Hub, email: string): Json | null {
  const login = /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  const user = login && hub.users.get(login.toLowerCase());
  return user ? userAnswer(hub, user) : null;
}

const unsigned = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

export function commitAnswer(hub: Hub, repo: Repo, commit: Commit): Json {
  const url = `${apiOf(hub, repo)}/commits/${commit.sha}`;
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url,
    html_url: `${pageOf(hub, repo)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${apiOf(hub, repo)}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${apiOf(hub, repo)}/git/trees/${commit.tree}` },
      verification: unsigned,
    },
    author: committerOf(hub, commit.author.email),
    committer: committerOf(hub, commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${apiOf(hub, repo)}/commits/${sha}`,
      html_url: `${pageOf(hub, repo)}/commit/${sha}`,
    })),
  };
}

export function gitCommitAnswer(hub: Hub, repo: Repo, commit: Commit): Json {
  const { author, committer, message, sha, tree, parents } = commit;
  return {
    sha,
    node_id: `C_${sha}`,
    url: `${apiOf(hub, repo)}/git/commits/${sha}`,
    html_url: `${pageOf(hub, repo)}/commit/${sha}`,
    author,
    committer,
    message,
    tree: { sha: tree, url: `${apiOf(hub, repo)}/git/trees/${tree}` },
    parents: parents.map((parent) => ({
      sha: parent,
      url: `${apiOf(hub, repo)}/git/commits/${parent}`,
      html_url: `${pageOf(hub, repo)}/commit/${parent}`,
    })),
    verification: unsigned,
  };
}

export function refAnswer(hub: Hub, repo: Repo, ref: string, sha: string, type: string): Json {
  const kind = type === "tag" ? "tags" : "commits";
  return {
    ref,
    node_id: `REF_${Buffer.from(`${repo.id}:${ref}`).toString("base64url")}`,
    url: `${apiOf(hub, repo)}/git/${ref}`,
    object: { type, sha, url: `${apiOf(hub, repo)}/git/${kind}/${sha}` },
  };
}

export function checkRunAnswer(hub: Hub, repo: Repo, run: CheckRun): Json {
  const url = `${apiOf(hub, repo)}/check-runs/${run.id}`;
  const page = `${pageOf(hub, repo)}/runs/${run.id}`;
  const pulls = [...repo.issues.values()].filter(isPull);
  const concerned = pulls.filter(({ state, pull }) => state === "open" && pull.head.sha === run.headSha);
  return {
    id: run.id,
    node_id: nodeId("CR", run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    name: run.name,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: repo.id },
    app: actionsApp(hub),
    // A fork's pull requests are not named: the check may not tell one repository of another.
    pull_requests: concerned.filter(({ pull }) => pull.head.repo === repo).map((pull) => pullInShort(hub, repo, pull)),
  };
}

export function annotationAnswer(hub: Hub, repo: Repo, headSha: string, annotation: Annotation): Json {
  return {
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    ...annotation,
    blob_href: `${pageOf(hub, repo)}/blob/${headSha}/${annotation.path}`,
  };
}

export function statusAnswer(hub: Hub, repo: Repo, status: CommitStatus): Json {
  return {
    id: status.id,
    node_id: nodeId("SC", status.id),
    url: `${apiOf(hub, repo)}/statuses/${status.sha}`,
    avatar_url: `${hub.origin}/avatars/u/${status.creator.id}`,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: userAnswer(hub, status.creator),
  };
}

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
    production_environment: environment === "production",
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

export function assetAnswer(hub: Hub, repo: Repo, release: Release, asset: Asset): Json {
  return {
    id: asset.id,
    node_id: nodeId("RA", asset.id),
    url: `${apiOf(hub, repo)}/releases/assets/${asset.id}`,
    browser_download_url: `${pageOf(hub, repo)}/releases/download/${release.tag}/${encodeURIComponent(asset.name)}`,
    name: asset.name,
    label: asset.label,
    state: "uploaded",
    content_type: asset.contentType,
    size: asset.bytes.length,
    digest: null,
    download_count: 0,
    created_at: asset.createdAt,
    updated_at: asset.createdAt,
    uploader: userAnswer(hub, asset.uploader),
  };
}

export function releaseAnswer(hub: Hub, repo: Repo, release: Release): Json {
  const url = `${apiOf(hub, repo)}/releases/${release.id}`;
  return {
    id: release.id,
    node_id: nodeId("RE", release.id),
    url,
    html_url: `${pageOf(hub, repo)}/releases/tag/${release.tag}`,
    assets_url: `${url}/assets`,
    upload_url: `${hub.origin}/api/uploads/repos/${fullName(repo)}/releases/${release.id}/assets{?name,label}`,
    tarball_url: `${apiOf(hub, repo)}/tarball/${release.tag}`,
    zipball_url: `${apiOf(hub, repo)}/zipball/${release.tag}`,
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    body: release.body,
    draft: release.draft,
    prerelease: release.prerelease,
    immutable: false,
    created_at: release.createdAt,
    published_at: release.publishedAt,
    author: userAnswer(hub, release.author),
    assets: [...release.assets.values()].map((asset) => assetAnswer(hub, repo, release, asset)),
  };
}

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
