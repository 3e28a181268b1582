/**
 * Pin: request the pins of a release at every service, and wait until as many services as the campaign requires have them.
 *
 * Blocks must be able to get there. Where the campaign's node has addresses, services fetch from it. Where it has none
 * (the embedded node has no peers), services that fetch from it over HTTP do that. Others that accept a CAR are sent what they
 * lack, first, and are then the origins of those that only fetch. Services work concurrently, and a service that fails is one
 * that doesn't count yet: whether the others are enough is decided at the end.
 */

import { isDeepStrictEqual } from "node:util";
import type { CID } from "multiformats/cid";
import { endedBy } from "../../core/abort.ts";
import { inOrder } from "../../core/concurrency.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { firstLines } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { carOf } from "../../dag/car.ts";
import { difference } from "../../dag/read/difference.ts";
import type { PinService, PinStatus } from "../../pin/service.ts";
import type { Parts } from "../parts.ts";
import type { DesiredPin, KnownPin } from "./desired-pins.ts";
import { fetchesHere } from "./fetching.ts";
import { describePin, observePin, type PinObservation, unmetPins } from "./pin-status.ts";
import { formatTarget } from "./pin-target.ts";

/** What pinning needs of a campaign: blocks to send, addresses to fetch from, and what campaign.yaml requires. */
export type PinningParts = Pick<Parts, "get" | "facts" | "pins" | "origins" | "httpOrigin">;

export interface PinOptions {
  /** Pins observed before, which count towards what is required. */
  readonly known: readonly PinObservation[];
  /** Wait for services that campaign.yaml does not require, too. */
  readonly waitForOptional: boolean;
}

const atOnce = 4;

/** ms between two questions how far a service is: short at first, because most pins are quick. */
const pauses = [200, 400, 800, 1_500, 3_000, 5_000, 10_000];

/**
 * Request every pin, and wait for those that are required, up to the campaign's deadline.
 *
 * Returns an observation for each pin. Throws nothing for a service that fails: see {@link assertPinned}.
 */
export async function pinAll(
  pins: readonly KnownPin[],
  campaign: PinningParts,
  { known, waitForOptional }: PinOptions,
  world: World,
): Promise<PinObservation[]> {
  const late = AbortSignal.timeout(campaign.pins.deadline);
  const inTime: World = endedBy(world, late);
  const ours = pins.length > 0 ? await campaign.origins(world) : [];
  const http = pins.length > 0 ? await campaign.httpOrigin?.() : undefined;
  const observed = new Map<DesiredPin, PinObservation>(known.map((one) => [one.desired, one]));
  const enough = () => !waitForOptional && unmetPins([...observed.values()], campaign).length === 0;
  const groups = [...Map.groupBy(pins, ({ service }) => service)].map(([configured, pins]) => {
    const service = configured.open();
    return { service, pins, hasNoOrigin: ours.length === 0 && service.take !== undefined };
  });
  const requests = await Promise.all(
    groups.map(async (group) => {
      const fetchesHttp = group.hasNoOrigin && http !== undefined && (await fetchesHere(group.service, http, inTime));
      return { ...group, fetchesHttp, needsCar: group.hasNoOrigin && !fetchesHttp };
    }),
  );
  const pinAtEach = (some: typeof requests, origins: readonly string[]) =>
    Promise.all(
      some.map(({ service, pins, needsCar, fetchesHttp }) =>
        pinAt({ service, needsCar, fetchesHttp, origins, observed, waitForOptional, enough }, pins, campaign, inTime),
      ),
    );

  const first = requests.filter(({ needsCar }) => needsCar);
  const rest = requests.filter(({ needsCar }) => !needsCar);
  await pinAtEach(first, ours);
  world.signal.throwIfAborted();
  const theirs = rest.length > 0 ? await addressesOf(first, world) : [];
  await pinAtEach(rest, [...ours, ...(http?.addresses ?? []), ...theirs]);
  world.signal.throwIfAborted();
  return pins.map((pin) => observed.get(pin)!);
}

/** ms without a block over HTTP after which a service starts again, and at last is sent the blocks: one fetch takes seconds at most. */
const stall = 10_000;

