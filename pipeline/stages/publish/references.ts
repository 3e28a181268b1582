/**
 * References to the values in files, for the portal: built from the data's blocks when a release is published.
 *
 * A reference is a pure function of the file's CID and of the reader, so its CID is cached under those; its bytes are not.
 * Whether the node still has its blocks is observed, and where it has not, the same ones are built again.
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
import { cidOf } from "../../dag/hash.ts";
import { profiles } from "../../dag/profile.ts";
import { openFile } from "../../dag/read/folder.ts";
import { withBlocks } from "../../formats/block-cache.ts";
import type { FilePart, FormatReader, References } from "../../formats/reader.ts";
import { hasBlock } from "../../ipfs/has-block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { Parts } from "../parts.ts";
import { packing } from "./packed-entries.ts";

export type ReferenceParts = Pick<Parts, "get" | "readers" | "references">;

/** Datasets, and files of one dataset, that are read at once. */
const atOnce = { datasets: 4, files: 8 } as const;

/** Bytes of references that are stored together. */
const mostPending = 8 * 2 ** 20;

/**
 * The entries, packed, with the references of those whose reader makes any.
 *
 * @param entries each is replaced by what is returned of it: no entry is in memory twice.
 * @param home where they are stored; absent where only their CIDs are sought.
 * @throws Failure `unavailable` where bytes of a dataset are out of reach, naming each: nothing is published without them.
 */
export async function withReferences(
  entries: Entry[],
  using: ReferenceParts,
  home: HomeNode | undefined,
  world: World,
): Promise<Entry[]> {
  const { finish, ...builder } = building(using, home, world);
  const unreachable: string[] = [];
  const read = async (entry: Entry): Promise<Entry> => {
    if (entry.kind !== "dataset") return entry;
    const reader = using.readers.find(({ name, files }) => name === entry.reader && files?.references);
    if (!reader) return entry;
    try {
      const { kind, path, cid, item, findings, members } = entry;
      const references = await referencesOf(entry, reader, builder);
      return { kind, path, cid, reader: reader.name, item, findings, members, references };
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      unreachable.push(`${entry.path}: ${error.message}`);
      return entry;
    }
  };
  let done = 0;
  const pack = packing();
  try {
    for await (const entry of inOrder(entries, atOnce.datasets, read)) {
      world.signal.throwIfAborted();
      entries[done++] = pack(entry);
      world.progress({ task: "referencing", done, total: entries.length, unit: "datasets" });
    }
    await finish();
  } finally {
    await using.references.save();
  }
  if (unreachable.length === 0) return entries;
  throw new Failure("unavailable", unreachable.join("\n"), { hint: "publish again when the data can be reached" });
}

type Built = { readonly cid: string; readonly tsize: number; readonly size: number } & Pick<
  Exclude<Reference, { why: string }>,
  "consolidated" | "leftOut"
>;

type Outcome = Built | { readonly why: string };

interface Builder {
  /** The same file at several paths is read once. */
  referenceTo(cid: CID, reader: FormatReader): Promise<Outcome>;
  /** The reference of all members of a dataset together; `undefined` where files of the format have none. */
  joinedReference(entry: DatasetEntry, reader: FormatReader): Promise<Outcome | undefined>;
}

/** One for all files of a folder where they continue one another, else one for each, and why. */
async function referencesOf(
  entry: DatasetEntry,
  reader: FormatReader,
  { referenceTo, joinedReference }: Builder,
): Promise<readonly Reference[]> {
  const { cid, members } = entry;
  const joined = members && (await joinedReference(entry, reader));
  const references: Reference[] = joined ? [{ path: "", ...joined }] : [];
  if (joined && !("why" in joined)) return references;
  const one = async (file: { readonly path: string; readonly cid: string }) => ({
    path: file.path,
    ...(await referenceTo(CID.parse(file.cid), reader)),
  });
  const files = members ?? [{ path: "", cid }];
  for await (const reference of inOrder(files, atOnce.files, one)) references.push(reference);
  return references;
}

