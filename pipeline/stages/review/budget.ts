/**
 * Bounds on what strangers can have us read.
 *
 * A pull request names any CID it likes: one that leads to 50 TB, to a DAG without an end, to a gateway that gives a byte a
 * second. So whatever is read on its account is paid from an budget of blocks, bytes and time, and when that is spent
 * nothing more is asked for.
 */
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
   * What `ask` gives, paid for. What is under way when the last of it is spent still arrives, so that the most that is read
   * is a block more for each request at once.
   *
   * @throws Failure `unavailable` saying which bound was reached.
   */
  spend<Answer extends Uint8Array | undefined>(ask: (world: World) => Promise<Answer>): Promise<Answer>;
  /** A part of it, so that one dataset can't spend what others need. What it spends is spent here too. */
  share(bounds: Partial<Omit<Bounds, "time">>): Budget;
  /** Blocks that are left. */
  readonly blocks: number;
  /** Which bound was reached, in words; `undefined` as long as there is something left. */
  readonly exhausted: string | undefined;
}

export function budgetOf(bounds: Bounds, world: World): Budget {
  const late = AbortSignal.timeout(bounds.time);
  return budgetWithin(bounds, late, {
    exhausted: undefined,
    blocks: bounds.blocks,
    spend: (ask) => ask({ ...world, signal: AbortSignal.any([world.signal, late]) }),
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
      if (late.aborted) return `looking ended after ${bounds.time / 1000} s`;
      if (blocks <= 0) return `looking ended after ${bounds.blocks} blocks`;
      return bytes <= 0 ? `looking ended after ${formatBytes(bounds.bytes)}` : undefined;
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
        // What our own clock cut short is not the other side's failing.
        if (late.aborted) throw new Failure("unavailable", budget.exhausted!, { cause: error });
        throw error;
      }
    },

    share: (smaller) => budgetWithin({ ...bounds, ...smaller }, late, budget),
  };
  return budget;
}
