/**
 * Writing a DAG to this machine's disk.
 *
 * The DAG is untrusted, so it must not decide where files go. Everything is written into a new folder next to the target. Each
 * file is created exclusively, so that two names which the file system takes for one are noticed. The folder is renamed to the
 * target at the end. Symbolic links are written only where they lead to a place inside.
 */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { codecs, hasLinks } from "../../dag/block.ts";
import { badName } from "../../dag/directory.ts";
import type { DirectoryEntry } from "../../dag/directory-entry.ts";
import { entries, stat } from "../../dag/read/read.ts";
import { type GetInto, passingContent } from "../../dag/reused-memory.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { type Gather, mostGathered } from "../../ipfs/gather.ts";
import { printable } from "../print/terminal.ts";

export interface Extraction {
  readonly cid: CID;
  readonly get: GetInto;
  /** Present where a small folder or file is better read at once than block by block. */
  readonly gather?: Gather | undefined;
  /** Absolute path. */
  readonly target: string;
  /** Whether an existing file or folder at `target` may be replaced; otherwise it is a failure. */
  readonly replace: boolean;
  /** `inside`: links that lead out of the folder are a failure. `skip`: no links are written. */
  readonly links: "inside" | "skip";
}

export interface Extracted {
  /** Bytes of file contents. */
  readonly bytes: number;
  readonly files: number;
}

/** Files of a folder written concurrently. */
const atOnce = 8;

/**
 * Copies the file or folder at a CID to the disk.
 *
 * @throws Failure `input` for a target that is there or a name or link that is not safe; what {@link Get} throws; what the
 *   disk's error. The target is then as it was.
 */
export async function extract(extraction: Extraction, world: World): Promise<Extracted> {
  const { cid, get, target, replace } = extraction;
  const about = await stat(cid, get);
  if (about.type === "symlink") throw new Failure("input", `${cid} is a symbolic link to ${printable(about.target!)}`);
  const counts = { bytes: 0, files: 0, expected: about.size };
  const gathered = await gatheredBelow(cid, about.size, extraction);
  await appearWhole(target, replace, (draft) =>
    about.type === "file"
      ? writeFile(cid, draft, gathered, counts, world)
      : writeFolder(cid, { at: draft, path: "", depth: 0 }, gathered, counts, world),
  );
  return { bytes: counts.bytes, files: counts.files };
}

/** With what is below `cid` at hand, where that is little: `size` is a claim, which `gather` does not trust. */
async function gatheredBelow(cid: CID, size: number, extraction: Extraction): Promise<Extraction> {
  if (!extraction.gather || !hasLinks(cid) || size > mostGathered) return extraction;
  return { ...extraction, get: await extraction.gather(cid), gather: undefined };
}

/**
 * Calls `write` with a temporary path next to `target`, and renames that to `target` when it is complete.
 *
 * @throws Failure `input` where something is at `target` that may not be replaced; the disk's error otherwise.
 */
