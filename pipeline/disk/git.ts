/** What git knows of a file here, where there is git at all. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { runGit } from "./run-git.ts";

/**
 * When `file` was last committed; `undefined` where it is not under git, has changes, or was never committed.
 *
 * @throws Failure `input` where a shallow clone ends before that commit: git then names the last commit it has.
 */
export async function committedAt(file: string, world: World): Promise<Date | undefined> {
  const status = await git(file, ["status", "--porcelain", "--ignored", "--", basename(file)], world);
  if (status === undefined || status !== "") return undefined;
  const found = await git(file, ["log", "-1", "--format=%ct %P", "--", basename(file)], world);
  const [time, parent] = found?.split(" ") ?? [];
  if (!time) return undefined;
  if (!parent && (await git(file, ["rev-parse", "--is-shallow-repository"], world)) === "true") {
    throw new Failure("input", `this clone is too shallow to tell when ${basename(file)} was last committed`, {
      hint: "git fetch --unshallow (in GitHub Actions: fetch-depth: 0), or set SOURCE_DATE_EPOCH",
    });
  }
  return new Date(Number(time) * 1000);
}

/** The commit that is checked out where `file` is; `undefined` where there is no git, or no commit yet. */
export async function commitAround(file: string, world: World): Promise<string | undefined> {
  return git(file, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], world);
}

/** Where git in `folder` fetches `remote` from; `undefined` where it knows none. */
export async function remoteAddress(remote: string, folder: string, world: World): Promise<string | undefined> {
  return git(join(folder, "config"), ["remote", "get-url", "--", remote], world);
}

/** `file` as it was at `ref`; `undefined` where git has neither. */
export async function fileAt(ref: string, file: string, world: World): Promise<Uint8Array | undefined> {
  return gitBytes(file, ["show", "--end-of-options", `${ref}:./${basename(file)}`], world);
}

/** The commit that `ref` means where `file` is; `undefined` where git knows none. */
export async function commitOf(ref: string, file: string, world: World): Promise<string | undefined> {
  return git(file, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`], world);
}

/** `file` as it was at the commit where `one` and `other` parted; `undefined` where git has none. */
export async function partedAt(
  one: string,
  other: string,
  file: string,
  world: World,
): Promise<Uint8Array | undefined> {
  const commit = await git(file, ["merge-base", "--end-of-options", one, other], world);
  return commit === undefined ? undefined : fileAt(commit, file, world);
}

/**
 * What `file` has become since the commit that is checked out, along `ref`: ids of its bytes, as git names them. None where
 * git knows no such ref.
 */
export async function idsSince(ref: string, file: string, world: World): Promise<ReadonlySet<string>> {
  const showing = ["--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--format="];
  const raw = await git(file, ["log", ...showing, `HEAD..${ref}`, "--", basename(file)], world);
  return new Set([...(raw ?? "").matchAll(/^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) /gm)].map(([, id]) => id!));
}

/**
 * Whether git merges these texts by their lines; `undefined` where there is no git to ask.
 *
 * As GitHub's "this branch has conflicts" sees them: whatever merge driver a clone may have, GitHub runs none.
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
    // As many as there are conflicts, up to 127; more than that means that git failed.
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

/** Output of git, run where `file` is; `undefined` where git is missing or fails. */
async function gitBytes(file: string, args: readonly string[], world: World): Promise<Uint8Array | undefined> {
  const env = { GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
  const { code, stdout } = await runGit(args, { cwd: dirname(file), env, signal: world.signal });
  return code === 0 ? stdout : undefined;
}
