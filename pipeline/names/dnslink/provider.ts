/**
 * Interface of DNS providers, which store a campaign's DNS records.
 *
 * The only write is *replace this RRset, expecting that old value*: adding first and deleting afterwards would leave two
 * dnslink records for a moment, the reverse order none, and resolvers reject both. A provider without a true
 * compare-and-swap reads, compares and writes, because its API allows no more.
 *
 * To add a provider: implement it in a file alongside the others, add a line to `providers.ts` and its keys to
 * `core/campaign/names.ts`, and run it and its fake through `test/contracts/dns-provider.ts`.
 */
import type { World } from "../../core/world.ts";

/** All TXT records of one name. */
export interface RRset {
  /** Unquoted, one for each record, sorted by their bytes. */
  readonly values: readonly string[];
  /** s */
  readonly ttl: number;
}

export interface DnsProvider {
  /** For messages: `ionos`, `rfc2136 at 127.0.0.1:5301`. */
  readonly name: string;
  /** s. The provider rejects a shorter TTL; the caller raises the configured TTL to this. */
  readonly minTtl: number;

  /** The TXT records at `name` (no trailing dot) from the provider's API, not from a resolver's cache. */
  read(name: string, world: World): Promise<RRset | undefined>;

  /**
   * Atomically makes `next` the only TXT records at `name`, if they are still `expected` (by value, not TTL).
   *
   * @throws Failure `conflict` if they have changed; `input` if no zone of the account contains the name, or the provider
   * does not support the change; `refused`, `unavailable`.
   */
  replace(name: string, next: RRset, expected: RRset | undefined, world: World): Promise<void>;
}
