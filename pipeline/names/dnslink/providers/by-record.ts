/**
 * Changes an RRset at a provider whose API has only single records, each with an id.
 *
 * Such an API changes one record atomically, which is enough for an announcement: the dnslink record gets its new value
 * under its old id, or is created if there was none, and other records at the name are not changed.
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
  /** Records to delete first: of several dnslink records, all but the one that stays or is changed. */
  readonly remove: readonly ExistingRecord[];
  /** The record that gets another value or TTL, under its id. */
  readonly change?: { readonly id: string; readonly value: string };
  /** Value of a record to create. */
  readonly create?: string;
}

/**
 * The operations that change the existing records to `next`, so that there is always a dnslink record in between.
 *
 * @throws Failure `input` if more than one record would have to be changed or created.
 */
export function editOf(provider: string, name: string, existing: readonly ExistingRecord[], next: RRset): Edit {
  const added = [...next.values];
  const gone = existing.filter(({ value }) => {
    const at = added.indexOf(value);
    if (at >= 0) added.splice(at, 1);
    return at < 0;
  });
  if (added.length > 1) {
    throw new Failure("input", `${provider} changes one record at a time, and ${added.length} at ${name} would change`);
  }

  const [value] = added;
  if (value !== undefined) {
    const replaced = gone.find((record) => isLink(record.value) === isLink(value));
    const remove = gone.filter((record) => record !== replaced);
    return replaced ? { remove, change: { id: replaced.id, value } } : { remove, create: value };
  }
  const stale = existing.find((record) => !gone.includes(record) && isLink(record.value) && record.ttl !== next.ttl);
  return { remove: gone, ...(stale && { change: { id: stale.id, value: stale.value } }) };
}

/** The atomic operations of a provider's API. */
export interface RecordOperations {
  remove(id: string): Promise<unknown>;
  change(id: string, value: string): Promise<unknown>;
  create(value: string): Promise<unknown>;
}

/** Runs the operations in this order: extra dnslink records are deleted first, and the remaining one is then changed in place. */
export async function applyEdit({ remove, change, create }: Edit, operations: RecordOperations): Promise<void> {
  for (const { id } of remove) await operations.remove(id);
  if (change) await operations.change(change.id, change.value);
  if (create !== undefined) await operations.create(create);
}

function isLink(value: string): boolean {
  return linkOf(value) !== undefined;
}
