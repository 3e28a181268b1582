/**
 * A name that is announced: a DNSLink record, or an IPNS key.
 *
 * A name is asked at every place that answers for it, because one of them may lag or lie, and it is changed by saying
 * what it is expected to be. What a name should be is always derived from the head of the log, never the other way round.
 */
import type { World } from "../core/world.ts";

export interface Name {
  /** As people write it behind `/ipns/`: `latest.example.org`, `k51qzi5uqu5d…`. */
  readonly name: string;

  /**
   * Ask every authority, all at once. One that does not answer well is an {@link AuthorityAnswer} with a problem, not a failure.
   *
   * @throws Failure where it can't even be found out whom to ask.
   */
  probe(world: World): Promise<NameStatus>;

  /**
   * Point the name at `value`. Where it points there already at the source (the provider's own view, not a secondary
   * that lags), nothing is written. Returns when the write was accepted; that every authority answers so is for
   * whoever looks again.
   *
   * `expected`: what it is believed to be now; absent where there should be none.
   *
   * @throws Failure `conflict` where somebody else moved it; `refused`, `unavailable`. Whether the write took effect
   * where the answer was lost is found out by announcing again.
   */
  announce(value: string, expected: string | undefined, world: World): Promise<void>;

  /** Present where what was announced must be put again to stay: without the key, as it was signed. */
  republish?(world: World): Promise<void>;

  close?(): void;
}

export interface NameStatus {
  readonly authorities: readonly AuthorityAnswer[];
  /** What all of them say. Absent where they differ, one has a problem, or there is no such record. */
  readonly value?: string;
  /** True where every authority gave the same answer, be it that there is no record. */
  readonly agrees: boolean;
  /** s. The longest that any answer may be remembered by resolvers. */
  readonly ttl?: number;
  /** When what is announced ends by itself, ISO 8601. IPNS only. */
  readonly until?: string;
  /** True where that is so near that it should be announced anew. */
  readonly endsSoon?: boolean;
}

export interface AuthorityAnswer {
  /** `192.0.2.1:53 (ns1.example.org)`, or the address of an endpoint. */
  readonly server: string;
  /** `/ipfs/CID` or `/ipfs/CID/path`; absent where there is no record, or a problem. */
  readonly value?: string;
  /** s */
  readonly ttl?: number;
  /** Of the zone there, so that a server that lags is seen to. DNS only. */
  readonly serial?: number;
  /** Why there is no answer to count: "answers REFUSED", "two dnslink records", "no answer in 2 s". */
  readonly problem?: string;
  /** True where it did answer, and the problem is what it says: two records, one that has ended. */
  readonly wrong?: boolean;
}
