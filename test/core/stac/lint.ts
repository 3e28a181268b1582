/**
 * What STAC's JSON Schemas let pass although it is wrong.
 *
 * A schema sees one document and one value at a time. It accepts a bbox with west and east swapped, a variable with a
 * dimension that isn't there, a link to nothing, a collection that claims another extent than its items have. Here
 * those are rules, and the tests hold all that we make to them.
 */
import type { Geometry } from "../../../pipeline/core/dataset/dataset.ts";
import {
  type Box,
  boxAround,
  contains,
  objectionTo,
  positionsOf,
  spanOf,
} from "../../../pipeline/core/dataset/extent.ts";
import { compareInstants, isInstant, sinceEver, untilEver } from "../../../pipeline/core/dataset/instant.ts";
import type { Json } from "../../../pipeline/core/json.ts";
import type { Item, StacLink } from "../../../pipeline/core/stac/item.ts";
import { intervalOf } from "../../../pipeline/core/stac/summary.ts";

/** A rule that a document breaks. */
export interface Flaw {
  readonly level: "error";
  readonly rule: `stac-${string}`;
  readonly says: string;
}

type Members = Readonly<Record<string, Json>>;

/** An item, collection or catalog as it was read; nothing about it is certain. */
interface Document {
  readonly file: string;
  readonly content: Members;
}

/**
 * Every rule broken in the STAC documents among `files` (path in the portal → text): those that are JSON with a
 * `stac_version`. Each finding begins with the file it is about. Throws a `SyntaxError` where a `.json` is none.
 */
export function lintStac(files: ReadonlyMap<string, unknown>): Flaw[] {
  const documents = [...files].flatMap(([file, text]): Document[] => {
    if (!file.endsWith(".json") || typeof text !== "string") return [];
    const content: unknown = JSON.parse(text);
    return isObject(content) && "stac_version" in content ? [{ file, content }] : [];
  });
  const byFile = new Map(documents.map((document) => [document.file, document]));
  return [
    ...documents.flatMap(({ file, content }) => [
      ...within(file, content.type === "Feature" ? lintItem(content as unknown as Item) : []),
      ...within(file, lintLinks(file, content, files, byFile)),
    ]),
    ...sharedIds(documents),
    ...documents.flatMap(({ file, content }) =>
      content.type === "Collection" ? within(file, lintExtent(content, itemsBelow(file, byFile))) : [],
    ),
  ];
}

/** Rules about one item alone. */
export function lintItem(item: Item): Flaw[] {
  return [...lintPlace(item), ...lintTime(item), ...lintCube(item.properties), ...lintWords(item), ...lintAssets(item)];
}

function lintPlace({ bbox, geometry }: Item): Flaw[] {
  if (!bbox || !geometry) return bbox || geometry ? [broken("bbox", "bbox and geometry must stand together")] : [];
  const [west, south, east, north] = bbox;
  const objection = objectionTo({ west, south, east, north });
  if (objection) return [broken("bbox", `bbox: ${objection}`)];
  const positions = positionsOf(geometry as Geometry);
  const outside = positions.find((position) => !contains(bbox, position));
  if (outside) return [broken("bbox-geometry", `bbox [${bbox}] does not contain ${outside} of the geometry`)];
  const longitudes = positions.map(([longitude]) => longitude);
  const straight =
    longitudes.reduce((most, longitude) => Math.max(most, longitude), -180) -
    longitudes.reduce((least, longitude) => Math.min(least, longitude), 180);
  if (west > east && east + 360 - west > straight) {
    return [broken("bbox-order", `bbox [${bbox}] goes the long way round; are west and east swapped?`)];
  }
  return [];
}

