/**
 * Boxes as terms: cells of a grid of three levels, 45°, 11.25° and 2.8125° wide.
 *
 * A document has the cells that its box touches, on each level where these are at most two by two; on the finest of them it is
 * a large one as well (`B`), unless that is the last level. A query has the cells of one level, and the large documents of the
 * cells above them. Which of them have a point in common with its box is known from their details (`extent-detail.ts`).
 *
 * Longitude 180 is -180, and at a pole all longitudes are one point.
 */
import { type Box, unwrapped } from "../../dataset/extent.ts";
import { type Cells, exactly } from "./cells.ts";
import { special } from "./words.ts";

const sizes = [45, 11.25, 2.8125] as const;
type Level = 0 | 1 | 2;

/** Cells of a query on one of the finer levels. */
const mostCells = 6;

/** Whether two boxes have a point in common, edges included. */
export function intersects(a: Box, b: Box): boolean {
  return (a[3] === 90 && b[3] === 90) || (a[1] === -90 && b[1] === -90) || overlaps(a, b);
}

/** {@link intersects} on the plane of longitude and latitude, where a pole is a line. */
function overlaps(a: Box, b: Box): boolean {
  if (a[1] > b[3] || b[1] > a[3]) return false;
  const [west, east] = unwrapped(a);
  const [from, to] = unwrapped(b);
  return [-360, 0, 360].some((turn) => west + turn <= to && from <= east + turn);
}

const global = `${special}gG`;
const wide = `${special}gW`;
const poles = { north: `${special}gN`, south: `${special}gS` } as const;

/** The terms of a document with this box. */
export function placeTerms(box: Box): string[] {
  const [, south, , north] = box;
  const [from, to] = unwrapped(box);
  const atPoles = [...(north === 90 ? [poles.north] : []), ...(south === -90 ? [poles.south] : [])];
  if (to - from >= 360 && south === -90 && north === 90) return [global];
  for (const finest of [2, 1, 0] as const) {
    const { names, columns, rows } = cellsOf(box, finest);
    if (columns > 2 || rows > 2) continue;
    const cells = Array.from({ length: finest + 1 }, (_, level) =>
      [...new Set(names.map((name) => name.slice(0, level + 1)))].map(cellTerm),
    ).flat();
    return [...cells, ...(finest === 2 ? [] : names.map(largeTerm)), ...atPoles];
  }
  return [wide, ...atPoles];
}

const cellTerm = (name: string) => `${special}g${name.length - 1}${name}`;
const largeTerm = (name: string) => `${special}gB${name}`;

/** The cells that have every document whose box has a point in common with `box`. */
export function placeCells(box: Box): Cells {
  const [, south, , north] = box;
  const level = ([2, 1] as const).find((each) => cellsOf(box, each).names.length <= mostCells) ?? 0;
  const { names } = cellsOf(box, level);
  const above = (length: number) => [...new Set(names.map((name) => name.slice(0, length)))];
  const cells = [
    ...[global, wide, ...(north === 90 ? [poles.north] : []), ...(south === -90 ? [poles.south] : [])].map(exactly),
    ...(level > 0 ? above(1).map((name) => exactly(largeTerm(name))) : []),
    ...(level < 2
      ? names.map((name) => exactly(cellTerm(name)))
      : above(2).map((name) => ({
          ...exactly(cellTerm(name)),
          parts: [largeTerm(name), ...names.filter((each) => each.startsWith(name)).map(cellTerm)].map(exactly),
        }))),
  ];
  return { cells, coarseness: level === 2 ? 0 : level === 1 ? 1 : 2 };
}

/** The cell whose documents this is a part of, where it has a list of its own only if those are many. */
export function placeAbove(term: string): string | undefined {
  if (term[1] !== "g") return undefined;
  const [kind, name] = [term[2], term.slice(3)];
  if (kind === "2") return cellTerm(name.slice(0, 2));
  return kind === "B" && name.length === 2 ? cellTerm(name) : undefined;
}

/** Edges of the cell to which the details of a list refer: the whole earth where the term is none of a cell. */
export function cellBoxOf(term: string): Box {
  return /^g[012B]/.test(term.slice(1)) ? boxOfCell(term.slice(3)) : [-180, -90, 180, 90];
}

/** Whether all documents of the list have a point in common with every box that reads it. */
export function isAtEveryBox(term: string): boolean {
  return term === global || term === poles.north || term === poles.south;
}

/** The cells of a level that a box touches. An edge between two cells belongs to the eastern and the northern one. */
function cellsOf(box: Box, level: Level): { names: string[]; columns: number; rows: number } {
  const [, south, , north] = box;
  const size = sizes[level];
  const [width, height] = [360 / size, 180 / size];
  const [from, to] = unwrapped(box);
  const column = (longitude: number) => Math.floor((longitude + 180) / size);
  const columns = new Set<number>();
  const last = Math.min(column(to), column(from) + width - 1);
  for (let each = column(from); each <= last; each++) columns.add(each % width);
  const rowOf = (latitude: number) => Math.min(height - 1, Math.floor((latitude + 90) / size));
  const [bottom, top] = [rowOf(south), rowOf(north)];
  const names: string[] = [];
  for (let row = bottom; row <= top; row++) for (const each of columns) names.push(nameOf(each, row, level));
  return { names, columns: columns.size, rows: top - bottom + 1 };
}

/** A character for the cell of 45° and one for each finer cell in it. */
function nameOf(column: number, row: number, level: Level): string {
  let name = "";
  for (let at: number = level; at > 0; at--) {
    name = ((column % 4) * 4 + (row % 4)).toString(16) + name;
    [column, row] = [Math.floor(column / 4), Math.floor(row / 4)];
  }
  return (column * 4 + row).toString(32) + name;
}

/** Edges of a cell. */
function boxOfCell(name: string): Box {
  const top = Number.parseInt(name[0]!, 32);
  let [column, row] = [Math.floor(top / 4), top % 4];
  for (const digit of name.slice(1)) {
    const part = Number.parseInt(digit, 16);
    [column, row] = [column * 4 + Math.floor(part / 4), row * 4 + (part % 4)];
  }
  const size = sizes[(name.length - 1) as Level];
  return [column * size - 180, row * size - 90, (column + 1) * size - 180, (row + 1) * size - 90];
}
