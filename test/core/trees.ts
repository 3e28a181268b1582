/** Random trees, as models and as the texts people might write for them. */
import fc from "fast-check";
import type { Leaf } from "../../pipeline/core/tree/tree.ts";
import { raw, v0, v1 } from "./cids.ts";

/** Path → CID as written, empty for an empty folder. No path stands below another. */
export type Model = ReadonlyMap<string, string>;

/** What tree.yaml has as the value of a leaf. */
export function writtenAt(leaf: Leaf): string {
  return leaf.kind === "data" ? leaf.written : "";
}

const names = fc.constantFrom(
  "a",
  "b",
  "c",
  "HALO",
  "1.10",
  "true",
  "x y",
  "ä",
  "10",
  "9",
  "it's",
  'say "hi"',
  "# no comment",
  "- dash",
  "k: v",
);
const cids = fc.oneof(fc.nat(6).map(v1), fc.nat(6).map(v0), fc.nat(6).map(raw), fc.constant(""));

export const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

export const trees: fc.Arbitrary<Model> = fc.array(fc.tuple(paths, cids), { maxLength: 12 }).map((entries) => {
  const model = new Map<string, string>();
  for (const [path, cid] of entries) if (fits(model, path)) model.set(path, cid);
  return model;
});

/** Whether a leaf can stand at `path` beside the others. */
export function fits(model: Model, path: string): boolean {
  return [...model.keys()].every(
    (other) => !path.startsWith(`${other}/`) && !other.startsWith(`${path}/`) && other !== path,
  );
}

/** The plainest text of a model. */
export function textOf(model: Model): string {
  return lines(model, "").join("");
}

function lines(model: Model, indent: string): string[] {
  return [...folders(model)].flatMap(([name, below]) => {
    const cid = below.get("");
    const key = indent + JSON.stringify(name);
    return cid === undefined ? [`${key}:\n`, ...lines(below, `${indent}  `)] : [`${key}: ${cid}\n`];
  });
}

/** The first names, each with what stands below it; a leaf has the one path "". */
export function folders(model: Model): Map<string, Map<string, string>> {
  const result = new Map<string, Map<string, string>>();
  for (const [path, cid] of model) {
    const [name, ...rest] = path.split("/") as [string, ...string[]];
    const below = result.get(name) ?? new Map<string, string>();
    below.set(rest.join("/"), cid);
    result.set(name, below);
  }
  return result;
}
