/**
 * Where a campaign's DNS records are kept, and the only thing we do there.
 *
 * The only write is *replace this RRset, expecting that old value*: adding first and deleting after would leave two
 * dnslink records for a moment, the other way round none, and resolvers refuse both. A provider without a true
 * compare-and-swap reads, compares and writes; that is as near as its API lets us come.
 *
 * To add one: write it beside the others, a line in `providers.ts`, its keys in `core/campaign/names.ts`, and run it and its
 * fake through `test/contracts/dns-provider.ts`.
 */
import type { World } from "../../core/world.ts";

/** All TXT records of one name. */
export interface RRset {
  /** Unquoted, one a record, in the order of their bytes. */
  readonly values: readonly string[];
  /** s */
  readonly ttl: number;
}

export interface DnsProvider {
  /** For messages: `ionos`, `rfc2136 at 127.0.0.1:5301`. */
  readonly name: string;
  /** s. The provider refuses less; a shorter wish is raised to it. */
  readonly minTtl: number;

  /** The TXT records at `name` (no dot at its end) as the provider has them, not as a resolver remembers them. */
  read(name: string, world: World): Promise<RRset | undefined>;

  /**
   * Make `next` the only TXT records at `name`, at one stroke, if they are still `expected` (values compared, not TTL).
   *
   * @throws Failure `conflict` where they are others; `input` where no zone of ours holds the name or the provider
   * can't do what is wanted; `refused`, `unavailable`.
   */
  replace(name: string, next: RRset, expected: RRset | undefined, world: World): Promise<void>;
}
