/**
 * Files of a commit, as git stores them: no work tree, no attributes, no link is followed.
 *
 * A local repository and a repository behind an API implement the same interface, so code that reads both sides of a
 * proposal works with either.
 */
export interface Commits {
  /** Entries at the top of `commit` with one of `names`; `undefined` where the commit isn't known to this repository. */
  entries(commit: string, names: readonly string[]): Promise<ReadonlyMap<string, Committed> | undefined>;
  /** Bytes of a file that {@link entries} returned. */
  read(commit: string, name: string, file: Committed): Promise<Uint8Array>;
}

export interface Committed {
  readonly kind: "file" | "folder" | "link" | "submodule";
  /** Of its bytes, as git names them: equal ids, equal bytes. */
  readonly id: string;
  /** Bytes; 0 for what is no file. */
  readonly size: number;
}

/** Git's modes, as trees have them. */
export function kindOfMode(mode: string): Committed["kind"] {
  if (mode === "120000") return "link";
  if (mode === "160000") return "submodule";
  return mode === "040000" ? "folder" : "file";
}

/** The first of `all` that knows what is asked for; `undefined` where none does. */
export function firstOfCommits(all: readonly Commits[]): Commits {
  const knowing = new Map<string, Commits>();
  return {
    async entries(commit, names) {
      for (const commits of all) {
        const found = await commits.entries(commit, names);
        if (!found) continue;
        knowing.set(commit, commits);
        return found;
      }
      return undefined;
    },
    read: (commit, name, file) => knowing.get(commit)!.read(commit, name, file),
  };
}
