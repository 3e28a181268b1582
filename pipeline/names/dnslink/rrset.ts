/** What we compare before we write: the TXT values at a name, whatever their order. */
import { Failure } from "../../core/failure.ts";
import { byBytes } from "../../core/text/order.ts";
import { firstLines, shown } from "../../core/text/shown.ts";
import type { RRset } from "./provider.ts";

/** The records at a name as one set. Its TTL is the shortest: no resolver may remember the set longer (RFC 2181 §5.2). */
export function rrsetOf(records: readonly { readonly value: string; readonly ttl: number }[]): RRset | undefined {
  if (records.length === 0) return undefined;
  return {
    values: records.map(({ value }) => value).sort(byBytes),
    ttl: records.reduce((least, { ttl }) => Math.min(least, ttl), Number.POSITIVE_INFINITY),
  };
}

export function sameValues(one: RRset | undefined, other: RRset | undefined): boolean {
  const [a, b] = [one, other].map((rrset) => (rrset?.values ?? []).toSorted(byBytes));
  return a!.length === b!.length && a!.every((value, i) => value === b![i]);
}

/** @throws Failure `conflict` where the records found at `name` are not those expected; it shows both. */
export function requireExpected(
  provider: string,
  name: string,
  found: RRset | undefined,
  expected: RRset | undefined,
): void {
  if (sameValues(found, expected)) return;
  throw new Failure("conflict", `${provider}: ${name} has ${inWords(found)}, where ${inWords(expected)} was expected`, {
    hint: "another writer changed it: find out who, then run again",
  });
}

function inWords(rrset: RRset | undefined): string {
  if (!rrset || rrset.values.length === 0) return "no TXT record";
  return firstLines(
    rrset.values.map((value) => JSON.stringify(shown(value))),
    5,
  ).join(", ");
}