const hints = {
  late: "run it again: it goes on from here; if a service makes no progress, does it reach a node that has the blocks?",
  unverified: "a service that reports pinned fetches nothing: unpin there what is missing, and run it again",
};

/**
 * Refuse to go on where too few services pin a target.
 *
 * @throws Failure `refused` where one of them refused, else `unavailable`, with how far each is.
 */
export function assertPinned(observations: readonly PinObservation[], campaign: Pick<Parts, "pins">): void {
  const missing = unmetPins(observations, campaign);
  if (missing.length === 0) return;
  const { atLeast, of } = campaign.pins.require;
  const refused = missing.find(({ failure }) => failure && failure.kind !== "unavailable")?.failure;
  const lines = firstLines(missing.map(describePin)).map((line) => `  ${line}`);
  const title = `not pinned where it is required (${atLeast} of ${of.join(", ")}):`;
  const isUnverified = missing.some(({ status }) => status === "unverified");
  throw new Failure(refused?.kind ?? "unavailable", [title, ...lines].join("\n"), {
    hint: refused?.hint ?? (isUnverified ? hints.unverified : hints.late),
  });
}

/** Pinning at one service. */
interface Pinning {
  readonly service: PinService;
  /** Whether the service is sent the blocks, because it can't fetch them from the campaign's node. */
  readonly needsCar: boolean;
  /** Whether it fetches from the campaign's node over HTTP, as was found out just now. It is sent the blocks where that ends. */
  readonly fetchesHttp: boolean;
  readonly origins: readonly string[];
  /** The newest observation of each pin, at all services. */
  readonly observed: Map<DesiredPin, PinObservation>;
  readonly waitForOptional: boolean;
  readonly enough: () => boolean;
}

/** All pins of one service: requested, then checked until they count. */
async function pinAt(pinning: Pinning, pins: readonly KnownPin[], campaign: PinningParts, world: World): Promise<void> {
  const { observed, service } = pinning;
  let done = 0;
  const request = async (pin: KnownPin) => {
    observed.set(pin, await attempt(pin, observed.get(pin), () => requestPin(pinning, pin, campaign, world)));
    world.progress({ task: `pinning at ${service.name}`, done: ++done, total: pins.length, unit: "pins" });
  };
  // The tree alone at first: it brings the blocks of all leaves.
  const isTree = ({ target }: KnownPin) => target.kind === "tree";
  for await (const _ of inOrder(pins.filter(isTree), 1, request));
  for await (const _ of inOrder(
    pins.filter((pin) => !isTree(pin)),
    atOnce,
    request,
  ));

  if (!pinning.waitForOptional && !pins.some(({ required }) => required)) return;

  // Blocks that were sent can be retrieved whether they are pinned or not, so the service is asked for its pins once more.
  await observeAgain(
    pins.filter((pin) => observed.get(pin)!.counts),
    pinning,
    campaign,
    world,
  );

  const open = () => pins.filter((pin) => !observed.get(pin)!.counts && !observed.get(pin)!.failure);
  for (let round = 0; open().length > 0 && !pinning.enough(); round++) {
    await world.sleep(pauses[Math.min(round, pauses.length - 1)]!);
    if (world.signal.aborted) break;
    const asked = open();
    const statuses = () => asked.map((pin) => observed.get(pin)!.status);
    const before = statuses();
    await observeAgain(asked, pinning, campaign, world);
    // Stop after two unverified answers in a row, or where the service gave up or can't be checked: asking again changes none.
    const isFinal = statuses().every((status) => ["unverified", "failed", "pinned"].includes(status));
    if (isFinal && isDeepStrictEqual(before, statuses())) break;
  }
}

