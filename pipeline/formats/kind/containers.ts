/** Kinds that are a container's, and what is in it: ZIP by its first entries, MP4 by its brand, Matroska by its document type. */
import type { FileKind } from "../../core/dataset/file-kind.ts";
import { hasBytes } from "./signatures.ts";

export function containerKind(start: Uint8Array): FileKind | undefined {
  return zipKind(start) ?? mp4Kind(start) ?? matroskaKind(start);
}

const zip: FileKind = { name: "ZIP archive", mediaType: "application/zip" };

/** By name of the first entry; a format whose parts may come in any order, by the names among the first bytes. */
const inZip: readonly (readonly [RegExp, FileKind])[] = [
  [/\.kml$/i, { name: "KMZ file", mediaType: "application/vnd.google-earth.kmz" }],
  [/\.npy$/i, { name: "NumPy arrays", mediaType: "application/x-npz" }],
  [
    /(?:^|\/)(?:zarr\.json|\.zgroup|\.zarray|\.zattrs|\.zmetadata)$/,
    { name: "Zarr store in a ZIP archive", mediaType: "application/zip" },
  ],
];

const inOffice: readonly (readonly [string, FileKind])[] = [
  ["word/", { name: "Word document", mediaType: office("wordprocessingml.document") }],
  ["xl/", { name: "Excel workbook", mediaType: office("spreadsheetml.sheet") }],
  ["ppt/", { name: "PowerPoint presentation", mediaType: office("presentationml.presentation") }],
];

function office(type: string): string {
  return `application/vnd.openxmlformats-officedocument.${type}`;
}

/** Media types that an uncompressed first entry `mimetype` gives, by their beginning. */
const byMimetype: readonly (readonly [string, string])[] = [
  ["application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet"],
  ["application/vnd.oasis.opendocument.text", "OpenDocument text"],
  ["application/vnd.oasis.opendocument.presentation", "OpenDocument presentation"],
  ["application/epub+zip", "EPUB book"],
];

function zipKind(start: Uint8Array): FileKind | undefined {
  if (hasBytes(start, 0, "PK\x05\x06")) return zip;
  if (!hasBytes(start, 0, "PK\x03\x04")) return undefined;
  const text = latin1(start);
  const nameLength = (start[26] ?? 0) + 256 * (start[27] ?? 0);
  const first = text.slice(30, 30 + nameLength);
  if (first === "mimetype") {
    const known = byMimetype.find(([mediaType]) => text.startsWith(mediaType, 38));
    if (known) return { name: known[1], mediaType: known[0] };
  }
  if (first === "[Content_Types].xml" || first.startsWith("_rels/") || first.startsWith("docProps/")) {
    const part = inOffice.find(([folder]) => text.includes(folder));
    return part?.[1] ?? { name: "Office document", mediaType: "application/zip" };
  }
  return inZip.find(([pattern]) => pattern.test(first))?.[1] ?? zip;
}

const brands: readonly (readonly [RegExp, FileKind])[] = [
  [/^qt {2}/, { name: "QuickTime video", mediaType: "video/quicktime" }],
  [/^avi[fs]/, { name: "AVIF image", mediaType: "image/avif" }],
  [/^(?:hei[cx]|hev[cx]|mif1|msf1)/, { name: "HEIF image", mediaType: "image/heif" }],
  [/^M4[AB] /, { name: "MP4 audio", mediaType: "audio/mp4" }],
  [/^3g/, { name: "3GP video", mediaType: "video/3gpp" }],
];

/** ISO/IEC 14496-12: boxes of a length and a name, the first of which names the brand. Old QuickTime files have none. */
function mp4Kind(start: Uint8Array): FileKind | undefined {
  if (hasBytes(start, 4, "ftyp")) {
    const brand = latin1(start.subarray(8, 12));
    const known = brands.find(([pattern]) => pattern.test(brand));
    return known?.[1] ?? { name: "MP4 video", mediaType: "video/mp4" };
  }
  const isQuickTime = start[0] === 0 && ["moov", "mdat", "wide"].some((box) => hasBytes(start, 4, box));
  return isQuickTime ? { name: "QuickTime video", mediaType: "video/quicktime" } : undefined;
}

/** EBML, whose header has the document type as text. */
function matroskaKind(start: Uint8Array): FileKind | undefined {
  if (!hasBytes(start, 0, "\x1a\x45\xdf\xa3")) return undefined;
  return latin1(start.subarray(0, 64)).includes("webm")
    ? { name: "WebM video", mediaType: "video/webm" }
    : { name: "Matroska video", mediaType: "video/matroska" };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
