/** The rows of a text in which columns are found: passes over all of them, some at a time, with turns for others. */
import type { World } from "../../core/world.ts";
import type { Row } from "./columns.ts";
import { isBlank, recordAt } from "./records.ts";

export interface RowOptions {
  readonly delimiter: string;
  readonly columns: number;
  /** What begins a line that is no row. */
  readonly comment: string | undefined;
  /** Offset of the first row in the first part. */
  readonly from: number;
}

/** Rows between turns of others: some ms of work. */
const perTurn = 20_000;
/** Characters of one row: a quotation mark that is never closed makes a row of all that follows. */
const longestRow = 2 ** 20;

export interface RowCounts {
  readonly rows: number;
  /** Rows that are left out: they have more cells than there are columns, or take more than a million characters. */
  readonly unread: number;
  /** Rows that end before the last column. */
  readonly short: number;
}

/** Calls `visit` with each row that has no more cells than there are columns. */
export async function eachRow(
  parts: readonly string[],
  { delimiter, columns, comment, from }: RowOptions,
  visit: (row: Row) => void,
  world: World,
): Promise<RowCounts> {
  let [rows, unread, short, turn] = [0, 0, 0, 0];
  for (const [i, text] of parts.entries()) {
    for (let at = i === 0 ? from : 0; at < text.length; ) {
      if (++turn % perTurn === 0) {
        await world.sleep(0);
        world.signal.throwIfAborted();
      }
      const { cells, end } = recordAt(text, delimiter, at);
      const length = end - at;
      at = end;
      if (isBlank(cells) || (comment && cells[0]!.startsWith(comment))) continue;
      if (length > longestRow || (cells.length > columns && cells.slice(columns).some((cell) => cell.trim() !== ""))) {
        unread++;
        continue;
      }
      if (cells.length < columns) short++;
      rows++;
      visit(cells);
    }
  }
  return { rows, unread, short };
}
