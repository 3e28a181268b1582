/**
 * Reads one folder of a search: is it a dataset, and which of its files and folders may be?
 *
 * A reader recognises a folder by the names in it; nothing in such a folder is read further. In any other folder each
 * file is recognised by its first bytes. Like files are one dataset, which is then that of the folder (`core/members`).
 */
import { atMost, inOrder } from "../../core/concurrency.ts";
import { type Folder, mostNames, TooManyNames } from "../../core/dataset/dataset.ts";
import { type DescribedFile, groupOf } from "../../core/members/members.ts";
import { sharing } from "../../core/members/sharing.ts";
import type { World } from "../../core/world.ts";
import { pause } from "../../dag/event-loop.ts";
import { type FormatReader, folderReaderOf, incompleteDataset } from "../../formats/reader.ts";
import { fileOfSidecar, sidecarOf, sidecarRange } from "../../formats/sidecar.ts";
import { type SearchBounds, TooLarge } from "./bounds.ts";
import { badContent, described, describedFile, type FileSidecar, type Here, sidecarAlone } from "./read-file.ts";

/** Result of reading one folder. */
export interface Inside {
  readonly entries: number;
  readonly here?: Here;
  /** Subfolders, and recognised files that `here` doesn't describe; empty where a reader recognises the folder itself. */
  readonly inner: readonly Inner[];
  /** Number of files whose first bytes were read. */
  readonly files: number;
  /** Names of the files that are no part of any dataset, and of those that were not read. */
  readonly others?: readonly string[];
  /** The first file that was not read, and the number of unread files. */
  readonly unread?: { readonly from: string; readonly count: number };
}

interface Inner {
  readonly name: string;
  readonly cid: string;
  readonly size: number;
  /** It has a sidecar: an equal file elsewhere is another dataset. */
  readonly hasSidecar?: boolean;
  /** Present for a file, and for a folder that can't be opened. */
  readonly here?: Here;
}

/** Concurrency: entries of one folder, and files. */
const atOnce = { entries: 16, files: 8 } as const;

/** Most entries of a folder that is read concurrently with others; larger folders are read one at a time. */
const smallNames = 5000;

/** Stands in for the reader's name in a failure to open a folder or file, because no reader was involved. */
const search = "search";

/** How a folder is read: by which readers, within which bounds. */
interface Reading {
  readonly readers: readonly FormatReader[];
  readonly limits: SearchBounds;
  /** Whether a folder beyond `limits` is a failure; else a part of it is read. */
  readonly orThrow: boolean;
  readonly world: World;
}

/**
 * Returns a function that reads the folder at a path. It has no state: the caller knows which folders are already searched.
 *
 * @param open throws TooManyNames for a folder of more entries than it is given, and so do the folder's methods
 */
export function folderReading(
  open: (mostNames: number) => Promise<Folder | undefined>,
  { limits, orThrow }: Pick<Reading, "limits" | "orThrow">,
  readers: readonly FormatReader[],
  world: World,
): (below: string) => Promise<Inside | TooManyNames> {
  const reading: Reading = { readers, limits, orThrow, world };
  const opening = { small: memoized(() => open(smallNames)), large: memoized(() => open(mostNames)) };
  const alone = atMost(1);

  return async (below) => {
    world.signal.throwIfAborted();
    try {
      return await readBelow(await opening.small(), below, reading);
    } catch (error) {
      if (!(error instanceof TooManyNames)) return unopened(error);
      if (orThrow) throw new TooLarge(error.message);
    }
    try {
      return await alone(async () => readBelow(await opening.large(), below, reading));
    } catch (error) {
      return error instanceof TooManyNames ? error : unopened(error);
    }
  };
}

async function readBelow(root: Folder | undefined, below: string, reading: Reading): Promise<Inside> {
  const folder = below === "" ? root : await root?.folder(below, reading.world);
  if (!folder) return { entries: 0, inner: [], files: 0 };
  const here = await wholeDataset(folder, reading);
  if (here) return { entries: folder.entries.size, here, inner: [], files: 0 };

  const { folders, others } = await divided(folder, reading);
  const incomplete = await incompleteDataset(
    reading.readers,
    folder,
    folders.map(({ name }) => name),
    reading.world,
  );
  if (!incomplete) return readFiles(folder, folders, others, reading);
  // Reports one failure for the dataset, instead of one dataset for each remaining part of it.
  const failure = { kind: "input", message: incomplete.missing } as const;
  return { entries: folder.entries.size, here: { reader: incomplete.reader, failure }, inner: [], files: 0 };
}

