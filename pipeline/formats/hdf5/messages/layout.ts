/**
 * Section IV.A.2.i, "The Data Layout Message", versions 1 to 5: where a dataset's values are.
 *
 * Version 5 is written as version 4 is; it came with HDF5 2.0, for chunks of more than 4 GiB.
 *
 * What a chunk index needs to be read is different for each kind; it is an `IndexParameters` here.
 */
import type { Cursor } from "../structure/cursor.ts";

export type StoredLayout =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  | { readonly kind: "contiguous"; readonly address: number | undefined }
  | StoredChunks
  | { readonly kind: "virtual" };

export interface StoredChunks {
  readonly kind: "chunked";
  /** Values along each dimension. */
  readonly chunkShape: readonly number[];
  readonly index: IndexParameters;
  /** Of the index; `undefined` where no chunk was ever written. */
  readonly address: number | undefined;
  /** Chunks that reach beyond the dataset are stored without filters. */
  readonly partialAreUnfiltered: boolean;
}

export type IndexParameters =
  | { readonly kind: "v1 b-tree" }
  /** `size` (bytes) and mask where there are filters. */
  | { readonly kind: "single chunk"; readonly filtered?: { readonly size: number; readonly mask: number } }
  | { readonly kind: "implicit" }
  | { readonly kind: "fixed array" }
  | { readonly kind: "extensible array" }
  | { readonly kind: "v2 b-tree" };

/** @param elementSize bytes. @throws Failure `input` where it contradicts itself. */
export function readLayout(cursor: Cursor, rank: number, elementSize: number): StoredLayout {
  const version = cursor.uint(1);
  if (version < 1 || version > 5) throw cursor.damage(`a layout has version ${version}`);
  const layout = version < 3 ? older(cursor) : newer(cursor, version);
  if (layout.kind !== "chunked") return layout;
  // The last length is that of an element, in bytes.
  const chunkShape = layout.chunkShape.slice(0, -1);
  if (chunkShape.length !== rank || rank === 0)
    throw cursor.damage(`chunks have ${chunkShape.length} dimensions, the dataset ${rank}`);
  if (layout.chunkShape[rank] !== elementSize || chunkShape.includes(0))
    throw cursor.damage(`chunks have the shape ${layout.chunkShape.join(" × ")}`);
  return { ...layout, chunkShape };
}

function older(cursor: Cursor): StoredLayout {
  const rank = cursor.uint(1);
  const kind = cursor.uint(1);
  cursor.skip(5);
  if (rank > 33) throw cursor.damage(`a layout has ${rank} dimensions`);
  const address = kind === 0 ? undefined : cursor.address();
  const lengths = Array.from({ length: rank }, () => cursor.uint(4));
  switch (kind) {
    case 0:
      return { kind: "compact", bytes: cursor.take(cursor.uint(4)) };
    case 1:
      return { kind: "contiguous", address };
    case 2:
      return chunked(lengths, { kind: "v1 b-tree" }, address);
    default:
      throw cursor.damage(`a layout has class ${kind}`);
  }
}

function newer(cursor: Cursor, version: number): StoredLayout {
  const kind = cursor.uint(1);
  switch (kind) {
    case 0:
      return { kind: "compact", bytes: cursor.take(cursor.uint(2)) };
    case 1:
      return { kind: "contiguous", address: cursor.address() };
    case 2:
      return version === 3 ? chunkedByBTree(cursor) : chunkedByIndex(cursor);
    case 3:
      return { kind: "virtual" };
    default:
      throw cursor.damage(`a layout has class ${kind}`);
  }
}

function chunkedByBTree(cursor: Cursor): StoredChunks {
  const rank = cursor.uint(1);
  const address = cursor.address();
  if (rank > 33) throw cursor.damage(`a layout has ${rank} dimensions`);
  return chunked(
    Array.from({ length: rank }, () => cursor.uint(4)),
    { kind: "v1 b-tree" },
    address,
  );
}

function chunkedByIndex(cursor: Cursor): StoredChunks {
  const flags = cursor.uint(1);
  const rank = cursor.uint(1);
  const width = cursor.uint(1);
  if (rank > 33 || width > 8) throw cursor.damage(`a layout has ${rank} dimensions`);
  const lengths = Array.from({ length: rank }, () => cursor.uint(width));
  const index = indexIn(cursor, (flags & 2) !== 0);
  return chunked(lengths, index, cursor.address(), (flags & 1) !== 0);
}

function indexIn(cursor: Cursor, isFiltered: boolean): IndexParameters {
  const type = cursor.uint(1);
  switch (type) {
    case 1:
      return {
        kind: "single chunk",
        ...(isFiltered && { filtered: { size: cursor.length(), mask: cursor.uint(4) } }),
      };
    case 2:
      return { kind: "implicit" };
    // How the index was created, which the index repeats.
    case 3:
      cursor.skip(1);
      return { kind: "fixed array" };
    case 4:
      cursor.skip(5);
      return { kind: "extensible array" };
    case 5:
      cursor.skip(6);
      return { kind: "v2 b-tree" };
    default:
      throw cursor.damage(`a layout has a chunk index of type ${type}`);
  }
}

const chunked = (
  chunkShape: readonly number[],
  index: IndexParameters,
  address: number | undefined,
  partialAreUnfiltered = false,
): StoredChunks => ({ kind: "chunked", chunkShape, index, address, partialAreUnfiltered });
