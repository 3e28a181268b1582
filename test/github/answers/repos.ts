/** A repository, whole or as other things show it. */
import type { Json } from "../call.ts";
import { fullName, type Hub, type Repo, type User } from "../state.ts";
import { roleOf } from "../tokens.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { userAnswer } from "./people.ts";

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
