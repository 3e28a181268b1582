/**
 * What was pulled under a name before, and how long it stays pinned: `keep:` of campaign.yaml counts it as it counts releases.
 *
 * `10 releases` are what the name leads to now and the nine states before; `90 d` is what was replaced in the last 90 days. What a
 * key was pushed to stays, because others find it there.
 */
import { CID } from "multiformats/cid";
import type { PinsConfig } from "../../core/campaign/pins.ts";
import type { World } from "../../core/world.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { pulledLabel } from "../pins/label.ts";

export interface EarlierPull {
  /** CID that was at the address. */
  readonly cid: string;
  /** CID of what is pinned of it: of a release, its portal. */
  readonly root: string;
  /** When something else was pulled in its place, as ISO 8601. */
  readonly replaced: string;
}

export interface PulledState {
  /** CID of what is pinned now. */
  readonly root: string;
  /** The newest first. */
  readonly earlier: readonly EarlierPull[];
}

/** The states that are no longer kept. `pushed`: values of keys, such as `/ipfs/CID`. */
export function notKept(
  { root, earlier }: PulledState,
  { releases, younger }: PinsConfig["keep"],
  pushed: readonly string[],
  now: Date,
): EarlierPull[] {
  if (releases === undefined && younger === undefined) return [];
  const isPushed = ({ cid, root }: EarlierPull) => [cid, root].some((each) => pushed.includes(`/ipfs/${each}`));
  const stays = ({ replaced }: EarlierPull, at: number) =>
    releases === undefined ? Date.parse(replaced) >= now.getTime() - (younger ?? 0) : at + 1 < releases;
  const kept = earlier.filter((state, at) => stays(state, at) || isPushed(state));
  const roots = new Set([root, ...kept.map((state) => state.root)]);
  return earlier.filter((state) => !roots.has(state.root));
}

/** Removes the pins of these states; of one that has none, nothing. */
export async function unpinEarlier(
  name: string,
  states: readonly EarlierPull[],
  home: Pick<HomeNode, "pins" | "unpin">,
  world: World,
): Promise<void> {
  if (states.length === 0) return;
  const pins = await home.pins(world);
  for (const { root } of states) {
    const label = pulledLabel(name, CID.parse(root));
    if (pins.has(label)) await home.unpin(label, world);
  }
}