function lintTime({ properties }: Item): Flaw[] {
  const fields = ["datetime", "start_datetime", "end_datetime", "created", "updated", "published"];
  const wrong = fields.filter((field) => typeof properties[field] === "string" && !isInstant(properties[field]));
  if (wrong.length > 0) {
    return wrong.map((field) =>
      broken("time", `${field} "${properties[field]}" is no UTC instant with at most six fraction digits`),
    );
  }
  const { start_datetime: start, end_datetime: end } = properties;
  if (typeof start === "string" && typeof end === "string" && compareInstants(start, end) > 0) {
    return [broken("time-order", `start_datetime ${start} is after end_datetime ${end}`)];
  }
  return [];
}

function lintCube(properties: Members): Flaw[] {
  const dimensions = objectAt(properties, "cube:dimensions");
  const variables = objectAt(properties, "cube:variables");
  const both = Object.keys(variables).filter((name) => Object.hasOwn(dimensions, name));
  const missing = Object.entries(variables).flatMap(([name, variable]) => {
    const used = isObject(variable) && Array.isArray(variable.dimensions) ? (variable.dimensions as string[]) : [];
    return used.filter((dimension) => !Object.hasOwn(dimensions, dimension)).map((dimension) => ({ name, dimension }));
  });
  const backwards = Object.entries(dimensions).filter(([, dimension]) => {
    const [from, to] = isObject(dimension) && Array.isArray(dimension.extent) ? dimension.extent : [];
    if (typeof from === "string" && typeof to === "string")
      return !isInstant(from) || !isInstant(to) || compareInstants(from, to) > 0;
    return typeof from === "number" && typeof to === "number" && from > to;
  });
  return [
    ...both.map((name) => broken("cube-names", `"${name}" is both a dimension and a variable`)),
    ...missing.map(({ name, dimension }) =>
      broken("cube-dimension", `variable "${name}" has a dimension "${dimension}" that isn't there`),
    ),
    ...backwards.map(([name]) => broken("cube-extent", `the extent of dimension "${name}" is no range`)),
  ];
}

function lintWords({ id, properties }: Item): Flaw[] {
  const keywords = (properties.keywords ?? []) as readonly string[];
  return [
    ...(id === "" ? [broken("id", "the id is empty")] : []),
    ...(String(properties.title ?? "").trim() === "" ? [broken("title", "the title is empty")] : []),
    ...(keywords.some((keyword) => keyword.trim() === "") ? [broken("keywords", "a keyword is empty")] : []),
    ...(new Set(keywords).size < keywords.length ? [broken("keywords", "a keyword stands twice")] : []),
  ];
}

function lintAssets({ assets }: Item): Flaw[] {
  return Object.entries(assets).flatMap(([key, { type, href }]) => [
    ...(typeof type === "string" && /zarr/.test(type) && !/^application\/vnd\.zarr(\+kerchunk\+json)?$/.test(type)
      ? [
          broken(
            "media-type",
            `asset "${key}" has the type ${type}; Zarr's is application/vnd.zarr, without parameters`,
          ),
        ]
      : []),
    ...(/^(?:javascript|data|file):/i.test(String(href)) ? [broken("asset", `asset "${key}" leads to ${href}`)] : []),
  ]);
}

function lintLinks(
  file: string,
  content: Members,
  files: ReadonlyMap<string, unknown>,
  byFile: ReadonlyMap<string, Document>,
): Flaw[] {
  const links = linksOf(content);
  const self = links.filter(({ rel }) => rel === "self");
  const dangling = links.filter(({ href }) => isRelative(href) && !files.has(resolved(file, href)));
  const wanted = content.type === "Feature" ? ["root", "parent"] : ["root"];
  const lacking = wanted.filter((rel) => !links.some((link) => link.rel === rel));
  const oneWay = links.filter(({ rel, href }) => {
    const target = byFile.get(resolved(file, href));
    return (rel === "child" || rel === "item") && target && !pointsBack(target, file);
  });
  const collection = links.find(({ rel }) => rel === "collection");
  const belongs = collection && byFile.get(resolved(file, collection.href))?.content;
  return [
    ...self.map(() => broken("self-link", "a self link can't be true in files that stand under many addresses")),
    ...dangling.map(({ rel, href }) =>
      broken("dangling-link", `the ${rel} link to ${href} leads to no file of the portal`),
    ),
    ...lacking.map((rel) => broken("missing-link", `has no ${rel} link`)),
    ...oneWay.map(({ rel, href }) => broken("one-way-link", `the ${rel} at ${href} names another parent`)),
    ...(content.type === "Feature" && belongs && belongs.id !== content.collection
      ? [
          broken(
            "collection",
            `its collection is "${content.collection}", its collection link leads to "${belongs.id}"`,
          ),
        ]
      : []),
  ];
}

