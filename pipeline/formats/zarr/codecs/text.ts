/**
 * Texts, as numcodecs and numpy store them.
 *
 * zarrita 0.7.5 reads lengths from the start of a view's whole buffer, and Node's zlib gives views of memory that others
 * use as well, so labels came out as those of another variable, or as anything the process had in memory:
 * https://github.com/manzt/zarrita.js/blob/main/packages/zarrita/src/codecs/vlen-utf8.ts
 * Here every length is checked against the bytes of the view.
 */
import type { Json } from "../../../core/json.ts";
import { type Element, numbersIn } from "../../codecs/element.ts";
import { Unsupported } from "../../unsupported.ts";
import { isObject, type JsonObject } from "../json.ts";

/** `string[n]`. @throws Error where the bytes are no such texts, or more or fewer than `count`. */
export type DecodeTexts = (bytes: Uint8Array, count: number) => readonly string[];

/** Each text after its length, all after their number: 4 bytes each, little-endian (numcodecs' vlen-utf8 and vlen-bytes). */
export const variableTexts: DecodeTexts = (bytes, count) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthAt = (at: number) => {
    if (at + 4 > bytes.length) throw new Error("texts end before they are all there");
    return view.getUint32(at, true);
  };
  const stored = lengthAt(0);
  if (stored !== count) throw new Error(`it has ${stored} values instead of ${count}`);
  const texts: string[] = [];
  let at = 4;
  for (let i = 0; i < count; i++) {
    const length = lengthAt(at);
    at += 4;
    if (at + length > bytes.length) throw new Error("texts end before they are all there");
    texts.push(textOf(bytes.subarray(at, at + length)));
    at += length;
  }
  return texts;
};

/** numpy's `U` and `S`: texts of one length, filled up with zeros. */
export const fixedTexts =
  (element: Element): DecodeTexts =>
  (bytes, count) => {
    const { size, kind, bigEndian } = element;
    if (size === 0) return new Array<string>(count).fill("");
    if (bytes.length !== count * size)
      throw new Error(`it has ${Math.floor(bytes.length / size)} values instead of ${count}`);
    const at = (i: number) => bytes.subarray(i * size, (i + 1) * size);
    if (kind === "bytes") return Array.from({ length: count }, (_, i) => textOf(withoutEnd(at(i))));
    const points = numbersIn(bytes, { kind: "uint", size: 4, bigEndian }) as Uint32Array;
    const length = size / 4;
    return Array.from({ length: count }, (_, i) => fromCodePoints(points.subarray(i * length, (i + 1) * length)));
  };

/** numcodecs' json2: a list of the values in their order, then their type and their shape. */
export const jsonTexts: DecodeTexts = (bytes, count) => {
  const list: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (!Array.isArray(list) || list.length < 2) throw new Error("json2 has no list of values");
  const shape: unknown = list.at(-1);
  const isScalar = Array.isArray(shape) && shape.length === 0;
  const values = (isScalar ? list.slice(0, 1) : list.slice(0, -2)).flat(32) as Json[];
  if (values.length !== count) throw new Error(`it has ${values.length} values instead of ${count}`);
  const other = values.find((value) => typeof value !== "string");
  if (other !== undefined) throw new Unsupported(`json2 has ${JSON.stringify(other).slice(0, 40)} beside texts`);
  return values as string[];
};

/** numcodecs' categorize: numbers from 1, each standing for a label, and 0 for no text. */
export function categories(
  { labels, astype }: JsonObject,
  elementOf: (dtype: unknown) => Element | undefined,
): DecodeTexts {
  const element = elementOf(astype ?? "|u1");
  if (!element || !["uint", "int"].includes(element.kind))
    throw new Unsupported("categorize with such numbers is not read");
  if (!Array.isArray(labels) || labels.some((label: Json) => typeof label !== "string"))
    throw new Error("categorize has no list of labels");
  return (bytes, count) => {
    const codes = numbersIn(bytes, element);
    if (codes.length !== count) throw new Error(`it has ${codes.length} values instead of ${count}`);
    // What is no label's number is no text, as in numcodecs.
    return Array.from(codes as Uint8Array, (code) => (labels as readonly string[])[Number(code) - 1] ?? "");
  };
}

/** The object codec by its name in numcodecs or version 3; `undefined` where it is none that gives texts. */
export function textCodec(
  name: string,
  configuration: Json | undefined,
  elementOf: (dtype: unknown) => Element | undefined,
): DecodeTexts | undefined {
  switch (name) {
    case "vlen-utf8":
    case "vlen-bytes":
      return variableTexts;
    case "json2":
      return jsonTexts;
    case "categorize":
      return categories(isObject(configuration) ? configuration : {}, elementOf);
    default:
      return undefined;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Unsupported("bytes that are no UTF-8 are not read as text", { cause });
  }
}

function withoutEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes.subarray(0, length);
}

function fromCodePoints(points: Uint32Array): string {
  let length = points.length;
  while (length > 0 && points[length - 1] === 0) length--;
  let text = "";
  for (const point of points.subarray(0, length)) {
    if (point > 0x10ffff) throw new Error(`${point} is no character of Unicode`);
    text += String.fromCodePoint(point);
  }
  return text;
}
