/** Dates in a question: days, months and years as people write them, in English and German, and ranges of them. */
import { daysOf, dayText } from "../index/time-cells.ts";
import type { Period } from "../query.ts";

export interface FoundTime {
  readonly kind: "time";
  readonly start: number;
  readonly end: number;
  readonly from?: string;
  readonly until?: string;
  /** Where it is in each of several years of the campaign: the days in each, the first year first. */
  readonly periods?: readonly Period[];
}

const months = [
  "january|januar|jan|jänner",
  "february|februar|feb",
  "march|märz|maerz|mar|mär",
  "april|apr",
  "may|mai",
  "june|juni|jun",
  "july|juli|jul",
  "august|aug",
  "september|sept|sep",
  "october|oktober|oct|okt",
  "november|nov",
  "december|dezember|dec|dez",
];
const month = `(?:${months.join("|")})`;
const ordinal = "(?:st|nd|rd|th|\\.)?";
const year = "(?:19|20)\\d\\d";
const to = "\\s*(?:-|–|—|\\bto\\b|\\buntil\\b|\\btill\\b|\\band\\b|\\bbis\\b|\\bund\\b)\\s*";

/** A date with its parts named `${n}…`, so that a pattern can have two. */
const date = (n: number) =>
  "(?:" +
  [
    `(?<iso${n}>${year}-\\d\\d(?:-\\d\\d)?)(?:T[\\d:.]+Z?)?`,
    `(?<dotted${n}>\\d{1,2}\\.\\d{1,2}\\.${year})`,
    `(?<day${n}>\\d{1,2})${ordinal}\\s*(?:of\\s+)?(?<month${n}>${month})\\b\\.?(?:,?\\s+(?<year${n}>${year}))?`,
    `(?<monthFirst${n}>${month})\\b\\.?\\s+(?<dayAfter${n}>\\d{1,2})(?!\\d)${ordinal}(?:,?\\s+(?<yearAfter${n}>${year}))?`,
    `(?<monthAlone${n}>${month})\\b\\.?(?:,?\\s+(?<yearAlone${n}>${year}))?`,
    `(?<yearOnly${n}>${year})`,
  ].join("|") +
  ")(?![\\p{L}\\p{N}_-])";

const begins = "(?<![\\p{L}\\p{N}_.-])";
const within = "(?:(?:on|in|during|at|of|from|am|im|vom|between|zwischen|around)\\s+)?(?:the\\s+)?";

const patterns = {
  daysOfMonth: new RegExp(
    `${begins}${within}(?<a>\\d{1,2})${ordinal}${to}(?<b>\\d{1,2})${ordinal}\\s*(?:of\\s+)?(?<m>${month})\\b\\.?(?:,?\\s+(?<y>${year}))?`,
    "iu",
  ),
  monthDays: new RegExp(
    `${begins}${within}(?<m>${month})\\b\\.?\\s+(?<a>\\d{1,2})${ordinal}${to}(?<b>\\d{1,2})(?!\\d)${ordinal}(?:,?\\s+(?<y>${year}))?`,
    "iu",
  ),
  range: new RegExp(`${begins}${within}${date(1)}(?:${to}|/)${date(2)}`, "iu"),
  bound: new RegExp(
    `${begins}(?<bound>since|after|from|starting|until|till|before|up to|seit|nach|ab|bis|vor)\\s+(?:the\\s+)?${date(1)}`,
    "iu",
  ),
  single: new RegExp(`${begins}(?<lead>${within})${date(1)}`, "iu"),
} as const;

type Groups = Readonly<Record<string, string | undefined>>;

/** What is known of the campaign. */
export interface TimeContext {
  /** First and last day of its data: a date without a year is in each year of these that has it. */
  readonly time?: readonly [first: string, last: string] | undefined;
}

/** Years of a campaign, the last ones, in which a date without a year is. */
const mostYears = 60;

/** The first time in the text; `undefined` where there is none. */
export function timeIn(text: string, context: TimeContext): FoundTime | undefined {
  const found = lastIn(text, context);
  if (!found || !context.time || found.from === undefined || found.until === undefined) return found;
  const periods = yearByYear(text.slice(found.start, found.end), context.time);
  const [first, last] = [periods[0], periods.at(-1)];
  if (!first || !last || periods.length < 2) return found;
  return { ...found, from: first.from, until: last.until, periods };
}

/** What a time means in each year of the campaign that has data then. The same each year, where it says which year. */
function yearByYear(typed: string, [first, last]: readonly [string, string]): readonly Period[] {
  const [begin, end] = [Number(first.slice(0, 4)), Number(last.slice(0, 4))];
  const periods = new Map<string, Period>();
  for (let year = Math.max(begin, end - mostYears + 1); year <= end; year++) {
    const { from, until } = lastIn(typed, { time: [`${year}-01-01`, `${year}-12-31`] }) ?? {};
    if (from === undefined || until === undefined) continue;
    if (from <= last.slice(0, 10) && until >= first.slice(0, 10)) periods.set(from, { from, until });
  }
  return [...periods.values()];
}

