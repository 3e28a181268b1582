/**
 * Completes a DAG on a node that can't fetch by itself: walks it, and fetches the blocks that the node lacks from sources.
 *
 * Fetched blocks are stored every few megabytes, so an interrupted run continues where it was. Stored blocks are never
 * fetched, and stored chunks aren't even read.
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { type Block, hasLinks, keyOf } from "../dag/block.ts";
import { cidSet } from "../dag/cid-set.ts";
import { linksBelow, linksOf } from "../dag/codec/decode.ts";
import { pause } from "../dag/event-loop.ts";
import { tsizeOf } from "../dag/read/tsize.ts";
import type { Source } from "./fallback.ts";
import type { HomeNode, Node } from "./node.ts";

export interface Fetched {
  readonly blocks: number;
  readonly bytes: number;
}

/** Blocks requested at once: hides the latency of distant gateways. */
const atOnce = 16;

/** Bytes that are fetched before they are stored, and so the most that an interrupted run fetches twice. */
const storedTogether = 16 * 1024 * 1024;

/** Missing blocks found before the walk ends: enough to show whether one block is missing or all of them. */
const mostMissing = 5;

/**
 * @param limits.limitBytes bytes that may be fetched for this root; `limits.fetch` in campaign.yaml.
 * @throws Failure `unavailable` naming the first blocks that neither node nor sources have; `refused` at the limit. The blocks
 *   fetched until then are stored.
 */
export async function fetchMissing(
  root: CID,
  home: HomeNode,
  sources: Source | undefined,
  { limitBytes }: { readonly limitBytes: number },
  world: World,
): Promise<Fetched> {
  // Blocks that are stored, and blocks that are requested or missing.
  const done = cidSet();
  const awaited = new Set([keyOf(root)]);
  const todo = [root];
  const missing: { readonly cid: CID; readonly why: string | undefined }[] = [];
  let brought: Block[] = [];
  let waiting = 0;
  let blocks = 0;
  let bytes = 0;
  /** The most bytes to fetch, by the size that the root states; valid only until a block turns out to be stored already. */
  let claimed: number | undefined;
  let storing = Promise.resolve();
  let stop: unknown;

  const store = (): Promise<void> => {
    const batch = brought;
    brought = [];
    waiting = 0;
    if (batch.length > 0) storing = storing.then(() => home.put(batch, world));
    return storing;
  };

  const fetch = async (cid: CID): Promise<Uint8Array | undefined> => {
    let why: string | undefined;
    try {
      const block = await sources?.get(cid, world);
      if (block) {
        if (bytes + block.length > limitBytes) throw atLimit(root, { blocks, bytes }, limitBytes);
        blocks++;
        bytes += block.length;
        brought.push({ cid, bytes: block });
        waiting += block.length;
        if (cid === root) claimed = tsizeOf(root, block);
        const total = claimed !== undefined && bytes <= claimed && { total: claimed };
        world.progress({ task: "fetching", done: bytes, ...total, unit: "bytes" });
        if (waiting >= storedTogether) await store();
        return block;
      }
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      why = error.message;
    }
    missing.push({ cid, why });
    return undefined;
  };

  const visit = async (cid: CID): Promise<void> => {
    await pause();
    world.signal.throwIfAborted();
    const isStored = !hasLinks(cid) && home.has && (await home.has(cid, world));
    const here = isStored ? undefined : await home.get(cid, world);
    if (isStored || here) claimed = undefined;
    const block = isStored ? undefined : (here ?? (await fetch(cid)));
    if (!isStored && !block) return;
    done.add(cid);
    awaited.delete(keyOf(cid));
    if (!block) return;
    // Reversed, because the last one is taken first: this gives the order of the files.
    for (const link of (cid === root ? linksOf : linksBelow)(cid, block).reverse()) {
      const key = keyOf(link);
      if (done.has(link) || awaited.has(key)) continue;
      awaited.add(key);
      todo.push(link);
    }
  };

  await new Promise<void>((resolve) => {
    let working = 0;
    const more = (): void => {
      while (working < atOnce && todo.length > 0 && stop === undefined && missing.length < mostMissing) {
        working++;
        visit(todo.pop()!)
          .catch((error) => {
            stop ??= error;
          })
          .finally(() => {
            working--;
            more();
          });
      }
      if (working === 0) resolve();
    };
    more();
  });

  await store();
  if (stop !== undefined) throw stop;
  if (missing.length > 0) throw outOfReach(root, missing, home, sources);
  return { blocks, bytes };
}

function atLimit(root: CID, { blocks, bytes }: Fetched, limitBytes: number): Failure {
  const so = `${blocks} blocks, ${bytes} bytes so far`;
  return new Failure("refused", `fetching what is missing below ${root} would go beyond ${limitBytes} bytes (${so})`, {
    hint: "raise limits: fetch: in campaign.yaml and run it again; what was fetched is kept",
  });
}

function outOfReach(
  root: CID,
  missing: readonly { readonly cid: CID; readonly why: string | undefined }[],
  home: Node,
  sources: Source | undefined,
): Failure {
  const one = missing.length === 1;
  const some = `${missing.length >= mostMissing ? "at least " : ""}${missing.length} ${one ? "block" : "blocks"}`;
  const names = missing.map(({ cid }) => cid).join(", ");
  const why = missing.find(({ why }) => why !== undefined)?.why;
  const looked = why ?? `not on ${home.name}${sources ? `, nor on ${sources.name}` : ""}`;
  return new Failure("unavailable", `${some} below ${root} ${one ? "is" : "are"} out of reach: ${names} (${looked})`, {
    hint: sources
      ? "is the data still kept somewhere? add it again, or name a gateway that has it"
      : "name gateways in campaign.yaml",
  });
}
