/** Text from a file or the network, fit to be shown: nothing in it can steer a terminal or reorder a line. */

/** Control characters, line separators, and characters that are invisible or change the direction of what follows. */
export const unprintable = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

const everyUnprintable = new RegExp(unprintable, "g");

/** `text` with such characters as `\u{…}`, cut to `most` characters. */
export function shown(text: string, most = 80): string {
  const cut = text.length > most ? `${text.slice(0, most).toWellFormed()}… (${text.length} characters)` : text;
  return cut.replace(everyUnprintable, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

const blanks = new RegExp(`(?:\\s|${unprintable.source})+`, "g");

/** `text` on one line: each run of blanks and such characters is one blank, none at either end. */
export const oneLine = (text: string): string => text.replace(blanks, " ").trim();

/** As many lines as a person reads in one message, and how many more there are. `count`: of all, where `lines` are the first. */
export function firstLines(lines: readonly string[], most = 20, count = lines.length): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most), `and ${count - most} more`];
}

/** Bytes in powers of ten: `1.4 GB`. */
export function formatBytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
