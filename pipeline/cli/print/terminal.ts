/**
 * Log lines and progress on stderr.
 *
 * On a terminal, progress is one line that is rewritten; elsewhere, a new line at intervals, so that a log stays readable;
 * with `quiet`, only problems are printed. The time left is computed from the rate of the last half minute, and not shown
 * before there is one.
 *
 * ```ts
 * const terminal = terminalOn(process.stderr, { quiet: false });
 * terminal.progress({ task: "adding", done: 3e8, total: 2e9, unit: "bytes" });
 * // adding 300 MB of 2.0 GB (15%), 410 MB/s, 4 s left
 * ```
 */
import { formatBytes, shown } from "../../core/text/shown.ts";
import type { Progress } from "../../core/world.ts";
import { type Paint, plain } from "./colour.ts";

export interface Terminal {
  log(line: string): void;
  progress(progress: Progress): void;
  /** Removes the progress line, so that the next text starts on an empty line. */
  clear(): void;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** ms. `stalled`: without progress, a log gets one line a minute. */
const redrawEvery = { terminal: 100, plain: 5_000, stalled: 60_000 };
const paceOver = 30_000;

export function terminalOn(
  stream: Stream,
  { quiet, paint = plain }: { readonly quiet: boolean; readonly paint?: Paint },
  now = () => performance.now(),
): Terminal {
  const live = stream.isTTY === true;
  const paces = new Map<Progress["task"], Pace>();
  let drawn = "";

  const clear = () => {
    if (drawn) stream.write("\r\u001b[K");
    drawn = "";
  };
  return {
    clear,
    log(line) {
      if (quiet) return;
      clear();
      stream.write(`${printableLines(line).replace(/^warning(?=: )/, (word) => paint("warning", word))}\n`);
    },
    progress(progress) {
      if (quiet) return;
      const pace = paces.get(progress.task) ?? { samples: [{ at: now(), done: 0 }], drawn: now() };
      paces.set(progress.task, pace);
      const at = now();
      const stalled = pace.samples.length > 1 && pace.samples.at(-1)!.done === progress.done;
      if (at - pace.drawn < redrawEvery[live ? "terminal" : stalled ? "stalled" : "plain"]) return;
      pace.drawn = at;
      pace.samples.push({ at, done: progress.done });
      while (pace.samples.length > 2 && at - pace.samples[0]!.at > paceOver) pace.samples.shift();
      const line = describe(progress, perSecond(pace.samples));
      if (!live) return void stream.write(`${line}\n`);
      clear();
      drawn = line.slice(0, (stream.columns || 80) - 1);
      stream.write(drawn);
    },
  };
}

interface Pace {
  samples: { readonly at: number; readonly done: number }[];
  drawn: number;
}

function perSecond(samples: Pace["samples"]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const seconds = (last.at - first.at) / 1000;
  return seconds > 0 ? (last.done - first.done) / seconds : 0;
}

function describe({ task, done, total, unit }: Progress, rate: number): string {
  const amount = unit === "bytes" ? formatBytes : (count: number) => `${count}`;
  const one = unit === "leaves" ? "leaf" : unit.slice(0, -1);
  const units = (count: number) => (unit === "bytes" ? "" : ` ${count === 1 ? one : unit}`);
  const parts = [
    total === undefined
      ? `${task} ${amount(done)}${units(done)}`
      : `${task} ${amount(done)} of ${amount(total)}${units(total)} (${total > 0 ? Math.floor((100 * done) / total) : 100}%)`,
  ];
  if (rate > 0)
    parts.push(`${amount(unit === "bytes" || rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))}/s`);
  if (rate > 0 && total !== undefined && done < total) parts.push(`${duration((total - done) / rate)} left`);
  return parts.join(", ");
}

/** Seconds for people: `4 s`, `3 min`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Makes untrusted text safe to print, uncut: it can't move the cursor, recolour the terminal or reorder a line. */
export const printable = (text: string): string => shown(text, Number.POSITIVE_INFINITY);

/** As {@link printable}, for text with trusted line breaks. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** `text` behind `start`, wrapped at `width` with further lines `indent` characters from the left; unwrapped without a width. */
export function hanging(start: string, text: string, width: number | undefined, indent = start.length): string {
  if (width === undefined || start.length + text.length <= width) return start + text;
  const lines = [""];
  for (const word of text.split(" ")) {
    const room = Math.max(20, width - (lines.length === 1 ? start.length : indent));
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line, i) => (i === 0 ? start : " ".repeat(indent)) + line).join("\n");
}

/** Shortens a name for a column of a table: a key's name of 62 letters to its two ends. */
export const nameShort = (name: string): string =>
  /^k[0-9a-z]{50,}$/.test(name) ? `${name.slice(0, 12)}…${name.slice(-6)}` : name;
