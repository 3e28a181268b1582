/**
 * Publish: observe, plan, and apply the plan, step by step.
 *
 * This file has the order of what happens and nothing else: whether a step is needed is decided in `plan.ts`, and how it is
 * done is in the file named after it. A comment at each step describes what a crash there leaves behind. Running again always
 * finishes, with the same CIDs and one release.
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Link } from "../../dag/block.ts";
import type { Head } from "../../log/log.ts";
import type { Draft } from "../../log/release.ts";
import type { PublishEvent } from "../event.ts";
import type { Parts } from "../parts.ts";
import { probingBelow } from "../pins/below-pins.ts";
import { incompleteLines } from "../pins/incomplete-pins.ts";
import { connectPeers } from "../pins/peers.ts";
import { assertPinned, pinAll } from "../pins/pin.ts";
import { pinEvent } from "../pins/pin-status.ts";
import { pruneAfter } from "../pins/prune.ts";
import { type Announced, announceNames, readBackNames } from "./announce-names.ts";
import { appendRelease, ensureReleasePinned } from "./append-release.ts";
import { assertComplete } from "./assert-complete.ts";
import { fetchLeaves } from "./fetch-leaves.ts";
import { type Observation, type ObservedParts, observe, whyNoRoot, whyRolledBack } from "./observe.ts";
import { pinPortal, scanTree } from "./pin-portal.ts";
import { pinTree } from "./pin-tree.ts";
import { formatSteps, type Step, stepData } from "./plan.ts";

export interface PublishOptions {
  /** Refuse every other root: the one that a plan promised. */
  readonly expectRoot?: string;
  /** Datasets that failed stop the publication instead of being recorded and warned of. */
  readonly strict: boolean;
  /** Publish a tree that was rolled back all the same. */
  readonly overrideRollback?: boolean;
  /** The text is that of an older release, restored. */
  readonly rollback?: Pick<Draft, "rollbackOf" | "why">;
  /** Newest releases of other copies of the log, which the text has the changes of: the release merges them. */
  readonly merging?: readonly Head[];
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
  const observed = await observeWhole(text, campaign, options.merging ?? [], world);
  assertAnnounceable(observed);
  publishableRoot(observed, options);

  for (const fork of observed.forks ?? [])
    world.log(
      `warning: no name is announced: release ${fork} of another copy of the log is not merged: fieldtree log adopt ${fork}`,
    );

  const head = yield* applyPlan(observed, text, campaign, options, world);

  await pruneAfter(head, campaign, world);
  for (const line of incompleteLines((await campaign.home.incomplete?.(world)) ?? []))
    world.log(`warning: not complete on ${campaign.home.name}: ${line}`);
  yield {
    event: "published",
    release: head.release.number,
    root: head.release.root.toString(),
    portal: head.release.portal.toString(),
    head: head.cid.toString(),
    changed: observed.steps.flatMap(stepData).length > 0,
  };
}

/** A plan being applied: what it was made of, and what its steps pass on to later ones. */
interface Publication {
  readonly observed: Observation;
  readonly text: Uint8Array;
  readonly campaign: Parts;
  readonly options: PublishOptions;
  /** The next release and its portal, once the portal is built. */
  built: { readonly draft: Draft; readonly portal: CID } | undefined;
  /** The newest release in the log. */
  newest: Head | undefined;
  /** Names that were written. */
  announced: readonly Announced[];
}

/** Applies the steps of the plan in their order. Returns the head that was published. */
async function* applyPlan(
  observed: Observation,
  text: Uint8Array,
  campaign: Parts,
  options: PublishOptions,
  world: World,
): AsyncGenerator<PublishEvent, Head> {
  const publication: Publication = {
    ...{ observed, text, campaign, options },
    ...{ built: undefined, newest: observed.head, announced: [] },
  };
  for (const step of observed.steps) {
    // Which names are read back is known only when they were written.
    if (step.do !== "read-back") yield* begun(step, world);
    yield* apply(step, publication, world);
  }
  return released(publication.newest);
}

async function* apply(step: Step, publication: Publication, world: World): AsyncGenerator<PublishEvent, void> {
  const { observed, text, campaign, options } = publication;
  const { tree, changes, blocks } = observed;
  switch (step.do) {
    case "connect-peers":
      // A crash leaves some Kubos with their peers and some without: the next run observes which.
      return await connectPeers(
        step.kubos.map(({ peering }) => peering),
        world,
      );

    case "fetch-leaves":
      // A crash leaves blocks that no pin has yet, or one pin of all of them. The next run finds them; only a gc before it takes them.
      return await fetchLeaves(step.leaves, campaign.fetchLeaf, world, campaign.fetchTogether);

    case "restore-leaves":
      // A crash leaves some of the lost blocks stored: the next run finds what is still missing.
      return await fetchLeaves(step.leaves, campaign.restoreLeaf ?? campaign.fetchLeaf, world);

    case "pin-tree":
      // A crash leaves a root that is pinned and not released: the next run finds it pinned.
      return await pinTree(step.root, blocks, step.release, campaign, world);

    case "pin-portal":
      // A crash leaves a portal that no release names: the next run builds the same one.
      publication.built = yield* pinPortal(step.root, step.of, { text, tree, changes }, options, campaign, world);
      return;

    case "check-datasets":
      // The newest release may have been published without --strict.
      if (options.strict) yield* scanTree(tree, options.strict, campaign, world);
      return;

    case "check-blocks":
      // The node's list of pins does not know what its disk lost since.
      return await assertComplete([step.root, portalOf(publication)], tree, campaign, world);

    case "pin":
      // A crash leaves pins of what is not released yet: the next run finds them.
      return yield* pinAtServices(step, portalOf(publication), campaign, world);

    case "release":
      // A crash before the head moves leaves a block that nothing links to: the next run writes the same one.
      publication.newest = await release(step, publication, world);
      return;

    case "check-head":
      publication.newest = await headInLog(publication.newest, campaign, world);
      return;

    case "check-release":
      return await ensureReleasePinned(step.head, campaign, world);

    case "announce":
      // A crash leaves names that lag behind the head: the next run observes which.
      publication.announced = await announceNames(step.names, released(publication.newest), campaign, world);
      return;

    case "read-back":
      // A crash leaves names that were written and not read back: the next run observes which.
      return yield* readBack(step, publication, world);
  }
}

