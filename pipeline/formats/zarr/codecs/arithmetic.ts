/**
 * numcodecs' filters over numbers, undone: the same sums in the same precision as numpy does them.
 *
 * @see https://numcodecs.readthedocs.io/en/stable/filter/index.html
 */
import type { Numbers } from "../../../core/cf/mask-and-scale.ts";
import { bytesOf, type Element, hostIsBigEndian, numbersIn, roomFor, swapped } from "../../codecs/element.ts";
import { Unsupported } from "../../unsupported.ts";
import type { DecodeBytes } from "./codec.ts";

/** `numpy.astype`: fractions are cut off, integers wrap around. */
export function astype(from: Element, to: Element): DecodeBytes {
  const isSame = from.kind === to.kind && from.size === to.size && from.bigEndian === to.bigEndian;
  if (isSame) return (bytes) => bytes;
  refuseHalves(to);
  return (bytes) => stored(cast(numbersIn(bytes, from), to), to);
}

/** `numpy.cumsum` in the decoded type. */
export function delta(from: Element, to: Element): DecodeBytes {
  refuseHalves(to);
  return (bytes) => {
    const values = cast(numbersIn(bytes, from), to);
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      for (let i = 1; i < values.length; i++) values[i] = values[i - 1]! + values[i]!;
    } else {
      for (let i = 1; i < values.length; i++) values[i] = values[i - 1]! + values[i]!;
    }
    return stored(values, to);
  };
}

/** `stored / scale + offset`, in float64 but for stored floats of their own precision. */
export function fixedScaleOffset(from: Element, to: Element, scale: number, offset: number): DecodeBytes {
  refuseHalves(from);
  refuseHalves(to);
  const round = from.kind === "float" && from.size === 4 ? Math.fround : (value: number) => value;
  const [by, plus] = [round(scale), round(offset)];
  return (bytes) => {
    const values = numbersIn(bytes, from);
    const sums = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) sums[i] = round(round(Number(values[i]) / by) + plus);
    return stored(cast(sums, to), to);
  };
}

/** Bits of booleans, highest first; the first byte counts those at the end that mean nothing. */
export function unpackBits(bytes: Uint8Array, most: number): Uint8Array {
  const [padding = 0] = bytes;
  const count = 8 * (bytes.length - 1) - padding;
  if (padding > 7 || count < 0) throw new Error(`packbits has ${padding} bits of padding in ${bytes.length} bytes`);
  if (count > most) throw new Error(`packbits unpacks to ${count} bytes, of which at most ${most} are expected`);
  return Uint8Array.from({ length: count }, (_, i) => (bytes[1 + (i >> 3)]! >> (7 - (i & 7))) & 1);
}

/** A copy in another type. */
function cast(values: Numbers, to: Element): Numbers {
  const out = roomFor(to, values.length) as Numbers;
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) out[i] = wholeOf(values[i]!);
  } else if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const isWhole = to.kind !== "float";
    // 32 bits are what the narrower types wrap around in; more would not survive as a number.
    for (let i = 0; i < values.length; i++)
      out[i] =
        to.kind === "bool" ? Number(values[i] !== 0n) : Number(isWhole ? BigInt.asIntN(32, values[i]!) : values[i]);
  } else {
    for (let i = 0; i < values.length; i++) out[i] = to.kind === "bool" ? Number(values[i] !== 0) : values[i]!;
  }
  return out;
}

/** What no integer can be becomes numpy's NaT. */
const wholeOf = (value: number | bigint) =>
  typeof value === "bigint" ? value : Number.isFinite(value) ? BigInt(Math.trunc(value)) : -(2n ** 63n);

/** The numbers' bytes as `element` has them. */
function stored(values: Numbers, { size, bigEndian }: Element): Uint8Array {
  const bytes = bytesOf(values);
  return size > 1 && bigEndian !== hostIsBigEndian ? swapped(bytes, size) : bytes;
}

/** Halves are read as float32, and don't become bytes again. */
function refuseHalves({ kind, size }: Element): void {
  if (kind === "float" && size === 2) throw new Unsupported("filters over float16 are not read");
}
