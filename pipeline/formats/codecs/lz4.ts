/**
 * LZ4 blocks and BloscLZ, without a byte of the output that the input does not account for.
 *
 * The packages that decode these (numcodecs 0.3.2, as used by zarrita) run C code compiled to WebAssembly and return
 * memory of its heap: a damaged chunk, or one that claims more than it has, comes back filled up with what was decoded
 * before it, of whatever dataset. Both formats are small, so they are read here, each step within bounds.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 * @see https://github.com/Blosc/c-blosc/blob/main/blosc/blosclz.c (`blosclz_decompress`)
 */

/** Exactly `size` bytes. @throws Error where the block has more or fewer, or refers to what it has not given. */
export function unpackLz4(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let from = 0;
  let to = 0;
  const extended = (length: number): number => {
    let whole = length;
    for (let more = 255; length === 15 && more === 255; whole += more) {
      if (from >= input.length) throw truncated("lz4");
      more = input[from++]!;
    }
    return whole;
  };
  while (from < input.length) {
    const token = input[from++]!;
    const literals = extended(token >> 4);
    if (from + literals > input.length) throw truncated("lz4");
    if (to + literals > size) throw overlong("lz4", size);
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    // The last sequence has literals alone.
    if (from === input.length) break;
    if (from + 2 > input.length) throw truncated("lz4");
    const distance = input[from]! | (input[from + 1]! << 8);
    from += 2;
    const length = extended(token & 15) + 4;
    to = copyMatch(output, to, distance, length, "lz4");
  }
  if (to !== size) throw new Error(`lz4 unpacks to ${to} bytes instead of ${size}`);
  return output;
}

/** Exactly `size` bytes, as {@link unpackLz4}. */
export function unpackBloscLz(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let from = 0;
  let to = 0;
  const next = (): number => {
    if (from >= input.length) throw truncated("blosclz");
    return input[from++]!;
  };
  for (let isFirst = true; from < input.length; isFirst = false) {
    const control = isFirst ? next() & 31 : next();
    if (control < 32) {
      const literals = control + 1;
      if (from + literals > input.length) throw truncated("blosclz");
      if (to + literals > size) throw overlong("blosclz", size);
      output.set(input.subarray(from, from + literals), to);
      from += literals;
      to += literals;
      continue;
    }
    let length = (control >> 5) - 1;
    const high = (control & 31) << 8;
    for (let more = 255; control >> 5 === 7 && more === 255; length += more) more = next();
    const low = next();
    const isFar = low === 255 && high === 31 << 8;
    const distance = isFar ? farthestNear + ((next() << 8) | next()) + 1 : high + low + 1;
    to = copyMatch(output, to, distance, length + 3, "blosclz");
  }
  if (to !== size) throw new Error(`blosclz unpacks to ${to} bytes instead of ${size}`);
  return output;
}

/** MAX_DISTANCE of blosclz.c: beyond it, a distance takes two bytes more. */
const farthestNear = 8191;

function copyMatch(output: Uint8Array, to: number, distance: number, length: number, codec: string): number {
  if (distance === 0 || distance > to) throw new Error(`${codec} refers to bytes before its beginning`);
  if (to + length > output.length) throw overlong(codec, output.length);
  if (distance >= length) output.copyWithin(to, to - distance, to - distance + length);
  // What is copied may overlap what it is copied to, and then repeats.
  else for (let i = 0; i < length; i++) output[to + i] = output[to + i - distance]!;
  return to + length;
}

const truncated = (codec: string) => new Error(`${codec} ends before its contents do`);
const overlong = (codec: string, size: number) => new Error(`${codec} unpacks to more than ${size} bytes`);
