/**
 * Bare repositories of real git, and what GitHub does with them: commits made in a web editor, merges, comparisons.
 *
 * Dates are given, never taken from the clock, so that the same scenario makes the same commits.
 */
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a commit puts at a path: text, bytes, a link, a program, or `null` to take the path away. */
export type FileContent = string | Uint8Array | { readonly symlink: string } | { readonly executable: string } | null;

/** Paths from the repository's root. */
export type Files = Readonly<Record<string, FileContent>>;

export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface NewCommit {
  readonly branch: string;
  readonly files: Files;
  readonly message: string;
  readonly author: Author;
  /** Seconds since 1970. */
  readonly at: number;
  /** The commit to stand on; without it, the branch's own newest, or none for a branch that is new. */
  readonly parent?: string;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Author & { readonly date: string };
  readonly committer: Author & { readonly date: string };
  readonly message: string;
}

export interface ChangedFile {
  readonly filename: string;
  readonly previous_filename?: string;
  readonly status: "added" | "modified" | "removed" | "renamed";
  readonly sha: string | null;
  readonly additions: number;
  readonly deletions: number;
  readonly patch?: string;
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: "blob" | "tree" | "commit";
  readonly sha: string;
  readonly path: string;
  /** Bytes; absent for folders and submodules. */
  readonly size?: number;
}

export type Git = ReturnType<typeof gitAt>;

/** GitHub's git knows nothing of a user's own settings. */
const isolated = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

/**
 * Make a bare repository as GitHub sets one up: `refs/pull` can be fetched and not pushed, any commit can be asked for.
 *
 * A fork keeps its objects where its parent does, as on GitHub: what is pushed to one can be read by id from the other.
 * Written file by file: a scenario makes many, and `git init` with its settings costs nine processes.
 */
export async function initGit(folder: string, defaultBranch: string, parent?: Git): Promise<Git> {
  for (const part of ["refs/heads", "hooks"]) await mkdir(join(folder, part), { recursive: true });
  if (parent) await symlink(join(parent.folder, "objects"), join(folder, "objects"));
  else await mkdir(join(folder, "objects"));
  await writeFile(join(folder, "HEAD"), `ref: refs/heads/${defaultBranch}\n`);
  await writeFile(join(folder, "config"), settings);
  return gitAt(folder);
}

const settings = `[core]
	repositoryformatversion = 0
	bare = true
[receive]
	hideRefs = refs/pull
	autogc = false
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
[http]
	receivepack = true
[gc]
	auto = 0
`;

