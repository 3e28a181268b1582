/**
 * Probes below the pins of a node whose list of pins doesn't know what its disk lost since, as Kubo's doesn't.
 *
 * Nothing is cached between runs: a pin that was complete an hour ago may have lost a block since, and only a probe shows it.
 * So the cost is bounded, and pins that were not probed are reported as such, never as complete. The newest release
 * comes first, because older ones share most of its blocks.
 */
import type { CID } from "multiformats/cid";
import { endedBy, unlessAborted } from "../../core/abort.ts";
import { isFailure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import type { World } from "../../core/world.ts";
import type { BelowPinsLimits, IncompletePin } from "../../ipfs/node.ts";
import type { Parts } from "../parts.ts";

export interface ProbeLimits extends BelowPinsLimits {
  /** Aborts when there is no more time to probe; absent: no limit. */
  readonly soon?: AbortSignal;
}

export interface BelowPins {
  /** Pins that the node lists, and that lack blocks. */
  readonly incomplete: readonly IncompletePin[];
  /** How many pins were not probed, and why; absent where all were. */
  readonly unchecked?: string;
}

/** Blocks that are listed and read to probe below pins where nothing asks for all: about a minute's work for a Kubo. */
export const boundedProbe: ProbeLimits = { mostBlocks: 1_000_000 };

/** Probes below `pins` (roots by label), those of `first` before the others. */
export type ProbeBelow = (pins: ReadonlyMap<string, CID>, first: readonly CID[]) => Promise<BelowPins>;

/** {@link probeBelowPins} of one node, within `limits`. */
export function probingBelow(campaign: Pick<Parts, "home">, limits: ProbeLimits, world: World): ProbeBelow {
  return (pins, first) => probeBelowPins(pins, first, campaign, limits, world);
}

/**
 * Probes below `pins` (roots by label), those of `first` before the others. Finds nothing on a node whose own list is right.
 *
 * @throws Failure `unavailable` where the node could not check.
 */
export async function probeBelowPins(
  pins: ReadonlyMap<string, CID>,
  first: readonly CID[],
  { home }: Pick<Parts, "home">,
  { soon, ...limits }: ProbeLimits,
  world: World,
): Promise<BelowPins> {
  if (!home.belowPins || pins.size === 0) return { incomplete: [] };
  const incomplete: IncompletePin[] = [];
  const isFirst = ([, root]: readonly [string, CID]) => first.some((cid) => cid.equals(root));
  const [live, others] = [[...pins].filter(isFirst), [...pins].filter((pin) => !isFirst(pin))];
  const inTime = soon ? endedBy(world, soon) : world;
  let done = 0;
  try {
    const missingBelow = await unlessAborted(inTime.signal, home.belowPins(limits, inTime));
    for (const [label, root] of [...live, ...others]) {
      const missing = await unlessAborted(inTime.signal, missingBelow(root));
      if (missing) incomplete.push({ label, root, count: missing.count, missing: missing.first });
      world.progress({ task: "checking pins", done: ++done, total: pins.size, unit: "pins" });
    }
  } catch (error) {
    world.signal.throwIfAborted();
    const unchecked = (why: string) => `${why}; nothing was checked below ${plural(pins.size - done, "pin")}`;
    if (soon?.aborted) return { incomplete, unchecked: unchecked(`${home.name} did not list its blocks in time`) };
    if (isFailure(error, "refused")) return { incomplete, unchecked: unchecked(error.message) };
    throw error;
  }
  return { incomplete };
}
