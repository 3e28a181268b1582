/** Which chunks a plot reads, as a small map of the variable's grid of chunks. */
import type { Touched } from "../../pipeline/formats/arrays.ts";
import { product } from "../../pipeline/formats/codecs/block.ts";
import { type SvgNode, svg } from "./scene.ts";

/** Cells of the map along each side: one may stand for several chunks. */
const most = { columns: 60, rows: 16 } as const;
const cell = 9;

export interface ChunkMap {
  readonly svg: SvgNode;
  /** Chunks of the whole variable. */
  readonly total: number;
}

/** Of more than two dimensions with several chunks, the last two; `undefined` where there is one chunk alone. */
export function chunkMapOf({ grid, first, count }: Touched): ChunkMap | undefined {
  const total = product(grid);
  if (total <= 1) return undefined;
  const several = [...grid.keys()].filter((i) => grid[i]! > 1);
  const [column = 0, row] = several.slice(-2).reverse();
  const columns = sideOf(grid[column]!, first[column]!, count[column]!, most.columns);
  const rows = row === undefined ? [true] : sideOf(grid[row]!, first[row]!, count[row]!, most.rows);
  const cells = rows.flatMap((isRow, y) =>
    columns.map((isColumn, x) =>
      svg("rect", {
        class: isRow && isColumn ? "ql-chunk ql-read" : "ql-chunk",
        x: x * cell,
        y: y * cell,
        width: cell - 1.5,
        height: cell - 1.5,
        rx: 1,
      }),
    ),
  );
  const [width, height] = [columns.length * cell, rows.length * cell];
  return {
    svg: svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, ...cells),
    total,
  };
}

/** Whether each cell along one side has a chunk that is read. */
function sideOf(length: number, first: number, count: number, most: number): boolean[] {
  const cells = Math.min(length, most);
  return Array.from({ length: cells }, (_, i) => {
    const [from, to] = [Math.floor((i * length) / cells), Math.max(1, Math.ceil(((i + 1) * length) / cells))];
    return first < to && first + count > from;
  });
}
