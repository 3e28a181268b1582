/**
 * Scan: what each leaf of the tree contains.
 *
 * What a leaf contains is a function of its CID and the readers, so it is remembered under those and a changed leaf is
 * the only one read again. What it is *called* depends on the path and campaign.yaml, so entries are made anew.
 */
import type { CID } from "multiformats/cid";
import type { Facts } from "../../core/campaign/campaign.ts";
import { atMost, inOrder } from "../../core/concurrency.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import type { Entry, PlainEntry } from "../../core/stac/catalog-entry.ts";
import { itemOf } from "../../core/stac/item.ts";
import { identity } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import { cachingRoot, openFile, openFolder } from "../../dag/read/folder.ts";
import { stat } from "../../dag/read/read.ts";
import type { FormatReader } from "../../formats/reader.ts";
import type { Parts } from "../parts.ts";
import { describedFile, type Found, findDatasets, type Search, smallBounds, TooLarge } from "./find-datasets.ts";

export type Scanning = Pick<Parts, "get" | "readers" | "leafContents" | "facts" | "isScanned">;

export interface Scanned {
  readonly path: string;
  readonly entries: readonly Entry[];
  /** The scan could not be done: bytes are out of reach. Never remembered. */
  readonly unreachable?: string;
}

const atOnce = 16;

/** Raised when a search comes to find something else in the same leaf: what was remembered of earlier ones isn't used. */
const searchVersion = 2;

/** What a leaf holds, before it has a path: the datasets found in it, or what plain thing it is. */
interface LeafContents extends Search {
  readonly plain: PlainEntry["plain"] | null;
}

/** What each leaf contains, in the order given. One leaf out of reach takes no other down: whoever publishes stops. */
export async function* scan(
  leaves: readonly { readonly path: string; readonly cid: CID }[],
  using: Scanning,
  world: World,
): AsyncGenerator<Scanned> {
  let done = 0;
  const held = cachedContents(using, world);
  const look = async ({ path, cid }: { readonly path: string; readonly cid: CID }): Promise<Scanned> => {
    try {
      const readers = using.isScanned(path) ? using.readers : [];
      return { path, entries: entriesOf(path, cid, await held(cid, readers), using.facts) };
    } catch (error) {
      if (isFailure(error, "unavailable")) return { path, entries: [], unreachable: error.message };
      throw error;
    }
  };
  try {
    for await (const scanned of inOrder(leaves, atOnce, look)) {
      await pause();
      world.signal.throwIfAborted();
      world.progress({ task: "scanning", done: ++done, total: leaves.length, unit: "leaves" });
      yield scanned;
    }
  } finally {
    await using.leafContents.save();
  }
}

/** What leaves hold, as it is remembered or comes out now. What several leaves ask for at once is searched once. */
function cachedContents(using: Scanning, world: World) {
  const alone = atMost(1);
  const underWay = new Map<string, Promise<LeafContents>>();
  return (cid: CID, readers: readonly FormatReader[]): Promise<LeafContents> => {
    const key = `${identity(cid)} ${searchVersion} ${versionsOf(readers)}`;
    const known = using.leafContents.get(key);
    if (known !== undefined) return Promise.resolve(known as unknown as LeafContents);
    const asked =
      underWay.get(key) ?? readContents(cid, readers, using.get, alone, world).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked.then((held) => {
      using.leafContents.set(key, held as unknown as Json);
      return held;
    });
  };
}

async function readContents(
  cid: CID,
  readers: readonly FormatReader[],
  get: Get,
  alone: ReturnType<typeof atMost>,
  world: World,
): Promise<LeafContents> {
  // A damaged block is not bad content: it says nothing about the dataset, and must not be remembered as if it did.
  const damage: Failure[] = [];
  const careful: Get = async (block) => {
    try {
      return await get(block);
    } catch (error) {
      if (isFailure(error, "corrupt")) damage.push(error);
      throw error;
    }
  };
  const held = await lookAt(cid, readers, careful, alone, world);
  if (damage[0]) throw damage[0];
  return held;
}

async function lookAt(
  cid: CID,
  readers: readonly FormatReader[],
  get: Get,
  alone: ReturnType<typeof atMost>,
  world: World,
): Promise<LeafContents> {
  const getOnce = cachingRoot(cid, get);
  const { type, size, tsize } = await stat(cid, getOnce);
  const plain = { kind: type, size };
  if (type === "file") {
    const source = await openFile(cid, getOnce);
    const here = source && (await describedFile(source, readers, world));
    return here
      ? { found: [{ below: "", cid: cid.toString(), size: tsize, ...here }], plain: null }
      : { found: [], plain };
  }
  if (type !== "directory" || readers.length === 0) return { found: [], plain };
  const open = (mostNames: number) => openFolder(cid, getOnce, { mostNames });
  const searched = { cid: cid.toString(), size: tsize, open };
  const search = await findDatasets(searched, readers, world, { limits: smallBounds, orThrow: true }).catch((error) => {
    if (!(error instanceof TooLarge)) throw error;
    // Sixteen large ones side by side would be sixteen listings in memory.
    return alone(() => findDatasets(searched, readers, world));
  });
  return { ...search, plain: search.found.length > 0 && !search.left ? null : plain };
}

function entriesOf(path: string, cid: CID, { found, left, plain }: LeafContents, facts: Facts): readonly Entry[] {
  const datasets = found.map((dataset) => entryOf(path, cid, dataset, facts));
  if (!plain) return datasets;
  return [{ kind: "plain", path, cid: cid.toString(), plain, ...(left && { findings: [left] }) }, ...datasets];
}

/** A dataset's entry. Its CID is spelled as the tree links it where it is a leaf itself. */
export function entryOf(path: string, cid: CID | undefined, dataset: Found, facts: Facts): Entry {
  const { below, reader, size } = dataset;
  const at = {
    path: below ? (path ? `${path}/${below}` : below) : path,
    cid: below || !cid ? dataset.cid : cid.toString(),
  };
  if ("failure" in dataset) return { kind: "failed", ...at, reader, failure: dataset.failure };
  const { item, findings } = itemOf({ ...at, tsize: size, description: dataset.description, reader }, facts);
  return { kind: "dataset", ...at, reader, item, findings: [...dataset.description.findings, ...findings] };
}

/** Changes whenever any of the readers would describe something differently. */
function versionsOf(readers: readonly FormatReader[]): string {
  return readers.map(({ name, version }) => `${name}.${version}`).join("+") || "none";
}
