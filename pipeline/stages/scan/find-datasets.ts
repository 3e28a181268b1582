/**
 * Finds the datasets below a folder and reads the description of each.
 *
 * A reader recognises a folder by the names in it. The search does not descend into a recognised folder, so it never
 * walks a chunk directory. In any other folder, readers recognise each file by its first bytes, and the search descends
 * into each subfolder, within bounds. The same search serves a leaf of the tree and a folder of this machine, because
 * both are {@link Folder}s.
 *
 * A folder with many links to it is searched once ({@link pathsIn} lists its paths). Whatever a bound leaves out is
 * reported as a finding.
 */
import { atMost, inOrder } from "../../core/concurrency.ts";
import {
  type DatasetFinding,
  type Description,
  type Folder,
  mostNames,
  TooManyNames,
} from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { isFailure } from "../../core/failure.ts";
import { byBytes } from "../../core/text/order.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { pause } from "../../dag/event-loop.ts";
import { type FormatReader, fileReaderOf, folderReaderOf, incompleteDataset } from "../../formats/reader.ts";
import { type FolderNode, pathsIn } from "./folder-graph.ts";

export type Found = FoundDataset | FoundFailure;

interface FoundAt {
  /** Path below the folder that was searched; "" for the folder itself. */
  readonly below: string;
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  readonly reader: string;
}

export interface FoundDataset extends FoundAt {
  readonly description: Description;
}

export interface FoundFailure extends FoundAt {
  readonly failure: { readonly kind: "input" | "corrupt"; readonly message: string };
}

export interface Search {
  /** In byte order of their paths. */
  readonly found: readonly Found[];
  /** Reports what a bound left out. */
  readonly left?: DatasetFinding;
}

/** Bounds of the search below one leaf, so that raw files can't take hours, and three crafted blocks can't take gigabytes. */
export const bounds = {
  /** Distinct folders read, and their greatest depth. */
  folders: 10_000,
  depth: 16,
  /** Entries of all these folders together. One folder may have `mostNames`. */
  entries: 5_000_000,
  /** Links to folders that are followed; several links to one folder count several times. */
  links: 100_000,
  /** Files whose first bytes are read. */
  files: 20_000,
  /** Datasets listed, and bytes of their descriptions as JSON. */
  datasets: 10_000,
  descriptions: 64 * 2 ** 20,
} as const;

export type SearchBounds = { readonly [bound in keyof typeof bounds]: number };

/** Bounds for a leaf that is searched concurrently with many others. */
export const smallBounds: SearchBounds = {
  ...bounds,
  folders: 2000,
  entries: 20_000,
  links: 5000,
  files: 500,
  datasets: 2000,
};

/** A bound was exceeded. The caller may search again with larger bounds. */
export class TooLarge extends Error {}

/** Concurrency: folders, entries of one folder, and files. */
const atOnce = { folders: 8, entries: 16, files: 8 } as const;

/** Most entries of a folder that is read concurrently with others; larger folders are read one at a time. */
const smallNames = 5000;

/** Stands in for the reader's name in a failure to open a folder or file, because no reader was involved. */
const search = "search";

/** The folder or file to search. */
export interface Searched {
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  /** Opens the folder. It and the folder's methods throw TooManyNames for a folder of more than `mostNames` entries. */
  readonly open: (mostNames: number) => Promise<Folder | undefined>;
}

/**
 * Returns every dataset in a folder, within `limits`. The result does not depend on the order in which reads finish.
 *
 * Bad content of one dataset becomes a {@link FoundFailure} for that dataset.
 *
 * @throws where bytes can't be retrieved; with `orThrow`, {@link TooLarge} where a bound would leave anything out.
 */
export async function findDatasets(
  { cid, size, open }: Searched,
  readers: readonly FormatReader[],
  world: World,
  { limits = bounds, orThrow = false }: { readonly limits?: SearchBounds; readonly orThrow?: boolean } = {},
): Promise<Search> {
  const root: FolderNode<Here> = { below: "", cid, size, children: [] };
  const left: Left = { folders: 0, files: 0, from: undefined, why: new Set() };
  const leave: Leave = (path, why, files) => {
    if (orThrow) throw new TooLarge(why);
    left.from ??= path;
    if (files === undefined) left.folders++;
    else left.files += files;
    left.why.add(why);
  };
  const opening = { small: memoized(() => open(smallNames)), large: memoized(() => open(mostNames)) };
  const readFolder = folderReading(opening, { limits, orThrow }, readers, world);
  const take = taking(leave, limits);
  let level: readonly FolderNode<Here>[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: FolderNode<Here>[] = [];
    // Results are processed in order, so that a bound always applies at the same folder.
    const reads = inOrder(level, atOnce.folders, async (node) => (take.spent() ? undefined : readFolder(node.below)));
    let at = 0;
    for await (const inside of reads) next.push(...take.from(level[at++]!, depth, inside));
    level = next;
  }
  const searched = listed(root, left, limits);
  if (orThrow && searched.left) throw new TooLarge(searched.left.says);
  return searched;
}

