/**
 * A citation as CITATION.cff, which GitHub, Zenodo and Zotero read.
 *
 * Every text is written as a JSON string, which is a YAML string that no text can leave, and that is never taken for a number,
 * a date or a `no`.
 *
 * @see https://github.com/citation-file-format/citation-file-format/blob/1.2.0/schema-guide.md
 */
import type { Creator } from "./creator.ts";
import { addressOf, type Work } from "./work.ts";

export function citationCff(work: Work): string {
  const { title, version, doi, abstract, keywords, licence, issued, cid } = work;
  const date = /^\d{4}-\d\d-\d\d$/.test(issued ?? "") ? issued : undefined;
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["cff-version", "1.2.0"],
    ["message", "Please cite these data as follows."],
    ["type", "dataset"],
    ["title", title],
    ["version", version],
    ["date-released", date],
    ["doi", doi !== undefined && cffDoi.test(doi) ? doi : undefined],
    ["url", doi === undefined ? undefined : addressOf(work)],
    ["license", licence],
    ["abstract", abstract],
  ];
  const words = [...new Set(keywords)];
  return [
    ...fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${quoted(value)}`])),
    "authors:",
    ...work.creators.map((creator) => entry(author(creator))),
    ...(words.length > 0 ? ["keywords:", ...words.map((word) => `  - ${quoted(word)}`)] : []),
    "identifiers:",
    entry([
      ["type", "other"],
      ["value", `ipfs://${cid}`],
      ["description", "IPFS CID of exactly these data"],
    ]),
    "",
  ].join("\n");
}

/** The DOIs that the schema allows in the field; any other is in `url` alone. */
const cffDoi = /^10\.\d{4,9}(?:\.\d+)?\/[A-Za-z0-9:/_;.()[\]\\-]+$/;

type Fields = readonly (readonly [name: string, value: string])[];

function author(creator: Creator): Fields {
  if (creator.kind === "organisation") return [["name", creator.name]];
  const { family, given, orcid, affiliation } = creator;
  return [
    ["family-names", family],
    ...(given ? [["given-names", given] as const] : []),
    ...(orcid ? [["orcid", `https://orcid.org/${orcid}`] as const] : []),
    ...(affiliation ? [["affiliation", affiliation] as const] : []),
  ];
}

const entry = (fields: Fields): string =>
  fields.map(([name, value], at) => `${at === 0 ? "  - " : "    "}${name}: ${quoted(value)}`).join("\n");

const quoted = (text: string): string => JSON.stringify(text);
