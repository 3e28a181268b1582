/** `inspect`: the descriptions and findings of local data, as they would be published, before it is added. */
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { CID } from "multiformats/cid";
import { configFrom, configIn } from "../campaign/config.ts";
import { readers } from "../campaign/readers/readers.ts";
import { entriesAt, isAddress } from "../cli/address/entries-at.ts";
import { localDatasets, withFileFindings } from "../cli/local/local-datasets.ts";
import { datasetSummary } from "../cli/print/dataset-summary.ts";
import { entryResult } from "../cli/print/entry-lines.ts";
import { allFlag } from "../cli/print/findings.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { type Facts, facts } from "../core/campaign/campaign.ts";
import type { FolderEntry } from "../core/dataset/dataset.ts";
import { Failure } from "../core/failure.ts";
import type { Entry } from "../core/stac/catalog-entry.ts";
import { pathBelow } from "../core/stac/names.ts";
import type { World } from "../core/world.ts";
import type { Added } from "../dag/build/add-options.ts";
import { blocksOf } from "../dag/build/files.ts";
import type { OnEntry } from "../dag/build/tree-builder.ts";
import { localFile } from "../disk/folder.ts";
import { limitYoungHeap } from "../disk/young-heap.ts";
import type { FilePart } from "../formats/reader.ts";
import type { Found } from "../stages/scan/find-datasets.ts";
import { entryOf } from "../stages/scan/scan.ts";

export const inspect: Verb = {
  args: "<path...>",
  flags: [allFlag],
  about: `Describes files and folders of this machine, and the datasets in them, as publishing would, with the CIDs that \`fieldtree add\` would give. Nothing is stored.
Needs no network, no node and no campaign; inside of one, its campaign.yaml counts.
Where no file has that name, ipfs://CID, ipns://NAME, a gateway's address or a name that was pulled is described from where it is.`,
  example: "fieldtree inspect ./radar.zarr",

  async run(call) {
    const { args, folderAround, world } = call;
    limitYoungHeap();
    // Before anything is read, so that a typing error is reported at once.
    const isElsewhere = new Map<string, boolean>();
    for (const given of args) isElsewhere.set(given, await isNotHere(given, call));
    const campaign = folderAround();
    const config = campaign === undefined ? configFrom("campaign: none") : (await configIn(campaign)).config;
    let code = 0;
    for (const given of args) {
      const inspected = isElsewhere.get(given)
        ? inspectAddress(given, facts(config), call)
        : inspectPath(given, facts(config), call, world);
      code = Math.max(code, await inspected);
    }
    return code;
  },
};

/** Whether no file has that name, and it is an address. @throws Failure `input` where it is neither */
async function isNotHere(given: string, call: Call): Promise<boolean> {
  try {
    await stat(resolve(call.cwd, given));
    return false;
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (isAbsent && (await isAddress(given, call))) return true;
    throw new Failure("input", `${given} ${isAbsent ? "does not exist" : "can't be read"}`, { cause });
  }
}

/** Prints the datasets at or below an address. Returns the exit code. */
async function inspectAddress(given: string, using: Facts, call: Call): Promise<number> {
  const { out } = call;
  const entries = await entriesAt(given, using, call);
  for (const entry of entries) {
    const at = pathBelow(given, entry.path);
    const [data, , errors] = entryResult(call.args.length > 1 ? { ...entry, path: at } : entry, call);
    const summary = { given: at, size: sizeOf(entry), width: out.width };
    out.result(data, datasetSummary(at, entry, summary, call), errors);
  }
  return entries.some(({ kind }) => kind === "failed") ? 1 : 0;
}

/** Bytes. Unknown of what could not be read. */
function sizeOf(entry: Entry): number {
  if (entry.kind === "plain") return entry.plain.size;
  const size = entry.kind === "dataset" ? entry.item.assets.data?.["file:size"] : undefined;
  return typeof size === "number" ? size : 0;
}

/** Prints the datasets at or below a path. Returns the exit code. */
async function inspectPath(given: string, using: Facts, call: Call, world: World): Promise<number> {
  const { cwd, out } = call;
  const path = resolve(cwd, given);
  const printEntry = (entry: Entry, size: number, references?: string) => {
    const at = join(given, entry.path);
    // Of several paths, each line names its own; of one, paths are relative to it.
    const [data, , errors] = entryResult(call.args.length > 1 ? { ...entry, path: at } : entry, call);
    out.result(
      data,
      datasetSummary(join(basename(path), entry.path), entry, { given: at, size, width: out.width, references }, call),
      errors,
    );
  };

  const { found, left } = await localDatasets(path, readers, world);
  if (found.length === 0 || left) {
    const { cid, tsize } = await hashed(path, world);
    const plain = { kind: "directory", size: tsize } as const;
    printEntry({ kind: "plain", path: "", cid, plain, ...(left && { findings: [left] }) }, plain.size);
  }
  let code = 0;
  for (const dataset of found) {
    const at = join(path, dataset.below);
    const { onEntry, linked: withLinks } = membersOf(dataset);
    const { cid, tsize } = await hashed(at, world, onEntry);
    const checked = await withFileFindings(dataset, at, readers, world);
    const linked = withLinks({ ...checked, cid, size: tsize } satisfies Found);
    const entry = entryOf("", undefined, linked, using, basename(at));
    printEntry(entry, tsize, out.json ? undefined : await referencesText(linked, at, world));
    if (entry.kind === "failed") code = 1;
  }
  return code;
}

interface Hashed extends Omit<Added, "cid"> {
  readonly cid: string;
}

/** Returns the result of adding `path`. The blocks are computed and not stored. */
async function hashed(path: string, world: World, onEntry?: OnEntry): Promise<Hashed> {
  const blocks = blocksOf(path, { profile: "cid-v1", symlinks: "keep" }, world, onEntry);
  for (;;) {
    const { done, value } = await blocks.next();
    if (done) return { ...value, cid: value.cid.toString() };
  }
}

/** Whether all files of a folder of like files will have one reference, or why not; `undefined` for other datasets. */
async function referencesText(dataset: Found, path: string, world: World): Promise<string | undefined> {
  const files = readers.find(({ name }) => "description" in dataset && name === dataset.reader)?.files;
  const members = "description" in dataset ? dataset.description.members : undefined;
  if (!members || !files?.joinedReferences || members.count > members.listed.length) return undefined;
  const parts = members.listed.map(({ path: name }): FilePart => {
    const at = join(path, name);
    return { name, url: at, open: () => localFile(at) };
  });
  const joined = await files.joinedReferences(parts, world);
  return "why" in joined ? `one for each file, because ${joined.why}` : "one for all files, which are opened as one";
}

/** The members of a folder of like files, with the CIDs and sizes that they get as `onEntry` is called: a folder of this machine has none. */
function membersOf(dataset: Found): {
  readonly onEntry?: OnEntry;
  readonly linked: <T extends Found>(dataset: T) => T;
} {
  const members = "description" in dataset ? dataset.description.members : undefined;
  if (!members) return { linked: (dataset) => dataset };
  const links = new Map<string, FolderEntry | undefined>(members.listed.map(({ path }) => [path, undefined]));
  return {
    onEntry(name, cid, size) {
      if (links.has(name)) links.set(name, { cid: CID.decode(Uint8Array.from(cid)).toString(), size });
    },
    linked(dataset) {
      if (!("description" in dataset)) return dataset;
      const listed = members.listed.map((member) => ({ ...member, ...links.get(member.path) }));
      return { ...dataset, description: { ...dataset.description, members: { ...members, listed } } };
    },
  };
}
