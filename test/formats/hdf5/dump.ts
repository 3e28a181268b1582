/** Everything in an HDF5 file as our reader sees it, in the spelling of `oracle.py`. */
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { openHdf5 } from "../../../pipeline/formats/hdf5/hdf5.ts";
import type {
  Hdf5Dataset,
  Hdf5Group,
  Hdf5Object,
  Hdf5Reference,
  Hdf5Type,
  Hdf5Value,
  Hdf5Values,
} from "../../../pipeline/formats/hdf5/model.ts";

export type Dump = Record<string, Record<string, unknown>>;

/** Bytes of memory for the values of one dataset. */
export const budget = 2 ** 26;

/** @param through between the reader and the source: blocks, as everywhere but in a test of single reads. */
export async function dump(source: RangeSource, through = withBlocks): Promise<Dump> {
  const file = await openHdf5(through(source), decompressors);
  const out: Dump = {};
  await dumpGroup(file.root, [file.root.address], out);
  return out;
}

async function dumpGroup(group: Hdf5Group, parents: readonly number[], out: Dump): Promise<void> {
  const links: Record<string, string> = {};
  out[group.path] = { attributes: await attributes(group), links };
  for (const link of await group.links()) {
    const kinds = { hard: "HardLink", soft: "SoftLink", external: "ExternalLink", "user-defined": "UserLink" };
    links[link.name] = kinds[link.target.kind];
    const object = await group.open(link);
    if (object?.kind === "dataset") out[object.path] = await dumpDataset(object);
    if (object?.kind === "group" && !parents.includes(object.address))
      await dumpGroup(object, [...parents, object.address], out);
  }
}

async function dumpDataset(dataset: Hdf5Dataset): Promise<Record<string, unknown>> {
  const { shape, maxShape, type, layout, filters, fill, problem } = dataset;
  const said: Record<string, unknown> = { shape: shape ?? null, attributes: await attributes(dataset) };
  if (!shape) return said;
  said.maxShape = maxShape.map((most) => most ?? null);
  said.filters = filters.map(({ id }) => id);
  if (layout.kind === "chunked") {
    said.chunkShape = layout.chunkShape;
    const chunks = await dataset.chunks();
    // As `oracle.py` leaves them out.
    if (maxShape.filter((most) => most === undefined).length !== 1 || maxShape[0] === undefined)
      said.chunks = chunks.map(({ index, offset, size, filterMask }) => [index, offset, size, filterMask]);
  }
  if (fill !== undefined && ["integer", "float", "enum"].includes(type.class)) said.fill = plainOne(type, fill);
  if (problem === undefined) said.values = plain(type, await dataset.readAll(budget));
  else said.unread = problem;
  return said;
}

async function attributes(object: Hdf5Object): Promise<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const { name, type, shape, values } of (await object.attributes()).values()) {
    if (shape === undefined) out[name] = { shape: null, values: null };
    else if (values) out[name] = { shape, values: plain(type, values) };
  }
  return out;
}

function plain(type: Hdf5Type, values: Hdf5Values): unknown[] {
  const all = Array.from(values as readonly Hdf5Value[], (value) => plainOne(type, value));
  return type.class === "array" ? all.flat() : all;
}

function plainOne(type: Hdf5Type, value: Hdf5Value): unknown {
  switch (type.class) {
    case "compound": {
      const members = value as ReadonlyMap<string, Hdf5Value>;
      return Object.fromEntries(type.members.map(({ name, type: of }) => [name, plainOne(of, members.get(name)!)]));
    }
    case "array":
      return plain(type.base, value as Hdf5Values);
    case "vlen":
      return { vlen: plain(type.base, value as Hdf5Values) };
    case "reference":
      return { ref: (value as Hdf5Reference).address ?? null };
    case "opaque":
      return [...(value as Uint8Array)];
    default:
      return number(value as number | bigint | string);
  }
}

function number(value: number | bigint | string): number | string {
  if (typeof value === "bigint") return value > 2n ** 53n || value < -(2n ** 53n) ? String(value) : Number(value);
  if (typeof value === "string" || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
