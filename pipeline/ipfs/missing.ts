/**
 * Which blocks below pinned roots are missing, and which files they belong to.
 *
 * Releases share most of their data, so each node of a DAG is checked once, whatever is pinned above it. Of a complete node
 * only the digest is stored, of an incomplete one the first missing blocks with their paths.
 */
import type { CID } from "multiformats/cid";
import { inOrder } from "../core/concurrency.ts";
import { isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { codecs, type Get, hasLinks, isInline, keyOf } from "../dag/block.ts";
import { cidSet } from "../dag/cid-set.ts";
import { linksBelow, type Shape, shapeOf } from "../dag/codec/decode.ts";
import { pause } from "../dag/event-loop.ts";
import { walk } from "../dag/read/read.ts";
import type { Missing, MissingBelow, MissingBlock } from "./node.ts";

export interface BlockSource {
  /** Whether the block can be read, as far as that is known without reading it. */
  readonly has: (cid: CID) => boolean;
  readonly get: Get;
  /** Why the block can't be read, where more is known than that it is missing. */
  readonly whyNot?: (cid: CID) => string | undefined;
  /** Read each raw block too, this many at once; absent: raw blocks are only looked up. */
  readonly readRaw?: number;
}

/** Most missing blocks named for one root. */
const mostNamed = 20;

/** Returns a function that finds what is missing below a root; `undefined` for nothing. It caches between calls. */
export function missingBlocks({ has, get, whyNot, readRaw }: BlockSource, world: World): MissingBelow {
  const itself = (cid: CID): Missing => {
    const why = whyNot?.(cid);
    return { count: 1, first: [{ cid, path: "", ...(why !== undefined && { why }) }] };
  };
  const complete = cidSet();
  const incomplete = new Map<string, Missing>();

  /** The cached result for a node; `"open"` where there is none. */
  const knownOf = (cid: CID): Missing | undefined | "open" => {
    if (!isInline(cid) && !has(cid)) return itself(cid);
    if (!hasLinks(cid) || complete.has(cid)) return undefined;
    return incomplete.get(keyOf(cid)) ?? "open";
  };

  const opened = async (cid: CID): Promise<Visit> => {
    await pause();
    world.signal.throwIfAborted();
    const bytes = await bytesOf(cid, get);
    if (!bytes) return { cid, links: [], next: 0, found: itself(cid) };
    const links = namedLinks(cid, bytes);
    if (readRaw === undefined) return { cid, links, next: 0, found: none };
    const raw = links.filter(({ cid }) => !hasLinks(cid));
    let found = none;
    const read = async ({ name, cid }: NamedLink) => ({ name, cid, bytes: await bytesOf(cid, get) });
    for await (const { name, cid, bytes } of inOrder(raw, readRaw, read)) {
      await pause();
      world.signal.throwIfAborted();
      if (!bytes) found = joined(found, itself(cid), name);
    }
    return { cid, links: links.filter(({ cid }) => hasLinks(cid)), next: 0, found };
  };

  return async (root) => {
    if (!hasLinks(root) && readRaw !== undefined) return (await bytesOf(root, get)) ? undefined : itself(root);
    if (root.code === codecs.dagCbor) return missingBelowRelease(root, { has, get }, world);
    const known = knownOf(root);
    if (known !== "open") return known;
    // An explicit stack, because deep DAGs would overflow the call stack.
    const visits = [await opened(root)];
    for (;;) {
      const visit = visits.at(-1)!;
      const link = visit.links[visit.next];
      if (link) {
        const below = knownOf(link.cid);
        if (below === "open") {
          visits.push(await opened(link.cid));
          continue;
        }
        visit.next++;
        if (below) visit.found = joined(visit.found, below, link.name);
        continue;
      }
      visits.pop();
      if (visit.found.count > 0) incomplete.set(keyOf(visit.cid), visit.found);
      else complete.add(visit.cid);
      if (visits.length === 0) return visit.found.count === 0 ? undefined : visit.found;
    }
  };
}

const none: Missing = { count: 0, first: [] };

/** `undefined` where it is missing or damaged. */
async function bytesOf(cid: CID, get: Get): Promise<Uint8Array | undefined> {
  try {
    return await get(cid);
  } catch (error) {
    if (isFailure(error, "corrupt", "input", "unavailable")) return undefined;
    throw error;
  }
}

interface NamedLink {
  readonly name: string;
  readonly cid: CID;
}

interface Visit {
  readonly cid: CID;
  readonly links: readonly NamedLink[];
  /** The link to be checked next. */
  next: number;
  found: Missing;
}

function joined(found: Missing, below: Missing, name: string): Missing {
  const more = below.first.slice(0, mostNamed - found.first.length).map((block) => ({
    ...block,
    path: name === "" || block.path === "" ? name + block.path : `${name}/${block.path}`,
  }));
  return { count: found.count + below.count, first: more.length > 0 ? [...found.first, ...more] : found.first };
}

/** Links with the names of a directory's entries; parts of a file, shards and nodes other than UnixFS have none. */
function namedLinks(cid: CID, bytes: Uint8Array): readonly NamedLink[] {
  const shape = shapeIfAny(cid, bytes);
  switch (shape?.kind) {
    case undefined:
      return linksIn(cid, bytes).map((link) => ({ name: "", cid: link }));
    case "directory":
      return shape.entries;
    case "shard":
      return shape.slots.map(({ name = "", cid }) => ({ name, cid }));
    case "file":
      return shape.parts.map(({ cid }) => ({ name: "", cid }));
    case "symlink":
      return [];
  }
}

function shapeIfAny(cid: CID, bytes: Uint8Array): Shape | undefined {
  if (cid.code !== codecs.raw && cid.code !== codecs.dagPb) return undefined;
  try {
    return shapeOf(cid, bytes);
  } catch (error) {
    if (isFailure(error, "corrupt")) return undefined;
    throw error;
  }
}

/** None of a block that its codec can't read, or of a codec without a reader: its bytes are there, and nothing more is known. */
function linksIn(cid: CID, bytes: Uint8Array): CID[] {
  try {
    return linksBelow(cid, bytes);
  } catch (error) {
    if (isFailure(error, "input")) return [];
    throw error;
  }
}

/** The links of a release are checked only where the release itself is pinned. */
async function missingBelowRelease(root: CID, { has, get }: BlockSource, world: World): Promise<Missing | undefined> {
  const missing: MissingBlock[] = [];
  const shouldVisit = (cid: CID): boolean => {
    world.signal.throwIfAborted();
    if (has(cid)) return hasLinks(cid);
    missing.push({ cid, path: "" });
    return false;
  };
  try {
    for await (const _ of walk(root, get, { scope: "all", shouldVisit }));
  } catch (error) {
    if (!isFailure(error, "corrupt", "input", "unavailable")) throw error;
    missing.push({ cid: root, path: "" });
  }
  return missing.length === 0 ? undefined : { count: missing.length, first: missing.slice(0, mostNamed) };
}
