/**
 * Creators of a work: persons, with family and given name apart, and organisations.
 *
 * Datasets and campaign.yaml have names as text (`Ada Lovelace`, `van der Berg, Jan`, `NASA`). Every citation format needs
 * them apart, and formats an organisation in another way than a person: "Institute, Max Planck" is no author.
 *
 * ```ts
 * creatorOf("Ludwig van Beethoven"); // { kind: "person", family: "van Beethoven", given: "Ludwig" }
 * creatorOf("Max Planck Institute for Meteorology"); // { kind: "organisation", name: "Max Planck Institute for Meteorology" }
 * ```
 */
import { plainLine } from "./plain-line.ts";

export type Creator = Person | Organisation;

export interface Person {
  readonly kind: "person";
  /** Family name with its particles and suffix; the whole name where it is one word. */
  readonly family: string;
  readonly given?: string;
  /** `0000-0002-1825-0097`. */
  readonly orcid?: string;
  readonly affiliation?: string;
}

export interface Organisation {
  readonly kind: "organisation";
  readonly name: string;
}

export interface CreatorHints {
  readonly orcid?: string;
  readonly affiliation?: string;
  /** Names that are known to be organisations: institutions of the dataset, providers of the campaign. */
  readonly organisations?: readonly string[];
}

/** The creator with that name; `undefined` where the name is blank. A person has an ORCID iD, an organisation never. */
export function creatorOf(written: string, hints: CreatorHints = {}): Creator | undefined {
  const name = plainLine(written, 200);
  if (name === "") return undefined;
  const { orcid } = hints;
  if (orcid === undefined && isOrganisation(name, hints)) return { kind: "organisation", name };
  const { name: bare, affiliation = hints.affiliation } = withoutBrackets(name);
  const [family, given] = partsOf(bare.replace(/^(?:(?:Prof|Dr|Mr|Mrs|Ms)\.? +){1,4}/, ""));
  return {
    kind: "person",
    family,
    ...(given && { given }),
    ...(orcid && { orcid }),
    ...(affiliation && { affiliation: plainLine(affiliation, 300) }),
  };
}

/** `Lovelace, Ada`; of an organisation its name. */
export function invertedName(creator: Creator): string {
  if (creator.kind === "organisation") return creator.name;
  return creator.given ? `${creator.family}, ${creator.given}` : creator.family;
}

/** Words that occur in names of organisations and in no person's. */
const organisational =
  /(?<!\p{L})(?:institut\p{L}*|universit\p{L}*|universidad\p{L}*|cent(?:er|re|ro)|zentrum|forschungszentrum|laborator\p{L}*|labs?|agency|services?|survey|society|gesellschaft|academy|akademie|department|division|ministry|teams?|group|consortium|projects?|campaign|programme?|network|association|foundation|council|office|organi[sz]ation|observator\p{L}*|school|college|company|gmbh|inc\.?|ltd\.?|llc|e\.\s?v\.|max[ -]planck(?=[ -])|helmholtz(?=[ -])|института?|университет\p{L}*|академия)(?!\p{L})|研究[所院]|研究センター|[大學学]学|大學|機構|学院|公司|气象局|気象庁/iu;

function isOrganisation(name: string, { organisations = [], affiliation }: CreatorHints): boolean {
  const folded = name.toLowerCase();
  if ([...organisations, affiliation].some((known) => known?.toLowerCase() === folded)) return true;
  // An abbreviation: NASA, MPI-M, DLR. Two capitals with points between are initials.
  return organisational.test(name) || /^(?=.*\p{Lu}.*\p{Lu})[\p{Lu}\d&/-]{2,}$/u.test(name);
}

/** `Ada Lovelace (MPI-M)` has the affiliation in it. */
function withoutBrackets(name: string): { name: string; affiliation?: string } {
  const open = name.indexOf(" (");
  if (open < 1 || !name.endsWith(")")) return { name };
  const inside = name.slice(open + 2, -1);
  return inside === "" ? { name: name.slice(0, open) } : { name: name.slice(0, open), affiliation: inside };
}

function partsOf(name: string): [family: string, given?: string] {
  const comma = name.indexOf(",");
  if (comma >= 0) {
    const [family, given] = [name.slice(0, comma).trim(), name.slice(comma + 1).trim()];
    if (family === "" || given === "") return [family || given || name];
    // `Jane Doe, Jr.` is written as it is spoken: the comma is before a suffix, not before the given name.
    if (!isSuffix(given)) return [family, given];
    const [last, first] = partsOf(family);
    return first === undefined ? [`${last} ${given}`] : [`${last} ${given}`, first];
  }
  const words = name.split(" ");
  let end = words.length;
  while (end > 1 && isSuffix(words[end - 1]!)) end--;
  let from = end - 1;
  // The first small word begins a family name of several: `van der Berg`. A name that begins with one has no given name.
  const particle = words.findIndex((word, at) => at < end - 1 && /^\p{Ll}/u.test(word));
  if (particle >= 0) from = particle;
  const family = words.slice(from).join(" ");
  return from === 0 ? [family] : [family, words.slice(0, from).join(" ")];
}

const isSuffix = (word: string) => /^(?:Jr|Sr|II|III|IV|PhD|Ph\.D|MD)\.?$/i.test(word);
