/** The external types of NetCDF-3 (`nc_type`): big-endian, and text of one byte a character. */
import type { Numbers } from "../../../core/cf/mask-and-scale.ts";

export interface ClassicType {
  /** numpy's spelling; `S1` for text. */
  readonly name: string;
  /** Bytes of one value. */
  readonly size: number;
  /** What netCDF-C writes where nothing was (`NC_FILL_*`). */
  readonly fill: number | bigint;
}

/** Text where the type is `S1`: one character a byte of an unknown encoding (U+0000 to U+00FF) from variables, decoded from attributes. */
export type ClassicValues = Numbers | string;

const types: ReadonlyMap<number, ClassicType> = new Map([
  [1, { name: "int8", size: 1, fill: -127 }],
  [2, { name: "S1", size: 1, fill: 0 }],
  [3, { name: "int16", size: 2, fill: -32_767 }],
  [4, { name: "int32", size: 4, fill: -2_147_483_647 }],
  [5, { name: "float32", size: 4, fill: Math.fround(9.969209968386869e36) }],
  [6, { name: "float64", size: 8, fill: 9.969209968386869e36 }],
  [7, { name: "uint8", size: 1, fill: 255 }],
  [8, { name: "uint16", size: 2, fill: 65_535 }],
  [9, { name: "uint32", size: 4, fill: 4_294_967_295 }],
  [10, { name: "int64", size: 8, fill: -9_223_372_036_854_775_806n }],
  [11, { name: "uint64", size: 8, fill: 18_446_744_073_709_551_614n }],
]);

/** `undefined` for a number that this version of the format has no type for: those from 7 on came with CDF-5. */
export function typeOf(number: number, version: 1 | 2 | 5): ClassicType | undefined {
  return number > 6 && version !== 5 ? undefined : types.get(number);
}

/** Values of `bytes`, which are a whole number of them. Text is decoded, without NUL characters. */
export function decode(bytes: Uint8Array, type: ClassicType): ClassicValues {
  return type.name === "S1" ? textOf(bytes).replaceAll("\0", "") : numbersOf(bytes, type);
}

/** UTF-8, which the format asks for, or else Latin-1, which older programs wrote. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder("latin1").decode(bytes);
  }
}

/** A copy in this machine's byte order. Not for text. */
export function numbersOf(bytes: Uint8Array, { name, size }: ClassicType): Numbers {
  const count = Math.floor(bytes.length / size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (name) {
    case "int8":
      return Int8Array.from(bytes);
    case "int16":
      return filled(new Int16Array(count), (i) => view.getInt16(2 * i));
    case "int32":
      return filled(new Int32Array(count), (i) => view.getInt32(4 * i));
    case "float32":
      return filled(new Float32Array(count), (i) => view.getFloat32(4 * i));
    case "float64":
      return filled(new Float64Array(count), (i) => view.getFloat64(8 * i));
    case "uint16":
      return filled(new Uint16Array(count), (i) => view.getUint16(2 * i));
    case "uint32":
      return filled(new Uint32Array(count), (i) => view.getUint32(4 * i));
    case "int64":
      return filled(new BigInt64Array(count), (i) => view.getBigInt64(8 * i));
    case "uint64":
      return filled(new BigUint64Array(count), (i) => view.getBigUint64(8 * i));
    default:
      return Uint8Array.from(bytes);
  }
}

function filled<Values extends { [i: number]: number | bigint; readonly length: number }>(
  values: Values,
  at: (i: number) => Values[number],
): Values {
  for (let i = 0; i < values.length; i++) values[i] = at(i);
  return values;
}

const fills = new Map([...types.values()].map(({ name, fill }) => [name, fill]));

/** What netCDF takes for a value of this type that was never written, where the variable names none; `undefined` for texts. */
export const defaultFill = (name: string): number | bigint | undefined => (name === "S1" ? undefined : fills.get(name));
