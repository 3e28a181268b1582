/**
 * Datasets below a folder: which there are, and what each says of itself.
 *
 * A folder is recognised by the names in it. What is recognised is not searched further, so no chunk directory is ever
 * walked; of what is not, each file is recognised by its first bytes or not at all, and each folder is searched in turn,
 * within bounds. The same search serves a leaf of the tree and a folder of this machine, because both are {@link Folder}s.
 *
 * A folder that is linked to many times is searched once ({@link pathsIn} names its paths), and nothing is dropped in
 * silence: what a bound left out is a finding beside what was found.
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
import { withBlocks } from "../../formats/block-cache.ts";
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
  /** What was left out at a bound. */
  readonly left?: DatasetFinding;
}

/** What a search below one leaf may cost: a leaf of raw files must not cost hours, nor one of three blocks gigabytes. */
export const bounds = {
  /** Different folders looked into, and how deep. */
  folders: 10_000,
  depth: 16,
  /** Entries of all these folders; of one folder, `mostNames`. */
  entries: 5_000_000,
  /** Links to folders that are followed, each time that one is linked to. */
  links: 100_000,
  /** Files whose first bytes are read. */
  files: 20_000,
  /** Datasets that are listed, and bytes of their descriptions as JSON. */
  datasets: 10_000,
  descriptions: 64 * 2 ** 20,
} as const;

export type SearchBounds = { readonly [bound in keyof typeof bounds]: number };

/** Bounds within which many leaves are searched side by side. */
export const smallBounds: SearchBounds = {
  ...bounds,
  folders: 2000,
  entries: 20_000,
  links: 5000,
  files: 500,
  datasets: 2000,
};

/** More than these bounds allow: a caller may try again with more room. */
export class TooLarge extends Error {}

/** Folders looked into at once, and entries of one. */
const atOnce = { folders: 8, entries: 16, files: 8 } as const;

/** Entries of a folder that is looked into beside others; a larger one is looked into alone. */
const smallNames = 5000;

/** What failed where a folder could not be opened, so that no reader ever saw it. */
const search = "search";

/** What is searched. */
export interface Searched {
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  /** The folder. @throws TooManyNames, as its methods do, for a folder of more than `mostNames` entries. */
  readonly open: (mostNames: number) => Promise<Folder | undefined>;
}

/**
 * Every dataset in a folder, as far as `limits` go. Which are found does not depend on what is read first.
 *
 * Bad content of one dataset is its own {@link FoundFailure}. Throws where bytes are out of reach, and with `orThrow`
 * {@link TooLarge} where anything would be left out.
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
  const lookInto = looking(opening, { limits, orThrow }, readers, world);
  const take = taking(leave, limits);
  let level: readonly FolderNode<Here>[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: FolderNode<Here>[] = [];
    // What is found is taken in order, so that a bound is always met at the same place.
    const looks = inOrder(level, atOnce.folders, async (node) => (take.spent() ? undefined : lookInto(node.below)));
    let at = 0;
    for await (const inside of looks) next.push(...take.from(level[at++]!, depth, inside));
    level = next;
  }
  const searched = listed(root, left, limits);
  if (orThrow && searched.left) throw new TooLarge(searched.left.says);
  return searched;
}

/** What was found in a folder itself, or is said of a file. */
export type Here = Pick<FoundDataset, "reader" | "description"> | Pick<FoundFailure, "reader" | "failure">;

/** What was not looked at. */
interface Left {
  folders: number;
  files: number;
  /** Path of the first. */
  from: string | undefined;
  readonly why: Set<string>;
}

/** Leaves out what is at `path`: a folder, or so many files from there on. */
type Leave = (path: string, why: string, files?: number) => void;

/** A folder with what is in it. */
interface Inside {
  readonly entries: number;
  readonly here?: Here;
  /** The folders in it, and the files that a reader knows, where no reader knows the folder itself. */
  readonly inner: readonly Inner[];
  /** Files whose first bytes were read. */
  readonly files: number;
  /** The first file that was not read, and how many there are. */
  readonly unread?: { readonly from: string; readonly count: number };
}

