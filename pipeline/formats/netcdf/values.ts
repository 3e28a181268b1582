/**
 * Values of a file's variables, some at a time, and no more of the file than they are worth.
 *
 * `file.ts` reads any part of a variable; which parts and how large they may be is decided here, how many at once in
 * `read-values.ts`. An axis whose values lie in a block each, as those of records do, would cost the whole file: of such a
 * one a sample is read.
 */
import type { Raw, ReadValues, Which } from "../../core/cf/variable.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import { formatBytes, shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Box } from "../arrays.ts";
import { chunksPer, coordinatesOf, product } from "../codecs/block.ts";
import { isOverBudget } from "../hdf5/structure/file-budget.ts";
import { evenly, most, perTurn, sampleSize } from "../read-limits.ts";
import { type ArrayReading, datasetValues, piecesOf } from "../read-values.ts";
import type { NetcdfVariable } from "./file.ts";

/** Bytes of a UnixFS leaf, of which a file is read in whole ones; and leaves that one variable may cost. */
const leaf = { size: 262_144, most: 256 } as const;

/** Records in a sample of those that are too far apart. */
const sampledRecords = 32;

export interface VariableValues {
  /** As {@link ReadValues} requires; what can't be read, and what is too large even for a sample, is then a finding. */
  read(variable: NetcdfVariable, which: Which, visit: Parameters<ReadValues>[2]): Promise<boolean>;
  /** Of the variables that were asked for so far. */
  findings(): readonly DatasetFinding[];
}

/**
 * @param fileSize bytes
 * @throws what the source throws: bytes that are out of reach are no property of the data.
 */
export function valuesIn(fileSize: number, world: World): VariableValues {
  const values = datasetValues(world);
  const readingOf = (variable: NetcdfVariable): ArrayReading<number> => ({
    name: variable.name,
    plan(which, budget) {
      const plan = planOf(variable, which, budget, fileSize);
      if (!plan) return undefined;
      const load = async (number: number) => {
        world.signal.throwIfAborted();
        const box = boxOf(variable.shape, plan.cells, number);
        return piecesOf((await variable.read(box, most.chunk)) as Raw, { from: box.start, size: box.count });
      };
      return { parts: plan.chosen, bytes: plan.bytes, load };
    },
    tooLarge: () => tooLarge(variable),
    unreadable: (error) =>
      isFailure(error, "input") && !isOverBudget(error) ? unreadable(variable, error.message) : undefined,
  });
  return {
    findings: values.findings,
    async read(variable, which, visit) {
      const { name, problem } = variable;
      if (problem === undefined) return values.read(readingOf(variable), which, visit);
      values.report(name, unreadable(variable, problem));
      return false;
    },
  };
}

interface Plan {
  /** Values along each dimension of what is read at once. */
  readonly cells: readonly number[];
  /** Their numbers, in the order of the file. */
  readonly chosen: readonly number[];
  /** Of one in memory. */
  readonly bytes: number;
}

/** What is read of a variable; `undefined` where it is too much. */
function planOf(variable: NetcdfVariable, which: Which, budget: number, fileSize: number): Plan | undefined {
  const { shape, itemSize } = variable;
  const total = product(shape) * itemSize;
  const unit = unitOf(variable);
  const isTooMuch = total > Math.min(most.array, budget) || leavesOf(variable, unit, fileSize) > leaf.most;
  if (which === "all" && isTooMuch) return undefined;
  const isScattered = total <= most.array;
  const cells = which === "all" || !isScattered ? grouped(unit, shape) : unit;
  const bytes = product(cells) * itemSize;
  if (bytes > most.chunk) return undefined;
  const count = product(chunksPer(shape, cells));
  const sample = isScattered ? sampledRecords : sampleSize;
  return { cells, chosen: evenly(count, which === "all" ? count : sample), bytes: Math.max(1, bytes) };
}

/** What is stored in one piece: a chunk, or what belongs to one index of the first dimension. */
function unitOf({ shape, chunks }: NetcdfVariable): readonly number[] {
  return shape.map((length, i) => Math.max(1, Math.min(length, chunks ? chunks[i]! : i === 0 ? 1 : length)));
}

/** As many units along the first dimension as are handed on in one turn, where they have all of the others. */
function grouped(unit: readonly number[], shape: readonly number[]): readonly number[] {
  if (unit.some((length, i) => i > 0 && length < shape[i]!)) return unit;
  const times = Math.max(1, Math.floor(perTurn / product(unit)));
  return unit.map((length, i) => (i === 0 ? Math.max(1, Math.min(length * times, shape[0]!)) : length));
}

/** Leaves that reading all of it may cost: along an unlimited dimension, what belongs to other variables lies between. */
function leavesOf(
  { shape, itemSize, dimensions, stride }: NetcdfVariable,
  unit: readonly number[],
  fileSize: number,
): number {
  const together = (product(shape) * itemSize) / leaf.size;
  if (!dimensions[0]?.unlimited) return together;
  const apart = product(chunksPer(shape, unit)) * Math.min(1, (stride ?? leaf.size) / leaf.size);
  return Math.min(Math.max(together, apart), fileSize / leaf.size);
}

function boxOf(shape: readonly number[], cells: readonly number[], number: number): Box {
  const start = coordinatesOf(number, chunksPer(shape, cells)).map((at, i) => at * cells[i]!);
  return { start, count: start.map((at, i) => Math.min(cells[i]!, shape[i]! - at)) };
}

const unreadable = ({ name }: NetcdfVariable, why: string): DatasetFinding => ({
  level: "warning",
  rule: "undecodable",
  says: `values of ${shown(name)} are not known: ${shown(why, 300)}`,
});

function tooLarge(variable: NetcdfVariable): DatasetFinding {
  const bytes = product(unitOf(variable)) * variable.itemSize;
  return {
    level: "warning",
    rule: "large-coordinate",
    says: `${shown(variable.name)} is stored in pieces of ${formatBytes(bytes)}, so its values are not known; pieces of at most ${formatBytes(most.chunk)} are read`,
    fix: "store coordinates in chunks of a few MB, or declare time_coverage_* and geospatial_* attributes",
  };
}
