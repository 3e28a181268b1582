/**
 * The creators of a dataset: names as people list them, with the values at the same position in other attributes.
 *
 * ACDD lists names in one attribute, e-mails in a second and identifiers in a third, "in the order of the creators".
 * Names themselves contain commas (`"Lovelace, Ada"`, `Doe, J.`), the word "and", and apostrophes, so a comma alone
 * decides nothing.
 *
 * @see https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_1-3 creator_name, creator_email
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import type { Json } from "../json.ts";
import { closingOf, oneLine, textsOf, unquoted } from "./text.ts";

export interface Person {
  readonly name: string;
  readonly email?: string;
  /** With its checksum verified: `0000-0002-1825-0097`. */
  readonly orcid?: string;
  readonly organization?: string;
  /** `creator`, or a contributor's role. */
  readonly role: string;
}

/** Attribute values that belong together. All but the names are read by position. */
export interface Listed {
  readonly names: Json | undefined;
  readonly emails?: Json | undefined;
  readonly ids?: Json | undefined;
  readonly institutions?: Json | undefined;
  readonly roles?: Json | undefined;
}

const mostPeople = 200;
const longestList = 50_000;

export function peopleOf(listed: Listed, role: string): { people: Person[]; findings: DatasetFinding[] } {
  if (listed.names === undefined) return { people: [], findings: [] };
  const findings: DatasetFinding[] = [];
  const emails = positions(listed.emails, /[,;]/);
  const ids = positions(listed.ids, /[,;\s]+/);
  const names = namesIn(listed.names, Math.max(filled(emails), filled(ids)));
  const institutions = atPositions(listed.institutions, names.length);
  const roles = atPositions(listed.roles, names.length);

  if (filled(emails) > names.length && names.length > 0) {
    findings.push({
      level: "warning",
      rule: "email-count",
      says: `${filled(emails)} e-mail addresses for ${names.length} ${role} names: those beyond the last name are left out`,
      fix: "list e-mail addresses in the order of the names",
    });
  }
  const tooFew = emails.length < names.length;
  const theirs = tooFew ? byName(emails, names) : emails;
  const nobodys = tooFew ? emails.filter((email) => email !== "" && !theirs.includes(email)) : [];
  if (nobodys.length > 0) {
    findings.push({
      level: "warning",
      rule: "email-count",
      says: `${emails.filter(Boolean).length} e-mail addresses for ${names.length} ${role} names, so that it is not clear whose they are: ${oneLine(nobodys.join(", "), 200)} left out`,
      fix: "list e-mail addresses in the order of the names, with an empty place for who has none: a@example.org, , c@example.org",
    });
  }
  const people = names.map((written, at): Person => {
    const { name, email: own } = nameAndEmail(written);
    const email = own ?? theirs[at];
    const orcid = ids[at] ? orcidIn(ids[at]) : undefined;
    if (email && !isEmail(email)) findings.push(notAnEmail(email, name));
    if (orcid && !isOrcid(orcid)) findings.push(notAnOrcid(orcid, name));
    return {
      name,
      ...(email && isEmail(email) && { email }),
      ...(orcid && isOrcid(orcid) && { orcid }),
      ...(institutions[at] && { organization: institutions[at] }),
      role: roles[at] || role,
    };
  });
  return { people, findings };
}

/**
 * Of fewer e-mails than names, each at the place of the one name it can belong to. A single one that states
 * nothing is the first one's, who is whom people write to.
 */
function byName(emails: readonly string[], names: readonly string[]): (string | undefined)[] {
  const theirs: (string | undefined)[] = names.map(() => undefined);
  for (const email of emails) {
    const [whose, ...others] = [...names.keys()].filter((at) => containsName(email, names[at]!));
    if (whose !== undefined && others.length === 0) theirs[whose] ??= email;
  }
  return emails.length === 1 && theirs.every((email) => email === undefined) ? [...emails] : theirs;
}

