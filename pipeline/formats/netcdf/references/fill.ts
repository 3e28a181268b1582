/**
 * `fill_value`, of which xarray makes two things: what is read where there is no chunk, and `_FillValue`, which it takes
 * for missing. An array of integers with one becomes floats, so there is one only where the file has `_FillValue` or needs it.
 */
import { defaultFill } from "../classic/types.ts";
import type { NetcdfAttribute, NetcdfVariable } from "../file.ts";
import { type Exact, Float } from "./exact-json.ts";
import type { Storage } from "./storage.ts";

export interface FillForm {
  readonly fillValue: Exact;
  /** `_FillValue`, where that has to be an attribute. */
  readonly attributes: Readonly<Record<string, Exact>>;
}

/** Or why there is none that reads as the file does. */
export function fillOf(variable: NetcdfVariable, { missing }: Pick<Storage, "missing">): FillForm | string {
  if (missing && "why" in missing) return missing.why;
  const attribute = variable.attributes.get("_FillValue");
  if (variable.type === "S1") return charactersFill(missing);
  const own = attribute && valueFor(attribute, variable.type);
  const isZero = missing !== undefined && Number(missing.value) === 0;
  // Zarr reads zeros where nothing is written and there is no fill value.
  if (missing === undefined || isZero) {
    if (own !== undefined && (missing === undefined || isSame(own, missing.value))) return masked(own);
    return { fillValue: null, attributes: asWritten(attribute) };
  }
  const { value } = missing;
  if (typeof value === "string") return noForm(value);
  const isMissing = own === undefined ? isSame(value, defaultFill(variable.type)) : isSame(own, value);
  return isMissing ? masked(value) : noForm(value);
}

const masked = (value: number | bigint): FillForm => ({ fillValue: spelt(value), attributes: {} });

const noForm = (value: number | bigint | string) =>
  `parts of it were never written and are ${value}, which readers of Zarr would take for missing`;

function charactersFill(missing: Storage["missing"]): FillForm | string {
  const value = missing && "value" in missing ? missing.value : "";
  return value === "" || value === "\0" ? { fillValue: null, attributes: {} } : noForm(value);
}

/** The attribute as it is, where it is no value that the array can have: xarray reads it from a NetCDF file like that. */
function asWritten(attribute: NetcdfAttribute | undefined): Readonly<Record<string, Exact>> {
  const value = attribute && [...(attribute.values as Iterable<unknown>)][0];
  if (typeof value === "bigint") return { _FillValue: value };
  if (typeof value !== "number") return {};
  return { _FillValue: attribute?.type.startsWith("float") ? new Float(value) : value };
}

/** The attribute's value where it is one of the variable's type. */
function valueFor({ single, values }: NetcdfAttribute, type: string): number | bigint | undefined {
  const value: unknown = single ? [...(values as Iterable<unknown>)][0] : undefined;
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  if (type.startsWith("float")) return value;
  const [, unsigned, bits] = /^(u?)int(\d+)$/.exec(type) ?? [];
  if (bits === undefined || !(typeof value === "bigint" || Number.isInteger(value))) return undefined;
  const length = BigInt(bits);
  const [least, greatest] = unsigned ? [0n, 2n ** length - 1n] : [-(2n ** (length - 1n)), 2n ** (length - 1n) - 1n];
  const integer = BigInt(value);
  return integer >= least && integer <= greatest ? integer : undefined;
}

/** Equal numbers, whether 64-bit integers or not; NaN is NaN. */
const isSame = (a: unknown, b: unknown) => a === b || String(a) === String(b);

/** As version 2 has it: words for what JSON has no numbers for. */
const spelt = (value: number | bigint): Exact =>
  typeof value === "bigint" || Number.isFinite(value) ? value : String(value);
