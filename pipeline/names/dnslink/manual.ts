/**
 * Names whose records a person sets: what to set is said, and then we wait until it is there.
 *
 * What counts as there is what the authoritative servers answer, which is handed in. Nothing is written by us, so that
 * nobody changes the record in between is for that person to see to.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import { shown } from "../../core/shown.ts";
import type { World } from "../../core/world.ts";
import type { DnsProvider, RRset } from "./provider.ts";
import { requireExpected, sameValues } from "./rrset.ts";

export interface ManualOptions {
  /** The TXT records at a name, as its authoritative servers answer. */
  readonly readAuthorities: (name: string, world: World) => Promise<RRset | undefined>;
  /** How often to look before giving up, and ms between two looks. */
  readonly looks?: number;
  readonly every?: number;
}

export function manual({ readAuthorities, looks = 60, every = 10_000 }: ManualOptions): DnsProvider {
  return {
    name: "manual",
    minTtl: 1,

    read: readAuthorities,

    /** @throws Failure `unavailable` where nobody has set it after some minutes; running again asks and waits again. */
    async replace(name, next, expected, world) {
      const found = await readAuthorities(name, world);
      if (sameValues(found, next)) return;
      requireExpected("manual", name, found, expected);

      const minutes = Math.ceil((looks * every) / 60_000);
      for (const line of toSet(name, next, found)) world.log(line);
      world.log(`waiting up to ${minutes} min until every authoritative server answers so`);
      let still = inWords(found);
      for (let look = 0; look < looks; look++) {
        await world.sleep(every);
        try {
          const now = await readAuthorities(name, world);
          if (sameValues(now, next)) return;
          still = inWords(now);
        } catch (error) {
          // While the servers of a name follow one another, they contradict one another.
          if (!isFailure(error, "unavailable")) throw error;
          still = error.message;
        }
      }
      throw new Failure("unavailable", `manual: still ${still} at ${name} after ${minutes} min`, {
        hint: `set ${next.values.map((value) => shown(value, 200)).join(" and ")} there, then run again`,
      });
    },
  };
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
