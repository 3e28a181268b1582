/** The commits of a clone on this machine, read by plumbing that ignores filters, attributes and replaced objects. */
import { type Commits, kindOfMode } from "../core/committed.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { runGit } from "./run-git.ts";

/** @param folder any folder of the clone. Without git, no commit is found. */
export function commitsIn(folder: string, world: World): Commits {
  const git = async (args: readonly string[]): Promise<Buffer | undefined> => {
    const env = { GIT_OPTIONAL_LOCKS: "0", GIT_NO_REPLACE_OBJECTS: "1", GIT_NO_LAZY_FETCH: "1", LC_ALL: "C" };
    const { code, stdout } = await runGit(["--literal-pathspecs", ...args], { cwd: folder, env, signal: world.signal });
    return code === 0 ? stdout : undefined;
  };

  return {
    async entries(commit, names) {
      requireId(commit);
      const listed = await git(["ls-tree", "-z", "-l", "--full-tree", `${commit}^{commit}`, "--", ...names]);
      if (!listed) return undefined;
      const lines = listed.toString().split("\0").filter(Boolean);
      return new Map(
        lines.flatMap((line) => {
          const [, mode, id, size, name] = /^(\d+) \w+ ([0-9a-f]+) +(-|\d+)\t(.*)$/s.exec(line) ?? [];
          return name === undefined
            ? []
            : [[name, { kind: kindOfMode(mode!), id: id!, size: Number(size) || 0 }] as const];
        }),
      );
    },

    async read(commit, name, { id }) {
      requireId(id);
      const bytes = await git(["cat-file", "blob", id]);
      if (bytes) return bytes;
      throw new Failure("input", `git can't read ${name} of ${commit}`, {
        hint: "git fsck reports what is broken in this clone",
      });
    },
  };
}

/** Rejects flags, and revisions that git would resolve. */
function requireId(id: string): void {
  if (!/^[0-9a-f]{40,64}$/.test(id)) throw new Failure("input", `${JSON.stringify(id.slice(0, 80))} is no commit`);
}

/** The commit that is checked out in `folder`; `undefined` where there is none. */
export async function commitHere(folder: string, world: World): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "HEAD^{commit}"];
  const { code, stdout } = await runGit(args, { cwd: folder, env: { LC_ALL: "C" }, signal: world.signal });
  return code === 0 ? stdout.toString().trim() : undefined;
}
