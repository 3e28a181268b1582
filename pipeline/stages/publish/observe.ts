/**
 * Observe: everything that a plan is made from, what is there and what should be.
 *
 * The root needs the size of every leaf; the steps need the head, the pins of the node and of each service, and the
 * answers of every authority of each name. Nothing is changed here.
 */

import type { CID } from "multiformats/cid";
import type { NameTarget } from "../../core/campaign/name-target.ts";
import { Failure } from "../../core/failure.ts";
import type { Finding } from "../../core/report/finding.ts";
import { findingCount } from "../../core/report/finding-list.ts";
import { plural } from "../../core/text/plural.ts";
import { firstLines } from "../../core/text/shown.ts";
import { type Change, changesBetween } from "../../core/tree/changes.ts";
import { dataLeaves, readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Block, Link } from "../../dag/block.ts";
import type { IncompletePin } from "../../ipfs/node.ts";
import { releasesFrom } from "../../log/chain.ts";
import { unmergedForks } from "../../log/forks.ts";
import type { Head } from "../../log/log.ts";
import type { Release } from "../../log/release.ts";
import { agreedValue, type NameObservation, normalized, observeNames } from "../names/name-status.ts";
import { targetOf } from "../names/target.ts";
import type { Parts } from "../parts.ts";
import type { BelowPins, ProbeBelow } from "../pins/below-pins.ts";
import { desiredPins } from "../pins/desired-pins.ts";
import { completeLeaves, type PinnedAtHome, pinnedAtHome } from "../pins/incomplete-pins.ts";
import { observePeers } from "../pins/peers.ts";
import { observePins, type PinObservation } from "../pins/pin-status.ts";
import { assembleTree } from "../tree/assemble.ts";
import { type Past, treeOf } from "../tree/past.ts";
import { outOfReach, type Sizes, sizesOf } from "../tree/sizes.ts";
import { type Desired, isCurrent, planOf, type Step } from "./plan.ts";

export interface Observation {
  readonly tree: Tree;
  readonly findings: readonly Finding[];
  readonly head: Head | undefined;
  /** The newest releases, the head first, as far as each is a rollback. */
  readonly rollbacks: readonly Head[];
  /** What the head published; an empty tree before the first release. */
  readonly live: Tree;
  readonly changes: readonly Change[];
  readonly sizes: Sizes;
  /** Absent where tree.yaml has errors or a leaf is out of reach: {@link whyNoRoot} returns the reason. */
  readonly root?: Link;
  /** Pins on the campaign's own node that lack blocks. */
  readonly incomplete: readonly IncompletePin[];
  /** How many of the pins that the plan relies on were not probed, and why; absent where all were. */
  readonly unchecked?: string;
  /** Directory blocks above the leaves, which are stored before the root is pinned. */
  readonly blocks: readonly Block[];
  /** Status of the desired pins at services; a portal that is not built yet has no CID. */
  readonly pins: readonly PinObservation[];
  readonly names: readonly NameObservation[];
  /** Other copies of the log that neither the head nor the next release merges: names are not announced then. */
  readonly forks?: readonly CID[];
  readonly steps: readonly Step[];
}

/** The parts of a campaign that are observed: the past, the node, services, names and peers. */
export type ObservedParts = Past &
  Pick<Parts, "home" | "facts" | "madeWith" | "pins" | "pinServices" | "names" | "peering" | "forks">;

const defaultTimeoutMs = 30_000;

export interface ObservationOptions {
  /** ms that services and names get to answer. Read at each request: where it is a getter, later requests get less time. */
  readonly timeoutMs?: number;
  /** Probes below the pins on which the plan relies; absent: the node's own list of pins is believed. */
  readonly below?: ProbeBelow;
  /** What the release is to merge. */
  readonly merging?: readonly Head[];
}

/** Observe `campaign` as it would be with `text` as its tree.yaml. */
export async function observe(
  text: Uint8Array,
  campaign: ObservedParts,
  world: World,
  options: ObservationOptions = {},
): Promise<Observation> {
  const timeoutMs = () => options.timeoutMs ?? defaultTimeoutMs;
  world.signal.throwIfAborted();
  const { tree, findings } = readTree(text);
  const names = observeNames(campaign, timeoutMs(), world);
  const peers = observePeers(campaign, timeoutMs(), world);
  // Waited for last, so that one that never answers takes no time from the rest. What fails before is thrown there.
  for (const asked of [names, peers]) asked.catch(() => undefined);
  const [{ head, live }, atHome] = await Promise.all([liveTree(campaign, world), pinnedAtHome(campaign, world)]);
  // After the live tree: the log has the sizes of its leaves, so that only new leaves have to be reached.
  const sizes = await sizesOf(tree, campaign.get, campaign.sizes, world);
  const rollbacks = await rollbacksAt(head, campaign, world);
  const blocks: Block[] = [];
  const root =
    sizes.missing.length === 0 && errorsIn(findings).length === 0
      ? assembleTree(tree, sizes.of, campaign.profile, (block) => blocks.push(block))
      : undefined;
  const changes = changesBetween(live, tree);
  const probing = probedBelow(atHome, { root: root?.cid, head, tree, live }, options.below);
  // Awaited below: until then its failure must not end the process.
  probing.catch(() => undefined);
  const known = { tree, findings, head, rollbacks, live, changes, sizes, blocks };
  if (!root) return { ...known, ...(await probing), names: await names, pins: [], steps: [] };

  const merges = (options.merging ?? []).length > 0;
  const desired: Desired = { root, leaves: dataLeaves(tree), madeWith: campaign.madeWith, merges };
  const newest = head && { head, leaves: dataLeaves(live) };
  const current = isCurrent(desired, newest) ? head : undefined;
  const pins = await observePins(
    desiredPins(
      {
        number: (head?.release.number ?? 0) + (current ? 0 : 1),
        root: root.cid,
        portal: current?.release.portal,
        tree,
        text: new TextDecoder().decode(text),
        sizes: sizes.of,
        before: current ? current.release.before : beforeOf(head),
        earlier: live,
      },
      campaign,
    ),
    campaign,
    { thorough: false, timeoutMs: timeoutMs() },
    world,
  );
  const { kept, ...probed } = await probing;
  const { incomplete, unchecked } = probed;
  const onNode = {
    pinned: new Set([...kept, ...completeLeaves(live, head, incomplete)]),
    incomplete: new Set([...atHome.kept].filter((cid) => !kept.has(cid))),
    probedBelow: options.below !== undefined && unchecked === undefined,
  };
  const outside = {
    peers: await peers,
    pins,
    names: await Promise.all(
      (await names).map(async (observed) => ({
        observed,
        value: await desiredValue(observed.name.to, root.cid, current, head, campaign, world),
        agreed: observed.answers?.endsSoon ? undefined : agreedValue(observed),
      })),
    ),
  };
  const forks = await unmergedForks(head, campaign.log, campaign.forks, world);
  const left = forks.filter((fork) => !options.merging?.some(({ cid }) => cid.equals(fork)));
  // What names lead to would be one of two releases that both count as the newest.
  const announceable = left.length > 0 ? { ...outside, names: [] } : outside;
  const steps = planOf(desired, { ...(newest && { newest }), ...onNode }, announceable);
  return { ...known, ...probed, root, pins, names: await names, forks: left, steps };
}

