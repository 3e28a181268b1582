/** Variables and dimensions as tables. */
import { isRecord, type Json } from "../json.ts";
import type { PageAbout } from "./about.ts";
import { isBlank } from "./facts.ts";
import { type Content, html } from "./html.ts";

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
  [...measured, ...others].map((each) => variableCells(each, lengths)),
)}${table(
  "Dimensions and coordinates",
  ["Name", "Length", "Unit", "From", "To"],
  dimensions.map((each) => dimensionCells(each, lengths)),
)}</section>
`;
}

/** Cells of a row, the first of which names it. */
type Cells = readonly Content[];

/** A table of the rows that fit, without columns in which there is nothing. */
function table(caption: string, heads: readonly string[], all: readonly Cells[]): Content {
  if (all.length === 0) return undefined;
  const left = all.length - mostRows;
  const columns = heads.flatMap((head, at) =>
    at === 0 || all.some((cells) => !isBlank(cells[at])) ? [{ head, at }] : [],
  );
  const row = (cells: Cells) =>
    html`<tr>${columns.map(({ at }) => (at === 0 ? html`<th scope="row">${cells[at]}</th>` : html`<td>${cells[at]}</td>`))}</tr>\n`;
  return html`<div class="scroll" role="region" aria-label="Table: ${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ head }) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${all.slice(0, mostRows).map(row)}</tbody>
</table></div>
${left > 0 && html`<p class="quiet">and ${left} more, in the STAC item</p>\n`}`;
}

function variableCells([name, field]: readonly [string, Field], lengths: ReadonlyMap<string, number>): Cells {
  const dimensions = textsOf(field.dimensions).map((dimension) => {
    const length = lengths.get(dimension);
    return length === undefined ? dimension : `${dimension}: ${length}`;
  });
  const description = textOf(field.description);
  return [
    html`<code>${name}</code>${description !== undefined && html`<small>${description}</small>`}${
      field.type !== "data" && html`<small class="role">coordinate</small>`
    }`,
    textOf(field.unit),
    textOf(field["cf:standard_name"]),
    dimensions.join(", "),
    textOf(field.data_type),
    numbersOf(field.chunks).join(" × "),
  ];
}

function dimensionCells([name, field]: readonly [string, Field], lengths: ReadonlyMap<string, number>): Cells {
  const extent = Array.isArray(field.extent) ? (field.extent as readonly Json[]) : [];
  // A count has indices for its extent.
  const [from, to] = field.type === "count" ? [] : extent.map(scalarText);
  const description = textOf(field.description) ?? textOf(field["cf:standard_name"]);
  return [
    html`<code>${name}</code>${description !== undefined && html`<small>${description}</small>`}`,
    lengths.get(name) ?? countOf(field),
    textOf(field.unit),
    from,
    to,
  ];
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
