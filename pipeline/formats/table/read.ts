/** Reads a table whole, or a sample of a large one: its columns as variables, and their values. */
import { findCoordinates } from "../../core/cf/coordinates.ts";
import type { Raw } from "../../core/cf/variable.ts";
import type { DatasetFinding, Description } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { formatBytes } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { boundedAttributes } from "../attributes.ts";
import { startLength } from "../reader.ts";
import { type Lines, linesIn, textOf } from "../text.ts";
import { numberOf } from "./cells.ts";
import { arrayFor, type Column, type Row, surveyOf, type TableVariable, variablesOf } from "./columns.ts";
import { type Delimiter, type Head, headOf } from "./head.ts";
import { eachRow, type RowCounts } from "./rows.ts";

/** Whether a file that begins so is a table. */
export const isTable = (start: Uint8Array) => headIn(start) !== undefined;

const mediaTypes = { ",": "text/csv", ";": "text/csv", "\t": "text/tab-separated-values" } as const;

function headIn(start: Uint8Array) {
  const isCut = start.length >= startLength;
  const found = textOf(start, isCut);
  const head = found && headOf(found.text, isCut);
  return head && { ...found, head };
}

export interface ReadTable {
  readonly attributes: Description["attributes"];
  readonly variables: readonly TableVariable[];
  readonly columns: readonly Column[];
  readonly mediaType: string;
  /** Whether all rows were read, and not a sample of them. */
  readonly isWhole: boolean;
  /** Rows that were read. */
  readonly rows: number;
  /** Calls `visit` with each of them. */
  eachRow(visit: (row: Row) => void): Promise<unknown>;
  /** Values of the variable of that name in those rows. */
  valuesOf(name: string): Promise<Raw | undefined>;
  readonly findings: readonly DatasetFinding[];
}

/** @throws Failure `input` where it is no table, or one of no rows. */
export async function readTable(file: RangeSource, world: World): Promise<ReadTable> {
  const found = headIn(await file.read(0, startLength));
  if (!found) throw new Failure("input", "it does not begin with names of columns and rows of as many cells");
  const { head, encoding } = found;
  const lines = await linesIn(file, encoding);
  const columns = distinctColumns(head);
  const options = { ...head, columns: columns.length, from: head.end };
  const comma = head.delimiter === ";";
  const survey = surveyOf(columns, comma);
  const counts = await eachRow(lines.parts, options, survey.add, world);
  const rows = lines.isWhole ? counts.rows : Math.round((counts.rows / lines.bytes) * file.size);
  const findings: DatasetFinding[] = [...rowFindings(counts), ...sampleFindings(lines, rows, file.size)];
  const attributes = boundedAttributes(head.attributes, findings);
  const missing = missingIn(head.attributes);
  const { variables, findings: more } = variablesOf(columns, survey.kinds(), { comma, rows, missing });
  const pass = (visit: (row: Row) => void) => eachRow(lines.parts, options, visit, world);
  return {
    attributes,
    variables,
    columns,
    mediaType: mediaTypes[head.delimiter as Delimiter],
    isWhole: lines.isWhole,
    rows: counts.rows,
    eachRow: pass,
    valuesOf: valuesOf(variables, attributes, pass, counts.rows),
    findings: [...findings, ...more],
  };
}

/** As pandas makes them distinct: `t`, `t.1`, `t.2`. */
function distinctColumns({ names, units }: Head): readonly Column[] {
  const taken = new Set(names);
  const visited = new Map<string, number>();
  return names.map((written, i) => {
    const name = written === "" ? "index" : written;
    const before = visited.get(name) ?? 0;
    visited.set(name, before + 1);
    let number = before;
    while (number > 0 && taken.has(`${name}.${number}`)) number++;
    const distinct = number === 0 ? name : `${name}.${number}`;
    taken.add(distinct);
    return { name: distinct, unit: units[i] ?? "" };
  });
}

/** The number that a comment names as the one that stands for missing. */
function missingIn(attributes: Readonly<Record<string, string>>): readonly number[] {
  const names = ["missing_value", "missing value", "_fillvalue", "fill_value", "nodata", "missing"];
  return Object.entries(attributes).flatMap(([name, text]) => {
    const value = names.includes(name.toLowerCase()) ? numberOf(text, false) : undefined;
    return value === undefined ? [] : [value];
  });
}

/** Values by name. The first that is asked for comes from a pass over all rows, in which all coordinates are read. */
function valuesOf(
  variables: readonly TableVariable[],
  attributes: Description["attributes"],
  pass: (visit: (row: Row) => void) => Promise<unknown>,
  rows: number,
): (name: string) => Promise<Raw | undefined> {
  const found = findCoordinates(
    variables.map(({ variable }) => variable),
    attributes,
  );
  const asked = [found.latitude, found.longitude, found.time, ...found.ofDimension.values()];
  const names = new Set(asked.flatMap((variable) => variable?.name ?? []));
  let first: Promise<ReadonlyMap<string, Raw>> | undefined;
  const collect = async (of: ReadonlySet<string>) => {
    const arrays = variables
      .filter(({ variable }) => of.has(variable.name))
      .map((each) => ({ name: each.variable.name, array: arrayFor(each, rows) }));
    await pass((row) => {
      for (const { array } of arrays) array.add(row);
    });
    return new Map(arrays.map(({ name, array }) => [name, array.filled()]));
  };
  return async (name) => {
    first ??= collect(names);
    return (await first).get(name) ?? (await collect(new Set([name]))).get(name);
  };
}

function rowFindings({ rows, unread, short }: RowCounts): DatasetFinding[] {
  const finding = (count: number, what: string): DatasetFinding => ({
    level: "warning",
    rule: "uneven-rows",
    says: `${count} of ${rows + unread} rows ${what}`,
    fix: "give every row as many cells as there are names, and put text with delimiters or line breaks in quotation marks",
  });
  return [
    ...(unread > 0 ? [finding(unread, "have more cells than there are names, or never end, and are left out")] : []),
    ...(short > 0 ? [finding(short, "have fewer cells than there are names: the others count as missing")] : []),
  ];
}

function sampleFindings({ isWhole, bytes }: Lines, rows: number, size: number): DatasetFinding[] {
  if (isWhole) return [];
  const says = `has ${formatBytes(size)}, of which ${formatBytes(bytes)} were read, so that ${rows} rows and the types of columns are estimates`;
  return [{ level: "hint", rule: "sampled-table", says, fix: "store large tables as Parquet, NetCDF or Zarr" }];
}
