/** Datatypes of HDF5 in the words of netCDF and numpy, and attributes as netCDF shows them. */
import { perObject } from "../../../core/remembered.ts";
import type { Hdf5Attribute, Hdf5Type } from "../../hdf5/model.ts";
import type { NetcdfAttribute, NetcdfAttributes } from "../file.ts";

/** As `NetcdfVariable.type`. */
export function typeNameOf(type: Hdf5Type): string {
  switch (type.class) {
    case "integer":
      return `${type.signed ? "int" : "uint"}${8 * type.size}`;
    case "bitfield":
      return `uint${8 * type.size}`;
    case "float":
      return `float${8 * type.size}`;
    case "enum":
      return typeNameOf(type.base);
    case "string":
      return type.size === 1 && !type.variable ? "S1" : "string";
    case "unsupported":
      return type.name;
    default:
      return type.class;
  }
}

/** Bytes of one value in memory; of what is of any length, a guess. */
export const itemSizeOf = (type: Hdf5Type): number =>
  type.class === "vlen" || (type.class === "string" && type.variable) ? 1024 : Math.max(type.size, 1);

/** What netCDF and HDF5's dimension scales note for themselves. */
const internal = new Set([
  ...["CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"],
  ...["_NCProperties", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict"],
]);

/** Without those that are internal, and those that can't be read: why is in `problems`, by name. */
export function attributesOf(attributes: ReadonlyMap<string, Hdf5Attribute>): {
  readonly attributes: NetcdfAttributes;
  readonly problems: ReadonlyMap<string, string>;
} {
  const shown = new Map<string, NetcdfAttribute>();
  const problems = new Map<string, string>();
  for (const [name, attribute] of attributes) {
    if (internal.has(name)) continue;
    const read = attributeOf(attribute);
    if (typeof read === "string") problems.set(name, read);
    else shown.set(name, read);
  }
  return { attributes: shown, problems };
}

/** The attribute, or why its values are not read. Those of like files are often the same object. */
const attributeOf = perObject(({ type, shape, values, problem }: Hdf5Attribute): NetcdfAttribute | string => {
  const name = typeNameOf(type);
  // netCDF stores an empty text as nothing at all.
  if (shape === undefined)
    return { type: name, single: type.class === "string", values: type.class === "string" ? [""] : [] };
  if (!values) return problem ?? `values of type ${name} are not read`;
  return { type: name, single: values.length === 1, values };
});
