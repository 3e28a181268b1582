/**
 * LibLZF, h5py's own compressor: runs of literals and references to what was unpacked before, in one block.
 *
 * @see http://oldhome.schmorp.de/marc/liblzf.html (`lzf_d.c`)
 */

/** @throws Error where it ends early, refers to before its beginning, or unpacks to more than `most` bytes. */
export function unpackLzf(input: Uint8Array, most: number): Uint8Array {
  const output = new Uint8Array(most);
  let [from, to] = [0, 0];
  const next = () => {
    if (from >= input.length) throw new Error("it ends before its contents do");
    return input[from++]!;
  };
  while (from < input.length) {
    const control = next();
    if (control < 32) {
      const length = control + 1;
      if (from + length > input.length) throw new Error("it ends before its contents do");
      if (to + length > most) throw new Error(`it unpacks to more than ${most} bytes`);
      output.set(input.subarray(from, from + length), to);
      from += length;
      to += length;
      continue;
    }
    const length = (control >> 5 === 7 ? 7 + next() : control >> 5) + 2;
    const distance = ((control & 31) << 8) + next() + 1;
    if (distance > to) throw new Error("it refers to bytes before its beginning");
    if (to + length > most) throw new Error(`it unpacks to more than ${most} bytes`);
    // What is copied may overlap what it is copied to, and then repeats.
    for (let i = 0; i < length; i++) output[to + i] = output[to + i - distance]!;
    to += length;
  }
  return output.slice(0, to);
}