/**
 * What is pinned at home, without the pins that lack blocks although the node lists them. Probed are those on which the plan
 * relies: of the tree and the portal, and of leaves.
 */
async function probedBelow(
  { complete, kept, incomplete }: PinnedAtHome,
  { root, head, tree, live }: Pick<Observation, "head" | "tree" | "live"> & { readonly root: CID | undefined },
  below: ProbeBelow | undefined,
): Promise<Pick<PinnedAtHome, "kept" | "incomplete"> & Pick<BelowPins, "unchecked">> {
  if (!below) return { kept, incomplete };
  const first = [...(head ? [head.release.root, head.release.portal] : []), ...(root ? [root] : [])];
  const leaves = [tree, live].flatMap((of) => dataLeaves(of).map(({ cid }) => cid));
  const reliedOn = new Set([...first, ...leaves].map(String));
  const pins = new Map([...complete].filter(([, cid]) => reliedOn.has(cid.toString())));
  const found = await below(pins, first);
  const lacking = new Set(found.incomplete.map(({ root }) => root.toString()));
  return {
    ...found,
    kept: new Set([...kept].filter((cid) => !lacking.has(cid))),
    incomplete: [...incomplete, ...found.incomplete],
  };
}

/** The newest release and the tree it published: an empty one before the first. */
async function liveTree(campaign: Past, world: World): Promise<{ head: Head | undefined; live: Tree }> {
  const head = await campaign.log.head(world);
  return { head, live: head ? await treeOf(head.release, campaign, world) : new Map() };
}

async function rollbacksAt(head: Head | undefined, { log }: Pick<Parts, "log">, world: World): Promise<Head[]> {
  const found: Head[] = [];
  for await (const at of releasesFrom(head, log, world)) {
    if (at.release.rollbackOf === undefined) break;
    found.push(at);
  }
  return found;
}

function beforeOf(head: Head | undefined): Release["before"] {
  return head ? { root: head.release.root, portal: head.release.portal } : null;
}

/** The value that a name should have after publishing; null for the portal of the next release, which is not known yet. */
async function desiredValue(
  to: NameTarget,
  root: CID,
  current: Head | undefined,
  head: Head | undefined,
  { log }: Pick<Parts, "log">,
  world: World,
): Promise<string | null> {
  const old = head && to.release !== undefined ? head : current;
  if (old) return normalized(await targetOf(to, old, log, world));
  return to.of === "tree" ? normalized(`/ipfs/${root}`) : null;
}

/** Why an observation has no root, as one failure; `undefined` where it has one. */
export function whyNoRoot({ findings, root, sizes }: Observation): Failure | undefined {
  if (root) return undefined;
  const errors = errorsIn(findings);
  if (errors.length === 0) return outOfReach(sizes.missing);
  const lines = errors.map(({ line, column, says }) => `tree.yaml:${line}:${column}: ${says}`);
  const count = findingCount(errors);
  const counted = `tree.yaml has ${plural(count, "error")}`;
  const message = [counted, ...firstLines(lines, 20, count)].join("\n");
  return new Failure("findings", message, { hint: "fieldtree check shows each with its fix" });
}

/**
 * Why a tree that was rolled back is not published once more; `undefined` where it may be.
 *
 * A rollback makes an older tree live without touching tree.yaml, and so does one after another. Until tree.yaml is
 * changed, publishing it would undo the rollbacks though no one decided to.
 */
export function whyRolledBack({ head, rollbacks, root }: Observation): Failure | undefined {
  if (!root || head?.release.root.equals(root.cid)) return undefined;
  const undoing = rollbacks.find(({ release }) => release.before?.root.equals(root.cid));
  if (!undoing) return undefined;
  const { number, rollbackOf, why } = undoing.release;
  return new Failure(
    "refused",
    `release ${number} rolled this very tree back to that of release ${rollbackOf}${why ? ` (${why})` : ""}`,
    { hint: "change tree.yaml, or publish --override-rollback" },
  );
}

function errorsIn(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ level }) => level === "error");
}
