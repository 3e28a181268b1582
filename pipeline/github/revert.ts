/**
 * After a rollback, tree.yaml is still the tree that was rolled back: the pull request that makes it the one that is live.
 *
 * Opened once for each rollback. Whoever closes it has decided otherwise.
 */

import { Failure, isFailure } from "../core/failure.ts";
import { code } from "../core/markdown.ts";
import type { World } from "../core/world.ts";
import { branchWith } from "./branch.ts";
import type { GitHub } from "./client.ts";
import { commitsOf, gitId } from "./commits.ts";
import { once } from "./once.ts";

export interface Rollback {
  /** Of the release that the rollback made. */
  readonly number: number;
  /** Of the release whose tree is live again. */
  readonly rollbackOf: number;
  readonly why: string;
  /** That tree's tree.yaml. */
  readonly tree: Uint8Array;
}

export type Reverted =
  | { readonly did: "opened" | "known"; readonly page: string; readonly branch: string }
  /** The default branch has that tree.yaml already. */
  | { readonly did: "nothing" };

export async function revert(rollback: Rollback, github: GitHub, world: World): Promise<Reverted> {
  const { number, rollbackOf, tree } = rollback;
  const { default_branch: base } = await github.ask("reading the repository", (rest, place) =>
    rest.repos.get({ ...place }),
  );
  const tip = await github.ask("reading the default branch", (rest, place) =>
    rest.repos.getBranch({ ...place, branch: base }),
  );
  const now = (await commitsOf(github).entries(tip.commit.sha, ["tree.yaml"]))?.get("tree.yaml");
  if (now && now.id === gitId(tree, now.id.length)) return { did: "nothing" };

  const branch = `fieldtree/rollback-${number}`;
  const title = `tree.yaml: back to release ${rollbackOf}`;
  const head = `${github.place.owner}:${branch}`;
  const find = async () => {
    const known = await github.ask("looking for the pull request", (rest, place) =>
      rest.pulls.list({ ...place, state: "all", head, base }),
    );
    return known[0] && ({ did: "known", page: known[0].html_url, branch } as const);
  };
  const known = await find();
  if (known) return known;
  await branchWith({ branch, onto: tip.commit.sha, path: "tree.yaml", bytes: tree, message: title }, github, world);
  const make = async () => {
    const opened = await github.ask("opening the pull request", (rest, place) =>
      rest.pulls.create({ ...place, title, head: branch, base, body: bodyOf(rollback) }),
    );
    return { did: "opened", page: opened.html_url, branch } as const;
  };
  try {
    return await once<Reverted>({ find, make }, world);
  } catch (error) {
    if (!isFailure(error, "refused") || !/not permitted to create/i.test(error.message)) throw error;
    throw new Failure("refused", error.message, {
      hint: `Settings → Actions → General → Workflow permissions: allow GitHub Actions to create pull requests; or open it by hand from the branch ${branch}`,
      cause: error,
    });
  }
}

function bodyOf({ number, rollbackOf, why }: Rollback): string {
  return [
    `Release ${number} made the tree of release ${rollbackOf} live again: ${code(why, 2000)}`,
    "",
    `tree.yaml still has what was rolled back, so publishing is refused until it changes. This gives it the content of release ${rollbackOf}.`,
    "Other changes that came in since then are taken back as well: keep them by editing this pull request.",
    "",
    "GitHub starts no workflows for pull requests that workflows open. Close it and open it again to have it planned.",
  ].join("\n");
}
