/**
 * Completes a DAG on a node that can't fetch by itself: walks it, and fetches the blocks that the node lacks from sources.
 *
 * Fetched blocks are stored in small steps, so an interrupted run continues where it was. Stored blocks are never
 * fetched, and stored chunks aren't even read. Where a source can't be reached any more after it gave some blocks, it is tried
 * again for some time: links in the field come and go.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { pause } from "../http/retry.ts";
import type { Source } from "./fallback.ts";
import { type Fetched, fetchedBlocks, type UnfetchedBlock } from "./fetching/fetched-blocks.ts";
import { mostMissing, walkBelow } from "./fetching/walk.ts";
import type { BlockStore } from "./node.ts";

export type { Fetched };

/** ms before each further try, while none brings {@link worthWaitingFor}. */
const pauses = [2_000, 5_000, 10_000, 20_000, 40_000];

/** Bytes after which a source that fails is worth waiting for: one that never gave more than drops is not. */
const worthWaitingFor = 16 * 1024;

/**
 * @param limits.limitBytes bytes that may be fetched for this root; `limits.fetch` in campaign.yaml.
 * @throws Failure `unavailable` naming the first blocks that neither node nor sources have; `refused` at the limit. The blocks
 *   fetched until then are stored.
 */
export async function fetchMissing(
  root: CID,
  home: BlockStore,
  sources: Source | undefined,
  { limitBytes }: { readonly limitBytes: number },
  world: World,
): Promise<Fetched> {
  const fetched = fetchedBlocks(root, home, limitBytes, world);
  const walk = walkBelow(root, { home, sources, fetched, world });
  for (let idle = 0, before = 0; ; idle++) {
    let missing: readonly UnfetchedBlock[];
    try {
      missing = await walk.run();
    } finally {
      await fetched.store();
    }
    if (missing.length === 0) return fetched.counted();
    const { bytes } = fetched.counted();
    if (bytes >= before + worthWaitingFor) [idle, before] = [0, bytes];
    const wait = pauses[idle];
    const why = missing.find(({ why }) => why !== undefined)?.why;
    if (before === 0 || wait === undefined || missing.some(({ why }) => why === undefined))
      throw outOfReach(root, missing, home, sources);
    world.log(`${why}; what is left is asked for again in ${wait / 1000} s`);
    await pause(wait, world);
  }
}

function outOfReach(
  root: CID,
  missing: readonly UnfetchedBlock[],
  home: BlockStore,
  sources: Source | undefined,
): Failure {
  const one = missing.length === 1;
  const some = `${missing.length >= mostMissing ? "at least " : ""}${Math.min(missing.length, mostMissing)} ${one ? "block" : "blocks"}`;
  const names = missing
    .slice(0, mostMissing)
    .map(({ cid }) => cid)
    .join(", ");
  const why = missing.find(({ why }) => why !== undefined)?.why;
  const where = why ?? `not on ${home.name}${sources ? `, nor on ${sources.name}` : ""}`;
  return new Failure("unavailable", `${some} below ${root} ${one ? "is" : "are"} out of reach: ${names} (${where})`, {
    hint: sources
      ? "does any machine still have the data? add it again, or name a gateway that has it"
      : "name gateways in campaign.yaml",
  });
}
