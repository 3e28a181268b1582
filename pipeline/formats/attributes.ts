/** Attributes of a dataset, as far as they fit into an index, whatever format they came from. */
import type { DatasetFinding } from "../core/dataset/dataset.ts";
import type { Json } from "../core/json.ts";
import { shown } from "../core/text/shown.ts";

/** Longer texts and lists are of no use in an index; no attribute of a real dataset comes near. */
const longest = { text: 50_000, list: 1000, name: 200, altogether: 500_000 } as const;

/** Those that fit, cut where they are long, with a finding for each that was. Without a prototype: names are those of strangers. */
export function boundedAttributes(
  attributes: Readonly<Record<string, Json>>,
  findings: DatasetFinding[],
): Readonly<Record<string, Json>> {
  const result: Record<string, Json> = Object.create(null);
  let room: number = longest.altogether;
  for (const [name, value] of Object.entries(attributes)) {
    const cut = shortened(value);
    const length = JSON.stringify(value).length;
    if (cut !== value) findings.push(tooLong(name, length));
    if (cut === undefined || name.length > longest.name) continue;
    room -= Math.min(length, longest.text) + name.length;
    if (room < 0) return result;
    result[name] = cut;
  }
  return result;
}

function shortened(value: Json): Json | undefined {
  if (typeof value === "string") return value.length <= longest.text ? value : `${value.slice(0, longest.text - 1)}…`;
  if (Array.isArray(value) && value.length > longest.list)
    return shortened(value.slice(0, longest.list) as readonly Json[]);
  if (typeof value !== "object" || value === null) return value;
  return JSON.stringify(value).length <= longest.text ? value : undefined;
}

const tooLong = (name: string, length: number): DatasetFinding => ({
  level: "warning",
  rule: "long-attribute",
  says: `attribute ${shown(name)} takes ${length} characters; only a part of it is kept`,
});
