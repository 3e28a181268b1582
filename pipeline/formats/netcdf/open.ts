/** Opens a NetCDF or HDF5 file: what it has, and its variables in the terms of CF. */
import type { CfVariable, Raw } from "../../core/cf/variable.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { generations, perObject } from "../../core/remembered.ts";
import type { OpenArrays } from "../arrays.ts";
import { product } from "../codecs/block.ts";
import type { Decompressors } from "../decompressors.ts";
import { openHdf5 } from "../hdf5/hdf5.ts";
import type { KnownAttributes } from "../hdf5/messages/known-attributes.ts";
import { jsonOf } from "./attributes.ts";
import { isClassic } from "./classic/header.ts";
import { openClassic } from "./classic/open.ts";
import { openEnhanced } from "./enhanced/open.ts";
import type { NetcdfAttribute, NetcdfFile, NetcdfVariable } from "./file.ts";

/** Variables that are described; a file of more is none that a person can find their way in. */
const mostVariables = 5000;

/** @throws Failure `input` where the file is damaged or has too many variables; `unavailable` as the source does. */
export async function openFile(
  source: RangeSource,
  using: Decompressors,
  known?: KnownAttributes,
): Promise<NetcdfFile> {
  const start = await source.read(0, 4);
  const file = isClassic(start) ? await openClassic(source) : await openEnhanced(await openHdf5(source, using, known));
  const count = file.groups.reduce((all, { variables }) => all + variables.length, 0);
  if (count > mostVariables)
    throw new Failure("input", `the file has ${count} variables; more than ${mostVariables} are not read`);
  return file;
}

/**
 * The variables of a file as CF sees them, by those. A variable that is the same in files described before is the same
 * object: what CF makes of it is remembered by that (`core/remembered.ts`).
 */
export function cfVariablesOf(variables: readonly NetcdfVariable[]): ReadonlyMap<CfVariable, NetcdfVariable> {
  const stored = new Map<CfVariable, NetcdfVariable>();
  for (const variable of variables) {
    const numbered = lastNumber;
    const key = keyOf(variable);
    const known = alike.get(key);
    const described = known && !stored.has(known) ? known : cfVariableOf(variable);
    // Only where all of its attributes are those of a file before, which are few and small (`known-attributes.ts`).
    if (!known && lastNumber === numbered) alike.set(key, described);
    stored.set(described, variable);
  }
  return stored;
}

const alike = generations<string, CfVariable>(500);

/** Attributes by number: those that are the same object have the same one. */
function keyOf({ name, dimensions, shape, chunks, type, attributes }: NetcdfVariable): string {
  const along = dimensions.map((dimension) => dimension.name);
  return JSON.stringify([name, along, shape, chunks, type, Array.from(attributes.values(), numberOf)]);
}

let lastNumber = 0;
const numberOf = perObject((_: NetcdfAttribute) => ++lastNumber);

function cfVariableOf({ name, dimensions, shape, chunks, type, attributes }: NetcdfVariable): CfVariable {
  return {
    name,
    dimensions: dimensions.map((dimension) => dimension.name),
    shape,
    ...(chunks && { chunks }),
    type,
    attributes: jsonOf(attributes),
    // The fill value of the storage is what was never written, and does not mark missing data.
    missing: [],
  };
}

/** The arrays of a file. @throws as {@link openFile} does. */
export async function openNetcdf(source: RangeSource, using: Decompressors): Promise<OpenArrays> {
  const file = await openFile(source, using);
  const all = file.groups.flatMap(({ variables }) => variables);
  const stored = cfVariablesOf(all);
  const inMemory = all.reduce((sum, { shape, itemSize }) => sum + product(shape) * itemSize, 0);
  // The sizes of a variable's chunks are unknown without reading their index: all are taken to be compressed alike.
  const share = Math.min(1, source.size / Math.max(1, inMemory));
  return {
    attributes: jsonOf(file.groups[0]!.attributes),
    variables: [...stored.keys()],
    read: async (variable, box, budget) => (await stored.get(variable)!.read(box, budget)) as Raw,
    stored(variable) {
      const { chunks, itemSize } = stored.get(variable)!;
      return { ...(chunks && { chunks }), itemSize, bytesPerValue: itemSize * (chunks ? share : 1) };
    },
  };
}
