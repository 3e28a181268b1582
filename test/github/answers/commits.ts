/** Commits, as the API of repositories and as that of git shows them, and refs. */
import type { Json } from "../call.ts";
import type { Commit } from "../git.ts";
import type { Hub, Repo } from "../state.ts";
import { apiOf, pageOf } from "./addresses.ts";
import { userAnswer } from "./people.ts";

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

/** Who a commit belongs to, by the address GitHub gives its people. */
function committerOf(hub: Hub, email: string): Json | null {
  const login = /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  const user = login && hub.users.get(login.toLowerCase());
  return user ? userAnswer(hub, user) : null;
}

const unsigned = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

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
