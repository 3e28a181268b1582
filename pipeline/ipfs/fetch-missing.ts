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
  const fetching = fetchingBelow(root, home, sources, limitBytes, world);
  const stop = await walkAll(root, fetching, world);
  await fetching.store();
  if (stop) throw stop.why;
  if (fetching.missing.length > 0) throw outOfReach(root, fetching.missing, home, sources);
  return fetching.fetched();
}

interface UnfetchedBlock {
  readonly cid: CID;
  readonly why: string | undefined;
}

/** Getting the blocks of one DAG, and storing those that were fetched. */
interface Fetching {
  /**
   * The bytes of a block whose links are to be followed, from the node or else from the sources; `"stored"` for one that the node
   * has and that isn't read, `undefined` for one that nobody has. @throws Failure `refused` at the limit.
   */
  get(cid: CID): Promise<Uint8Array | "stored" | undefined>;
  /** Stores what was fetched and isn't stored yet. */
  store(): Promise<void>;
  readonly missing: readonly UnfetchedBlock[];
  fetched(): Fetched;
}

function fetchingBelow(
  root: CID,
  home: HomeNode,
  sources: Source | undefined,
  limitBytes: number,
  world: World,
): Fetching {
  const missing: UnfetchedBlock[] = [];
  let unstored: Block[] = [];
  let unstoredBytes = 0;
  let blocks = 0;
  let bytes = 0;
  /** The most bytes to fetch, by the size that the root states; valid only until a block turns out to be stored already. */
  let claimed: number | undefined;
  let storing = Promise.resolve();

  const store = (): Promise<void> => {
    const batch = unstored;
    unstored = [];
    unstoredBytes = 0;
    if (batch.length > 0) storing = storing.then(() => home.put(batch, world));
    return storing;
  };

  const fetched = async (cid: CID, block: Uint8Array): Promise<void> => {
    if (bytes + block.length > limitBytes) throw atLimit(root, { blocks, bytes }, limitBytes);
    blocks++;
    bytes += block.length;
    unstored.push({ cid, bytes: block });
    unstoredBytes += block.length;
    if (cid === root) claimed = tsizeOf(root, block);
    const total = claimed !== undefined && bytes <= claimed && { total: claimed };
    world.progress({ task: "fetching", done: bytes, ...total, unit: "bytes" });
    if (unstoredBytes >= storedTogether) await store();
  };

  const fetch = async (cid: CID): Promise<Uint8Array | undefined> => {
    let why: string | undefined;
    try {
      const block = await sources?.get(cid, world);
      if (block) {
        await fetched(cid, block);
        return block;
      }
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      why = error.message;
    }
    missing.push({ cid, why });
    return undefined;
  };

  return {
    async get(cid) {
      const isStored = !hasLinks(cid) && home.has && (await home.has(cid, world));
      const here = isStored ? undefined : await home.get(cid, world);
      if (isStored || here) claimed = undefined;
      return isStored ? "stored" : (here ?? (await fetch(cid)));
    },
    store,
    missing,
    fetched: () => ({ blocks, bytes }),
  };
}

/** Visits every block below `root`, several at once. Returns the first failure, which ends the walk. */
async function walkAll(
  root: CID,
  { get, missing }: Pick<Fetching, "get" | "missing">,
  world: World,
): Promise<{ readonly why: unknown } | undefined> {
  // Blocks that are stored, and blocks that are requested or missing.
  const done = cidSet();
  const awaited = new Set([keyOf(root)]);
  const todo = [root];
  let stop: { readonly why: unknown } | undefined;

  const visit = async (cid: CID): Promise<void> => {
    await pause();
    world.signal.throwIfAborted();
    const block = await get(cid);
    if (!block) return;
    done.add(cid);
    awaited.delete(keyOf(cid));
    if (block === "stored") return;
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
          .catch((why: unknown) => {
            stop ??= { why };
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
  return stop;
}

function atLimit(root: CID, { blocks, bytes }: Fetched, limitBytes: number): Failure {
  const so = `${blocks} blocks, ${bytes} bytes so far`;
  return new Failure("refused", `fetching what is missing below ${root} would go beyond ${limitBytes} bytes (${so})`, {
    hint: "raise limits: fetch: in campaign.yaml and run it again; what was fetched is kept",
  });
}

function outOfReach(root: CID, missing: readonly UnfetchedBlock[], home: Node, sources: Source | undefined): Failure {
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
