/**
 * What follows from a branch that moved: pull requests follow their heads, `refs/pull/N/head` and `merge` are made anew,
 * what has arrived on its base counts as merged, and a push is on record.
 */
import { happened, pullRequestPayload, pushPayload } from "./events.ts";
import { type Hub, isPull, type PullRequest, type Repo, type User } from "./state.ts";

/** Who moved it, and whether by a workflow's own token. */
export interface Mover {
  readonly user: User;
  readonly byWorkflow: boolean;
}

const nothing = "0".repeat(40);

/** Tell the box that refs of `repo` changed from `before` to what they are now. */
export async function refsMoved(
  hub: Hub,
  repo: Repo,
  before: ReadonlyMap<string, string>,
  mover: Mover,
): Promise<void> {
  const after = await repo.git.refs();
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((ref) => /^refs\/(heads|tags)\//.test(ref));
  const moved = names.filter((ref) => before.get(ref) !== after.get(ref));
  if (moved.length === 0) return;
  repo.pushedAt = hub.clock.now();
  for (const ref of moved.sort()) {
    const push = { ref, before: before.get(ref) ?? nothing, after: after.get(ref) ?? nothing };
    const payload = await pushPayload(hub, repo, push, mover.user);
    happened(hub, { name: "push", repo, payload, startsWorkflows: !mover.byWorkflow });
    if (ref.startsWith("refs/heads/")) await pullsFollow(hub, repo, ref.slice("refs/heads/".length), mover);
  }
}

async function pullsFollow(hub: Hub, moved: Repo, branch: string, mover: Mover): Promise<void> {
  for (const repo of hub.repos.values()) {
    const open = [...repo.issues.values()].filter(isPull).filter(({ state }) => state === "open");
    for (const issue of open) {
      const { head, base } = issue.pull;
      if (head.repo === moved && head.ref === branch) await headMoved(hub, repo, issue, mover);
      else if (repo === moved && base.ref === branch) await baseMoved(hub, repo, issue, mover);
    }
  }
}

async function headMoved(hub: Hub, repo: Repo, issue: PullRequest, mover: Mover): Promise<void> {
  const { head, base } = issue.pull;
  const sha = await head.repo.git.resolve(`refs/heads/${head.ref}`);
  issue.updatedAt = hub.clock.now();
  if (!sha) {
    // Without its branch nothing is left to merge.
    issue.state = "closed";
    issue.closedAt = hub.clock.now();
    return;
  }
  head.sha = sha;
  base.sha = (await repo.git.resolve(`refs/heads/${base.ref}`))!;
  await settle(hub, repo, issue);
  const payload = pullRequestPayload(hub, repo, issue, "synchronize", mover.user);
  happened(hub, { name: "pull_request", repo, payload, startsWorkflows: !mover.byWorkflow });
}

async function baseMoved(hub: Hub, repo: Repo, issue: PullRequest, mover: Mover): Promise<void> {
  const tip = await repo.git.resolve(`refs/heads/${issue.pull.base.ref}`);
  if (!tip) return;
  if (await repo.git.isAncestor(issue.pull.head.sha, tip)) return mergedAs(hub, repo, issue, tip, mover);
  await settle(hub, repo, issue);
}

/** A pull request whose commits are on its base is merged, whoever brought them there. */
export function mergedAs(hub: Hub, repo: Repo, issue: PullRequest, sha: string, mover: Mover): void {
  if (issue.pull.merged) return;
  const at = hub.clock.now();
  issue.pull.merged = { by: mover.user, at, sha };
  issue.state = "closed";
  issue.closedAt = at;
  issue.updatedAt = at;
  const payload = pullRequestPayload(hub, repo, issue, "closed", mover.user);
  happened(hub, { name: "pull_request", repo, payload, startsWorkflows: !mover.byWorkflow });
}

/**
 * Make `refs/pull/N/head` and `refs/pull/N/merge` what they should be.
 *
 * Where git finds a conflict the merge ref stays at what it last was, as on GitHub.
 */
export async function settle(hub: Hub, repo: Repo, { number, pull }: PullRequest): Promise<void> {
  const { head, base } = pull;
  const refs = new Map([[`refs/pull/${number}/head`, head.sha]]);
  const tip = (await repo.git.resolve(`refs/heads/${base.ref}`))!;
  const tree = await repo.git.mergedTree(tip, head.sha);
  pull.mergeSha =
    tree &&
    (await repo.git.makeCommit({
      tree,
      parents: [tip, head.sha],
      message: `Merge ${head.sha} into ${tip}`,
      author: { name: "GitHub", email: "noreply@github.com" },
      at: hub.clock.seconds(),
    }));
  if (pull.mergeSha) refs.set(`refs/pull/${number}/merge`, pull.mergeSha);
  await repo.git.setRefs(refs);
}
