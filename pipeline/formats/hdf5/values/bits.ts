/** Numbers of any count of bits one after another, the highest bit first, as HDF5's filters nbit and scaleoffset pack them. */

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws Error where fewer than `count` bits are left. */
  need(count: number): void {
    if (this.#position + count > 8 * this.#bytes.length) throw new Error("it ends before its contents do");
  }

  /** The next `count` bits, 8 at most, as a number. Past the end, zeros: `need` is asked first. */
  take(count: number): number {
    const at = this.#position >> 3;
    const pair = ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
    const taken = (pair >>> (16 - (this.#position & 7) - count)) & ((1 << count) - 1);
    this.#position += count;
    return taken;
  }
}

/** Where in an element of `size` bytes its bits are: `precision` of them, from bit `offset` up. */
export interface BitField {
  readonly size: number;
  readonly precision: number;
  readonly offset: number;
  readonly bigEndian: boolean;
}

/** Puts the next bits into the element at byte `to`, whose other bits stay as they are: zeros. */
export function putBits(from: BitReader, out: Uint8Array, to: number, field: BitField): void {
  const { size, precision, offset, bigEndian } = field;
  const end = precision + offset;
  for (let byte = (end - 1) >> 3; byte >= offset >> 3; byte--) {
    const high = Math.min(8, end - 8 * byte);
    const low = Math.max(0, offset - 8 * byte);
    out[to + (bigEndian ? size - 1 - byte : byte)]! |= from.take(high - low) << low;
  }
}
