/**
 * Checks the releases against one another. It reads only the log and the directories, no data, so a CAR of the log is
 * enough. A log that carries each tree.yaml with the sizes of its leaves needs no directories either.
 */

import { isDeepStrictEqual } from "node:util";
import type { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { changesBetween } from "../../core/tree/changes.ts";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import type { ProfileName } from "../../dag/profile.ts";
import { whole } from "../../dag/read/read.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";
import type { Source } from "../../log/source.ts";
import { sizesGiving } from "../tree/past.ts";
import { type Check, failed } from "./check.ts";
import { type CheckedRoot, checkRoot } from "./check-root.ts";
import { checkSignatures } from "./check-signatures.ts";

/** Number of tree.yaml read ahead. */
const atOnce = 16;

/**
 * Checks the chain from the newest release to the first, as far as `log` and `get` reach: numbers and links, signatures,
 * that each release's changes lead from the previous tree to its own tree, and that its root is the root of that tree.
 * Each merged head must be a release of the same campaign; the releases that it adds are checked in the same way.
 */
export async function* checkReleases(
  head: Head,
  log: Pick<ReleaseLog, "read">,
  get: Get,
  signers: readonly string[],
  world: World,
  known: KnownWithoutBlocks = onlyBlocks,
): AsyncGenerator<Check> {
  const lines: Line[] = [{ head }];
  const checked = new Set<string>();
  for (const line of lines) {
    if (checked.has(line.head.cid.toString())) continue;
    const { chain, base, broken } = await lineFrom(line, checked, log, world);
    const first = chain[0]?.release.number ?? line.head.release.number;
    const of = line.into === undefined ? "" : `, merged into release ${line.into.release.number}`;
    const subject = `releases ${first} to ${line.head.release.number}${of}`;
    yield broken ? failed("log", subject, broken) : { check: "log", subject, ok: true, says: describeChain(chain) };
    yield await checkSignatures(chain, subject, signers);
    yield* checkTrees(chain, base, get, known, world);
    for (const into of chain) {
      for (const cid of into.release.merged ?? []) {
        const merged = await mergedHead(cid, into, log, world);
        if (merged instanceof Failure)
          yield failed("log", `${cid}, merged into release ${into.release.number}`, merged);
        else lines.push({ head: merged, into });
      }
    }
  }
}

/** A head and all releases before it along `previous`. `into`: the release that merged it; absent for the log's own head. */
interface Line {
  readonly head: Head;
  readonly into?: Head;
}

/** Returns the releases of a line that no earlier line has, oldest first; the one it branched from, or why the line is cut. */
async function lineFrom(
  { head }: Line,
  checked: Set<string>,
  log: Pick<ReleaseLog, "read">,
  world: World,
): Promise<{ readonly chain: readonly Head[]; readonly base?: Head; readonly broken?: Failure }> {
  const chain: Head[] = [];
  try {
    for await (const at of releasesFrom(head, log, world)) {
      if (checked.has(at.cid.toString())) return { chain: chain.reverse(), base: at };
      checked.add(at.cid.toString());
      chain.push(at);
    }
    return { chain: chain.reverse() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { chain: chain.reverse(), broken: error };
  }
}

async function mergedHead(cid: CID, into: Head, log: Pick<ReleaseLog, "read">, world: World): Promise<Head | Failure> {
  try {
    const release = await log.read(cid, world);
    if (release.campaign === into.release.campaign) return { cid, release };
    return new Failure(
      "corrupt",
      `${cid} is a release of ${release.campaign}, and was merged into one of ${into.release.campaign}`,
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error;
  }
}

/** Knowledge of releases that needs none of their blocks. */
export interface KnownWithoutBlocks {
  /** Whether the retention policy allows the blocks of a release to be gone. */
  readonly isOld: (release: number) => boolean;
  /** The tree.yaml and sizes that the log carries for a release. */
  readonly source: (release: Head["release"]) => Promise<Source | undefined>;
  /** The profile with which the directories were most likely built. */
  readonly profile: ProfileName;
}

const onlyBlocks: KnownWithoutBlocks = { isOld: () => false, source: async () => undefined, profile: "cid-v1" };

function describeChain(chain: readonly Head[]): string {
  const count = chain.length;
  if (count === 1 && chain[0]?.release.number === 1) return "1 release, the first";
  return `${plural(count, "release")}, each follows the one before it`;
}

/** A release and its tree. */
interface PublishedTree {
  readonly release: Head["release"] | undefined;
  readonly tree: Tree;
}

/** The state before the first release. */
const nothing: PublishedTree = { release: undefined, tree: new Map() };

/** Yields one check for all valid releases of a line, and one for each that fails. `base`: the release before the line. */
async function* checkTrees(
  chain: readonly Head[],
  base: Head | undefined,
  get: Get,
  known: KnownWithoutBlocks,
  world: World,
): AsyncGenerator<Check> {
  /** The previous release, where its tree.yaml could be read. */
  let before = base && (await publishedTree(base, get, known));
  /** The newest root that passed {@link checkRoot}. */
  let lastValid: CheckedRoot | undefined;
  let good = 0;
  let bySizes = 0;
  let gone = 0;
  for await (const { release, source } of inOrder(chain, atOnce, (at) => withSource(at, get, known))) {
    world.signal.throwIfAborted();
    world.progress({ task: "checking releases", done: good, total: chain.length, unit: "releases" });
    const since = release.number === 1 ? nothing : before;
    before = undefined;
    try {
      if (source instanceof Failure) throw source;
      const { tree } = readTree(source.text);
      before = { release, tree };
      if (since) checkChanges(before, since);
      checkRollback(release, chain);
      const { sizes } = source;
      const provenBySizes = () => sizes !== undefined && !!sizesGiving(release.root, tree, sizes, known.profile);
      // Requests for missing directories may take long: after the first release without them, sizes are tried first.
      if (bySizes > 0 && provenBySizes()) bySizes++;
      else {
        try {
          lastValid = await checkRoot(release.root, tree, lastValid, get);
        } catch (error) {
          if (!isFailure(error, "unavailable") || !provenBySizes()) throw error;
          lastValid = undefined;
          bySizes++;
        }
      }
      good++;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === "unavailable" && known.isOld(release.number)) gone++;
      else yield failed("tree", `release ${release.number}`, error);
    }
  }
  if (good > 0) {
    const without = gone > 0 ? `; ${gone} older ${gone === 1 ? "was" : "were"} pruned` : "";
    const proven = bySizes > 0 ? `; ${bySizes} by what the log carries, their directories being out of reach` : "";
    const says = `${good} of ${chain.length - gone} roots follow from their tree.yaml, and from the changes listed${proven}${without}`;
    yield {
      check: "tree",
      subject: `releases ${chain[0]!.release.number} to ${chain.at(-1)!.release.number}`,
      ok: true,
      says,
    };
  }
}

/** Returns `undefined` where tree.yaml can't be read; the check of that release reports it. */
async function publishedTree(at: Head, get: Get, known: KnownWithoutBlocks): Promise<PublishedTree | undefined> {
  const { release, source } = await withSource(at, get, known);
  return source instanceof Failure ? undefined : { release, tree: readTree(source.text).tree };
}

/** Returns a release with its tree.yaml, from the log or else from blocks, or with the failure to read it. */
async function withSource(
  { release }: Head,
  get: Get,
  { source }: KnownWithoutBlocks,
): Promise<{ release: Head["release"]; source: Source | Failure }> {
  try {
    return { release, source: (await source(release)) ?? { text: await whole(release.tree, get) } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { release, source: error };
  }
}

/** @throws Failure `corrupt` where the changes or earlier roots recorded in `release` are not those of the previous release. */
function checkChanges({ release, tree }: PublishedTree, before: PublishedTree): void {
  if (!isDeepStrictEqual(changesBetween(before.tree, tree), release!.changes)) {
    throw new Failure("corrupt", "the changes it lists are not those between its tree.yaml and the one before");
  }
  for (const what of ["root", "portal"] as const) {
    const [recorded, was] = [release!.before?.[what], before.release?.[what]];
    if (`${recorded}` !== `${was}`) {
      throw new Failure("corrupt", `it records that the ${what} before it was ${recorded}, and that was ${was}`);
    }
  }
}

/** @throws Failure `corrupt` where the root of a rollback is not the root of the release that it names. */
function checkRollback({ rollbackOf, root }: Head["release"], chain: readonly Head[]): void {
  const old = rollbackOf && chain.find(({ release }) => release.number === rollbackOf)?.release.root;
  if (!old || old.equals(root)) return;
  throw new Failure("corrupt", `it records that its tree is that of release ${rollbackOf}, whose root is ${old}`);
}
