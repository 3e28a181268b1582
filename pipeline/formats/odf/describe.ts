/**
 * What an Open Data Fabric dataset is about: columns from the schema in its chain, rows, licence, time and place.
 *
 * The chain is walked to its first block, every block hashed; of the data, only footers are read (`verify.ts` hashes the rest).
 */
import { findCoordinates } from "../../core/cf/coordinates.ts";
import type { CfVariable } from "../../core/cf/variable.ts";
import { inOrder } from "../../core/concurrency.ts";
import type { DatasetFinding, Description, Folder, TimeExtent, Variable } from "../../core/dataset/dataset.ts";
import { Failure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import type { World } from "../../core/world.ts";
import { boundedAttributes } from "../attributes.ts";
import { boundsOf, placeOf, timeOf } from "../parquet/extents.ts";
import { type Column, openParquet } from "../parquet/footer.ts";
import { typeOf } from "../parquet/types.ts";
import { evenly } from "../read-limits.ts";
import type { DataSlice, SetDataSchema, SetInfo, SetLicense, SetVocab } from "./block.ts";
import { blocksOf, describeEvent, filesIn, isDataEvent, type OdfFiles, openChain } from "./chain.ts";
import { columnsOf, type OdfColumn } from "./columns.ts";

/** The one dimension of a table. */
const row = "row";

/** Slices whose footers are read, files that are listed, lines of history. */
const atOnce = 8;
const most = { footers: 200, files: 1000, history: 100 } as const;

export async function describe(folder: Folder, world: World): Promise<Description> {
  const files = filesIn(folder, world);
  const chain = await openChain(files);
  const content = await latestOf(chain, files, world);
  const findings: DatasetFinding[] = [];
  const footers = await footersOf(content.slices, chain.nameOf, files, findings);
  const columns = (content.schema && columnsOf(content.schema)) ?? footers[0]?.columns.map(parquetColumn) ?? [];
  const extents = extentsOf(footers, content.vocab, footers.length < content.slices.length);
  const { license, info } = content;
  const attributes = {
    ...(info?.description !== undefined && { title: firstLine(info.description), summary: info.description }),
    ...(info?.keywords && { keywords: info.keywords.join(", ") }),
    ...(license && { license: license.spdxId ?? license.shortName ?? license.name ?? license.websiteUrl ?? "" }),
    ...(content.id !== undefined && { id: content.id }),
    history: content.history.join("\n"),
  };
  return {
    attributes: boundedAttributes(attributes, findings),
    dimensions: [{ name: row, size: content.rows, kind: "other" }],
    variables: columns.map((column) => variableOf(column, content.rows, extents.coordinates)),
    ...(extents.time && { time: extents.time }),
    ...(extents.place && { place: extents.place }),
    access: {
      format: "files",
      files: content.slices
        .slice(0, most.files)
        .map(({ physicalHash, size }) => ({ name: `data/${chain.nameOf(physicalHash)}`, size })),
    },
    findings,
  };
}

interface Latest {
  readonly id?: string;
  readonly info?: SetInfo;
  readonly license?: SetLicense;
  readonly schema?: SetDataSchema;
  readonly vocab?: SetVocab;
  /** Oldest first. */
  readonly slices: readonly DataSlice[];
  readonly rows: number;
  /** A line a block, newest first. */
  readonly history: readonly string[];
}

/** The newest event of each kind, and all slices. */
async function latestOf(chain: Awaited<ReturnType<typeof openChain>>, files: OdfFiles, world: World): Promise<Latest> {
  let latest: Omit<Latest, "slices" | "rows" | "history"> = {};
  const slices: DataSlice[] = [];
  const history: string[] = [];
  let count = 0;
  for await (const { hash, block } of blocksOf(chain, files, world)) {
    const { event, systemTime, sequenceNumber } = block;
    if (count++ === 0) history.push(`Open Data Fabric dataset, block ${sequenceNumber}: ${hash}`);
    if (count <= most.history) history.push(`${systemTime} ${describeEvent(event).replaceAll("  ", " ")}`);
    if (isDataEvent(event) && event.newData) slices.push(event.newData);
    if (event.kind === "Seed") latest = { ...latest, id: event.datasetId };
    if (event.kind === "SetInfo") latest = { info: event, ...latest };
    if (event.kind === "SetLicense") latest = { license: event, ...latest };
    if (event.kind === "SetDataSchema") latest = { schema: event, ...latest };
    if (event.kind === "SetVocab") latest = { vocab: event, ...latest };
  }
  if (count > most.history) history.push(`and ${plural(count - most.history, "earlier block")}`);
  const rows = slices[0] ? slices[0].offsetInterval.end + 1 : 0;
  return { ...latest, slices: slices.reverse(), rows, history };
}

type Footer = Awaited<ReturnType<typeof openParquet>>;

/** Of all slices, or of some of them, the first and last included. */
async function footersOf(
  slices: readonly DataSlice[],
  nameOf: (hash: string) => string,
  files: OdfFiles,
  findings: DatasetFinding[],
): Promise<readonly Footer[]> {
  const footers: Footer[] = [];
  const wrong: string[] = [];
  const read = async (index: number) => {
    const name = `data/${nameOf(slices[index]!.physicalHash)}`;
    const source = await files.open(name);
    try {
      if (source) return await openParquet(source);
      wrong.push(`${name} is not there`);
    } catch (cause) {
      if (!(cause instanceof Failure) || cause.kind !== "input") throw cause;
      wrong.push(`${name}: ${cause.message}`);
    }
    return undefined;
  };
  for await (const footer of inOrder(evenly(slices.length, most.footers), atOnce, read))
    if (footer) footers.push(footer);
  if (wrong.length > 0) findings.push(unreadSlices(wrong.sort()));
  return footers;
}

const unreadSlices = (wrong: readonly string[]): DatasetFinding => ({
  level: "error",
  rule: "missing-slices",
  says: `${plural(wrong.length, "slice")} of its data can't be read: ${wrong[0]}`,
  fix: "copy the dataset again, whole; `fieldtree verify` on it names each file that is wrong",
});

const nameOf = ({ path }: Column) => path.join(".");

const parquetColumn = (column: Column): OdfColumn => ({ name: nameOf(column), type: typeOf(column.element) });

/** Time from the event time, place from latitude and longitude, of the slices together. */
function extentsOf(
  footers: readonly Footer[],
  vocab: SetVocab | undefined,
  isSampled: boolean,
): Pick<Description, "time" | "place"> & { readonly coordinates: ReadonlySet<string> } {
  const timeName = vocab?.eventTimeColumn ?? "event_time";
  const coordinates = findCoordinates((footers[0]?.columns ?? []).map(cfVariableOf));
  const { latitude, longitude } = coordinates;
  const rangeOf = (name: string | undefined) => unionOf(footers, name);
  const time = timeOf(rangeOf(timeName));
  const place = placeOf(boundsOf(rangeOf(longitude?.name), rangeOf(latitude?.name)));
  const source = isSampled ? "sampled" : "values";
  return {
    ...(time && { time: { ...time, source } satisfies TimeExtent }),
    ...(place && { place: { ...place, source } }),
    coordinates: new Set([timeName, ...[latitude, longitude].flatMap((variable) => variable?.name ?? [])]),
  };
}

const cfVariableOf = (column: Column): CfVariable => ({
  name: nameOf(column),
  dimensions: [row],
  shape: [0],
  type: "float64",
  attributes: {},
  missing: [],
});

/** Least and greatest value of a column in all footers; `undefined` where one has none. */
function unionOf(footers: readonly Footer[], name: string | undefined): Column["range"] {
  let union: Column["range"];
  for (const { columns, rows } of footers) {
    if (rows === 0) continue;
    const range = columns.find((column) => nameOf(column) === name)?.range;
    if (!range) return undefined;
    union = union ? [least(union[0], range[0]), greatest(union[1], range[1])] : range;
  }
  return union;
}

const least = <T>(a: T, b: T): T => (b < a ? b : a);
const greatest = <T>(a: T, b: T): T => (b > a ? b : a);

function variableOf({ name, type, description }: OdfColumn, rows: number, coordinates: ReadonlySet<string>): Variable {
  return {
    name,
    dimensions: [row],
    shape: [rows],
    type,
    role: coordinates.has(name) ? "coordinate" : "data",
    ...(description !== undefined && { longName: description }),
  };
}

const firstLine = (text: string) => text.split("\n", 1)[0]!;