interface Inner {
  readonly name: string;
  readonly cid: string;
  readonly size: number;
  /** Of a file, and of a folder that can't be opened. */
  readonly here?: Here;
}

/** Looks into one folder after another, without a thought of what was met before. */
function looking(
  opening: Record<"small" | "large", () => Promise<Folder | undefined>>,
  { limits, orThrow }: { readonly limits: SearchBounds; readonly orThrow: boolean },
  readers: readonly FormatReader[],
  world: World,
): (below: string) => Promise<Inside | TooManyNames> {
  const alone = atMost(1);

  const readsFiles = readers.some(({ files }) => files !== undefined);

  const described = async (reader: string, describe: () => Promise<Description>): Promise<Here> => {
    try {
      return { reader, description: await describe() };
    } catch (error) {
      if (error instanceof TooManyNames) throw error;
      return { reader, failure: badContent(error) };
    }
  };
  /** Folders, with those that can't be opened, and the names of all else. */
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
      // One more than is ever followed: that there are more is found out where it is counted.
      if (folders.length > bounds.links) break;
    }
    return { folders, others };
  };
  /** Those of the files that a reader knows. */
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
  const lookInto = async (root: Folder | undefined, below: string): Promise<Inside> => {
    const folder = below === "" ? root : await root?.folder(below, world);
    if (!folder) return { entries: 0, inner: [], files: 0 };
    const recognised = folderReaderOf(readers, folder.entries);
    const entries = folder.entries.size;
    if (recognised) {
      const { reader, folders } = recognised;
      return {
        entries,
        here: await described(reader.name, () => folders.describe(folder, world)),
        inner: [],
        files: 0,
      };
    }
    const { folders, others } = await divided(folder);
    const names = folders.map(({ name }) => name);
    const incomplete = await incompleteDataset(readers, folder, names, world);
    if (incomplete) {
      // One failure for the dataset, instead of a dataset for each part that is left of it.
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
      return await lookInto(await opening.small(), below);
    } catch (error) {
      if (!(error instanceof TooManyNames)) return unopened(error);
      if (orThrow) throw new TooLarge(error.message);
    }
    try {
      return await alone(async () => lookInto(await opening.large(), below));
    } catch (error) {
      return error instanceof TooManyNames ? error : unopened(error);
    }
  };
}

function unopened(error: unknown): Inside {
  return { entries: 0, here: { reader: search, failure: badContent(error) }, inner: [], files: 0 };
}

/** What a reader says of a file; `undefined` where none knows it. */
export async function describedFile(
  source: RangeSource,
  readers: readonly FormatReader[],
  world: World,
): Promise<Here | undefined> {
  const file = withBlocks(source);
  const recognised = await fileReaderOf(readers, file);
  if (!recognised) return undefined;
  const reader = recognised.reader.name;
  try {
    return { reader, description: await recognised.files.describe(file, world) };
  } catch (error) {
    return { reader, failure: badContent(error) };
  }
}

/** Takes what was looked at, in order, as long as the bounds allow: what is beyond them is left. */
function taking(leave: Leave, limits: SearchBounds) {
  // By CID: what stands at the same CID is the same. A folder of this machine has none.
  const known = new Map<string, FolderNode<Here>>();
  let [folders, entries, links, files, descriptions] = [0, 0, 0, 0, 0];

  const spent = (): string | undefined => {
    if (entries > limits.entries) return `${limits.entries} entries`;
    if (files > limits.files) return `${limits.files} files`;
    return descriptions > limits.descriptions ? `${limits.descriptions} bytes of descriptions` : undefined;
  };

  /** Why another link is not followed to a folder, which was met before or not. */
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
    /** Why nothing more is taken. */
    spent,

    /** Folders in `node` that are to be looked into, once each. */
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
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** @throws the error, where it is not about the content. */
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
