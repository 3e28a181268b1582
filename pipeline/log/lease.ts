/**
 * Who may publish: one at a time, wherever they are.
 *
 * The log's compare-and-swap already makes sure that no two releases follow the same one. A lease makes sure that no two
 * machines work for an hour at the same release, pin half of it each, and write the same name.
 */
import type { World } from "../core/world.ts";

export interface Lease {
  /** Unique: two that take a free lease in the same instant with the same words must differ. */
  readonly id: string;
  /** Who, for people: `anna@laptop (pid 4711)`, `github.com/org/repo run 17`. */
  readonly holder: string;
  /** What for: `publishing`. */
  readonly what: string;
  /** ISO 8601, UTC */
  readonly since: string;
  /**
   * ISO 8601, UTC. Renewed while the holder works; past it, anybody may take the lease. Absent where it ends with its
   * process.
   */
  readonly until?: string;
}

export interface Leases {
  /**
   * Take the lease, and renew it until it is released.
   *
   * @throws Failure `refused` where somebody else has it: naming the holder, since when, until when, and
   * `fieldtree lease break`.
   */
  take(what: string, world: World): Promise<TakenLease>;
  show(world: World): Promise<Lease | undefined>;
  /** Take it away from whoever has it; they learn of it when they renew. Returns what was broken. */
  break(world: World): Promise<Lease | undefined>;
}

export interface TakenLease {
  readonly lease: Lease;
  /** Aborts with a Failure `conflict` when the lease was broken or could not be renewed in time. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}
