/**
 * Interface of leases: only the holder may publish.
 *
 * The log's compare-and-swap already ensures that no two releases follow the same one. A lease prevents that two machines
 * work for an hour at the same release, pin half of it each, and write the same name.
 */
import type { World } from "../core/world.ts";

/** ms until a lease ends that is not renewed, where it does not end with its process. */
export const leaseTerm = 600_000;

export interface Lease {
  /** Unique: two leases taken in the same instant with the same texts must differ. */
  readonly id: string;
  /** Name of the holder, for messages: `anna@laptop (pid 4711)`, `github.com/org/repo run 17`. */
  readonly holder: string;
  /** Purpose: `publishing`. */
  readonly what: string;
  /** ISO 8601, UTC */
  readonly since: string;
  /**
   * ISO 8601, UTC. The holder extends it while it works; after it, any process may take the lease. Absent if the lease ends
   * with its process.
   */
  readonly until?: string;
}

export interface Leases {
  /**
   * Takes the lease, and renews it until it is released.
   *
   * @throws Failure `refused` if another process has it, with the holder, its start and end, and `fieldtree lease break`.
   */
  take(what: string, world: World): Promise<TakenLease>;
  show(world: World): Promise<Lease | undefined>;
  /** Deletes the lease, whichever process has it; that process notices at its next renewal. Returns the deleted lease. */
  break(world: World): Promise<Lease | undefined>;
}

export interface TakenLease {
  readonly lease: Lease;
  /** Aborts with a Failure `conflict` when the lease was broken or could not be renewed in time. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}
