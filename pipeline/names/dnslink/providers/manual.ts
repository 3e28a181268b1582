/**
 * DNS provider: a person, who edits the record. The log prints what to set; then this waits until the record is there.
 *
 * The caller passes a function that reads the record from the authoritative servers. This program writes nothing, so the
 * person must make sure that the record has no concurrent change.
 */
import { Failure, isFailure } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";
import type { World } from "../../../core/world.ts";
import type { DnsProvider, RRset } from "../provider.ts";
import { requireExpected, sameValues } from "../rrset.ts";

export interface ManualOptions {
  /** Reads the TXT records at a name from its authoritative servers. */
  readonly readAuthorities: (name: string, world: World) => Promise<RRset | undefined>;
  /** ms within which the person must set the record. */
  readonly deadline: number;
}

/** ms between two reads. */
const every = 10_000;

export function manual({ readAuthorities, deadline }: ManualOptions): DnsProvider {
  return {
    name: "manual",
    minTtl: 1,

    read: readAuthorities,

    /** @throws Failure `unavailable` if the record is not set in time; another run prints it and waits again. */
    async replace(name, next, expected, world) {
      const found = await readAuthorities(name, world);
      if (sameValues(found, next)) return;
      requireExpected("manual", name, found, expected);

      const reads = Math.max(1, Math.ceil(deadline / every));
      const wait = inTime(reads * every);
      for (const line of toSet(name, next, found)) world.log(line);
      world.log(`waiting up to ${wait} until every authoritative server answers so`);
      let still = inWords(found);
      for (let attempt = 0; attempt < reads; attempt++) {
        await world.sleep(every);
        try {
          const now = await readAuthorities(name, world);
          if (sameValues(now, next)) return;
          still = inWords(now);
        } catch (error) {
          // The servers of a name differ while a change reaches them one after another.
          if (!isFailure(error, "unavailable")) throw error;
          still = error.message;
        }
      }
      throw new Failure("unavailable", `manual: still ${still} at ${name} after ${wait}`, {
        hint: `set ${next.values.map((value) => shown(value, 200)).join(" and ")} there, then run again`,
      });
    },
  };
}

function inTime(ms: number): string {
  return ms < 120_000 ? `${ms / 1000} s` : `${Math.round(ms / 60_000)} min`;
}

function toSet(name: string, next: RRset, found: RRset | undefined): string[] {
  const gone = found?.values.filter((value) => !next.values.includes(value)) ?? [];
  const come = next.values.filter((value) => !found?.values.includes(value));
  return [
    `set this record by hand${gone.length > 0 ? ", by changing the one that is there, not by adding one" : ""}:`,
    `  name   ${name}`,
    "  type   TXT",
    ...come.map((value) => `  value  ${shown(value, 2000)}`),
    `  TTL    ${next.ttl}`,
    ...gone.map((value) => `  was    ${shown(value, 2000)}`),
  ];
}

function inWords(rrset: RRset | undefined): string {
  return rrset ? rrset.values.map((value) => JSON.stringify(shown(value))).join(", ") : "no TXT record";
}
