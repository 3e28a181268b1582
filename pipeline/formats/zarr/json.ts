/**
 * JSON as Zarr libraries write it, from people we don't know.
 *
 * zarr-python 2 writes `NaN` and `Infinity` as bare words, which JSON has no form for; they become the strings that
 * Zarr v3 uses for them. Objects come back without a prototype, so that a key named `__proto__` is a key like any other.
 */
import { Failure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";

export type JsonObject = { readonly [key: string]: Json };

/** Metadata of the largest known stores are a few MB; depth is what attributes and codecs need, many times over. */
export const limits = { bytes: 32 * 2 ** 20, depth: 32, values: 2_000_000 } as const;

/** @throws Failure `input` naming `file`, where the bytes are no JSON object, or one beyond `limits`. */
export function readJsonObject(bytes: Uint8Array, file: string): JsonObject {
  if (bytes.length > limits.bytes) throw bad(file, `is larger than ${limits.bytes / 2 ** 20} MiB`);
  const value = bounded(parse(new TextDecoder().decode(bytes), file), file);
  if (!isObject(value)) throw bad(file, "holds no JSON object");
  return value;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string, file: string): Json {
  // Rarely needed, and far slower than without.
  const reviver = /"fill_value"\s*:\s*-?\d{16}/.test(text) ? (exactly as Reviver) : undefined;
  try {
    return JSON.parse(text, reviver) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  try {
    return JSON.parse(withWordsQuoted(text), reviver) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw bad(file, `is not JSON: ${error.message.slice(0, 200)}`);
  }
}

type Reviver = Parameters<typeof JSON.parse>[1];

/**
 * A fill value beyond 2^53 as its digits: as a number it would be another one, or none of its type at all.
 *
 * @see https://tc39.es/proposal-json-parse-with-source/
 */
function exactly(key: string, value: Json, context: { readonly source?: string } | undefined): Json {
  const isInexact = key === "fill_value" && typeof value === "number" && !Number.isSafeInteger(value);
  return isInexact && /^-?\d+$/.test(context?.source ?? "") ? context!.source! : value;
}

/** The words that JSON doesn't have, as strings; what stands in strings is left as it is. */
function withWordsQuoted(text: string): string {
  const token = /"|-?\bInfinity\b|\bNaN\b/g;
  const parts: string[] = [];
  let from = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    if (found[0] !== '"') {
      parts.push(text.slice(from, found.index), `"${found[0]}"`);
      from = token.lastIndex;
      continue;
    }
    const end = endOfString(text, found.index);
    // No pattern over the whole string: one that never ends would be tried again from each quotation mark in it.
    if (end === undefined) break;
    token.lastIndex = end;
  }
  return parts.join("") + text.slice(from);
}

/** Where the string that begins at `start` is over; `undefined` where it never is. */
function endOfString(text: string, start: number): number | undefined {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return undefined;
}

/** A copy without prototypes; the walk stops at the limits. */
function bounded(value: Json, file: string): Json {
  let left = limits.values;
  const copy = (node: Json, depth: number): Json => {
    if (depth > limits.depth) throw bad(file, `is nested more than ${limits.depth} deep`);
    if (--left < 0) throw bad(file, `holds more than ${limits.values} values`);
    if (Array.isArray(node)) return node.map((each: Json) => copy(each, depth + 1));
    if (typeof node === "number" && !Number.isFinite(node)) return String(node);
    if (!isObject(node)) return node;
    const object: Record<string, Json> = Object.create(null);
    for (const key of Object.keys(node)) object[key] = copy(node[key]!, depth + 1);
    return object;
  };
  return copy(value, 0);
}

export const bad = (file: string, says: string) => new Failure("input", `${shown(file, 200)} ${shown(says, 300)}`);
