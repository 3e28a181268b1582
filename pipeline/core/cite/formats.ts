/** The formats of citations, each with its writer and the file that it is in a portal. */
import { bibtex } from "./bibtex.ts";
import { citationCff } from "./cff.ts";
import { cslJson } from "./csl.ts";
import { ris } from "./ris.ts";
import { citationText } from "./text.ts";
import type { Work } from "./work.ts";

export type CitationFormat = keyof typeof citationFormats;

export const citationFormats = {
  text: { file: "citation.txt", write: citationText },
  bibtex: { file: "citation.bib", write: bibtex },
  ris: { file: "citation.ris", write: ris },
  csl: { file: "citation.json", write: cslJson },
  cff: { file: "CITATION.cff", write: citationCff },
} as const satisfies Readonly<Record<string, { readonly file: string; readonly write: (work: Work) => string }>>;

export const isCitationFormat = (name: string): name is CitationFormat => Object.hasOwn(citationFormats, name);
