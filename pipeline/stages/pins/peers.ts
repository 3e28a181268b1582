/**
 * Peers: the campaign's Kubos stay connected with the peers that campaign.yaml names, so that blocks are found soon.
 *
 * Nothing that is published depends on it, so a Kubo that does not answer, or refuses our token, is a warning and stops
 * nothing.
 */
import { endedBy } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Parts, Peering } from "../parts.ts";

/** A Kubo, and the IDs of the peers that it should stay connected with and doesn't. */
export interface ObservedPeering {
  readonly peering: Peering;
  readonly missing: readonly string[];
}

/** Of each Kubo, which peers it lacks. One that does not answer in `timeoutMs` is taken to lack none. */
export function observePeers(
  { peering }: Pick<Parts, "peering">,
  timeoutMs: number,
  world: World,
): Promise<ObservedPeering[]> {
  const late = AbortSignal.timeout(Math.ceil(timeoutMs));
  const inTime: World = endedBy(world, late);
  return Promise.all(
    peering.map(async (peering) => {
      const missing = await warnOnFailure(peering.node, () => peering.missing(inTime), late, world);
      return { peering, missing: missing ?? [] };
    }),
  );
}

/** Write the peers into the configuration of each Kubo that lacks some. */
export async function connectPeers(peering: readonly Peering[], world: World): Promise<void> {
  await Promise.all(peering.map(({ node, connect }) => warnOnFailure(node, () => connect(world), world.signal, world)));
}

async function warnOnFailure<T>(
  node: string,
  ask: () => Promise<T>,
  late: AbortSignal,
  world: World,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    world.signal.throwIfAborted();
    if (!late.aborted && !(error instanceof Failure)) throw error;
    // A step that needs the secret reports that it is not set.
    if (isFailure(error, "input")) return undefined;
    const why = error instanceof Failure ? error.message : "no answer in time";
    world.log(`warning: peers of ${node}: ${why}`);
    return undefined;
  }
}