export async function appearWhole(
  target: string,
  replace: boolean,
  write: (draft: string) => Promise<void>,
): Promise<void> {
  if (!replace) await refuseExisting(target);
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  try {
    await write(draft);
    if (!replace) await refuseExisting(target);
    await moveOver(draft, target);
  } catch (error) {
    throw diskFailure(error, `writing ${target}`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

interface Target {
  /** On the disk. */
  readonly at: string;
  /** Below the CID, for messages. */
  readonly path: string;
  readonly depth: number;
}

/**
 * `claimed`: bytes there will be. Of a folder it is the Tsize, which counts repeats as copying does, and a little more than
 * is copied: blocks are more than contents.
 */
type Counts = { bytes: number; files: number; readonly expected: number };

async function writeFolder(
  cid: CID,
  folder: Target,
  extraction: Extraction,
  counts: Counts,
  world: World,
): Promise<void> {
  const { get } = extraction;
  await mkdir(folder.at).catch((error) => clash(error, folder.at));
  const names: DirectoryEntry[] = [];
  for await (const entry of entries(cid, get)) {
    refuseUnsafeName(entry.name, folder);
    names.push(entry);
  }

  const writeUnlessFolder = async ({ name, cid, tsize }: DirectoryEntry) => {
    world.signal.throwIfAborted();
    const here = { at: join(folder.at, name), path: `${folder.path}/${name}`, depth: folder.depth + 1, cid, tsize };
    const { type, target } = cid.code === codecs.raw ? ({ type: "file" } as const) : await stat(cid, get);
    if (type === "file") await writeFile(cid, here.at, extraction, counts, world);
    else if (type === "symlink") await writeLink(target!, here, extraction);
    return { ...here, isFolder: type === "directory" };
  };
  const folders = [];
  for await (const written of inOrder(names, atOnce, writeUnlessFolder)) if (written.isFolder) folders.push(written);
  for (const { cid, tsize, ...below } of folders) {
    await writeFolder(cid, below, await gatheredBelow(cid, tsize, extraction), counts, world);
  }
}

async function writeFile(cid: CID, at: string, { get }: Extraction, counts: Counts, world: World): Promise<void> {
  const file = await openNew(at);
  try {
    for await (const bytes of passingContent(cid, get)) {
      await file.writeFile(bytes);
      counts.bytes += bytes.length;
      // A Tsize is untrusted: one that is too small must not be shown as a total.
      const total = counts.bytes <= counts.expected && { total: counts.expected };
      world.progress({ task: "copying", done: counts.bytes, ...total, unit: "bytes" });
    }
    counts.files++;
  } finally {
    await file.close();
  }
}

async function writeLink(target: string, { at, path, depth }: Target, { links }: Extraction): Promise<void> {
  if (links === "skip") return;
  if (!staysInside(target, depth)) {
    throw new Failure(
      "input",
      `${printable(path)} is a symbolic link that leads out of the folder, to ${printable(target)}`,
      {
        hint: "--skip-links copies everything else",
      },
    );
  }
  await symlink(target, at).catch((error) => clash(error, at));
}

/**
 * Whether a link in a folder `depth` names down leads somewhere inside, whatever other links it passes: it may go up first,
 * through folders that this process created, and then only down.
 */
function staysInside(target: string, depth: number): boolean {
  const steps = target.split("/");
  const ups = steps.findIndex((step) => step !== "..");
  const downs = ups < 0 ? [] : steps.slice(ups);
  const up = ups < 0 ? steps.length : ups;
  return target !== "" && up < depth && downs.every((step, i) => step !== ".." && (step !== "" || i > 0));
}

function refuseUnsafeName(name: string, { path }: Target): void {
  const why = badName(name) ?? (sep !== "/" && name.includes(sep) ? `contains a ${sep}` : undefined);
  if (why) throw new Failure("input", `${printable(path) || "the folder"} has a name that ${why}: nothing was written`);
}

async function openNew(at: string) {
  return open(at, "wx").catch((error) => clash(error, at));
}

function clash(error: NodeJS.ErrnoException, at: string): never {
  if (error.code !== "EEXIST") throw error;
  throw new Failure(
    "input",
    `${printable(basename(at))} is there twice, or differs from another name only in a way that this disk ignores`,
    {
      cause: error,
    },
  );
}

async function refuseExisting(target: string): Promise<void> {
  const exists = await lstat(target).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      throw diskFailure(error, `searching for ${target}`);
    },
  );
  if (exists) throw new Failure("input", `${target} is there already`, { hint: "--force replaces it" });
}

/** A file takes another's name in one step; a folder can't, so the old one steps aside first and comes back if need be. */
async function moveOver(draft: string, target: string): Promise<void> {
  const old = `${draft}.old`;
  const moved = await rename(target, old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(draft, target);
  } catch (error) {
    if (moved) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