/** The description or failure of the dataset that a folder or file itself is. */
export type Here = Pick<FoundDataset, "reader" | "description"> | Pick<FoundFailure, "reader" | "failure">;

/** Counts of what was not searched. */
interface Left {
  folders: number;
  files: number;
  /** Path of the first one. */
  from: string | undefined;
  readonly why: Set<string>;
}

/** Records that the search left out `path`: a folder, or `files` files from there on. */
type Leave = (path: string, why: string, files?: number) => void;

/** Result of reading one folder. */
interface Inside {
  readonly entries: number;
  readonly here?: Here;
  /** Subfolders and recognised files; empty where a reader recognises the folder itself. */
  readonly inner: readonly Inner[];
  /** Number of files whose first bytes were read. */
  readonly files: number;
  /** The first file that was not read, and the number of unread files. */
  readonly unread?: { readonly from: string; readonly count: number };
}

interface Inner {
  readonly name: string;
  readonly cid: string;
  readonly size: number;
  /** Present for a file, and for a folder that can't be opened. */
  readonly here?: Here;
}

/** Returns a function that reads the folder at a path. It has no state: {@link taking} finds folders already searched. */
function folderReading(
  opening: Record<"small" | "large", () => Promise<Folder | undefined>>,
  { limits, orThrow }: { readonly limits: SearchBounds; readonly orThrow: boolean },
  readers: readonly FormatReader[],
  world: World,
): (below: string) => Promise<Inside | TooManyNames> {
  const alone = atMost(1);

  const readsFiles = readers.some(({ files }) => files !== undefined);

  /** Splits entries into folders (including those that can't be opened) and the names of all other entries. */
  const divided = async ({ entries, isFolder }: Folder): Promise<{ folders: Inner[]; others: string[] }> => {
    const folders: Inner[] = [];
    const others: string[] = [];
    const probe = async (name: string) => {
      await pause();
      world.signal.throwIfAborted();
      return { name, folder: await isFolder(name, world).catch(badContent) };
    };
    for await (const { name, folder } of inOrder(entries.keys(), atOnce.entries, probe)) {
      if (folder === false) {
        if (readsFiles) others.push(name);
        continue;
      }
      const { cid, size } = entries.get(name)!;
      folders.push({ name, cid, size, ...(folder !== true && { here: { reader: search, failure: folder } }) });
      // Stops one above the bound, so that `taking` still finds that the bound is exceeded.
      if (folders.length > bounds.links) break;
    }
    return { folders, others };
  };
  /** Returns the files that a reader recognises. */
  const filesIn = async (folder: Folder, names: readonly string[]): Promise<Inner[]> => {
    const files: Inner[] = [];
    const probe = async (name: string): Promise<Inner | undefined> => {
      await pause();
      world.signal.throwIfAborted();
      const here = await fileAt(folder, name).catch((error) => ({ reader: search, failure: badContent(error) }));
      return here && { name, ...folder.entries.get(name)!, here };
    };
    for await (const file of inOrder(names, atOnce.files, probe)) if (file) files.push(file);
    return files;
  };
  const fileAt = async (folder: Folder, name: string): Promise<Here | undefined> => {
    const source = await folder.file(name, world);
    return source && describedFile(source, readers, world);
  };
  const readFolder = async (root: Folder | undefined, below: string): Promise<Inside> => {
    const folder = below === "" ? root : await root?.folder(below, world);
    if (!folder) return { entries: 0, inner: [], files: 0 };
    const recognised = folderReaderOf(readers, folder.entries);
    const entries = folder.entries.size;
    if (recognised) {
      const { reader, folders } = recognised;
      return {
        entries,
        here: await described(reader, () => folders.describe(folder, world)),
        inner: [],
        files: 0,
      };
    }
    const { folders, others } = await divided(folder);
    const names = folders.map(({ name }) => name);
    const incomplete = await incompleteDataset(readers, folder, names, world);
    if (incomplete) {
      // Reports one failure for the dataset, instead of one dataset for each remaining part of it.
      const failure = { kind: "input", message: incomplete.missing } as const;
      return { entries, here: { reader: incomplete.reader, failure }, inner: [], files: 0 };
    }
    const read = others.slice(0, limits.files);
    const [from] = others.slice(read.length);
    return {
      entries,
      inner: [...folders, ...(await filesIn(folder, read))],
      files: read.length,
      ...(from !== undefined && { unread: { from, count: others.length - read.length } }),
    };
  };

  return async (below) => {
    world.signal.throwIfAborted();
    try {
      return await readFolder(await opening.small(), below);
    } catch (error) {
      if (!(error instanceof TooManyNames)) return unopened(error);
      if (orThrow) throw new TooLarge(error.message);
    }
    try {
      return await alone(async () => readFolder(await opening.large(), below));
    } catch (error) {
      return error instanceof TooManyNames ? error : unopened(error);
    }
  };
}

function unopened(error: unknown): Inside {
  return { entries: 0, here: { reader: search, failure: badContent(error) }, inner: [], files: 0 };
}

