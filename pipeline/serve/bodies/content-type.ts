/**
 * The content type of a file, by the ending of its name; for unknown endings, text or binary by its first bytes.
 *
 * Sent with `nosniff`, so browsers don't override it. Bytes are never interpreted as HTML, SVG or a script: only a name's
 * ending gives these types.
 */
const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  geojson: "application/geo+json",
  gif: "image/gif",
  gz: "application/gzip",
  h5: "application/x-hdf5",
  hdf5: "application/x-hdf5",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  ipynb: "application/x-ipynb+json",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  md: "text/markdown; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  mp4: "video/mp4",
  nc: "application/x-netcdf",
  nc4: "application/x-netcdf",
  parquet: "application/vnd.apache.parquet",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tif: "image/tiff",
  tiff: "image/tiff",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webm: "video/webm",
  webp: "image/webp",
  woff2: "font/woff2",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  zattrs: "application/json",
  zarray: "application/json",
  zgroup: "application/json",
  zip: "application/zip",
  zmetadata: "application/json",
};

/** Bytes examined where the name gives no type. */
export const startLength = 512;

/** `undefined` where the name gives no type. */
export function typeByName(name: string): string | undefined {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return name.includes(".") && Object.hasOwn(types, ending) ? types[ending] : undefined;
}

/** First bytes of binary formats. */
const signatures: readonly (readonly [signature: string, type: string])[] = [
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
  ["%PDF-", "application/pdf"],
  ["\x1f\x8b", "application/gzip"],
  ["PK\x03\x04", "application/zip"],
  ["\x89HDF\r\n\x1a\n", "application/x-hdf5"],
  ["CDF\x01", "application/x-netcdf"],
  ["CDF\x02", "application/x-netcdf"],
  ["CDF\x05", "application/x-netcdf"],
  ["PAR1", "application/vnd.apache.parquet"],
];

/**
 * By the first {@link startLength} bytes: a known binary format, JSON, other UTF-8 text without control characters, or
 * binary. Never HTML, SVG or a script.
 */
export function typeByBytes(start: Uint8Array): string {
  const latin1 = Buffer.from(start.buffer, start.byteOffset, Math.min(8, start.length)).toString("latin1");
  const known = signatures.find(([signature]) => latin1.startsWith(signature));
  if (known) return known[1];
  try {
    // `stream`: the last character may be incomplete.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: start.length === startLength });
    if (isJson(text, start.length < startLength)) return "application/json";
    if (text.length > 0 && !/[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/.test(text))
      return "text/plain; charset=utf-8";
  } catch {
    // Not UTF-8.
  }
  return "application/octet-stream";
}

/** Whether it is an object or a list of JSON; of more than the `whole`, only what nothing else begins like. */
function isJson(text: string, whole: boolean): boolean {
  if (!whole) return /^\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*(?:\{\s*"|"))/.test(text);
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
