/**
 * The moment that a unit of time counts from, as UDUNITS writes it: whether a text has one, and where it ends.
 *
 * What the moment is depends on a calendar and on the program that reads it: see `../time/reference-date.ts`.
 */

const digits = (least: number, most = least) => `\\d{${least},${most}}`;
const clock = `(?<hour>${digits(1, 2)})(?::?(?<minute>${digits(2)}|(?<=:)\\d)(?::?(?<second>${digits(2)}|(?<=:)\\d)(?:\\.\\d*)?)?)?(?!\\d)`;
const zone = "(?:[+-]?\\d{1,2}:\\d{1,2}|[+-]?\\d{1,4}|UTC|GMT|Z)(?![\\w:])";
const date = `[+-]?\\d{1,4}(?:-(?<month>${digits(1, 2)})(?:-(?<day>${digits(1, 2)}))?|(?<packedMonth>${digits(2)})(?<packedDay>${digits(2)})?)?(?!\\d)`;
const moment = new RegExp(`${date}(?:(?:T|\\s*)${clock}(?:\\s*${zone})?|T)?\\s*`, "iy");

/** The end of the moment that begins at `from`; `undefined` where there is none, or none that a calendar has. */
export function lastOfMoment(text: string, from: number): number | undefined {
  moment.lastIndex = from;
  const found = moment.exec(text);
  if (!found) return undefined;
  const { month, day, packedMonth, packedDay, hour, minute, second } = found.groups ?? {};
  const within = (part: string | undefined, least: number, most: number) =>
    part === undefined || (Number(part) >= least && Number(part) <= most);
  const exists =
    within(month ?? packedMonth, 1, 12) &&
    within(day ?? packedDay, 1, 31) &&
    within(hour, 0, 23) &&
    within(minute, 0, 59) &&
    within(second, 0, 60);
  return exists ? moment.lastIndex : undefined;
}
