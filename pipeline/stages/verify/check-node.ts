/** Checks of the campaign's own node: whether it pins the tree and the portal, and has their blocks. */
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import { formatBytes } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { missingBlocks } from "../../ipfs/missing.ts";
import type { IncompletePin } from "../../ipfs/node.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";
import { type BelowPins, boundedProbe, probeBelowPins } from "../pins/below-pins.ts";
import { incompleteLines, leafLines, type PinnedAtHome, pinnedAtHome } from "../pins/incomplete-pins.ts";
import { label, pinnedBy } from "../pins/label.ts";
import { type Past, treeOf } from "../tree/past.ts";
import { type Check, checked, failed } from "./check.ts";

/** Raw blocks read concurrently, which hides the latency of a node behind an RPC. */
const atOnce = 16;

/** `deep`: reads and hashes every block below the newest release's tree and portal. */
export async function* checksOfNode(
  head: Head,
  campaign: Past & Pick<Parts, "home" | "facts">,
  { deep }: { readonly deep: boolean },
  world: World,
): AsyncGenerator<Check> {
  const { home } = campaign;
  let below: BelowPins = { incomplete: [] };
  const check = async (): Promise<string> => {
    const says = await checkPins(head, campaign, deep, world);
    const live = [head.release.root, head.release.portal];
    below = await probeBelowPins(await home.pins(world), live, campaign, deep ? {} : boundedProbe, world);
    // With `deep`, every block is read next, which finds those and more.
    if (!deep) await assertLiveComplete(head, below.incomplete, campaign, world);
    return below.unchecked === undefined ? says : `${says}, as it lists them: ${below.unchecked}; --deep checks all`;
  };
  for await (const result of checked("node", home.name, check)) {
    if (deep && result.ok) yield await checkBlocks(result, head, campaign, world);
    else if (below.incomplete.length > 0) yield { ...result, ...(!result.ok && { mend: publishAgain }) };
    else yield result;
    if (!result.ok && below.incomplete.length === 0) return;
  }
  yield* checksOfOtherPins(head, below, campaign, deep, world);
}

const publishAgain = "`fieldtree publish` fetches what is missing or damaged, or names what to add again";

/** For a node that stores no block again whose bytes changed, as Kubo doesn't. */
const repairFirst =
  "`fieldtree fsck --repair` has it remove them; then `fieldtree publish` fetches them, or names what to add again";

/** @throws Failure `drift` naming the leaves with their lines, where the tree or the portal lacks blocks. */
async function assertLiveComplete(
  { release }: Head,
  incomplete: readonly IncompletePin[],
  campaign: Past & Pick<Parts, "home">,
  world: World,
): Promise<void> {
  const lost = incomplete.filter(({ root }) => root.equals(release.root) || root.equals(release.portal));
  if (lost.length === 0) return;
  const leaves = leafLines(release.root, await treeOf(release, campaign, world), lost);
  throw new Failure("drift", ["lacks blocks of what it has pinned", ...incompleteLines(lost), ...leaves].join("\n"));
}

/** `deep`: a pin whose completeness is unknown until its blocks are hashed counts as pinned, because they are hashed later. */
async function checkPins(
  { release }: Head,
  { home, facts }: Pick<Parts, "home" | "facts">,
  deep: boolean,
  world: World,
): Promise<string> {
  if (home.closed) throw new Failure("unavailable", home.closed);
  const pinned = await pinnedAtHome({ home }, world);
  const { kept, incomplete } = pinned;
  if (home.perMachine && !(await hasPublished(release, pinned, { home, facts }, world))) {
    const says = "has nothing of what was published: what the nodes of other machines have can't be checked from here";
    throw new Failure("unavailable", says, {
      hint: "verify on a machine that published, or `fieldtree add` the data here and publish",
    });
  }
  const doubtful = deep ? incomplete.filter(({ why }) => why !== undefined) : [];
  const isPinned = (cid: CID) => kept.has(cid.toString()) || doubtful.some(({ root }) => root.equals(cid));
  const lost = [release.root, release.portal].filter((cid) => !isPinned(cid));
  if (lost.length === 0) return "has the tree and the portal";
  throw new Failure("drift", [`does not have ${lost.join(" nor ")}`, ...incompleteLines(incomplete)].join("\n"));
}

