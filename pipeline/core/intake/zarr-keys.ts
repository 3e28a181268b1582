/** The files of a Zarr store, from its consolidated metadata: a server of files over HTTP lists none. */
import { Failure } from "../failure.ts";
import { isRecord, type Json } from "../json.ts";

/** Files of one store. */
export const mostKeys = 200_000;

/**
 * Keys of all files that the store may have, metadata first. Chunks of which all values are the fill value are often absent.
 *
 * @throws Failure `input` where the metadata are not consolidated, or describe more than {@link mostKeys} files.
 */
export function keysOf(metadata: Json): string[] {
  const keys = isRecord(metadata) && metadata.zarr_format === 3 ? keysOf3(metadata) : keysOf2(metadata);
  if (keys.length > mostKeys) throw tooMany();
  return keys;
}

const tooMany = () => new Failure("input", `the store has more than ${mostKeys} files`);

function keysOf2(metadata: Json): string[] {
  const entries = isRecord(metadata) && isRecord(metadata.metadata) ? Object.entries(metadata.metadata) : [];
  if (entries.length === 0) throw new Failure("input", "its metadata are not consolidated");
  const files = entries.map(([key]) => key).filter(isKey);
  const keys = [".zmetadata", ...files];
  for (const [key, array] of entries) {
    if (!key.endsWith(".zarray") || !isKey(key) || !isRecord(array)) continue;
    const separator = array.dimension_separator === "/" ? "/" : ".";
    addChunks(keys, key.slice(0, -".zarray".length), array.shape, array.chunks, separator, "");
  }
  return keys;
}

function keysOf3(metadata: Readonly<Record<string, unknown>>): string[] {
  const consolidated = isRecord(metadata.consolidated_metadata) ? metadata.consolidated_metadata.metadata : undefined;
  const nodes: [string, unknown][] = isRecord(consolidated) ? Object.entries(consolidated) : [];
  if (nodes.length === 0 && metadata.node_type !== "array")
    throw new Failure("input", "its metadata are not consolidated");
  const keys = ["zarr.json"];
  for (const [path, node] of [["", metadata] as [string, unknown], ...nodes]) {
    const below = path === "" ? "" : `${path}/`;
    if (path !== "" && !isKey(path)) continue;
    if (path !== "") keys.push(`${below}zarr.json`);
    if (!isRecord(node) || node.node_type !== "array") continue;
    const grid =
      isRecord(node.chunk_grid) && isRecord(node.chunk_grid.configuration) ? node.chunk_grid.configuration : {};
    const encoding = isRecord(node.chunk_key_encoding) ? node.chunk_key_encoding : {};
    const configured = isRecord(encoding.configuration) ? encoding.configuration.separator : undefined;
    const isDefault = encoding.name !== "v2";
    const separator = typeof configured === "string" ? configured : isDefault ? "/" : ".";
    addChunks(keys, below, node.shape, grid.chunk_shape, separator, isDefault ? `c${separator}` : "");
  }
  return keys;
}

function addChunks(keys: string[], below: string, shape: unknown, chunks: unknown, separator: string, prefix: string) {
  const lengths = numbersIn(shape);
  const sizes = numbersIn(chunks);
  if (!lengths || !sizes || lengths.length !== sizes.length)
    throw new Failure("input", `the array ${below} has no shape`);
  if (lengths.length === 0) {
    keys.push(below + (prefix === "" ? "0" : "c"));
    return;
  }
  const counts = lengths.map((length, i) => Math.ceil(length / Math.max(1, sizes[i]!)));
  const count = counts.reduce((product, each) => product * each, 1);
  if (!(keys.length + count <= mostKeys)) throw tooMany();
  for (let at = 0; at < count; at++) {
    let rest = at;
    const index = counts.toReversed().map((each) => {
      const position = rest % each;
      rest = Math.floor(rest / each);
      return position;
    });
    keys.push(below + prefix + index.reverse().join(separator));
  }
}

function numbersIn(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((each) => Number.isSafeInteger(each) && each >= 0) ? (value as number[]) : undefined;
}

/** Whether a key stays inside of the store. */
const isKey = (key: string) =>
  key.split("/").every((name) => !["", ".", ".."].includes(name) && !/[\x00-\x1f\\]/.test(name));
