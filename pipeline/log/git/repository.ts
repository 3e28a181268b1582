/**
 * A private bare git repository, and its remote.
 *
 * The user's checkout is not changed: in CI it is shallow, and elsewhere a user works in it. Only its settings for the
 * remote are used (URL, credential helpers, proxies, SSH), so that every user who can `git push` can publish. All other
 * settings are fixed here: no hooks, no signing, no prompts. The remote has every object of this repository, so its folder
 * may be deleted at any time.
 *
 * @see https://git-scm.com/docs/gitprotocol-v2
 */
import { randomUUID } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type Lock, lock } from "../../disk/lock.ts";
import { environment, type GitResult, runGit } from "../../disk/run-git.ts";
import { type Access, accessTo } from "./access.ts";
import { broken, refusal, rejection } from "./git-failures.ts";
import { type GitObject, objectsOf } from "./objects.ts";

export interface Repository {
  /** Commits of these branches of the remote, by branch; a branch that does not exist is absent. Sends one request. */
  tips(branches: readonly string[], world: World): Promise<ReadonlyMap<string, string>>;
  /** Fetches a commit and its tree, without its parents, and without blobs of more than `blobsUpTo` bytes. */
  bringCommit(commit: string, world: World, limits?: { readonly blobsUpTo: number }): Promise<void>;
  /** Fetches blobs that {@link bringCommit} left out. */
  bringBlobs(oids: readonly string[], world: World): Promise<void>;
  /** A local object. Throws Failure `corrupt` if it has more than `atMost` bytes. */
  read(oid: string, atMost: number): Promise<GitObject | undefined>;
  has(oid: string): Promise<boolean>;
  /** Creates a local commit: the tree of `parent` with these files added. Every commit has a unique id. */
  commit(draft: CommitDraft, world: World): Promise<string>;
  /**
   * Moves `branch` of the remote from commit `from` to `to` (`undefined`: no branch), atomically.
   *
   * False if the branch was not at `from`. If the answer was lost, the branch is read again before this fails.
   */
  move(branch: string, from: string | undefined, to: string | undefined, world: World): Promise<boolean>;
  /** Records that this commit is local: the next {@link bringCommit} fetches only objects that it lacks. */
  record(commit: string, world: World): Promise<void>;
  /** The commit that {@link record} recorded last, if any. */
  recorded(world: World): Promise<string | undefined>;
  /** The URL of the remote, for messages: without secrets. */
  address(world: World): Promise<string>;
}

