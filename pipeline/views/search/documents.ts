/** What the scan found, as documents of the search index. */
import type { Json } from "../../core/json.ts";
import type { SearchDocument } from "../../core/search/index/document.ts";
import type { DatasetEntry, Entry } from "../../core/stac/catalog-entry.ts";

/** What is listed: each path one time. A folder that is a dataset and has other files is listed as the dataset. */
export function listed(entries: readonly Entry[]): readonly Entry[] {
  const datasets = datasetPaths(entries);
  return entries.filter(({ kind, path }) => kind === "dataset" || !datasets.has(path));
}

/**
 * A document for each path that is listed, made when it is asked for: those of very many datasets do not fit into memory. Other
 * files in the folder of a dataset find the dataset.
 */
export function documentsOf(entries: readonly Entry[]): {
  readonly paths: readonly string[];
  /** @param i of the path in `paths`. */
  readonly at: (i: number) => SearchDocument;
} {
  const datasets = datasetPaths(entries);
  const others = new Map<string, readonly string[]>();
  for (const entry of entries)
    if (entry.kind === "plain" && entry.names && datasets.has(entry.path)) others.set(entry.path, entry.names);
  const all = listed(entries);
  return {
    paths: all.map(({ path }) => path),
    at(i) {
      const document = documentOf(all[i]!);
      const names = others.get(document.path);
      return names ? { ...document, names: [...document.names, ...names] } : document;
    },
  };
}

const datasetPaths = (entries: readonly Entry[]) =>
  new Set(entries.filter(({ kind }) => kind === "dataset").map(({ path }) => path));

export function documentOf(entry: Entry): SearchDocument {
  if (entry.kind === "dataset") return datasetOf(entry);
  const title = entry.path.slice(entry.path.lastIndexOf("/") + 1);
  const media = entry.kind === "plain" ? entry.plain.media?.mediaType : undefined;
  return {
    path: entry.path,
    title,
    kind: entry.kind,
    texts: [],
    names: (entry.kind === "plain" ? entry.names : undefined) ?? [],
    values: { kind: [entry.kind], format: [entry.kind === "failed" ? entry.reader : (media ?? entry.plain.kind)] },
  };
}

function datasetOf({ path, reader, item }: DatasetEntry): SearchDocument {
  const { properties, bbox } = item;
  const { start_datetime: start, end_datetime: end, datetime } = properties;
  const isTimeKnown = properties["fieldtree:time_source"] !== "unknown";
  const from = isTimeKnown ? (start ?? datetime) : undefined;
  const variables = Object.entries((properties["cube:variables"] ?? {}) as Record<string, Record<string, Json>>);
  return {
    path,
    title: textOf(properties.title) ?? path,
    kind: "dataset",
    ...(typeof from === "string" && { time: [from, textOf(end) ?? from] }),
    ...(bbox && { bbox }),
    texts: [properties.description, ...variables.map(([, variable]) => variable.description)].flatMap(
      (text) => textOf(text) ?? [],
    ),
    names: listOf(properties["fieldtree:members"]).flatMap((member) => textOf((member as { path: Json }).path) ?? []),
    values: {
      // Measured variables first: of very many, only the first ones are indexed.
      variable: [
        ...variables.filter(([, { type }]) => type === "data"),
        ...variables.filter(([, { type }]) => type !== "data"),
      ].flatMap(([name, variable]) => [name, ...textsOf([variable["cf:standard_name"]])]),
      platform: textsOf([properties.platform]),
      instrument: textsOf(listOf(properties.instruments)),
      project: textsOf(listOf(properties["fieldtree:projects"])),
      keyword: textsOf(listOf(properties.keywords)),
      person: textsOf(listOf(properties.contacts).map((contact) => (contact as { name: Json }).name)),
      format: [reader],
      kind: ["dataset"],
      level: textsOf([properties["processing:level"]]),
      license: textsOf([properties.license]),
    },
  };
}

const textOf = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
const textsOf = (values: readonly (Json | undefined)[]) => values.filter((value) => typeof value === "string");
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
