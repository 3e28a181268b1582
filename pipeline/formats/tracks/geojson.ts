/**
 * GeoJSON: features, their places, and the times in their properties.
 *
 * Longitude comes before latitude, always (RFC 7946, section 3.1.1). Where some position could not be one in that order, a
 * program has swapped the two, and no place is better than a wrong one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7946
 */
import type { Description, Position, Variable } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { FormatReader } from "../reader.ts";
import { textFormat } from "../text.ts";
import { isGeoJsonStart, tooDeep } from "./json-start.ts";
import { type Positions, positions } from "./positions.ts";
import { describedTrack, trackText } from "./track-file.ts";

const mediaType = "application/geo+json";

export const geojson: FormatReader = {
  name: "geojson",
  version: 1,
  files: textFormat(isGeoJsonStart, describeGeoJson),
};

/** Nesting of a document; a collection of geometries in a feature in a collection has 11. */
const mostDepth = 64;
/** Properties that are listed as variables, and bytes of the text of attributes. */
const mostProperties = 500;

type JsonObject = Readonly<Record<string, Json>>;

/** @throws Failure `input` where it is no GeoJSON */
async function describeGeoJson(file: RangeSource, world: World): Promise<Description> {
  const read = await trackText(file, mediaType);
  if ("tooLarge" in read) return read.tooLarge;
  const root = parsed(read.text);
  await world.sleep(0);
  world.signal.throwIfAborted();
  const features = featuresIn(root);
  const found = positions();
  const properties = new Map<string, Set<string>>();
  for (const feature of features) {
    const geometry = member(feature, "geometry");
    if (isObject(geometry)) addGeometry(geometry, found, 0);
    const own = member(feature, "properties");
    if (!isObject(own)) continue;
    addTimes(own, found);
    countProperties(own, properties);
  }
  const crs = foreignCrs(root);
  const isAlone = root.type === "Feature";
  const own = member(root, "properties");
  return withoutForeignPlace(
    describedTrack(
      {
        attributes: { ...scalarsOf(root), ...(isAlone && isObject(own) ? scalarsOf(own) : {}) },
        positions: found,
        dimensions: [{ name: "feature", size: features.length, kind: "other" }],
        variables: variablesOf(properties, features.length),
        misplaced: "no place",
        findings: [],
      },
      mediaType,
    ),
    crs,
  );
}

function parsed(text: string): JsonObject & { readonly type: string } {
  const depth = tooDeep(text, mostDepth);
  if (depth) throw new Failure("input", `it is nested more than ${mostDepth} deep`);
  try {
    const root: Json = JSON.parse(text);
    const type = isObject(root) ? member(root, "type") : undefined;
    if (isObject(root) && typeof type === "string" && (types.has(type) || type.startsWith("Feature")))
      return root as JsonObject & { readonly type: string };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure("input", `it is not JSON: ${shown(error.message, 200)}`);
  }
  throw new Failure("input", "it is JSON, but no feature, collection of features or geometry");
}

const types: ReadonlySet<string> = new Set([
  ...["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"],
]);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const member = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;
const listIn = (object: JsonObject, name: string): readonly Json[] => {
  const value = member(object, name);
  return Array.isArray(value) ? value : [];
};

function featuresIn(root: JsonObject & { readonly type: string }): readonly JsonObject[] {
  if (root.type === "FeatureCollection") return listIn(root, "features").filter(isObject);
  return root.type === "Feature" ? [root] : [{ geometry: root }];
}

function addGeometry(geometry: JsonObject, found: Positions, depth: number): void {
  const coordinates = listIn(geometry, "coordinates");
  const lists = coordinates.filter((each) => Array.isArray(each));
  switch (member(geometry, "type")) {
    case "Point":
      found.add("point", positionsIn([coordinates]));
      break;
    case "MultiPoint":
      found.add("point", positionsIn(coordinates));
      break;
    case "LineString":
      found.add("line", positionsIn(coordinates));
      break;
    case "MultiLineString":
      for (const line of lists) found.add("line", positionsIn(line));
      break;
    case "Polygon":
      addArea(coordinates, found);
      break;
    case "MultiPolygon":
      for (const area of lists) addArea(area, found);
      break;
    case "GeometryCollection":
      for (const inner of listIn(geometry, "geometries")) {
        if (isObject(inner) && depth < mostDepth) addGeometry(inner, found, depth + 1);
      }
  }
}

