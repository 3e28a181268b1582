/**
 * Several gateways as one node: the first valid block is used, and a gateway that doesn't work is detected once.
 *
 * The gateway with the fastest answers so far is requested first. If it takes longer than {@link Pace.hedge}, the next one is
 * requested as well; if it answers that it lacks the block, the next is requested at once. So a gateway that never answers
 * delays the first blocks requested from it by one hedge, all together, and is not requested first again. `gateways/pool.ts`
 * explains how one that does not work at all is found.
 */
import type { CID } from "multiformats/cid";
import { atMost } from "../core/concurrency.ts";
import { isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { isInline } from "../dag/block.ts";
import type { VerifiedBlock } from "../dag/verified-block.ts";
import type { Arrival } from "./gateways/car-answer.ts";
import { fetchBlock } from "./gateways/fetch-block.ts";
import { type Pace, type Pool, poolOf } from "./gateways/pool.ts";
import type { Node } from "./node.ts";

/**
 * @param sources addresses, or nodes (any object that gives blocks).
 *
 * `get` resolves to `undefined` where every gateway answers that it does not have the block, and throws `unavailable` with
 * the reason of each gateway that failed.
 */
export function gateways(sources: readonly (string | Node)[], pace: Partial<Pace> = {}): Node {
  const pool = poolOf(sources, { hedge: 150, inFlight: 64, lately: 5_000, opensFor: 10_000, ...pace });
  // Shared by requests with the same abort signal, so that aborting one caller does not abort another's request.
  const underway = new WeakMap<AbortSignal, Map<string, Promise<Uint8Array | undefined>>>();
  const inTurn = atMost(pool.mostAtOnce);

  return {
    name: pool.members.map(({ node }) => node.name).join(", "),

    async get(cid, world) {
      world.signal.throwIfAborted();
      if (isInline(cid)) return cid.multihash.digest;
      const shared = underway.get(world.signal) ?? new Map<string, Promise<Uint8Array | undefined>>();
      underway.set(world.signal, shared);
      const key = cid.toV1().toString();
      const known = shared.get(key);
      if (known) return known;
      const block = inTurn(() => fetchBlock(cid, pool, world)).finally(() => shared.delete(key));
      shared.set(key, block);
      return block;
    },

    below: (root, arrivalOf, world) => belowFromFirst(pool, root, arrivalOf, world),

    async close() {
      for (const { gone, node } of pool.members) {
        gone.abort();
        await node.close?.();
      }
    },
  };
}

/** From the fastest gateway that sends any of it. An answer that breaks off ends it: the next request asks for what is left. */
async function* belowFromFirst(
  pool: Pool,
  root: CID,
  arrivalOf: (cid: CID) => Arrival,
  world: World,
): AsyncGenerator<VerifiedBlock> {
  for (const member of pool.closed()) {
    if (!member.node.below) continue;
    const signal = AbortSignal.any([world.signal, member.gone.signal]);
    let came = false;
    try {
      for await (const block of member.node.below(root, arrivalOf, { ...world, signal })) {
        came = true;
        member.failures = 0;
        yield block;
      }
    } catch (error) {
      world.signal.throwIfAborted();
      const isGone = member.gone.signal.aborted;
      if (!isGone && !isFailure(error)) throw error;
      if (!isGone && isFailure(error)) pool.failed(member, error, world);
    }
    if (came) return;
  }
}
