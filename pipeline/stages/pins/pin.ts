/**
 * Pin: have services keep what a release will name, and wait until as many as the campaign requires were seen to.
 *
 * Blocks must be able to get there. Where the campaign's node has addresses, services fetch from it; where it has none
 * (the embedded node has no peers), those that take a CAR are brought what they lack, first, and are then the origins
 * of those that only fetch. Services work side by side, and a service that fails is one that doesn't count yet:
 * whether the rest is enough is decided at the end.
 */
import { isDeepStrictEqual } from "node:util";
import type { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import { firstLines } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { carOf } from "../../dag/car.ts";
import { difference } from "../../dag/read/difference.ts";
import type { PinService, PinStatus } from "../../pin/service.ts";
import type { Keeper, Parts } from "../parts.ts";
import type { Wanted } from "./desired-pins.ts";
import { lookAt, type PinSight, sayPin, unmet } from "./pin-status.ts";

export interface PinOptions {
  /** What is known of other wishes already: they count towards what is required. */
  readonly known: readonly PinSight[];
  /** Wait for services that nobody requires as well. */
  readonly patient: boolean;
}

const atOnce = 4;

/** ms between two questions how far a service is: short first, for most is quick. */
const pauses = [200, 400, 800, 1_500, 3_000, 5_000, 10_000];

/**
 * Ask for every wish, and wait for those that are required, up to the campaign's deadline.
 *
 * Returns a sight for each wish. Throws nothing for a service that fails: see {@link assertKept}.
 */
export async function pinAll(
  wishes: readonly Wanted[],
  campaign: Parts,
  { known, patient }: PinOptions,
  world: World,
): Promise<PinSight[]> {
  const byKeeper = [...Map.groupBy(wishes, ({ keeper }) => keeper)];
  const ours = byKeeper.length > 0 ? await campaign.origins(world) : [];
  const services = new Map(byKeeper.map(([keeper]) => [keeper, keeper.service()]));
  const brought = (keeper: Keeper) => ours.length === 0 && services.get(keeper)!.take !== undefined;

  const late = AbortSignal.timeout(campaign.pins.deadline);
  const inTime: World = { ...world, signal: AbortSignal.any([world.signal, late]) };
  const board = new Map<Wanted, PinSight>(known.map((sight) => [sight.wanted, sight]));
  const enough = () => !patient && unmet([...board.values()], campaign).length === 0;
  const wave = (keepers: typeof byKeeper, origins: readonly string[]) =>
    Promise.all(
      keepers.map(([keeper, wanted]) =>
        pinAt(
          { service: services.get(keeper)!, brings: brought(keeper), origins, board, patient, enough },
          wanted,
          campaign,
          inTime,
        ),
      ),
    );

  const first = byKeeper.filter(([keeper]) => brought(keeper));
  const rest = byKeeper.filter(([keeper]) => !brought(keeper));
  await wave(first, ours);
  world.signal.throwIfAborted();
  const origins = [...ours, ...(rest.length > 0 ? await addressesOf(first, services, world) : [])];
  await wave(rest, origins);
  world.signal.throwIfAborted();
  return wishes.map((wanted) => board.get(wanted)!);
}

const hints = {
  late: "run it again: it goes on from here; if a service makes no progress, does it reach a node that has the blocks?",
  lying: "a service that says pinned fetches nothing: unpin there what is lacking, and run it again",
};

/**
 * Refuse to go on where too few services keep something.
 *
 * @throws Failure `refused` where one of them said no, else `unavailable`, saying how far each is.
 */
export function assertKept(sights: readonly PinSight[], campaign: Parts): void {
  const missing = unmet(sights, campaign);
  if (missing.length === 0) return;
  const { atLeast, of } = campaign.pins.require;
  const refused = missing.find(({ failure }) => failure && failure.kind !== "unavailable")?.failure;
  const lines = firstLines(missing.map(sayPin)).map((line) => `  ${line}`);
  const what = `not pinned where it is required (${atLeast} of ${of.join(", ")}):`;
  throw new Failure(refused?.kind ?? "unavailable", [what, ...lines].join("\n"), {
    hint: refused?.hint ?? (missing.some(({ status }) => status === "lying") ? hints.lying : hints.late),
  });
}

interface Pinning {
  readonly service: PinService;
  readonly brings: boolean;
  readonly origins: readonly string[];
  readonly board: Map<Wanted, PinSight>;
  readonly patient: boolean;
  readonly enough: () => boolean;
}

/** All wishes of one service: asked for, then looked at until they count. */
async function pinAt(pinning: Pinning, wishes: readonly Wanted[], campaign: Parts, world: World): Promise<void> {
  const { board, service } = pinning;
  let done = 0;
  const ask = async (wanted: Wanted) => {
    board.set(wanted, await attempt(wanted, board.get(wanted), () => askFor(pinning, wanted, campaign, world)));
    world.progress({ task: `pinning at ${service.name}`, done: ++done, total: wishes.length, unit: "pins" });
  };
  // The tree is alone at first: it brings the blocks of all leaves.
  for await (const _ of inOrder(wishes.slice(0, 1), 1, ask));
  for await (const _ of inOrder(wishes.slice(1), atOnce, ask));

  if (!pinning.patient && !wishes.some(({ required }) => required)) return;

  // Blocks that were brought are seen whether they are pinned or not: what was answered to a wish is asked about once more.
  await lookAgain(
    wishes.filter((wanted) => board.get(wanted)!.counts),
    pinning,
    campaign,
    world,
  );

  const open = () => wishes.filter((wanted) => !board.get(wanted)!.counts && !board.get(wanted)!.failure);
  for (let round = 0; open().length > 0 && !pinning.enough(); round++) {
    await world.sleep(pauses[Math.min(round, pauses.length - 1)]!);
    if (world.signal.aborted) break;
    const asked = open();
    const statuses = () => asked.map((wanted) => board.get(wanted)!.status);
    const before = statuses();
    await lookAgain(asked, pinning, campaign, world);
    // Lying twice in a row, having given up, or only saying so is all that will come of it.
    const hopeless = statuses().every((status) => ["lying", "failed", "pinned"].includes(status));
    if (hopeless && isDeepStrictEqual(before, statuses())) break;
  }
}

/** What the service says of each by now, and what is to be seen there. */
async function lookAgain(
  asked: readonly Wanted[],
  { board, service }: Pinning,
  campaign: Parts,
  world: World,
): Promise<void> {
  const cids = asked.map(({ cid }) => cid!);
  let said: ReadonlyMap<string, PinStatus>;
  try {
    said = cids.length > 0 ? await service.status(cids, world) : new Map();
  } catch (error) {
    const fail = () => Promise.reject(world.signal.aborted ? world.signal.reason : error);
    for (const wanted of asked) board.set(wanted, await attempt(wanted, board.get(wanted), fail));
    return;
  }
  const look = async (wanted: Wanted) => {
    const sight = board.get(wanted)!;
    const status = said.get(wanted.cid!.toString());
    if (sight.counts && status?.state === "pinned") return;
    board.set(wanted, await attempt(wanted, sight, () => lookedAt(wanted, status, campaign, world)));
  };
  for await (const _ of inOrder(asked, atOnce, look));
}

/** What `act` saw; where it failed, what was seen before, and why. Being out of time is neither. */
async function attempt(wanted: Wanted, before: PinSight | undefined, act: () => Promise<PinSight>): Promise<PinSight> {
  const nothing: PinSight = { wanted, status: "unknown", seen: "no", counts: false };
  try {
    return await act();
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      return { ...(before ?? nothing), says: before?.says ?? "not done by the deadline", counts: false };
    }
    if (!(error instanceof Failure)) throw error;
    return { ...(before ?? nothing), counts: false, says: error.message, failure: error };
  }
}

