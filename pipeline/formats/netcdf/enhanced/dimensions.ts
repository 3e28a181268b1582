/**
 * Dimensions of a netCDF-4 file, which HDF5 has not: each is a dataset that is marked as a dimension scale.
 *
 * A dataset names its dimensions by their numbers (`_Netcdf4Coordinates`, `_Netcdf4Dimid`) or by references to the scales
 * (`DIMENSION_LIST`); where it does neither, netCDF makes up a dimension for each length in the group, and so do we.
 *
 * @see https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html (netCDF-4 format)
 * @see https://docs.hdfgroup.org/hdf5/latest/group___h5_d_s.html (dimension scales)
 */
import { Failure } from "../../../core/failure.ts";
import type { Hdf5Attribute } from "../../hdf5/model.ts";
import type { NetcdfDimension } from "../file.ts";
import type { FoundDataset, FoundGroup } from "./walk.ts";

export interface Dimensions {
  /** By path of the group, in the order of their numbers. */
  readonly ofGroup: ReadonlyMap<string, readonly NetcdfDimension[]>;
  /** One for each dimension of its dataspace. */
  readonly ofDataset: ReadonlyMap<FoundDataset, readonly NetcdfDimension[]>;
}

/** How a scale is named that carries a dimension and no variable. */
const noVariable = "This is a netCDF dimension but not a netCDF variable.";
/** In front of the name of a variable that is called as a dimension of its group, and is no coordinate of it. */
const noCoordinate = "_nc4_non_coord_";

/** Whether it is there only for its dimension. */
export const isDimensionAlone = ({ attributes }: FoundDataset) =>
  isScale(attributes) && textIn(attributes.get("NAME")).startsWith(noVariable);

/** Dimensions that are made up for one file. */
const mostMadeUp = 20_000;

export const variableName = ({ name }: FoundDataset) =>
  name.startsWith(noCoordinate) ? name.slice(noCoordinate.length) : name;

export function dimensionsOf(groups: readonly FoundGroup[]): Dimensions {
  const scales = scalesIn(groups);
  const assign = assigning(scales);
  const ofDataset = new Map<FoundDataset, readonly Growing[]>();
  // Inner groups first, as netCDF does, whose numbers are in the names of dimensions that it makes up.
  for (const group of innerFirst(groups))
    for (const dataset of group.datasets)
      if (!isDimensionAlone(dataset)) ofDataset.set(dataset, assign(dataset, group.path));
  // An unlimited dimension is as long as the longest variable along it.
  for (const [{ dataset }, dimensions] of ofDataset) {
    for (const [i, dimension] of dimensions.entries())
      if (dimension.unlimited) dimension.size = Math.max(dimension.size, dataset.shape?.[i] ?? 0);
  }
  const all = [...new Set([...scales.map(({ dimension }) => dimension), ...[...ofDataset.values()].flat()])];
  const byGroup = Map.groupBy(all, ({ group }) => group);
  const inGroup = (path: string) => (byGroup.get(path) ?? []).sort((a, b) => a.number - b.number);
  return { ofGroup: new Map(groups.map(({ path }) => [path, inGroup(path)])), ofDataset };
}

/** A dimension while its length is being found out. */
interface Growing extends NetcdfDimension {
  size: number;
  readonly group: string;
  readonly number: number;
}

interface Scale {
  readonly found: FoundDataset;
  readonly dimension: Growing;
}

function scalesIn(groups: readonly FoundGroup[]): readonly Scale[] {
  let next = 0;
  return groups.flatMap(({ path, datasets }) =>
    datasets.flatMap((found) => {
      const { attributes, dataset } = found;
      if (!isScale(attributes) || !dataset.shape) return [];
      const number = numbersIn(attributes.get("_Netcdf4Dimid"))[0] ?? next;
      next = Math.max(next, number + 1);
      // Of a coordinate variable of several dimensions, one is its own.
      const own = Math.max(0, numbersIn(attributes.get("_Netcdf4Coordinates")).indexOf(number));
      const dimension: Growing = {
        name: found.path,
        size: dataset.shape[own] ?? 1,
        unlimited: own < dataset.maxShape.length && dataset.maxShape[own] === undefined,
        group: path,
        number,
      };
      return [{ found, dimension }];
    }),
  );
}

/** Finds the dimensions of one dataset after another, making up those that are nowhere. */
function assigning(scales: readonly Scale[]): (found: FoundDataset, group: string) => readonly Growing[] {
  const byNumber = new Map(scales.map(({ dimension }) => [dimension.number, dimension]));
  const byAddress = new Map(scales.map(({ found, dimension }) => [found.dataset.address, dimension]));
  const alike = ({ group, size, unlimited }: Pick<Growing, "group" | "size" | "unlimited">) =>
    `${size} ${unlimited} ${group}`;
  const byKind = Map.groupBy(
    scales.map(({ dimension }) => dimension),
    alike,
  );
  let count = 0;
  let next = scales.reduce((most, { dimension }) => Math.max(most, dimension.number + 1), 0);

  const madeUp = (group: string, size: number, unlimited: boolean, used: readonly Growing[]): Growing => {
    const key = alike({ group, size, unlimited });
    const known = byKind.get(key) ?? [];
    const fitting = known.find((each) => !used.includes(each));
    if (fitting) return fitting;
    if (++count > mostMadeUp)
      throw new Failure("input", `the file has more than ${mostMadeUp} dimensions without names, and is not read`);
    const name = `phony_dim_${next}`;
    const added = { name: group === "" ? name : `${group}/${name}`, size, unlimited, group, number: next++ };
    byKind.set(key, [...known, added]);
    return added;
  };

  return ({ dataset, attributes }, group) => {
    const numbers = numbersIn(attributes.get("_Netcdf4Coordinates"));
    const lists = attributes.get("DIMENSION_LIST")?.values;
    const own = isScale(attributes) && dataset.shape?.length === 1 ? byAddress.get(dataset.address) : undefined;
    const used: Growing[] = [];
    for (const [i, size] of (dataset.shape ?? []).entries()) {
      const dimension =
        (numbers[i] === undefined ? undefined : byNumber.get(numbers[i])) ??
        byAddress.get(firstAddress(lists?.[i]) ?? -1) ??
        own;
      const isFitting = dimension && (dimension.unlimited || dimension.size === size);
      used.push(isFitting ? dimension : madeUp(group, size, dataset.maxShape[i] === undefined, used));
    }
    return used;
  };
}

/** Groups in the order in which netCDF comes back from them: those within before those around. */
function innerFirst(groups: readonly FoundGroup[]): readonly FoundGroup[] {
  const inner = Map.groupBy(groups.slice(1), ({ path }) => parentOf(path));
  const back = (group: FoundGroup): FoundGroup[] => [...(inner.get(group.path) ?? []).flatMap(back), group];
  return groups[0] ? back(groups[0]) : [];
}

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

const isScale = (attributes: FoundDataset["attributes"]) => textIn(attributes.get("CLASS")) === "DIMENSION_SCALE";

function textIn(attribute: Hdf5Attribute | undefined): string {
  const value = attribute?.values?.[0];
  return typeof value === "string" ? value : "";
}

function numbersIn(attribute: Hdf5Attribute | undefined): readonly number[] {
  return ArrayBuffer.isView(attribute?.values) ? Array.from(attribute.values, Number) : [];
}

/** Of the first reference in a list. */
function firstAddress(list: unknown): number | undefined {
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return typeof first === "object" && first !== null && "address" in first ? Number(first.address) : undefined;
}
