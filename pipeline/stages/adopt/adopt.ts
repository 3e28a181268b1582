/**
 * Adopt: take over what another copy of the campaign's log has, after days apart.
 *
 * Behind, the head is moved to theirs. Diverged, both tree.yamls are merged by meaning, and an ordinary release follows ours
 * that links theirs as `merged`. Nothing is rebased, because CIDs are cited; the other site is then behind, and moves its head
 * to the same release. The order is that of publishing: everything is stored and verified, then pinned, then tree.yaml is
 * written, then the head moves, then names are announced. Run again after it was ended, it goes on.
 */
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { Divergence, Relation } from "../../core/relation.ts";
import type { Conflict } from "../../core/tree/merge.ts";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { allReleasesFrom, releasesApart } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { type Release, releaseBlock } from "../../log/release.ts";
import type { PublishEvent } from "../event.ts";
import type { Parts } from "../parts.ts";
import { label } from "../pins/label.ts";
import { publish } from "../publish/publish.ts";
import { sourceOf, sourcesOf } from "../tree/past.ts";
import { checkReleases } from "../verify/check-releases.ts";
import { mergedText, type Side } from "./merge.ts";
import { comparedText, compareLogs, type OtherLog, readerOfBoth } from "./other-log.ts";

export type AdoptEvent =
  | PublishEvent
  | { readonly event: "conflict"; readonly conflict: Conflict }
  | {
      readonly event: "adopted";
      /** Before it was adopted. */
      readonly relation: Relation;
    };

export interface AdoptOptions {
  /** The side that counts at paths that both changed differently. */
  readonly take: Side | undefined;
}

/** tree.yaml in the campaign's folder. */
export interface TreeFile {
  read(): Promise<string>;
  write(text: string): Promise<void>;
}

/** Yields what it does; the last event is `adopted`. @throws Failure `conflict` where it can't be, after an event for each path. */
export async function* adopt(
  other: OtherLog,
  options: AdoptOptions,
  file: TreeFile,
  campaign: Parts,
  world: World,
): AsyncGenerator<AdoptEvent> {
  const compared = await compareLogs(other, campaign, world);
  const { ours, relation } = compared;
  switch (relation.relation) {
    case "unrelated":
      throw new Failure("conflict", comparedText(compared, other), {
        hint: "they are no copies of one log: a campaign that was begun anew can't be adopted",
      });
    case "behind":
      await fastForward(await takeOver(other, ours, campaign, world), ours, file, campaign, world);
      yield* announced(other.head, campaign, world);
      break;
    case "diverged":
      await takeOver(other, ours, campaign, world);
      await campaign.forks?.add(other.head.cid);
      if (ours) yield* mergeLogs(other.head, ours, relation, options, file, campaign, world);
      break;
    case "equal":
    case "ahead":
      // Of a run that was ended after it moved the head.
      if (ours) yield* announced(ours, campaign, world);
      break;
  }
  await campaign.forks?.remove([other.head.cid]);
  yield { event: "adopted", relation };
}

/** The releases of another copy of the log that this one lacks. */
interface Taken {
  readonly head: Head;
  readonly releases: readonly Release[];
}

/**
 * Verifies the other copy, and stores its releases with their tree.yamls on the campaign's node: a crash leaves blocks that no
 * pin has.
 *
 * @throws Failure `corrupt` where it contradicts itself; `unavailable` where its releases are out of reach.
 */
async function takeOver(other: OtherLog, ours: Head | undefined, campaign: Parts, world: World): Promise<Taken> {
  const { log, home, get, signers, profile } = campaign;
  const read = readerOfBoth(log, other);
  const source = async (release: Release) =>
    (await other.source?.(release, world)) ?? (await log.source(release, world));
  const known = { isOld: () => false, source, profile };
  for await (const check of checkReleases(other.head, { read }, get, signers, world, known)) {
    if (check.ok) continue;
    const message = `${other.name}: ${check.subject}: ${check.says}`;
    if (check.problem === "corrupt") throw new Failure("corrupt", message, { hint: "nothing of it was adopted" });
    if (check.check === "log") throw new Failure("unavailable", message);
    world.log(`warning: ${message}`);
  }
  const apart = await releasesApart([other.head], allReleasesFrom(ours, log, world), { read }, world);
  const releases = apart.map(({ release }) => release);
  const blocks: Block[] = releases.map(releaseBlock);
  for (const release of releases) {
    const carried = await other.source?.(release, world);
    if (carried) fileOf(carried.text, profiles["cid-v1"], (block) => void blocks.push(block));
  }
  await home.put(blocks, world);
  return { head: other.head, releases };
}

/** Moves the head to theirs. A crash before that leaves a tree.yaml that is published again from there, and no release. */
async function fastForward(
  { head, releases }: Taken,
  ours: Head | undefined,
  file: TreeFile,
  campaign: Parts,
  world: World,
): Promise<void> {
  const { log, home, facts, fetchLeaf } = campaign;
  const { number, root, portal } = head.release;
  const text = await treeTextOf(head, campaign, world);
  const base = ours ? await treeTextOf(ours, campaign, world) : "";
  const merged = mergedText({ base, ours: base, theirs: text, folder: await file.read() }, undefined);
  await fetchLeaf({ path: "portal", cid: portal }, world);
  await home.pin(root, label(facts.campaign, "tree", number), world);
  await home.pin(portal, label(facts.campaign, "portal", number), world);
  await file.write(merged.text);
  const sources = await sourcesOf(releases, campaign, world);
  await log.fastForward(head, ours, world, { sources, releases });
}

/** Appends a release that merges theirs. A crash before that leaves a tree.yaml that the next run takes as the merge. */
async function* mergeLogs(
  theirs: Head,
  ours: Head,
  { base }: Divergence,
  { take }: AdoptOptions,
  file: TreeFile,
  campaign: Parts,
  world: World,
): AsyncGenerator<AdoptEvent> {
  const cid = CID.parse(base);
  const common = { cid, release: await campaign.log.read(cid, world) };
  const texts = await Promise.all([common, ours, theirs].map((head) => treeTextOf(head, campaign, world)));
  const [before = "", mine = "", yours = ""] = texts;
  const merged = mergedText({ base: before, ours: mine, theirs: yours, folder: await file.read() }, take);
  for (const conflict of merged.conflicts) yield { event: "conflict", conflict };
  const [first] = merged.conflicts;
  if (first) {
    const says = merged.conflicts.map((conflict) => conflict.says).join("\n");
    throw new Failure("conflict", says, { hint: "decide for one side with --take ours or --take theirs" });
  }
  const { home, facts } = campaign;
  try {
    // Earlier versions of datasets are linked there.
    await home.pin(theirs.release.portal, `${facts.campaign}/merged/${theirs.cid}`, world);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    world.log(`the portal of the other site's release ${theirs.release.number} is not whole here, so it is not pinned`);
  }
  await file.write(merged.text);
  yield* publish(new TextEncoder().encode(merged.text), campaign, { strict: false, merging: [theirs] }, world);
}

/** Pins and names of the newest release, as far as they are not there yet. Another site's versions of readers make none. */
async function* announced(head: Head, campaign: Parts, world: World): AsyncGenerator<AdoptEvent> {
  const asItIs = { ...campaign, madeWith: head.release.madeWith };
  const options = { strict: false, expectRoot: head.release.root.toString() };
  yield* publish(await sourceOf(head.release, campaign, world), asItIs, options, world);
}

async function treeTextOf({ release }: Head, campaign: Parts, world: World): Promise<string> {
  return new TextDecoder().decode(await sourceOf(release, campaign, world));
}
