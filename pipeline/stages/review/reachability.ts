/**
 * Whether data that nobody has published yet can be reached, and from where.
 *
 * Every source is asked for itself, for the root block and for blocks below it that depend on the root alone: the same
 * proposal is always judged by the same blocks. A source that has everything it was asked for is named; where none has, what
 * they have together counts, because that is what publishing reads.
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
  /** The root block, where somebody gave it. */
  readonly root?: Uint8Array;
}

/** Blocks below a root: with those of several ways down, enough to meet what a disk lost or an upload left out. */
const sample = 8;

/** Roots looked at at once, and requests at once to one source. */
const atOnce = { roots: 8, requests: 16 } as const;

/** One answer for each of `roots`, in their order. Nothing of what a source does is a failure of ours. */
export async function probeReachability(
  roots: readonly CID[],
  sources: readonly Source[],
  budget: Budget,
  world: World,
): Promise<Reachability[]> {
  const asked = sources.map((source) => withCircuitBreaker(source, atOnce.requests));
  // A root that many leaves have is looked at once.
  const distinct = new Map(roots.map((root) => [root.toString(), root]));
  const looks = Math.max(1, distinct.size * sources.length);
  // Where there are very many, every root gets a look before any gets a thorough one.
  const below = Math.max(0, Math.min(sample, Math.floor(budget.blocks / looks) - 1));
  const reached = new Map<string, Reachability>();
  const one = async ([cid, root]: [string, CID]) => {
    return { cid, found: await look(root, below, asked, budget, world) };
  };
  for await (const { cid, found } of inOrder(distinct, atOnce.roots, one)) {
    reached.set(cid, found);
    world.progress({ task: "reaching for data", done: reached.size, total: distinct.size, unit: "leaves" });
  }
  return roots.map((root) => reached.get(root.toString())!);
}

/** What one source had of what it was asked for. */
type SourceResult =
  | { readonly has: "everything" }
  /** Up to where looking ended. */
  | { readonly has: "so far"; readonly why: string }
  | { readonly has: "not"; readonly why: string };

async function look(
  root: CID,
  below: number,
  sources: readonly Source[],
  budget: Budget,
  world: World,
): Promise<Reachability> {
  const got = new Map<string, Uint8Array>();
  const sights = await Promise.all(sources.map((source) => probeSource(root, below, source, got, budget, world)));
  const bytes = got.get(keyOf(root));
  const reached = (reach: Omit<Reach, "blocks">): Reachability => ({
    ...(bytes && { root: bytes }),
    reach: { blocks: got.size, ...reach },
  });
  const from = sources.flatMap(({ name }, i) => (sights[i]!.has === "not" ? [] : [name]));
  const ended = sights.find(({ has }) => has === "so far");
  if (from.length > 0) return reached({ from, ...(ended?.has === "so far" && { partial: ended.why }) });

  const together = await probeSource(root, below, { name: "all", get: anyOf(sources) }, got, budget, world);
  if (together.has !== "not") return reached({ from: [], partial: "no source alone has all of it" });
  const reasons = sights.flatMap((sight) => (sight.has === "not" ? [sight.why] : []));
  return reached({ from, problem: reasons.join("; ") || "campaign.yaml names nobody who could be asked for it" });
}

/** What it has of the root and what lies below; blocks that came are kept in `got`. */
async function probeSource(
  root: CID,
  below: number,
  { name, get }: Source,
  got: Map<string, Uint8Array>,
  budget: Budget,
  world: World,
): Promise<SourceResult> {
  const not = (why: string): SourceResult => ({ has: "not", why: why.includes(name) ? why : `${name}: ${why}` });
  // Of a quarter of a million roots most come when nothing is left: asking would make a failure, with its stack, for each.
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
    // The root is asked for first: whoever gave it was not found wanting when looking ended.
    if (gaveRoot && budget.exhausted === error.message) return { has: "so far", why: error.message };
    return not(error.message);
  }
}
