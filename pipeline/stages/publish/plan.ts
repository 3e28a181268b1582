/**
 * The plan: the steps from what is observed to what is desired, in the order in which `publish` applies them.
 *
 * A plan is data: `plan` prints it, a pull request shows it, a test compares it, and `publish` walks it. Each step carries
 * what it is applied to, so that nothing is decided twice. The order of the steps is the safety argument: every block is
 * fetched, then the tree is pinned, then the portal, then both at the services that the campaign requires, and only then is
 * the release appended, announced and read back. Wherever a run stops, no release names what no node has, and no name
 * leads to what is not released. A step is in the plan because it was *observed* to be needed; running again after a stop
 * plans the rest.
 *
 * Checks are steps that change nothing. They are in every plan, and {@link stepData} and {@link formatSteps} leave them out.
 */

import type { CID } from "multiformats/cid";
import { formatNameTarget } from "../../core/campaign/name-target.ts";
import { stableJson } from "../../core/json.ts";
import type { DataLeaf } from "../../core/tree/tree.ts";
import type { Link } from "../../dag/block.ts";
import type { Head } from "../../log/log.ts";
import type { MadeWith } from "../../log/release.ts";
import type { StepData } from "../event.ts";
import type { NameObservation } from "../names/name-status.ts";
import type { ObservedPeering } from "../pins/peers.ts";
import type { PinObservation } from "../pins/pin-status.ts";
import { formatTarget } from "../pins/pin-target.ts";

export type Step =
  /** Have Kubos stay connected with peers. They find data sooner; nothing depends on it. */
  | { readonly do: "connect-peers"; readonly kubos: readonly ObservedPeering[] }
  /** Bring every block below these leaves to the campaign's node. */
  | { readonly do: "fetch-leaves"; readonly leaves: readonly DataLeaf[] }
  /** Bring the blocks that the node lost below these leaves, which it lists as pinned. */
  | { readonly do: "restore-leaves"; readonly leaves: readonly DataLeaf[] }
  /** Store the directories above the leaves, and pin the root. */
  | { readonly do: "pin-tree"; readonly root: CID; readonly release: number }
  /** Describe the datasets, fold the views, and pin the portal. */
  | { readonly do: "pin-portal"; readonly root: Link; readonly of: ReleaseOfPortal }
  /** Check: no dataset failed, where the portal is pinned already. Only `--strict` asks for it. */
  | { readonly do: "check-datasets" }
  /** Check: the campaign's node has the blocks of what it lists as pinned. */
  | { readonly do: "check-blocks"; readonly root: CID }
  /** Request these pins at services. `counting`: those that count already. */
  | { readonly do: "pin"; readonly missing: readonly PinObservation[]; readonly counting: readonly PinObservation[] }
  /** Append the release to the log, which moves the head. `after`: the head now. */
  | { readonly do: "release"; readonly number: number; readonly root: CID; readonly after: Head | undefined }
  /** Check: the block of the newest release is pinned on the campaign's node. It may be another machine's release. */
  | { readonly do: "check-release"; readonly head: Head }
  /** Check: the newest release in the log is the one that names are about to lead to. */
  | { readonly do: "check-head" }
  /** Point these names at the head. */
  | { readonly do: "announce"; readonly names: readonly LateName[] }
  /** Ask every authority of these names until all give the announced value. */
  | { readonly do: "read-back"; readonly names: readonly LateName[] };

/** The portal of the next release, or of the newest one where only its portal is missing. */
export type ReleaseOfPortal =
  | { readonly kind: "next"; readonly number: number; readonly after: Head | undefined }
  | { readonly kind: "newest"; readonly head: Head };

/** A name, and the value that it should have; null while it is not known, because it is of the portal to be built. */
export interface LateName {
  readonly observed: NameObservation;
  readonly value: string | null;
}

export interface Desired {
  readonly root: Link;
  /** In the order of the file. */
  readonly leaves: readonly DataLeaf[];
  /** Versions and settings that derived files depend on. */
  readonly madeWith: MadeWith;
  /** Whether the release merges others: it is created even where the tree stays the same. */
  readonly merges?: boolean;
}

