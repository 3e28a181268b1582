/** Creates a branch with one changed file over the API, atomically. */
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { GitHub } from "../run/client.ts";
import { createIfAbsent } from "../run/create-if-absent.ts";

export interface BranchDraft {
  readonly branch: string;
  /** The commit that the branch starts from. */
  readonly onto: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly message: string;
}

/** Creates `branch` unless it exists. Resolves to its newest commit. */
export async function createBranch(draft: BranchDraft, github: GitHub, world: World): Promise<string> {
  const { branch, onto, path, bytes, message } = draft;
  const find = async () =>
    (
      await github.find(`searching for the branch ${branch}`, (rest, place) =>
        rest.git.getRef({ ...place, ref: `heads/${branch}` }),
      )
    )?.object.sha;
  const create = async () => {
    // GitHub collects objects that no branch refers to, such as those of an interrupted run.
    const blob = await github.ask(`storing ${path}`, (rest, place) =>
      rest.git.createBlob({ ...place, content: Buffer.from(bytes).toString("base64"), encoding: "base64" }),
    );
    const { tree: base } = await github.ask(`reading ${onto.slice(0, 7)}`, (rest, place) =>
      rest.git.getCommit({ ...place, commit_sha: onto }),
    );
    const file = { path, mode: "100644", type: "blob", sha: blob.sha } as const;
    const tree = await github.ask("storing the folder", (rest, place) =>
      rest.git.createTree({ ...place, base_tree: base.sha, tree: [file] }),
    );
    const commit = await github.ask("making the commit", (rest, place) =>
      rest.git.createCommit({ ...place, message, tree: tree.sha, parents: [onto] }),
    );
    await github
      .ask(`making the branch ${branch}`, (rest, place) =>
        rest.git.createRef({ ...place, ref: `refs/heads/${branch}`, sha: commit.sha }),
      )
      .catch((error: unknown) => {
        throw isFailure(error, "refused") ? branchRefused(error, github) : error;
      });
    return commit.sha;
  };
  return createIfAbsent({ find, create }, world);
}

/**
 * GitHub refuses with "not found" where the branch would bring the fork changed workflows, and the token may not change
 * workflows.
 */
function branchRefused(refused: Failure, { page }: GitHub): Failure {
  const way = `if ${page} is an older fork, press “Sync fork” there and run this again; a classic token needs the scope repo`;
  const hint = [refused.hint, way].filter(Boolean).join("; ");
  return new Failure("refused", refused.message, { hint, cause: refused });
}
