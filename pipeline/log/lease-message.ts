/** What somebody is told who wants a lease that another has. */
import { Failure } from "../core/failure.ts";
import { inUse } from "../core/in-use.ts";
import type { Lease } from "./lease.ts";

export function leaseTaken(lease: Lease): Failure {
  return inUse(lease, "if you know that it no longer runs, `fieldtree lease break` takes the lease away");
}

/** Why work must stop whose lease is gone. */
export function leaseLost({ what, since }: Lease, how: string): Failure {
  return new Failure("conflict", `the lease taken at ${since} for ${what} ${how}`, {
    hint: "somebody else may be at it now: see `fieldtree lease show`, then run it again",
  });
}
