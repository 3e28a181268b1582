/**
 * What services pin, as they report it and as their blocks prove it.
 *
 * A service that reports `pinned` is asked for blocks before the pin counts. Where it pins the whole tree, the tree and the
 * portal are checked, and the leaves count as part of the tree. With `thorough` each leaf is checked too, as far as time
 * allows: of thousands of leaves by the root block alone where more would take too long, and the last ones not at all.
 * Their order follows from their hashes, so that no part of the tree is always the unchecked one.
 */

import type { CID } from "multiformats/cid";
import { endedBy } from "../../core/abort.ts";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { linksBelow } from "../../dag/codec/decode.ts";
import { checkRetrieval as retrieveSample } from "../../pin/retrieval-check.ts";
import type { PinStatus } from "../../pin/service.ts";
import type { PublishEvent } from "../event.ts";
import type { ConfiguredPinService, Parts } from "../parts.ts";
import type { DesiredPin } from "./desired-pins.ts";
import { formatTarget, targetKey } from "./pin-target.ts";

export interface PinObservation {
  readonly desired: DesiredPin;
  /**
   * What the service reports; `unverified` where it reports pinned and blocks are missing, `unknown` where it can't be
   * asked.
   */
  readonly status: PinStatus["state"] | "unverified" | "unknown";
  readonly evidence: Evidence;
  /** Whether it counts as pinned. */
  readonly counts: boolean;
  /** Details from the service or from the check: how far it is, what is missing, why it can't be asked. */
  readonly message?: string;
  /** When the service accepted the request, ISO 8601. */
  readonly since?: string;
  /** Why asking failed. */
  readonly failure?: Failure;
}

/** Blocks were retrieved from that very service, only its report was taken, or neither. */
export type Evidence = "retrieved" | "reported" | "none";

export interface ObserveOptions {
  /**
   * Check each leaf, also where the tree was checked. A leaf that there was no time for counts by the service's report,
   * where other blocks were retrieved from there.
   */
  readonly thorough: boolean;
  /** ms in which a service must have answered everything. */
  readonly timeoutMs: number;
}

const leavesAtOnce = 8;

/** One observation for each desired pin, in their order. Services are asked concurrently. A service that fails is observed as such. */
export async function observePins(
  pins: readonly DesiredPin[],
  campaign: Pick<Parts, "pins">,
  options: ObserveOptions,
  world: World,
): Promise<PinObservation[]> {
  const byService = Map.groupBy(pins, ({ service }) => service);
  const observations = await Promise.all(
    [...byService].map(([service, desired]) => observeService(service, desired, campaign, options, world)),
  );
  const found = new Map(observations.flat().map((observation) => [observation.desired, observation]));
  return pins.map((desired) => found.get(desired)!);
}

async function observeService(
  service: ConfiguredPinService,
  pins: readonly DesiredPin[],
  campaign: Pick<Parts, "pins">,
  { thorough, timeoutMs }: ObserveOptions,
  world: World,
): Promise<PinObservation[]> {
  const late = AbortSignal.timeout(timeoutMs);
  const inTime: World = endedBy(world, late);
  const tooLate = new Failure("unavailable", `${service.name}: no answer in ${timeoutMs / 1000} s`);
  const { statuses, failure } = await askService(service, pins, tooLate, inTime, world);

  const { sample } = campaign.pins;
  const check = async (desired: DesiredPin, sample: number): Promise<PinObservation> => {
    const status = statuses.get(String(desired.cid));
    if (late.aborted) {
      return { ...observationOf(desired, status), failure: failure ?? tooLate, message: tooLate.message };
    }
    return observePin(desired, status, failure, { pins: { ...campaign.pins, sample } }, inTime);
  };
  const observations: PinObservation[] = [];
  // The tree and the portal first: whether the tree counts decides what is checked of the leaves.
  const first = pins.filter(isWhole);
  for await (const one of inOrder(first, 2, (desired) => check(desired, sample))) observations.push(one);
  const covered = !thorough && observations.some(({ desired, counts }) => desired.target.kind === "tree" && counts);

  const rest = pins.filter((pin) => !isWhole(pin)).sort(byHash);
  const began = performance.now();
  let checked = 0;
  const checkOne = async (desired: DesiredPin): Promise<PinObservation> => {
    const status = statuses.get(String(desired.cid));
    const isReported = status?.state === "pinned";
    // Blocks below a tree that is pinned and was checked are pinned with it.
    if (covered && isReported) return { ...observationOf(desired, status), evidence: "retrieved", counts: true };
    const hurried = thorough && (performance.now() - began) * rest.length > timeoutMs * checked;
    const observation = await check(desired, hurried && checked > 0 ? 0 : sample);
    world.progress({ task: `checking ${service.name}`, done: ++checked, total: rest.length, unit: "pins" });
    const wasUnchecked = late.aborted && observation.failure !== undefined;
    const others = observations.some(({ evidence }) => evidence === "retrieved");
    return thorough && wasUnchecked && isReported && others
      ? { ...observationOf(desired, status), evidence: "reported", counts: true }
      : observation;
  };
  for await (const one of inOrder(rest, leavesAtOnce, checkOne)) observations.push(one);
  return observations;
}

function isWhole({ target }: DesiredPin): boolean {
  return target.kind === "tree" || target.kind === "portal";
}