interface Said {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

interface Ask {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

export function gitAt(folder: string) {
  const ask = (args: readonly string[], { input, env }: Ask = {}) =>
    new Promise<Said>((resolve, reject) => {
      const options = {
        env: { PATH: process.env.PATH ?? "", ...isolated, ...env },
        encoding: "buffer",
        maxBuffer: Infinity,
      } as const;
      const child = execFile("git", ["-C", folder, ...args], options, (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") reject(error);
        else resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
      });
      // It need not read all of what it is given.
      child.stdin!.on("error", () => {});
      child.stdin!.end(input);
    });

  /** stdout as it is. @throws Error with git's stderr. */
  const bytes = async (args: readonly string[], options: Ask = {}) => {
    const { exitCode, stdout, stderr } = await ask(args, options);
    if (exitCode !== 0) throw new Error(`git ${args[0]}: ${stderr.toString()}`);
    return stdout;
  };
  const text = async (args: readonly string[], options: Ask = {}) =>
    (await bytes(args, options)).toString().replace(/\n$/, "");

  /** The object a name leads to; `undefined` where it leads nowhere. */
  const resolve = async (name: string, type = "commit"): Promise<string | undefined> => {
    const { exitCode, stdout } = await ask([
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${name}^{${type}}`,
    ]);
    return exitCode === 0 ? stdout.toString().trim() : undefined;
  };

  /** The object at a path; `undefined` where there is none. */
  const objectAt = async (commit: string, path: string): Promise<string | undefined> => {
    const { exitCode, stdout } = await ask([
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${commit}:${path}`,
    ]);
    return exitCode === 0 ? stdout.toString().trim() : undefined;
  };

  const refs = async (prefix = "refs/"): Promise<Map<string, string>> => {
    const listed = await text(["for-each-ref", "--format=%(refname) %(objectname)"]);
    const all = listed.split("\n").filter((line) => line.startsWith(prefix));
    return new Map(all.map((line) => line.split(" ") as [string, string]));
  };

  const commits = async (args: readonly string[]): Promise<Commit[]> => {
    const format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x01";
    const said = await text(["log", format, ...args]);
    return said
      .split("\x01")
      .map((one) => one.replace(/^\n/, ""))
      .filter((one) => one !== "")
      .map((one) => {
        const fields = one.split("\0");
        const [sha = "", tree = "", parents = "", an = "", ae = "", ad = "", cn = "", ce = "", cd = "", message = ""] =
          fields;
        return {
          sha,
          tree,
          parents: parents.split(" ").filter(Boolean),
          author: { name: an, email: ae, date: utc(ad) },
          committer: { name: cn, email: ce, date: utc(cd) },
          message: message.replace(/\n+$/, ""),
        };
      });
  };

  return {
    folder,
    bytes,
    text,
    resolve,
    objectAt,
    refs,
    commits,

    commitAt: async (sha: string): Promise<Commit> => (await commits(["-1", sha]))[0]!,

    /** Write files onto a branch in one commit, as GitHub's web editor does. Resolves to its id. */
    async commit({ branch, files, message, author, at, parent }: NewCommit): Promise<string> {
      const from = parent ?? (await resolve(`refs/heads/${branch}`));
      const parts: Uint8Array[] = [];
      const line = (words: string) => parts.push(Buffer.from(`${words}\n`));
      const data = (content: Uint8Array) => {
        line(`data ${content.length}`);
        parts.push(content, Buffer.from("\n"));
      };
      line(`commit refs/heads/${branch}`);
      line(`committer ${author.name} <${author.email}> ${at} +0000`);
      data(Buffer.from(message));
      if (from) line(`from ${from}`);
      for (const [path, content] of Object.entries(files)) {
        if (content === null) line(`D ${quoted(path)}`);
        else {
          line(`M ${modeOf(content)} inline ${quoted(path)}`);
          data(bytesOf(content));
        }
      }
      line("done");
      await text(["fast-import", "--quiet", "--done", "--force"], { input: Buffer.concat(parts) });
      return (await resolve(`refs/heads/${branch}`))!;
    },

    async makeCommit(commit: {
      tree: string;
      parents: readonly string[];
      message: string;
      author: Author;
      committer?: Author;
      at: number;
    }): Promise<string> {
      const { author, committer = author, at } = commit;
      const date = `${at} +0000`;
      return await text(
        ["commit-tree", commit.tree, ...commit.parents.flatMap((parent) => ["-p", parent]), "-F", "-"],
        {
          input: commit.message,
          env: {
            GIT_AUTHOR_NAME: author.name,
            GIT_AUTHOR_EMAIL: author.email,
            GIT_AUTHOR_DATE: date,
            GIT_COMMITTER_NAME: committer.name,
            GIT_COMMITTER_EMAIL: committer.email,
            GIT_COMMITTER_DATE: date,
          },
        },
      );
    },

    /** The tree of a textual three-way merge; `undefined` where it conflicts. GitHub runs nobody's merge driver. */
    async mergedTree(base: string, head: string): Promise<string | undefined> {
      const { exitCode, stdout, stderr } = await ask([
        "merge-tree",
        "--write-tree",
        "--allow-unrelated-histories",
        base,
        head,
      ]);
      if (exitCode === 0) return stdout.toString().split("\n")[0]!;
      if (exitCode === 1) return undefined;
      throw new Error(`git merge-tree: ${stderr.toString()}`);
    },

    setRef: async (ref: string, sha: string) => void (await text(["update-ref", ref, sha])),
    dropRef: async (ref: string) => void (await text(["update-ref", "-d", ref])),

    /** Set several refs at once. */
    setRefs: async (all: ReadonlyMap<string, string>) =>
      void (await text(["update-ref", "--stdin"], {
        input: [...all].map(([ref, sha]) => `update ${ref} ${sha}\n`).join(""),
      })),

    mergeBase: async (one: string, other: string): Promise<string | undefined> => {
      const { exitCode, stdout } = await ask(["merge-base", one, other]);
      return exitCode === 0 ? stdout.toString().trim() : undefined;
    },

    isAncestor: async (one: string, other: string): Promise<boolean> =>
      (await ask(["merge-base", "--is-ancestor", one, other])).exitCode === 0,

    /** What `head` changes against `base`, with patches. */
    async changed(base: string, head: string): Promise<ChangedFile[]> {
      const raw = (await text(["diff", "--raw", "--numstat", "-z", "--no-abbrev", "-M", base, head])).split("\0");
      const patches = patchesOf(await text(["diff", "-M", base, head]));
      const changes: { status: string; sha: string; from: string; to: string }[] = [];
      const counts: string[][] = [];
      for (let at = 0; at < raw.length - 1; ) {
        const field = raw[at]!;
        if (field.startsWith(":")) {
          const [, , , sha, status] = field.split(" ") as [string, string, string, string, string];
          const moved = status.startsWith("R");
          changes.push({ status, sha, from: raw[at + 1]!, to: raw[at + (moved ? 2 : 1)]! });
          at += moved ? 3 : 2;
        } else {
          const [plus, minus, path] = field.split("\t") as [string, string, string];
          counts.push([plus, minus]);
          at += path === "" ? 3 : 1;
        }
      }
      return changes.map(({ status, sha, from, to }, index): ChangedFile => {
        const [additions, deletions] = counts[index]!.map((count) => Number(count) || 0) as [number, number];
        const patch = patches[index];
        return {
          filename: to,
          ...(status.startsWith("R") && { previous_filename: from }),
          status: statuses[status[0]!] ?? "modified",
          sha: /^0+$/.test(sha) ? null : sha,
          additions,
          deletions,
          ...(patch && { patch }),
        };
      });
    },

    async list(tree: string, options: { recursive?: boolean; path?: string } = {}): Promise<TreeEntry[]> {
      const flags = options.recursive ? ["-r", "-t"] : [];
      const said = await text([
        "ls-tree",
        "-z",
        "--long",
        ...flags,
        tree,
        ...(options.path ? ["--", options.path] : []),
      ]);
      return said
        .split("\0")
        .filter(Boolean)
        .map((line) => {
          const [facts, path] = line.split("\t") as [string, string];
          const [mode, type, sha, size] = facts.split(/ +/) as [string, TreeEntry["type"], string, string];
          return { mode, type, sha, path, ...(size !== "-" && { size: Number(size) }) };
        });
    },
  };
}

const statuses: Record<string, ChangedFile["status"]> = { A: "added", M: "modified", D: "removed", R: "renamed" };

/** The hunks of each file, in the order of the diff. */
function patchesOf(diff: string): (string | undefined)[] {
  const files = diff.split(/^diff --git .*\n/m).slice(1);
  return files.map((file) => {
    const at = file.search(/^@@ /m);
    return at < 0 ? undefined : file.slice(at).replace(/\n$/, "");
  });
}

function modeOf(content: Exclude<FileContent, null>): string {
  if (typeof content === "string" || content instanceof Uint8Array) return "100644";
  return "symlink" in content ? "120000" : "100755";
}

function bytesOf(content: Exclude<FileContent, null>): Uint8Array {
  if (typeof content === "string") return Buffer.from(content);
  if (content instanceof Uint8Array) return content;
  return Buffer.from("symlink" in content ? content.symlink : content.executable);
}

/** As fast-import reads paths: C-quoted, so that no byte of a hostile name is taken for syntax. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

function utc(date: string): string {
  return `${new Date(date).toISOString().slice(0, 19)}Z`;
}
