/**
 * Peers: the campaign's Kubos stay connected with whom campaign.yaml names, so that blocks find their way.
 *
 * Nothing that is published depends on it, so a Kubo that can't be asked, or may not be told by our token, is warned of
 * and stops nothing.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Parts, Peering } from "../parts.ts";

/** Of each Kubo, which peers it lacks. One that does not answer in `timeoutMs` ms lacks none that we know of. */
export function observePeers(
  { peering }: Pick<Parts, "peering">,
  timeoutMs: number,
  world: World,
): Promise<{ readonly node: string; readonly missing: readonly string[] }[]> {
  const late = AbortSignal.timeout(Math.ceil(timeoutMs));
  const inTime: World = { ...world, signal: AbortSignal.any([world.signal, late]) };
  return Promise.all(
    peering.map(async ({ node, missing }) => {
      const found = await unlessItFails(node, () => missing(inTime), late, world);
      return { node, missing: found ?? [] };
    }),
  );
}

/** Tell each of them what it lacks; nothing is written where it lacks nothing. */
export async function connectPeers(peering: readonly Peering[], world: World): Promise<void> {
  await Promise.all(
    peering.map(({ node, connect: keep }) => unlessItFails(node, () => keep(world), world.signal, world)),
  );
}

async function unlessItFails<T>(
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
    // A secret that is not set is told to whoever needs it.
    if (isFailure(error, "input")) return undefined;
    const why = error instanceof Failure ? error.message : "no answer in time";
    world.log(`warning: peers of ${node}: ${why}`);
    return undefined;
  }
}
