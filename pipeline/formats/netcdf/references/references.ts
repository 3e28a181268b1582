/**
 * A kerchunk reference of a NetCDF file: Zarr's metadata, and for each chunk its position in the file. Zarr readers then
 * fetch the parts of a file that they need, without a library for NetCDF and without the rest of the file.
 *
 * Each array is pointed to where its chunks are stored as Zarr (version 2, by numcodecs) can decode them (`pointers.ts`).
 * Texts, and arrays that are small, are put into the reference themselves (`inline.ts`). What has neither form is left out,
 * with the reason. All metadata is read, chunk indexes included; of values only those that are put in. Files that continue
 * one another have one reference together (`joined/`).
 *
 * @see https://fsspec.github.io/kerchunk/spec.html (version 1)
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
import { inOrder } from "../../../core/concurrency.ts";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { isFailure } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";
import { chunksPer, product } from "../../codecs/block.ts";
import type { References } from "../../reader.ts";
import type { NetcdfFile, NetcdfVariable } from "../file.ts";
import type { ZarrArray } from "./array.ts";
import { most, referenceDocument } from "./document.ts";
import { inlined, inlineTexts, isWorthInlining, mayBeInlined } from "./inline.ts";
import { pointersTo } from "./pointers.ts";
import { storageOf } from "./storage.ts";

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

  const document = referenceDocument();
  for (const { path, attributes } of file.groups) document.group(path, attributes);
  const arrays = inOrder(variables, atOnce, (variable) => arrayOf(variable, source, url));
  let at = 0;
  for await (const array of arrays) document.array(variables[at++]!, array);
  return document.finish();
}

/** Known before any chunk index is read. `shape` is as long as what is referenced together. */
export function tooManyChunks(
  variables: readonly Pick<NetcdfVariable, "name" | "shape" | "chunks">[],
): string | undefined {
  const counts = variables.map(({ shape, chunks }) => (chunks ? product(chunksPer(shape, chunks)) : 0));
  const sum = counts.reduce((all, each) => all + each, 0);
  if (sum <= most.chunks) return undefined;
  const largest = counts.indexOf(Math.max(...counts));
  return `its values are in ${sum} chunks, those of ${shown(variables[largest]!.name)} in ${counts[largest]}; a reference has at most ${most.chunks}`;
}

/** The array, or why it is left out. @throws as the source does. */
export async function arrayOf(variable: NetcdfVariable, source: RangeSource, url: string): Promise<ZarrArray | string> {
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
