/** Asking a DNS provider again where it did not answer, or asked for time. */

import { isFailure } from "../../../core/failure.ts";
import { again } from "../../../http/retry.ts";
import type { DnsProvider } from "../provider.ts";
import { sameValues } from "../rrset.ts";

/**
 * A write whose answer was lost may have been done. Before a retry the record is read: otherwise our own
 * value would be found where the old one was expected, and be reported as another writer's.
 */
export function withRetry(inner: DnsProvider): DnsProvider {
  return {
    ...inner,

    read: (name, world) => again(() => inner.read(name, world), retryPolicy, world),

    replace(name, next, expected, world) {
      let lost = false;
      const write = async () => {
        if (lost && sameValues(await inner.read(name, world), next)) return;
        try {
          await inner.replace(name, next, expected, world);
        } catch (error) {
          lost ||= isFailure(error, "unavailable");
          throw error;
        }
      };
      return again(write, retryPolicy, world);
    },
  };
}

const retryPolicy = { tries: 5, first: 1000, longest: 60_000 };
