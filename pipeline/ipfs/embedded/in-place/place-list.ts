/**
 * A list of blocks that are parts of files outside the node: which file, where in it, and how the file was then.
 *
 * The files of a list count as one after another, so that a place among them is a place in a pack, and the blocks are found
 * by the index of packs. A list is written once, atomically, under the hash of its bytes, and never changed.
 *
 * | bytes | what |
 * |---|---|
 * | 8 | `ftplace1` |
 * | 4 + 4 | bytes of the index; CRC-32 of the files |
 * | … | the index: see `pack-index.ts` |
 * | … | JSON: `{"added": PATH, "files": [[path below it, bytes, ms, ms?], …]}` |
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isRecord } from "../../../core/json.ts";
import { lastAtMost } from "../../../core/last-at-most.ts";
import { makeIndex, type PackIndex, readIndex } from "../packs/pack-index.ts";

export interface ListedFiles {
  /** What was added: the absolute path of a file or folder. */
  readonly added: string;
  readonly files: readonly ListedFile[];
}

/** A file as it was when its blocks were hashed. */
export interface ListedFile {
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Its modification time, ms. */
  readonly modified: number;
  /** The modification time at which a block of it was found to be other bytes. */
  readonly damagedAt?: number;
}

export interface PlaceList extends ListedFiles {
  readonly index: PackIndex;
  /** Where each file begins, counted from the first. Bytes, float64[files] */
  readonly starts: Float64Array;
}

const magic = Buffer.from("ftplace1");
const headLength = 16;

/** The bytes of a list. `entries`: as those of a pack, in any order. */
export function writeList({ added, files }: ListedFiles, entries: Buffer): Buffer {
  const starts = startsOf(files);
  const covered = files.length === 0 ? 0 : starts.at(-1)! + files.at(-1)!.size;
  const index = makeIndex(entries, covered);
  const prefix = added.endsWith("/") ? added.length : added.length + 1;
  const rows = files.map(({ path, size, modified, damagedAt }) => {
    const below = path === added ? "" : path.slice(prefix);
    return damagedAt === undefined ? [below, size, modified] : [below, size, modified, damagedAt];
  });
  const text = Buffer.from(JSON.stringify({ added, files: rows }));
  const head = Buffer.alloc(headLength);
  head.set(magic);
  head.writeUInt32BE(index.bytes.length, 8);
  head.writeUInt32BE(crc32(text), 12);
  return Buffer.concat([head, index.bytes, text]);
}

/** The list in these bytes of a file; `undefined` where they are not a complete one. */
export function readList(bytes: Buffer): PlaceList | undefined {
  if (bytes.length < headLength || bytes.compare(magic, 0, magic.length, 0, magic.length) !== 0) return undefined;
  const end = headLength + bytes.readUInt32BE(8);
  const text = bytes.subarray(end);
  if (bytes.length < end || crc32(text) !== bytes.readUInt32BE(12)) return undefined;
  // A copy: the text need not stay in memory.
  const index = readIndex(Buffer.from(bytes.subarray(headLength, end)));
  const listed = index && filesIn(text.toString());
  return listed && { ...listed, index, starts: startsOf(listed.files) };
}

function filesIn(text: string): ListedFiles | undefined {
  // Its checksum is right, so it is what fieldtree wrote.
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || typeof value.added !== "string" || !Array.isArray(value.files)) return undefined;
  const { added } = value;
  const rows = value.files as [below: string, size: number, modified: number, damagedAt?: number][];
  const files = rows.map(([below, size, modified, damagedAt]) => ({
    path: below === "" ? added : join(added, below),
    ...{ size, modified },
    ...(damagedAt !== undefined && { damagedAt }),
  }));
  return { added, files };
}

export function startsOf(files: readonly ListedFile[]): Float64Array {
  const starts = new Float64Array(files.length);
  for (let file = 1; file < files.length; file++) starts[file] = starts[file - 1]! + files[file - 1]!.size;
  return starts;
}

/** The number of the file that has byte `offset` of all files one after another. */
export function fileAt(starts: Float64Array, offset: number): number {
  return lastAtMost(starts, offset);
}
