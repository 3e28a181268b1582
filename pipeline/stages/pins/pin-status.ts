/**
 * What services keep, as they say and as was seen.
 *
 * A service that says `pinned` is asked for blocks before it is believed. Where it keeps the whole tree, the tree and the
 * portal are looked at and the leaves stand under it; `thorough` looks at each of them too, as far as there is time: of
 * thousands of leaves, by the root block alone where more would take too long, and in the end not at all. Which those are
 * is up to hashes, so that no part of the tree is the one that nobody looks at.
 */
import type { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { linksOf } from "../../dag/codec/decode.ts";
import { seen as seenAt } from "../../pin/retrieval-check.ts";
import type { PinStatus } from "../../pin/service.ts";
import type { PublishEvent } from "../event.ts";
import type { Keeper, Parts } from "../parts.ts";
import type { Wanted } from "./desired-pins.ts";

export interface PinSight {
  readonly wanted: Wanted;
  /** What the service says; `lying` where it says pinned and blocks are missing, `unknown` where it can't be asked. */
  readonly status: PinStatus["state"] | "lying" | "unknown";
  /** How its blocks were found: asked from that very service, only said to be there, or not found. */
  readonly seen: "retrieved" | "says so" | "no";
  /** Whether it counts as kept. */
  readonly counts: boolean;
  /** What the service, or our look, says beside: how far it is, what is missing, why it can't be asked. */
  readonly says?: string;
  /** When the service took the wish, ISO 8601. */
  readonly since?: string;
  /** Why asking failed. */
  readonly failure?: Failure;
}

export interface LookOptions {
  /**
   * Look at each leaf, also where the tree was looked at. One that there was no time for counts by the service's word,
   * where others were seen there.
   */
  readonly thorough: boolean;
  /** ms in which a service must have answered everything. */
  readonly patience: number;
}

const leavesAtOnce = 8;

/** One sight for each wish, in their order. All services are asked at once; none of them failing is a failure of ours. */
export async function lookAtPins(
  wishes: readonly Wanted[],
  campaign: Parts,
  options: LookOptions,
  world: World,
): Promise<PinSight[]> {
  const byKeeper = Map.groupBy(wishes, ({ keeper }) => keeper);
  const sights = await Promise.all(
    [...byKeeper].map(([keeper, wanted]) => lookAtKeeper(keeper, wanted, campaign, options, world)),
  );
  const found = new Map(sights.flat().map((sight) => [sight.wanted, sight]));
  return wishes.map((wanted) => found.get(wanted)!);
}

async function lookAtKeeper(
  keeper: Keeper,
  wishes: readonly Wanted[],
  campaign: Parts,
  { thorough, patience }: LookOptions,
  world: World,
): Promise<PinSight[]> {
  const late = AbortSignal.timeout(patience);
  const inTime: World = { ...world, signal: AbortSignal.any([world.signal, late]) };
  const tooLate = new Failure("unavailable", `${keeper.name}: no answer in ${patience / 1000} s`);
  const { said, failure } = await askKeeper(keeper, wishes, tooLate, inTime, world);

  const { sample } = campaign.pins;
  const look = async (wanted: Wanted, sample: number): Promise<PinSight> => {
    const status = said.get(String(wanted.cid));
    if (late.aborted) return { ...sightOf(wanted, status), failure: failure ?? tooLate, says: tooLate.message };
    return lookAt(wanted, status, failure, { pins: { ...campaign.pins, sample } }, inTime);
  };
  const sights: PinSight[] = [];
  // The tree and the portal side by side; how the tree does decides what is to be seen of the leaves.
  for await (const sight of inOrder(wishes.slice(0, 2), 2, (wanted) => look(wanted, sample))) sights.push(sight);
  const covered = keeper.whole && !thorough && sights[0]?.counts === true;

  const leaves = wishes.slice(2).sort(byHash);
  const began = performance.now();
  let looked = 0;
  const lookAtLeaf = async (wanted: Wanted): Promise<PinSight> => {
    const status = said.get(String(wanted.cid));
    const kept = status?.state === "pinned";
    // Blocks below a tree that is kept and was looked at are kept with it.
    if (covered && kept) return { ...sightOf(wanted, status), seen: "retrieved", counts: true };
    const hurried = thorough && (performance.now() - began) * leaves.length > patience * looked;
    const sight = await look(wanted, hurried && looked > 0 ? 0 : sample);
    world.progress({ task: `looking at ${keeper.name}`, done: ++looked, total: leaves.length, unit: "pins" });
    const unlooked = late.aborted && sight.failure !== undefined;
    const others = sights.some(({ seen }) => seen === "retrieved");
    return thorough && unlooked && kept && others
      ? { ...sightOf(wanted, status), seen: "says so", counts: true }
      : sight;
  };
  for await (const sight of inOrder(leaves, leavesAtOnce, lookAtLeaf)) sights.push(sight);
  return sights;
}

/** What the service says of each wish; nothing, and why, where it can't be asked in time. */
async function askKeeper(
  keeper: Keeper,
  wishes: readonly Wanted[],
  tooLate: Failure,
  inTime: World,
  world: World,
): Promise<{ said: ReadonlyMap<string, PinStatus>; failure?: Failure }> {
  try {
    const cids = wishes.flatMap(({ cid }) => cid ?? []);
    return { said: await keeper.service().status(cids, inTime) };
  } catch (error) {
    world.signal.throwIfAborted();
    if (!inTime.signal.aborted && !(error instanceof Failure)) throw error;
    return { said: new Map(), failure: error instanceof Failure ? error : tooLate };
  }
}

/** As good as drawn by lot, and the same every time. */
function byHash({ cid: a }: Wanted, { cid: b }: Wanted): number {
  return Buffer.compare(a!.multihash.digest, b!.multihash.digest);
}

/** One wish, given what the service says of it (`undefined`: it could not be asked, because of `failure`). */
export async function lookAt(
  wanted: Wanted,
  status: PinStatus | undefined,
  failure: Failure | undefined,
  { pins }: Pick<Parts, "pins">,
  world: World,
): Promise<PinSight> {
  const { keeper, cid } = wanted;
  const sight = { ...sightOf(wanted, status), ...(failure && { failure, says: failure.message.split("\n")[0]! }) };
  if (!cid || (status && status.state !== "pinned")) return sight;
  if (!keeper.look) {
    // Nobody can look: it counts where campaign.yaml says that the service's word is enough.
    if (!status) return sight;
    if (keeper.trusted) return { ...sight, seen: "says so", counts: true };
    return { ...sight, says: "it says so, and there is no way to look: give it a gateway:, or trust: word" };
  }
  const { look } = keeper;
  try {
    const found = await seenAt(cid, pins.sample, { retrieve: look, links: linksIn }, world);
    // Without its token a service can't be asked what it pins; that it gives the blocks is then as much as can be known.
    const knowable = status !== undefined || failure?.kind === "input";
    if (found.seen) return { ...sight, seen: "retrieved", counts: knowable };
    const lacks = `lacks ${found.lacks}`;
    if (status) return { ...sight, status: "lying", says: `it says pinned, and ${lacks}` };
    // Seen not to be there is known, also where the service itself could not be asked.
    const { failure: _, ...known } = sight;
    return { ...known, status: "absent", says: [sight.says, lacks].filter(Boolean).join("; ") };
  } catch (thrown) {
    const error = world.signal.aborted && !(thrown instanceof Failure) ? tooLateToLook(world.signal) : thrown;
    if (!(error instanceof Failure)) throw error;
    if (status && keeper.trusted) return { ...sight, seen: "says so", counts: true, says: error.message };
    return { ...sight, says: `its blocks can't be looked at: ${error.message}`, failure: error };
  }
}

/** A look that its deadline ended is one that found nothing out; a run that is to stop is to stop. */
function tooLateToLook({ reason }: AbortSignal): unknown {
  const deadline = reason instanceof DOMException && reason.name === "TimeoutError";
  return deadline ? new Failure("unavailable", "they did not come in time") : reason;
}

function sightOf(wanted: Wanted, status: PinStatus | undefined): PinSight {
  return {
    wanted,
    status: status?.state ?? (wanted.cid ? "unknown" : "absent"),
    seen: "no",
    counts: false,
    ...(status?.says && { says: status.says }),
    ...(status?.since && { since: status.since }),
  };
}

/** What is no UnixFS is looked at itself, and not below. */
export function linksIn(cid: CID, bytes: Uint8Array): readonly CID[] {
  return cid.code === codecs.raw || cid.code === codecs.dagPb ? linksOf(cid, bytes) : [];
}

/**
 * Wishes that too few of the required services keep, with how far each of those is.
 *
 * A wish needs as many services as campaign.yaml requires, or all of the required ones that should keep it where those
 * are fewer, as with a service that keeps only a part.
 */
export function unmet(sights: readonly PinSight[], { pins }: Pick<Parts, "pins">): PinSight[] {
  const required = sights.filter(({ wanted }) => wanted.required);
  const byPath = Map.groupBy(required, ({ wanted }) => wanted.path);
  return [...byPath.values()].flatMap((group) => {
    const needed = Math.min(pins.require.atLeast, group.length);
    const counting = group.filter(({ counts }) => counts).length;
    return counting >= needed ? [] : group.filter(({ counts }) => !counts);
  });
}

/** A sight as an event of publishing. */
export function pinEvent({ wanted, status, seen, counts, says }: PinSight): PublishEvent {
  const { keeper, path, cid } = wanted;
  return { event: "pin", service: keeper.name, path, cid: String(cid), status, seen, counts, ...(says && { says }) };
}

/** A sight in words: `dkrz: products/radar.zarr is pinning: 1 of 2 replicas`. */
export function sayPin({ wanted, status, says, seen, counts }: PinSight): string {
  const state = counts ? (seen === "says so" ? "pinned, it says so" : "pinned") : status;
  return `${wanted.keeper.name}: ${wanted.path} is ${state}${says ? `: ${says}` : ""}`;
}
