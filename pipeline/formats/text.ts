/**
 * Text in files whose encoding no header names: UTF-8, else Latin-1 as Windows extends it (CP1252).
 *
 * Recognising text is conservative, because readers of text formats see the first bytes of every file of a campaign:
 * control characters, and bytes that are mostly beyond ASCII without being UTF-8, mean that a file is no text. UTF-16 has a
 * NUL next to each ASCII character and is therefore none.
 */
import { unlessAborted } from "../core/abort.ts";
import type { Description } from "../core/dataset/dataset.ts";
import type { RangeSource } from "../core/dataset/range-source.ts";
import type { World } from "../core/world.ts";
import { type FileFormat, startLength } from "./reader.ts";

export type Encoding = "utf-8" | "windows-1252";

export interface FileText {
  /** Without a byte order mark. */
  readonly text: string;
  readonly encoding: Encoding;
}

/** Of bytes that are no UTF-8, the share beyond ASCII: more is no text of a language written in Latin letters. */
const mostBeyondAscii = 0.1;

/**
 * The text that `bytes`, the start of a file, are; `undefined` where they are none.
 *
 * @param isCut whether the file goes on behind them, so that the last character may be incomplete
 */
export function textOf(bytes: Uint8Array, isCut: boolean): FileText | undefined {
  let beyondAscii = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) beyondAscii++;
    else if (byte < 0x20 && !isBlank(byte)) return undefined;
    else if (byte === 0x7f) return undefined;
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut }), encoding: "utf-8" };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  if (beyondAscii > mostBeyondAscii * bytes.length) return undefined;
  return { text: decoded(bytes, "windows-1252"), encoding: "windows-1252" };
}

/** The text that bytes of the same file are: what its encoding does not have becomes U+FFFD. */
export function decoded(bytes: Uint8Array, encoding: Encoding): string {
  return new TextDecoder(encoding).decode(bytes);
}

/** Tab, line feed, form feed, carriage return. */
const isBlank = (byte: number) => byte === 9 || byte === 10 || byte === 12 || byte === 13;

/** Bytes of a file that is read whole, and of each window into a larger one. */
export const textLimits = { whole: 16 * 2 ** 20, start: 4 * 2 ** 20, window: 2 ** 20, windows: 8 } as const;

export interface Lines {
  /** Whole lines that follow one another in the file; one text where the file was read whole. The first one begins with the file. */
  readonly parts: readonly string[];
  readonly isWhole: boolean;
  /** Bytes of the parts. */
  readonly bytes: number;
}

/**
 * The lines of a file; of one beyond `textLimits.whole`, those of its start, of windows spread evenly over it, and of its
 * end. Lines that a window cuts are left out.
 */
export async function linesIn(file: RangeSource, encoding: Encoding): Promise<Lines> {
  const { size } = file;
  if (size <= textLimits.whole) {
    return { parts: [decoded(await file.read(0, size), encoding)], isWhole: true, bytes: size };
  }
  const parts = [wholeLines(decoded(await file.read(0, textLimits.start), encoding), "end")];
  const step = (size - textLimits.start - textLimits.window) / (textLimits.windows - 1);
  // One after another: they are one or two requests each, and memory has one of them as bytes at a time.
  for (let i = 0; i < textLimits.windows; i++) {
    const text = decoded(await file.read(textLimits.start + Math.floor(i * step), textLimits.window), encoding);
    parts.push(wholeLines(text, i === textLimits.windows - 1 ? "start" : "both"));
  }
  return { parts, isWhole: false, bytes: textLimits.start + textLimits.windows * textLimits.window };
}

/** `text` without the lines that are cut at its start, its end, or both. */
function wholeLines(text: string, cutAt: "start" | "end" | "both"): string {
  const start = cutAt === "end" ? 0 : text.indexOf("\n") + 1;
  const end = cutAt === "start" ? text.length : text.lastIndexOf("\n") + 1;
  return (cutAt !== "end" && start === 0) || end <= start ? "" : text.slice(start, end);
}

/** Files that are text and whose beginning `isStart` accepts. */
export function textFormat(
  isStart: (text: string) => boolean,
  describe: (file: RangeSource, world: World) => Promise<Description>,
): FileFormat {
  return {
    recognises(start) {
      const found = textOf(start, start.length >= startLength);
      return found !== undefined && isStart(found.text);
    },
    describe: (file, world) => unlessAborted(world.signal, describe(file, world)),
  };
}
