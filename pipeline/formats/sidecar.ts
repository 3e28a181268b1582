/**
 * The text of a sidecar, read: attributes, time and place, or everything that is wrong with it at once.
 *
 * `dataset_meta.yaml` describes the folder that it is in, `radar.png.meta.yaml` the file `radar.png` of the same folder.
 * Both have the same grammar, `schemas/dataset_meta.schema.json`. `dataset-meta.ts` documents what they are for.
 */
import { boxShape } from "../core/cf/place/geometry.ts";
import type { Bounds, DatasetFinding, Place, TimeExtent } from "../core/dataset/dataset.ts";
import { objectionTo, objectionToTime } from "../core/dataset/extent.ts";
import { instantOf, sinceEver, untilEver } from "../core/dataset/instant.ts";
import { Failure } from "../core/failure.ts";
import type { Json } from "../core/json.ts";
import { nearest } from "../core/text/nearest.ts";
import { shown } from "../core/text/shown.ts";
import { decodeUtf8, type Lines, type Node, readYaml } from "../core/yaml/yaml.ts";

/** The sidecar of a folder. */
export const folderSidecar = "dataset_meta.yaml";

/** What the name of a file's sidecar has after that of the file. */
const suffix = ".meta.yaml";

/** The sidecar of a file of this name. */
export const sidecarOf = (name: string) => `${name}${suffix}`;

/** The file that a sidecar of this name describes; `undefined` where it is no sidecar of a file. */
export function fileOfSidecar(name: string): string | undefined {
  return name.endsWith(suffix) && name.length > suffix.length ? name.slice(0, -suffix.length) : undefined;
}

/** Bytes of a sidecar; nesting in it. */
const most = { bytes: 1024 * 1024, depth: 8 } as const;

/** Bytes of a sidecar to read: one more than it may have. */
export const sidecarRange = { offset: 0, length: most.bytes + 1 } as const;

export interface Sidecar {
  readonly attributes: Readonly<Record<string, Json>>;
  readonly time?: TimeExtent;
  readonly place?: Place;
  readonly findings: readonly DatasetFinding[];
}

/** Where a text is read from, and what is wrong with it: all of it is reported at once. */
interface Reading {
  /** Name of the sidecar. */
  readonly file: string;
  readonly lines: Lines;
  object(at: Pick<Node, "start">, says: string): void;
}

/** Mistakes that are reported; further ones repeat these. */
const mostMistakes = 20;

/**
 * @param bytes the {@link sidecarRange} of the file; `undefined` where it is a folder
 * @param titled whether a title has to be among the attributes
 * @throws Failure `input` with every mistake and its line
 */
export function readSidecar(
  bytes: Uint8Array | undefined,
  { file, titled }: { readonly file: string; readonly titled: boolean },
): Sidecar {
  const bad = (says: string) => new Failure("input", `${shown(file)} ${says}`);
  if (!bytes) throw bad("is a folder, not a file");
  if (bytes.length > most.bytes) throw bad(`is larger than ${most.bytes} bytes`);
  const decoded = decodeUtf8(bytes);
  if (decoded.broken) throw bad(`can't be read: ${decoded.broken.message}`);
  const { documents, lines, broken } = readYaml(decoded.text.replace(/^\ufeff/, ""), { maxDepth: most.depth });
  const mistakes: { readonly line: number; readonly says: string }[] = [];
  const reading: Reading = {
    file,
    lines,
    object: ({ start }, says) => void mistakes.push({ line: lines.at(start).line, says }),
  };
  const top = documents[0] ? membersOf(documents[0], "it", reading) : new Map<string, Member>();
  const attributesAt = top.get("attributes")?.value;
  const attributes = attributesAt && !isNothing(attributesAt) ? attributesOf(attributesAt, reading) : {};
  const extent = top.get("extent")?.value;
  const extents = extent && !isNothing(extent) ? membersOf(extent, "extent", reading) : new Map<string, Member>();
  const temporal = temporalOf(extents.get("temporal")?.value, reading);
  const spatial = spatialOf(extents.get("spatial")?.value, reading);
  if (documents.length > 1) reading.object(documents[1]!, "a second document begins; a sidecar is one");

  if (broken) {
    // What is below it was not read, and the rest of its own line perhaps not as it was meant.
    const { line } = lines.at(broken.offset);
    throw bad(linesOf([...mistakes.filter((mistake) => mistake.line < line), { line, says: broken.message }]));
  }
  if (titled && !hasTitle(attributes)) {
    const says = `has no title: ${describeMissingTitle(Object.keys(attributes), [...top.keys()])}`;
    if (mistakes.length === 0) throw bad(says);
    reading.object(attributesAt ?? { start: 0 }, says);
  }
  if (mistakes.length > 0) throw bad(linesOf(mistakes));
  const unknown = [
    ...unknownIn(top, ["attributes", "extent"], reading),
    ...unknownIn(extents, ["temporal", "spatial"], reading),
  ];
  return {
    attributes,
    ...(temporal && { time: temporal.time }),
    ...(spatial && { place: { bounds: spatial, geometry: boxShape(spatial), source: "sidecar" } }),
    findings: [...unknown, ...(temporal?.findings ?? [])],
  };
}

