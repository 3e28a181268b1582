/**
 * Reading: from a CID and something that gives blocks to names, kinds and bytes.
 *
 * Only what is asked for is loaded: a name in a sharded directory of a million is a few blocks, a range of a file those that
 * hold it. Nothing here recurses, so that depth is bounded by memory and not by the stack, and what a block says of another
 * is held against that other one.
 *
 * ```ts
 * const cid = await resolve(root, "products/radar.zarr/.zattrs", get);
 * for await (const bytes of content(cid, get)) …
 * ```
 */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Block, codecs, type Get, isInline, keyOf } from "../block.ts";
import { type CidSet, cidSet } from "../cid-set.ts";
import { linksOf, type Shape, type Slot, shapeOf, shapeUncached } from "../codec/decode.ts";
import { utf8Length } from "../codec/utf8.ts";
import { compactEntries } from "../compact-entries.ts";
import { type DirectoryEntry, hamtHash } from "../directory-entry.ts";
import { pause } from "../event-loop.ts";
import { waitingLinks } from "./read-ahead.ts";
import { tsizeOf } from "./tsize.ts";

export interface Stat {
  readonly type: "file" | "directory" | "symlink";
  /** Bytes: contents of a file, Tsize of a directory, length of a symlink's target. */
  readonly size: number;
  /** Bytes of all blocks, repeats counted. */
  readonly tsize: number;
  /** Where a symlink points, as written. */
  readonly target?: string;
}

export interface Range {
  /** Bytes from the beginning. */
  readonly offset: number;
  /** Bytes; to the end where absent. What reaches beyond the end is cut off. */
  readonly length?: number;
}

export interface WalkOptions {
  /**
   * `block`: the root alone. `entity`: what it takes to read this file, or to list this directory. `all`: everything below.
   *
   * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#dag-scope-request-query-parameter
   */
  readonly scope: "block" | "entity" | "all";
  /** With `entity`, of a file: only the blocks that hold this range. */
  readonly range?: Range;
  /**
   * Asked once for each CID before it is loaded; `false` passes over it and what lies below. A completeness check says
   * `false` for raw leaves after looking whether they are there.
   */
  readonly wants?: (cid: CID) => boolean | Promise<boolean>;
  /**
   * With `all`: blocks that were walked before, which are passed over; those of this walk are added. Whoever gives one shares
   * it between walks, or leaves out what need not be remembered, of which `wants` is then asked again.
   */
  readonly seen?: CidSet;
}

/** Entries of a directory that is listed as a whole: some 120 MB of them. */
const mostEntries = 2_000_000;

/** What stands at `cid`: reads one block. @throws Failure `input` where it is neither file, directory nor symlink; `corrupt`. */
export async function stat(cid: CID, get: Get): Promise<Stat> {
  const bytes = await load(cid, get);
  return statOf(cid, bytes);
}

/** {@link stat}, of a block that is at hand. */
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

/** All entries of a directory, in byte order of their names. Each is made when it is come to. */
export interface SortedEntries extends Iterable<DirectoryEntry> {
  readonly size: number;
}

/**
 * Entries of a directory, sharded or not, in byte order of their names, once all of it was read.
 *
 * @throws Failure `input` where it isn't one, or has more than {@link mostEntries}.
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

/** The same, as they stand in the blocks: those of one block at a time. */
export async function* unsortedEntries(cid: CID, get: Get): AsyncGenerator<DirectoryEntry[]> {
  for await (const { shape } of directoryBlocks(cid, get)) {
    yield shape.kind === "directory" ? [...shape.entries] : shape.slots.filter(isEntry);
  }
}

function isEntry(slot: Slot): slot is Slot & DirectoryEntry {
  return slot.name !== undefined;
}

/** What is called `name` in a directory: one block, or one a depth of its shards. @throws Failure `input` where `cid` is no directory. */
export async function child(cid: CID, name: string, get: Get): Promise<CID | undefined> {
  const shape = await directoryAt(cid, get);
  return childOf(shape, name, get);
}

