/** Opens a table for its values: columns as arrays along one dimension, and the first rows as they are written. */
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { OpenArrays } from "../arrays.ts";
import { type ReadTable, readTable } from "./read.ts";

export interface OpenTable {
  readonly arrays: OpenArrays;
  readonly columns: ReadTable["columns"];
  /** The first `most` rows, cells as they are written. */
  firstRows(most: number): Promise<readonly (readonly string[])[]>;
  /** Of the whole table where `isWhole`, else of what was read of it. */
  readonly rows: number;
  readonly isWhole: boolean;
}

/** Reads the whole file, or of a large one a sample. @throws Failure `input` where it is no table. */
export async function openTable(file: RangeSource, world: World): Promise<OpenTable> {
  const table = await readTable(file, world);
  const { attributes, columns, rows, isWhole } = table;
  // Of a sample a variable has as many rows as the file is thought to have: here it has those that were read.
  const variables = table.variables.map(({ variable }) => ({ ...variable, shape: [rows] }));
  const arrays: OpenArrays = {
    attributes,
    variables,
    async read({ name }, { start, count }) {
      const values = await table.valuesOf(name);
      if (!values) throw new Failure("input", `${name} is no column of the table`);
      const [from = 0, length = 0] = [start[0], count[0]];
      return values.slice(from, from + length);
    },
    // It is in memory, and costs nothing more.
    stored: () => ({ itemSize: 8, bytesPerValue: 0 }),
  };
  return {
    arrays,
    columns,
    rows,
    isWhole,
    async firstRows(most) {
      const first: (readonly string[])[] = [];
      await table.eachRow((row) => {
        if (first.length < most) first.push(row);
      });
      return first;
    },
  };
}
