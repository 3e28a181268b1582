/**
 * How one state of a chain relates to another: two copies of a release log, or of the blocks of an Open Data Fabric dataset.
 *
 * Each entry links to the one before it, and may link to heads that it merged, which makes the chain a DAG. An entry comes
 * after everything that its links lead to. So a head that another one merged is behind it.
 *
 * ```ts
 * const relation = await relationOf(ours, theirs); // { relation: "behind", by: 3 }
 * relationText(relation, { one: "this log", other: "the stick", entry: "release" }); // "this log is behind the stick by 3 releases"
 * ```
 */
import { plural } from "./text/plural.ts";

/**
 * As JSON, the value itself.
 *
 * `by`: entries that one has and the other lacks. `at`: number of the newest entry that both have, `base` its key; `ahead` and
 * `behind`: entries that only the one, and only the other has.
 */
export type Relation =
  | { readonly relation: "equal" | "unrelated" }
  | { readonly relation: "ahead" | "behind"; readonly by: number }
  | Divergence;

export interface Divergence {
  readonly relation: "diverged";
  readonly at: number;
  readonly base: string;
  readonly ahead: number;
  readonly behind: number;
}

export interface ChainEntry {
  readonly number: number;
  /** Keys of the entries that this one links to: the one before it first, then what it merged. */
  readonly parents: readonly string[];
}

/** One state of a chain: the key of its newest entry, and its entries by key. */
export interface ChainState {
  readonly head: string;
  read(key: string): Promise<ChainEntry>;
}

/**
 * How `one` relates to `other`; `undefined` is the state before the first entry. Does not depend on the order of reading, and
 * seen from `other` it is the reverse, with the same `at` and `base`.
 *
 * Reads no more entries than twice the distance, where neither has merged anything on the way; else all of both.
 *
 * @throws what `read` throws
 */
export async function relationOf(one: ChainState | undefined, other: ChainState | undefined): Promise<Relation> {
  if (one?.head === other?.head) return { relation: "equal" };
  if (!one || !other) {
    const behind = one === undefined;
    const entries = (await entriesOf(one ?? other!)).size;
    return { relation: behind ? "behind" : "ahead", by: entries };
  }
  return (await alongLines(one, other)) ?? (await everywhere(one, other));
}

/** Walks both lines in turn until they meet. `undefined` where an entry on the way merged others. */
async function alongLines(one: ChainState, other: ChainState): Promise<Relation | undefined> {
  const lines = [one, other].map((state) => ({
    state,
    keys: new Map<string, number>(),
    next: state.head as string | undefined,
  }));
  while (lines.some(({ next }) => next !== undefined)) {
    for (const line of lines) {
      const { state, keys, next } = line;
      if (next === undefined) continue;
      keys.set(next, keys.size);
      if (lines.every((each) => each.keys.has(next))) {
        const [ahead, behind] = lines.map((each) => each.keys.get(next)!) as [number, number];
        return relationFrom(ahead, behind, async () => [next, (await state.read(next)).number]);
      }
      const { parents } = await state.read(next);
      if (parents.length > 1) return undefined;
      line.next = parents[0];
    }
  }
  return { relation: "unrelated" };
}

async function everywhere(one: ChainState, other: ChainState): Promise<Relation> {
  const [ours, theirs] = [await entriesOf(one), await entriesOf(other)];
  const shared = [...ours].filter(([key]) => theirs.has(key));
  if (shared.length === 0) return { relation: "unrelated" };
  return relationFrom(ours.size - shared.length, theirs.size - shared.length, async () => newestOf(shared));
}

async function relationFrom(
  ahead: number,
  behind: number,
  base: () => Promise<readonly [key: string, number: number]>,
): Promise<Relation> {
  if (behind === 0) return { relation: "ahead", by: ahead };
  if (ahead === 0) return { relation: "behind", by: behind };
  const [key, number] = await base();
  return { relation: "diverged", at: number, base: key, ahead, behind };
}

/** Of several that no other links to, as after two sites merged one another's heads, the one with the highest number, then key. */
function newestOf(shared: readonly (readonly [string, ChainEntry])[]): readonly [key: string, number: number] {
  const linked = new Set(shared.flatMap(([, { parents }]) => parents));
  const heads = shared.filter(([key]) => !linked.has(key)).map(([key, { number }]) => [key, number] as const);
  return heads.reduce((best, each) => (each[1] > best[1] || (each[1] === best[1] && each[0] > best[0]) ? each : best));
}

async function entriesOf({ head, read }: ChainState): Promise<ReadonlyMap<string, ChainEntry>> {
  const entries = new Map<string, ChainEntry>();
  const todo = [head];
  for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
    if (entries.has(key)) continue;
    const entry = await read(key);
    entries.set(key, entry);
    todo.push(...entry.parents);
  }
  return entries;
}

/** What a sentence calls both states, and one entry. */
export interface RelationNames {
  readonly one: string;
  readonly other: string;
  readonly entry: string;
}

/** The relation as a sentence. */
export function relationText(relation: Relation, { one, other, entry }: RelationNames): string {
  switch (relation.relation) {
    case "equal":
      return `${one} and ${other} are equal`;
    case "ahead":
    case "behind":
      return `${one} is ${relation.relation === "ahead" ? "ahead of" : "behind"} ${other} by ${plural(relation.by, entry)}`;
    case "diverged": {
      const { at, ahead, behind } = relation;
      return `${one} and ${other} diverged at ${entry} ${at}: ${ahead} only in ${one}, ${behind} only in ${other}`;
    }
    case "unrelated":
      return `${one} and ${other} are unrelated: they have no ${entry} in common`;
  }
}
