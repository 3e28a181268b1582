/**
 * The columns of an Open Data Fabric dataset, from the schema in its chain: ODF's own or, in older chains, Arrow's.
 *
 * @see https://github.com/open-data-fabric/open-data-fabric/blob/master/rfcs/016-odf-schema.md
 */
import type { Json } from "../../core/json.ts";
import { arrowSchema } from "../codecs/arrow-schema.ts";
import { type Decoded, type DecodedTable, decodeFlatbuffer } from "../codecs/flatbuffer.ts";
import { jsonObject } from "../parquet/json.ts";
import type { SetDataSchema } from "./block.ts";

export interface OdfColumn {
  readonly name: string;
  /** numpy's spelling. */
  readonly type: string;
  readonly description?: string;
}

/** @throws Failure `input` where Arrow's schema makes no sense */
export function columnsOf({ schema, rawArrowSchema }: SetDataSchema): readonly OdfColumn[] | undefined {
  if (schema) return tablesIn(schema.fields).map(odfColumn);
  return rawArrowSchema && tablesIn(decodeFlatbuffer(rawArrowSchema, "Schema", arrowSchema).fields).map(arrowColumn);
}

function tablesIn(value: Decoded | undefined): readonly DecodedTable[] {
  const entries: readonly Decoded[] = Array.isArray(value) ? value : [];
  return entries.map(tableIn).filter((entry) => entry !== undefined);
}

const tableIn = (value: Decoded | undefined): DecodedTable | undefined =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? (value as DecodedTable)
    : undefined;

const textIn = (value: Decoded | undefined): string | undefined => (typeof value === "string" ? value : undefined);

function odfColumn({ name, type, extra }: DecodedTable): OdfColumn {
  const description = descriptionIn(textIn(tableIn(extra)?.entries));
  return { name: textIn(name) ?? "", type: odfType(tableIn(type)), ...(description !== undefined && { description }) };
}

/** Of attributes as JSON. */
function descriptionIn(entries: string | undefined): string | undefined {
  const description: Json | undefined =
    entries === undefined ? undefined : jsonObject(entries)?.["opendatafabric.org/description"];
  return typeof description === "string" ? description : undefined;
}

function odfType(type: DecodedTable | undefined): string {
  const kind = textIn(type?.kind) ?? "";
  switch (kind) {
    case "Option":
      return odfType(tableIn(type?.inner));
    case "Bool":
    case "Float16":
    case "Float32":
    case "Float64":
      return kind.toLowerCase();
    case "Date":
      return "datetime64[D]";
    case "Timestamp":
      return `datetime64[${unitOf(type?.unit)}]`;
    case "Duration":
      return `timedelta64[${unitOf(type?.unit)}]`;
    default:
      return /^U?Int(8|16|32|64)$/.test(kind) ? kind.toLowerCase() : "object";
  }
}

const units: Readonly<Record<string, string>> = { Second: "s", Millisecond: "ms", Microsecond: "us", Nanosecond: "ns" };

/** By default both schemas count milliseconds. */
const unitOf = (unit: Decoded | undefined) => units[textIn(unit) ?? ""] ?? "ms";

function arrowColumn({ name, type }: DecodedTable): OdfColumn {
  return { name: textIn(name) ?? "", type: arrowTypeName(tableIn(type)) };
}

function arrowTypeName(type: DecodedTable | undefined): string {
  switch (textIn(type?.kind)) {
    case "Int":
      return `${type?.isSigned ? "" : "u"}int${type?.bitWidth}`;
    case "FloatingPoint":
      return ["float16", "float32", "float64"][Number(type?.precision)] ?? "object";
    case "Bool":
      return "bool";
    case "Date":
      return type?.unit === 0 ? "datetime64[D]" : "datetime64[ms]";
    case "Timestamp":
      return `datetime64[${unitOf(type?.unit)}]`;
    case "Duration":
      return `timedelta64[${unitOf(type?.unit)}]`;
    default:
      return "object";
  }
}