/** `ada.lovelace@…`, `lovelace@…`, `alovelace@…` and `lovelacea@…` for Ada Lovelace. */
function containsName(email: string, name: string): boolean {
  const [local = ""] = email.toLowerCase().split("@");
  const parts = local.split(/[^a-z]+/);
  const surname = name
    .replace(/[(<].*$/, "")
    .split(",")[0]!
    .trim()
    .split(" ")
    .at(-1)!
    .toLowerCase();
  return inLatin(surname).some(
    (name) =>
      name.length > 2 &&
      parts.some((part) => part.length <= name.length + 2 && (part.startsWith(name) || part.endsWith(name))),
  );
}

/** As addresses spell it: `Müller` is `muller` or `mueller`. */
function inLatin(word: string): string[] {
  const spelt = (text: string) =>
    text
      .replaceAll("ß", "ss")
      .normalize("NFD")
      .replace(/[^a-z]/g, "");
  return [spelt(word), spelt(word.normalize("NFC").replace(/[äöü]/g, "$&e"))];
}

/**
 * The names in a list. `people`: how many there are by other attributes, which decides whether `Doe, Jane` is one
 * person or two.
 */
export function namesIn(value: Json | undefined, people = 0): string[] {
  const texts = textsOf(value);
  const split = texts.length > 1 ? (text: string) => [text] : (text: string) => splitNames(text, people);
  return texts
    .flatMap((text) => split(collapsed(text)))
    .map((name) => oneLine(unquoted(name), 200))
    .filter((name) => /[\p{L}\p{N}]/u.test(name))
    .slice(0, mostPeople);
}

function splitNames(text: string, people: number): string[] {
  const bySemicolon = splitOutside(text, /[;\n]/y);
  if (bySemicolon.length > 1) return bySemicolon.flatMap((part) => splitOutside(part, and));
  const joined = splitOutside(text, and);
  const inTwo = joined.map((part) => splitOutside(part, /,/y));
  if ((joined.length > 1 || people === 1) && inTwo.every(isLastThenFirst)) return joined;
  return withInitials(inTwo.flat());
}

const and = /,?\s+(?:and|&)\s+/iy;

/** `Doe, Jane`, `van der Berg, J. M.`, but not `Ada Lovelace, Grace Hopper`. */
function isLastThenFirst(parts: readonly string[]): boolean {
  const [last = "", first = "", ...more] = parts.map((part) => part.trim());
  if (more.length > 0 || last === "" || first === "") return false;
  return isInitials(first) || !/\s/.test(first) || /^\p{Ll}/u.test(last);
}

/** Puts back what a comma tore from its name: initials (`Doe, J.`) and suffixes (`Doe, Jr.`). */
function withInitials(parts: readonly string[]): string[] {
  const names: string[] = [];
  for (const part of parts.map((part) => part.trim())) {
    const before = names.at(-1);
    const torn = before !== undefined && (isSuffix(part) || (isInitials(part) && !before.includes(",")));
    if (torn) names[names.length - 1] = `${before}, ${part}`;
    else if (part !== "") names.push(part);
  }
  return names;
}

const isInitials = (text: string) => /^(?:\p{Lu}\p{Ll}?\.[-\s]?)*(?:\p{Lu}\p{Ll}?\.|\p{Lu})$/u.test(text);
const isSuffix = (text: string) => /^(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?\s?d)\.?$/i.test(text);

/** Bounded, and with runs of blanks reduced to one: patterns that match blanks are then linear. */
function collapsed(text: string): string {
  return text.slice(0, longestList).replace(/\s+/g, (run) => (run.includes("\n") ? "\n" : " "));
}

/** Parts between matches of `separator` (sticky) outside quotation marks and brackets. */
function splitOutside(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  const endOfQuotation = quotationsIn(text);
  let from = 0;
  let begun = false;
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const end = begun ? undefined : endOfQuotation(at);
    separator.lastIndex = at;
    const found = depth === 0 && end === undefined ? separator.exec(text) : null;
    if (found) {
      parts.push(text.slice(from, at));
      at += found[0].length;
      from = at;
      begun = false;
    } else {
      if (text[at] === "(") depth++;
      if (text[at] === ")") depth = Math.max(0, depth - 1);
      begun ||= text[at] !== " " && text[at] !== "\n";
      at = end ?? at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/**
 * Where the quotation that opens at a place is over, asked for one place after another. An apostrophe (`'t Hooft, O'Brien`)
 * opens none: nothing ends after its twin.
 */
function quotationsIn(text: string): (at: number) => number | undefined {
  // By mark: the position of the next one that something ends after. Each is searched for once, however many quotations open.
  const next = new Map<string, number>();
  const nextClosing = (mark: string, after: number): number => {
    const known = next.get(mark);
    if (known !== undefined && known > after) return known;
    let end = text.indexOf(mark, after + 1);
    while (end >= 0 && !endsSomething.test(text.slice(end + 1, end + 20))) end = text.indexOf(mark, end + 1);
    const found = end < 0 ? Number.POSITIVE_INFINITY : end;
    next.set(mark, found);
    return found;
  };
  return (at) => {
    const closing = closingOf(text[at]!);
    const end = closing ? nextClosing(closing, at) : Number.POSITIVE_INFINITY;
    return Number.isFinite(end) ? end + 1 : undefined;
  };
}

/** What follows a name. */
const endsSomething = /^\s*(?:$|[,;\n&<]|and\s)/i;

/** Values by position: an empty one keeps its place, so that the next still belongs to its name. */
function positions(value: Json | undefined, separators: RegExp): string[] {
  const texts = textsOf(value);
  const parts = Array.isArray(value) ? texts : texts.flatMap((text) => text.slice(0, longestList).split(separators));
  const cleaned = parts.map((part) => oneLine(part.replace(/^\s*<|>\s*$/g, ""), 300).replace(/^mailto:/i, ""));
  return cleaned.slice(0, mostPeople);
}

/** How many places there are up to the last one that is not empty. */
const filled = (places: readonly string[]): number => places.findLastIndex((place) => place !== "") + 1;

/** Free text by position, where the list has as many parts as there are names; a text that is no list stands for all. */
function atPositions(value: Json | undefined, count: number): string[] {
  const texts = textsOf(value).map(collapsed);
  const splits = texts.length === 1 ? [splitOutside(texts[0]!, /[;\n]/y), splitOutside(texts[0]!, /,/y)] : [texts];
  const fitting = splits.find((parts) => parts.length === count);
  const isNoList = splits.every((parts) => parts.length === 1);
  return (fitting ?? (isNoList ? Array<string>(count).fill(texts[0]!) : [])).map((part) =>
    oneLine(unquoted(part), 300),
  );
}

/** `Ada Lovelace <ada@example.org>` contains both. */
function nameAndEmail(text: string): { name: string; email?: string } {
  const found = /^(.+?)\s*<([^<>\s]+@[^<>\s]+)>$/.exec(text);
  return found ? { name: unquoted(found[1]!), email: found[2]! } : { name: text };
}

/** RFC 5321 as JSON Schema's `email` has it, so that what we accept is valid in an item. */
const email =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

const isEmail = (text: string) => text.length <= 254 && email.test(text);

/** The ORCID in a text or its URL; the text itself where it is neither. */
function orcidIn(text: string): string | undefined {
  return /\d{4}-?\d{4}-?\d{4}-?\d{3}[\dX]/i
    .exec(text)?.[0]
    .toUpperCase()
    .replace(/-/g, "")
    .replace(/(.{4})(?=.)/g, "$1-");
}

/** ISO 7064 MOD 11-2, as https://support.orcid.org/hc/articles/360006897674 describes it. */
export function isOrcid(orcid: string): boolean {
  const digits = orcid.replaceAll("-", "");
  let total = 0;
  for (const digit of digits.slice(0, 15)) total = (total + Number(digit)) * 2;
  const check = (12 - (total % 11)) % 11;
  return digits[15] === (check === 10 ? "X" : String(check));
}

const notAnEmail = (email: string, name: string): DatasetFinding => ({
  level: "warning",
  rule: "email",
  says: `"${oneLine(email, 100)}" is no e-mail address; ${oneLine(name, 100)} is listed without one`,
});

const notAnOrcid = (orcid: string, name: string): DatasetFinding => ({
  level: "warning",
  rule: "orcid",
  says: `${orcid} is no ORCID iD (its last digit is a checksum, and wrong); ${oneLine(name, 100)} is listed without one`,
  fix: "copy it again from orcid.org",
});
