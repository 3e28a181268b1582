/** The order of names in all that is published: that of their UTF-8 bytes, which no locale changes. */

/** Compares by UTF-8 bytes. UTF-16 code units alone would sort U+FFxx after characters beyond the basic plane. */
export function byBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** Surrogates, which begin U+10000 and beyond, go behind every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
