/**
 * A dataset, made of the messages of its header (section IV.A.2): dataspace, datatype, fill value, layout, filters.
 */
import type { Decompressors } from "../decompressors.ts";
import { chunksOf } from "./chunks/chunk-index.ts";
import { attributesOf } from "./messages/attribute.ts";
import { type Dataspace, readDataspace } from "./messages/dataspace.ts";
import { readDatatype, typeSize, unsupportedIn } from "./messages/datatype.ts";
import { readFillValue, readOldFillValue } from "./messages/fill-value.ts";
import { readFilters } from "./messages/filters.ts";
import { readLayout, type StoredLayout } from "./messages/layout.ts";
import type { Hdf5Box, Hdf5Dataset, Hdf5Layout, Hdf5Type, Hdf5Value, Hdf5Values } from "./model.ts";
import { Cursor } from "./structure/cursor.ts";
import { damaged, unsupported } from "./structure/failures.ts";
import { messageType, type ObjectHeader } from "./structure/object-header.ts";
import type { Objects } from "./structure/objects.ts";
import { budgetOf } from "./values/budget.ts";
import { readBox, type StoredDataset } from "./values/read-box.ts";
import { readValues } from "./values/read-values.ts";
import { unreadFilter } from "./values/unfilter.ts";

/** Bytes of memory that a fill value may take. */
const mostFill = 2 ** 20;

/** @throws Failure `input` where its header is damaged; `unavailable` as the source does. */
export async function openDataset(
  objects: Objects,
  header: ObjectHeader,
  path: string,
  using: Decompressors,
): Promise<Hdf5Dataset> {
  const { storage } = objects;
  const at = storage.base + header.address;
  const { type, space, layout, filters, storedFill } = await readMessages(objects, header, at);
  const { shape, maxShape } = space;
  const isExternal = header.messages.some((message) => message.type === messageType.externalFiles);
  const problem = problemOf(type, layout, isExternal) ?? unreadFilter(filters, using);
  const stored = { storage, using, at, type, shape: shape ?? [], maxShape, layout, filters, fill: storedFill };

  const read = async (box: Hdf5Box, bytes: number): Promise<Hdf5Values> => {
    if (shape === undefined) return [];
    if (problem !== undefined) throw unsupported(`${path}: ${problem}`);
    checkBox(box, shape, path);
    const budget = budgetOf(bytes, `the values of ${path}`);
    const elements = await readBox(stored, box, budget);
    return readValues(objects, type, new Cursor(elements, storage.widths, at), budget);
  };

  return {
    kind: "dataset",
    path,
    address: header.address,
    type,
    shape,
    maxShape,
    fill: await fillOf(objects, stored),
    layout: isExternal ? { kind: "external" } : publicLayout(layout, storage.base),
    filters,
    problem,
    attributes: () => attributesOf(objects, header),
    readAll: (budget) => read({ start: (shape ?? []).map(() => 0), count: shape ?? [] }, budget),
    read,
    async chunks(box) {
      if (layout.kind !== "chunked") throw unsupported(`${path}: it is not stored in chunks`);
      if (shape === undefined) return [];
      if (box) checkBox(box, shape, path);
      return chunksOf(storage, layout, { shape, maxShape, elementSize: type.size }, box);
    },
  };
}

interface Messages {
  readonly type: Hdf5Type;
  readonly space: Dataspace;
  readonly layout: StoredLayout;
  readonly filters: Hdf5Dataset["filters"];
  readonly storedFill: Uint8Array | undefined;
}

async function readMessages(objects: Objects, header: ObjectHeader, at: number): Promise<Messages> {
  const fields = async (message: number, what: string) => {
    const cursor = await objects.fieldsOf(header, message);
    if (!cursor) throw damaged(`a dataset has no ${what}`, at);
    return cursor;
  };
  const type = readDatatype(await fields(messageType.datatype, "datatype"));
  objects.storage.budget.spend("memory", typeSize(type));
  const space = readDataspace(await fields(messageType.dataspace, "dataspace"));
  const layout = readLayout(await fields(messageType.layout, "layout"), space.shape?.length ?? 0, type.size);
  const filters = await objects.fieldsOf(header, messageType.filters);
  const fill = await objects.fieldsOf(header, messageType.fillValue);
  const oldFill = await objects.fieldsOf(header, messageType.oldFillValue);
  return {
    type,
    space,
    layout,
    filters: filters ? readFilters(filters) : [],
    storedFill: (fill && readFillValue(fill, type.size)) ?? (oldFill && readOldFillValue(oldFill, type.size)),
  };
}

function problemOf(type: Hdf5Type, layout: StoredLayout, isExternal: boolean): string | undefined {
  if (layout.kind === "virtual") return "HDF5's virtual datasets, made of parts of others, are not read";
  if (isExternal) return "its values are in other files, which are not read";
  const unread = unsupportedIn(type);
  return unread && `values of HDF5's type ${unread} are not read`;
}

async function fillOf(objects: Objects, { fill, type, storage, at }: StoredDataset): Promise<Hdf5Value | undefined> {
  if (!fill || unsupportedIn(type) !== undefined) return undefined;
  // A copy: typed arrays begin at multiples of their elements' size.
  const element = new Cursor(fill.slice(), storage.widths, at);
  const budget = budgetOf(mostFill, "a fill value");
  const [value] = await readValues(objects, type, element, budget);
  storage.budget.spend("memory", mostFill - budget.left);
  return value;
}

function publicLayout(layout: StoredLayout, base: number): Hdf5Layout {
  switch (layout.kind) {
    case "contiguous":
      return { kind: "contiguous", offset: layout.address === undefined ? undefined : base + layout.address };
    case "chunked":
      return {
        kind: "chunked",
        chunkShape: layout.chunkShape,
        index: layout.index.kind,
        partialAreUnfiltered: layout.partialAreUnfiltered,
      };
    default:
      return layout;
  }
}

function checkBox({ start, count }: Hdf5Box, shape: readonly number[], path: string): void {
  const fits =
    start.length === shape.length &&
    count.length === shape.length &&
    shape.every((length, i) => start[i]! >= 0 && count[i]! >= 0 && start[i]! + count[i]! <= length);
  if (!fits)
    throw new RangeError(`${path}: ${count.join(" × ")} values from ${start.join(", ")} of ${shape.join(" × ")}`);
}
