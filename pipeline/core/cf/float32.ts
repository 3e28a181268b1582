/** Numbers of single precision in as few digits as distinguish them. */

/** 0.1 of what is 0.10000000149011612 in float64. As it is where it is none of float32's. */
export function shortFloat32(value: number): number {
  if (Math.fround(value) !== value) return value;
  for (let precision = 6; precision < 9; precision++) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
