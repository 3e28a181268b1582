/**
 * A citation as CSL-JSON, which pandoc, Zotero and citation processors read.
 *
 * @see https://github.com/citation-style-language/schema/blob/v1.0.2/schemas/input/csl-data.json
 */
import { type Json, stableJson } from "../json.ts";
import { citationKey } from "./bibtex.ts";
import type { Creator } from "./creator.ts";
import { addressOf, type Work } from "./work.ts";

export function cslJson(work: Work): string {
  const { title, publisher, version, doi, abstract, keywords, issued, cid } = work;
  const item: Readonly<Record<string, Json>> = {
    id: citationKey(work),
    type: "dataset",
    title,
    author: work.creators.map(author),
    publisher,
    URL: addressOf(work),
    note: `IPFS CID: ${cid}`,
    ...(issued && { issued: { "date-parts": [issued.split("-").map(Number)] } }),
    ...(version && { version }),
    ...(doi && { DOI: doi }),
    ...(abstract && { abstract }),
    ...(keywords.length > 0 && { keyword: keywords.join(", ") }),
  };
  return stableJson([item]);
}

function author(creator: Creator): Json {
  if (creator.kind === "organisation") return { literal: creator.name };
  const { family, given } = creator;
  return { family, ...(given && { given }) };
}
