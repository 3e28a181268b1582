/** JSON that strangers put into the footer of a file. */
import type { Json } from "../../core/json.ts";

/** `undefined` for what is no JSON, or no object. */
export function jsonObject(text: string): Readonly<Record<string, Json>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : undefined;
}
