/** `facets.json`: for each field, the values that most documents have, each with how many have it. */

import { stableJson } from "../../core/json.ts";
import { type Field, fields, most, type SearchDocument } from "../../core/search/index/document.ts";
import { valueTerm } from "../../core/search/index/words.ts";

/** Values of a field in the file, and characters of one. */
const mostValues = 24;
const mostCharacters = 80;

/** Counts values as they are searched: case and accents make no difference. A value is written as its first document has it. */
export function facetCounter(): { add(document: SearchDocument): void; file(): string } {
  const counts = new Map<Field, Map<string, { value: string; count: number }>>();
  return {
    add({ values }) {
      for (const field of Object.keys(fields) as Field[]) {
        const written = new Map<string, string>();
        for (const value of (values[field] ?? []).slice(0, most.values[field])) {
          const term = valueTerm(field, value);
          if (term !== undefined && !written.has(term)) written.set(term, value);
        }
        const ofField = counts.get(field) ?? new Map<string, { value: string; count: number }>();
        counts.set(field, ofField);
        for (const [term, value] of written) {
          const known = ofField.get(term);
          if (known) known.count++;
          else ofField.set(term, { value, count: 1 });
        }
      }
    },
    file: () => stableJson(Object.fromEntries([...counts].map(([field, ofField]) => [field, commonest(ofField)]))),
  };
}

function commonest(ofField: ReadonlyMap<string, { readonly value: string; readonly count: number }>) {
  return [...ofField]
    .filter(([, { value }]) => value.length <= mostCharacters)
    .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
    .slice(0, mostValues)
    .map(([, { value, count }]) => [value.toWellFormed(), count]);
}