/** `finish` stores what is not stored yet. */
function building(
  { get, references }: ReferenceParts,
  home: HomeNode | undefined,
  world: World,
): Builder & { finish(): Promise<void> } {
  let pending: Block[] = [];
  let bytes = 0;
  const store = async () => {
    const blocks = pending;
    [pending, bytes] = [[], 0];
    if (blocks.length > 0) await home?.put(blocks, world);
  };

  const open = async (cid: CID, { name }: FormatReader) => {
    const source = await openFile(cid, get);
    if (!source) throw new TypeError(`${cid} is described by ${name} and is no file`);
    return source;
  };

  const stored = async (built: References): Promise<Outcome> => {
    if ("why" in built) return built;
    const put = (block: Block) => {
      if (!home) return;
      pending.push(block);
      bytes += block.bytes.length;
    };
    const { json, consolidated, leftOut } = built;
    const link = fileOf(new TextEncoder().encode(json), profiles["cid-v1"], put);
    if (bytes > mostPending) await store();
    return { cid: link.cid.toString(), tsize: link.tsize, size: link.size, consolidated, leftOut };
  };

  const underWay = new Map<string, Promise<Outcome>>();
  /** From the cache, while the node has the blocks. Concurrent requests for the same key share one result. */
  const cached = (key: string, build: () => Promise<References>): Promise<Outcome> => {
    const find = async (): Promise<Outcome> => {
      const known = references.get(key) as Outcome | undefined;
      if (known && ("why" in known || !home || (await isStored(CID.parse(known.cid), home, world)))) return known;
      const built = await stored(await build().catch(badContent));
      references.set(key, built as Json);
      return built;
    };
    const asked = underWay.get(key) ?? find();
    underWay.set(key, asked);
    return asked;
  };

  return {
    finish: store,
    referenceTo: (cid, reader) =>
      cached(`${cid} ${versionOf(reader)}`, async () => {
        if (!reader.files?.references) throw new TypeError(`${reader.name} makes no references`);
        return reader.files.references(withBlocks(await open(cid, reader)), `ipfs://${cid}`, world);
      }),
    async joinedReference({ cid, members = [], item }, reader) {
      const { files } = reader;
      if (!files?.joinedReferences) return undefined;
      const count = item.properties["fieldtree:member_count"];
      if (typeof count === "number" && count > members.length)
        return { why: `it has ${count} files, and at most ${members.length} are opened together` };
      const parts = members.map(
        (member): FilePart => ({
          name: member.path,
          url: `ipfs://${member.cid}`,
          open: () => open(CID.parse(member.cid), reader),
        }),
      );
      const key = `${cid} ${versionOf(reader)} ${fingerprint(members)}`;
      return cached(key, () => files.joinedReferences!(parts, world));
    },
  };
}

const versionOf = ({ name, version }: FormatReader) => `${name}.${version}`;

/** Which files of a folder are members depends on all readers, and not on the one that describes them alone. */
const fingerprint = (members: readonly { readonly path: string; readonly cid: string }[]) =>
  cidOf(codecs.raw, new TextEncoder().encode(JSON.stringify(members.map(({ path, cid }) => [path, cid]))));

/** A file that was described and whose chunks can't be found is damaged, and stays so. */
function badContent(error: unknown): { readonly why: string } {
  if (!isFailure(error, "input")) throw error;
  return { why: error.message };
}

/** Whether the node has all blocks of a reference, which are a root and its leaves at most. */
async function isStored(cid: CID, home: HomeNode, world: World): Promise<boolean> {
  if (cid.code === codecs.raw) return hasBlock(cid, home, world);
  const bytes = await home.get(cid, world);
  if (!bytes) return false;
  for (const leaf of linksOf(cid, bytes)) if (!(await hasBlock(leaf, home, world))) return false;
  return true;
}
