/**
 * What the lifecycle rules of a bucket remove, and when.
 *
 * A day ends at midnight UTC: what was written today with `Days: 1` expires at the end of tomorrow, as in S3.
 */
import type { World } from "../../core/world.ts";
import { pause } from "../../dag/event-loop.ts";
import { S3Error } from "../error.ts";
import type { Bucket } from "./bucket.ts";
import type { Buckets } from "./buckets.ts";
import { isMarker, type Version, versionIdOf } from "./object.ts";
import type { LifecycleRule } from "./settings.ts";

export type Expiry =
  /** The newest version expires: it is removed, or gets a delete marker where the bucket has versions. */
  | { readonly key: string; readonly newest: Version }
  /** That version is gone for good. */
  | { readonly key: string; readonly version: string };

const day = 86_400_000;

/** ms since 1970: the first midnight that is `days` days or more after `from`. */
const endOf = (from: number, days: number) => Math.ceil((from + days * day) / day) * day;

/** What of the versions of a key, newest first, is expired at `now`, ms since 1970. */
export function expiredOf(
  key: string,
  versions: readonly Version[],
  rules: readonly LifecycleRule[],
  now: number,
): Expiry[] {
  const [newest, ...older] = versions;
  const found = new Map<string, Expiry>();
  for (const rule of rules) {
    if (!rule.enabled || !key.startsWith(rule.prefix)) continue;
    if (newest && !isMarker(newest) && matches(rule, newest) && isDue(rule, newest, now))
      found.set("", { key, newest });
    if (newest && isMarker(newest) && older.length === 0 && (rule.markers || isDue(rule, newest, now)))
      found.set("marker", { key, version: versionIdOf(newest) });
    const { noncurrentDays, newerNoncurrent = 0 } = rule;
    if (noncurrentDays === undefined) continue;
    for (const [i, version] of older.entries()) {
      // A version is no longer the newest from the moment on at which the one before it in the list was written.
      const since = versions[i]!.modified;
      if (i < newerNoncurrent || now < endOf(since, noncurrentDays)) continue;
      if (isMarker(version) ? rule.larger === undefined && rule.smaller === undefined : matches(rule, version))
        found.set(versionIdOf(version), { key, version: versionIdOf(version) });
    }
  }
  return [...found.values()];
}

function matches({ tags, larger, smaller }: LifecycleRule, version: Version): boolean {
  if (isMarker(version)) return false;
  const hasTags = Object.entries(tags).every(([name, value]) => version.tags[name] === value);
  return (
    hasTags && (larger === undefined || version.size > larger) && (smaller === undefined || version.size < smaller)
  );
}

const isDue = ({ days, date }: LifecycleRule, { modified }: Version, now: number): boolean =>
  (days !== undefined && now >= endOf(modified, days)) || (date !== undefined && now >= date);

/** Removes what is expired at `now` and returns how much that was. Other requests are answered meanwhile. */
export async function expire(bucket: Bucket, now: number): Promise<number> {
  const { lifecycle: rules } = bucket.settings;
  if (!rules) return 0;
  let count = 0;
  for (const key of bucket.allKeysFrom("")) {
    await pause();
    for (const expiry of expiredOf(key, bucket.versionsOf(key), rules, now)) {
      if ("version" in expiry) await bucket.removeVersion(key, expiry.version);
      else if (!(await removeUnchanged(bucket, key, expiry.newest, now))) continue;
      count++;
    }
  }
  for (const { id, key, started } of [...bucket.uploads.values()]) {
    const isOver = rules.some(
      ({ enabled, prefix, uploadDays }) =>
        enabled && uploadDays !== undefined && key.startsWith(prefix) && now >= endOf(started, uploadDays),
    );
    if (!isOver) continue;
    await bucket.abort(id);
    count++;
  }
  return count;
}

/** Whether it was removed: an object that was written anew meanwhile is not. */
async function removeUnchanged(bucket: Bucket, key: string, version: Version, now: number): Promise<boolean> {
  try {
    await bucket.remove(key, { modified: now }, (newest) => {
      if (!newest || versionIdOf(newest) !== versionIdOf(version) || newest.modified !== version.modified)
        throw new S3Error("PreconditionFailed");
    });
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.code === "PreconditionFailed") return false;
    throw error;
  }
}

/** ms between two rounds of {@link followLifecycles}. */
const roundMs = 3_600_000;

/** Removes what is expired of all buckets, now and every hour, until the caller aborts. */
export async function followLifecycles(buckets: Pick<Buckets, "list">, world: World): Promise<void> {
  while (!world.signal.aborted) {
    for (const bucket of buckets.list()) {
      try {
        const count = await expire(bucket, world.now().getTime());
        if (count > 0) world.log(`${bucket.name}: ${count} expired by its lifecycle rules`);
      } catch (error) {
        // A full disk, or a bucket that was removed meanwhile: the next round tries again.
        world.log(`${bucket.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    await world.sleep(roundMs).catch((error) => {
      if (!world.signal.aborted) throw error;
    });
  }
}