type StepOf<Do extends Step["do"]> = Extract<Step, { readonly do: Do }>;

/** Requests the missing pins, and requires that those which the campaign demands count. */
async function* pinAtServices(
  { missing, counting }: StepOf<"pin">,
  portal: CID,
  campaign: Parts,
  world: World,
): AsyncGenerator<PublishEvent, void> {
  const requests = missing.map(({ desired }) => ({ ...desired, cid: desired.cid ?? portal }));
  const pinned = await pinAll(requests, campaign, { known: counting, waitForOptional: false }, world);
  for (const pin of pinned) yield pinEvent(pin);
  assertPinned([...counting, ...pinned], campaign);
}

async function release(
  { after }: StepOf<"release">,
  { built, text, campaign }: Publication,
  world: World,
): Promise<Head> {
  if (!built) throw new Error("a release needs the portal that an earlier step builds");
  return appendRelease({ ...built.draft, portal: built.portal }, text, after, campaign, world);
}

/** Reads back the names that could be written. */
async function* readBack(
  step: StepOf<"read-back">,
  { announced, newest }: Publication,
  world: World,
): AsyncGenerator<PublishEvent, void> {
  const written = announced.filter(({ value }) => value.status === "fulfilled").map(({ name }) => name);
  yield* begun({ ...step, names: written }, world);
  yield* readBackNames(announced, released(newest), world);
}

/** Logs a step for people, and yields it for machines, before it is applied. */
function* begun(step: Step, world: World): Generator<PublishEvent> {
  world.signal.throwIfAborted();
  for (const line of formatSteps([step])) world.log(line);
  for (const data of stepData(step)) yield { event: "step", step: data };
}

/** The portal that was built, or else that of the newest release. */
function portalOf({ built, observed }: Publication): CID {
  return built?.portal ?? released(observed.head).release.portal;
}

function released(head: Head | undefined): Head {
  if (!head) throw new Error("a plan without a release has one in the log");
  return head;
}

/** @throws Failure `input` for a secret that is not set or is no key: before anything starts. */
async function assertReady({
  pinServices,
  names,
  signer,
}: Pick<Parts, "pinServices" | "names" | "signer">): Promise<void> {
  await signer?.();
  for (const service of pinServices) service.open();
  for (const name of names) name.open("writing");
  for (const name of names) await name.assertKey?.();
}

/**
 * A name that answers badly today is reported when everything else is done. One that can't ever be asked for is a mistake
 * in campaign.yaml: its record has no place to be put, or its domain does not exist.
 *
 * @throws Failure `input`, before anything starts.
 */
function assertAnnounceable({ names }: Observation): void {
  for (const { failure } of names) if (isFailure(failure, "input")) throw failure;
}

async function observeWhole(
  text: Uint8Array,
  campaign: ObservedParts & Pick<Parts, "fetchLeaf">,
  merging: readonly Head[],
  world: World,
): Promise<Observation> {
  // Without a limit: what is released must be complete.
  const options = { below: probingBelow(campaign, {}, world), merging };
  const observed = await observe(text, campaign, world, options);
  if (!isFailure(whyNoRoot(observed), "unavailable")) return observed;
  // Not even the root blocks of some leaves are here: a node with a network of its own may still find them.
  await fetchLeaves(
    observed.sizes.missing.map(({ leaf }) => leaf),
    campaign.fetchLeaf,
    world,
  );
  return observe(text, campaign, world, options);
}

/** The root, where it may be published. */
function publishableRoot(observed: Observation, { expectRoot, rollback, overrideRollback }: PublishOptions): Link {
  const { root } = observed;
  if (!root) throw whyNoRoot(observed);
  if (expectRoot !== undefined && expectRoot !== root.cid.toString()) {
    throw new Failure("conflict", `this tree.yaml gives the root ${root.cid}, and ${expectRoot} was expected`, {
      hint: "plan again: the tree, or the profile in campaign.yaml, is not the one that was planned",
    });
  }
  const rolledBack = whyRolledBack(observed);
  if (rolledBack && !rollback && !overrideRollback) throw rolledBack;
  return root;
}

/**
 * The newest release as the log has it now: names follow what is there, not what was answered.
 *
 * @throws Failure `conflict` where that is another than the one that should be.
 */
async function headInLog(expected: Head | undefined, { log }: Pick<Parts, "log">, world: World): Promise<Head> {
  const { cid, release } = released(expected);
  const head = await log.head(world);
  if (head?.cid.equals(cid)) return head;
  throw new Failure(
    "conflict",
    `${log.name}: the newest release is ${head ? `${head.release.number} (${head.cid})` : "none"}, and ${release.number} (${cid}) was to be`,
    { hint: "nothing was announced; run publish again: it starts from the release that is there" },
  );
}