/**
 * What stands at `path` (names divided by `/`) below `cid`. `undefined` where a name isn't there, or something on the way
 * isn't a directory; symlinks are not followed.
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

/** Bytes of a file, or of a range of it: loads only the blocks that hold them. @throws Failure `input` where it is no file. */
export async function* content(cid: CID, get: Get, range: Range = { offset: 0 }): AsyncGenerator<Uint8Array> {
  for await (const { contents } of fileBlocks(cid, get, range)) if (contents.length > 0) yield contents;
}

/** The whole contents of a file that is small enough to hold. @throws as {@link content} does. */
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
 * Blocks from the root down, depth first, in the order of links, each once.
 *
 * What an identity CID holds is part of the block that names it: it is looked into, and is no block of its own.
 *
 * @throws Failure `corrupt` for a block that isn't what its CID says.
 */
export async function* walk(root: CID, get: Get, options: WalkOptions): AsyncGenerator<Block> {
  if (options.scope === "all") return yield* everything(root, get, options.wants, options.seen);

  const bytes = await load(root, get);
  const kind = root.code === codecs.dagCbor ? "release" : shapeOf(root, bytes).kind;
  const single = options.scope === "block" || kind === "symlink" || kind === "release";
  if (kind === "file" && !single && !options.range) return yield* everything(root, get, options.wants, options.seen);

  const seen = new Set<string>();
  const ofFile = () => fileBlocks(root, get, options.range!, true);
  const blocks = single ? [{ cid: root, bytes }] : kind === "file" ? ofFile() : directoryBlocks(root, get);
  for await (const { cid, bytes } of blocks) {
    const key = keyOf(cid);
    if (!seen.has(key) && !isInline(cid)) yield { cid, bytes };
    seen.add(key);
  }
}

async function* everything(
  root: CID,
  get: Get,
  wants: WalkOptions["wants"],
  seen: CidSet = cidSet(),
): AsyncGenerator<Block> {
  const links = waitingLinks<{ cid: CID }>(async ({ cid }) => {
    if (seen.has(cid) || (wants && !isInline(cid) && !(await wants(cid)))) return undefined;
    return load(cid, get);
  });
  links.push([{ cid: root }]);
  for (let top = links.pop(); top; top = links.pop()) {
    await pause();
    const { cid } = top.item;
    if (seen.has(cid)) continue;
    const bytes = await top.bytes;
    seen.add(cid);
    if (!bytes) continue;
    if (!isInline(cid)) yield { cid, bytes };
    const below = cid === root && cid.code === codecs.dagCbor ? await cborLinks(bytes) : linksBelow(cid, bytes);
    links.push(unseen(below, seen));
  }
}

/** What a block links to, each once: it may say so a hundred thousand times. */
function unseen(links: readonly CID[], seen: CidSet): { cid: CID }[] {
  const here = new Set<string>();
  return links.filter((cid) => !seen.has(cid) && here.size < here.add(keyOf(cid)).size).map((cid) => ({ cid }));
}

/** Only a release that is itself the root is looked through: behind its links to others lies every tree there ever was. */
function linksBelow(cid: CID, bytes: Uint8Array): CID[] {
  return cid.code === codecs.dagCbor ? [] : linksOf(cid, bytes);
}

async function cborLinks(bytes: Uint8Array): Promise<CID[]> {
  const { decode } = await import("@ipld/dag-cbor");
  const links: CID[] = [];
  const values: unknown[] = [decode(bytes)];
  while (values.length > 0) {
    const value = values.pop();
    const cid = CID.asCID(value);
    if (cid) links.push(cid);
    else if (value !== null && typeof value === "object" && !(value instanceof Uint8Array)) {
      for (const member of Object.values(value).reverse()) values.push(member);
    }
  }
  return links;
}

interface FileBlock extends Block {
  /** What this very block holds of the range. */
  readonly contents: Uint8Array;
}

