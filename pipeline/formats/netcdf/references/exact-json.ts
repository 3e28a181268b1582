/**
 * JSON as Python's `json` writes and reads it: every integer to its last digit, floats as floats, NaN and infinities.
 *
 * That is what Zarr's metadata of version 2 is in. xarray chooses types by `scale_factor`, so 1.0 must not become 1, and an
 * attribute `missing_value` of NaN has to arrive as the number.
 */

export type Exact =
  | string
  | number
  | bigint
  | boolean
  | null
  | Float
  | readonly Exact[]
  | { readonly [key: string]: Exact | undefined };

/** A number that is no integer, whatever its value. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Members in their order, no blanks; absent ones are left out. */
export function exactJson(value: Exact): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (value instanceof Float) return floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(exactJson).join(",")}]`;
  const members = Object.entries(value as { readonly [key: string]: Exact | undefined });
  const texts = members.flatMap(([key, member]) =>
    member === undefined ? [] : `${JSON.stringify(key)}:${exactJson(member)}`,
  );
  return `{${texts.join(",")}}`;
}

function floatText(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
