/** Which terms have other documents than in a stored index. */
import { decodeList, encodeList } from "../../core/search/index/bytes.ts";
import type { SearchDocument } from "../../core/search/index/document.ts";
import { rowsPerFile } from "../../core/search/index/layout.ts";
import { detailLength } from "../../core/search/index/words.ts";
import { termsOf } from "../../core/search/query.ts";
import { sha256 } from "../../dag/hash.ts";
import type { StoredDocument, StoredIndex } from "./stored.ts";

/** Documents that have a term now, and those that had it. Both ascend. */
export interface TermChange {
  readonly added: number[];
  readonly removed: Set<number>;
}

export interface ChangesSince {
  readonly changes: ReadonlyMap<string, TermChange>;
  /** What is stored of the documents as they are now. */
  readonly stored: ReadonlyMap<number, StoredDocument>;
  /** Files of rows in which a document changed. */
  readonly changedRows: ReadonlySet<number>;
  /** The id of a term, a new one where it had none. */
  readonly idOf: (term: string) => number;
  /** The id that the next new term gets. */
  readonly nextId: () => number;
}

/** @param documents ascending by number. */
export function changesSince(
  before: StoredIndex,
  documents: readonly (readonly [number: number, document: SearchDocument])[],
): ChangesSince {
  const changes = new Map<string, TermChange>();
  const stored = new Map<number, StoredDocument>();
  const changedRows = new Set<number>();
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  for (const [term, { id }] of before.terms) {
    ids.set(term, id);
    names.set(id, term);
  }
  let { nextId } = before;
  const idOf = (term: string) => {
    const id = ids.get(term) ?? nextId++;
    ids.set(term, id);
    return id;
  };
  const changeOf = (term: string): TermChange => {
    const known = changes.get(term);
    if (known) return known;
    const change = { added: [], removed: new Set<number>() };
    changes.set(term, change);
    return change;
  };
  const termsBefore = ({ terms }: StoredDocument) => new Set(decodeList(terms, 0).map((id) => names.get(id)!));

  for (const [number, document] of documents) {
    const fingerprint = fingerprintOf(document);
    const known = before.documents.get(number);
    if (known && fingerprint.every((byte, i) => byte === known.fingerprint[i])) {
      stored.set(number, known);
      continue;
    }
    const terms = termsOf(document);
    const had = known ? termsBefore(known) : new Set<string>();
    for (const term of terms) {
      if (!had.has(term)) changeOf(term).added.push(number);
      // Where in its cell it is may have changed.
      else if (detailLength(term) > 0) changeOf(term);
    }
    for (const term of had) if (!terms.has(term)) changeOf(term).removed.add(number);
    stored.set(number, {
      fingerprint,
      terms: encodeList(
        Array.from(terms, idOf).sort((a, b) => a - b),
        0,
      ),
    });
    changedRows.add(Math.floor(number / rowsPerFile));
  }
  for (const [number, known] of before.documents) {
    if (stored.has(number)) continue;
    for (const term of termsBefore(known)) changeOf(term).removed.add(number);
    changedRows.add(Math.floor(number / rowsPerFile));
  }
  return { changes, stored, changedRows, idOf, nextId: () => nextId };
}

/** The list of a term after a change. */
export function withChange(documents: readonly number[] = [], change?: TermChange): readonly number[] {
  if (!change) return documents;
  if (documents.length === 0) return change.added;
  return [...documents.filter((number) => !change.removed.has(number)), ...change.added].sort((a, b) => a - b);
}

const utf8 = new TextEncoder();

/** uint8[16]. Cut from a hash for which no two documents can be found. */
function fingerprintOf({ path, title, kind, time, bbox, texts, names, values }: SearchDocument): Uint8Array {
  return sha256(utf8.encode(JSON.stringify([path, title, kind, time, bbox, texts, names, values]))).slice(0, 16);
}
