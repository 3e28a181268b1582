/** Kinds of files by their first bytes: one small beginning of each, what is easily mistaken for another, and any bytes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kindOf } from "../../../pipeline/formats/kind/kind.ts";
import { startLength } from "../../../pipeline/formats/reader.ts";
import { data } from "../../data.ts";

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);
const kind = (start: string | Uint8Array) => kindOf(typeof start === "string" ? latin1(start) : start);
/** Of a file that goes on. */
const kindOfLong = (start: string) => kindOf(utf8(start.padEnd(startLength, " ")).subarray(0, startLength));

/** `text` at `offset` of zeros. */
const at = (offset: number, text: string, length = offset + text.length) => {
  const bytes = new Uint8Array(length);
  bytes.set(latin1(text), offset);
  return bytes;
};
/** A local file header of a ZIP archive for `name`, stored. */
const zipped = (name: string, content = "") =>
  `PK\x03\x04\x14\0\0\0\0\0\0\0\0\0${"\0".repeat(12)}${String.fromCharCode(name.length)}\0\0\0${name}${content}`;

const binary: readonly (readonly [string, string, string | Uint8Array])[] = [
  ["PNG image", "image/png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
  ["JPEG image", "image/jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0"],
  ["GIF image", "image/gif", "GIF89a\x01\0\x01\0"],
  ["TIFF image", "image/tiff", "II*\0\x08\0\0\0"],
  ["TIFF image", "image/tiff", "MM\0*\0\0\0\x08"],
  ["WebP image", "image/webp", "RIFF\x24\0\0\0WEBPVP8 "],
  ["BMP image", "image/bmp", "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0"],
  ["AVI video", "video/x-msvideo", "RIFF\x24\0\0\0AVI LIST"],
  ["MP4 video", "video/mp4", "\0\0\0\x20ftypisom\0\0\x02\0isomiso2"],
  ["QuickTime video", "video/quicktime", "\0\0\0\x14ftypqt  \0\0\x02\0"],
  ["QuickTime video", "video/quicktime", "\0\0\x01\0moov\0\0\0\x6cmvhd"],
  ["HEIF image", "image/heif", "\0\0\0\x18ftypheic\0\0\0\0"],
  ["WebM video", "video/webm", "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"],
  ["Matroska video", "video/matroska", "\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska"],
  ["PDF document", "application/pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3"],
  ["ZIP archive", "application/zip", zipped("radar.png")],
  ["ZIP archive", "application/zip", "PK\x05\x06".padEnd(22, "\0")],
  ["KMZ file", "application/vnd.google-earth.kmz", zipped("doc.kml")],
  ["NumPy arrays", "application/x-npz", zipped("arr_0.npy")],
  ["Zarr store in a ZIP archive", "application/zip", zipped("sondes/.zgroup")],
  [
    "Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    `${zipped("[Content_Types].xml", "…")}${zipped("word/document.xml")}`,
  ],
  [
    "Excel workbook",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    `${zipped("_rels/.rels", "…")}${zipped("xl/workbook.xml")}`,
  ],
  [
    "OpenDocument spreadsheet",
    "application/vnd.oasis.opendocument.spreadsheet",
    zipped("mimetype", "application/vnd.oasis.opendocument.spreadsheetPK"),
  ],
  ["gzip-compressed file", "application/gzip", gzipSync("PNG")],
  ["Zstandard-compressed file", "application/zstd", zstdCompressSync("PNG")],
  ["xz-compressed file", "application/x-xz", "\xfd7zXZ\0\0\x04"],
  ["bzip2-compressed file", "application/x-bzip2", "BZh91AY&SY\x8e\x12"],
  ["tar archive", "application/x-tar", at(257, "ustar\x0000", 512)],
  ["SQLite database", "application/vnd.sqlite3", "SQLite format 3\0\x10\0"],
  ["GeoPackage", "application/geopackage+sqlite3", `${"SQLite format 3\0".padEnd(68, "\0")}GPKG`],
  ["Parquet table", "application/vnd.apache.parquet", "PAR1\x15\x04"],
  ["HDF5 file", "application/x-hdf5", "\x89HDF\r\n\x1a\n\0"],
  ["HDF5 file", "application/x-hdf5", at(2048, "\x89HDF\r\n\x1a\n")],
  [
    "MATLAB 7.3 file",
    "application/x-matlab-data",
    `${"MATLAB 7.3 MAT-file, Platform: GLNXA64".padEnd(512, " ")}\x89HDF\r\n\x1a\n`,
  ],
  ["MATLAB file", "application/x-matlab-data", `${"MATLAB 5.0 MAT-file, Platform: GLNXA64".padEnd(124, " ")}\0\x01IM`],
  ["NetCDF-3 file", "application/netcdf", "CDF\x01\0\0\0\0"],
  ["NetCDF-3 file", "application/netcdf", "CDF\x05\0\0\0\0"],
  ["GRIB 1 messages", "application/x-grib", "GRIB\0\x02\x04\x01\0\0\x1c"],
  ["GRIB 2 messages", "application/wmo-GRIB2", "GRIB\0\0\0\x02\0\0\0\0"],
  ["GRIB 2 messages", "application/wmo-GRIB2", "\x01\r\r\n123\r\r\nYTXA85 KWBC 010000\r\r\nGRIB\0\0\0\x02\0\0\0\0"],
  ["BUFR messages", "application/x-bufr", "BUFR\0\x01\x04\x04\0\0\x16"],
  ["NumPy array", "application/x-npy", "\x93NUMPY\x01\0v\0{'descr': '<f8'"],
];

describe("binary files", () => {
  it.each(binary)("knows a %s (%s)", (name, mediaType, start) => {
    expect(kind(start)).toEqual({ name, mediaType });
  });

  it("knows no kind of pickles, of bytes that mean nothing, and of no bytes", () => {
    expect([kind("\x80\x04\x95\x1a\0\0\0\0"), kind(new Uint8Array(300)), kind("")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

const kmlHead = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a <b> -->\n<kml xmlns="http://www.opengis.net/kml/2.2">';
const text: readonly (readonly [string, string, string])[] = [
  ["JSON", "application/json", '{"a": [1, 2]}'],
  ["JSON", "application/json", " [1, 2]\n"],
  ["JSON", "application/json", '{"name": "a", "inner": {"type": "Point", "coordinates": [1, 2]}}'],
  ["GeoJSON", "application/geo+json", '{"features": [], "type": "FeatureCollection"}'],
  ["kerchunk references", "application/vnd.zarr+kerchunk+json", '{"version": 1, "refs": {".zgroup": "{}"}}'],
  [
    "kerchunk references",
    "application/vnd.zarr+kerchunk+json",
    '{".zgroup": "{\\"zarr_format\\":2}", "a/0": ["u", 0, 4]}',
  ],
  ["Jupyter notebook", "application/x-ipynb+json", '{"cells": [], "nbformat": 4}'],
  ["XML", "application/xml", '<?xml version="1.0"?><metadata a="b"/>'],
  ["HTML page", "text/html", "<!DOCTYPE html>\n<title>A</title>"],
  ["HTML page", "text/html", "<html lang='en'>"],
  ["SVG image", "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ["KML file", "application/vnd.google-earth.kml+xml", kmlHead],
  ["GPX track", "application/gpx+xml", '<?xml version="1.0"?>\r\n<gpx version="1.1" creator="x">'],
  ["table of comma-separated values", "text/csv", '# sondes\ntime,ta\n0,290.1\n1,"290,2"\n'],
  ["table of semicolon-separated values", "text/csv", "time;ta\n0;290,1\n1;290,2\n"],
  ["table of tab-separated values", "text/tab-separated-values", "time\tta\trh\n0\t290.1\t\n"],
  ["plain text", "text/plain", "Dear all, the radar ran,\nbut not for long.\n"],
  ["plain text", "text/plain", "First, this\nthen, that\n"],
  ["plain text", "text/plain", "let a = 1;\na += 1;\nrun(a);\n"],
  ["plain text", "text/plain", "{not: JSON}"],
  ["plain text", "text/plain", "GRIB is a format, and BUFR is another"],
];

describe("text", () => {
  it.each(text)("knows %s (%s): %s", (name, mediaType, content) => {
    expect(kindOf(utf8(content))).toEqual({ name, mediaType });
  });

  it("knows text whose first bytes end within a character, a value or a row", () => {
    const long = (row: string) => kindOf(utf8(row.repeat(startLength)).subarray(0, startLength))?.name;
    expect(long("ä°ß\n")).toBe("plain text");
    expect(long("12.5,13.25,abcde\n")).toBe("table of comma-separated values");
    expect(kindOf(utf8(`{"a": "${"x".repeat(startLength)}`).subarray(0, startLength))?.name).toBe("JSON");
    expect(kindOfLong('{"type":"FeatureCollection","features":[')?.name).toBe("GeoJSON");
  });

  it("knows text in UTF-16 by its byte order mark, and in Latin-1 as text in an encoding it doesn't know", () => {
    expect(kind(`\xff\xfe${[..."Zeit, Höhe"].map((letter) => `${letter}\0`).join("")}`)?.name).toBe("plain text");
    expect(kind("Temperatur in \xb0C ueber dem Nordatlantik, gemessen in der Hoehe von 12 km")).toEqual({
      name: "text in an unknown encoding",
      mediaType: "text/plain",
    });
  });
});

it("gives any bytes a kind or none, without failing", () => {
  const seed = Date.now() & 0x7fffffff;
  const heads = [...binary.map(([, , start]) => start), ...text.map(([, , start]) => start)];
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), fc.nat(40), (head, tail, cut) => {
      const start = typeof head === "string" ? latin1(head) : head;
      const found = kindOf(Uint8Array.from([...start.subarray(0, cut), ...tail]));
      expect(found === undefined || found.mediaType.includes("/")).toBe(true);
    }),
    { numRuns: 2000, seed },
  );
});

const sondes = data("dropsondes");

it.skipIf(!sondes)("knows real soundings", () => {
  const files = readdirSync(sondes!, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.name.endsWith(".nc"),
  );
  const kinds = files.map(
    (file) => kindOf(readFileSync(join(file.parentPath, file.name)).subarray(0, startLength))?.name,
  );
  expect(new Set(kinds)).toEqual(new Set(["HDF5 file"]));
});
