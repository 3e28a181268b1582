/** Damage to files in random ways, the same ones for the same seed. */

/** Whole numbers from 0 to `below`, the same ones for the same seed (mulberry32). */
export function randomFrom(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** By kind. Each may change the bytes it is given, which are never none. */
export const damages: Readonly<Record<string, (bytes: Uint8Array, random: (below: number) => number) => Uint8Array>> = {
  cut: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  "a bit or two flipped"(bytes, random) {
    for (let n = random(2); n >= 0; n--) bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  "many bytes changed"(bytes, random) {
    for (let n = random(200); n >= 0; n--) bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  "numbers made large"(bytes, random) {
    for (let n = random(4); n >= 0; n--) bytes.fill(255, random(bytes.length)).fill(0, random(bytes.length) + 8);
    return bytes;
  },
  "a stretch of zeros"(bytes, random) {
    const from = random(bytes.length);
    return bytes.fill(0, from, from + random(2000));
  },
  "a stretch from elsewhere"(bytes, random) {
    return bytes.copyWithin(random(bytes.length), random(bytes.length), random(bytes.length));
  },
};
