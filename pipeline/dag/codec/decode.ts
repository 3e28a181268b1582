/**
 * Decodes a block by its codec, and its UnixFS data.
 *
 * All untrusted blocks are decoded here. Every error that is detectable within one block is thrown as a `corrupt` failure
 * that names the CID.
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import { codecs, hasLinks } from "../block.ts";
import { decodePb, type NamedLink, type PbNode } from "./dag-pb.ts";
import { cborLinks, jsonLinks } from "./links.ts";
import { decodeUnixFs } from "./unixfs.ts";

export type Shape =
  | {
      readonly kind: "file";
      /** Bytes of contents. */
      readonly size: number;
      /** Contents in this block itself, before those of its parts. */
      readonly data: Uint8Array;
      readonly parts: readonly Part[];
    }
  | { readonly kind: "directory"; readonly entries: readonly NamedLink[] }
  | { readonly kind: "shard"; readonly fanout: number; readonly slots: readonly Slot[] }
  | { readonly kind: "symlink"; readonly target: string };

export interface Part {
  readonly cid: CID;
  /** Bytes of contents below. */
  readonly size: number;
}

export interface Slot {
  readonly index: number;
  /** Absent where the link leads to a deeper shard. */
  readonly name: string | undefined;
  readonly cid: CID;
  readonly tsize: number;
}

/** @throws Failure `corrupt` where the block does not match its codec; `input` for codecs that files aren't made of. */
export function shapeOf(cid: CID, bytes: Uint8Array): Shape {
  const shape = knownShape(cid, bytes) ?? readShape(cid, bytes, nodeOf);
  if (cid.code === codecs.dagPb) shapes.set(bytes, shape);
  return shape;
}

/** {@link shapeOf} without its cache, for walks over so many blocks that a cache would fill the memory. */
export function shapeUncached(cid: CID, bytes: Uint8Array): Shape {
  return knownShape(cid, bytes) ?? readShape(cid, bytes, decodePb);
}

function knownShape(cid: CID, bytes: Uint8Array): Shape | undefined {
  if (cid.code === codecs.raw) return { kind: "file", size: bytes.length, data: bytes, parts: [] };
  return cid.code === codecs.dagPb ? shapes.get(bytes) : undefined;
}

/**
 * Cache of decoded dag-pb blocks, by their bytes, until these are garbage collected: the same folder is read for its type,
 * its size, and many names.
 */
const shapes = new WeakMap<Uint8Array, Shape>();
const nodes = new WeakMap<Uint8Array, PbNode>();

/** The dag-pb node of `bytes`. @throws Failure `corrupt`, which {@link naming} completes. */
export function nodeOf(bytes: Uint8Array): PbNode {
  const known = nodes.get(bytes);
  if (known) return known;
  const node = decodePb(bytes);
  nodes.set(bytes, node);
  return node;
}

function readShape(cid: CID, bytes: Uint8Array, decode: (bytes: Uint8Array) => PbNode): Shape {
  if (cid.code !== codecs.dagPb) {
    throw new Failure("input", `${cid} is neither a file nor a directory (codec 0x${cid.code.toString(16)})`);
  }
  return naming(cid, () => {
    const { links, data } = decode(bytes);
    const unixfs = decodeUnixFs(data);
    switch (unixfs.kind) {
      case "file": {
        const { size, data, blockSizes } = unixfs;
        if (links.length !== blockSizes.length) {
          throw new Failure("corrupt", `is a file with ${links.length} links but ${blockSizes.length} sizes`);
        }
        return { kind: "file", size, data, parts: links.map(({ cid }, i) => ({ cid, size: blockSizes[i]! })) };
      }
      case "directory":
        return { kind: "directory", entries: links };
      case "shard":
        return { kind: "shard", fanout: unixfs.fanout, slots: links.map((link) => slotOf(link, unixfs.fanout)) };
      case "symlink":
        return unixfs;
    }
  });
}

/**
 * CIDs that a block links to, in order, with duplicates.
 *
 * @throws Failure `corrupt` where the block does not match its codec; `input` for a codec whose links can't be read.
 */
export function linksOf(cid: CID, bytes: Uint8Array): CID[] {
  if (!hasLinks(cid)) return [];
  switch (cid.code) {
    case codecs.dagPb:
      return naming(cid, () => nodeOf(bytes).links.map((link) => link.cid));
    case codecs.dagCbor:
      return naming(cid, () => [...cborLinks(bytes).links]);
    case codecs.dagJson:
      return naming(cid, () => jsonLinks(bytes));
    default:
      throw new Failure("input", `the links of ${cid} can't be read (codec 0x${cid.code.toString(16)})`);
  }
}

/**
 * {@link linksOf} a block that was reached by a link. A release has none then: links between releases lead to every tree
 * that was ever published, so they are followed only from a release that is itself the root of a walk.
 */
export function linksBelow(cid: CID, bytes: Uint8Array): CID[] {
  if (cid.code !== codecs.dagCbor) return linksOf(cid, bytes);
  const { links, keys } = naming(cid, () => cborLinks(bytes));
  return keysOfRelease.every((key) => keys.has(key)) ? [] : [...links];
}

/** Fields that every release has (`log/release.ts`). */
const keysOfRelease = ["campaign", "number", "previous", "root", "portal", "tree", "madeWith"];

function slotOf({ name, cid, tsize }: NamedLink, fanout: number): Slot {
  const width = (fanout - 1).toString(16).length;
  const prefix = name.slice(0, width);
  const index = /^[0-9A-F]+$/.test(prefix) && prefix.length === width ? Number.parseInt(prefix, 16) : Number.NaN;
  if (!(index < fanout)) throw new Failure("corrupt", `is a directory shard with a link ${JSON.stringify(name)}`);
  return { index, name: name.length > width ? name.slice(width) : undefined, cid, tsize };
}

/** Adds the CID of the block to a `corrupt` failure that `read` throws. */
export function naming<T>(cid: CID, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isFailure(error, "corrupt")) throw new Failure("corrupt", `${cid} ${error.message}`, { cause: error });
    throw error;
  }
}
