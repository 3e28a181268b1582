/** Fetches a source of a catalog into a folder of this machine: one file, or the files of a Zarr store. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import { keysOf } from "../../core/intake/zarr-keys.ts";
import { isRecord, type Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import { type DownloadOptions, download, type Validators } from "./download.ts";

/** `path`: of what is to be added, on this machine. */
export type Fetched = { readonly is: "unchanged" } | ({ readonly is: "new"; readonly path: string } & Validators);

export interface Fetching extends Omit<DownloadOptions, "known"> {
  /** Folder of this machine for what is under way. */
  readonly work: string;
}

/** Where a source is while it is fetched. */
export const workFolder = (work: string, url: string) =>
  join(work, createHash("sha256").update(url).digest("hex").slice(0, 32));

/** @throws Failure as {@link download} does; `refused` where it is not there, or is no NetCDF although it is to be. */
export async function fetchFile(
  { url, isNetcdf }: { readonly url: string; readonly isNetcdf: boolean },
  known: Validators | undefined,
  { work, ...options }: Fetching,
  world: World,
): Promise<Fetched> {
  const folder = workFolder(work, url);
  await mkdir(folder, { recursive: true });
  const path = join(folder, basename(new URL(url).pathname) || "file");
  const got = await download(url, path, { ...options, ...(known && { known }) }, world);
  if (got.is === "unchanged") return { is: "unchanged" };
  if (got.is !== "new") throw new Failure("refused", `${shown(url, 300)} is not there`);
  if (isNetcdf && !(await isNetcdfFile(path))) {
    await rm(path);
    throw new Failure("refused", `${shown(url, 300)} answered something that is no NetCDF file`);
  }
  return { ...got, path };
}

async function isNetcdfFile(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.toString("latin1", 0, 3) === "CDF" || buffer.toString("latin1", 0, 4) === "\x89HDF";
  } finally {
    await handle.close();
  }
}

const atOnce = 8;

type Journal = Readonly<Record<string, Validators>>;

/**
 * @param isKnown whether the store is already in the tree as it was fetched last, so that only changes matter.
 * @throws Failure as {@link download} does; `input` where its metadata are not consolidated.
 */
export async function fetchStore(
  url: string,
  isKnown: boolean,
  { work, ...options }: Fetching,
  world: World,
): Promise<Fetched> {
  const folder = workFolder(work, url);
  const store = join(folder, "store");
  const journalFile = `${folder}.json`;
  await mkdir(store, { recursive: true });
  const before = journalOf(await readIfThere(journalFile));
  const journal: Record<string, Validators> = {};
  const unchanged: string[] = [];
  let changed = false;

  const fetchKey = async (key: string, mayKnow: boolean): Promise<boolean> => {
    const file = join(store, key);
    const isThere = existsSync(file);
    const known = mayKnow && (isKnown || isThere) && Object.hasOwn(before, key) ? before[key] : undefined;
    await mkdir(dirname(file), { recursive: true });
    const got = await download(
      `${url}/${key.split("/").map(encodeURIComponent).join("/")}`,
      file,
      { ...options, ...(known && { known }) },
      world,
    );
    if (got.is === "absent") {
      await rm(file, { force: true });
      changed ||= Object.hasOwn(before, key);
      return false;
    }
    const { etag, modified } = got.is === "new" ? got : before[key]!;
    journal[key] = { ...(etag !== undefined && { etag }), ...(modified !== undefined && { modified }) };
    if (got.is === "new") changed = true;
    else if (!isThere) unchanged.push(key);
    return true;
  };
  try {
    const metadata = (await firstOf([".zmetadata", "zarr.json"], (key) => fetchKey(key, false))) ?? "";
    if (metadata === "") throw new Failure("refused", `${shown(url, 300)} has no .zmetadata and no zarr.json`);
    const hadMetadata = sameVersion(before[metadata], journal[metadata]);
    if (hadMetadata) changed = false;
    const keys = keysOf(jsonOf(await readIfThere(join(store, metadata)), url)).filter((key) => key !== metadata);
    for await (const _ of inOrder(keys, atOnce, (key) => fetchKey(key, hadMetadata))) {
      world.progress({ task: "fetching", done: Object.keys(journal).length, total: keys.length, unit: "files" });
    }
    if (!changed && isKnown && unchanged.length === keys.filter((key) => Object.hasOwn(before, key)).length) {
      await rm(folder, { recursive: true, force: true });
      return { is: "unchanged" };
    }
    for await (const _ of inOrder(unchanged, atOnce, (key) => fetchKey(key, false)));
    return { is: "new", path: store, ...journal[metadata] };
  } finally {
    // What is complete so far is not fetched again by the next run, where the server reports that it is the same.
    await writeDurably(journalFile, JSON.stringify({ ...before, ...journal }));
  }
}

async function firstOf(keys: readonly string[], has: (key: string) => Promise<boolean>): Promise<string | undefined> {
  for (const key of keys) if (await has(key)) return key;
  return undefined;
}

const sameVersion = (a: Validators | undefined, b: Validators | undefined) =>
  a?.etag !== undefined ? a.etag === b?.etag : a?.modified !== undefined && a.modified === b?.modified;

function journalOf(bytes: Uint8Array | undefined): Journal {
  if (!bytes) return {};
  const journal: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return isRecord(journal) ? (journal as Journal) : {};
}

function jsonOf(bytes: Uint8Array | undefined, url: string): Json {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch (cause) {
    throw new Failure("refused", `the metadata at ${shown(url, 300)} are no JSON`, { cause });
  }
}