/** Holes are within the first ring, and do not change where an area is. */
function addArea([outer]: readonly Json[], found: Positions): void {
  if (Array.isArray(outer)) found.add("area", positionsIn(outer));
}

/** Without what is no position; NaN is none on Earth. */
function positionsIn(coordinates: readonly Json[]): Position[] {
  return coordinates.flatMap((position): Position[] => {
    if (!Array.isArray(position) || position.length === 0) return [];
    const [longitude, latitude] = position as readonly Json[];
    const isNumbers = typeof longitude === "number" && typeof latitude === "number";
    return [isNumbers ? [longitude, latitude] : [Number.NaN, Number.NaN]];
  });
}

/** Names of properties that are times, whatever their case, without `_`. */
const timeNames = new Set([
  ...["time", "times", "datetime", "timestamp", "date", "coordtimes", "coordinateproperties", "when"],
  ...["start", "end", "starttime", "endtime", "timestart", "timeend", "startdatetime", "enddatetime", "begin"],
]);

/** Moments in properties, one or lists of them (`coordTimes`), or in objects such as `when: {start, end}`. */
function addTimes(properties: JsonObject, found: Positions): void {
  for (const [name, value] of Object.entries(properties)) {
    if (timeNames.has(name.toLowerCase().replaceAll("_", ""))) addMoments(value, found, 0);
  }
}

function addMoments(value: Json, found: Positions, depth: number): void {
  if (typeof value === "string") found.addTime(value);
  else if (depth > 4) return;
  else if (Array.isArray(value)) for (const each of value) addMoments(each, found, depth + 1);
  else if (isObject(value)) addTimes(value, found);
}

function countProperties(properties: JsonObject, kinds: Map<string, Set<string>>): void {
  for (const [name, value] of Object.entries(properties)) {
    const kind = kinds.get(name) ?? new Set();
    if (!kinds.has(name) && kinds.size >= mostProperties) continue;
    kinds.set(name, kind);
    if (value !== null) kind.add(typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value);
  }
}

/** As geopandas reads them: a column for each property. */
function variablesOf(kinds: ReadonlyMap<string, ReadonlySet<string>>, size: number): readonly Variable[] {
  const typeOf = (kind: ReadonlySet<string>) => {
    const all = [...kind];
    if (all.length === 1 && all[0] === "integer") return "int64";
    if (all.length > 0 && all.every((each) => each === "integer" || each === "number")) return "float64";
    return all.length === 1 && all[0] === "boolean" ? "bool" : "string";
  };
  return [...kinds].map(([name, kind]) => ({
    name,
    dimensions: ["feature"],
    shape: [size],
    type: typeOf(kind),
    role: "data",
  }));
}

/** Members of an object that describe the whole: texts, numbers and lists of texts. */
function scalarsOf(object: JsonObject): Record<string, Json> {
  const isScalar = (value: Json) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return Object.fromEntries(
    Object.entries(object).filter(
      ([name, value]) =>
        !["type", "bbox", "coordinates"].includes(name) &&
        (isScalar(value) ||
          (Array.isArray(value) && value.length <= 100 && value.every((each) => typeof each === "string"))),
    ),
  );
}

/** The name of a coordinate system other than GeoJSON's own, which files of before 2016 may have. */
function foreignCrs(root: JsonObject): string | undefined {
  const crs = member(root, "crs");
  const properties = isObject(crs) ? member(crs, "properties") : undefined;
  const name = isObject(properties) ? member(properties, "name") : undefined;
  return typeof name === "string" && !/CRS84$|EPSG:.*4326$|WGS ?84$/i.test(name) ? name : undefined;
}

function withoutForeignPlace(description: Description, crs: string | undefined): Description {
  if (crs === undefined) return description;
  const { place, ...others } = description;
  const says = `its coordinates are those of ${shown(crs)}, which GeoJSON (RFC 7946) no longer has, so its place is not known`;
  const fix = "convert it to longitude and latitude (ogr2ogr -t_srs EPSG:4326)";
  const findings = others.findings.filter(({ rule }) => rule !== "impossible-place");
  return { ...others, findings: [...findings, { level: "warning", rule: "foreign-crs", says, fix }] };
}