export interface CommitDraft {
  readonly parent: string | undefined;
  readonly message: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface RepositoryOptions {
  /** Folder of the repository. Created when it is first needed. */
  readonly folder: string;
  /** A checkout, whose remotes and settings are used. Any folder if `remote` is a URL. */
  readonly checkout: string;
  readonly remote: string;
}

/** The ref that records the local commit. */
const recordedRef = "refs/fieldtree/kept";

/** Name of the remote in this repository. It must not be in any user's configuration. */
const remoteName = "fieldtree-log";

export function repositoryIn(options: RepositoryOptions): Repository {
  const { folder } = options;
  const objects = objectsOf(folder);
  const { here, there, reach, exists } = gitIn(options);

  const tips: Repository["tips"] = async (branches, world) => {
    const refs = branches.map((branch) => `refs/heads/${branch}`);
    const ran = await there(["ls-remote", "--quiet", remoteName, ...refs], world);
    if (ran.code !== 0) throw refusal(ran, "asking for its branches", await reach(world), commandTimeoutMs);
    const found = new Map<string, string>();
    for (const line of ran.stdout.toString().split("\n")) {
      const [, oid, ref] = /^([0-9a-f]{40})\trefs\/heads\/(.+)$/.exec(line) ?? [];
      // ls-remote also returns longer names that end with the requested one.
      if (oid !== undefined && branches.includes(ref!)) found.set(ref!, oid);
    }
    return found;
  };

  const fetch = async (how: readonly string[], oids: readonly string[], world: World): Promise<void> => {
    const args = [...how, "--quiet", "--no-tags", "--no-write-fetch-head", "--stdin", remoteName];
    await exists(world);
    await alone(folder, world, async () => {
      // Only this program uses the repository, and this process has its lock, so this file is from a git that was killed.
      await rm(join(folder, "shallow.lock"), { force: true });
      const ran = await there(args, world, new TextEncoder().encode(`${oids.join("\n")}\n`));
      if (ran.code !== 0) throw refusal(ran, "fetching", await reach(world), commandTimeoutMs);
    });
  };

  return {
    tips,
    address: async (world) => (await reach(world)).shown,
    read: objects.read,
    has: objects.has,

    bringCommit: (commit, world, limits) =>
      fetch(
        ["fetch", "--depth=1", limits ? `--filter=blob:limit=${limits.blobsUpTo}` : "--no-filter"],
        [commit],
        world,
      ),
    // No negotiation: if the server knew what is here, it would assume that these objects are, too.
    bringBlobs: (oids, world) =>
      fetch(["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--filter=blob:none"], oids, world),

    async commit({ parent, message, files }, world) {
      await exists(world);
      const unique = { parent, message: `${message}\n\nUnique: ${randomUUID()}\n[skip ci]\n`, files };
      const ran = await here(["fast-import", "--quiet", "--done"], world, importOf(unique, world));
      const oid = ran.stdout.toString().trim();
      if (ran.code !== 0 || !/^[0-9a-f]{40}$/.test(oid)) throw broken(ran, folder, "making a commit");
      return oid;
    },

    move: (branch, from, to, world) => movedOn({ branch, from, to }, { there, reach, tips }, world),

    async record(commit, world) {
      await alone(folder, world, async () => {
        const ran = await here(["update-ref", "--no-deref", recordedRef, commit], world);
        if (ran.code !== 0) throw broken(ran, folder, "remembering a commit");
      });
    },

    async recorded(world) {
      await exists(world);
      const ran = await here(["rev-parse", "--verify", "--quiet", recordedRef], world);
      return ran.code === 0 ? ran.stdout.toString().trim() : undefined;
    },
  };
}

/** Git commands in the repository of `folder`, which is created when it is first needed. */
interface Git {
  /** Runs a command that needs no remote. */
  here(args: readonly string[], world: World, input?: Uint8Array): Promise<GitResult>;
  /** Runs a command that may ask the remote. */
  there(args: readonly string[], world: World, input?: Uint8Array): Promise<GitResult>;
  /** How the remote is reached. */
  reach(world: World): Promise<Access>;
  exists(world: World): Promise<void>;
}

function gitIn({ folder, checkout, remote }: RepositoryOptions): Git {
  let access: Promise<Access> | undefined;
  const reach = (world: World) => {
    access ??= accessTo(remote, checkout, world);
    access.catch(() => {
      access = undefined; // Resolved again at the next call: a process that runs on works after the user fixed the settings.
    });
    return access;
  };

  let existing: Promise<void> | undefined;
  const exists = (world: World) => {
    existing ??= makeUnlessThere(folder, world);
    existing.catch(() => {
      existing = undefined;
    });
    return existing;
  };

  return {
    reach,
    exists,
    here: (args, world, input) =>
      runGit(args, { env: environment(folder, ours), cwd: folder, signal: world.signal, ...(input && { input }) }),

    async there(args, world, input) {
      await exists(world);
      const { address, pushAddress, cwd, settings } = await reach(world);
      const all: readonly (readonly [string, string])[] = [
        ...settings,
        ...ours,
        [`remote.${remoteName}.url`, address],
        ...(pushAddress === undefined ? [] : [[`remote.${remoteName}.pushurl`, pushAddress] as const]),
        // Set here, because git does not write it into the repository, and without it fails at a missing object instead of
        // fetching it.
        [`remote.${remoteName}.promisor`, "true"],
        [`remote.${remoteName}.partialclonefilter`, "blob:none"],
      ];
      return runGit(args, {
        env: environment(folder, all),
        cwd,
        signal: world.signal,
        timeoutMs: commandTimeoutMs,
        ...(input && { input }),
      });
    },
  };
}

/** {@link Repository.move}: a push that succeeds only if the branch is where it was. */
async function movedOn(
  { branch, from, to }: { readonly branch: string; readonly from: string | undefined; readonly to: string | undefined },
  { there, reach, tips }: Pick<Git, "there" | "reach"> & Pick<Repository, "tips">,
  world: World,
): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const careful = ["--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"];
  const swap = [`--force-with-lease=${ref}:${from ?? ""}`, remoteName, `${to ?? ""}:${ref}`];
  const ran = await there(["push", ...careful, ...swap], world);
  if (ran.code === 0) return true;
  const [, reason] = /^!\t[^\t]*\t(.*)$/m.exec(ran.stdout.toString()) ?? [];
  const failed =
    reason === undefined
      ? refusal(ran, `pushing to ${branch}`, await reach(world), commandTimeoutMs)
      : rejection(reason, ran, branch, await reach(world));
  if (reason === undefined && !isFailure(failed, "unavailable")) throw failed;
  // The answer may have been lost after the push took effect, and rejections differ by server, so the branch is read again.
  const now = await tips([branch], world).catch(() => {
    throw failed;
  });
  if (now.get(branch) === to) return true;
  if (now.get(branch) !== from && reason !== undefined) return false;
  throw failed;
}

