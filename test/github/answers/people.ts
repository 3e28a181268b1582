/** Who somebody is, and how they stand to a repository. */
import type { Json } from "../call.ts";
import type { Hub, Repo, User } from "../state.ts";
import { nodeId } from "./addresses.ts";

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

/** GitHub's word for how somebody stands to a repository. */
export function association(repo: Repo, user: User): string {
  if (repo.owner === user) return "OWNER";
  if (repo.collaborators.has(user.login)) return "COLLABORATOR";
  const merged = [...repo.issues.values()].some((issue) => issue.user === user && issue.pull?.merged);
  return merged ? "CONTRIBUTOR" : "NONE";
}
