/** Kinds recognised by fixed bytes at fixed places. */
import type { FileKind } from "../../core/dataset/file-kind.ts";

/** Latin-1 text or bytes, at an offset. */
type Signature = readonly [offset: number, bytes: string | readonly number[]];

type Row = readonly [name: string, mediaType: string, ...signature: readonly Signature[]];

/** All signatures of a row must be there. Where two rows fit, the first is the kind. */
const table: readonly Row[] = [
  // Images
  ["PNG image", "image/png", [0, "\x89PNG\r\n\x1a\n"]],
  ["JPEG image", "image/jpeg", [0, "\xff\xd8\xff"]],
  ["GIF image", "image/gif", [0, "GIF87a"]],
  ["GIF image", "image/gif", [0, "GIF89a"]],
  ["TIFF image", "image/tiff", [0, "II*\0"]],
  ["TIFF image", "image/tiff", [0, "MM\0*"]],
  ["TIFF image", "image/tiff", [0, "II+\0"]],
  ["TIFF image", "image/tiff", [0, "MM\0+"]],
  ["WebP image", "image/webp", [0, "RIFF"], [8, "WEBP"]],
  ["JPEG 2000 image", "image/jp2", [0, "\0\0\0\x0cjP  \r\n\x87\n"]],
  // Sound and video
  ["AVI video", "video/x-msvideo", [0, "RIFF"], [8, "AVI "]],
  ["WAV audio", "audio/wav", [0, "RIFF"], [8, "WAVE"]],
  ["MP3 audio", "audio/mpeg", [0, "ID3"]],
  ["FLAC audio", "audio/flac", [0, "fLaC"]],
  ["Ogg audio or video", "application/ogg", [0, "OggS\0"]],
  ["MPEG video", "video/mpeg", [0, "\0\0\x01\xba"]],
  ["MPEG video", "video/mpeg", [0, "\0\0\x01\xb3"]],
  // Documents
  ["PDF document", "application/pdf", [0, "%PDF-"]],
  ["PostScript document", "application/postscript", [0, "%!PS"]],
  ["RTF document", "application/rtf", [0, "{\\rtf1"]],
  ["Microsoft Office document", "application/x-ole-storage", [0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]],
  // Archives and compressed files
  ["gzip-compressed file", "application/gzip", [0, "\x1f\x8b\x08"]],
  ["Zstandard-compressed file", "application/zstd", [0, "\x28\xb5\x2f\xfd"]],
  ["xz-compressed file", "application/x-xz", [0, "\xfd7zXZ\0"]],
  ["LZ4-compressed file", "application/x-lz4", [0, "\x04\x22\x4d\x18"]],
  ["7-Zip archive", "application/x-7z-compressed", [0, "7z\xbc\xaf\x27\x1c"]],
  ["RAR archive", "application/vnd.rar", [0, "Rar!\x1a\x07"]],
  ["tar archive", "application/x-tar", [257, "ustar"]],
  // Tables and databases
  ["Parquet table", "application/vnd.apache.parquet", [0, "PAR1"]],
  ["Arrow table", "application/vnd.apache.arrow.file", [0, "ARROW1\0\0"]],
  ["Avro table", "application/vnd.apache.avro", [0, "Obj\x01"]],
  ["GeoPackage", "application/geopackage+sqlite3", [0, "SQLite format 3\0"], [68, "GPKG"]],
  ["SQLite database", "application/vnd.sqlite3", [0, "SQLite format 3\0"]],
  // Arrays
  ["NetCDF-3 file", "application/netcdf", [0, "CDF\x01"]],
  ["NetCDF-3 file", "application/netcdf", [0, "CDF\x02"]],
  ["NetCDF-3 file", "application/netcdf", [0, "CDF\x05"]],
  ["MATLAB 7.3 file", "application/x-matlab-data", [0, "MATLAB 7.3 MAT-file"]],
  ["MATLAB file", "application/x-matlab-data", [0, "MATLAB 5.0 MAT-file"], [126, "IM"]],
  ["MATLAB file", "application/x-matlab-data", [0, "MATLAB 5.0 MAT-file"], [126, "MI"]],
  ...[0, 512, 1024, 2048].map((offset): Row => ["HDF5 file", "application/x-hdf5", [offset, "\x89HDF\r\n\x1a\n"]]),
  ["HDF4 file", "application/x-hdf", [0, "\x0e\x03\x13\x01"]],
  ["NumPy array", "application/x-npy", [0, "\x93NUMPY"]],
  ["FITS file", "application/fits", [0, "SIMPLE  =                    T"]],
  ["LAS point cloud", "application/vnd.las", [0, "LASF"]],
];

export function signatureKind(start: Uint8Array): FileKind | undefined {
  for (const [name, mediaType, ...signatures] of table)
    if (signatures.every(([offset, bytes]) => hasBytes(start, offset, bytes))) return { name, mediaType };
  return bzip2Kind(start) ?? bitmapKind(start) ?? weatherKind(start);
}

/** `bytes`: Latin-1 text, or numbers. */
export function hasBytes(start: Uint8Array, offset: number, bytes: string | readonly number[]): boolean {
  if (offset + bytes.length > start.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = typeof bytes === "string" ? bytes.charCodeAt(i) : bytes[i];
    if (start[offset + i] !== byte) return false;
  }
  return true;
}

/** "BZh", a level, then a block or, in an empty file, the end of the stream. */
function bzip2Kind(start: Uint8Array): FileKind | undefined {
  const level = start[3] ?? 0;
  const isBzip2 =
    hasBytes(start, 0, "BZh") &&
    level >= 0x31 &&
    level <= 0x39 &&
    (hasBytes(start, 4, "1AY&SY") || hasBytes(start, 4, "\x17rE8P\x90"));
  return isBzip2 ? { name: "bzip2-compressed file", mediaType: "application/x-bzip2" } : undefined;
}

/** "BM" begins many texts, so that the length of the header that follows has to be one there is. */
function bitmapKind(start: Uint8Array): FileKind | undefined {
  const isBitmap =
    hasBytes(start, 0, "BM") && [12, 40, 52, 56, 64, 108, 124].some((length) => hasBytes(start, 14, [length, 0, 0, 0]));
  return isBitmap ? { name: "BMP image", mediaType: "image/bmp" } : undefined;
}

/** Bytes that the header of a bulletin may have before its message. */
const bulletinHeader = 128;

/** GRIB and BUFR messages: the name, three bytes (a length in most editions), the edition. */
function weatherKind(start: Uint8Array): FileKind | undefined {
  const at = messageAt(start, "GRIB", [1, 2]) ?? messageAt(start, "BUFR", [0, 1, 2, 3, 4]);
  if (at === undefined) return undefined;
  const edition = start[at + 7];
  if (hasBytes(start, at, "BUFR")) return { name: "BUFR messages", mediaType: "application/x-bufr" };
  return edition === 1
    ? { name: "GRIB 1 messages", mediaType: "application/x-grib" }
    : { name: "GRIB 2 messages", mediaType: "application/wmo-GRIB2" };
}

function messageAt(start: Uint8Array, name: string, editions: readonly number[]): number | undefined {
  for (let at = 0; at < Math.min(bulletinHeader, start.length); at++)
    if (hasBytes(start, at, name) && editions.includes(start[at + 7] ?? -1)) return at;
  return undefined;
}