async function askFor(
  { service, brings, origins, board }: Pinning,
  wanted: Wanted,
  campaign: Parts,
  world: World,
): Promise<PinSight> {
  const { cid, label, previous, keeper } = wanted;
  const wish = {
    cid: cid!,
    label,
    origins: [...origins, ...wanted.origins],
    meta: { campaign: campaign.facts.campaign },
  };
  const held = previous && !previous.equals(cid) ? await keptThere(service, previous, cid!, world) : undefined;
  const bring = async (since: CID | undefined) => {
    await service.take!(cid!, carOf([cid!], difference(cid!, since, campaign.get)), world);
  };
  const underTree =
    keeper.whole &&
    board.values().some(({ wanted, counts }) => wanted.keeper === keeper && wanted.path === "/" && counts);
  if (brings && !(underTree && isLeaf(wanted))) await bring(held);
  const pin = () => service.pin({ ...wish, ...(held && { previous: held }) }, world);
  const sight = await lookedAt(wanted, await pin(), campaign, world);
  if (sight.status !== "lying" || !service.take) return sight;
  // It says that it has all blocks, and has not; asked again it would fetch none. So it is brought them.
  world.log(`${keeper.name}: ${wanted.path}: ${sight.says}; bringing all of it`);
  await bring(undefined);
  return lookedAt(wanted, await pin(), campaign, world);
}

function isLeaf({ path }: Wanted): boolean {
  return path !== "/" && path !== "portal/" && !path.startsWith("extra:");
}

/** `previous`, where the service says that it keeps it, and has not failed with what it was brought on top of that. */
async function keptThere(service: PinService, previous: CID, cid: CID, world: World): Promise<CID | undefined> {
  const said = await service.status([previous, cid], world);
  const stateOf = (one: CID) => said.get(one.toString())?.state;
  return stateOf(previous) === "pinned" && stateOf(cid) !== "failed" ? previous : undefined;
}

function lookedAt(wanted: Wanted, status: PinStatus | undefined, campaign: Parts, world: World): Promise<PinSight> {
  return lookAt(wanted, status ?? { state: "absent" }, undefined, campaign, world);
}

async function addressesOf(
  keepers: readonly (readonly [Keeper, unknown])[],
  services: ReadonlyMap<Keeper, PinService>,
  world: World,
): Promise<string[]> {
  const found = await Promise.all(
    keepers.map(async ([keeper]) => {
      try {
        return (await services.get(keeper)!.addresses?.(world)) ?? [];
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        world.log(`warning: ${error.message}`);
        return [];
      }
    }),
  );
  return found.flat();
}