export interface Observed {
  /** The newest release; absent before the first. */
  readonly newest?: Newest;
  /** CIDs that the node lists as pinned and complete. */
  readonly pinned: ReadonlySet<string>;
  /** CIDs that the node lists as pinned, though blocks below them are missing. */
  readonly incomplete?: ReadonlySet<string>;
  /** Whether all pins that the plan relies on were probed just now. */
  readonly probedBelow?: boolean;
}

export interface Newest {
  readonly head: Head;
  /** Leaves that it published. */
  readonly leaves: readonly DataLeaf[];
}

/** What was observed at others than the campaign's own node. */
export interface Outside {
  readonly peers: readonly ObservedPeering[];
  readonly pins: readonly PinObservation[];
  /** Names with what all their authorities answer; `undefined` where they differ, or where the record ends soon. */
  readonly names: readonly (LateName & { readonly agreed: string | undefined })[];
}

/**
 * Whether the newest release is what is desired, so that none has to be created.
 *
 * One root can be cut into leaves in many ways: `a: CID`, or a line for each folder in it. What is described, listed and
 * bounded is a leaf, so another cut of the same root is another portal.
 */
export function isCurrent({ root, madeWith, leaves, merges }: Desired, newest: Newest | undefined): boolean {
  if (merges) return false;
  if (!newest?.head.release.root.equals(root.cid)) return false;
  if (stableJson(newest.head.release.madeWith) !== stableJson(madeWith)) return false;
  const paths = new Set(newest.leaves.map(({ path }) => path));
  return leaves.length === paths.size && leaves.every(({ path }) => paths.has(path));
}

export function planOf(desired: Desired, observed: Observed, { peers, pins, names }: Outside): Step[] {
  const { root } = desired;
  const { newest, pinned } = observed;
  const current = isCurrent(desired, newest) ? newest?.head : undefined;
  const after = newest?.head;
  const number = (after?.release.number ?? 0) + (current ? 0 : 1);
  const steps: Step[] = [];

  const kubos = peers.filter(({ missing }) => missing.length > 0);
  if (kubos.length > 0) steps.push({ do: "connect-peers", kubos });
  if (!pinned.has(root.cid.toString())) {
    const { unknown, lost } = missingLeaves(desired, observed);
    if (unknown.length > 0) steps.push({ do: "fetch-leaves", leaves: unknown });
    if (lost.length > 0) steps.push({ do: "restore-leaves", leaves: lost });
    steps.push({ do: "pin-tree", root: root.cid, release: number });
  }
  if (!current) steps.push({ do: "pin-portal", root, of: { kind: "next", number, after } });
  else if (!pinned.has(current.release.portal.toString()))
    steps.push({ do: "pin-portal", root, of: { kind: "newest", head: current } });
  else steps.push({ do: "check-datasets" });
  const isUnchanged = pinned.has(root.cid.toString()) && current && pinned.has(current.release.portal.toString());
  if (!isUnchanged || !observed.probedBelow) steps.push({ do: "check-blocks", root: root.cid });

  const missing = pins.filter(({ counts }) => !counts);
  if (missing.length > 0) steps.push({ do: "pin", missing, counting: pins.filter(({ counts }) => counts) });
  if (!current) steps.push({ do: "release", number, root: root.cid, after });
  steps.push({ do: "check-head" });
  if (current) steps.push({ do: "check-release", head: current });

  const late = names.filter(({ value, agreed }) => value === null || value !== agreed);
  if (late.length > 0) steps.push({ do: "announce", names: late }, { do: "read-back", names: late });
  return steps;
}

/**
 * The leaves that are not complete on the node: `lost` those that it lists as pinned all the same.
 */
function missingLeaves(
  { root, leaves }: Desired,
  { newest, pinned, incomplete = new Set() }: Observed,
): { readonly unknown: readonly DataLeaf[]; readonly lost: readonly DataLeaf[] } {
  const missing = notBelow(leaves, newest, pinned);
  const listed = new Set([...pinned, ...incomplete]);
  const unknown = listed.has(root.cid.toString()) ? [] : notBelow(missing, newest, listed);
  const isUnknown = new Set(unknown);
  return { unknown, lost: missing.filter((leaf) => !isUnknown.has(leaf)) };
}

