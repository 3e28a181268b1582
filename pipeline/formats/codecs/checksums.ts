/**
 * Checksums that formats store with their bytes. Each takes bytes and gives an unsigned 32-bit number.
 *
 * They are verified, not cut off: zarr-python refuses a chunk whose checksum is another one, and so do we. (zarrita
 * 0.7.5 cuts off crc32c unread: https://github.com/manzt/zarrita.js/blob/main/packages/zarrita/src/codecs/crc32c.ts)
 */

/** IEEE 802.3, as zlib has it. */
export const crc32 = crcOf(0xedb88320);

/** Castagnoli, RFC 3720. */
export const crc32c = crcOf(0x82f63b78);

/** RFC 1950, section 8.2. */
export function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    // As many as fit into 32 bits before the remainder has to be taken.
    for (const end = Math.min(at + 5552, bytes.length); at < end; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

/** HDF5's, over 16-bit big-endian words; a last odd byte is the high one (H5checksum.c, `H5_checksum_fletcher32`). */
export function fletcher32(bytes: Uint8Array): number {
  let [a, b] = [0, 0];
  const words = Math.floor(bytes.length / 2);
  const fold = () => {
    a = (a & 0xffff) + (a >>> 16);
    b = (b & 0xffff) + (b >>> 16);
  };
  for (let word = 0; word < words; ) {
    for (const end = Math.min(word + 360, words); word < end; word++) {
      a += (bytes[2 * word]! << 8) | bytes[2 * word + 1]!;
      b += a;
    }
    fold();
  }
  if (bytes.length % 2 === 1) {
    a += bytes.at(-1)! << 8;
    b += a;
    fold();
  }
  fold();
  return ((b << 16) | a) >>> 0;
}

/** Bob Jenkins' lookup3 (`hashlittle`), HDF5's checksum of metadata. */
export function lookup3(bytes: Uint8Array, seed = 0): number {
  let a = (0xdeadbeef + bytes.length + seed) | 0;
  let [b, c] = [a, a];
  const word = (at: number) => {
    let value = 0;
    for (let i = 0; i < 4; i++) value |= (bytes[at + i] ?? 0) << (8 * i);
    return value;
  };
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = ((a - c) ^ rotated(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotated(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotated(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotated(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotated(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotated(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (at === bytes.length) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  c = ((c ^ b) - rotated(b, 24)) | 0;
  return c >>> 0;
}

const rotated = (value: number, by: number) => (value << by) | (value >>> (32 - by));

function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  return (bytes) => {
    let crc = 0xffffffff;
    for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!;
    return (crc ^ 0xffffffff) >>> 0;
  };
}