/** Whether this node has a pin of any release, complete or not, or a root block of the newest one. */
async function hasPublished(
  { root, portal }: Head["release"],
  { complete, incomplete }: PinnedAtHome,
  { home, facts }: Pick<Parts, "home" | "facts">,
  world: World,
): Promise<boolean> {
  const labels = [...complete.keys(), ...incomplete.map(({ label }) => label)];
  if (labels.some((label) => "release" in pinnedBy(label, facts.campaign))) return true;
  for (const cid of [root, portal]) if (await home.get(cid, world)) return true;
  return false;
}

/** Reads every block, and returns `check` with the result added. */
async function checkBlocks(
  check: Check,
  { cid, release }: Head,
  campaign: Past & Pick<Parts, "home" | "facts">,
  world: World,
): Promise<Check> {
  const { home, facts } = campaign;
  let blocks = 0;
  let bytes = 0;
  let damaged = 0;
  const get = async (cid: CID): Promise<Uint8Array> => {
    const block = await home.get(cid, world).catch((error: unknown) => {
      if (isFailure(error, "corrupt")) damaged++;
      // A node that can't be reached must not be reported as lacking the block.
      throw isFailure(error, "unavailable") ? new Unreachable(error) : error;
    });
    if (!block) throw new Failure("input", `${home.name} lacks ${cid}`);
    blocks++;
    bytes += block.length;
    world.progress({ task: "hashing", done: bytes, unit: "bytes" });
    return block;
  };
  const roots = {
    tree: release.root,
    portal: release.portal,
    release: CID.createV1(codecs.raw, cid.multihash),
  };
  const incomplete: IncompletePin[] = [];
  try {
    const missingBelow = missingBlocks({ has: () => true, get, readRaw: atOnce }, world);
    for (const what of ["tree", "portal", "release"] as const) {
      const missing = await missingBelow(roots[what]);
      if (!missing) continue;
      const pin = { label: label(facts.campaign, what, release.number), root: roots[what] };
      incomplete.push({ ...pin, count: missing.count, missing: missing.first });
    }
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return failed(check.check, check.subject, error.failure);
  }
  const read = `${blocks} blocks (${formatBytes(bytes)}) read and hashed`;
  if (incomplete.length === 0) return { ...check, says: `${check.says}; ${read}` };
  const leaves = leafLines(release.root, await treeOf(release, campaign, world), incomplete);
  const says = [read, ...incompleteLines(incomplete), ...leaves].join("\n");
  return {
    ...check,
    ok: false,
    problem: damaged > 0 ? "corrupt" : "drift",
    says,
    mend: damaged > 0 && !home.recheck ? repairFirst : publishAgain,
  };
}

/** Ends the reading of blocks where the node can't be reached. */
class Unreachable extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Yields one failed check for pins of older releases and added data that lack blocks; nothing where all are complete. */
async function* checksOfOtherPins(
  { release }: Head,
  below: BelowPins,
  { home }: Pick<Parts, "home">,
  deep: boolean,
  world: World,
): AsyncGenerator<Check> {
  const incomplete = [...(await pinnedAtHome({ home }, world)).incomplete, ...below.incomplete];
  const live = [release.root, release.portal];
  const others = incomplete.filter(({ root, why }) => !live.some((cid) => cid.equals(root)) && !(deep && why));
  if (others.length === 0) return;
  yield {
    check: "node",
    subject: `${home.name}: other pins`,
    ok: false,
    problem: "drift",
    says: incompleteLines(others).join("\n"),
    mend: "add the data again; or `fieldtree prune` gives up what only old releases had",
  };
}
