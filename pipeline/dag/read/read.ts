/**
 * Reads UnixFS: directory entries, types and file contents, from a CID and a function that returns blocks.
 *
 * Only the blocks needed are loaded: a few for a name in a sharded directory of a million entries, those that contain the
 * bytes for a range of a file. Nothing here recurses, so that depth is bounded by memory and not by the stack. What a parent
 * block states about a child (size, fanout) is compared with the child.
 *
 * ```ts
 * const cid = await resolve(root, "products/radar.zarr/.zattrs", get);
 * for await (const bytes of content(cid, get)) …
 * ```
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Block, codecs, type Get, isInline, keyOf } from "../block.ts";
import { type CidSet, cidSet } from "../cid-set.ts";
import { linksBelow, linksOf, type Slot, shapeOf, shapeUncached } from "../codec/decode.ts";
import { utf8Length } from "../codec/utf8.ts";
import { compactEntries } from "../compact-entries.ts";
import type { DirectoryEntry } from "../directory-entry.ts";
import { pause } from "../event-loop.ts";
import { asDirectory, childOf, type DirectoryShape, directoryAt, load, nameOf } from "./directory-block.ts";
import { waitingLinks } from "./read-ahead.ts";
import { tsizeOf } from "./tsize.ts";

export interface Stat {
  readonly type: "file" | "directory" | "symlink";
  /** Bytes: contents of a file, Tsize of a directory, or length of a symlink's target. */
  readonly size: number;
  /** Bytes of all blocks; a repeated block counts each time. */
  readonly tsize: number;
  /** Target of a symlink, unresolved. */
  readonly target?: string;
}

export interface Range {
  /** Bytes from the beginning. */
  readonly offset: number;
  /** Bytes. Absent: to the end of the file. A range that reaches beyond the end is cut there. */
  readonly length?: number;
}

export interface WalkOptions {
  /**
   * `block`: the root alone. `entity`: the blocks needed to read this file, or to list this directory. `all`: all descendants.
   *
   * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#dag-scope-request-query-parameter
   */
  readonly scope: "block" | "entity" | "all";
  /** With `entity`, of a file: only the blocks that contain this range. */
  readonly range?: Range;
  /**
   * Called one time for each CID before it is loaded; `false` skips the block and its descendants. A completeness check
   * returns `false` for raw leaves after it checked that they exist.
   */
  readonly shouldVisit?: (cid: CID) => boolean | Promise<boolean>;
  /**
   * With `all`: blocks that were walked before, which are skipped; the walk adds its own. A caller passes one to share it
   * between walks, or one that does not store every CID; `shouldVisit` is then called again for the CIDs not stored.
   */
  readonly visited?: CidSet;
}

/** Maximum number of entries of a directory that is listed as a whole: about 120 MB in memory. */
const mostEntries = 2_000_000;

/** Type and size of the node `cid`: reads one block. @throws Failure `input` if no file, directory or symlink; `corrupt`. */
export async function stat(cid: CID, get: Get): Promise<Stat> {
  const bytes = await load(cid, get);
  return statOf(cid, bytes);
}

/** {@link stat} of a block that is already loaded. */
export function statOf(cid: CID, bytes: Uint8Array): Stat {
  const shape = shapeOf(cid, bytes);
  const tsize = tsizeOf(cid, bytes);
  switch (shape.kind) {
    case "file":
      return { type: "file", size: shape.size, tsize };
    case "directory":
    case "shard":
      return { type: "directory", size: tsize, tsize };
    case "symlink":
      return { type: "symlink", size: utf8Length(shape.target), tsize, target: shape.target };
  }
}

/** All entries of a directory, in byte order of their names. Each object is created when the iteration reaches it. */
export interface SortedEntries extends Iterable<DirectoryEntry> {
  readonly size: number;
}

/**
 * Entries of a directory, sharded or not, in byte order of their names. Reads the whole directory first.
 *
 * @throws Failure `input` if `cid` is no directory, or has more than {@link mostEntries}.
 */
export async function sortedEntries(cid: CID, get: Get): Promise<SortedEntries> {
  const found = compactEntries();
  for await (const some of unsortedEntries(cid, get)) {
    for (const { name, cid, tsize } of some) found.add(name, cid.bytes, tsize);
    if (found.count > mostEntries) throw new Failure("input", `${cid} has more than ${mostEntries} entries`);
  }
  const order = await found.sorted();
  return {
    size: order.length,
    *[Symbol.iterator]() {
      for (const entry of order) yield found.at(entry);
    },
  };
}

