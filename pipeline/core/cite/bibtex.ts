/**
 * A citation as BibTeX.
 *
 * `@misc`, which BibTeX and biblatex both know. Characters that TeX would act on are written as commands; braces too, because
 * BibTeX counts even escaped ones and would lose the rest of the file at one without its pair. UTF-8 otherwise.
 *
 * @see https://ctan.org/pkg/biblatex section 2.2
 */
import { type Creator, invertedName } from "./creator.ts";
import { addressOf, type Work, yearOf } from "./work.ts";

export function bibtex(work: Work): string {
  const month = /^\d{4}-(\d\d)/.exec(work.issued ?? "")?.[1];
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["author", work.creators.map(author).join(" and ")],
    ["title", `{${tex(work.title)}}`],
    ["year", yearOf(work)],
    ["month", month && String(Number(month))],
    ["publisher", tex(work.publisher)],
    ["version", work.version && tex(work.version)],
    ["doi", work.doi && verbatim(work.doi)],
    ["url", verbatim(addressOf(work))],
    ["note", tex(`IPFS CID ${work.cid}`)],
    ["keywords", work.keywords.map(tex).join(", ")],
    ["abstract", work.abstract && tex(work.abstract)],
  ];
  const lines = fields.flatMap(([name, value]) => (value ? [`  ${name} = {${value}},\n`] : []));
  return `@misc{${citationKey(work)},\n${lines.join("")}}\n`;
}

/** `lovelace2025-bgf354`: ASCII letters and digits, and the end of the CID, so that two versions have two keys. */
export function citationKey(work: Work): string {
  const [first] = work.creators;
  const name = first ? (first.kind === "person" ? first.family : first.name) : "";
  const ascii = name.normalize("NFKD").replace(/[^A-Za-z0-9]/g, "");
  return `${ascii.toLowerCase().slice(0, 30) || "dataset"}${yearOf(work) ?? ""}-${work.cid.slice(-6)}`;
}

/** BibTeX splits authors at `and` and names at commas: what has one of them inside is protected by braces. */
function author(creator: Creator): string {
  if (creator.kind === "organisation") return `{${tex(creator.name)}}`;
  const { family, given } = creator;
  const isProtected = (name: string) => name.includes(",") || /\s(?:and)\s|^and\s|\sand$/i.test(` ${name} `);
  const part = (name: string) => (isProtected(name) ? `{${tex(name)}}` : tex(name));
  // Without a comma, BibTeX would take the last word for the family name.
  if (given === undefined) return family.includes(" ") ? `{${tex(family)}}` : part(family);
  return isProtected(invertedName(creator).replace(", ", " "))
    ? `${part(family)}, ${part(given)}`
    : tex(`${family}, ${given}`);
}

const commands: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\textbraceleft{}",
  "}": "\\textbraceright{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
};

const tex = (text: string): string =>
  text.replace(/[\\{}~^&%$#_]/g, (character) => commands[character] ?? `\\${character}`);

/** An address, which TeX doesn't interpret: only braces would be counted. */
const verbatim = (address: string): string =>
  address.replace(/[{}\\]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
