/**
 * What a dataset's global attributes mean, in one vocabulary.
 *
 * Attributes follow CF, ACDD and the habits of campaigns, come from anyone, and are trusted for nothing: each text is
 * bounded and freed of invisible characters, each address is http(s), each e-mail and ORCID is checked. What isn't there
 * is absent; nothing is made up. Format-independent: Zarr, NetCDF and the sidecar all come through here.
 *
 * ```ts
 * const { about, findings } = interpret({ title: "Dropsondes", license: "CC BY 4.0" }, { projects: {} });
 * about.licence?.id; // "CC-BY-4.0"
 * ```
 *
 * @see https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_1-3
 * @see https://cfconventions.org/cf-conventions/cf-conventions.html#description-of-file-contents
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import { instantOf, periodOf } from "../dataset/instant.ts";
import type { Json } from "../json.ts";
import { type Licence, licenceOf } from "./licence.ts";
import { type Person, peopleOf } from "./people.ts";
import { linkIn, type Reference, referencesIn } from "./references.ts";
import { lines, listOf, oneLine, textsOf, unquoted } from "./text.ts";

export interface About {
  readonly title?: string;
  readonly summary?: string;
  /** Creators first, then contributors and publishers, each with their role. */
  readonly people: readonly Person[];
  readonly institutions: readonly string[];
  readonly keywords: readonly string[];
  /** By the campaign's own names for them. */
  readonly projects: readonly string[];
  readonly platforms: readonly string[];
  readonly instruments: readonly string[];
  readonly licence?: Licence;
  readonly references: readonly Reference[];
  /** The dataset's own DOI. */
  readonly doi?: string;
  /** How its authors want to be cited. */
  readonly citation?: string;
  /** How the data came to be; one line an entry. */
  readonly history?: string;
  /** CF `source`: how the original data were produced. */
  readonly source?: string;
  /** `L2`, or as written where it is no such level. */
  readonly level?: string;
  readonly version?: string;
  /** RFC 3339, UTC. */
  readonly created?: string;
  readonly modified?: string;
  readonly issued?: string;
  readonly featureType?: string;
  readonly conventions?: string;
}

export interface InterpretOptions {
  /** What people write → what the campaign calls the project. */
  readonly projects: Readonly<Record<string, string>>;
  /** How to add an attribute that is missing. By default, as a global attribute. */
  readonly toAdd?: (attribute: string) => string;
}

const asGlobal = (attribute: string) => `add the global attribute ${attribute}`;

const longest = { title: 300, summary: 5000, citation: 2000, history: 10_000, word: 200 } as const;

/** Never throws: what can't be used is left out, with a finding where someone would miss it. */
export function interpret(
  attributes: Readonly<Record<string, Json>>,
  { projects, toAdd = asGlobal }: InterpretOptions,
): { about: About; findings: DatasetFinding[] } {
  const get = lookup(attributes);
  const findings: DatasetFinding[] = [];
  const text = (limit: number, ...names: string[]) => {
    const value = get(...names);
    if (value === undefined) return "";
    const whole = textsOf(value).join(", ");
    const line = oneLine(unquoted(whole), limit);
    if (line.endsWith("…") && whole.length > limit) findings.push(tooLong(names[0]!, whole.length, limit));
    return line;
  };

  const title = text(longest.title, "title", "name");
  const summary = text(longest.summary, "summary", "description", "abstract", "comment");
  const citation = text(longest.citation, "citation", "cite_as");
  const source = text(longest.summary, "source");
  const version = text(longest.word, "product_version", "dataset_version", "version");
  const featureType = text(longest.word, "featureType", "cdm_data_type");
  const conventions = text(longest.word, "Conventions");
  const level = levelOf(text(longest.word, "processing_level"));
  const history = lines(textsOf(get("history")).join("\n"), longest.history);

  const people = [
    peopleOf(creatorsIn(get), "creator"),
    peopleOf(contributorsIn(get), "contributor"),
    peopleOf({ names: get("publisher_name"), emails: get("publisher_email") }, "publisher"),
  ];
  const licenceText = text(500, "license", "licence", "rights");
  const { licence, finding } = licenceText ? licenceOf(licenceText) : {};
  const doi = linkIn(get("doi", "dataset_doi", "identifier_product_doi", "id"))?.doi;
  const dates = { created: ["date_created", "creation_date"], modified: ["date_modified"], issued: ["date_issued"] };
  const dated = Object.entries(dates).flatMap(([name, attributes]) => {
    const written = text(longest.word, ...attributes);
    // A month is written as its first second, as a day is.
    const date = instantOf(written)?.iso ?? periodOf(written)?.start;
    if (written && !date) findings.push(noDate(attributes[0]!, written));
    return date ? [[name, date]] : [];
  });

  findings.push(...people.flatMap((group) => group.findings), ...(finding ? [finding] : []));
  const about: About = {
    ...(title && { title }),
    ...(summary && { summary }),
    people: people.flatMap((group) => group.people),
    institutions: listOf(get("institution", "institutions"), /[;\n]/),
    keywords: listOf(get("keywords", "keyword", "tags"), /[,;\n]/),
    projects: projectsOf(listOf(get("project", "projects"), /[,;\n]/), projects),
    platforms: listOf(get("platform", "platform_name", "platforms"), /[,;\n]/),
    instruments: listOf(get("instrument", "instruments", "sensor"), /[,;\n]/),
    ...(licence && { licence }),
    references: referencesIn(get("references", "reference", "related_url", "publication")),
    ...(doi && { doi }),
    ...(citation && { citation }),
    ...(history && { history }),
    ...(source && { source }),
    ...(level && { level }),
    ...(version && { version }),
    ...Object.fromEntries(dated),
    ...(featureType && { featureType }),
    ...(conventions && { conventions }),
  };
  return { about, findings: [...findings, ...missing(about, toAdd)] };
}

