/**
 * Bounds on the data that a review reads for a pull request from anyone.
 *
 * A pull request may name any CID: one of 50 TB, of an endless DAG, or of data behind a gateway that sends a byte a second.
 * So all reads for a pull request count against a budget of blocks, bytes and time. When it is used up, no more requests
 * are sent.
 */
import { endedBy } from "../../core/abort.ts";
import { Failure } from "../../core/failure.ts";
import { formatBytes } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";

export interface Bounds {
  readonly blocks: number;
  readonly bytes: number;
  /** ms */
  readonly time: number;
}

export interface Budget {
  /**
   * Returns the result of `ask`, and counts it. Requests in progress when the budget is used up still finish, so it can be
   * exceeded by one block for each concurrent request.
   *
   * @throws Failure `unavailable` whose message has the bound that was reached.
   */
  spend<Answer extends Uint8Array | undefined>(ask: (world: World) => Promise<Answer>): Promise<Answer>;
  /** Returns a budget within this one, so that one dataset can't use up what others need. Its reads count for both. */
  share(bounds: Partial<Omit<Bounds, "time">>): Budget;
  /** Number of blocks left. */
  readonly blocks: number;
  /** The bound that was reached, as text; `undefined` while the budget lasts. */
  readonly exhausted: string | undefined;
}

export function budgetOf(bounds: Bounds, world: World): Budget {
  const late = AbortSignal.timeout(bounds.time);
  return budgetWithin(bounds, late, {
    exhausted: undefined,
    blocks: bounds.blocks,
    spend: (ask) => ask(endedBy(world, late)),
  });
}

function budgetWithin(
  bounds: Bounds,
  late: AbortSignal,
  parent: Pick<Budget, "spend" | "exhausted" | "blocks">,
): Budget {
  let { blocks, bytes } = bounds;
  const budget: Budget = {
    get blocks() {
      return Math.max(0, Math.min(blocks, parent.blocks));
    },

    get exhausted() {
      if (parent.exhausted) return parent.exhausted;
      if (late.aborted) return `the examination ended after ${bounds.time / 1000} s`;
      if (blocks <= 0) return `the examination ended after ${bounds.blocks} blocks`;
      return bytes <= 0 ? `the examination ended after ${formatBytes(bounds.bytes)}` : undefined;
    },

    async spend(ask) {
      const before = budget.exhausted;
      if (before) throw new Failure("unavailable", before);
      blocks--;
      try {
        const answer = await parent.spend(ask);
        bytes -= answer?.length ?? 0;
        return answer;
      } catch (error) {
        // A request that the budget's own timeout aborted must not count as a failure of the source.
        if (late.aborted) throw new Failure("unavailable", budget.exhausted!, { cause: error });
        throw error;
      }
    },

    share: (smaller) => budgetWithin({ ...bounds, ...smaller }, late, budget),
  };
  return budget;
}
