/** The failure for a lease that another process has. */
import { Failure } from "../core/failure.ts";
import { inUse } from "../core/in-use.ts";
import type { Lease } from "./lease.ts";

export function leaseTaken(lease: Lease): Failure {
  return inUse(lease, "if you know that it no longer runs, `fieldtree lease break` takes the lease away");
}

/** The failure that aborts work after its lease was lost. */
export function leaseLost({ what, since }: Lease, how: string): Failure {
  return new Failure("conflict", `the lease taken at ${since} for ${what} ${how}`, {
    hint: "another process may have it now: see `fieldtree lease show`, then run it again",
  });
}