interface Member {
  readonly key: Node;
  readonly value: Node;
}

/** Members of a mapping by key, the first of two alike; keys of strangers never become properties of an object. */
function membersOf(node: Node, what: string, { object }: Reading): Map<string, Member> {
  const members = new Map<string, Member>();
  if (node.kind !== "map") object(node, `${what} must be a mapping of names to values`);
  for (const { key, value } of node.kind === "map" ? node.entries : []) {
    if (key.kind !== "scalar") object(key, "a name must be plain text");
    else if (members.has(key.text)) object(key, `"${shown(key.text)}" stands twice in ${what}`);
    else members.set(key.text, { key, value });
  }
  return members;
}

function unknownIn(
  members: ReadonlyMap<string, Member>,
  known: readonly string[],
  { file, lines }: Reading,
): DatasetFinding[] {
  return [...members]
    .filter(([name]) => !known.includes(name))
    .map(([name, { key }]) => notRead(name, `${shown(file)} line ${lines.at(key.start).line}`, known));
}

function attributesOf(node: Node, reading: Reading): Readonly<Record<string, Json>> {
  const members = [...membersOf(node, "attributes", reading)];
  return Object.fromEntries(members.map(([name, { value }]) => [name, jsonOf(value, reading)]));
}

/** Scalars stay text, so that version 1.10 is not 1.1 and a date is what was written. */
function jsonOf(node: Node, reading: Reading): Json {
  switch (node.kind) {
    case "scalar":
      return isNothing(node) ? null : node.text;
    case "list":
      return node.items.map((item) => jsonOf(item, reading));
    case "map":
      return Object.fromEntries(
        [...membersOf(node, "a mapping", reading)].map(([key, { value }]) => [key, jsonOf(value, reading)]),
      );
    case "alias":
      reading.object(node, "aliases (*name) are not read; write the value out");
      return null;
  }
}

function temporalOf(
  node: Node | undefined,
  reading: Reading,
): { time: TimeExtent; findings: DatasetFinding[] } | undefined {
  if (!node || isNothing(node)) return undefined;
  const parts = partsOf(node, /[,/]/, reading);
  if (parts.length !== 2) {
    reading.object(node, `extent.temporal has ${parts.length} values; it wants [start, end]`);
    return undefined;
  }
  const instants = parts.map(({ text, at }) => {
    if (/^(?:|\.\.|null|~)$/i.test(text)) return "open";
    const instant = instantOf(text);
    if (instant) return { ...instant, text };
    const hint = "write 2024-08-10 or 2024-08-10T12:00:00Z";
    reading.object(at, `extent.temporal: "${shown(text)}" is no date; ${hint}`);
    return undefined;
  });
  const [first, last] = instants;
  if (first === undefined || last === undefined || (first === "open" && last === "open")) return undefined;
  const time = { start: first === "open" ? sinceEver : first.iso, end: last === "open" ? untilEver : last.iso };
  const objection = objectionToTime(time);
  if (objection) reading.object(node, `extent.temporal: ${objection}`);
  const findings = last !== "open" && !last.hasTime ? [endsAtMidnight(last.text)] : [];
  return { time: { ...time, source: "sidecar" }, findings };
}

