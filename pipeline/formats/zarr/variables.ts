/** A store's arrays as CF's variables, and what is wrong with those that are left out. */
import { baseName, type CfVariable, groupOf } from "../../core/cf/variable.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import type { Decompressors } from "../decompressors.ts";
import { arrayOf, type ZarrArray } from "./array.ts";
import type { ZarrStore } from "./store.ts";
import { isOurs, undecodable } from "./values.ts";

/** Arrays that are left out, or groups, each with a finding of its own; of more there is one that counts them. */
export const mostAlike = 20;

/** The arrays that make sense. One that doesn't is left out, and a finding gives the reason; as the store itself it fails. */
export function arraysOf(store: ZarrStore, using: Decompressors, findings: DatasetFinding[]): readonly ZarrArray[] {
  const broken = new Map(store.broken);
  const arrays: ZarrArray[] = [];
  for (const [path, document] of store.arrays) {
    try {
      arrays.push(arrayOf(path, document, store.version, using));
    } catch (error) {
      if (path === "" || !isFailure(error, "input")) throw error;
      broken.set(path, error.message);
    }
  }
  const sorted = [...broken].sort(([a], [b]) => (a < b ? -1 : 1));
  findings.push(...sorted.slice(0, mostAlike).map(([path, why]) => leftOut(shown(path), why)));
  if (sorted.length > mostAlike)
    findings.push(leftOut(`${sorted.length - mostAlike} more`, "their metadata make no sense"));
  // What only this program can't read becomes a finding where its values are asked for; what no program can, in any case.
  for (const array of arrays)
    if (array.problem && !isOurs(array.problem)) findings.push(undecodable(array, array.problem));
  return arrays;
}

/**
 * Arrays as variables, with names for their dimensions.
 *
 * Groups give their name to what is in them: `time` of the group `radar` is `radar/time`, unless a group around it has a
 * `time` of the same length, which it then shares, as in xarray's DataTree.
 */
export function variablesOf(arrays: readonly ZarrArray[], version: 2 | 3, findings: DatasetFinding[]): CfVariable[] {
  const sizes = new Map<string, number>();
  const nearest = (group: string, name: string, size: number): string | undefined => {
    for (let around = group; ; around = groupOf(around)) {
      const full = around === "" ? name : `${around}/${name}`;
      if (sizes.get(full) === size) return full;
      if (around === "") return undefined;
    }
  };
  const nameOf = ({ path, dimensionNames }: ZarrArray, i: number, size: number) => {
    const name = dimensionNames?.[i] ?? `${baseName(path) || "array"}_dim_${i}`;
    const known = nearest(groupOf(path), name, size);
    if (known !== undefined) return known;
    const full = groupOf(path) === "" ? name : `${groupOf(path)}/${name}`;
    const other = sizes.get(full);
    if (other !== undefined) {
      const says = `dimension ${shown(full)} has ${other} entries in one array and ${size} in ${shown(path)}`;
      findings.push({
        level: "error",
        rule: "dimension-sizes",
        says,
        fix: "give the arrays' dimensions different names",
      });
    }
    const unique = other === undefined ? full : `${full}_${size}`;
    sizes.set(unique, size);
    return unique;
  };
  // What names a dimension by being its coordinate decides its length; outer groups come before inner ones.
  const own = ({ path, dimensionNames }: ZarrArray) =>
    dimensionNames?.length === 1 && dimensionNames[0] === baseName(path);
  const depth = ({ path }: ZarrArray) => path.split("/").length;
  const order = arrays.toSorted(
    (a, b) => depth(a) - depth(b) || Number(own(b)) - Number(own(a)) || (a.path < b.path ? -1 : 1),
  );
  const dimensions = new Map(order.map((array) => [array, array.shape.map((size, i) => nameOf(array, i, size))]));
  return arrays.map((array) => ({
    name: array.path || "array",
    dimensions: dimensions.get(array)!,
    shape: array.shape,
    ...(array.chunks && { chunks: array.chunks }),
    type: array.type,
    attributes: array.attributes,
    // In version 3 the fill value is what absent chunks read as, by default 0, and does not mark missing data.
    missing: version === 2 ? missingIn(array) : truncatedFill(array),
  }));
}

/** xarray makes a whole number of version 3's attribute where the array has whole numbers: 0.1 is 0. */
function truncatedFill({ type, attributes: { _FillValue: fill } }: ZarrArray): readonly Json[] {
  return /^u?int/.test(type) && typeof fill === "number" && !Number.isInteger(fill) ? [Math.trunc(fill)] : [];
}

/** Version 2's fill value as JSON with every digit. */
function missingIn({ type, fillValue, fill }: ZarrArray): readonly Json[] {
  if (fillValue === null || fill === undefined) return [];
  if (type === "S1") return [fill ? String.fromCharCode(Number(fill)) : ""];
  if (typeof fill === "bigint") return [String(fill)];
  return [typeof fill === "number" && !Number.isFinite(fill) ? String(fill) : fill];
}

const leftOut = (what: string, why: string): DatasetFinding => ({
  level: "warning",
  rule: "left-out",
  says: `${what} is left out: ${shown(why, 300)}`,
});
