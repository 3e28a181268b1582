/** Variables and dimensions as tables. */
import { isRecord, type Json } from "../json.ts";
import type { PageAbout } from "./about.ts";
import { type Content, type Html, html } from "./html.ts";

type Field = Readonly<Record<string, Json>>;

/** Rows of a table in a page; the item has up to 500. */
const mostRows = 200;

export function variableSection({ item: { properties } }: PageAbout): Content {
  const variables = fieldsIn(properties["cube:variables"]);
  const dimensions = fieldsIn(properties["cube:dimensions"]);
  if (variables.length === 0 && dimensions.length === 0) return undefined;
  // Measured ones first; within each kind the dataset's own order.
  const measured = variables.filter(([, { type }]) => type === "data");
  const others = variables.filter(([, { type }]) => type !== "data");
  const lengths = lengthsIn(variables);
  return html`<section aria-labelledby="variables-title"><h2 id="variables-title">Variables</h2>
${table(
  "Variables",
  ["Name", "Unit", "Standard name", "Dimensions", "Type", "Chunks"],
  [...measured, ...others],
  (each) => variableRow(each, lengths),
)}${table("Dimensions and coordinates", ["Name", "Length", "Unit", "From", "To"], dimensions, (each) => dimensionRow(each, lengths))}</section>
`;
}

function table(
  caption: string,
  heads: readonly string[],
  all: readonly (readonly [string, Field])[],
  row: (each: readonly [string, Field]) => Html,
): Content {
  if (all.length === 0) return undefined;
  const left = all.length - mostRows;
  return html`<div class="scroll" role="region" aria-label="Table: ${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${all.slice(0, mostRows).map(row)}</tbody>
</table></div>
${left > 0 && html`<p class="quiet">and ${left} more, in the STAC item</p>\n`}`;
}

function variableRow([name, field]: readonly [string, Field], lengths: ReadonlyMap<string, number>): Html {
  const dimensions = textsOf(field.dimensions).map((dimension) => {
    const length = lengths.get(dimension);
    return length === undefined ? dimension : `${dimension}: ${length}`;
  });
  const description = textOf(field.description);
  return html`<tr><th scope="row"><code>${name}</code>${description !== undefined && html`<small>${description}</small>`}${
    field.type !== "data" && html`<small class="role">coordinate</small>`
  }</th><td>${textOf(field.unit)}</td><td>${textOf(field["cf:standard_name"])}</td><td>${dimensions.join(", ")}</td><td>${textOf(
    field.data_type,
  )}</td><td>${numbersOf(field.chunks).join(" × ")}</td></tr>
`;
}

function dimensionRow([name, field]: readonly [string, Field], lengths: ReadonlyMap<string, number>): Html {
  const extent = Array.isArray(field.extent) ? (field.extent as readonly Json[]) : [];
  // A count has indices for its extent.
  const [from, to] = field.type === "count" ? [] : extent.map(scalarText);
  const description = textOf(field.description) ?? textOf(field["cf:standard_name"]);
  return html`<tr><th scope="row"><code>${name}</code>${description !== undefined && html`<small>${description}</small>`}</th><td>${
    lengths.get(name) ?? countOf(field)
  }</td><td>${textOf(field.unit)}</td><td>${from}</td><td>${to}</td></tr>
`;
}

function countOf({ type, extent, values }: Field): number | undefined {
  if (Array.isArray(values)) return values.length;
  const last = Array.isArray(extent) ? (extent as readonly Json[])[1] : undefined;
  return type === "count" ? (typeof last === "number" ? last + 1 : 0) : undefined;
}

function lengthsIn(variables: readonly (readonly [string, Field])[]): ReadonlyMap<string, number> {
  return new Map(
    variables.flatMap(([, { dimensions, shape }]) => {
      const lengths = numbersOf(shape);
      return textsOf(dimensions).flatMap((name, i): [string, number][] => {
        const length = lengths[i];
        return length === undefined ? [] : [[name, length]];
      });
    }),
  );
}

function fieldsIn(value: Json | undefined): readonly (readonly [string, Field])[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => (isRecord(field) ? [[name, field as Field] as const] : []));
}

const textOf = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
const scalarText = (value: Json) =>
  typeof value === "string"
    ? value.replace(/T00:00:00Z$/, "")
    : typeof value === "number"
      ? String(Number(value.toPrecision(7)))
      : "";
const textsOf = (value: Json | undefined) =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
const numbersOf = (value: Json | undefined) =>
  Array.isArray(value) ? value.filter((each) => typeof each === "number") : [];
