/**
 * Licences: what people write, as the SPDX identifier that machines compare.
 *
 * The list is SPDX's own. A text is taken for an identifier only where nothing but its spelling differs; where a
 * version or a variant is missing, the finding names the likely one and decides nothing: a licence is not ours to choose.
 *
 * @see https://spdx.org/licenses/
 */
import identifiers from "spdx-license-ids/index.json" with { type: "json" };
import type { DatasetFinding } from "../dataset/dataset.ts";
import { oneLine } from "./text.ts";

export interface Licence {
  /** SPDX identifier, where the text is one. */
  readonly id?: string;
  /** As it was written, on one line. */
  readonly text: string;
  /** The address in the text, if it contains one. */
  readonly href?: string;
}

/**
 * The licence `text` names, and a finding where it isn't certain.
 *
 * ```ts
 * licenceOf("CC BY 4.0").licence.id; // "CC-BY-4.0"
 * licenceOf("CC BY").finding?.fix; // "CC-BY-4.0"
 * ```
 */
export function licenceOf(text: string): { licence: Licence; finding?: DatasetFinding } {
  const written = oneLine(text, 500);
  const href = /https?:\/\/[^\s"<>\\^`{|}),;]+/i.exec(written)?.[0];
  const licence: Licence = { text: written, ...(href && URL.canParse(href) && { href: new URL(href).href }) };
  const id = (href && idOfAddress(href)) || idOf(written) || readings(written).map(idOf).find(Boolean);
  if (id) return { licence: { id, ...licence } };

  if (isExpression(written)) {
    const says = `licence "${written}" offers a choice of several; STAC has a word for one only, so items say "other"`;
    return { licence, finding: { level: "hint", rule: "licence-expression", says } };
  }
  const likely = readings(written).map(likelyId).find(Boolean);
  return {
    licence,
    finding: {
      level: "warning",
      rule: "licence",
      says: `licence "${oneLine(written, 120)}" is no SPDX identifier${likely ? `; is it ${likely}?` : ""}`,
      fix: likely ?? "write an identifier from https://spdx.org/licenses/, such as CC-BY-4.0",
    },
  };
}

/** SPDX identifiers by their letters and digits alone; by `1` too where they end in `1.0` and no other licence has that spelling. */
const bySqueezed: ReadonlyMap<string, string> = (() => {
  const exact = new Map(identifiers.map((id) => [squeeze(id), id]));
  for (const id of identifiers) {
    const short = squeeze(id.replace(/\.0$/, ""));
    if (!exact.has(short)) exact.set(short, id);
  }
  return exact;
})();

/** What people write → what they mean, where it isn't a matter of spelling. Squeezed. */
const spoken: Readonly<Record<string, string>> = {
  cc0: "CC0-1.0",
  cc0universal: "CC0-1.0",
  cc010universal: "CC0-1.0",
  cczero: "CC0-1.0",
  bsd3: "BSD-3-Clause",
  "3clausebsd": "BSD-3-Clause",
  newbsd: "BSD-3-Clause",
  modifiedbsd: "BSD-3-Clause",
  bsd2: "BSD-2-Clause",
  "2clausebsd": "BSD-2-Clause",
  simplifiedbsd: "BSD-2-Clause",
  odbl: "ODbL-1.0",
  odcby: "ODC-By-1.0",
  pddl: "PDDL-1.0",
};

/** Too short to be decided, with the one that is most often meant. */
const likelyMeant: readonly (readonly [start: string, id: string])[] = [
  ["ccbyncsa", "CC-BY-NC-SA-4.0"],
  ["ccbyncnd", "CC-BY-NC-ND-4.0"],
  ["ccbync", "CC-BY-NC-4.0"],
  ["ccbysa", "CC-BY-SA-4.0"],
  ["ccbynd", "CC-BY-ND-4.0"],
  ["ccby", "CC-BY-4.0"],
  ["cc0", "CC0-1.0"],
  ["cc", "CC-BY-4.0"],
  ["publicdomain", "CC0-1.0"],
  ["apache", "Apache-2.0"],
  ["bsd", "BSD-3-Clause"],
  ["lgpl", "LGPL-3.0-or-later"],
  ["agpl", "AGPL-3.0-or-later"],
  ["gpl", "GPL-3.0-or-later"],
  ["mpl", "MPL-2.0"],
  ["eupl", "EUPL-1.2"],
  ["opengovernment", "OGL-UK-3.0"],
];

function idOf(reading: string): string | undefined {
  const squeezed = squeeze(reading);
  // A plain "GPL-3.0" is what SPDX once called GPL-3.0-only.
  const gnu = /^([al]?gpl)(\d)(\d?)(\+|orlater|only)?$/.exec(squeezed);
  if (gnu) return bySqueezed.get(`${gnu[1]}${gnu[2]}${gnu[3] || 0}${gnu[4] && gnu[4] !== "only" ? "orlater" : "only"}`);
  return bySqueezed.get(squeezed) ?? (Object.hasOwn(spoken, squeezed) ? spoken[squeezed] : undefined);
}

/** The whole text, and the parts inside and outside its brackets: `Creative Commons Attribution 4.0 (CC BY 4.0)`. */
function readings(text: string): string[] {
  const inBrackets = [...text.matchAll(/\(([^()]{2,60})\)/g)].map((found) => found[1]!);
  return [text, text.replace(/\([^()]*\)/g, " "), ...inBrackets].flatMap((reading) => [reading, plainly(reading)]);
}

/** Without the words that every licence's name has, and with the long words shortened. */
function plainly(text: string): string {
  const words: readonly (readonly [RegExp, string])[] = [
    [/https?:\/\/\S+/g, " "],
    [/creative\s*commons/g, "cc"],
    [/non[\s-]*commercial/g, "nc"],
    [/share[\s-]*alike/g, "sa"],
    [/no[\s-]*deriv(?:ative|ate)?(?:s|\s*works)?/g, "nd"],
    [/\battribution\b/g, "by"],
    [/^\s*(?=by\b)/g, "cc "],
    [/open data commons/g, "odc"],
    [/mozilla public licen[cs]e/g, "mpl"],
    [/european union public licen[cs]e/g, "eupl"],
    [/lesser general public licen[cs]e/g, "lgpl"],
    [/affero general public licen[cs]e/g, "agpl"],
    [/general public licen[cs]e/g, "gpl"],
    [/\bor\s+(?:any\s+)?later.*$/g, "or later"],
    [/\bgnu\b/g, " "],
    [/\b(?:the|licen[cs]ed?|under|version|international|unported|generic|deed|software foundation)\b/g, " "],
    [/\bv\.?\s*(?=\d)/g, " "],
    [/(?<=[a-z])v(?=\d)/g, " "],
  ];
  return words.reduce((plain, [word, short]) => plain.replace(word, short), text.toLowerCase()).trim();
}

function squeeze(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9+]/g, "");
}