/** Returns the description or failure of a file; `undefined` where no reader recognises it. */
export async function describedFile(
  source: RangeSource,
  readers: readonly FormatReader[],
  world: World,
): Promise<Here | undefined> {
  const recognised = await fileReaderOf(readers, source);
  return recognised && described(recognised.reader, () => recognised.describe(world));
}

async function described({ name }: FormatReader, describe: () => Promise<Description>): Promise<Here> {
  try {
    return { reader: name, description: await describe() };
  } catch (error) {
    if (error instanceof TooManyNames) throw error;
    return { reader: name, failure: badContent(error) };
  }
}

/** Adds the results of reading folders to the graph, in order, within the bounds; calls `leave` for everything beyond. */
function taking(leave: Leave, limits: SearchBounds) {
  // By CID, because equal CIDs have equal content. A folder of this machine has no CID.
  const known = new Map<string, FolderNode<Here>>();
  let [folders, entries, links, files, descriptions] = [0, 0, 0, 0, 0];

  const spent = (): string | undefined => {
    if (entries > limits.entries) return `${limits.entries} entries`;
    if (files > limits.files) return `${limits.files} files`;
    return descriptions > limits.descriptions ? `${limits.descriptions} bytes of descriptions` : undefined;
  };

  /** The bound that forbids following another link to a folder. `before`: whether the folder was already found. */
  const whyNot = (depth: number, before: boolean): string | undefined => {
    if (links >= limits.links) return `${limits.links} links to folders`;
    if (before) return undefined;
    if (depth >= limits.depth) return `${limits.depth} folders one in another`;
    return folders >= limits.folders ? `${limits.folders} folders` : undefined;
  };

  const found = (node: FolderNode<Here>, here: Here): void => {
    node.here = here;
    if ("description" in here) descriptions += JSON.stringify(here.description).length;
  };

  return {
    /** The bound that ended the search, if any. */
    spent,

    /** Returns the folders in `node` that still have to be read, each one only the first time. */
    from(node: FolderNode<Here>, depth: number, inside: Inside | TooManyNames | undefined): FolderNode<Here>[] {
      if (spent() !== undefined || inside === undefined || inside instanceof TooManyNames) {
        leave(node.below, spent() ?? `a folder of more than ${mostNames} entries`);
        return [];
      }
      entries += inside.entries;
      files += inside.files;
      if (inside.unread) leave(pathBelow(node, inside.unread.from), `${limits.files} files`, inside.unread.count);
      if (inside.here) found(node, inside.here);
      const fresh: FolderNode<Here>[] = [];
      for (const { name, cid, size, here } of inside.inner) {
        const path = pathBelow(node, name);
        const before = cid === "" ? undefined : known.get(cid);
        const why = whyNot(depth, before !== undefined);
        if (why !== undefined) {
          leave(path, why);
          continue;
        }
        links++;
        const child: FolderNode<Here> = before ?? { below: path, cid, size, children: [] };
        node.children.push({ name, node: child });
        if (before) continue;
        folders++;
        if (cid !== "") known.set(cid, child);
        if (here) found(child, here);
        else fresh.push(child);
      }
      return fresh;
    },
  };
}

const pathBelow = ({ below }: FolderNode<Here>, name: string) => (below === "" ? name : `${below}/${name}`);

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => (value ??= make());
}

/** @throws the error itself unless its kind is `input` or `corrupt`. */
function badContent(error: unknown): FoundFailure["failure"] {
  if (!isFailure(error, "input", "corrupt")) throw error;
  return { kind: error.kind as "input" | "corrupt", message: error.message };
}

function listed(root: FolderNode<Here>, left: Left, limits: SearchBounds): Search {
  const paths = pathsIn(root, { most: limits.datasets, depth: limits.depth });
  const found = paths.listed.map(({ below, node: { here, cid, size } }): Found => ({ below, cid, size, ...here! }));
  found.sort((a, b) => byBytes(a.below, b.below));
  const says: string[] = [];
  if (left.from !== undefined) {
    const folders = left.folders === 1 ? "1 folder" : `at least ${left.folders} folders`;
    const files = left.files === 1 ? "1 file" : `${left.files} files`;
    const rest = [left.folders > 0 && folders, left.files > 0 && files].filter(Boolean).join(" and ");
    const why = [...left.why].join(", and at ");
    says.push(`the search for datasets ended at ${why}: ${rest} from “${shown(left.from, 200)}” on are unsearched`);
  }
  if (paths.count > found.length) {
    const last = shown(found.at(-1)?.below ?? "", 200);
    says.push(`it holds ${paths.count} datasets, of which ${found.length} are listed, up to “${last}”`);
  }
  return says.length === 0 ? { found } : { found, left: notSearched(says) };
}

function notSearched(says: readonly string[]): DatasetFinding {
  return {
    level: "warning",
    rule: "not-searched",
    says: `${says.join("; ")}; the rest is published and not listed`,
    fix: "give the folders in it lines of their own in tree.yaml",
  };
}
