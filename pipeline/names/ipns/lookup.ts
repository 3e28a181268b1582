/**
 * Finds the records of any IPNS key: at delegated routing endpoints, at a Kubo, and among those handed over.
 *
 * Every record is verified with the key in its name. One that was found is never replaced by one with a lower sequence number,
 * and is asked for again when its time to live is over. An answer of "none" is not cached.
 *
 * ```ts
 * const lookup = ipnsLookup([endpoint("https://delegated-ipfs.dev")]);
 * const { value } = (await lookup.find("k51q…", world))!; // "/ipfs/bafy…"
 * ```
 */
import { atMost } from "../../core/concurrency.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { cachedFor } from "../ttl.ts";
import type { RecordEndpoint } from "./endpoints.ts";
import { readRecord, type SignedRecord } from "./record.ts";
import { recordKeyOf } from "./record-key.ts";

export interface FoundRecord extends SignedRecord {
  /** s for which it may be cached from now on; never beyond its validity. */
  readonly fresh: number;
}

export interface IpnsLookup {
  /**
   * The newest valid record of the key; `undefined` where no endpoint has any.
   *
   * @throws Failure `corrupt` where only invalid records were found; `unavailable` where no endpoint answered.
   */
  find(name: string, world: World): Promise<FoundRecord | undefined>;
  /** Takes a record over. @throws Failure `input` where it is not valid, or older than the one that is known. */
  offer(name: string, bytes: Uint8Array, world: World): Promise<void>;
  close(): void;
}

/** Records that are remembered; those used longest ago go. */
const mostRecords = 1024;

/** Keys that are looked up at the same time. */
const lookupsAtOnce = 8;

interface Known {
  readonly record: SignedRecord;
  /** ms since the epoch: when it is asked for again. Absent for records handed over, which no endpoint needs to have. */
  readonly until: number;
}

export function ipnsLookup(endpoints: readonly RecordEndpoint[]): IpnsLookup {
  const known = new Map<string, Known>();
  const limited = atMost(lookupsAtOnce);

  const remember = (name: string, record: SignedRecord, world: World): FoundRecord => {
    const now = world.now().getTime();
    const until = Math.min(now + cachedFor(record.ttl) * 1000, record.until.getTime());
    known.delete(name);
    known.set(name, { record, until });
    const [oldest] = known.keys();
    if (known.size > mostRecords && oldest !== undefined) known.delete(oldest);
    return { ...record, fresh: (until - now) / 1000 };
  };

  const ask = async (name: string, world: World): Promise<FoundRecord | undefined> => {
    const key = recordKeyOf(name);
    if (!key) return undefined;
    const before = known.get(name)?.record;
    const now = world.now();
    const problems: Failure[] = [];
    const answers = await Promise.all(
      endpoints.map(async (at) => {
        try {
          const bytes = await at.get(name, world);
          const record = bytes && (await readRecord(bytes, key));
          if (typeof record !== "string") return record;
          problems.push(new Failure("corrupt", `${at.name} has a record of ${name} that ${record}`));
        } catch (error) {
          if (!isFailure(error)) throw error;
          problems.push(error);
        }
        return undefined;
      }),
    );
    const all = [before, ...answers].filter((record) => record !== undefined);
    const newest = all.sort(byAge).at(-1);
    if (newest && newest.until > now) return remember(name, newest, world);
    if (newest) throw new Failure("corrupt", `the record of ${name} ended on ${newest.until.toISOString()}`);
    const worst = problems.find(({ kind }) => kind === "corrupt") ?? problems[0];
    if (worst) throw worst;
    return undefined;
  };

  return {
    async find(name, world) {
      const found = known.get(name);
      const now = world.now().getTime();
      if (found && now < found.until) return { ...found.record, fresh: (found.until - now) / 1000 };
      return limited(() => ask(name, world));
    },

    async offer(name, bytes, world) {
      const key = recordKeyOf(name);
      if (!key) throw new Failure("input", `${name} is not the name of an IPNS key`);
      const record = await readRecord(bytes, key);
      if (typeof record === "string") throw new Failure("input", `this is a record of ${name} that ${record}`);
      if (record.until <= world.now()) {
        throw new Failure("input", `the record of ${name} ended on ${record.until.toISOString()}`);
      }
      const before = known.get(name)?.record;
      if (before && byAge(record, before) < 0) {
        throw new Failure(
          "input",
          `the record of ${name} has sequence ${record.sequence}; ${before.sequence} is known`,
        );
      }
      remember(name, record, world);
    },

    close: () => {
      for (const at of endpoints) at.close?.();
    },
  };
}

/** Older first: by sequence, then by the end of validity ("Record creation" of the specification). */
function byAge(a: SignedRecord, b: SignedRecord): number {
  return a.sequence === b.sequence ? a.until.getTime() - b.until.getTime() : a.sequence < b.sequence ? -1 : 1;
}
