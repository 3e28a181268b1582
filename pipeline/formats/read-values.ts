/**
 * Passes on the values of one dataset's arrays, whatever format they are in, within the limits of `read-limits.ts`.
 *
 * A format decides which parts of an array to read and how one is read; how many are under way, in which order they are
 * passed on, and what remains unread is the same for all.
 */
import type { Piece, Raw, ReadValues, Which } from "../core/cf/variable.ts";
import { inOrder } from "../core/concurrency.ts";
import type { DatasetFinding } from "../core/dataset/dataset.ts";
import type { World } from "../core/world.ts";
import { byBytes, most, perTurn, underWay } from "./read-limits.ts";

/** How the values of one array are read. */
export interface ArrayReading<Part> {
  /** Unique in the dataset. */
  readonly name: string;
  /** `undefined` where the array is too large, given the decoded bytes that the dataset may still cost. */
  plan(which: Which, budget: number): ReadPlan<Part> | undefined;
  tooLarge(): DatasetFinding;
  /** What an error of a plan's `load` means for the array; `undefined` where it is none of the data's, and is thrown on. */
  unreadable(error: unknown): DatasetFinding | undefined;
}

export interface ReadPlan<Part> {
  /** In the order in which their values are passed on. */
  readonly parts: readonly Part[];
  /** Decoded bytes of one part. */
  readonly bytes: number;
  /** The pieces of one part. Their values may be computed when they are requested. */
  readonly load: (part: Part) => Promise<Iterable<Piece>>;
}

export interface DatasetValues {
  /** As {@link ReadValues} requires; what can't be read, and what is too large even for a sample, is then a finding. */
  read<Part>(array: ArrayReading<Part>, which: Which, visit: Parameters<ReadValues>[2]): Promise<boolean>;
  /** Records why an array is not read at all. */
  report(name: string, finding: DatasetFinding): void;
  /** Of the arrays that were asked for so far. */
  findings(): readonly DatasetFinding[];
}

export function datasetValues(world: World): DatasetValues {
  const unread = new Map<string, DatasetFinding>();
  const enter = byBytes(underWay.bytes);
  let budget: number = most.dataset;
  let visited = 0;
  return {
    report: (name, finding) => void unread.set(name, finding),
    findings: () => [...unread].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding),
    async read(array, which, visit) {
      const { name } = array;
      if (unread.has(name)) return false;
      const plan = array.plan(which, budget);
      // `some` is asked for after `all` only.
      if (!plan && which === "some") unread.set(name, array.tooLarge());
      if (!plan) return false;
      const { parts, bytes, load } = plan;
      // Taken before anything is waited for, so that what is read never depends on what comes first.
      if (which === "all") budget -= parts.length * bytes;
      const atOnce = Math.max(1, Math.min(underWay.chunks, parts.length, Math.floor(underWay.bytes / 2 / bytes)));
      const leave = await enter(atOnce * bytes);
      try {
        // In their order, so that of several bad parts the same one is named every time.
        for await (const pieces of inOrder(parts, atOnce, load)) {
          for (const piece of pieces) {
            visit(piece);
            visited += piece.values.length;
            if (visited < perTurn) continue;
            visited = 0;
            await world.sleep(0);
            world.signal.throwIfAborted();
          }
        }
        return true;
      } catch (error) {
        const finding = array.unreadable(error);
        if (!finding) throw error;
        unread.set(name, finding);
        return false;
      } finally {
        leave();
      }
    },
  };
}

/** The values of a box of an array, slowest dimension first, a few at a time. `from` and `size`: of the box. */
export function* piecesOf(values: Raw, { from, size }: Pick<Piece, "from" | "size">): Generator<Piece> {
  for (let start = 0; start < values.length; start += perTurn) {
    const end = Math.min(start + perTurn, values.length);
    const part = ArrayBuffer.isView(values) ? values.subarray(start, end) : values.slice(start, end);
    yield { values: part, from, size, start };
  }
}
