/**
 * The footer of a Parquet file: its schema, how many rows it has, and the least and greatest values of its columns.
 *
 * Two reads from the end of the file, whatever its size; no page of data is read.
 *
 * @see https://parquet.apache.org/docs/file-format/
 */
import type { FileMetaData, SchemaElement } from "hyparquet";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import { checkThrift } from "./thrift.ts";

export interface ParquetFile {
  readonly rows: number;
  /** Leaves of the schema, in the order of the file. */
  readonly columns: readonly Column[];
  /** Text by key, the first of several that are alike. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface Column {
  readonly path: readonly string[];
  readonly element: SchemaElement;
  /** Whether a row may have several values of it. */
  readonly isRepeated: boolean;
  /** Least and greatest value of all rows; absent where a row group has none. Times in microseconds since 1970. */
  readonly range?: readonly [StatisticsValue, StatisticsValue];
}

export type StatisticsValue = number | bigint;

/** Bytes of a footer, columns of a schema, and its depth. */
const most = { footer: 8 * 2 ** 20, columns: 5000, depth: 32 } as const;

/** @throws Failure `input` where the footer makes no sense or exceeds a bound; `unavailable` as the source does. */
export async function openParquet(source: RangeSource): Promise<ParquetFile> {
  const { size } = source;
  if (size < 12) throw bad("is too short");
  const tail = await source.read(size - 8, 8);
  const magic = String.fromCharCode(...tail.subarray(4));
  if (magic === "PARE") throw bad("has an encrypted footer, which can't be read");
  if (magic !== "PAR1") throw bad("has no footer: it is cut off, or its writer was never closed");
  const length = new DataView(tail.buffer, tail.byteOffset, 8).getUint32(0, true);
  if (length > size - 12) throw bad(`has a footer of ${length} bytes by its own account, and ${size} bytes in all`);
  if (length > most.footer) throw bad(`has a footer of ${length} bytes; at most ${most.footer} are read`);
  const bytes = Uint8Array.from(await source.read(size - 8 - length, length + 8));
  checkThrift(bytes.subarray(0, length));
  const metadata = await metadataOf(bytes);
  const rows = Number(metadata.num_rows);
  if (!Number.isSafeInteger(rows) || rows < 0) throw bad(`has ${shown(String(rows))} rows by its own account`);
  return { rows, columns: columnsOf(metadata), texts: textsOf(metadata) };
}

/** Statistics of times as microseconds, of dates as well; decimals and texts are not compared. */
const parsers = {
  timestampFromMilliseconds: (time: bigint) => time * 1000n,
  timestampFromMicroseconds: (time: bigint) => time,
  timestampFromNanoseconds: (time: bigint) => time / 1000n,
  dateFromDays: (days: number) => BigInt(days) * 86_400_000_000n,
  stringFromBytes: () => undefined,
};

async function metadataOf(bytes: Uint8Array): Promise<FileMetaData> {
  // Loaded when the first Parquet file is read, since most campaigns have none.
  const { parquetMetadata } = await import("hyparquet");
  try {
    return parquetMetadata(bytes, { parsers: parsers as never, geoparquet: false });
  } catch (error) {
    // What it throws for fields that are absent is a TypeError, for numbers that make no sense a RangeError.
    if (!(error instanceof Error)) throw error;
    throw bad(`has a footer that makes no sense: ${shown(error.message, 200)}`);
  }
}

function textsOf({ key_value_metadata: pairs = [] }: FileMetaData): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { key, value } of pairs) if (key && value !== undefined && !texts.has(key)) texts.set(key, value);
  return texts;
}

function columnsOf({ schema, row_groups: groups }: FileMetaData): Column[] {
  const columns: Column[] = [];
  const [root, ...elements] = schema;
  const open = [{ name: "", left: root?.num_children ?? 0, isRepeated: false }];
  for (const element of elements) {
    while (open.at(-1)?.left === 0) open.pop();
    const around = open.at(-1);
    if (!around || around.left < 0) throw bad("has a schema whose parts don't fit together");
    around.left--;
    const name = typeof element.name === "string" ? element.name : "";
    const isRepeated = around.isRepeated || element.repetition_type === "REPEATED";
    if (element.num_children) {
      if (open.length > most.depth) throw bad(`has a schema of more than ${most.depth} levels`);
      open.push({ name, left: element.num_children, isRepeated });
      continue;
    }
    if (columns.length >= most.columns) throw bad(`has more than ${most.columns} columns`);
    const range = rangeOf(groups, columns.length);
    columns.push({
      path: [...open.slice(1).map(({ name }) => name), name],
      element,
      isRepeated,
      ...(range && { range }),
    });
  }
  return columns;
}

/** Of the column's values in all row groups that have any. */
function rangeOf(groups: FileMetaData["row_groups"], column: number): Column["range"] {
  let least: StatisticsValue | undefined;
  let greatest: StatisticsValue | undefined;
  for (const { columns } of groups) {
    const { statistics, num_values: count } = columns[column]?.meta_data ?? {};
    if (count === 0n || (statistics?.null_count !== undefined && statistics.null_count === count)) continue;
    const [low, high] = [
      statistics?.min_value ?? statistics?.min,
      statistics?.max_value ?? statistics?.max,
    ] as unknown[];
    if (!isNumber(low) || !isNumber(high)) return undefined;
    if (least === undefined || low < least) least = low;
    if (greatest === undefined || high > greatest) greatest = high;
  }
  return least === undefined || greatest === undefined ? undefined : [least, greatest];
}

const isNumber = (value: unknown): value is StatisticsValue =>
  typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value));

const bad = (says: string) => new Failure("input", `the file ${says}`);
