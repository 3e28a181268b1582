/**
 * Folders described by hand, in a `dataset_meta.yaml` beside the data.
 *
 * The way in for everything we can't look into: videos, photographs, log books. Beside data we can look into, it has
 * the last word ({@link withSidecar}), and where it says something else than the data do, both are told.
 *
 * ```yaml
 * attributes:
 *   title: Cloud camera videos            # the one thing that must be there
 *   creator_name: Ada Lovelace, Grace Hopper
 *   keywords: [clouds, camera]
 * extent:
 *   temporal: [2024-08-10, 2024-09-30T12:00:00Z]    # UTC where nothing else is said; null or ".." where open
 *   spatial: [-59.5, 13.1, -59.4, 13.2]             # west, south, east, north in degrees
 * ```
 */
import { boxShape } from "../core/cf/geometry.ts";
import type { Bounds, DatasetFinding, Description, Folder, Place, TimeExtent } from "../core/dataset.ts";
import { objectionTo, objectionToTime } from "../core/extent.ts";
import { Failure } from "../core/failure.ts";
import { instantOf, sinceEver, untilEver } from "../core/instant.ts";
import type { Json } from "../core/json.ts";
import { nearest } from "../core/nearest.ts";
import { shown } from "../core/shown.ts";
import type { World } from "../core/world.ts";
import { decodeUtf8, type Lines, type Node, readYaml } from "../core/yaml.ts";
import type { FormatReader } from "./reader.ts";

const file = "dataset_meta.yaml";
const version = 2;

/** Bytes of a sidecar; nesting in it; files of a folder that are listed. */
const most = { bytes: 1024 * 1024, depth: 8, files: 1000 } as const;

export const datasetMeta: FormatReader = {
  name: "dataset-meta",
  version,
  recognises: (names) => names.has(file),

  async describe(folder, world) {
    const { attributes, time, place, findings, unknown } = await readSidecar(folder, world);
    if (!hasTitle(attributes)) throw bad(`has no title: ${titleWanted(Object.keys(attributes), unknown)}`);
    const others = [...folder.entries].filter(([name]) => name !== file);
    const stores = others.map(([name]) => name).filter((name) => /\.zarr$/i.test(name));
    return {
      attributes,
      dimensions: [],
      variables: [],
      ...(time && { time }),
      ...(place && { place }),
      access: { format: "files", files: others.slice(0, most.files).map(([name, { size }]) => ({ name, size })) },
      findings: [
        ...findings,
        ...(others.length > most.files ? [manyFiles(others.length)] : []),
        ...(stores[0] === undefined ? [] : [aboveStore(stores[0])]),
      ],
    };
  },
};

/** `inner`, with a sidecar in the same folder having the last word. Its name stays; its version counts both. */
export function withSidecar(inner: FormatReader): FormatReader {
  return {
    ...inner,
    version: inner.version * 1000 + version,

    async describe(folder, world) {
      const description = await inner.describe(folder, world);
      return folder.entries.has(file) ? overridden(description, await readSidecar(folder, world)) : description;
    },
  };
}

interface Sidecar {
  readonly attributes: Readonly<Record<string, Json>>;
  readonly time?: TimeExtent;
  readonly place?: Place;
  readonly findings: readonly DatasetFinding[];
  /** Keys beside `attributes` and `extent`. */
  readonly unknown: readonly string[];
}

async function readSidecar(folder: Folder, world: World): Promise<Sidecar> {
  const bytes = await folder.read(file, world, { offset: 0, length: most.bytes + 1 });
  if (!bytes) throw bad("is a folder, not a file");
  if (bytes.length > most.bytes) throw bad(`is larger than ${most.bytes} bytes`);
  const decoded = decodeUtf8(bytes);
  if (decoded.broken) throw bad(`can't be read: ${decoded.broken.says}`);
  const { documents, lines, broken } = readYaml(decoded.text.replace(/^\ufeff/, ""), { maxDepth: most.depth });
  if (broken) throw bad(`line ${lines.at(broken.offset).line}: ${broken.says}`);
  if (documents.length > 1) throw bad("holds several documents");

  const top = documents[0] ? membersOf(documents[0], lines, "it") : new Map<string, Node>();
  const unknown = [...top.keys()].filter((key) => key !== "attributes" && key !== "extent");
  const attributes = top.get("attributes");
  const extent = top.get("extent");
  const extents = extent && !isNothing(extent) ? membersOf(extent, lines, "extent") : new Map<string, Node>();
  const temporal = temporalOf(extents.get("temporal"), lines);
  const spatial = spatialOf(extents.get("spatial"), lines);
  return {
    attributes: attributes && !isNothing(attributes) ? attributesOf(attributes, lines) : {},
    ...(temporal && { time: temporal.time }),
    ...(spatial && { place: { bounds: spatial, geometry: boxShape(spatial), source: "sidecar" } }),
    findings: [...unknown.slice(0, 1).map(notRead), ...(temporal?.findings ?? [])],
    unknown,
  };
}