/** Asks the service for the status of `pins`, and checks those that it reports pinned. */
async function observeAgain(
  pins: readonly KnownPin[],
  { observed, service }: Pinning,
  campaign: Pick<Parts, "pins">,
  world: World,
): Promise<void> {
  const cids = pins.map(({ cid }) => cid);
  let statuses: ReadonlyMap<string, PinStatus>;
  try {
    statuses = cids.length > 0 ? await service.status(cids, world) : new Map();
  } catch (error) {
    const fail = () => Promise.reject(world.signal.aborted ? world.signal.reason : error);
    for (const pin of pins) observed.set(pin, await attempt(pin, observed.get(pin), fail));
    return;
  }
  const check = async (pin: KnownPin) => {
    const before = observed.get(pin)!;
    const status = statuses.get(pin.cid.toString());
    if (before.counts && status?.state === "pinned") return;
    observed.set(pin, await attempt(pin, before, () => checked(pin, status, campaign, world)));
  };
  for await (const _ of inOrder(pins, atOnce, check));
}

/** What `act` observed. Where it failed: what was observed before, and why. Running out of time is no failure. */
async function attempt(
  desired: KnownPin,
  before: PinObservation | undefined,
  act: () => Promise<PinObservation>,
): Promise<PinObservation> {
  const nothing: PinObservation = { desired, status: "unknown", evidence: "none", counts: false };
  try {
    return await act();
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      return { ...(before ?? nothing), message: before?.message ?? "not done by the deadline", counts: false };
    }
    if (!(error instanceof Failure)) throw error;
    return { ...(before ?? nothing), counts: false, message: error.message, failure: error };
  }
}

async function requestPin(
  { service, needsCar, fetchesHttp, origins, observed }: Pinning,
  desired: KnownPin,
  campaign: PinningParts,
  world: World,
): Promise<PinObservation> {
  const { cid, label, previous, service: configured, target } = desired;
  const request = {
    cid,
    label,
    origins: [...origins, ...desired.origins],
    meta: { campaign: campaign.facts.campaign },
  };
  const base = previous && !previous.equals(cid) ? await pinnedPrevious(service, previous, cid, world) : undefined;
  const sendCar = async (since: CID | undefined) => {
    await service.take!(cid, carOf([cid], difference(cid, since, campaign.get)), world);
  };
  const hasTree = observed
    .values()
    .some(({ desired, counts }) => desired.service === configured && desired.target.kind === "tree" && counts);
  if (needsCar && !(hasTree && target.kind === "leaf")) await sendCar(base);
  const pin = (more: { readonly stallMs?: number } = {}) =>
    service.pin({ ...request, ...more, ...(base && { previous: base }) }, world);
  const pinFetching = async () => {
    try {
      return await pin({ stallMs: stall });
    } catch (error) {
      if (!isFailure(error, "unavailable") || world.signal.aborted) throw error;
      world.log(`${configured.name}: ${formatTarget(target)}: ${error.message}; sending its blocks`);
      await sendCar(base);
      return pin();
    }
  };
  const observation = await checked(desired, await (fetchesHttp ? pinFetching() : pin()), campaign, world);
  if (observation.status !== "unverified" || !service.take) return observation;
  // It reports all blocks and lacks some. It would fetch none when asked again, so all of them are sent.
  world.log(`${configured.name}: ${formatTarget(target)}: ${observation.message}; bringing all of it`);
  await sendCar(undefined);
  return checked(desired, await pin(), campaign, world);
}

/** `previous`, where the service reports it as pinned, and did not fail with what was sent on top of it. */
async function pinnedPrevious(service: PinService, previous: CID, cid: CID, world: World): Promise<CID | undefined> {
  const statuses = await service.status([previous, cid], world);
  const stateOf = (one: CID) => statuses.get(one.toString())?.state;
  return stateOf(previous) === "pinned" && stateOf(cid) !== "failed" ? previous : undefined;
}

function checked(
  desired: KnownPin,
  status: PinStatus | undefined,
  campaign: Pick<Parts, "pins">,
  world: World,
): Promise<PinObservation> {
  return observePin(desired, status ?? { state: "absent" }, undefined, campaign, world);
}

async function addressesOf(services: readonly { readonly service: PinService }[], world: World): Promise<string[]> {
  const found = await Promise.all(
    services.map(async ({ service }) => {
      try {
        return (await service.addresses?.(world)) ?? [];
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        world.log(`warning: ${error.message}`);
        return [];
      }
    }),
  );
  return found.flat();
}