/** Settings that override the user's configuration. */
const ours: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["commit.gpgSign", "false"],
  ["push.gpgSign", "false"],
  ["push.followTags", "false"],
  ["fetch.fsckObjects", "true"],
  ["fetch.prune", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["fetch.writeCommitGraph", "false"],
  ["protocol.version", "2"],
  ["gc.autoDetach", "false"],
  ["maintenance.autoDetach", "false"],
  // Git fails if the server sends nothing for 30 s.
  ["http.lowSpeedLimit", "1"],
  ["http.lowSpeedTime", "30"],
];

/** Timeout of a git command in ms. A log of a thousand releases is a megabyte. */
const commandTimeoutMs = 300_000;

async function makeUnlessThere(folder: string, world: World): Promise<void> {
  const isThere = () => stat(join(folder, "HEAD")).then(() => true, unlessAbsent);
  if (await isThere()) return;
  await alone(folder, world, async () => {
    if (await isThere()) return;
    // Not run in `folder`, which need not exist yet.
    const ran = await runGit(["init", "--quiet", "--bare", "--template=", "--object-format=sha1", folder], {
      env: environment(undefined, ours),
      signal: world.signal,
    });
    if (ran.code !== 0) throw broken(ran, folder, "creating a repository");
  });
}

function unlessAbsent(error: NodeJS.ErrnoException): false {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
  throw error;
}

/** ms for which another process may have the lock, and ms between two attempts to take it. */
const timeoutMs = 60_000;
const pause = 40;

/** Runs `act` while this process has the repository's lock. */
async function alone<T>(folder: string, world: World, act: () => Promise<T>): Promise<T> {
  const taken = await lockWithin(`${folder}.lock`, world);
  try {
    return await act();
  } finally {
    await taken.release();
  }
}

async function lockWithin(path: string, world: World): Promise<Lock> {
  for (let waited = 0; ; waited += pause) {
    try {
      return await lock(path, "reading or writing the release log");
    } catch (error) {
      if (!isFailure(error, "refused") || waited >= timeoutMs) throw error;
      await sleep(pause, undefined, { signal: world.signal });
    }
  }
}

/** Input for `git fast-import` that creates the commit and prints its id. */
function importOf({ parent, message, files }: CommitDraft, world: World): Uint8Array {
  const ref = `refs/fieldtree/made/${randomUUID()}`;
  const parts: Uint8Array[] = [];
  const text = new TextEncoder();
  const line = (words: string) => parts.push(text.encode(`${words}\n`));
  const data = (bytes: Uint8Array) => {
    line(`data ${bytes.length}`);
    parts.push(bytes, text.encode("\n"));
  };
  line(`commit ${ref}\nmark :1`);
  line(`committer fieldtree <fieldtree@localhost> ${Math.max(0, Math.floor(world.now().getTime() / 1000))} +0000`);
  data(text.encode(message));
  if (parent !== undefined) line(`from ${parent}`);
  for (const [path, bytes] of Object.entries(files)) {
    line(`M 100644 inline ${path}`);
    data(bytes);
  }
  // fast-import needs a ref for a new commit. The ref is deleted again before git writes it.
  line(`get-mark :1\nreset ${ref}\nfrom ${"0".repeat(40)}\n\ndone`);
  return Buffer.concat(parts);
}
