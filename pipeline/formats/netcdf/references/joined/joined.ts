/**
 * One reference for several files that continue one another along a dimension, such as a file a day: what
 * `xarray.open_mfdataset(files, combine="by_coords")` reads, without opening any of them.
 *
 * The files are alike (`likeness.ts`) and have an order (`axis.ts`). Zarr's chunks are of one length, so that those of several
 * files are one array only where each file but the last has whole chunks (`arrays.ts`). Files are read twice, few at a time:
 * once to compare them, once for where their chunks are.
 *
 * @see https://fsspec.github.io/kerchunk/tutorial.html#combine-multiple-kerchunked-datasets
 */
import { inOrder } from "../../../../core/concurrency.ts";
import type { RangeSource } from "../../../../core/dataset/range-source.ts";
import { isFailure } from "../../../../core/failure.ts";
import { shown } from "../../../../core/text/shown.ts";
import type { FilePart, References } from "../../../reader.ts";
import type { NetcdfAttributes, NetcdfFile } from "../../file.ts";
import { referenceDocument } from "../document.ts";
import { arrayOf, tooManyChunks } from "../references.ts";
import { joinedArrays, totalShape } from "./arrays.ts";
import { axisBetween, orderOf, type Stretch, stretchOf } from "./axis.ts";
import { hasAxis, inCommon, unlikeness } from "./likeness.ts";
import { naming, type OpenPart, opened } from "./part.ts";

type Parse = (source: RangeSource) => Promise<NetcdfFile>;

const filesAtOnce = 4;

/**
 * The reference of `files` together, or in one sentence why there is none. Depends on nothing but them and their URLs.
 *
 * @throws Failure `unavailable` as the sources do.
 */
export async function joinedReferences(files: readonly FilePart[], parse: Parse): Promise<References> {
  try {
    const survey = await surveyOf(files, parse);
    return typeof survey === "string" ? { why: survey } : await referencesOf(survey, files, parse);
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return { why: error.message };
  }
}

interface Survey {
  readonly axis: string;
  /** In order. */
  readonly stretches: readonly Stretch[];
  /** Attributes that are the same in all files, by group or variable. */
  readonly attributes: ReadonlyMap<string, NetcdfAttributes>;
}

/** Compares each file with the first one. */
async function surveyOf(files: readonly FilePart[], parse: Parse): Promise<Survey | string> {
  const stretches: Stretch[] = [];
  const attributes = new Map<string, NetcdfAttributes>();
  let first: OpenPart | undefined;
  let axis: string | undefined;
  for await (const part of inOrder(files, filesAtOnce, (file) => opened(file, parse))) {
    if (!first) {
      first = part;
      for (const [key, value] of attributesIn(part.file)) attributes.set(key, value);
      continue;
    }
    if (axis === undefined) {
      const between = await axisBetween(first, part);
      if (typeof between === "string") return between;
      axis = between.axis;
      const stretch = await stretchOf(first, axis);
      if (typeof stretch === "string") return stretch;
      stretches.push(stretch);
    }
    const why = await naming(part.name, unlikeness(first, part, axis));
    if (why !== undefined) return why;
    const stretch = await naming(part.name, stretchOf(part, axis));
    if (typeof stretch === "string") return stretch;
    stretches.push(stretch);
    for (const [key, value] of attributesIn(part.file)) attributes.set(key, inCommon(attributes.get(key)!, value));
  }
  if (!first || axis === undefined) return "there is one file";
  const ordered = orderOf(stretches, axis);
  return typeof ordered === "string" ? ordered : { axis, stretches: ordered, attributes };
}

/** Groups before variables, which may have the same paths: keys of groups end in a slash. */
function attributesIn({ groups }: NetcdfFile): [key: string, NetcdfAttributes][] {
  return groups.flatMap(({ path, attributes, variables }) => [
    [groupKey(path), attributes] as [string, NetcdfAttributes],
    ...variables.map(({ name, attributes }): [string, NetcdfAttributes] => [name, attributes]),
  ]);
}

const groupKey = (path: string) => `${path}/`;

async function referencesOf(survey: Survey, files: readonly FilePart[], parse: Parse): Promise<References> {
  const { axis, stretches, attributes } = survey;
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = stretches.map(({ name }) => byName.get(name)!);
  const first = await opened(ordered[0]!, parse);
  const variables = first.file.groups.flatMap((group) => group.variables);
  const lengths = stretches.map(({ length }) => length);
  const tooMany = tooManyChunks(variables.map((each) => ({ ...each, shape: totalShape(each, axis, lengths) })));
  if (tooMany) return { why: tooMany };

  const along = variables.filter((variable) => hasAxis(variable, axis));
  const parts = inOrder(ordered, filesAtOnce, (file) => opened(file, parse));
  const arrays = await joinedArrays(first, along, { axis, stretches }, parts);
  if ("why" in arrays) return arrays;

  const document = referenceDocument();
  const common = (key: string, own: NetcdfAttributes, what: string) => {
    const same = attributes.get(key)!;
    const left = [...own.keys()].filter((name) => !same.has(name)).map((name) => shown(name));
    if (left.length > 0) document.leaveOut(left.join(", "), `not the same in all files, of ${what}`);
    return same;
  };
  for (const { path, attributes: own } of first.file.groups)
    document.group(path, common(groupKey(path), own, path === "" ? "the dataset" : shown(path)));
  for (const variable of variables) {
    const array = arrays.of.get(variable.name) ?? (await arrayOf(variable, first.source, first.url));
    const { name, dimensions } = variable;
    document.array({ name, dimensions, attributes: common(name, variable.attributes, shown(name)) }, array);
  }
  return document.finish();
}