function spatialOf(node: Node | undefined, reading: Reading): Bounds | undefined {
  if (!node || isNothing(node)) return undefined;
  const parts = partsOf(node, /[,\s]+/, reading);
  if (parts.length !== 4 && parts.length !== 6) {
    reading.object(node, `extent.spatial has ${parts.length} values; it wants [west, south, east, north]`);
    return undefined;
  }
  const numbers = parts.map(({ text, at }) => {
    if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return Number(text);
    reading.object(at, `extent.spatial: "${shown(text)}" is no number`);
    return Number.NaN;
  });
  if (numbers.some(Number.isNaN)) return undefined;
  // With six numbers the third and the last are heights (RFC 7946, section 5).
  const [west, south, east, north] = (
    numbers.length === 4 ? numbers : [...numbers.slice(0, 2), ...numbers.slice(3, 5)]
  ) as [number, number, number, number];
  const bounds = { ...longitudes(west, east), south, north };
  const objection = objectionTo(bounds);
  if (objection) reading.object(node, `extent.spatial: ${objection}; it wants [west, south, east, north]`);
  return bounds;
}

/** Longitudes of 0 … 360 as -180 … 180; anything beyond is left for the check to refuse. */
export function longitudes(west: number, east: number): Pick<Bounds, "west" | "east"> {
  const eastward = west >= 0 && east >= 0 && west <= 360 && east <= 360 && Math.max(west, east) > 180;
  if (!eastward) return { west, east };
  if (east - west === 360) return { west: -180, east: 180 };
  const [from, to] = [west > 180 ? west - 360 : west, east > 180 ? east - 360 : east];
  return { west: from === 180 && to < 0 ? -180 : from, east: to };
}

interface Part {
  readonly text: string;
  readonly at: Node;
}

/** A list, or one text with separators in it. */
function partsOf(node: Node, separator: RegExp, reading: Reading): Part[] {
  if (node.kind === "list") {
    return node.items.map((at) => ({ text: String(jsonOf(at, reading) ?? "").trim(), at }));
  }
  const value = jsonOf(node, reading);
  if (typeof value !== "string") return [];
  const texts = value.trim().split(separator);
  return texts.map((text) => ({ text: text.trim(), at: node }));
}

function isNothing(node: Node): boolean {
  return node.kind === "scalar" && node.style !== "quoted" && /^(?:|null|~)$/i.test(node.text.trim());
}

const hasTitle = (attributes: Sidecar["attributes"]) =>
  Object.entries(attributes).some(
    ([name, value]) => name.toLowerCase() === "title" && String(value ?? "").trim() !== "",
  );

/** What to do about a missing title: it is often there, misspelt or one level too high. */
function describeMissingTitle(attributes: readonly string[], unknown: readonly string[]): string {
  const misspelt = nearest("title", attributes);
  if (misspelt !== undefined && misspelt.toLowerCase() !== "title")
    return `write title in place of "${shown(misspelt)}"`;
  if (unknown.some((key) => key.toLowerCase() === "title")) return "move `title:` below `attributes:`, indented";
  return "add `title:` below `attributes:`";
}

const endsAtMidnight = (end: string): DatasetFinding => ({
  level: "hint",
  rule: "ends-at-midnight",
  says: `extent.temporal ends on ${shown(end)}, which is 00:00 UTC of that day`,
  fix: `write ${end.trim()}T23:59:59Z if the day belongs to it`,
});

const notRead = (key: string, where: string, known: readonly string[]): DatasetFinding => ({
  level: "hint",
  rule: "sidecar-unknown",
  says: `${where}: "${shown(key)}" is not read; known are ${known.join(" and ")}`,
});

/** One line of text, since it is shown in tables and comments, too. */
function linesOf(mistakes: readonly { readonly line: number; readonly says: string }[]): string {
  const inOrder = mistakes.toSorted((a, b) => a.line - b.line).map(({ line, says }) => `line ${line}: ${says}`);
  const listed = inOrder.slice(0, mostMistakes).join("; ");
  const more = inOrder.length > mostMistakes ? `; and ${inOrder.length - mostMistakes} more` : "";
  return inOrder.length === 1 ? listed : `has ${inOrder.length} mistakes: ${listed}${more}`;
}
