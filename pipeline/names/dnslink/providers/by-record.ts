/**
 * Changing an RRset at a provider that knows only single records, each with an id.
 *
 * Such an API changes one record at a stroke. That is all an announcement needs: the dnslink record takes its new value
 * under its old id, or is made where there was none, and what else stands at the name is not touched.
 */
import { Failure } from "../../../core/failure.ts";
import type { RRset } from "../provider.ts";
import { linkOf } from "../record.ts";

export interface ExistingRecord {
  readonly id: string;
  readonly value: string;
  /** s */
  readonly ttl: number;
}

export interface Edit {
  /** To go, before anything else: of several dnslink records, all but the one that stays or is changed. */
  readonly remove: readonly ExistingRecord[];
  /** To get another value or TTL, under its id. */
  readonly change?: { readonly id: string; readonly value: string };
  /** To be made. */
  readonly create?: string;
}

/**
 * How to come from the records `held` to `next` without an instant in which no dnslink record is there.
 *
 * @throws Failure `input` where more than one record would have to change or be made.
 */
export function editOf(provider: string, name: string, held: readonly ExistingRecord[], next: RRset): Edit {
  const wanted = [...next.values];
  const gone = held.filter(({ value }) => {
    const at = wanted.indexOf(value);
    if (at >= 0) wanted.splice(at, 1);
    return at < 0;
  });
  if (wanted.length > 1) {
    throw new Failure(
      "input",
      `${provider} changes one record at a time, and ${wanted.length} at ${name} would change`,
    );
  }

  const [value] = wanted;
  if (value !== undefined) {
    const replaced = gone.find((record) => isLink(record.value) === isLink(value));
    const remove = gone.filter((record) => record !== replaced);
    return replaced ? { remove, change: { id: replaced.id, value } } : { remove, create: value };
  }
  const stale = held.find((record) => !gone.includes(record) && isLink(record.value) && record.ttl !== next.ttl);
  return { remove: gone, ...(stale && { change: { id: stale.id, value: stale.value } }) };
}

/** What a provider's API can do at one stroke. */
export interface RecordOperations {
  remove(id: string): Promise<unknown>;
  change(id: string, value: string): Promise<unknown>;
  create(value: string): Promise<unknown>;
}

/** In this order: of two links one goes first, and the one that stays is there until it has its new value. */
export async function applyEdit({ remove, change, create }: Edit, operations: RecordOperations): Promise<void> {
  for (const { id } of remove) await operations.remove(id);
  if (change) await operations.change(change.id, change.value);
  if (create !== undefined) await operations.create(create);
}

function isLink(value: string): boolean {
  return linkOf(value) !== undefined;
}