/** @param once passes over what lies below a block whose whole contents came before: a file may repeat itself without end. */
async function* fileBlocks(
  root: CID,
  get: Get,
  { offset, length = Number.POSITIVE_INFINITY }: Range,
  once = false,
): AsyncGenerator<FileBlock> {
  const end = offset + length;
  // Bytes of contents below each block that came whole.
  const whole = new Map<string, number>();
  const cameWhole = ({ cid, size }: { cid: CID; size?: number }) =>
    size !== undefined && whole.get(keyOf(cid)) === size;
  const links = waitingLinks<{ cid: CID; start: number; size?: number }>(async (item) =>
    cameWhole(item) ? undefined : load(item.cid, get),
  );
  links.push([{ cid: root, start: 0 }]);
  for (let top = links.pop(); top; top = links.pop()) {
    await pause();
    const { cid, start, size } = top.item;
    if (cameWhole(top.item) && start >= offset && start + size! <= end) continue;
    // Passed over while it was whole, and wanted in part now.
    const bytes = (await top.bytes) ?? (await load(cid, get));
    const shape = shapeOf(cid, bytes);
    if (shape.kind !== "file") {
      if (size === undefined) throw new Failure("input", `${cid} is a ${nameOf(shape)}, not a file`);
      throw new Failure("corrupt", `${cid} is a ${nameOf(shape)} inside a file`);
    }
    if (size !== undefined && size !== shape.size) {
      throw new Failure("corrupt", `${cid} holds ${shape.size} bytes of a file where its parent says ${size}`);
    }
    if (once && start >= offset && start + shape.size <= end) whole.set(keyOf(cid), shape.size);
    yield { cid, bytes, contents: shape.data.subarray(Math.max(0, offset - start), Math.max(0, end - start)) };

    let at = start + shape.data.length;
    const parts = [];
    for (const part of shape.parts) {
      // Parts of no bytes are passed over: a few blocks linking to one another could hold any number of them.
      if (part.size > 0 && at < end && at + part.size > offset) parts.push({ ...part, start: at });
      at += part.size;
    }
    links.push(parts);
  }
}

async function* directoryBlocks(root: CID, get: Get): AsyncGenerator<Block & { shape: DirectoryShape }> {
  const seen = cidSet();
  const links = waitingLinks<{ cid: CID; fanout?: number; depth: number }>(({ cid }) => load(cid, get));
  links.push([{ cid: root, depth: 0 }]);
  for (let top = links.pop(); top; top = links.pop()) {
    await pause();
    const { cid, fanout, depth } = top.item;
    // No two shards of a directory hold the same names, so one that comes again would list them without end.
    if (seen.has(cid)) throw new Failure("corrupt", `${cid} is twice a shard of ${root}`);
    const bytes = (await top.bytes)!;
    seen.add(cid);
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

async function childOf(directory: DirectoryShape, name: string, get: Get): Promise<CID | undefined> {
  if (directory.kind === "directory") return directory.entries.find((entry) => entry.name === name)?.cid;
  const hash = hamtHash(name);
  const bits = Math.log2(directory.fanout);
  let shard: DirectoryShape = directory;
  for (let used = 0; used + bits <= hash.length * 8; used += bits) {
    if (shard.kind !== "shard" || shard.fanout !== directory.fanout) break;
    const index = bitsOf(hash, used, bits);
    const slot = shard.slots.find((each) => each.index === index && (each.name === undefined || each.name === name));
    if (slot === undefined || slot.name === name) return slot?.cid;
    shard = await directoryAt(slot.cid, get);
  }
  throw new Failure("corrupt", `the shards on the way to ${JSON.stringify(name)} are of different widths, or too deep`);
}

/** Bits of a name's hash, of which each depth of shards uses some. */
const hashBits = 64;

type DirectoryShape = Extract<Shape, { kind: "directory" | "shard" }>;

async function directoryAt(cid: CID, get: Get): Promise<DirectoryShape> {
  return asDirectory(cid, shapeOf(cid, await load(cid, get)));
}

function asDirectory(cid: CID, shape: Shape): DirectoryShape {
  if (shape.kind === "directory" || shape.kind === "shard") return shape;
  throw new Failure("input", `${cid} is a ${nameOf(shape)}, not a directory`);
}

function nameOf({ kind }: Shape): string {
  return kind === "shard" ? "directory" : kind;
}

/** `count` bits of `bytes` from bit `from`, the first being the highest of the first byte. */
function bitsOf(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let bit = from; bit < from + count; bit++) value = value * 2 + ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1);
  return value;
}

/** The bytes of a block; of an identity CID, which holds them itself, those (as `ipfs add --inline` makes for small files). */
export async function load(cid: CID, get: Get): Promise<Uint8Array> {
  return isInline(cid) ? cid.multihash.digest : get(cid);
}
