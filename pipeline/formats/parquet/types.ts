/** The types of Parquet in numpy's spelling. */
import type { SchemaElement } from "hyparquet";

export function typeOf({
  type,
  type_length: length,
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): string {
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return "object";
  switch (type) {
    case "BOOLEAN":
      return "bool";
    case "FLOAT":
      return "float32";
    case "DOUBLE":
      return "float64";
    case "INT96":
      return "datetime64[ns]";
    case "FIXED_LEN_BYTE_ARRAY":
      return logical?.type === "FLOAT16" ? "float16" : `S${length ?? 0}`;
    case "INT32":
    case "INT64":
      return integerOf(type, converted, logical);
    default:
      // Text and bytes of any length.
      return "object";
  }
}

const units: Readonly<Record<string, string>> = { MILLIS: "ms", MICROS: "us", NANOS: "ns" };

function integerOf(
  type: "INT32" | "INT64",
  converted: SchemaElement["converted_type"],
  logical: SchemaElement["logical_type"],
): string {
  if (converted === "DATE" || logical?.type === "DATE") return "datetime64[D]";
  if (logical?.type === "TIMESTAMP") return `datetime64[${units[logical.unit] ?? "us"}]`;
  if (converted === "TIMESTAMP_MILLIS" || converted === "TIMESTAMP_MICROS")
    return `datetime64[${converted === "TIMESTAMP_MILLIS" ? "ms" : "us"}]`;
  const [, unsigned, bits] = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? "") ?? [];
  if (bits !== undefined) return `${unsigned ? "u" : ""}int${bits}`;
  if (logical?.type === "INTEGER") return `${logical.isSigned ? "" : "u"}int${logical.bitWidth}`;
  return type === "INT32" ? "int32" : "int64";
}
