/** A NetCDF file made byte by byte, for tests that can do without Python. */

/** A CDF-1 file: `t(time)` float64 and `v(time, x)` int16, whose records lie between each other, and a fixed `w(x)`. */
export function recordsFile(count: number): Uint8Array {
  const word = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  const name = (text: string) => [...word(text.length), ...Buffer.from(text.padEnd(4, "\0"))];
  const [absent, list] = [word(0).concat(word(0)), (tag: number, n: number) => word(tag).concat(word(n))];
  const variable = (of: string, dimensions: readonly number[], type: number, begin: number) =>
    [name(of), word(dimensions.length), ...dimensions.map(word), absent, word(type), word(0), word(begin)].flat();
  const header = (start: number) => [
    ...[0x43, 0x44, 0x46, 1, ...word(count), ...list(10, 2), ...name("time"), ...word(0), ...name("x"), ...word(3)],
    ...[...absent, ...list(11, 3), ...variable("t", [0], 6, start + 8), ...variable("v", [0, 1], 3, start + 16)],
    ...variable("w", [1], 3, start),
  ];
  const start = header(0).length;
  const bytes = new Uint8Array(start + 8 + count * 16);
  bytes.set(header(start));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 3; i++) view.setInt16(start + 2 * i, 100 + i);
  for (let i = 0; i < count; i++) {
    view.setFloat64(start + 8 + 16 * i, i / 2);
    for (let j = 0; j < 3; j++) view.setInt16(start + 16 + 16 * i + 2 * j, 3 * i + j);
  }
  return bytes;
}