/** With a date without a year in the last year that has it. */
function lastIn(text: string, context: TimeContext): FoundTime | undefined {
  return (
    daysOfOneMonth(patterns.daysOfMonth.exec(text), context) ??
    daysOfOneMonth(patterns.monthDays.exec(text), context) ??
    rangeIn(patterns.range.exec(text), context) ??
    boundIn(patterns.bound.exec(text), context) ??
    singleIn(text, context)
  );
}

function daysOfOneMonth(match: RegExpExecArray | null, context: TimeContext): FoundTime | undefined {
  const { a, b, m, y } = match?.groups ?? {};
  if (!match || !a || !b || !m) return undefined;
  const whole = inYear(`${monthNumber(m)}`, y, context);
  if (whole === undefined) return undefined;
  return found(match, period(`${whole}-${two(a)}`)?.first, period(`${whole}-${two(b)}`)?.last);
}

function rangeIn(match: RegExpExecArray | null, context: TimeContext): FoundTime | undefined {
  if (!match?.groups) return undefined;
  const { groups } = match;
  // "3 September to 5 October 2024": the year of the second is that of the first.
  const last = periodOf(groups, 2, context);
  const yearOfLast = last?.last.slice(0, 4);
  const first = periodOf(groups, 1, context, yearOfLast);
  return first && last && first.first <= last.last ? found(match, first.first, last.last) : undefined;
}

function boundIn(match: RegExpExecArray | null, context: TimeContext): FoundTime | undefined {
  if (!match?.groups) return undefined;
  const at = periodOf(match.groups, 1, context);
  if (!at) return undefined;
  switch (match.groups.bound?.toLowerCase()) {
    case "after":
    case "nach":
      return found(match, shifted(at.last, 1), undefined);
    case "before":
    case "vor":
      return found(match, undefined, shifted(at.first, -1));
    case "until":
    case "till":
    case "up to":
    case "bis":
      return found(match, undefined, at.last);
    default:
      return found(match, at.first, undefined);
  }
}

/** A date alone. A year is a word unless the question makes it a time, and so is a month: "may", "march". */
function singleIn(text: string, context: TimeContext): FoundTime | undefined {
  let from = 0;
  for (;;) {
    const match = patterns.single.exec(text.slice(from));
    if (!match?.groups) return undefined;
    const { lead, monthAlone1, yearAlone1, yearOnly1 } = match.groups;
    const isBare = lead === "" && (yearOnly1 !== undefined || (monthAlone1 !== undefined && yearAlone1 === undefined));
    const at = isBare ? undefined : periodOf(match.groups, 1, context);
    const start = from + match.index;
    if (at) return { kind: "time", start, end: start + match[0].length, from: at.first, until: at.last };
    from = start + match[0].length;
  }
}

function found(match: RegExpExecArray, from: string | undefined, until: string | undefined): FoundTime | undefined {
  if (from === undefined && until === undefined) return undefined;
  if (from !== undefined && until !== undefined && from > until) return undefined;
  const [start, end] = [match.index, match.index + match[0].length];
  return { kind: "time", start, end, ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
}

interface DayRange {
  /** Days, `2024-08-18`. */
  readonly first: string;
  readonly last: string;
}

function periodOf(groups: Groups, n: number, context: TimeContext, otherYear?: string): DayRange | undefined {
  const get = (name: string) => groups[`${name}${n}`];
  const plain = get("iso") ?? get("yearOnly");
  if (plain !== undefined) return period(plain);
  const dotted = get("dotted");
  if (dotted !== undefined) {
    const [day = "", month = "", year = ""] = dotted.split(".");
    return period(`${year}-${two(month)}-${two(day)}`);
  }
  const name = get("month") ?? get("monthFirst") ?? get("monthAlone");
  if (name === undefined) return undefined;
  const day = get("day") ?? get("dayAfter");
  const written = get("year") ?? get("yearAfter") ?? get("yearAlone") ?? otherYear;
  const number = monthNumber(name);
  const whole = inYear(day === undefined ? number : `${number}-${two(day)}`, written, context);
  return whole === undefined ? undefined : period(whole);
}

/** `09-03` as `2024-09-03`: the year that is written, else the last one in which the campaign has data then, else its last. */
function inYear(part: string, written: string | undefined, { time }: TimeContext): string | undefined {
  if (written !== undefined) return `${written}-${part}`;
  if (!time) return undefined;
  const [first, last] = [Number(time[0].slice(0, 4)), Number(time[1].slice(0, 4))];
  for (let year = last; year >= first && year > last - 200; year--) {
    const at = period(`${year}-${part}`);
    if (at && at.first <= time[1].slice(0, 10) && at.last >= time[0].slice(0, 10)) return `${year}-${part}`;
  }
  return `${last}-${part}`;
}

function period(text: string): DayRange | undefined {
  const days = daysOf(text, text);
  return days && { first: dayText(days.first), last: dayText(days.last) };
}

function shifted(day: string, days: number): string | undefined {
  const at = daysOf(day, day);
  return at && dayText(at.first + days);
}

function monthNumber(name: string): string {
  const lower = name.toLowerCase();
  return two(String(months.findIndex((names) => names.split("|").includes(lower)) + 1));
}

const two = (number: string) => number.padStart(2, "0");