/** Members of a mapping by key; keys of strangers never become properties of an object. */
function membersOf(node: Node, lines: Lines, what: string): Map<string, Node> {
  if (node.kind !== "map") throw badAt(node, lines, `${what} must be a mapping of names to values`);
  const members = new Map<string, Node>();
  for (const { key, value } of node.entries) {
    if (key.kind !== "scalar") throw badAt(key, lines, "a name must be plain text");
    if (members.has(key.text)) throw badAt(key, lines, `"${shown(key.text)}" stands twice in ${what}`);
    members.set(key.text, value);
  }
  return members;
}

function attributesOf(node: Node, lines: Lines): Readonly<Record<string, Json>> {
  const members = [...membersOf(node, lines, "attributes")];
  return Object.fromEntries(members.map(([name, value]) => [name, jsonOf(value, lines)]));
}

/** Scalars stay text, so that version 1.10 is not 1.1 and a date is what was written. */
function jsonOf(node: Node, lines: Lines): Json {
  switch (node.kind) {
    case "scalar":
      return isNothing(node) ? null : node.text;
    case "list":
      return node.items.map((item) => jsonOf(item, lines));
    case "map":
      return Object.fromEntries(
        [...membersOf(node, lines, "a mapping")].map(([key, value]) => [key, jsonOf(value, lines)]),
      );
    case "alias":
      throw badAt(node, lines, "aliases (*name) are not read; write the value out");
  }
}

function temporalOf(
  node: Node | undefined,
  lines: Lines,
): { time: TimeExtent; findings: DatasetFinding[] } | undefined {
  if (!node || isNothing(node)) return undefined;
  const parts = partsOf(node, /[,/]/, lines);
  if (parts.length !== 2) throw badAt(node, lines, `extent.temporal has ${parts.length} values; it wants [start, end]`);
  const [start, end] = parts.map((part) => (/^(?:|\.\.|null|~)$/i.test(part) ? undefined : part));
  if (start === undefined && end === undefined) return undefined;

  const read = (text: string) => {
    const instant = instantOf(text);
    if (instant) return instant;
    const says = `extent.temporal: "${shown(text)}" is no date; write 2024-08-10 or 2024-08-10T12:00:00Z`;
    throw badAt(node, lines, says);
  };
  const first = start === undefined ? undefined : read(start);
  const last = end === undefined ? undefined : read(end);
  const time = { start: first?.iso ?? sinceEver, end: last?.iso ?? untilEver };
  const objection = objectionToTime(time);
  if (objection) throw badAt(node, lines, `extent.temporal: ${objection}`);
  return { time: { ...time, source: "sidecar" }, findings: last && !last.hasTime ? [endsAtMidnight(end!)] : [] };
}

function spatialOf(node: Node | undefined, lines: Lines): Bounds | undefined {
  if (!node || isNothing(node)) return undefined;
  const texts = partsOf(node, /[,\s]+/, lines);
  const numbers = texts.map((text) =>
    /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN,
  );
  if (numbers.length !== 4 && numbers.length !== 6) {
    throw badAt(node, lines, `extent.spatial has ${numbers.length} values; it wants [west, south, east, north]`);
  }
  const wrong = numbers.findIndex(Number.isNaN);
  if (wrong >= 0) throw badAt(node, lines, `extent.spatial: "${shown(texts[wrong]!)}" is no number`);
  // With six numbers the third and the last are heights (RFC 7946, section 5).
  const [west, south, east, north] = (
    numbers.length === 4 ? numbers : [...numbers.slice(0, 2), ...numbers.slice(3, 5)]
  ) as [number, number, number, number];
  const bounds = { ...longitudes(west, east), south, north };
  const objection = objectionTo(bounds);
  if (objection) throw badAt(node, lines, `extent.spatial: ${objection}; it wants [west, south, east, north]`);
  return bounds;
}

/** Longitudes of 0 … 360 as -180 … 180; anything beyond is left for the check to refuse. */
function longitudes(west: number, east: number): Pick<Bounds, "west" | "east"> {
  const eastward = west >= 0 && east >= 0 && west <= 360 && east <= 360 && Math.max(west, east) > 180;
  if (!eastward) return { west, east };
  if (east - west === 360) return { west: -180, east: 180 };
  const [from, to] = [west > 180 ? west - 360 : west, east > 180 ? east - 360 : east];
  return { west: from === 180 && to < 0 ? -180 : from, east: to };
}

/** A list, or one text with separators in it. */
function partsOf(node: Node, separator: RegExp, lines: Lines): string[] {
  const value = jsonOf(node, lines);
  if (Array.isArray(value)) return (value as readonly Json[]).map((part) => (part === null ? "" : String(part).trim()));
  return typeof value === "string"
    ? value
        .trim()
        .split(separator)
        .map((part) => part.trim())
    : [];
}

