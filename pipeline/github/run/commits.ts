/**
 * Reads commits over GitHub's API, including those of a fork's pull request, which a clone of the repository lacks.
 *
 * A file's type is read from the tree of its commit, because the call that returns a file's bytes follows symbolic links.
 */
import { createHash } from "node:crypto";
import { type Commits, kindOfMode } from "../../core/committed.ts";
import { Failure } from "../../core/failure.ts";
import type { GitHub } from "./client.ts";

export function commitsOf(github: GitHub): Commits {
  return {
    async entries(commit, names) {
      const listed = await github.find(`reading the files of ${commit.slice(0, 7)}`, (rest, place) =>
        rest.git.getTree({ ...place, tree_sha: commit }),
      );
      const accepted = listed?.tree.filter(({ path }) => names.includes(path));
      return (
        accepted &&
        new Map(
          accepted.map(({ path, mode, sha, size }) => [path, { kind: kindOfMode(mode), id: sha, size: size ?? 0 }]),
        )
      );
    },

    async read(commit, name, { id, size }) {
      const got: unknown = await github.ask(`reading ${name} of ${commit.slice(0, 7)}`, (rest, place) =>
        rest.repos.getContent({ ...place, path: name, ref: commit, mediaType: { format: "raw" } }),
      );
      const bytes = got instanceof ArrayBuffer ? new Uint8Array(got) : new Uint8Array(0);
      if (gitId(bytes, id.length) === id) return bytes;
      throw new Failure(
        "corrupt",
        `GitHub gave ${bytes.length} bytes as ${name} of ${commit}, and not the ${size} that are ${id}`,
      );
    },
  };
}

export interface MergeCommits {
  /** Commits. */
  readonly base: string;
  readonly head: string;
  /** Their merge base. */
  readonly mergeBase: string;
}

/**
 * Returns the present commits of both sides of a proposal. @param base a commit, or a branch, whose newest commit is used.
 *
 * @throws Failure `input` where they have no merge base.
 */
export async function mergeCommits(base: string, head: string, github: GitHub): Promise<MergeCommits> {
  const compared = await github.find("comparing both sides", (rest, place) =>
    rest.repos.compareCommitsWithBasehead({ ...place, basehead: `${base}...${head}`, per_page: 1 }),
  );
  if (compared) return { base: compared.base_commit.sha, head, mergeBase: compared.merge_base_commit.sha };
  throw new Failure("input", `${head.slice(0, 7)} and the branch it is meant for have no commit in common`, {
    hint: "branch off the campaign's repository again, and put the change there",
  });
}

/** Git's object id of a file with these bytes. @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects, “Object Storage” */
export function gitId(bytes: Uint8Array, digits: number): string {
  const hash = createHash(digits === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
