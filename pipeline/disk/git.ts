/** What git records about a file, where git is installed. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { runGit } from "./run-git.ts";

/**
 * When `file` was last committed; `undefined` where it is not under git, has changes, or was never committed.
 *
 * @throws Failure `input` where a shallow clone ends before that commit: git then reports the last commit it has.
 */
export async function committedAt(file: string, world: World): Promise<Date | undefined> {
  const status = await git(file, ["status", "--porcelain", "--ignored", "--", basename(file)], world);
  if (status === undefined || status !== "") return undefined;
  const found = await git(file, ["log", "-1", "--format=%ct %P", "--", basename(file)], world);
  const [time, parent] = found?.split(" ") ?? [];
  if (!time) return undefined;
  if (!parent && (await git(file, ["rev-parse", "--is-shallow-repository"], world)) === "true") {
    throw new Failure("input", `this clone is too shallow to know when ${basename(file)} was last committed`, {
      hint: "git fetch --unshallow (in GitHub Actions: fetch-depth: 0), or set SOURCE_DATE_EPOCH",
    });
  }
  return new Date(Number(time) * 1000);
}

/** The commit that is checked out where `file` is; `undefined` where there is no git, or no commit yet. */
export async function commitAround(file: string, world: World): Promise<string | undefined> {
  return git(file, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], world);
}

/** The URL from which git in `folder` fetches `remote`; `undefined` where there is no such remote. */
export async function remoteAddress(remote: string, folder: string, world: World): Promise<string | undefined> {
  return git(join(folder, "config"), ["remote", "get-url", "--", remote], world);
}

/** `file` as it was at `ref`; `undefined` where git has neither. */
export async function fileAt(ref: string, file: string, world: World): Promise<Uint8Array | undefined> {
  return gitBytes(file, ["show", "--end-of-options", `${ref}:./${basename(file)}`], world);
}

/** The commit that `ref` names in the repository of `file`; `undefined` where git finds none. */
export async function commitOf(ref: string, file: string, world: World): Promise<string | undefined> {
  return git(file, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`], world);
}

/** `file` at the merge base of `one` and `other`; `undefined` where git finds none. */
export async function mergeBase(
  one: string,
  other: string,
  file: string,
  world: World,
): Promise<Uint8Array | undefined> {
  const commit = await git(file, ["merge-base", "--end-of-options", one, other], world);
  return commit === undefined ? undefined : fileAt(commit, file, world);
}

/**
 * The git blob ids of all versions of `file` since the checked-out commit, along the first parents of `ref`. Empty where
 * git finds no such ref.
 */
export async function idsSince(ref: string, file: string, world: World): Promise<ReadonlySet<string>> {
  const showing = ["--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--format="];
  const raw = await git(file, ["log", ...showing, `HEAD..${ref}`, "--", basename(file)], world);
  return new Set([...(raw ?? "").matchAll(/^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) /gm)].map(([, id]) => id!));
}

/**
 * Whether git merges these texts line by line without a conflict; `undefined` where git is not installed or fails.
 *
 * Configured merge drivers are ignored: GitHub's "this branch has conflicts" runs none.
 */
export async function mergesByLine(
  { ancestor, ours, theirs }: { readonly ancestor: string; readonly ours: string; readonly theirs: string },
  world: World,
): Promise<boolean | undefined> {
  if (ancestor === ours || ancestor === theirs || ours === theirs) return true;
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-merge-"));
  try {
    const files = ["ours", "ancestor", "theirs"].map((name) => join(folder, name));
    await Promise.all([ours, ancestor, theirs].map((text, i) => writeFile(files[i]!, text)));
    const { code } = await runGit(["merge-file", "-p", "--quiet", ...files], {
      cwd: folder,
      signal: world.signal,
      env: { GIT_CEILING_DIRECTORIES: folder, LC_ALL: "C" },
      ignoreOutput: true,
    });
    // The exit code is the number of conflicts, up to 127; a larger one means that git failed.
    return code > 127 ? undefined : code === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Output of git as one line of text. */
async function git(file: string, args: readonly string[], world: World): Promise<string | undefined> {
  const bytes = await gitBytes(file, args, world);
  return bytes && Buffer.from(bytes).toString().trimEnd();
}

/** Output of git, run in the folder of `file`; `undefined` where git is missing or fails. */
async function gitBytes(file: string, args: readonly string[], world: World): Promise<Uint8Array | undefined> {
  const env = { GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
  const { code, stdout } = await runGit(args, { cwd: dirname(file), env, signal: world.signal });
  return code === 0 ? stdout : undefined;
}
