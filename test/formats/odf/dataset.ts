/**
 * Open Data Fabric datasets for tests, written by a schema with the `flatbuffers` package's builder.
 *
 * ```ts
 * const files = odfDataset([seed, { kind: "SetInfo", description: "Buoys" }]); // Map of refs/head, blocks/f1620…
 * ```
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Builder } from "flatbuffers";
import { base16 } from "multiformats/bases/base16";
import type { Schema } from "../../../pipeline/formats/codecs/flatbuffer.ts";
import { sha3Of } from "../../../pipeline/formats/odf/block.ts";
import { odfSchema } from "../../../pipeline/formats/odf/schema.ts";
import { folderOf } from "../../fakes/folder.ts";

type Values = Readonly<Record<string, unknown>>;
export type Files = ReadonlyMap<string, Uint8Array>;

export const seed = { kind: "Seed", datasetId: `did:odf:fed01${"07".repeat(32)}`, datasetKind: "Root" };

/** Rows and bytes of two slices, made by `files/make.py`. */
export const slices = [
  { name: "first.parquet", start: 0, end: 4 },
  { name: "second.parquet", start: 5, end: 11 },
].map((slice) => ({ ...slice, bytes: new Uint8Array(readFileSync(join(import.meta.dirname, "files", slice.name))) }));

/** Bytes of a table, by the names of its fields. */
export function encode(table: string, values: Values, schema: Schema = odfSchema): Uint8Array {
  const builder = new Builder(256);
  builder.finish(writeTable(builder, table, values, schema));
  return builder.asUint8Array().slice();
}

function writeTable(builder: Builder, table: string, values: Values, schema: Schema): number {
  const fields = Object.entries(schema.tables[table]!);
  let index = 0;
  const slots = fields.map(([field, type]) => {
    const slot = { type, index, value: values[field] };
    index += type in schema.unions ? 2 : 1;
    return slot;
  });
  const present = slots.filter(({ value }) => value !== undefined);
  // What a table refers to is written before it.
  const offsets = present.map(({ type, value }) => writeReferred(builder, type, value, schema));
  builder.startObject(index);
  for (const [i, { type, index: slot, value }] of present.entries())
    writeField(builder, type, slot, value, offsets[i], schema);
  return builder.endObject();
}

/** The offset of what the field refers to; `undefined` for numbers and structs, which are in the table. */
function writeReferred(builder: Builder, type: string, value: unknown, schema: Schema): number | undefined {
  if (type in schema.unions) {
    const { kind, ...values } = value as Values & { kind: string };
    return writeTable(builder, memberOf(type, kind, schema), values, schema);
  }
  if (type === "string") return builder.createString(value as string);
  if (type === "bytes") return builder.createByteVector(value as Uint8Array);
  if (type === "hash") return builder.createByteVector(base16.decode(value as string));
  if (type === "did") return builder.createByteVector(base16.decode((value as string).slice("did:odf:".length)));
  if (type.startsWith("[")) {
    const inner = type.slice(1, -1);
    const entries = (value as readonly unknown[]).map((entry) => writeReferred(builder, inner, entry, schema)!);
    builder.startVector(4, entries.length, 4);
    for (const entry of entries.toReversed()) builder.addOffset(entry);
    return builder.endVector();
  }
  return type in schema.tables ? writeTable(builder, type, value as Values, schema) : undefined;
}

const memberOf = (union: string, kind: string, schema: Schema) =>
  schema.unions[union]!.find((member) => member === kind || member === `${union}${kind}`)!;

function writeField(
  builder: Builder,
  type: string,
  slot: number,
  value: unknown,
  offset: number | undefined,
  schema: Schema,
): void {
  const plain = type.replace(/\?$/, "");
  const union = schema.unions[type];
  if (union) {
    builder.addFieldInt8(slot, union.indexOf(memberOf(type, (value as { kind: string }).kind, schema)) + 1, 0);
    builder.addFieldOffset(slot + 1, offset!, 0);
  } else if (offset !== undefined) builder.addFieldOffset(slot, offset, 0);
  else if (plain in schema.enums) {
    const { as, values } = schema.enums[plain]!;
    const number = values.indexOf(value as string);
    builder.forceDefaults(true);
    if (as === "int16") builder.addFieldInt16(slot, number, 0);
    else builder.addFieldInt32(slot, number, 0);
  } else if (plain === "timestamp") builder.addFieldStruct(slot, writeTime(builder, value as string), 0);
  else if (plain === "bool") builder.addFieldInt8(slot, value ? 1 : 0, -1);
  else if (plain === "int16") builder.addFieldInt16(slot, value as number, 0);
  else if (plain === "int32" || plain === "uint32") builder.addFieldInt32(slot, value as number, 0);
  else builder.addFieldInt64(slot, BigInt(value as number), type.endsWith("?") ? -1n : 0n);
}

function writeTime(builder: Builder, time: string): number {
  const date = new Date(time);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "0";
  builder.prep(4, 16);
  builder.writeInt32(Number(fraction.padEnd(9, "0")));
  builder.writeInt32(Math.floor((date.getTime() - midnight) / 1000));
  builder.pad(2);
  builder.writeInt16((midnight - Date.UTC(date.getUTCFullYear(), 0, 0)) / 86_400_000);
  builder.writeInt32(date.getUTCFullYear());
  return builder.offset();
}

export interface BlockOptions {
  readonly version?: number;
  readonly systemTime?: string;
  readonly prevBlockHash?: string | undefined;
  readonly sequenceNumber?: number;
}

export function encodeBlock(event: Values, { version = 3, ...block }: BlockOptions = {}): Uint8Array {
  const content = encode("MetadataBlock", {
    systemTime: "2024-08-12T06:00:00Z",
    sequenceNumber: 0,
    ...block,
    event,
  });
  return encode("Manifest", { kind: 0x400000, version, content });
}

/** The files of a dataset with these events, oldest first, and with `data`, each named by its hash. */
export function odfDataset(events: readonly Values[], data: readonly Uint8Array[] = []): Map<string, Uint8Array> {
  const files = new Map(data.map((bytes) => [`data/${sha3Of(bytes)}`, bytes]));
  let prevBlockHash: string | undefined;
  for (const [sequenceNumber, event] of events.entries()) {
    const bytes = encodeBlock(event, { sequenceNumber, prevBlockHash });
    prevBlockHash = sha3Of(bytes);
    files.set(`blocks/${prevBlockHash}`, bytes);
  }
  return files.set("refs/head", new TextEncoder().encode(prevBlockHash));
}

/** In memory, as a reader of formats sees it. */
export const folderWith = (files: Files) => folderOf(Object.fromEntries(files));
