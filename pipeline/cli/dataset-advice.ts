/** Findings on the datasets of a file or folder that is being added. Reads metadata and names; of chunks only sizes. */
import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { datasetAdvice, type StoredVariable } from "../core/dataset/advice.ts";
import type { DatasetFinding, Description } from "../core/dataset/dataset.ts";
import { isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { localFile, localFolder } from "../disk/folder.ts";
import { type FormatReader, fileReaderOf, folderReaderOf, incompleteDataset } from "../formats/reader.ts";

/** Bounds on folders and files searched, and on findings printed, because a folder may have thousands of datasets. */
const most = { folders: 10_000, files: 10_000, findings: 100 } as const;

/** Chunks measured for each variable. */
const sample = 256;

export interface Advice {
  /** Findings of all datasets, each with the dataset's path, those that can't be described first; at most `most.findings`. */
  readonly findings: readonly DatasetFinding[];
  /** How many datasets can't be described, whether or not there was room for their findings. */
  readonly unreadable: number;
}

/** Returns the findings on the datasets at or below `path`. */
export async function adviceFor(path: string, readers: readonly FormatReader[], world: World): Promise<Advice> {
  const unreadable: DatasetFinding[] = [];
  const others: DatasetFinding[] = [];
  for await (const { below, dataset, missing } of datasetsBelow(path, readers, world)) {
    world.signal.throwIfAborted();
    const named = (finding: DatasetFinding) =>
      below === "" ? finding : { ...finding, says: `${below}: ${finding.says}` };
    const description = dataset ? await descriptionOf(dataset) : unreadableDataset(missing);
    if ("rule" in description) unreadable.push(named(description));
    else if (others.length < most.findings) {
      const files = await fileFindings(join(path, below), dataset?.reader, world);
      others.push(...[...adviceOn(join(path, below), description), ...files].map(named));
    }
  }
  return { findings: [...unreadable, ...others].slice(0, most.findings), unreadable: unreadable.length };
}

/** What shows in the names of a dataset's files, of the dataset that `reader` describes at `path`. */
export async function fileFindings(
  path: string,
  reader: FormatReader | undefined,
  world: World,
): Promise<readonly DatasetFinding[]> {
  const folder = reader?.folders?.checkFiles && (await localFolder(path));
  return (folder && (await reader.folders?.checkFiles?.(folder, world))) ?? [];
}

type DatasetBelow = { readonly below: string } & (
  | { readonly dataset: LocalDataset; readonly missing?: never }
  | { readonly dataset?: never; readonly missing: string }
);

interface LocalDataset {
  readonly reader: FormatReader;
  readonly describe: () => Promise<Description>;
}

/** Folders that a reader recognises, which are not searched further, and files that one does. */
async function* datasetsBelow(
  path: string,
  readers: readonly FormatReader[],
  world: World,
): AsyncGenerator<DatasetBelow> {
  if (!statSync(path).isDirectory()) {
    const dataset = await datasetIn(path, readers, world);
    if (dataset) yield { below: "", dataset };
    return;
  }
  const folders = [""];
  let files = 0;
  for (let index = 0; index < folders.length && index < most.folders; index++) {
    const below = folders[index]!;
    const entries = listed(join(path, below));
    const names = new Set(entries.map(({ name }) => name));
    const recognised = folderReaderOf(readers, names);
    if (recognised) {
      const { reader, folders } = recognised;
      const describe = async () => folders.describe((await localFolder(join(path, below)))!, world);
      yield { below, dataset: { reader, describe } };
      continue;
    }
    const inner = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const incomplete =
      inner.length > 0
        ? await incompleteDataset(readers, (await localFolder(join(path, below)))!, inner, world)
        : undefined;
    if (incomplete) {
      yield { below, missing: incomplete.missing };
      continue;
    }
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      if (++files > most.files) break;
      const dataset = await datasetIn(join(path, below, name), readers, world);
      if (dataset) yield { below: join(below, name), dataset };
    }
    folders.push(...inner.map((name) => join(below, name)));
  }
}

/** The file, where a reader knows it. */
async function datasetIn(
  path: string,
  readers: readonly FormatReader[],
  world: World,
): Promise<LocalDataset | undefined> {
  world.signal.throwIfAborted();
  const recognised = await fileReaderOf(readers, await localFile(path));
  return recognised && { reader: recognised.reader, describe: () => recognised.describe(world) };
}

/** Returns the dataset's description, or the finding that it can't be read. */
async function descriptionOf({ describe }: LocalDataset): Promise<Description | DatasetFinding> {
  try {
    return await describe();
  } catch (error) {
    if (!isFailure(error, "input", "corrupt")) throw error;
    return unreadableDataset(error.message, error.hint);
  }
}

const unreadableDataset = (why: string, fix?: string): DatasetFinding => ({
  level: "error",
  rule: "unreadable",
  says: `the dataset can't be described: ${why}`,
  ...(fix !== undefined && { fix }),
});

function adviceOn(path: string, description: Description): readonly DatasetFinding[] {
  const { title } = description.attributes;
  const hasTitle = typeof title === "string" && title.trim() !== "";
  const isZarr = description.access.format === "zarr";
  const variables = isZarr ? description.variables.map(({ name }) => storedVariable(path, name)) : [];
  return [...description.findings, ...datasetAdvice({ hasTitle, variables })];
}

/** Chunks of Zarr v2 are in the folder of `.zarray`, flat or in folders; those of v3 are below `c`, or flat as `c.0.0`. */
function storedVariable(store: string, name: string): StoredVariable {
  const folder = join(store, name);
  const chunks: string[] = [];
  let listing = 0;
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    let size = 0;
    for (const entry of listed(at)) {
      size += Buffer.byteLength(entry.name) + cidLength;
      if (entry.isDirectory()) folders.push(join(at, entry.name));
      else if (!entry.name.startsWith(".z") && entry.name !== "zarr.json") chunks.push(join(at, entry.name));
    }
    listing = Math.max(listing, size);
  }
  const step = Math.max(1, Math.ceil(chunks.length / sample));
  const measured = isSharded(folder) ? [] : chunks.filter((_, i) => i % step === 0);
  return { name, count: chunks.length, sizes: measured.map((chunk) => lstatSync(chunk).size), listing };
}

/** Bytes of a CIDv1. */
const cidLength = 36;

function isSharded(folder: string): boolean {
  try {
    return readFileSync(join(folder, "zarr.json"), "utf8").includes('"sharding_indexed"');
  } catch {
    // Version 2 has no such file, and no shards.
    return false;
  }
}

function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // A variable of no chunks has no folder.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
