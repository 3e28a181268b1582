/**
 * Publish: look, plan, act.
 *
 * The stage owns the order and nothing else: complete here, pinned where the campaign demands, released, announced, read
 * back. Whether a step is needed is the plan's business, how it is done is in the file named after it. KnownWithoutBlocks each phase
 * stands what a crash there leaves behind; running again always finishes, with the same CIDs and one release.
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import { formatSteps, type Step } from "../../core/plan.ts";
import { dataLeaves } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Link } from "../../dag/block.ts";
import type { Head } from "../../log/log.ts";
import type { Draft } from "../../log/release.ts";
import type { PublishEvent } from "../event.ts";
import { announce, readBack } from "../names/announce.ts";
import type { Parts } from "../parts.ts";
import { incompleteLines } from "../pins/incomplete-pins.ts";
import { connectPeers } from "../pins/peers.ts";
import { assertPinned, pinAll } from "../pins/pin.ts";
import { pinEvent } from "../pins/pin-status.ts";
import { pruneAfter } from "../pins/prune.ts";
import { appendRelease, ensureReleasePinned } from "./append-release.ts";
import { assertComplete } from "./assert-complete.ts";
import { fetchLeaves } from "./fetch-leaves.ts";
import { type Observation, observe, whyNoRoot, whyRolledBack } from "./observe.ts";
import { pinPortal, scanTree } from "./pin-portal.ts";
import { pinTree } from "./pin-tree.ts";

export interface PublishOptions {
  /** Refuse every other root: the one that a plan promised. */
  readonly expectRoot?: string;
  /** Datasets that failed stop the publication instead of being recorded and warned of. */
  readonly strict: boolean;
  /** Publish a tree that was rolled back all the same. */
  readonly overrideRollback?: boolean;
  /** The text is that of an older release, made live again. */
  readonly rollback?: Pick<Draft, "rollbackOf" | "why">;
}

/** Publish `text` as the tree of `campaign`. Yields what it does; the last event is `published`. */
export async function* publish(
  text: Uint8Array,
  campaign: Parts,
  options: PublishOptions,
  world: World,
): AsyncGenerator<PublishEvent> {
  await assertReady(campaign);
  await campaign.home.recheck?.(world);
  const seen = await observeWhole(text, campaign, world);
  assertAnnounceable(seen);
  const root = soundRoot(seen, options);

  // A crash leaves some Kubos told and some not: the next run sees which.
  const peers = stepsTo("peer", seen);
  yield* begun(peers, world);
  await connectPeers(
    campaign.peering.filter(({ node }) => peers.some((step) => step.node === node)),
    world,
  );

  // A crash leaves blocks that nobody pins yet, a root that is kept and not released, or a portal that no release names:
  // all of them are found again. Only a gc before the next run takes blocks.
  const { draft, portal } = yield* complete(root, text, seen, options, campaign, world);

  // The node's list of pins does not know what its disk lost since.
  await assertComplete([root.cid, portal], seen, campaign, world);

  // A crash leaves pins of what is not released yet: the next run finds them.
  yield* pinned(portal, seen, campaign, world);

  // A crash before the head moves leaves a block that nobody names: the next run makes the same one.
  let newest = seen.head;
  for (const step of stepsTo("release", seen)) {
    yield* begun([step], world);
    newest = await appendRelease({ ...draft!, portal }, text, seen.head, campaign, world);
  }
  const head = await asLogged(newest!, campaign, world);
  if (stepsTo("release", seen).length === 0) await ensureReleasePinned(head, campaign, world);

  // A crash leaves names that lag behind the head, or that were written and not read back: the next run sees which.
  yield* announced(head, seen, campaign, world);

  await pruneAfter(head, campaign, world);
  for (const line of incompleteLines((await campaign.home.incomplete?.(world)) ?? []))
    world.log(`warning: not complete on ${campaign.home.name}: ${line}`);
  yield {
    event: "published",
    release: head.release.number,
    root: head.release.root.toString(),
    portal: head.release.portal.toString(),
    head: head.cid.toString(),
    changed: seen.steps.length > 0,
  };
}

/** @throws Failure `input` for a secret that is not set or a key that is none: before anything starts. */
async function assertReady({ pinServices, names, signer }: Parts): Promise<void> {
  await signer?.();
  for (const service of pinServices) service.open();
  for (const name of names) name.open("writing");
  for (const name of names) await name.assertKey?.();
}

/**
 * A name that answers badly today is told when everything else is done; one that can't ever be asked for is a mistake of
 * ours: its record would be put where nobody keeps any, or its domain isn't there.
 *
 * @throws Failure `input`, before anything starts.
 */
function assertAnnounceable({ names }: Observation): void {
  for (const { failure } of names) if (isFailure(failure, "input")) throw failure;
}

async function observeWhole(text: Uint8Array, campaign: Parts, world: World): Promise<Observation> {
  const seen = await observe(text, campaign, world);
  if (!isFailure(whyNoRoot(seen), "unavailable")) return seen;
  // Not even their root blocks are here: a node with a network of its own may still find them.
  const unmeasured = seen.sizes.missing.map(({ leaf }) => leaf);
  await fetchLeaves(unmeasured, campaign, world);
  return observe(text, campaign, world);
}

/** The root, where it may be published. */
function soundRoot(seen: Observation, { expectRoot, rollback, overrideRollback }: PublishOptions): Link {
  const { root } = seen;
  if (!root) throw whyNoRoot(seen);
  if (expectRoot !== undefined && expectRoot !== root.cid.toString()) {
    throw new Failure("conflict", `this tree.yaml gives the root ${root.cid}, and ${expectRoot} was expected`, {
      hint: "plan again: the tree, or the profile in campaign.yaml, is not the one that was planned",
    });
  }
  const rolledBack = whyRolledBack(seen);
  if (rolledBack && !rollback && !overrideRollback) throw rolledBack;
  return root;
}

