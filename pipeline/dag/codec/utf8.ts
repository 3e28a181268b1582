/** UTF-8 as names are written in blocks: mostly short and ASCII, which a loop handles faster than an encoder is called. */

const encoder = new TextEncoder();

/** Names up to this many UTF-16 units are tried as ASCII first. */
const short = 64;

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair of surrogates is four bytes; a single one is written as U+FFFD, three.
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1))) at++;
  }
  return length;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** Write `text` at `offset`, where there must be room for it; returns the offset behind it. */
export function writeUtf8(into: Uint8Array, text: string, offset: number): number {
  if (text.length <= short) {
    let at = 0;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit >= 0x80) break;
      into[offset + at] = unit;
    }
    if (at === text.length) return offset + at;
  }
  return offset + encoder.encodeInto(text, into.subarray(offset)).written;
}