const pointsBack = ({ file, content }: Document, parent: string) =>
  linksOf(content).some(({ rel, href }) => rel === "parent" && resolved(file, href) === parent);

function sharedIds(documents: readonly Document[]): Flaw[] {
  const first = new Map<string, string>();
  return documents.flatMap(({ file, content }) => {
    const key = `${content.type === "Feature" ? "item" : "catalog"} ${content.id}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, file);
    return other === undefined ? [] : within(file, [broken("shared-id", `has the id "${content.id}" of ${other}`)]);
  });
}

function lintExtent(collection: Members, items: readonly Item[]): Flaw[] {
  const spatial = objectAt(objectAt(collection, "extent"), "spatial").bbox as readonly Box[] | undefined;
  const temporal = objectAt(objectAt(collection, "extent"), "temporal").interval as
    | readonly (readonly (string | null)[])[]
    | undefined;
  const box = boxAround(items.flatMap(({ bbox }) => (bbox ? [bbox] : [])));
  const known = items.map(intervalOf).filter(({ start, end }) => start !== sinceEver || end !== untilEver);
  const span = spanOf(known);
  const [start, end] = [span?.start ?? sinceEver, span?.end ?? untilEver];
  const [from, to] = temporal?.[0] ?? [];
  return [
    ...(box && String(spatial?.[0]) !== String(box)
      ? [broken("collection-bbox", `claims the bbox [${spatial?.[0]}]; its items have [${box}]`)]
      : []),
    ...((from ?? sinceEver) !== start || (to ?? untilEver) !== end
      ? [broken("collection-interval", `claims ${from} to ${to}; its items have ${start} to ${end}`)]
      : []),
  ];
}

/** Items reached from a catalog or collection by its links, each once, however the links run. */
function itemsBelow(file: string, byFile: ReadonlyMap<string, Document>): Item[] {
  const seen = new Set([file]);
  for (const here of seen) {
    const document = byFile.get(here);
    const down = document ? linksOf(document.content).filter(({ rel }) => rel === "child" || rel === "item") : [];
    for (const { href } of down) seen.add(resolved(here, href));
  }
  const reached = [...seen].map((path) => byFile.get(path)?.content ?? {});
  return reached.filter(({ type }) => type === "Feature") as unknown as Item[];
}

function linksOf({ links }: Members): StacLink[] {
  const all = Array.isArray(links) ? (links as readonly Json[]) : [];
  return all.filter((link) => isObject(link) && typeof link.href === "string") as unknown as StacLink[];
}

const isRelative = (href: string) => !/^[a-z][a-z0-9+.-]*:/i.test(href);

/** The file of the portal that a relative link means; what climbs out of it keeps its `..` and is found nowhere. */
function resolved(from: string, href: string): string {
  const path = from.split("/").slice(0, -1);
  for (const part of href.split("/")) {
    const climbs = part === ".." && path.length > 0 && path.at(-1) !== "..";
    if (climbs) path.pop();
    else if (part !== ".") path.push(part);
  }
  return path.join("/");
}

function objectAt(content: Members, key: string): Members {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const within = (file: string, findings: readonly Flaw[]) =>
  findings.map((finding) => ({ ...finding, says: `${file}: ${finding.says}` }));

const broken = (rule: string, says: string): Flaw => ({ level: "error", rule: `stac-${rule}`, says });
