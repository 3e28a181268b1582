/** Reads what a plan names, and gives it in the form that its kind of plot draws. */
import type { CfVariable, Raw } from "../../pipeline/core/cf/variable.ts";
import { strideOf } from "../../pipeline/formats/codecs/block.ts";
import type { Catalog } from "./catalog.ts";
import type { Part, Plan, Read } from "./plan.ts";
import { decoded, type Quantity, quantityOf } from "./values.ts";

/** float64[n], NaN where missing, and what the numbers mean. */
export interface Values extends Quantity {
  readonly values: Float64Array;
}

export type PlotData =
  | { readonly kind: "series"; readonly x: Values; readonly value: Values }
  | { readonly kind: "profile"; readonly vertical: Values; readonly value: Values; readonly downward: boolean }
  | { readonly kind: "track"; readonly longitude: Values; readonly latitude: Values; readonly value: Values }
  /** `value`: float64[y.length × x.length], x fastest. */
  | {
      readonly kind: "field";
      readonly x: Values;
      readonly y: Values;
      readonly value: Values;
      readonly downward: boolean;
    }
  | { readonly kind: "histogram"; readonly value: Values }
  | { readonly kind: "value"; readonly value: Values };

/** Bytes of memory that one variable may take. */
const budget = 512 * 2 ** 20;

/** @throws what reading the arrays throws. */
export async function loadPlan({ arrays, coordinates }: Catalog, plan: Plan): Promise<PlotData> {
  const raw = new Map<Part, Raw>();
  const read = async ([part, { variable, box }]: readonly [Part, Read]) =>
    void raw.set(part, await arrays.read(variable, box, budget));
  await Promise.all([...plan.reads].map(read));
  const valuesOf = (part: Part): Values | undefined => {
    const found = plan.reads.get(part);
    return found && { ...quantityOf(found.variable), values: decoded(raw.get(part)!, found.variable) };
  };
  const value = valuesOf("value")!;
  const axis = (part: Part, dimension: string): Values => valuesOf(part) ?? indexAlong(dimension, plan);
  switch (plan.kind) {
    case "series":
      return { kind: "series", x: axis("x", plan.along[0]!), value };
    case "profile": {
      const { variable } = plan.reads.get("vertical")!;
      return { kind: "profile", vertical: valuesOf("vertical")!, value, downward: isDownward(variable) };
    }
    case "track":
      return { kind: "track", longitude: valuesOf("longitude")!, latitude: valuesOf("latitude")!, value };
    case "field": {
      const [y, x] = plan.along as [string, string];
      const vertical = coordinates.ofDimension.get(y);
      return {
        kind: "field",
        x: axis("x", x),
        y: axis("y", y),
        value: { ...value, values: inOrder(value.values, plan) },
        downward: vertical !== undefined && isDownward(vertical),
      };
    }
    case "histogram":
      return { kind: "histogram", value };
    case "value":
      return { kind: "value", value };
  }
}

/** Pressure and depth grow towards the ground, which is drawn below. */
function isDownward({ attributes, name }: CfVariable): boolean {
  if (attributes.positive === "down") return true;
  if (attributes.positive === "up") return false;
  return /pressure|depth|^pres|^p$|^plev/i.test(`${attributes.standard_name ?? ""} ${name}`.trim());
}

/** 0, 1, 2 … where a dimension has no coordinate. */
function indexAlong(dimension: string, plan: Plan): Values {
  const { variable, box } = plan.reads.get("value")!;
  const count = box.count[variable.dimensions.indexOf(dimension)]!;
  return { label: dimension, unit: "", values: Float64Array.from({ length: count }, (_, i) => i) };
}

/** Values of a field with x fastest, whatever order the variable has its dimensions in. */
function inOrder(values: Float64Array, plan: Plan): Float64Array {
  const { variable, box } = plan.reads.get("value")!;
  const [y, x] = plan.along.map((dimension) => variable.dimensions.indexOf(dimension)) as [number, number];
  if (y < x) return values;
  const stride = strideOf(box.count);
  const [rows, columns] = [box.count[y]!, box.count[x]!];
  const out = new Float64Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      out[row * columns + column] = values[row * stride[y]! + column * stride[x]!]!;
  return out;
}
