/**
 * Scan: finds the datasets in each leaf of the tree.
 *
 * The contents of a leaf are a function of its CID and the readers, so they are cached under those, and only changed
 * leaves are read again. Titles and paths depend on the tree and campaign.yaml, so entries are computed in each run.
 */
import type { CID } from "multiformats/cid";
import type { Facts } from "../../core/campaign/campaign.ts";
import { atMost, inOrder } from "../../core/concurrency.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import type { Entry, PlainEntry } from "../../core/stac/catalog-entry.ts";
import { findingsOf } from "../../core/stac/findings.ts";
import { itemOf } from "../../core/stac/item.ts";
import { identity } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import { cachingRoot, openFile, openFolder } from "../../dag/read/folder.ts";
import { stat } from "../../dag/read/read.ts";
import { kindVersion } from "../../formats/kind/kind.ts";
import type { FormatReader } from "../../formats/reader.ts";
import { fileOfSidecar, sidecarOf, sidecarRange } from "../../formats/sidecar.ts";
import type { Parts } from "../parts.ts";
import { smallBounds, TooLarge } from "./bounds.ts";
import { type Found, findDatasets, type Search } from "./find-datasets.ts";
import { describedFile, type FileSidecar } from "./read-file.ts";

export type Scanning = Pick<Parts, "get" | "readers" | "leafContents" | "facts" | "isScanned">;

export interface Scanned {
  readonly path: string;
  readonly entries: readonly Entry[];
  /** Why the leaf could not be scanned: its bytes can't be retrieved. Never cached. */
  readonly unreachable?: string;
}

const atOnce = 16;

/** Leaves after which their contents are saved. */
const savedAfter = 5000;

/** Part of the cache key. Increase it when the search returns a different result for the same leaf. */
const searchVersion = 5;

/** Contents of a leaf, independent of its path: the datasets in it, or the kind of plain file or folder it is. */
interface LeafContents extends Search {
  readonly plain: PlainEntry["plain"] | null;
}

type Scannable = { readonly path: string; readonly cid: CID };

/**
 * Yields the contents of each leaf, in the order given. A leaf out of reach doesn't end the scan: the caller decides. A leaf
 * that is the sidecar of another one, a file, is part of that dataset, and has no entries of its own.
 *
 * @param tree where the sidecars of leaves are looked up, by path: the leaves themselves, or all that there are
 */
export async function* scan(
  leaves: readonly Scannable[],
  using: Scanning,
  world: World,
  tree: ReadonlyMap<string, Scannable> = new Map(leaves.map((leaf) => [leaf.path, leaf])),
): AsyncGenerator<Scanned> {
  let done = 0;
  const contentsOfLeaf = cachedContents(using, world);
  const isSidecar = async (path: string): Promise<boolean> => {
    const described = fileOfSidecar(path);
    const leaf = described === undefined ? undefined : tree.get(described);
    return leaf !== undefined && using.isScanned(leaf.path) && (await stat(leaf.cid, using.get)).type === "file";
  };
  const scanLeaf = async ({ path, cid }: Scannable): Promise<Scanned> => {
    try {
      if (await isSidecar(path)) return { path, entries: [] };
      const readers = using.isScanned(path) ? using.readers : [];
      const sidecar = readers.length > 0 ? tree.get(sidecarOf(path)) : undefined;
      return { path, entries: entriesOf(path, cid, await contentsOfLeaf(cid, readers, sidecar), using.facts) };
    } catch (error) {
      if (isFailure(error, "unavailable")) return { path, entries: [], unreachable: error.message };
      throw error;
    }
  };
  try {
    for await (const scanned of inOrder(leaves, atOnce, scanLeaf)) {
      await pause();
      world.signal.throwIfAborted();
      world.progress({ task: "scanning", done: ++done, total: leaves.length, unit: "leaves" });
      yield scanned;
      // A scan of very many leaves that is killed goes on from here.
      if (done % savedAfter === 0) await using.leafContents.save();
    }
  } finally {
    await using.leafContents.save();
  }
}

/** Returns contents from the cache, or else from a search. Concurrent requests for the same CID share one search. */
function cachedContents(using: Scanning, world: World) {
  const alone = atMost(1);
  const underWay = new Map<string, Promise<LeafContents>>();
  return (cid: CID, readers: readonly FormatReader[], sidecar: Scannable | undefined): Promise<LeafContents> => {
    const about = sidecar ? ` ${identity(sidecar.cid)} ${sidecar.path}` : "";
    const key = `${identity(cid)} ${searchVersion}.${kindVersion} ${versionsOf(readers)}${about}`;
    const known = using.leafContents.get(key);
    if (known !== undefined) return Promise.resolve(known as unknown as LeafContents);
    const asked =
      underWay.get(key) ??
      readContents({ cid, sidecar }, readers, using.get, alone, world).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked.then((result) => {
      using.leafContents.set(key, result as unknown as Json);
      return result;
    });
  };
}

