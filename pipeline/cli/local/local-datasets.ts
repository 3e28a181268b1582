/** The datasets of a file or folder of this machine, with the findings that the portal would list: for `inspect` and `add`. */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Facts } from "../../core/campaign/campaign.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import type { Entry } from "../../core/stac/catalog-entry.ts";
import type { World } from "../../core/world.ts";
import { localFile, localFolder } from "../../disk/folder.ts";
import type { FormatReader } from "../../formats/reader.ts";
import { sidecarOf, sidecarRange } from "../../formats/sidecar.ts";
import { type Found, type FoundDataset, findDatasets, type Search } from "../../stages/scan/find-datasets.ts";
import { describedFile, type FileSidecar } from "../../stages/scan/read-file.ts";
import { entryOf } from "../../stages/scan/scan.ts";

/** Findings that `add` prints, because a folder may have thousands of datasets. */
const mostFindings = 100;

/** Returns the datasets at or below `path`, or the kind of file it is, without CIDs and sizes. */
export async function localDatasets(path: string, readers: readonly FormatReader[], world: World): Promise<Search> {
  if ((await stat(path)).isDirectory()) {
    const open = (mostNames: number) => localFolder(path, mostNames);
    return findDatasets({ cid: path, size: 0, open }, readers, world);
  }
  const here = await describedFile(await localFile(path), readers, world, localSidecar(path));
  return { found: [{ below: "", cid: "", size: 0, ...here }] };
}

/** The sidecar of the file at `path`, in the same folder. */
function localSidecar(path: string): FileSidecar | undefined {
  const name = sidecarOf(basename(path));
  const at = join(dirname(path), name);
  const about = statSync(at, { throwIfNoEntry: false });
  if (!about) return undefined;
  const read = async () =>
    about.isFile() ? (await localFile(at)).read(sidecarRange.offset, sidecarRange.length) : undefined;
  return { name, read };
}

/** Adds what shows in the names of the files of a dataset at `path`: listing them costs little on this machine. */
export async function withFileFindings(
  dataset: Found,
  path: string,
  readers: readonly FormatReader[],
  world: World,
): Promise<Found> {
  if (!("description" in dataset)) return dataset;
  const reader = readers.find(({ name }) => name === dataset.reader);
  const folder = reader?.folders?.checkFiles && (await localFolder(path));
  const more = (folder && (await reader.folders?.checkFiles?.(folder, world))) ?? [];
  const { description } = dataset;
  const findings = [...description.findings, ...more];
  return { ...dataset, description: { ...description, findings } } satisfies FoundDataset;
}

export interface Checked {
  /** Of all datasets, each with the dataset's path, those that can't be described first; at most `mostFindings`. */
  readonly findings: readonly DatasetFinding[];
  /** Datasets that can't be described, whether or not their findings are listed. */
  readonly unreadable: number;
}

/** Returns the findings on the datasets at or below `path`. */
export async function checkLocal(
  path: string,
  { readers, facts }: { readonly readers: readonly FormatReader[]; readonly facts: Facts },
  world: World,
): Promise<Checked> {
  const { found, left } = await localDatasets(path, readers, world);
  const unreadable: DatasetFinding[] = [];
  const others: DatasetFinding[] = left ? [left] : [];
  for (const dataset of found) {
    world.signal.throwIfAborted();
    const { below } = dataset;
    const named = (finding: DatasetFinding) =>
      below === "" ? finding : { ...finding, says: `${below}: ${finding.says}` };
    if ("failure" in dataset) unreadable.push(named(unreadableDataset(dataset.failure.message)));
    else if (others.length < mostFindings) {
      const checked = await withFileFindings(dataset, join(path, below), readers, world);
      others.push(...findingsOf(entryOf("", undefined, checked, facts)).map(named));
    }
  }
  return { findings: [...unreadable, ...others].slice(0, mostFindings), unreadable: unreadable.length };
}

const findingsOf = (entry: Entry) => (entry.kind === "failed" ? [] : (entry.findings ?? []));

const unreadableDataset = (why: string): DatasetFinding => ({
  level: "error",
  rule: "unreadable",
  says: `the dataset can't be described: ${why}`,
});
