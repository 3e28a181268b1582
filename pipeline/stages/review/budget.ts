/**
 * Bounds on what strangers can have us read.
 *
 * A pull request names any CID it likes: one that leads to 50 TB, to a DAG without an end, to a gateway that gives a byte a
 * second. So whatever is read on its account is paid from an allowance of blocks, bytes and time, and when that is spent
 * nothing more is asked for.
 */
import { Failure } from "../../core/failure.ts";
import { sayBytes } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";

export interface Bounds {
  readonly blocks: number;
  readonly bytes: number;
  /** ms */
  readonly time: number;
}

export interface Allowance {
  /**
   * What `ask` gives, paid for. What is under way when the last of it is spent still arrives, so that the most that is read
   * is a block more for each request at once.
   *
   * @throws Failure `unavailable` saying which bound was reached.
   */
  pay<Answer extends Uint8Array | undefined>(ask: (world: World) => Promise<Answer>): Promise<Answer>;
  /** A part of it, so that one dataset can't spend what others need. What it spends is spent here too. */
  part(bounds: Partial<Omit<Bounds, "time">>): Allowance;
  /** Blocks that are left. */
  readonly blocks: number;
  /** Which bound was reached, in words; `undefined` as long as there is something left. */
  readonly spent: string | undefined;
}

export function allowanceOf(bounds: Bounds, world: World): Allowance {
  const late = AbortSignal.timeout(bounds.time);
  return drawnFrom(bounds, late, {
    spent: undefined,
    blocks: bounds.blocks,
    pay: (ask) => ask({ ...world, signal: AbortSignal.any([world.signal, late]) }),
  });
}

function drawnFrom(bounds: Bounds, late: AbortSignal, purse: Pick<Allowance, "pay" | "spent" | "blocks">): Allowance {
  let { blocks, bytes } = bounds;
  const allowance: Allowance = {
    get blocks() {
      return Math.max(0, Math.min(blocks, purse.blocks));
    },

    get spent() {
      if (purse.spent) return purse.spent;
      if (late.aborted) return `looking ended after ${bounds.time / 1000} s`;
      if (blocks <= 0) return `looking ended after ${bounds.blocks} blocks`;
      return bytes <= 0 ? `looking ended after ${sayBytes(bounds.bytes)}` : undefined;
    },

    async pay(ask) {
      const before = allowance.spent;
      if (before) throw new Failure("unavailable", before);
      blocks--;
      try {
        const answer = await purse.pay(ask);
        bytes -= answer?.length ?? 0;
        return answer;
      } catch (error) {
        // What our own clock cut short is not the other side's failing.
        if (late.aborted) throw new Failure("unavailable", allowance.spent!, { cause: error });
        throw error;
      }
    },

    part: (smaller) => drawnFrom({ ...bounds, ...smaller }, late, allowance),
  };
  return allowance;
}