interface LeafAndSidecar {
  readonly cid: CID;
  readonly sidecar: Scannable | undefined;
}

async function readContents(
  leaf: LeafAndSidecar,
  readers: readonly FormatReader[],
  get: Get,
  alone: ReturnType<typeof atMost>,
  world: World,
): Promise<LeafContents> {
  // A damaged block is no evidence of bad content in the dataset, so its failure must not be cached.
  const damage: Failure[] = [];
  const careful: Get = async (block) => {
    try {
      return await get(block);
    } catch (error) {
      if (isFailure(error, "corrupt")) damage.push(error);
      throw error;
    }
  };
  const result = await searchLeaf(leaf, readers, careful, alone, world);
  if (damage[0]) throw damage[0];
  return result;
}

async function searchLeaf(
  { cid, sidecar }: LeafAndSidecar,
  readers: readonly FormatReader[],
  get: Get,
  alone: ReturnType<typeof atMost>,
  world: World,
): Promise<LeafContents> {
  const cachingGet = cachingRoot(cid, get);
  const { type, size, tsize } = await stat(cid, cachingGet);
  const plain = { kind: type, size };
  if (type === "file") {
    const source = await openFile(cid, cachingGet);
    if (!source) return { found: [], plain };
    const here = await describedFile(source, readers, world, sidecar && sidecarAt(sidecar, get));
    return { found: [{ below: "", cid: cid.toString(), size: tsize, ...here }], plain: null };
  }
  if (type !== "directory" || readers.length === 0) return { found: [], plain };
  const open = (mostNames: number) => openFolder(cid, cachingGet, { mostNames });
  const searched = { cid: cid.toString(), size: tsize, open };
  const search = await findDatasets(searched, readers, world, { limits: smallBounds, orThrow: true }).catch((error) => {
    if (!(error instanceof TooLarge)) throw error;
    // One large leaf at a time, because each has its whole listing in memory.
    return alone(() => findDatasets(searched, readers, world));
  });
  return { ...search, plain: search.found.length > 0 && !search.left && !search.names ? null : plain };
}

/** A sidecar that is a leaf of its own. */
const sidecarAt = ({ path, cid }: Scannable, get: Get): FileSidecar => ({
  name: path.slice(path.lastIndexOf("/") + 1),
  read: async () => (await openFile(cid, get))?.read(sidecarRange.offset, sidecarRange.length),
});

function entriesOf(
  path: string,
  cid: CID,
  { found, left, names, plain }: LeafContents,
  facts: Facts,
): readonly Entry[] {
  const entries = found.map((each) => entryOf(path, cid, each, facts));
  if (!plain) return entries;
  return [
    { kind: "plain", path, cid: cid.toString(), plain, ...(left && { findings: [left] }), ...(names && { names }) },
    ...entries,
  ];
}

/**
 * Returns the catalog entry of a dataset or file. What is a whole leaf has the CID as the tree links it.
 *
 * @param name of the file or folder, where `path` doesn't end in it
 */
export function entryOf(path: string, cid: CID | undefined, found: Found, facts: Facts, name?: string): Entry {
  const { below, size } = found;
  const at = {
    path: below ? (path ? `${path}/${below}` : below) : path,
    cid: below || !cid ? found.cid : cid.toString(),
  };
  if ("plain" in found) {
    const { plain, findings } = found;
    return { kind: "plain", ...at, plain, ...(findings.length > 0 && { findings }) };
  }
  const { reader } = found;
  if ("failure" in found) return { kind: "failed", ...at, reader, failure: found.failure };
  const described = { ...at, tsize: size, description: found.description, reader, ...(name && { name }) };
  const { item, findings } = itemOf(described, facts);
  const listed = findingsOf(found.description, findings);
  const members = found.description.members?.listed.map(({ path, cid }) => ({ path, cid }));
  return { kind: "dataset", ...at, reader, item, findings: listed, ...(members && { members }) };
}

/** Part of the cache key: changes whenever the version of any reader does. */
function versionsOf(readers: readonly FormatReader[]): string {
  return readers.map(({ name, version }) => `${name}.${version}`).join("+") || "none";
}
