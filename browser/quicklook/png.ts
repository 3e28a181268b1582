/**
 * PNG of a palette, written byte by byte.
 *
 * A canvas would need a page; this gives the same bytes anywhere, so that a plot is text and can be compared. Not compressed:
 * a heat map of a screen's size is 200 kB, and it is not sent.
 *
 * @see https://www.w3.org/TR/png-3/
 */
import { joined } from "../../pipeline/core/joined.ts";
import { adler32, crc32 } from "../../pipeline/formats/codecs/checksums.ts";
import { base64 } from "../../pipeline/formats/netcdf/references/base64.ts";

/** @param pixels uint8[height × width], indices of colours; 0 is transparent. @param palette three bytes a colour, from index 1 on. */
export function palettePng(width: number, height: number, pixels: Uint8Array, palette: Uint8Array): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Eight bits a pixel, of a palette.
  header.set([8, 3, 0, 0, 0], 8);
  const colours = new Uint8Array(3 + palette.length);
  colours.set(palette, 3);
  const rows = new Uint8Array(height * (width + 1));
  for (let row = 0; row < height; row++)
    rows.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  return joined([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    chunk("PLTE", colours),
    chunk("tRNS", Uint8Array.of(0)),
    chunk("IDAT", stored(rows)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** As an address, for `href` of an image. */
export const dataUrl = (png: Uint8Array) => `data:image/png;${base64(png).replace(":", ",")}`;

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** zlib's container of blocks that are stored as they are (RFC 1950, RFC 1951 section 3.2.4). */
function stored(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at === 0 || at < bytes.length; at += 65_535) {
    const part = bytes.subarray(at, at + 65_535);
    const isLast = at + part.length >= bytes.length;
    const { length } = part;
    parts.push(Uint8Array.of(isLast ? 1 : 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255), part);
  }
  const check = new Uint8Array(4);
  new DataView(check.buffer).setUint32(0, adler32(bytes));
  return joined([...parts, check]);
}
