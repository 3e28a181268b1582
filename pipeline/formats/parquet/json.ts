/** JSON that strangers put into the footer of a file. */
import { isRecord, type Json, jsonIn } from "../../core/json.ts";

/** `undefined` for what is no JSON, or no object. */
export function jsonObject(text: string): Readonly<Record<string, Json>> | undefined {
  const value = jsonIn(text);
  return isRecord(value) ? (value as Readonly<Record<string, Json>>) : undefined;
}
