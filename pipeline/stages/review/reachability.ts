/**
 * Checks whether data that is not published yet can be reached, and from which sources.
 *
 * Every source is asked separately for the root block and for a sample of blocks below it. The sample depends on the root
 * alone, so the same proposal is always judged by the same blocks. Sources that have all of them are listed. Where no source
 * has all, the sources together are checked, because publishing reads from all of them.
 */
import type { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { isFailure } from "../../core/failure.ts";
import type { Reach } from "../../core/report/report.ts";
import type { World } from "../../core/world.ts";
import { keyOf } from "../../dag/block.ts";
import { anyOf, type Source, withCircuitBreaker } from "../../ipfs/fallback.ts";
import { checkRetrieval } from "../../pin/retrieval-check.ts";
import { linksIn } from "../pins/pin-status.ts";
import type { Budget } from "./budget.ts";

export interface Reachability {
  readonly reach: Reach;
  /** The root block, where a source has it. */
  readonly root?: Uint8Array;
}

/** Blocks sampled below a root, on several paths: enough to detect blocks that a disk lost or an upload left out. */
const sample = 8;

/** Concurrency: roots, and requests to one source. */
const atOnce = { roots: 8, requests: 16 } as const;

/** Returns one result for each of `roots`, in their order. Failures of sources are part of the result, not thrown. */
export async function probeReachability(
  roots: readonly CID[],
  sources: readonly Source[],
  budget: Budget,
  world: World,
): Promise<Reachability[]> {
  const asked = sources.map((source) => withCircuitBreaker(source, atOnce.requests));
  // A root that many leaves share is probed a single time.
  const distinct = new Map(roots.map((root) => [root.toString(), root]));
  const probes = Math.max(1, distinct.size * sources.length);
  // With very many roots, the budget is spread over all root blocks before any blocks below them.
  const below = Math.max(0, Math.min(sample, Math.floor(budget.blocks / probes) - 1));
  const reached = new Map<string, Reachability>();
  const one = async ([cid, root]: [string, CID]) => {
    return { cid, found: await probeRoot(root, below, asked, budget, world) };
  };
  for await (const { cid, found } of inOrder(distinct, atOnce.roots, one)) {
    reached.set(cid, found);
    world.progress({ task: "reaching for data", done: reached.size, total: distinct.size, unit: "leaves" });
  }
  return roots.map((root) => reached.get(root.toString())!);
}

/** Which of the requested blocks one source has. */
type SourceResult =
  | { readonly has: "everything" }
  /** All blocks that were requested before the budget was used up. */
  | { readonly has: "so far"; readonly why: string }
  | { readonly has: "not"; readonly why: string };

async function probeRoot(
  root: CID,
  below: number,
  sources: readonly Source[],
  budget: Budget,
  world: World,
): Promise<Reachability> {
  const got = new Map<string, Uint8Array>();
  const results = await Promise.all(sources.map((source) => probeSource(root, below, source, got, budget, world)));
  const bytes = got.get(keyOf(root));
  const reached = (reach: Omit<Reach, "blocks">): Reachability => ({
    ...(bytes && { root: bytes }),
    reach: { blocks: got.size, ...reach },
  });
  const from = sources.flatMap(({ name }, i) => (results[i]!.has === "not" ? [] : [name]));
  const ended = results.find(({ has }) => has === "so far");
  if (from.length > 0) return reached({ from, ...(ended?.has === "so far" && { partial: ended.why }) });

  const together = await probeSource(root, below, { name: "all", get: anyOf(sources) }, got, budget, world);
  if (together.has !== "not") return reached({ from: [], partial: "no source alone has all of it" });
  const reasons = results.flatMap((result) => (result.has === "not" ? [result.why] : []));
  return reached({
    from,
    problem: reasons.join("; ") || "campaign.yaml names no node, service or gateway that could be asked for it",
  });
}

/** Asks a source for the root and a sample of `below` blocks below it. Adds the blocks received to `got`. */
async function probeSource(
  root: CID,
  below: number,
  { name, get }: Source,
  got: Map<string, Uint8Array>,
  budget: Budget,
  world: World,
): Promise<SourceResult> {
  const not = (why: string): SourceResult => ({ has: "not", why: why.includes(name) ? why : `${name}: ${why}` });
  // Of a quarter of a million roots most come after the budget is used up. This avoids a failure with a stack for each.
  if (budget.exhausted !== undefined) return not(budget.exhausted);
  let gaveRoot = false;
  const retrieve = async (cid: CID) => {
    const bytes = await budget.spend((world) => get(cid, world));
    if (bytes) got.set(keyOf(cid), bytes);
    gaveRoot ||= bytes !== undefined;
    return bytes;
  };
  try {
    const found = await checkRetrieval(root, below, { retrieve, links: linksIn }, world);
    if (found.retrieved) return { has: "everything" };
    return { has: "not", why: found.lacks.equals(root) ? `${name} lacks it` : `${name} lacks block ${found.lacks}` };
  } catch (error) {
    if (!isFailure(error)) throw error;
    // The root is requested first: a source that gave it lacked no block until the budget was used up.
    if (gaveRoot && budget.exhausted === error.message) return { has: "so far", why: error.message };
    return not(error.message);
  }
}
