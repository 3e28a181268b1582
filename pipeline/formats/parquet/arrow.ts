/**
 * What Arrow's schema adds to the columns of a Parquet file: units, names, and whatever else their metadata have.
 *
 * Arrow's writers store it in the footer, as the text `ARROW:schema`: a message of its IPC format in base 64.
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
 */
import type { Attributes } from "../../core/cf/variable.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import { arrowSchema } from "../codecs/arrow-schema.ts";
import { type Decoded, type DecodedTable, decodeFlatbuffer, type Schema } from "../codecs/flatbuffer.ts";

const message: Schema = {
  ...arrowSchema,
  tables: {
    ...arrowSchema.tables,
    Message: { version: "int16", header: "MessageHeader" },
    Field: { ...arrowSchema.tables.Field, metadata: "[KeyValue]" },
    KeyValue: { key: "string", value: "string" },
  },
  unions: { ...arrowSchema.unions, MessageHeader: ["Schema"] },
};

/** Of one column: keys, and characters of all of them. */
const most = { keys: 100, characters: 50_000 } as const;

/** Metadata of the table's own columns, by their names. What can't be read is a finding: the columns are there without it. */
export function columnAttributes(text: string, findings: DatasetFinding[]): Map<string, Attributes> {
  const columns = new Map<string, Attributes>();
  try {
    const { header } = decodeFlatbuffer(flatbufferIn(text), "Message", message);
    for (const { name, metadata } of tablesIn(isTable(header) ? header.fields : undefined)) {
      if (typeof name === "string") columns.set(name, attributesIn(metadata));
    }
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    const says = `ARROW:schema, which has units and names of columns, is left out: ${shown(error.message, 200)}`;
    findings.push({ level: "warning", rule: "left-out", says });
  }
  return columns;
}

/** Without the length in front of it, which follows a mark since version 0.15 of the format. */
function flatbufferIn(text: string): Uint8Array {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  // A browser has no `Buffer`.
  const bytes = Uint8Array.from(isBase64 ? atob(text) : "", (character) => character.charCodeAt(0));
  const isMarked = bytes.subarray(0, 4).every((byte) => byte === 0xff);
  return bytes.subarray(isMarked ? 8 : 4);
}

const isTable = (value: Decoded | undefined): value is DecodedTable =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);

const tablesIn = (value: Decoded | undefined): readonly DecodedTable[] =>
  Array.isArray(value) ? value.filter(isTable) : [];

function attributesIn(metadata: Decoded | undefined): Attributes {
  const attributes: Record<string, Json> = Object.create(null);
  let left: number = most.characters;
  for (const { key, value } of tablesIn(metadata).slice(0, most.keys)) {
    if (typeof key !== "string" || typeof value !== "string" || /^(?:PARQUET|ARROW):/.test(key)) continue;
    left -= key.length + value.length;
    if (left < 0) break;
    attributes[key] = value;
  }
  return attributes;
}
