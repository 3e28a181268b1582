/** `inspect`: the descriptions and findings of local data, as they would be published, before it is added. */
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { configFrom, configIn } from "../campaign/config.ts";
import { readers } from "../campaign/readers.ts";
import { fileFindings } from "../cli/dataset-advice.ts";
import { entryResult } from "../cli/print/entry-lines.ts";
import { allFlag, noteLines } from "../cli/print/findings.ts";
import { printable, printableLines } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { facts } from "../core/campaign/campaign.ts";
import type { Folder } from "../core/dataset/dataset.ts";
import { Failure } from "../core/failure.ts";
import { placeWords, previewOf, timeWords } from "../core/report/preview.ts";
import type { DatasetEntry, Entry } from "../core/stac/catalog-entry.ts";
import { firstLines, formatBytes } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";
import { codecs } from "../dag/block.ts";
import type { Added } from "../dag/build/add-options.ts";
import { blocksOf } from "../dag/build/files.ts";
import { openFolder } from "../dag/read/folder.ts";
import { localFile, localFolder } from "../disk/folder.ts";
import { limitYoungHeap } from "../disk/young-heap.ts";
import { type Found, type FoundDataset, findDatasets, type Search } from "../stages/scan/find-datasets.ts";
import { describedFile } from "../stages/scan/read-folder.ts";
import { entryOf } from "../stages/scan/scan.ts";

export const inspect: Verb = {
  args: "<path>",
  flags: [allFlag],
  about: `Describes datasets on this machine as publishing would, with the CIDs that \`fieldtree add\` would give. Nothing is stored.
Needs no network, no node and no campaign; inside of one, its campaign.yaml counts.`,
  example: "fieldtree inspect ./radar.zarr",

  async run(call) {
    const { args, folderAround, cwd, out, world } = call;
    limitYoungHeap();
    const given = args[0]!;
    const path = resolve(cwd, given);
    const about = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw new Failure("input", `${given} ${cause.code === "ENOENT" ? "does not exist" : "can't be read"}`, { cause });
    });
    const campaign = folderAround();
    const config = campaign === undefined ? configFrom("campaign: none") : (await configIn(campaign)).config;
    const printEntry = (entry: Entry) => {
      const [data, , errors] = entryResult(entry, call);
      out.result(data, summary(join(basename(path), entry.path), entry, call), errors);
    };

    const folder = about.isDirectory();
    const open = (mostNames: number) => localFolder(path, mostNames);
    const { found, left }: Search = folder
      ? await findDatasets({ cid: path, size: 0, open }, readers, world)
      : { found: await foundIn(path, world) };
    if (found.length === 0 || left) {
      const { cid, bytes, tsize } = await hashed(path, world);
      const plain = folder ? ({ kind: "directory", size: tsize } as const) : ({ kind: "file", size: bytes } as const);
      printEntry({ kind: "plain", path: "", cid, plain, ...(left && { findings: [left] }) });
    }
    let code = 0;
    for (const dataset of found) {
      const at = join(path, dataset.below);
      const { cid, tsize, open } = await hashed(at, world);
      const checked = "description" in dataset ? await withFileFindings(dataset, at, world) : dataset;
      const linked = await withMemberLinks({ ...checked, cid, size: tsize } satisfies Found, open);
      const entry = entryOf("", undefined, linked, facts(config), basename(at));
      printEntry(entry);
      if (entry.kind === "failed") code = 1;
    }
    return code;
  },
};

/** Returns the file as a dataset, where a reader recognises it. */
async function foundIn(path: string, world: World): Promise<Found[]> {
  const here = await describedFile(await localFile(path), readers, world);
  return here ? [{ below: "", cid: "", size: 0, ...here }] : [];
}

async function withFileFindings(dataset: FoundDataset, path: string, world: World): Promise<FoundDataset> {
  const { description } = dataset;
  const reader = readers.find(({ name }) => name === dataset.reader);
  const findings = [...description.findings, ...(await fileFindings(path, reader, world))];
  return { ...dataset, description: { ...description, findings } };
}

interface Hashed extends Omit<Added, "cid"> {
  readonly cid: string;
  /** Opens the folder as it would be on IPFS, for what it links. */
  readonly open: () => Promise<Folder | undefined>;
}

/** Returns the result of adding `path`. The blocks are computed and not stored; those that link others are retained. */
async function hashed(path: string, world: World): Promise<Hashed> {
  const blocks = blocksOf(path, { profile: "cid-v1", symlinks: "keep" }, world);
  const linking = new Map<string, Uint8Array>();
  for (let made = await blocks.next(); ; made = await blocks.next()) {
    if (made.done) {
      const { cid } = made.value;
      const open = () => openFolder(cid, async (one) => linking.get(one.toString()) ?? missingBlock(one));
      return { ...made.value, cid: cid.toString(), open };
    }
    const { cid, bytes } = made.value;
    if (cid.code === codecs.dagPb) linking.set(cid.toString(), bytes);
  }
}

const missingBlock = (cid: CID): never => {
  throw new Failure("unavailable", `${cid} was not built`);
};

/** Adds CIDs and sizes to the members of a folder of like files, which a folder of this machine has not. */
async function withMemberLinks<T extends Found>(dataset: T, open: Hashed["open"]): Promise<T> {
  const members = "description" in dataset ? dataset.description.members : undefined;
  if (!("description" in dataset) || !members) return dataset;
  const entries = (await open())?.entries;
  const listed = members.listed.map((member) => ({ ...member, ...entries?.get(member.path) }));
  return { ...dataset, description: { ...dataset.description, members: { ...members, listed } } };
}

function summary(name: string, entry: Entry, call: Pick<Call, "flags" | "out">): string {
  const text = { CID: entry.cid, ...(entry.kind === "dataset" && describedBy(entry)) };
  return [
    `${printable(name)}: ${printableLines(headentryResult(entry))}`,
    ...Object.entries(text).map(([what, words]) => `  ${what.padEnd(9)}  ${printable(words)}`),
    ...(entry.kind === "failed" ? [] : noteLines(entry.findings ?? [], call)),
  ].join("\n");
}

function headentryResult(entry: Entry): string {
  switch (entry.kind) {
    case "dataset":
      return `${entry.item.properties.title} (${entry.reader})`;
    case "failed":
      return `can't be described (${entry.reader}): ${entry.failure.message}`;
    case "plain":
      return `${entry.plain.kind}, ${formatBytes(entry.plain.size)}${entry.findings ? "" : "; no dataset: published and listed as what it is"}`;
  }
}

/** Most variables listed. A model's output has hundreds. */
const mostVariables = 30;

function describedBy({ path, item }: DatasetEntry): Readonly<Record<string, string>> {
  const { files, variables, start, end, bbox } = previewOf(path, item);
  const more = variables.length - mostVariables;
  const named = `${variables.slice(0, mostVariables).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return {
    time: start === undefined || end === undefined ? "not told" : timeWords(start, end),
    place: bbox ? placeWords(bbox) : "not told",
    ...(files !== undefined && { files: filesText(files, item) }),
    ...(variables.length > 0 && { variables: named }),
  };
}

/** Names of the files of a folder of like files, and what differs between them. */
function filesText(count: number, { properties }: DatasetEntry["item"]): string {
  const members = (properties["fieldtree:members"] ?? []) as readonly { readonly path: string }[];
  const names = firstLines(
    members.map(({ path }) => path),
    6,
    count,
  );
  const differences = (properties["fieldtree:differences"] ?? []) as readonly string[];
  return `${count}: ${names.join(", ")}${differences.length > 0 ? `; they differ in ${differences.join("; ")}` : ""}`;
}
