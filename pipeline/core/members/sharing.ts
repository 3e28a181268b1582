/**
 * Descriptions of many files in little memory: what is equal in them is one object, and their shapes have few positions.
 *
 * Sondes of a campaign have the same variables, dimensions and findings, and most of their attributes; what differs, and
 * takes most of the room, is where each of them drifted.
 */
import type { Description } from "../dataset/dataset.ts";
import { thinned } from "./extents.ts";

/** Positions of each file's shape in a folder of more than `files`, whose shape together has 2000. */
const few = { files: 100, positions: 200 } as const;

/** Distinct parts that are remembered; parts beyond them are not shared. Each takes some hundred bytes. */
const most = 20_000;

/** Returns a function that shares what its descriptions have in common. @param files in the folder that are described. */
export function sharing(files: number): (description: Description) => Description {
  // Apart, because a text may read as the JSON of something else.
  const [known, texts, lists] = [new Map<string, unknown>(), new Map<string, string>(), new Map<string, unknown>()];
  const shared = <T>(value: T): T => {
    if (typeof value !== "object" || value === null) return value;
    const key = JSON.stringify(value);
    const same = known.get(key) as T | undefined;
    if (same !== undefined) return same;
    if (known.size < most) known.set(key, value);
    return value;
  };
  // Of a list whose elements are shared, their numbers are compared in place of their text.
  const numbers = new Map<unknown, number>();
  const listed = <T>(values: readonly T[]): readonly T[] => {
    const parts = values.map(shared);
    if (numbers.size >= most) return parts;
    const key = parts
      .map((part) => {
        const number = numbers.get(part) ?? numbers.size;
        numbers.set(part, number);
        return number;
      })
      .join();
    const same = lists.get(key) as readonly T[] | undefined;
    if (same !== undefined) return same;
    if (lists.size < most) lists.set(key, parts);
    return parts;
  };
  const text = (value: string): string => {
    const same = texts.get(value);
    if (same !== undefined) return same;
    if (texts.size < most) texts.set(value, value);
    return value;
  };
  return (description) => {
    const { attributes, dimensions, variables, findings, advice, access, place } = description;
    const entries = Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "string" ? text(value) : shared(value),
    ]);
    return {
      ...description,
      attributes: Object.fromEntries(entries),
      dimensions: listed(dimensions),
      variables: listed(variables),
      findings: listed(findings),
      ...(advice && { advice: listed(advice) }),
      access: shared(access),
      ...(place && files > few.files && { place: { ...place, geometry: thinned(place.geometry, few.positions) } }),
    };
  };
}
