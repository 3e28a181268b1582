/**
 * The releases, checked against one another: by the log and the directories alone, without any data, so that a CAR of
 * the log is enough.
 */
import { isDeepStrictEqual } from "node:util";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import { changesBetween } from "../../core/tree/changes.ts";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { whole } from "../../dag/read/read.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";
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
  pruned: Pruned = keepsEvery,
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
  yield* checkTrees(chain, get, pruned, world);
}

/** Releases whose blocks need not be there any more, and what is left of them. */
export interface Pruned {
  readonly isOld: (release: number) => boolean;
  /** The tree.yaml that a release published, where the log carries it. */
  readonly source: (release: Head["release"]) => Promise<Uint8Array | undefined>;
}

const keepsEvery: Pruned = { isOld: () => false, source: async () => undefined };

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
async function* checkTrees(chain: readonly Head[], get: Get, pruned: Pruned, world: World): AsyncGenerator<Check> {
  /** The release before, where its tree.yaml could be read. */
  let before: Grown | undefined;
  /** The newest root that was found to be its tree's. */
  let sound: Sound | undefined;
  let good = 0;
  let gone = 0;
  for await (const { release, text } of inOrder(chain, atOnce, (at) => withText(at, get, pruned))) {
    world.signal.throwIfAborted();
    world.progress({ task: "checking releases", done: good, total: chain.length, unit: "releases" });
    const since = release.number === 1 ? nothing : before;
    before = undefined;
    try {
      if (text instanceof Failure) throw text;
      const { tree } = readTree(text);
      before = { release, tree };
      if (since) checkChanges(before, since);
      checkRollback(release, chain);
      sound = await checkRoot(release.root, tree, sound, get);
      good++;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === "unavailable" && pruned.isOld(release.number)) gone++;
      else yield failed("tree", `release ${release.number}`, error);
    }
  }
  if (good > 0) {
    const without = gone > 0 ? `; ${gone} older ${gone === 1 ? "was" : "were"} pruned` : "";
    const says = `${good} of ${chain.length - gone} roots follow from their tree.yaml, and from the changes told${without}`;
    yield {
      check: "tree",
      subject: `releases ${chain[0]!.release.number} to ${chain.at(-1)!.release.number}`,
      ok: true,
      says,
    };
  }
}

/** A release and its tree.yaml, or why that can't be read. */
async function withText(
  { release }: Head,
  get: Get,
  { isOld, source }: Pruned,
): Promise<{ release: Head["release"]; text: Uint8Array | Failure }> {
  try {
    return { release, text: await whole(release.tree, get) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const carried = error.kind === "unavailable" && isOld(release.number) ? await source(release) : undefined;
    return { release, text: carried ?? error };
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
