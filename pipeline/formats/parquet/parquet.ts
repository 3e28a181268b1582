/**
 * Parquet and GeoParquet files, from their footer: columns as variables, time and place from statistics of columns.
 *
 * ```ts
 * await parquet.files.describe(file, world); // variables time, lat, lon, ta; time and place from their least and greatest values
 * ```
 */
import { unlessAborted } from "../../core/abort.ts";
import { findCoordinates } from "../../core/cf/coordinates.ts";
import { namesOf } from "../../core/cf/describe.ts";
import { standardNames } from "../../core/cf/standard-names/standard-names.ts";
import type { Attributes, CfVariable } from "../../core/cf/variable.ts";
import { vocabularyFindings } from "../../core/cf/vocabulary.ts";
import type { Bounds, DatasetFinding, Description, Variable } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import type { Json } from "../../core/json.ts";
import { boundedAttributes } from "../attributes.ts";
import { hasBytes } from "../kind/signatures.ts";
import type { FormatReader } from "../reader.ts";
import { boundsOf, inDegrees, placeOf, timeIn } from "./extents.ts";
import { type Column, openParquet, type ParquetFile } from "./footer.ts";
import { geoColumnsOf } from "./geo.ts";
import { jsonObject } from "./json.ts";
import { typeOf } from "./types.ts";

export const parquet: FormatReader = {
  name: "parquet",
  version: 2,
  files: {
    recognises: (start) => hasBytes(start, 0, "PAR1") || hasBytes(start, 0, "PARE"),
    // A block that never comes must not outlast the caller.
    describe: (file, world) => unlessAborted(world.signal, describeFile(file)),
  },
};

const mediaType = "application/vnd.apache.parquet";

/** The one dimension of a table. */
const row = "row";

/** Characters of a column's name. */
const longestName = 500;

async function describeFile(source: RangeSource): Promise<Description> {
  const file = await openParquet(source);
  const findings: DatasetFinding[] = [];
  const attributes = boundedAttributes(attributesOf(file), findings);
  const geo = geoColumnsOf(file.texts.get("geo"), findings);
  const described = await arrowAttributes(file, findings);
  const attributesOfColumn = (column: Column) => (isFlat(column) ? described.get(column.path[0]!) : undefined) ?? {};
  const flat = new Map(
    file.columns.filter(isFlat).map((column) => [cfVariableOf(column, file.rows, attributesOfColumn(column)), column]),
  );
  const coordinates = findCoordinates([...flat.keys()]);
  const rangeOf = (variable: CfVariable | undefined) => variable && flat.get(variable)?.range;
  const time = timeIn(coordinates.time, rangeOf(coordinates.time), findings);
  const place = placeOf(
    geo.bounds ??
      coveringOf(geo.covering, file.columns) ??
      boundsOf(
        inDegrees(coordinates.longitude, "longitude", rangeOf(coordinates.longitude)),
        inDegrees(coordinates.latitude, "latitude", rangeOf(coordinates.latitude)),
      ),
  );
  const roles = new Set([...coordinates.describing, ...geo.names]);
  const variables = file.columns.map((column) => ({
    ...variableOf(column, file.rows, roles),
    ...namesOf(attributesOfColumn(column)),
  }));
  return {
    attributes,
    dimensions: [{ name: row, size: file.rows, kind: "other" }],
    variables,
    ...(time && { time }),
    ...(place && { place }),
    access: { format: "file", mediaType },
    findings,
    ...advised(vocabularyFindings(variables, await standardNames())),
  };
}

/** Metadata of columns, by their names; nothing is loaded where no library of Arrow wrote the file. */
async function arrowAttributes({ texts }: ParquetFile, findings: DatasetFinding[]) {
  const schema = texts.get("ARROW:schema");
  if (schema === undefined) return new Map<string, Attributes>();
  const { columnAttributes } = await import("./arrow.ts");
  return columnAttributes(schema, findings);
}

const advised = (advice: readonly DatasetFinding[]) => (advice.length > 0 ? { advice } : {});

/** Whether each row has at most one value, in a column of the table itself. */
const isFlat = ({ path, isRepeated }: Column) => path.length === 1 && !isRepeated;

const nameOf = ({ path }: Column) => path.join(".").slice(0, longestName).toWellFormed();

function cfVariableOf(column: Column, rows: number, attributes: Attributes): CfVariable {
  const name = nameOf(column);
  return { name, dimensions: [row], shape: [rows], type: typeOf(column.element), attributes, missing: [] };
}

function variableOf(column: Column, rows: number, coordinates: ReadonlySet<string>): Variable {
  const name = nameOf(column);
  const role = coordinates.has(name) ? "coordinate" : "data";
  return { name, dimensions: [row], shape: [rows], type: typeOf(column.element), role };
}

/** Keys that describe how the file is stored, or that are read elsewhere. */
const notAttributes =
  /^(?:ARROW:schema|pandas|geo|PANDAS_ATTRS|org\.apache\.spark\..*|parquet\..*|writer\.model\.name)$/;

/** Pairs of key and value; of what pandas writes, `DataFrame.attrs`. */
function attributesOf({ texts }: ParquetFile): Record<string, Json> {
  const attributes: Record<string, Json> = Object.create(null);
  for (const [name, value] of texts) if (!notAttributes.test(name)) attributes[name] = value;
  const pandas = texts.get("PANDAS_ATTRS");
  const attrs = pandas === undefined ? undefined : jsonObject(pandas);
  for (const [name, value] of Object.entries(attrs ?? {})) attributes[name] = value;
  return attributes;
}

/** GeoParquet's covering: columns that have the edges of each row's box. */
function coveringOf(
  covering: Readonly<Record<string, string>> | undefined,
  columns: readonly Column[],
): Bounds | undefined {
  if (!covering) return undefined;
  const rangeAt = (edge: string) => columns.find(({ path }) => path.join(".") === covering[edge])?.range;
  const [xmin, xmax, ymin, ymax] = ["xmin", "xmax", "ymin", "ymax"].map(rangeAt);
  if (!xmin || !xmax || !ymin || !ymax) return undefined;
  return { west: Number(xmin[0]), east: Number(xmax[1]), south: Number(ymin[0]), north: Number(ymax[1]) };
}