/** {@link sortedEntries}, one by one. */
export async function* entries(cid: CID, get: Get): AsyncGenerator<DirectoryEntry> {
  yield* await sortedEntries(cid, get);
}

/** Entries of a directory in the order of its blocks, one array for each block. */
export async function* unsortedEntries(cid: CID, get: Get): AsyncGenerator<DirectoryEntry[]> {
  for await (const { shape } of directoryBlocks(cid, get)) {
    yield shape.kind === "directory" ? [...shape.entries] : shape.slots.filter(isEntry);
  }
}

function isEntry(slot: Slot): slot is Slot & DirectoryEntry {
  return slot.name !== undefined;
}

/**
 * CID of the entry `name` of a directory. Loads one block, or one for each level of shards.
 *
 * @throws Failure `input` if `cid` is no directory.
 */
export async function child(cid: CID, name: string, get: Get): Promise<CID | undefined> {
  return childOf(await directoryAt(cid, get), name, get);
}

/**
 * CID of the node at `path` (names separated by `/`) below `cid`. `undefined` if a name does not exist, or a parent in the
 * path is no directory. Symlinks are not followed.
 */
export async function resolve(cid: CID, path: string, get: Get): Promise<CID | undefined> {
  let at = cid;
  for (const name of path.split("/").filter((each) => each !== "")) {
    if (at.code === codecs.raw) return undefined;
    const shape = shapeOf(at, await load(at, get));
    if (shape.kind !== "directory" && shape.kind !== "shard") return undefined;
    const next = await childOf(shape, name, get);
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

/**
 * Bytes of a file, or of a range of it: loads only the blocks that contain them. @throws Failure `input` if it is no file.
 *
 * `ownBytes`: each block is loaded anew for each of its links, so that `get` may reuse its memory once the bytes after it
 * were asked for.
 */
export async function* content(
  cid: CID,
  get: Get,
  range: Range = { offset: 0 },
  { ownBytes = false } = {},
): AsyncGenerator<Uint8Array> {
  for await (const { contents } of fileBlocks(cid, get, range, { ownBytes })) if (contents.length > 0) yield contents;
}

/** The whole contents of a file that fits in memory. @throws as {@link content} does. */
export async function whole(cid: CID, get: Get): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content(cid, get)) {
    chunks.push(chunk);
    length += chunk.length;
  }
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}

/**
 * Blocks from the root down, depth first, in the order of links, each one time.
 *
 * The data in an identity CID is part of the block that links to it: its links are followed, but it is not yielded.
 *
 * @throws Failure `corrupt` for a block that does not match its CID.
 */
export async function* walk(root: CID, get: Get, options: WalkOptions): AsyncGenerator<Block> {
  if (options.scope === "all") return yield* everything(root, get, options.shouldVisit, options.visited);

  const bytes = await load(root, get);
  // What is no UnixFS is a whole of its own: one block.
  const kind = root.code === codecs.raw || root.code === codecs.dagPb ? shapeOf(root, bytes).kind : "other";
  const single = options.scope === "block" || kind === "symlink" || kind === "other";
  if (kind === "file" && !single && !options.range)
    return yield* everything(root, get, options.shouldVisit, options.visited);

  const visited = new Set<string>();
  const ofFile = () => fileBlocks(root, get, options.range!, { distinct: true });
  const blocks = single ? [{ cid: root, bytes }] : kind === "file" ? ofFile() : directoryBlocks(root, get);
  for await (const { cid, bytes } of blocks) {
    const key = keyOf(cid);
    if (!visited.has(key) && !isInline(cid)) yield { cid, bytes };
    visited.add(key);
  }
}

async function* everything(
  root: CID,
  get: Get,
  shouldVisit: WalkOptions["shouldVisit"],
  visited: CidSet = cidSet(),
): AsyncGenerator<Block> {
  const links = waitingLinks<{ cid: CID }>(async ({ cid }) => {
    if (visited.has(cid) || (shouldVisit && !isInline(cid) && !(await shouldVisit(cid)))) return undefined;
    return load(cid, get);
  });
  links.push([{ cid: root }]);
  for (let top = links.pop(); top; top = links.pop()) {
    await pause();
    const { cid } = top.item;
    if (visited.has(cid)) continue;
    const bytes = await top.bytes;
    visited.add(cid);
    if (!bytes) continue;
    if (!isInline(cid)) yield { cid, bytes };
    links.push(unseen(cid === root ? linksOf(cid, bytes) : linksBelow(cid, bytes), visited));
  }
}