function isNothing(node: Node): boolean {
  return node.kind === "scalar" && node.style !== "quoted" && /^(?:|null|~)$/i.test(node.text.trim());
}

const hasTitle = (attributes: Sidecar["attributes"]) =>
  Object.entries(attributes).some(
    ([name, value]) => name.toLowerCase() === "title" && String(value ?? "").trim() !== "",
  );

/** What to do about a missing title: it is often there, misspelt or one level too high. */
function titleWanted(attributes: readonly string[], unknown: readonly string[]): string {
  const misspelt = nearest("title", attributes);
  if (misspelt !== undefined && misspelt.toLowerCase() !== "title")
    return `write title in place of "${shown(misspelt)}"`;
  if (unknown.some((key) => key.toLowerCase() === "title")) return "move `title:` below `attributes:`, indented";
  return "add `title:` below `attributes:`";
}

/** What the sidecar says in place of what the data say, name by name, whatever their case. */
function overridden(description: Description, { attributes, time, place, findings }: Sidecar): Description {
  const named = new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const kept = Object.entries(description.attributes).filter(([name]) => !named.has(name.toLowerCase()));
  const disagreeing = Object.entries(description.attributes)
    .filter(([name, value]) => named.has(name.toLowerCase()) && !saysTheSame(value, named.get(name.toLowerCase())!))
    .map(([name, value]) => disagreement(name, textOf(named.get(name.toLowerCase())!), textOf(value)));
  const [ours, theirs] = [place?.bounds, description.place?.bounds];
  return {
    ...description,
    attributes: Object.fromEntries([...kept, ...Object.entries(attributes)]),
    ...(time && { time }),
    ...(place && { place }),
    findings: [
      ...description.findings,
      ...findings,
      ...disagreeing,
      ...(time &&
      description.time &&
      !(sameInstant(time.start, description.time.start) && sameInstant(time.end, description.time.end))
        ? [disagreement("extent.temporal", spanText(time), spanText(description.time))]
        : []),
      ...(ours && theirs && !sameBounds(ours, theirs)
        ? [disagreement("extent.spatial", boundsText(ours), boundsText(theirs))]
        : []),
    ],
  };
}

const textOf = (value: Json) => (Array.isArray(value) ? value.map(String).join(", ") : String(value));
const saysTheSame = (a: Json, b: Json) =>
  textOf(a).replace(/\s+/g, " ").trim() === textOf(b).replace(/\s+/g, " ").trim();
const spanText = ({ start, end }: TimeExtent) => `${start} to ${end}`;
const boundsText = ({ west, south, east, north }: Bounds) => `[${west}, ${south}, ${east}, ${north}]`;

/** People round to seconds, and to hundredths of a degree (about 1 km). */
const sameInstant = (a: string, b: string) => a.slice(0, 19) === b.slice(0, 19);
const sameBounds = (a: Bounds, b: Bounds) =>
  (["west", "south", "east", "north"] as const).every((edge) => Math.abs(a[edge] - b[edge]) <= 0.01);

const disagreement = (what: string, ours: string, theirs: string): DatasetFinding => ({
  level: "warning",
  rule: "sidecar-disagrees",
  says: `${shown(what)}: ${file} says "${shown(ours, 120)}", the data say "${shown(theirs, 120)}"; ${file} is believed`,
  fix: `correct the data, or take it out of ${file}`,
});

const endsAtMidnight = (end: string): DatasetFinding => ({
  level: "hint",
  rule: "ends-at-midnight",
  says: `extent.temporal ends on ${shown(end)}, which is 00:00 UTC of that day`,
  fix: `write ${end.trim()}T23:59:59Z if the day belongs to it`,
});

const notRead = (key: string): DatasetFinding => ({
  level: "hint",
  rule: "sidecar-unknown",
  says: `${file}: "${shown(key)}" is not read; known are attributes and extent`,
});

const aboveStore = (store: string): DatasetFinding => ({
  level: "warning",
  rule: "sidecar-above-store",
  says: `${shown(store)} is listed as a file: what ${file} describes is the folder, so nobody looks into the store`,
  fix: `move ${file} into ${shown(store)}, beside its .zgroup or zarr.json`,
});

const manyFiles = (found: number): DatasetFinding => ({
  level: "warning",
  rule: "many-files",
  says: `${found} files; the first ${most.files} are listed`,
  fix: "few large files serve readers better than many small ones",
});

/** The file is bad and stays bad; the scan records it as this dataset's failure. */
const bad = (says: string) => new Failure("input", `${file} ${says}`);

function badAt({ start }: Node, lines: Lines, says: string): Failure {
  return bad(`line ${lines.at(start).line}: ${says}`);
}
