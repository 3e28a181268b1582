/**
 * How long answers about names may be cached, in seconds.
 *
 * A name in campaign.yaml has its TTL there (`core/campaign/names.ts`). Here is the rest: of records that `push` signs, and of
 * names that others publish.
 */

/** TTL of a record that `push` signs. Short, so that readers get the next push a minute later. */
export const pushedTtl = 60;

/** Of a record that has none. */
const absent = 60;
/** So that the requests of one page resolve a name once. */
const least = 1;
const most = 86_400;

/** Returns how long a resolved name is cached, within bounds that its publisher cannot change. */
export function cachedFor(ttl: number = absent): number {
  return Math.min(most, Math.max(least, ttl));
}
