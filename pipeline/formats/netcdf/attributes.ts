/** Attributes as JSON, as CF and the index take them. */
import { shortFloat32 } from "../../core/cf/float32.ts";
import type { Json } from "../../core/json.ts";
import { perObject } from "../../core/remembered.ts";
import type { Hdf5Value, Hdf5Values } from "../hdf5/model.ts";
import type { NetcdfAttribute, NetcdfAttributes } from "./file.ts";

/** Numbers that values are compared with: they are written out to the last bit. */
const compared = new Set(["_FillValue", "missing_value", "valid_min", "valid_max", "valid_range"]);

/** By name, without a prototype: names are those of strangers. */
export function jsonOf(attributes: NetcdfAttributes): Readonly<Record<string, Json>> {
  const json: Record<string, Json> = Object.create(null);
  for (const [name, attribute] of attributes)
    json[name] = compared.has(name) ? exactValue(attribute) : shortValue(attribute);
  return json;
}

const exactValue = perObject((attribute: NetcdfAttribute) => jsonValue(attribute, true));
const shortValue = perObject((attribute: NetcdfAttribute) => jsonValue(attribute, false));

function jsonValue({ type, single, values }: NetcdfAttribute, isCompared: boolean): Json {
  if (single && typeof values[0] === "string") return values[0];
  const isShort = type === "float32" && !isCompared;
  const json = listOf(isShort ? Array.from(values as Float32Array, shortFloat32) : values, isCompared);
  return single ? (json[0] ?? null) : json;
}

const listOf = (values: Hdf5Values, isCompared: boolean): Json[] =>
  Array.from(values as ArrayLike<Hdf5Value>, (value) => plain(value, isCompared));

function plain(value: Hdf5Value, isCompared: boolean): Json {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      // As text where a number has not that many digits. What is compared is compared as float64.
      return isCompared || Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    default:
      if (value instanceof Map) return objectOf(value, isCompared);
      return "address" in value ? null : listOf(value as Hdf5Values, isCompared);
  }
}

function objectOf(members: ReadonlyMap<string, Hdf5Value>, isCompared: boolean): Json {
  const object: Record<string, Json> = Object.create(null);
  for (const [name, value] of members) object[name] = plain(value, isCompared);
  return object;
}
