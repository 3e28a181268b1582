/**
 * Interface of names that are announced: a DNSLink record, or an IPNS key.
 *
 * A name is read from every server that is an authority for it, because one may be out of date or wrong. It is changed by a
 * compare-and-swap with its expected value. The value is always derived from the head of the log, never the reverse.
 */
import type { World } from "../core/world.ts";

export interface Name {
  /** As written after `/ipns/`: `latest.example.org`, `k51qzi5uqu5d…`. */
  readonly name: string;

  /**
   * Reads the name from every authority, in parallel. An error of one is an {@link AuthorityAnswer} with a problem, no failure.
   *
   * @throws Failure if the authorities can't be determined.
   */
  probe(world: World): Promise<NameStatus>;

  /**
   * Points the name at `value`. Writes nothing if the source (the provider, not a secondary server that lags) has that value
   * already. Returns when the write was accepted; the caller probes again to see when every authority has it.
   *
   * `expected`: the current value, or absent if there should be none.
   *
   * @throws Failure `conflict` if another party changed the name; `refused`, `unavailable`. If the answer was lost, the caller
   * announces again to find out whether the write took effect.
   */
  announce(value: string, expected: string | undefined, world: World): Promise<void>;

  /** Puts the signed record again, without the key. Absent for names that do not expire. */
  republish?(world: World): Promise<void>;

  close?(): void;
}

export interface NameStatus {
  readonly authorities: readonly AuthorityAnswer[];
  /** The value at all authorities. Absent if they differ, one has a problem, or there is no such record. */
  readonly value?: string;
  /** True if every authority gave the same answer, including "no record". */
  readonly agrees: boolean;
  /** s. The longest time for which resolvers may cache any of the answers. */
  readonly ttl?: number;
  /** When the record expires, ISO 8601. IPNS only. */
  readonly until?: string;
  /** True if `until` is so near that a new record should be announced. */
  readonly endsSoon?: boolean;
}

export interface AuthorityAnswer {
  /** `192.0.2.1:53 (ns1.example.org)`, or the address of an endpoint. */
  readonly server: string;
  /** `/ipfs/CID` or `/ipfs/CID/path`; absent if there is no record, or a problem. */
  readonly value?: string;
  /** s */
  readonly ttl?: number;
  /** Serial number of the zone at this server: shows which server is out of date. DNS only. */
  readonly serial?: number;
  /** Why the answer is not valid: "answers REFUSED", "two dnslink records", "no answer in 2 s". */
  readonly problem?: string;
  /** True if the server answered, and the problem is its answer: two records, or one that has expired. */
  readonly wrong?: boolean;
}
