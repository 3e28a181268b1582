/**
 * References to the values in files, for the portal: built from the data's blocks when a release is published.
 *
 * A reference is a pure function of the file's CID and of the reader, so its CID is cached under those; its bytes are not.
 * Whether the node still has its blocks is observed, and where it has not, the same ones are made again.
 */
import { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import type { DatasetEntry, Entry, Reference } from "../../core/stac/catalog-entry.ts";
import type { World } from "../../core/world.ts";
import { type Block, codecs } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { linksOf } from "../../dag/codec/decode.ts";
import { profiles } from "../../dag/profile.ts";
import { openFile } from "../../dag/read/folder.ts";
import { withBlocks } from "../../formats/block-cache.ts";
import type { FormatReader } from "../../formats/reader.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { Parts } from "../parts.ts";

export type ReferenceParts = Pick<Parts, "get" | "readers" | "references">;

/** Datasets, and files of one dataset, that are read at once. */
const atOnce = { datasets: 4, files: 8 } as const;

/** Bytes of references that are stored together. */
const mostPending = 8 * 2 ** 20;

/**
 * The entries, with the references of those whose reader makes any.
 *
 * @param home where they are stored; absent where only their CIDs are sought.
 * @throws Failure `unavailable` where bytes of a dataset are out of reach, naming each: nothing is published without them.
 */
export async function withReferences(
  entries: readonly Entry[],
  using: ReferenceParts,
  home: HomeNode | undefined,
  world: World,
): Promise<Entry[]> {
  const { referenceTo, finish } = building(using, home, world);
  const unreachable: string[] = [];
  const read = async (entry: Entry): Promise<Entry> => {
    if (entry.kind !== "dataset") return entry;
    const reader = using.readers.find(({ name, files }) => name === entry.reader && files?.references);
    if (!reader) return entry;
    try {
      return { ...entry, references: await referencesOf(entry, (cid) => referenceTo(cid, reader)) };
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      unreachable.push(`${entry.path}: ${error.message}`);
      return entry;
    }
  };
  const done: Entry[] = [];
  try {
    for await (const entry of inOrder(entries, atOnce.datasets, read)) {
      world.signal.throwIfAborted();
      done.push(entry);
      world.progress({ task: "referencing", done: done.length, total: entries.length, unit: "datasets" });
    }
    await finish();
  } finally {
    await using.references.save();
  }
  if (unreachable.length === 0) return done;
  throw new Failure("unavailable", unreachable.join("\n"), { hint: "publish again when the data can be reached" });
}

type Built = { readonly cid: string; readonly tsize: number; readonly size: number } & Pick<
  Exclude<Reference, { why: string }>,
  "consolidated" | "leftOut"
>;

async function referencesOf(
  { cid, members }: DatasetEntry,
  referenceTo: (cid: CID) => Promise<Built | { readonly why: string }>,
): Promise<readonly Reference[]> {
  const files = members ?? [{ path: "", cid }];
  const references: Reference[] = [];
  const one = async (file: (typeof files)[number]) => ({
    path: file.path,
    ...(await referenceTo(CID.parse(file.cid))),
  });
  for await (const reference of inOrder(files, atOnce.files, one)) references.push(reference);
  return references;
}

/** `finish` stores what is not stored yet. */
function building({ get, references }: ReferenceParts, home: HomeNode | undefined, world: World) {
  let pending: Block[] = [];
  let bytes = 0;
  const store = async () => {
    const blocks = pending;
    [pending, bytes] = [[], 0];
    if (blocks.length > 0) await home?.put(blocks, world);
  };

  const build = async (cid: CID, reader: FormatReader): Promise<Built | { readonly why: string }> => {
    const source = await openFile(cid, get);
    if (!source || !reader.files?.references)
      throw new TypeError(`${cid} is described by ${reader.name} and is no file`);
    const made = await reader.files.references(withBlocks(source), `ipfs://${cid}`, world).catch(badContent);
    if ("why" in made) return made;
    const put = (block: Block) => {
      if (!home) return;
      pending.push(block);
      bytes += block.bytes.length;
    };
    const { json, consolidated, leftOut } = made;
    const link = fileOf(new TextEncoder().encode(json), profiles["cid-v1"], put);
    if (bytes > mostPending) await store();
    return { cid: link.cid.toString(), tsize: link.tsize, size: link.size, consolidated, leftOut };
  };

  const underWay = new Map<string, Promise<Built | { readonly why: string }>>();
  const known = async (cid: CID, reader: FormatReader): Promise<Built | { readonly why: string }> => {
    const key = `${cid} ${reader.name}.${reader.version}`;
    const cached = references.get(key) as Built | { readonly why: string } | undefined;
    if (cached && ("why" in cached || !home || (await isStored(CID.parse(cached.cid), home, world)))) return cached;
    const made = await build(cid, reader);
    references.set(key, made as Json);
    return made;
  };
  return {
    finish: store,
    /** The same file at several paths is read once. */
    referenceTo(cid: CID, reader: FormatReader) {
      const key = `${cid} ${reader.name}`;
      const asked = underWay.get(key) ?? known(cid, reader);
      underWay.set(key, asked);
      return asked;
    },
  };
}

/** A file that was described and whose chunks can't be found is damaged, and stays so. */
function badContent(error: unknown): { readonly why: string } {
  if (!isFailure(error, "input")) throw error;
  return { why: error.message };
}

/** Whether the node has all blocks of a reference, which are a root and its leaves at most. */
async function isStored(cid: CID, home: HomeNode, world: World): Promise<boolean> {
  const has = async (block: CID) => (home.has ? home.has(block, world) : (await home.get(block, world)) !== undefined);
  if (cid.code === codecs.raw) return has(cid);
  const bytes = await home.get(cid, world);
  if (!bytes) return false;
  for (const leaf of linksOf(cid, bytes)) if (!(await has(leaf))) return false;
  return true;
}