/** The dataset that a reader recognises the folder as. */
async function wholeDataset(folder: Folder, { readers, world }: Reading): Promise<Here | undefined> {
  const recognised = folderReaderOf(readers, folder.entries);
  return recognised && described(recognised.reader, () => recognised.folders.describe(folder, world));
}

/** Splits entries into folders (including those that can't be opened) and the names of all other entries. */
async function divided(
  { entries, isFolder }: Folder,
  { limits, world }: Reading,
): Promise<{ folders: Inner[]; others: string[] }> {
  const folders: Inner[] = [];
  const others: string[] = [];
  const probe = async (name: string) => {
    await pause();
    world.signal.throwIfAborted();
    return { name, folder: await isFolder(name, world).catch(badContent) };
  };
  for await (const { name, folder } of inOrder(entries.keys(), atOnce.entries, probe)) {
    if (folder === false) {
      others.push(name);
      continue;
    }
    const { cid, size } = entries.get(name)!;
    folders.push({ name, cid, size, ...(folder !== true && { here: { reader: search, failure: folder } }) });
    // Stops one above the bound, so that the caller still finds that the bound is exceeded.
    if (folders.length > limits.links) break;
  }
  return { folders, others };
}

/** Reads the first bytes of the files, as far as the bounds allow, and finds what they are together. */
async function readFiles(
  folder: Folder,
  folders: readonly Inner[],
  others: readonly string[],
  reading: Reading,
): Promise<Inside> {
  const { readers, limits, orThrow } = reading;
  const readsFiles = readers.some(({ files }) => files !== undefined);
  // Before any is read, because all of them are read again with larger bounds.
  if (orThrow && readsFiles && others.length > limits.files) throw new TooLarge(`${limits.files} files`);
  const read = readsFiles ? others.slice(0, limits.files) : [];
  const from = readsFiles ? others[read.length] : undefined;
  const files = await filesIn(folder, read, reading);
  const { here, others: single } = grouped(files);
  const known = new Set(files.map(({ name }) => name));
  return {
    entries: folder.entries.size,
    ...(here && { here }),
    inner: [...folders, ...single],
    files: read.length,
    others: others.filter((name) => !known.has(name) && fileOfSidecar(name) === undefined),
    ...(from !== undefined && { unread: { from, count: others.length - read.length } }),
  };
}

/** Returns the files that a reader recognises, and plain files with findings. */
async function filesIn(folder: Folder, names: readonly string[], reading: Reading): Promise<Inner[]> {
  const files: Inner[] = [];
  const compact = sharing(names.length);
  const probe = async (name: string): Promise<Inner | undefined> => {
    await pause();
    reading.world.signal.throwIfAborted();
    const found = await fileAt(folder, name, reading).catch((error) => ({
      reader: search,
      failure: badContent(error),
    }));
    const here = found && "description" in found ? { ...found, description: compact(found.description) } : found;
    const hasSidecar = folder.entries.has(sidecarOf(name));
    return here && { name, ...folder.entries.get(name)!, here, ...(hasSidecar && { hasSidecar }) };
  };
  for await (const file of inOrder(names, atOnce.files, probe)) if (file) files.push(file);
  return files;
}

async function fileAt(folder: Folder, name: string, { readers, world }: Reading): Promise<Here | undefined> {
  const described = fileOfSidecar(name);
  const source = await folder.file(name, world);
  if (!source) return undefined;
  if (described !== undefined) {
    const isFolder = await folder.isFolder(described, world);
    if (folder.entries.has(described) && !isFolder) return undefined;
    const plain = { kind: "file", size: source.size } as const;
    return { plain, findings: [sidecarAlone(name, described, isFolder)] };
  }
  const here = await describedFile(source, readers, world, sidecarIn(folder, sidecarOf(name), world));
  return "plain" in here && here.findings.length === 0 ? undefined : here;
}

function sidecarIn(folder: Folder, name: string, world: World): FileSidecar | undefined {
  return folder.entries.has(name) ? { name, read: () => folder.read(name, world, sidecarRange) } : undefined;
}

/** The dataset that the files of a folder are together, if any, and the files that are not part of it. */
function grouped(files: readonly Inner[]): { readonly here?: Here; readonly others: readonly Inner[] } {
  const described = files.flatMap(({ here, ...file }): DescribedFile[] =>
    here && "description" in here ? [{ ...file, ...here }] : [],
  );
  const here = groupOf(described);
  if (!here) return { others: files };
  return { here, others: files.filter(({ here }) => !here || !("description" in here)) };
}

function unopened(error: unknown): Inside {
  return { entries: 0, here: { reader: search, failure: badContent(error) }, inner: [], files: 0 };
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => (value ??= make());
}
