/** Which terms have other documents than in a stored index. */
import { decodeList, encodeList } from "../../core/search/index/bytes.ts";
import type { SearchDocument } from "../../core/search/index/document.ts";
import { detailLength } from "../../core/search/index/words.ts";
import { termsOf } from "../../core/search/query.ts";
import { sha256 } from "../../dag/hash.ts";
import { packer, type StoredDocument, type StoredIndex } from "./stored.ts";

/** Documents that have a term now, and those that had it. Both ascend. */
export interface TermChange {
  readonly added: number[];
  /** Absent for none: most terms of a first index have one document. */
  removed?: Set<number>;
}

export interface ChangesSince {
  readonly changes: Map<string, TermChange>;
  /** What is stored of the documents as they are now. */
  readonly stored: ReadonlyMap<number, StoredDocument>;
  /** The id of a term, a new one where it had none. */
  readonly idOf: (term: string) => number;
  /** The id that the next new term gets. */
  readonly nextId: () => number;
}

/** Returns what takes every document, in the order of their numbers, and then tells what changed. */
export function changesSince(before: StoredIndex): {
  add(number: number, document: SearchDocument): void;
  end(): ChangesSince;
} {
  const changes = new Map<string, TermChange>();
  const stored = new Map<number, StoredDocument>();
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  const small = packer();
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
    const change = { added: [] };
    changes.set(term, change);
    return change;
  };
  const removeFrom = (term: string, number: number): void => {
    const change = changeOf(term);
    change.removed ??= new Set();
    change.removed.add(number);
  };
  const termsBefore = ({ terms }: StoredDocument) => new Set(decodeList(terms, 0).map((id) => names.get(id)!));

  return {
    add(number, document) {
      const fingerprint = fingerprintOf(document);
      const known = before.documents.get(number);
      if (known && fingerprint.every((byte, i) => byte === known.fingerprint[i])) {
        stored.set(number, known);
        return;
      }
      const terms = termsOf(document);
      const had = known ? termsBefore(known) : new Set<string>();
      for (const term of terms) {
        if (!had.has(term)) changeOf(term).added.push(number);
        // Where in its cell it is may have changed.
        else if (detailLength(term) > 0) changeOf(term);
      }
      for (const term of had) if (!terms.has(term)) removeFrom(term, number);
      const list = Array.from(terms, idOf).sort((a, b) => a - b);
      stored.set(number, { fingerprint: small(fingerprint), terms: small(encodeList(list, 0)) });
    },
    end() {
      for (const [number, known] of before.documents) {
        if (!stored.has(number)) for (const term of termsBefore(known)) removeFrom(term, number);
      }
      return { changes, stored, idOf, nextId: () => nextId };
    },
  };
}

/** The list of a term after a change. */
export function withChange(documents: readonly number[] = [], change?: TermChange): readonly number[] {
  if (!change) return documents;
  if (documents.length === 0) return change.added;
  return [...documents.filter((number) => !change.removed?.has(number)), ...change.added].sort((a, b) => a - b);
}

const utf8 = new TextEncoder();

/** uint8[16]. Cut from a hash for which no two documents can be found. */
function fingerprintOf({ path, title, kind, time, bbox, texts, names, values }: SearchDocument): Uint8Array {
  return sha256(utf8.encode(JSON.stringify([path, title, kind, time, bbox, texts, names, values]))).slice(0, 16);
}