/** Addresses that name a licence, as their owners publish them. */
function idOfAddress(href: string): string | undefined {
  const address = href.replace(/^https?:\/\/(?:www\.)?/i, "").toLowerCase();
  const part = (pattern: RegExp) => pattern.exec(address);
  const cc = part(/^creativecommons\.org\/licen[cs]es\/([a-z-]+)\/(\d\.\d)/);
  if (cc) return known(`CC-${cc[1]}-${cc[2]}`);
  if (part(/^creativecommons\.org\/publicdomain\/zero\/1\.0/)) return "CC0-1.0";
  const gnu = part(/^gnu\.org\/licenses\/(?:old-licenses\/)?([al]?gpl)-(\d\.\d)/);
  if (gnu) return known(`${gnu[1]}-${gnu[2]}-only`);
  if (part(/^apache\.org\/licenses\/license-2\.0/)) return "Apache-2.0";
  const commons = part(/^opendatacommons\.org\/licenses\/(odbl|by|pddl)\/1-0/);
  if (commons) return { odbl: "ODbL-1.0", by: "ODC-By-1.0", pddl: "PDDL-1.0" }[commons[1] as "odbl" | "by" | "pddl"];
  const named = part(/^(?:spdx\.org\/licenses|opensource\.org\/licen[cs]es?)\/([\w.+-]+?)(?:\.html|\.json|\.txt)?\/?$/);
  return named ? known(named[1]!) : undefined;
}

const known = (id: string) => bySqueezed.get(squeeze(id));

function isExpression(text: string): boolean {
  const parts = text.split(/\s+(?:AND|OR|WITH)\s+/);
  return parts.length > 1 && parts.every((part) => /^[\w.+()-]+$/.test(part)) && known(parts[0]!) !== undefined;
}

function likelyId(reading: string): string | undefined {
  const squeezed = squeeze(reading).slice(0, 60);
  if (squeezed.length < 2) return undefined;
  const meant = likelyMeant.find(([start]) => squeezed.startsWith(start))?.[1];
  // Without a digit it is the version that is missing, not a slip.
  if (meant && !/\d/.test(squeezed)) return meant;
  return [...bySqueezed].find(([known]) => known.length > 4 && isOneSlipAway(known, squeezed))?.[1] ?? meant;
}

/** One character wrong, missing or too many, or two neighbours swapped. */
function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  const swapped = restA.length > 1 && restA[1]! + restA[0]! + restA.slice(2) === restB;
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1) || swapped;
}
