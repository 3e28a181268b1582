/** Variables that are new, gone, called otherwise, or described otherwise, between two versions of a dataset. */
import type { Json } from "../json.ts";
import type { Item } from "../stac/item.ts";
import { byBytes } from "../text/order.ts";

export type VariableChange =
  | { readonly op: "added" | "removed"; readonly name: string }
  | { readonly op: "renamed"; readonly name: string; readonly from: string }
  /** `unknown` stands for what one of them does not say. */
  | {
      readonly op: "changed";
      readonly name: string;
      readonly what: (typeof comparedProperties)[number][0];
      readonly from: string;
      readonly to: string;
    };

type Variable = Readonly<Record<string, Json>>;
type Variables = ReadonlyMap<string, Variable>;

export function variablesOf({ properties }: Item): Variables {
  return new Map(Object.entries((properties["cube:variables"] ?? {}) as Readonly<Record<string, Variable>>));
}

/** In byte order of the names before. */
export function variableChanges(before: Variables, after: Variables): VariableChange[] {
  const gone = new Set([...before.keys()].filter((name) => !after.has(name)));
  const fresh = new Set([...after.keys()].filter((name) => !before.has(name)));
  const changes: { readonly old: string; readonly change: VariableChange }[] = [];
  const renamed = (old: string, name: string) => {
    gone.delete(old);
    fresh.delete(name);
    changes.push({ old, change: { op: "renamed", name, from: old } });
    compare(old, name);
  };
  const compare = (old: string, name: string) => {
    for (const [what, key] of comparedProperties) {
      const [from, to] = [before.get(old)![key], after.get(name)![key]].map(inText) as [string, string];
      if (from !== to) changes.push({ old, change: { op: "changed", name, what, from, to } });
    }
  };
  for (const name of after.keys()) if (before.has(name)) compare(name, name);
  // The surest first: the same name but for its case, then what is the same in all but the name, then what means the same.
  for (const sameness of [inLowerCase, exactly, byMeaning]) {
    for (const [old, name] of pairs(gone, fresh, before, after, sameness)) renamed(old, name);
  }
  for (const name of gone) changes.push({ old: name, change: { op: "removed", name } });
  for (const name of fresh) changes.push({ old: name, change: { op: "added", name } });
  return changes.sort((a, b) => byBytes(a.old, b.old)).map(({ change }) => change);
}

const comparedProperties = [
  ["unit", "unit"],
  ["type", "data_type"],
  ["dimensions", "dimensions"],
  ["chunks", "chunks"],
  ["standard name", "cf:standard_name"],
  ["description", "description"],
] as const;

type Sameness = (name: string, variable: Variable) => string | undefined;

const inLowerCase: Sameness = (name) => name.toLowerCase();
const exactly: Sameness = (_, variable) => JSON.stringify(Object.entries(variable).sort());
const byMeaning: Sameness = (_, variable) => {
  const meaning = variable["cf:standard_name"];
  return meaning === undefined ? undefined : `${inText(meaning)} ${inText(variable.dimensions)}`;
};

/** Names that left and names that came, where exactly one of each is the same in that sense. */
function pairs(
  gone: ReadonlySet<string>,
  fresh: ReadonlySet<string>,
  before: Variables,
  after: Variables,
  sameness: Sameness,
): [string, string][] {
  const left = Map.groupBy(gone, (name) => sameness(name, before.get(name)!));
  const came = Map.groupBy(fresh, (name) => sameness(name, after.get(name)!));
  left.delete(undefined);
  return [...left].flatMap(([same, [old, ...others]]) => {
    const [name, ...more] = came.get(same) ?? [];
    return name === undefined || others.length > 0 || more.length > 0 ? [] : [[old!, name] as [string, string]];
  });
}

function inText(value: Json | undefined): string {
  if (value === undefined) return "unknown";
  return Array.isArray(value) ? `(${value.join(", ")})` : String(value);
}
