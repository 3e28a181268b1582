/**
 * The releases, checked against one another: by the log and the directories alone, without any data, so that a CAR of
 * the log is enough. A log that carries each tree.yaml with the sizes of its leaves needs no directories either.
 */

import { isDeepStrictEqual } from "node:util";
import { inOrder } from "../../core/concurrency.ts";
import { Failure, isFailure } from "../../core/failure.ts";
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
import { checkRoot, type Sound } from "./check-root.ts";
import { checkSignatures } from "./check-signatures.ts";

/** Releases whose tree.yaml are read ahead. */
const atOnce = 16;

/**
 * The chain from the newest release to the first, as far as `log` and `get` reach: numbers and links, signatures, and
 * that each release's changes lead from the tree before it to its own tree, which its root is the root of.
 */
export async function* checkReleases(
  head: Head,
  log: Pick<ReleaseLog, "read">,
  get: Get,
  signers: readonly string[],
  world: World,
  beside: Beside = nothingBeside,
): AsyncGenerator<Check> {
  const chain: Head[] = [];
  let broken: Failure | undefined;
  try {
    for await (const at of releasesFrom(head, log, world)) chain.push(at);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    broken = error;
  }
  chain.reverse();
  const first = chain[0]?.release.number ?? head.release.number;
  const subject = `releases ${first} to ${head.release.number}`;
  yield broken ? failed("log", subject, broken) : { check: "log", subject, ok: true, says: sayChain(chain.length) };
  yield await checkSignatures(chain, subject, signers);
  yield* checkTrees(chain, get, beside, world);
}

/** What is known of releases without any block of theirs. */
export interface Beside {
  /** Whether the blocks of a release need not be there any more. */
  readonly isOld: (release: number) => boolean;
  /** What the log carries of a release. */
  readonly source: (release: Head["release"]) => Promise<Source | undefined>;
  /** Whose directories a root most likely has. */
  readonly profile: ProfileName;
}

const nothingBeside: Beside = { isOld: () => false, source: async () => undefined, profile: "cid-v1" };

function sayChain(count: number): string {
  return count === 1 ? "1 release, the first" : `${count} releases, each follows the one before it`;
}

/** A release, and the tree it published. */
interface Grown {
  readonly release: Head["release"] | undefined;
  readonly tree: Tree;
}

/** Before the first release. */
const nothing: Grown = { release: undefined, tree: new Map() };

/** One check for all releases, and one more for each that fails. */
async function* checkTrees(chain: readonly Head[], get: Get, beside: Beside, world: World): AsyncGenerator<Check> {
  /** The release before, where its tree.yaml could be read. */
  let before: Grown | undefined;
  /** The newest root that was found to be its tree's. */
  let sound: Sound | undefined;
  let good = 0;
  let bySizes = 0;
  let gone = 0;
  for await (const { release, source } of inOrder(chain, atOnce, (at) => withSource(at, get, beside))) {
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
      const provenBySizes = () => sizes !== undefined && !!sizesGiving(release.root, tree, sizes, beside.profile);
      // Asking for each directory in vain may take long: where they were out of reach once, sizes come first.
      if (bySizes > 0 && provenBySizes()) bySizes++;
      else {
        try {
          sound = await checkRoot(release.root, tree, sound, get);
        } catch (error) {
          if (!isFailure(error, "unavailable") || !provenBySizes()) throw error;
          sound = undefined;
          bySizes++;
        }
      }
      good++;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === "unavailable" && beside.isOld(release.number)) gone++;
      else yield failed("tree", `release ${release.number}`, error);
    }
  }
  if (good > 0) {
    const without = gone > 0 ? `; ${gone} older ${gone === 1 ? "was" : "were"} pruned` : "";
    const proven = bySizes > 0 ? `; ${bySizes} by what the log carries, their directories being out of reach` : "";
    const says = `${good} of ${chain.length - gone} roots follow from their tree.yaml, and from the changes told${proven}${without}`;
    yield {
      check: "tree",
      subject: `releases ${chain[0]!.release.number} to ${chain.at(-1)!.release.number}`,
      ok: true,
      says,
    };
  }
}

/** A release and its tree.yaml, from the log or else from blocks, or why that can't be read. */
async function withSource(
  { release }: Head,
  get: Get,
  { source }: Beside,
): Promise<{ release: Head["release"]; source: Source | Failure }> {
  try {
    return { release, source: (await source(release)) ?? { text: await whole(release.tree, get) } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { release, source: error };
  }
}

/** @throws Failure `corrupt` where `release` does not tell what became of the release before it. */
function checkChanges({ release, tree }: Grown, before: Grown): void {
  if (!isDeepStrictEqual(changesBetween(before.tree, tree), release!.changes)) {
    throw new Failure("corrupt", "the changes it tells are not those between its tree.yaml and the one before");
  }
  for (const what of ["root", "portal"] as const) {
    const [told, was] = [release!.before?.[what], before.release?.[what]];
    if (`${told}` !== `${was}`) {
      throw new Failure("corrupt", `it tells that the ${what} before it was ${told}, and that was ${was}`);
    }
  }
}

/** @throws Failure `corrupt` where a release that should have made an older tree live again did not. */
function checkRollback({ rollbackOf, root }: Head["release"], chain: readonly Head[]): void {
  const old = rollbackOf && chain.find(({ release }) => release.number === rollbackOf)?.release.root;
  if (!old || old.equals(root)) return;
  throw new Failure("corrupt", `it tells that its tree is that of release ${rollbackOf}, whose root is ${old}`);
}
