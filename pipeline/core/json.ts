/** JSON, as a type and as bytes that depend on nothing but the value. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The one text of `value` that we publish: keys sorted by code unit at every depth, `indent` spaces, a final newline.
 *
 * Absent (`undefined`) members are left out. Throws a `TypeError` on numbers JSON has no word for (NaN, infinities):
 * they must have been dealt with before, not turned into `null` on the way out.
 */
export function stableJson(value: unknown, indent = 0): string {
  const sorted = (node: unknown): unknown => {
    if (typeof node === "number" && !Number.isFinite(node)) throw new TypeError(`${node} has no JSON`);
    if (Array.isArray(node)) return node.map(sorted);
    if (node === null || typeof node !== "object") return node;
    // A null prototype, so that a key named __proto__ is a key like any other.
    const copy: Record<string, unknown> = Object.create(null);
    for (const key of Object.keys(node).sort()) copy[key] = sorted((node as Record<string, unknown>)[key]);
    return copy;
  };
  return `${JSON.stringify(sorted(value), null, indent)}\n`;
}

/** The value that a text that others wrote has; `undefined`, which JSON has no word for, where it is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether it is an object, and neither a list nor null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
