/**
 * Opens a pull request after a rollback. It changes tree.yaml, which still has the tree that was rolled back, to the live tree.
 *
 * Each rollback has one pull request: if a person closes it, it is not opened again.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import { code } from "../../core/text/markdown.ts";
import type { World } from "../../core/world.ts";
import { openPull } from "../pull-request/open-pull.ts";
import type { GitHub } from "../run/client.ts";
import { commitsOf, gitId } from "../run/commits.ts";

export interface Rollback {
  /** Number of the release that the rollback created. */
  readonly number: number;
  /** Number of the release whose tree is live again. */
  readonly rollbackOf: number;
  readonly why: string;
  /** The tree.yaml of that release. */
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
  const change = { branch, onto: tip.commit.sha, path: "tree.yaml", bytes: tree };
  const title = `tree.yaml: back to release ${rollbackOf}`;
  const draft = { ...change, title, body: bodyOf(rollback), base, known: "all" } as const;
  try {
    const { did, page } = await openPull(draft, github, github, world);
    return { did, page, branch };
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
    `Release ${number} restored the tree of release ${rollbackOf}: ${code(why, 2000)}`,
    "",
    `tree.yaml still has what was rolled back, so publishing is refused until it changes. This gives it the content of release ${rollbackOf}.`,
    "Other changes that came in since then are taken back as well: keep them by editing this pull request.",
    "",
    "GitHub starts no workflows for pull requests that workflows open. Close it and open it again to have it planned.",
  ].join("\n");
}