/** Everything a release names, whole on the campaign's own node. */
async function* complete(
  root: Link,
  text: Uint8Array,
  seen: Observation,
  options: PublishOptions,
  campaign: Parts,
  world: World,
): AsyncGenerator<PublishEvent, { draft?: Draft; portal: CID }> {
  const holds = stepsTo("hold", seen);
  yield* begun(holds, world);
  const paths = new Set(holds.map(({ path }) => path));
  const leaves = dataLeaves(seen.tree).filter(({ path }) => paths.has(path));
  await fetchLeaves(leaves, campaign, world);
  for (const step of stepsTo("keep-tree", seen)) {
    yield* begun([step], world);
    await pinTree(root.cid, seen, campaign, world);
  }
  for (const step of stepsTo("keep-portal", seen)) {
    yield* begun([step], world);
    return yield* pinPortal(root, text, seen, options, campaign, world);
  }
  // A release that was made without --strict may have datasets that failed.
  if (options.strict) yield* scanTree(seen, options.strict, campaign, world);
  return { portal: seen.head!.release.portal };
}

/** Everything pinned where it is required; where it is not, asked for. */
async function* pinned(portal: CID, seen: Observation, campaign: Parts, world: World): AsyncGenerator<PublishEvent> {
  const steps = stepsTo("pin", seen);
  if (steps.length === 0) return;
  yield* begun(steps, world);
  const known = seen.pins.filter(({ counts }) => counts);
  const wishes = seen.pins
    .filter(({ counts }) => !counts)
    .map(({ desired }) => ({ ...desired, cid: desired.cid ?? portal }));
  const sights = await pinAll(wishes, campaign, { known, waitForOptional: false }, world);
  for (const sight of sights) yield pinEvent(sight);
  assertPinned([...known, ...sights], campaign);
}

/**
 * The newest release as the log has it now: names follow what is there, not what was answered.
 *
 * @throws Failure `conflict` where that is another than the one that should be.
 */
async function asLogged({ cid, release }: Head, { log }: Parts, world: World): Promise<Head> {
  const head = await log.head(world);
  if (head?.cid.equals(cid)) return head;
  throw new Failure(
    "conflict",
    `${log.name}: the newest release is ${head ? `${head.release.number} (${head.cid})` : "none"}, and ${release.number} (${cid}) was to be`,
    { hint: "nothing was announced; run publish again: it starts from the release that is there" },
  );
}

/** Every name pointed at `head`, and read back. Names don't wait for one another; a failure is told after all were tried. */
async function* announced(head: Head, seen: Observation, campaign: Parts, world: World): AsyncGenerator<PublishEvent> {
  const steps = stepsTo("announce", seen);
  if (steps.length === 0) return;
  yield* begun(steps, world);
  const late = seen.names.filter(({ name: announced }) => steps.some(({ name }) => name === announced.name));
  const written = await Promise.allSettled(late.map((sight) => announce(sight, head, campaign, world)));
  const accepted = late.filter((_, i) => written[i]!.status === "fulfilled");
  const backs = stepsTo("read-back", seen);
  yield* begun(
    backs.filter(({ name }) => accepted.some(({ name: announced }) => announced.name === name)),
    world,
  );
  const read = await Promise.allSettled(
    written.map(async (result, i) => {
      if (result.status === "rejected") throw result.reason;
      return readBack(late[i]!.name, result.value, world);
    }),
  );
  for (const result of read) {
    if (result.status === "rejected") continue;
    const { name: announced, answers: sighting } = result.value;
    yield { event: "announced", name: announced.name, value: sighting!.value!, authorities: sighting!.authorities };
  }
  assertAnnounced(
    read.map((result, i) => ({ name: late[i]!.name.name, ...result })),
    head,
  );
}

/** @throws Failure saying of every name why it is not announced; whatever else went wrong, as it is. */
function assertAnnounced(
  names: readonly ({ readonly name: string } & PromiseSettledResult<unknown>)[],
  { release }: Head,
): void {
  const failed = names.filter((result) => result.status === "rejected");
  if (failed.length === 0) return;
  const other = failed.find(({ reason }) => !isFailure(reason));
  if (other) throw other.reason;
  // What asking again can't mend is what has to be told first.
  const reasons = failed.map(({ reason }) => reason as Failure);
  const { kind, hint } = reasons.find(({ kind }) => kind !== "unavailable") ?? reasons[0]!;
  const lines = failed.map(({ name, reason }) => `  ${name}: ${reason.message.replaceAll("\n", "\n    ")}`);
  const what = `release ${release.number} stands, and is not announced everywhere:`;
  throw new Failure(kind, [what, ...lines].join("\n"), {
    hint: hint ?? "run it again: it goes on from here, with the same release",
    cause: reasons[0],
  });
}

/** Steps of one kind, typed as such. */
function stepsTo<What extends Step["do"]>(what: What, { steps }: Observation): Extract<Step, { do: What }>[] {
  return steps.filter((step): step is Extract<Step, { do: What }> => step.do === what);
}

function* begun(steps: readonly Step[], world: World): Generator<PublishEvent> {
  world.signal.throwIfAborted();
  for (const line of formatSteps(steps)) world.log(line);
  for (const step of steps) yield { event: "step", step };
}
