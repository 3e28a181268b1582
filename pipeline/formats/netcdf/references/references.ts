/**
 * A kerchunk reference of a NetCDF file: Zarr's metadata, and for each chunk where in the file it lies. Zarr readers then
 * fetch the parts of a file that they need, without a library for NetCDF and without the rest of the file.
 *
 * Each array is pointed to where its chunks are stored as Zarr (version 2, by numcodecs) can decode them (`pointers.ts`).
 * Texts, and arrays that are small, are put into the reference themselves (`inline.ts`). What has neither form is left out,
 * with the reason. All metadata is read, chunk indexes included; of values only those that are put in.
 *
 * @see https://fsspec.github.io/kerchunk/spec.html (version 1)
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
import { inOrder } from "../../../core/concurrency.ts";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { isFailure } from "../../../core/failure.ts";
import { stableJson } from "../../../core/json.ts";
import { formatBytes, shown } from "../../../core/text/shown.ts";
import { chunksPer, product } from "../../codecs/block.ts";
import type { References } from "../../reader.ts";
import type { NetcdfFile, NetcdfVariable } from "../file.ts";
import { attributesFor, type Reference, type ZarrArray, zarrayOf } from "./array.ts";
import { exactJson } from "./exact-json.ts";
import { inlined, inlineTexts, isWorthInlining, mayBeInlined } from "./inline.ts";
import { pointersTo } from "./pointers.ts";
import { storageOf } from "./storage.ts";

/** Chunks in one reference, and its bytes as JSON. */
export const most = { chunks: 100_000, bytes: 16 * 2 ** 20 } as const;

/** Variables whose chunk indexes are read at once. */
const atOnce = 16;

/**
 * The reference of `file`, whose bytes are `source` and are at `url`. Depends on nothing but those.
 *
 * @throws Failure `unavailable` as the source does.
 */
export async function referencesTo(file: NetcdfFile, source: RangeSource, url: string): Promise<References> {
  const variables = file.groups.flatMap((group) => group.variables);
  const tooMany = tooManyChunks(variables);
  if (tooMany) return { why: tooMany };

  const references = new Map<string, Reference>();
  const leftOut: string[] = [];
  const leave = (name: string, why: string) => leftOut.push(`${shown(name, 120)}: ${shown(why, 300)}`);
  const put = (path: string, key: string, reference: Reference) =>
    references.set(path === "" ? key : `${path}/${key}`, reference);

  for (const { path, attributes } of file.groups) {
    if (!isUsable(path)) continue;
    put(path, ".zgroup", '{"zarr_format":2}');
    const { attributes: json, unnamed } = attributesFor(attributes);
    put(path, ".zattrs", exactJson(json));
    for (const name of unnamed) leave(path === "" ? name : `${name} of ${path}`, noAttribute);
  }
  const usable = variables.filter(({ name }) => isUsable(name) || leave(name, "Zarr has no arrays of that name") < 0);
  for await (const { variable, array } of inOrder(usable, atOnce, async (variable) => ({
    variable,
    array: await arrayOf(variable, source, url),
  }))) {
    const { name } = variable;
    if (typeof array === "string") {
      leave(name, array);
      continue;
    }
    const { attributes, unnamed } = attributesFor(variable.attributes, array.attributes);
    put(name, ".zarray", zarrayOf(array));
    put(name, ".zattrs", exactJson({ ...attributes, _ARRAY_DIMENSIONS: variable.dimensions.map(baseName) }));
    for (const [key, reference] of array.chunks) put(name, key, reference);
    for (const attribute of unnamed) leave(`${attribute} of ${name}`, noAttribute);
  }
  const consolidated = file.groups.length > 1;
  if (consolidated) references.set(".zmetadata", consolidatedIn(references));
  return finished(references, leftOut, consolidated);
}

const noAttribute = "an attribute of this type has no form in JSON";

/** Where there are groups: without it, zarr-python lists what is in a group, and finds nothing in those below the root. */
function consolidatedIn(references: ReadonlyMap<string, Reference>): string {
  const metadata = [...references].flatMap(([key, json]) =>
    typeof json === "string" && /(^|\/)\.z\w+$/.test(key) ? `${JSON.stringify(key)}:${json}` : [],
  );
  return `{"zarr_consolidated_format":1,"metadata":{${metadata.join(",")}}}`;
}

function finished(
  references: ReadonlyMap<string, Reference>,
  leftOut: readonly string[],
  consolidated: boolean,
): References {
  const pieces = [...references.values()].filter((reference) => typeof reference !== "string").length;
  if (pieces > most.chunks)
    return { why: `its values are in ${pieces} chunks; a reference has at most ${most.chunks}` };
  const json = stableJson({ version: 1, refs: Object.fromEntries(references) });
  if (json.length > most.bytes)
    return {
      why: `a reference of it has ${formatBytes(json.length)}; at most ${formatBytes(most.bytes)} are published`,
    };
  return { json, consolidated, leftOut };
}

/** Known before any chunk index is read. */
function tooManyChunks(variables: readonly NetcdfVariable[]): string | undefined {
  const counts = variables.map(({ shape, chunks }) => (chunks ? product(chunksPer(shape, chunks)) : 0));
  const sum = counts.reduce((all, each) => all + each, 0);
  if (sum <= most.chunks) return undefined;
  const largest = counts.indexOf(Math.max(...counts));
  return `its values are in ${sum} chunks, those of ${shown(variables[largest]!.name)} in ${counts[largest]}; a reference has at most ${most.chunks}`;
}

/** The array, or why it is left out. */
async function arrayOf(variable: NetcdfVariable, source: RangeSource, url: string): Promise<ZarrArray | string> {
  if (variable.problem) return variable.problem;
  try {
    if (variable.type === "string") return await inlineTexts(variable);
    const storage = await storageOf(variable);
    if (typeof storage === "string") return storage;
    if (isWorthInlining(variable, storage, url)) return await inlined(variable);
    const pointed = await pointersTo(variable, storage, source, url);
    return typeof pointed === "string" && mayBeInlined(variable, storage) ? await inlined(variable) : pointed;
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return error.message;
  }
}

/** Zarr's keys are paths: those that file systems read otherwise, and those of metadata, are none of an array's. */
const isUsable = (path: string) =>
  path === "" ||
  path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !part.startsWith(".z"));

const baseName = ({ name }: { readonly name: string }) => name.slice(name.lastIndexOf("/") + 1);
