/**
 * JSON as Zarr libraries write it, from people we don't know.
 *
 * zarr-python 2 writes `NaN` and `Infinity` as bare words, which JSON has no form for; they become the strings that
 * Zarr v3 uses for them. Objects come back without a prototype, so that a key named `__proto__` is a key like any other.
 */
import { Failure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/shown.ts";

export type JsonObject = { readonly [key: string]: Json };

/** Metadata of the largest stores seen are a few MB; depth is what attributes and codecs need, many times over. */
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
    // A string, kept as it is, or one of the words outside of strings.
    return JSON.parse(text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/gs, quoted), reviver) as Json;
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

const quoted = (token: string) => (token.startsWith('"') ? token : `"${token}"`);

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
