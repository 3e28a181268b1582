/**
 * The tables of Arrow's schemas, field by field in the order of their FlatBuffers schema.
 *
 * @see https://github.com/apache/arrow/blob/main/format/Schema.fbs
 */
import type { Schema } from "./flatbuffer.ts";

const noFields = {};

export const arrowSchema: Schema = {
  tables: {
    Schema: { endianness: "int16", fields: "[Field]" },
    Field: {
      name: "string",
      nullable: "bool",
      type: "Type",
      dictionary: "DictionaryEncoding",
      children: "[Field]",
    },
    DictionaryEncoding: noFields,
    Null: noFields,
    Int: { bitWidth: "int32", isSigned: "bool" },
    FloatingPoint: { precision: "int16" },
    Binary: noFields,
    Utf8: noFields,
    Bool: noFields,
    Decimal: { precision: "int32", scale: "int32", bitWidth: "int32" },
    Date: { unit: "int16?" },
    Time: { unit: "TimeUnit?", bitWidth: "int32" },
    Timestamp: { unit: "TimeUnit", timezone: "string" },
    Interval: noFields,
    List: noFields,
    Struct_: noFields,
    Union: noFields,
    FixedSizeBinary: { byteWidth: "int32" },
    FixedSizeList: { listSize: "int32" },
    Map: noFields,
    Duration: { unit: "TimeUnit?" },
    LargeBinary: noFields,
    LargeUtf8: noFields,
    LargeList: noFields,
    RunEndEncoded: noFields,
    BinaryView: noFields,
    Utf8View: noFields,
    ListView: noFields,
    LargeListView: noFields,
  },
  unions: {
    Type: [
      "Null",
      "Int",
      "FloatingPoint",
      "Binary",
      "Utf8",
      "Bool",
      "Decimal",
      "Date",
      "Time",
      "Timestamp",
      "Interval",
      "List",
      "Struct_",
      "Union",
      "FixedSizeBinary",
      "FixedSizeList",
      "Map",
      "Duration",
      "LargeBinary",
      "LargeUtf8",
      "LargeList",
      "RunEndEncoded",
      "BinaryView",
      "Utf8View",
      "ListView",
      "LargeListView",
    ],
  },
  enums: { TimeUnit: { as: "int16", values: ["Second", "Millisecond", "Microsecond", "Nanosecond"] } },
};
