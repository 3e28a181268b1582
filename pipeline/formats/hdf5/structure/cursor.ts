/**
 * Fields of a structure, one after another; all little-endian (section I, "Disk Format"). Past the end is damage.
 *
 * Two widths differ from file to file: those of addresses ("size of offsets") and lengths ("size of lengths").
 */
import { lookup3 } from "../../codecs/checksums.ts";
import { damaged } from "./failures.ts";

export interface Widths {
  /** Bytes of an address. */
  readonly offsets: number;
  /** Bytes of a length. */
  readonly lengths: number;
}

const utf8 = new TextDecoder();

export class Cursor {
  readonly bytes: Uint8Array;
  readonly widths: Widths;
  /** Byte of the file where `bytes` begin, for messages. */
  readonly at: number;
  /** Bytes read so far. */
  position = 0;

  constructor(bytes: Uint8Array, widths: Widths, at: number) {
    this.bytes = bytes;
    this.widths = widths;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  /** The failure for `what` is wrong here. */
  damage(what: string) {
    return damaged(what, this.at + this.position);
  }

  take(length: number): Uint8Array {
    const from = this.advance(length);
    return this.bytes.subarray(from, this.position);
  }

  skip(length: number): this {
    this.advance(length);
    return this;
  }

  /** The position before it. */
  private advance(length: number): number {
    if (length > this.left)
      throw this.damage(`a structure of ${this.bytes.length} bytes needs ${length - this.left} more`);
    const from = this.position;
    this.position += length;
    return from;
  }

  /** An unsigned integer of up to 8 bytes. */
  uint(width: number): number {
    // Without an array for these bytes: a file has some ten thousand such numbers.
    const from = this.advance(width);
    let value = 0;
    for (let i = from + width - 1; i >= from; i--) value = value * 256 + this.bytes[i]!;
    if (value > Number.MAX_SAFE_INTEGER) throw this.damage("a number there is larger than any file is");
    return value;
  }

  /** As {@link uint}; `undefined` where all bits are set, which is HDF5's "none" and "unlimited". */
  uintOrNone(width: number): number | undefined {
    const taken = this.take(width);
    if (taken.every((byte) => byte === 0xff)) return undefined;
    this.position -= width;
    return this.uint(width);
  }

  /** Relative to the superblock; `undefined` for the undefined address. */
  address(): number | undefined {
    return this.uintOrNone(this.widths.offsets);
  }

  /** An address that must be there. */
  definedAddress(what: string): number {
    const address = this.address();
    if (address === undefined) throw this.damage(`${what} has no address`);
    return address;
  }

  length(): number {
    return this.uint(this.widths.lengths);
  }

  signature(expected: string): this {
    if (this.left < 4 || latin1(this.take(4)) !== expected) throw damaged(`there is no ${expected}`, this.at);
    return this;
  }

  /** One of the versions that the specification has. */
  version(what: string, ...known: readonly number[]): number {
    const version = this.uint(1);
    if (!known.includes(version)) throw this.damage(`${what} has version ${version}, not ${known.join(" or ")}`);
    return version;
  }

  /** Reads the checksum that follows, which is of everything before it (section III.H, "Jenkins' lookup3"). */
  checksum(what: string): void {
    const computed = lookup3(this.bytes.subarray(0, this.position));
    if (this.uint(4) !== computed) throw damaged(`the checksum of ${what} is wrong`, this.at);
  }

  /** Text up to a null byte, which is taken, too. */
  nullTerminated(): string {
    const end = this.bytes.indexOf(0, this.position);
    if (end < 0) throw this.damage("a name has no end");
    const text = utf8.decode(this.bytes.subarray(this.position, end));
    this.position = end + 1;
    return text;
  }
}

/** UTF-8 up to the first null byte or the end. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** Bytes that can represent any number up to `most` (HDF5's `H5VM_limit_enc_size`). */
export const widthOf = (most: number) => Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