type Lookup = (...names: string[]) => Json | undefined;

/** The first of `names` that is not empty; as it is spelt, else in any case. */
function lookup(attributes: Readonly<Record<string, Json>>): Lookup {
  const exact = new Map(Object.entries(attributes).filter(([, value]) => hasContent(value)));
  const folded = new Map([...exact].reverse().map(([name, value]) => [name.toLowerCase(), value]));
  return (...names) => {
    for (const name of names) {
      const value = exact.get(name) ?? folded.get(name.toLowerCase());
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function hasContent(value: Json): boolean {
  return typeof value === "string" ? /\S/.test(value) : textsOf(value).some((text) => /\S/.test(text));
}

function creatorsIn(get: Lookup) {
  return {
    names: get("creator_name", "creator", "creators", "author", "authors", "principal_investigator", "PI"),
    emails: get("creator_email", "author_email", "contact_email", "email"),
    ids: get("creator_id", "creator_orcid", "author_orcid", "orcid"),
    institutions: get("creator_institution", "author_institution"),
  };
}

function contributorsIn(get: Lookup) {
  return {
    names: get("contributor_name", "contributor", "contributors"),
    emails: get("contributor_email"),
    ids: get("contributor_id", "contributor_orcid"),
    institutions: get("contributor_institution"),
    roles: get("contributor_role"),
  };
}

function projectsOf(written: readonly string[], aliases: Readonly<Record<string, string>>): string[] {
  const byFolded = new Map(Object.entries(aliases).map(([from, to]) => [from.toLowerCase(), to]));
  return [...new Set(written.map((name) => byFolded.get(name.toLowerCase()) ?? name))];
}

/** `Level 2`, `l2a`, `2` → `L2`, `L2A`, `L2`. */
function levelOf(text: string): string {
  const found = /^(?:processing\s+)?(?:level|lev\.?|l)?[\s_-]*(\d)\s*([a-z])?$/i.exec(text);
  return found ? `L${found[1]}${(found[2] ?? "").toUpperCase()}` : text;
}

/** What users and citers will miss. */
function missing({ title, summary, people, licence }: About, toAdd: (attribute: string) => string): DatasetFinding[] {
  const candidates = [
    { rule: "no-title", attribute: "title", level: "warning", lacks: !title },
    { rule: "no-summary", attribute: "summary", level: "hint", lacks: !summary },
    { rule: "no-creator", attribute: "creator_name", level: "hint", lacks: people.length === 0 },
    { rule: "no-licence", attribute: "license", level: "hint", lacks: !licence },
  ] as const;
  return candidates
    .filter(({ lacks }) => lacks)
    .map(({ level, rule, attribute }) => ({
      level,
      rule,
      says: `has no ${attribute}`,
      fix: toAdd(attribute),
    }));
}

const tooLong = (attribute: string, length: number, limit: number): DatasetFinding => ({
  level: "warning",
  rule: "too-long",
  says: `${attribute} has ${length} characters; the first ${limit} are shown`,
});

const noDate = (attribute: string, written: string): DatasetFinding => ({
  level: "hint",
  rule: "date",
  says: `${attribute} "${oneLine(written, 80)}" is no date we can read`,
  fix: "write it as 2024-08-11 or 2024-08-11T10:00:00Z",
});
