/** Kinds of text: JSON, XML and what is written in either, tables, and plain text. Text is UTF-8, or UTF-16 with a byte order mark. */

import type { FileKind } from "../../core/dataset/file-kind.ts";
import { jsonIn } from "../../core/json.ts";

const plainText: FileKind = { name: "plain text", mediaType: "text/plain" };
const otherText: FileKind = { name: "text in an unknown encoding", mediaType: "text/plain" };

/** `isCut`: whether the file goes on behind `start`. */
export function textKind(start: Uint8Array, isCut: boolean): FileKind | undefined {
  if (start.length === 0) return undefined;
  const text = decoded(start, isCut);
  if (text === undefined) return isLatin(start) ? otherText : undefined;
  return jsonKind(text, isCut) ?? xmlKind(text) ?? tableKind(text, isCut) ?? plainText;
}

/** Characters that text has none of: C0 controls but tab, line ends, form feed and escape, which begins a colour. */
const controls = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/;

function decoded(start: Uint8Array, isCut: boolean): string | undefined {
  const encoding =
    start[0] === 0xff && start[1] === 0xfe ? "utf-16le" : start[0] === 0xfe && start[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    // With `stream`, the last character may be incomplete.
    const text = new TextDecoder(encoding, { fatal: true }).decode(start, { stream: isCut });
    return controls.test(text) ? undefined : text;
  } catch {
    // Bytes that are no text in this encoding.
    return undefined;
  }
}

/** Whether nearly all bytes are printable ASCII and the others are letters or signs in Latin-1, such as "°". */
function isLatin(start: Uint8Array): boolean {
  let others = 0;
  for (const byte of start) {
    if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 : byte >= 0x7f && byte < 0xa0)
      return false;
    if (byte >= 0xa0) others++;
  }
  return start.length >= 64 && others * 10 < start.length;
}

const json: FileKind = { name: "JSON", mediaType: "application/json" };
const geoJson: FileKind = { name: "GeoJSON", mediaType: "application/geo+json" };
const notebook: FileKind = { name: "Jupyter notebook", mediaType: "application/x-ipynb+json" };
export const kerchunkKind: FileKind = { name: "kerchunk references", mediaType: "application/vnd.zarr+kerchunk+json" };

const geoJsonTypes = /^"(?:FeatureCollection|Feature|GeometryCollection|(?:Multi)?(?:Point|LineString|Polygon))"/;

/** What is complete is JSON where it is parsed; of the rest, the beginning has to look like it. */
function jsonKind(text: string, isCut: boolean): FileKind | undefined {
  const trimmed = text.trimStart();
  if (!/^(?:\{\s*(?:"|\}|$)|\[\s*(?:[[{"\-\dtfn\]]|$))/.test(trimmed)) return undefined;
  if (!isCut && !isJson(trimmed)) return undefined;
  const members = topMembers(trimmed);
  // Version 1 has its references in an object; in version 0 they are the members themselves.
  if (members.get("refs")?.startsWith("{") || [...members.keys()].some((key) => /(?:^|\/)\.zgroup$/.test(key)))
    return kerchunkKind;
  if (geoJsonTypes.test(members.get("type") ?? "")) return geoJson;
  return members.has("cells") || members.has("nbformat") ? notebook : json;
}

/** Members of the outermost object by name, each with the first characters of its value, as far as `text` goes. */
function topMembers(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  const token = /"((?:[^"\\]|\\.)*)"(\s*:\s*)?|[{}[\]]/gs;
  let depth = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [all, name, colon] = found;
    if (name === undefined) depth += all === "{" || all === "[" ? 1 : -1;
    else if (depth === 1 && colon !== undefined) members.set(name, text.slice(token.lastIndex, token.lastIndex + 40));
  }
  return members;
}

const isJson = (text: string): boolean => jsonIn(text) !== undefined;

const xmlKinds: Readonly<Record<string, FileKind>> = {
  gpx: { name: "GPX track", mediaType: "application/gpx+xml" },
  html: { name: "HTML page", mediaType: "text/html" },
  kml: { name: "KML file", mediaType: "application/vnd.google-earth.kml+xml" },
  svg: { name: "SVG image", mediaType: "image/svg+xml" },
};

/** By the name of the first element. */
function xmlKind(text: string): FileKind | undefined {
  const trimmed = text.trimStart();
  if (/^<!doctype\s+html/i.test(trimmed)) return xmlKinds.html;
  const isXml = trimmed.startsWith("<?xml");
  const element = firstElement(trimmed);
  if (element === undefined) return isXml ? { name: "XML", mediaType: "application/xml" } : undefined;
  const local = element.slice(element.indexOf(":") + 1).toLowerCase();
  if (Object.hasOwn(xmlKinds, local)) return xmlKinds[local];
  return isXml ? { name: "XML", mediaType: "application/xml" } : undefined;
}

/** Name of the first element, behind declarations and comments. */
function firstElement(text: string): string | undefined {
  const token = /\s*<(?:(!--)|(\?)|(!)|([A-Za-z_][\w.:-]*)(?=[\s/>]))/y;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [, comment, instruction, , name] = found;
    if (name !== undefined) return name;
    const end = comment ? "-->" : instruction ? "?>" : ">";
    const over = text.indexOf(end, token.lastIndex);
    if (over < 0) return undefined;
    token.lastIndex = over + end.length;
  }
  return undefined;
}

const separators: readonly (readonly [string, FileKind])[] = [
  ["\t", { name: "table of tab-separated values", mediaType: "text/tab-separated-values" }],
  [",", { name: "table of comma-separated values", mediaType: "text/csv" }],
  [";", { name: "table of semicolon-separated values", mediaType: "text/csv" }],
];

/** Lines that are compared. */
const compared = 20;

/**
 * A table has the same number of cells in each of several lines. Separators in quotation marks separate nothing, nor do those
 * that end every line, as in code. Comments before it begin with "#".
 */
function tableKind(text: string, isCut: boolean): FileKind | undefined {
  const lines = text.split(/\r\n|\r|\n/);
  // The last line of what goes on may be incomplete.
  if (isCut) lines.pop();
  const rows = lines.filter((line) => line.trim() !== "" && !line.startsWith("#")).slice(0, compared);
  return separators.find(([separator]) => {
    const counts = rows.map((row) => row.replace(/"[^"]*"/g, "").split(separator).length);
    const isEnding = rows.every((row) => row.trimEnd().endsWith(separator));
    const columns = (counts[0] ?? 1) - Number(isEnding);
    // Two lines of two cells each are as easily two sentences.
    return columns > 1 && columns * rows.length > 4 && rows.length > 1 && counts.every((count) => count === counts[0]);
  })?.[1];
}