/** What is below a pinned root is there: only leaves that are new since then may be missing. */
function notBelow(leaves: readonly DataLeaf[], newest: Newest | undefined, pinned: ReadonlySet<string>): DataLeaf[] {
  const isRootPinned = newest !== undefined && pinned.has(newest.head.release.root.toString());
  const published = new Set(isRootPinned ? newest.leaves.map(({ cid }) => cid.toString()) : []);
  return leaves.filter(({ cid }) => !published.has(cid.toString()) && !pinned.has(cid.toString()));
}

/** A step as JSON has it: an entry for each leaf, pin and name; none for a check. */
export function stepData(step: Step): StepData[] {
  switch (step.do) {
    case "connect-peers":
      return step.kubos.map(({ peering, missing }) => ({ do: "peer", node: peering.node, peers: missing }));
    case "fetch-leaves":
    case "restore-leaves":
      return step.leaves.map(({ path, cid, line }) => ({ do: "hold", path, cid: cid.toString(), line }));
    case "pin-tree":
      return [{ do: "keep-tree", root: step.root.toString() }];
    case "pin-portal": {
      const { of } = step;
      return [{ do: "keep-portal", release: of.kind === "next" ? of.number : of.head.release.number }];
    }
    case "pin":
      return step.missing.map(({ desired: { service, target, cid, required } }) => ({
        ...{ do: "pin", service: service.name, path: formatTarget(target) },
        ...{ cid: cid?.toString() ?? null, required },
      }));
    case "release":
      return [{ do: "release", number: step.number, root: step.root.toString() }];
    case "announce":
      return step.names.map(({ observed: { name }, value }) => ({
        do: "announce",
        name: name.name,
        to: formatNameTarget(name.to),
        value,
      }));
    case "read-back":
      return step.names.map(({ observed: { name }, value }) => ({ do: "read-back", name: name.name, value }));
    case "check-datasets":
    case "check-blocks":
    case "check-release":
    case "check-head":
      return [];
  }
}

/** Named one by one up to that many. */
const few = 3;

/** The steps as lines for people: many leaves, and many pins at a service, are one line. Checks have none. */
export function formatSteps(steps: readonly Step[]): string[] {
  return steps.flatMap(formatStep);
}

function formatStep(step: Step): string[] {
  switch (step.do) {
    case "connect-peers":
      return step.kubos.map(
        ({ peering, missing }) => `have ${peering.node} stay connected with ${formatPeers(missing)}`,
      );
    case "fetch-leaves":
    case "restore-leaves": {
      const { leaves } = step;
      if (leaves.length > few) return [`fetch ${leaves.length} leaves`];
      return leaves.map(({ path, cid }) => `fetch ${path} (${cid})`);
    }
    case "pin-tree":
      return [`pin the tree ${step.root}`];
    case "pin-portal":
      return [`pin the portal of release ${step.of.kind === "next" ? step.of.number : step.of.head.release.number}`];
    case "pin":
      return [...Map.groupBy(step.missing, ({ desired }) => desired.service).values()].map(formatPins);
    case "release":
      return [`release ${step.number}: ${step.root}`];
    case "announce":
      return step.names.map(
        ({ observed: { name }, value }) => `announce ${name.name} → ${value ?? formatNameTarget(name.to)}`,
      );
    case "read-back":
      return step.names.map(({ observed: { name } }) => `read ${name.name} back from every authority`);
    case "check-datasets":
    case "check-blocks":
    case "check-release":
    case "check-head":
      return [];
  }
}

function formatPeers(ids: readonly string[]): string {
  return ids.length <= few ? ids.join(", ") : `${ids.length} peers`;
}

/** Pins at one service: `pin /, portal/ at mirror`, `pin 12 roots at mirror`. */
function formatPins(pins: readonly PinObservation[]): string {
  const [first] = pins.map(({ desired }) => desired);
  if (!first) return "";
  const end = `at ${first.service.name}`;
  const optional = first.required ? "" : ", optional";
  const targets = pins.map(({ desired }) => formatTarget(desired.target));
  if (targets.length > few) return `pin ${targets.length} roots ${end}${optional}`;
  const cid = targets.length === 1 ? ` (${first.cid ?? "the next portal"})` : "";
  return `pin ${targets.join(", ")} ${end}${cid}${optional}`;
}
