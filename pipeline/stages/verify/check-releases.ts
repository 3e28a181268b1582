/**
 * The releases, checked against one another: by the log and the directories alone, without any data, so that a CAR of
 * the log is enough. A log that carries each tree.yaml with the sizes of its leaves needs no directories either.
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

/** Releases whose tree.yaml are read ahead. */
const atOnce = 16;

/**
 * The chain from the newest release to the first, as far as `log` and `get` reach: numbers and links, signatures, and
 * that each release's changes lead from the tree before it to its own tree, which its root is the root of. Each merged head
 * must be a release of the same campaign; the releases that it adds are checked in the same way.
 */
export async function* checkReleases(
  head: Head,
  log: Pick<ReleaseLog, "read">,
  get: Get,
  signers: readonly string[],
  world: World,
  beside: KnownWithoutBlocks = onlyBlocks,
): AsyncGenerator<Check> {
  const lines: Line[] = [{ head }];
  const checked = new Set<string>();
  for (const line of lines) {
    if (checked.has(line.head.cid.toString())) continue;
    const { chain, base, broken } = await lineFrom(line, checked, log, world);
    const first = chain[0]?.release.number ?? line.head.release.number;
    const of = line.into === undefined ? "" : `, merged into release ${line.into.release.number}`;
    const subject = `releases ${first} to ${line.head.release.number}${of}`;
    yield broken ? failed("log", subject, broken) : { check: "log", subject, ok: true, says: sayChain(chain) };
    yield await checkSignatures(chain, subject, signers);
    yield* checkTrees(chain, base, get, beside, world);
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

/** A head with all that it follows by `previous`; the release that merged it, where it isn't the log's own. */
interface Line {
  readonly head: Head;
  readonly into?: Head;
}

/** The releases of a line that no line had before, oldest first; the one it branched off from, or why it ends too early. */
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

/** What is known of releases without any block of theirs. */
export interface KnownWithoutBlocks {
  /** Whether the blocks of a release need not be there any more. */
  readonly isOld: (release: number) => boolean;
  /** What the log carries of a release. */
  readonly source: (release: Head["release"]) => Promise<Source | undefined>;
  /** Whose directories a root most likely has. */
  readonly profile: ProfileName;
}

const onlyBlocks: KnownWithoutBlocks = { isOld: () => false, source: async () => undefined, profile: "cid-v1" };

function sayChain(chain: readonly Head[]): string {
  const count = chain.length;
  if (count === 1 && chain[0]?.release.number === 1) return "1 release, the first";
  return `${plural(count, "release")}, each follows the one before it`;
}

/** A release, and the tree it published. */
interface PublishedTree {
  readonly release: Head["release"] | undefined;
  readonly tree: Tree;
}

/** Before the first release. */
const nothing: PublishedTree = { release: undefined, tree: new Map() };

/** One check for all releases of a line, and one more for each that fails. `base`: the release before the first of them. */
async function* checkTrees(
  chain: readonly Head[],
  base: Head | undefined,
  get: Get,
  beside: KnownWithoutBlocks,
  world: World,
): AsyncGenerator<Check> {
  /** The release before, where its tree.yaml could be read. */
  let before = base && (await publishedTree(base, get, beside));
  /** The newest root that was found to be its tree's. */
  let sound: CheckedRoot | undefined;
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

/** `undefined` where its tree.yaml can't be read, which is reported where that release is checked. */
async function publishedTree(at: Head, get: Get, beside: KnownWithoutBlocks): Promise<PublishedTree | undefined> {
  const { release, source } = await withSource(at, get, beside);
  return source instanceof Failure ? undefined : { release, tree: readTree(source.text).tree };
}

/** A release and its tree.yaml, from the log or else from blocks, or why that can't be read. */
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

/** @throws Failure `corrupt` where `release` does not tell what became of the release before it. */
function checkChanges({ release, tree }: PublishedTree, before: PublishedTree): void {
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
