/**
 * Numbers, texts and ascending lists as few bytes. The same values give the same bytes on every machine: no compression
 * library is involved, whose output depends on its version.
 */
import { Failure } from "../../failure.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface Writer {
  /** A whole number from 0 to 2^53 - 1: seven bits a byte. */
  number(value: number): void;
  bytes(value: Uint8Array): void;
  /** Its length in bytes, then UTF-8. */
  text(value: string): void;
  readonly length: number;
  done(): Uint8Array;
}

export function writer(): Writer {
  let buffer = new Uint8Array(48);
  let length = 0;
  const room = (more: number) => {
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more));
    larger.set(buffer);
    buffer = larger;
  };
  const writing: Writer = {
    number(value) {
      room(8);
      let rest = value;
      for (; rest > 127; rest = Math.floor(rest / 128)) buffer[length++] = (rest % 128) + 128;
      buffer[length++] = rest;
    },
    bytes(value) {
      room(value.length);
      buffer.set(value, length);
      length += value.length;
    },
    text(value) {
      const bytes = utf8.encode(value);
      writing.number(bytes.length);
      writing.bytes(bytes);
    },
    get length() {
      return length;
    },
    done: () => buffer.slice(0, length),
  };
  return writing;
}

/** Reads what a {@link Writer} wrote. Every function throws Failure `corrupt` where the bytes end before it. */
export interface Reader {
  number(): number;
  bytes(length: number): Uint8Array;
  text(): string;
  readonly done: boolean;
}

export function reader(bytes: Uint8Array): Reader {
  let at = 0;
  const ended = () =>
    new Failure("corrupt", `a search file ends after ${bytes.length} bytes, in the middle of something`);
  const reading: Reader = {
    number() {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at++];
        if (byte === undefined || scale > 2 ** 49) throw ended();
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    },
    bytes(length) {
      if (length > bytes.length - at) throw ended();
      at += length;
      return bytes.subarray(at - length, at);
    },
    text() {
      try {
        return text.decode(reading.bytes(reading.number()));
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause;
        throw new Failure("corrupt", "a text in a search file is not UTF-8", { cause });
      }
    },
    get done() {
      return at >= bytes.length;
    },
  };
  return reading;
}

/** Characters that two texts have in common at their beginning; no surrogate pair is cut. */
export function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length > 0 && /[\ud800-\udbff]/.test(a[length - 1]!) ? length - 1 : length;
}

/** Bits of a quotient in unary, before a gap is written as it is. */
const longestQuotient = 20;

/**
 * An ascending list: its length, then gaps in the Rice code whose parameter needs the least bits. A list in which half of all
 * numbers are takes some two bits a number, one of every thousandth some eleven.
 *
 * @param least numbers in the list are not below it.
 */
export function encodeList(numbers: readonly number[], least: number): Uint8Array {
  const gaps = numbers.map((number, i) => number - (i === 0 ? least : numbers[i - 1]! + 1));
  const output = writer();
  output.number(gaps.length);
  if (gaps.length === 0) return output.done();
  const mean = (numbers.at(-1)! - least) / gaps.length;
  const guess = Math.max(0, Math.floor(Math.log2(mean + 1)));
  let [parameter, fewest] = [0, Number.POSITIVE_INFINITY];
  for (let each = Math.max(0, guess - 2); each <= guess + 1; each++) {
    let bits = 0;
    for (const gap of gaps) bits += bitsOf(gap, each);
    if (bits < fewest) [parameter, fewest] = [each, bits];
  }
  output.number(parameter);
  const bytes = new Uint8Array(Math.ceil(fewest / 8));
  let at = 0;
  // `bits` are at most 32 low bits of `value`.
  const put = (value: number, bits: number) => {
    for (let left = bits; left > 0; ) {
      const free = 8 - (at & 7);
      const taken = Math.min(free, left);
      const part = (value >>> (left - taken)) & (2 ** taken - 1);
      bytes[at >> 3]! |= part << (free - taken);
      at += taken;
      left -= taken;
    }
  };
  for (const gap of gaps) {
    const quotient = Math.floor(gap / 2 ** parameter);
    if (quotient < longestQuotient) {
      put(2 ** (quotient + 1) - 2, quotient + 1);
      if (parameter > 32) put(Math.floor(gap / 2 ** 32) % 2 ** (parameter - 32), parameter - 32);
      put(gap >>> 0, Math.min(32, parameter));
    } else {
      put(2 ** longestQuotient - 1, longestQuotient);
      put(Math.floor(gap / 2 ** 32), 21);
      put(gap >>> 0, 32);
    }
  }
  output.bytes(bytes);
  return output.done();
}

function bitsOf(gap: number, parameter: number): number {
  const quotient = gap < 2 ** 31 && parameter < 31 ? gap >>> parameter : Math.floor(gap / 2 ** parameter);
  return quotient < longestQuotient ? quotient + 1 + parameter : longestQuotient + 53;
}

/** @throws Failure `corrupt` where the bytes are no such list. */
export function decodeList(bytes: Uint8Array, least: number): number[] {
  const input = reader(bytes);
  const length = input.number();
  if (length === 0) return [];
  const parameter = input.number();
  const header = writer();
  header.number(length);
  header.number(parameter);
  const bits = bytes.subarray(header.length);
  if (length > bits.length * 8 || parameter > 53)
    throw new Failure("corrupt", "a list in a search file has fewer bits than numbers");
  let at = 0;
  const bit = () => {
    const byte = bits[at >> 3];
    if (byte === undefined) throw new Failure("corrupt", "a list in a search file ends too early");
    return (byte >> (7 - (at++ & 7))) & 1;
  };
  const take = (count: number) => {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + bit();
    return value;
  };
  const numbers: number[] = [];
  let next = least;
  for (let i = 0; i < length; i++) {
    let quotient = 0;
    while (quotient < longestQuotient && bit() === 1) quotient++;
    next += quotient < longestQuotient ? quotient * 2 ** parameter + take(parameter) : take(53);
    numbers.push(next++);
  }
  return numbers;
}