/** The distinct links of a block that were not walked yet: a block may repeat one link a hundred thousand times. */
function unseen(links: readonly CID[], visited: CidSet): { cid: CID }[] {
  const here = new Set<string>();
  return links.filter((cid) => !visited.has(cid) && here.size < here.add(keyOf(cid)).size).map((cid) => ({ cid }));
}

interface FileBlock extends Block {
  /** The bytes of the range that are in this block itself. */
  readonly contents: Uint8Array;
}

/** `ownBytes`: see {@link content}. `distinct`: skips a block whose whole contents were yielded before: a small file DAG can repeat a block without limit. */
async function* fileBlocks(
  root: CID,
  get: Get,
  { offset, length = Number.POSITIVE_INFINITY }: Range,
  { distinct = false, ownBytes = false } = {},
): AsyncGenerator<FileBlock> {
  const end = offset + length;
  // Bytes of contents of each block that was yielded whole, by key.
  const whole = new Map<string, number>();
  const yieldedWhole = ({ cid, size }: { cid: CID; size?: number }) =>
    size !== undefined && whole.get(keyOf(cid)) === size;
  const links = waitingLinks<{ cid: CID; start: number; size?: number }>(
    async (item) => (yieldedWhole(item) ? undefined : load(item.cid, get)),
    { shared: !ownBytes },
  );
  links.push([{ cid: root, start: 0 }]);
  for (let top = links.pop(); top; top = links.pop()) {
    await pause();
    const { cid, start, size } = top.item;
    if (yieldedWhole(top.item) && start >= offset && start + size! <= end) continue;
    // Not loaded in advance because it was yielded whole before, but only a part of it is in the range here.
    const bytes = (await top.bytes) ?? (await load(cid, get));
    const shape = shapeOf(cid, bytes);
    if (shape.kind !== "file") {
      if (size === undefined) throw new Failure("input", `${cid} is a ${nameOf(shape)}, not a file`);
      throw new Failure("corrupt", `${cid} is a ${nameOf(shape)} inside a file`);
    }
    if (size !== undefined && size !== shape.size) {
      throw new Failure("corrupt", `${cid} has ${shape.size} bytes of a file where its parent states ${size}`);
    }
    if (distinct && start >= offset && start + shape.size <= end) whole.set(keyOf(cid), shape.size);
    yield { cid, bytes, contents: shape.data.subarray(Math.max(0, offset - start), Math.max(0, end - start)) };

    let at = start + shape.data.length;
    const parts = [];
    for (const part of shape.parts) {
      // Parts of zero bytes are skipped: a few blocks that link to one another can contain any number of them.
      if (part.size > 0 && at < end && at + part.size > offset) parts.push({ ...part, start: at });
      at += part.size;
    }
    links.push(parts);
  }
}

/** Bits of a name's hash. Each level of shards uses log2(fanout) of them. */
const hashBits = 64;

async function* directoryBlocks(root: CID, get: Get): AsyncGenerator<Block & { shape: DirectoryShape }> {
  const visited = cidSet();
  const links = waitingLinks<{ cid: CID; fanout?: number; depth: number }>(({ cid }) => load(cid, get));
  links.push([{ cid: root, depth: 0 }]);
  for (let top = links.pop(); top; top = links.pop()) {
    await pause();
    const { cid, fanout, depth } = top.item;
    // Two shards of a directory never contain the same names. A repeated shard could list its names without limit.
    if (visited.has(cid)) throw new Failure("corrupt", `${cid} is twice a shard of ${root}`);
    const bytes = (await top.bytes)!;
    visited.add(cid);
    const shape = asDirectory(cid, shapeUncached(cid, bytes));
    if (fanout !== undefined && (shape.kind !== "shard" || shape.fanout !== fanout)) {
      throw new Failure("corrupt", `${cid} is not a shard ${fanout} wide as its parent is`);
    }
    yield { cid, bytes, shape };
    if (shape.kind === "shard") {
      const deeper = shape.slots.filter(({ name }) => name === undefined);
      if (deeper.length > 0 && (depth + 1) * Math.log2(shape.fanout) >= hashBits) {
        throw new Failure("corrupt", `${cid} is a shard deeper below ${root} than a name's hash reaches`);
      }
      links.push(deeper.map(({ cid }) => ({ cid, fanout: shape.fanout, depth: depth + 1 })));
    }
  }
}