/** What the service reports of each pin; nothing, and why, where it can't be asked in time. */
async function askService(
  service: ConfiguredPinService,
  pins: readonly DesiredPin[],
  tooLate: Failure,
  inTime: World,
  world: World,
): Promise<{ statuses: ReadonlyMap<string, PinStatus>; failure?: Failure }> {
  try {
    const cids = pins.flatMap(({ cid }) => cid ?? []);
    return { statuses: await service.open().status(cids, inTime) };
  } catch (error) {
    world.signal.throwIfAborted();
    if (!inTime.signal.aborted && !(error instanceof Failure)) throw error;
    return { statuses: new Map(), failure: error instanceof Failure ? error : tooLate };
  }
}

/** As good as random, and the same each time. */
function byHash({ cid: a }: DesiredPin, { cid: b }: DesiredPin): number {
  return Buffer.compare(a?.multihash.digest ?? new Uint8Array(), b?.multihash.digest ?? new Uint8Array());
}

/** One pin, given what the service reports of it (`undefined`: it could not be asked, because of `failure`). */
export async function observePin(
  desired: DesiredPin,
  status: PinStatus | undefined,
  failure: Failure | undefined,
  { pins }: Pick<Parts, "pins">,
  world: World,
): Promise<PinObservation> {
  const { service, cid } = desired;
  const observation: PinObservation = {
    ...observationOf(desired, status),
    ...(failure && { failure, message: failure.message.split("\n")[0]! }),
  };
  if (!cid || (status && status.state !== "pinned")) return observation;
  const { retrieve } = service;
  if (!retrieve) {
    // No block can be asked for: it counts where campaign.yaml trusts the service's word.
    if (!status) return observation;
    if (service.trusted) return { ...observation, evidence: "reported", counts: true };
    return {
      ...observation,
      message: "it reports pinned, and nothing can verify that: give it a gateway:, or trust: word",
    };
  }
  try {
    const found = await retrieveSample(cid, pins.sample, { retrieve, links: linksIn }, world);
    // Without its token a service can't be asked what it pins; that it gives the blocks is then as much as can be known.
    const isKnown = status !== undefined || failure?.kind === "input";
    if (found.retrieved) return { ...observation, evidence: "retrieved", counts: isKnown };
    const lacks = `lacks ${found.lacks}`;
    if (status) return { ...observation, status: "unverified", message: `it reports pinned, and ${lacks}` };
    // That blocks are missing is known, also where the service itself could not be asked.
    const { failure: _, ...known } = observation;
    return { ...known, status: "absent", message: [observation.message, lacks].filter(Boolean).join("; ") };
  } catch (thrown) {
    const error = world.signal.aborted && !(thrown instanceof Failure) ? tooLateToCheck(world.signal) : thrown;
    if (!(error instanceof Failure)) throw error;
    if (status && service.trusted) {
      return { ...observation, evidence: "reported", counts: true, message: error.message };
    }
    return { ...observation, message: `its blocks can't be read: ${error.message}`, failure: error };
  }
}

/** A check that its deadline ended found nothing out. A run that is to stop stops: then the reason is passed on. */
function tooLateToCheck({ reason }: AbortSignal): unknown {
  const isDeadline = reason instanceof DOMException && reason.name === "TimeoutError";
  return isDeadline ? new Failure("unavailable", "they did not come in time") : reason;
}

function observationOf(desired: DesiredPin, status: PinStatus | undefined): PinObservation {
  return {
    desired,
    status: status?.state ?? (desired.cid ? "unknown" : "absent"),
    evidence: "none",
    counts: false,
    ...(status?.message && { message: status.message }),
    ...(status?.since && { since: status.since }),
  };
}

/** Below a block whose codec is unknown nothing is checked, nor below a release: it links to every other one. */
export function linksIn(cid: CID, bytes: Uint8Array): readonly CID[] {
  return (Object.values(codecs) as readonly number[]).includes(cid.code) ? linksBelow(cid, bytes) : [];
}

/**
 * The pins that do not count yet of every target that too few required services pin.
 *
 * A target needs as many services as campaign.yaml requires, or all required ones that should pin it where those are fewer,
 * as with a service that pins only a part.
 */
export function unmetPins(observations: readonly PinObservation[], { pins }: Pick<Parts, "pins">): PinObservation[] {
  const required = observations.filter(({ desired }) => desired.required);
  const byTarget = Map.groupBy(required, ({ desired }) => targetKey(desired.target));
  return [...byTarget.values()].flatMap((group) => {
    const needed = Math.min(pins.require.atLeast, group.length);
    const counting = group.filter(({ counts }) => counts).length;
    return counting >= needed ? [] : group.filter(({ counts }) => !counts);
  });
}

/** A pin in JSON: of an event of publishing, and of `status`. */
export function pinData({ desired, status, evidence }: PinObservation) {
  const { service, target, cid } = desired;
  return {
    service: service.name,
    path: formatTarget(target),
    cid: String(cid),
    status: statusInJson(status),
    seen: evidenceInJson[evidence],
  };
}

export const evidenceInJson = { retrieved: "retrieved", reported: "says so", none: "no" } as const;

/** In JSON, and in lines for people. */
export function statusInJson(status: PinObservation["status"]): string {
  return status === "unverified" ? "lying" : status;
}

/** An observation as an event of publishing. */
export function pinEvent(observation: PinObservation): PublishEvent {
  const { counts, message } = observation;
  return { event: "pin", ...pinData(observation), counts, ...(message && { says: message }) };
}

/** For people: `dkrz: products/radar.zarr is pinning: 1 of 2 replicas`. */
export function describePin({ desired, status, message, evidence, counts }: PinObservation): string {
  const state = counts ? (evidence === "reported" ? "pinned, by its report" : "pinned") : statusInJson(status);
  return `${desired.service.name}: ${formatTarget(desired.target)} is ${state}${message ? `: ${message}` : ""}`;
}
