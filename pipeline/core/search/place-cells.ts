/**
 * Boxes as terms: cells of a grid of three levels, 45°, 11.25° and 2.8125° wide.
 *
 * A document has the cells (`T`) that its box touches on the finest level where it touches at most two by two, and the cells
 * above them (`A`). A query has the cells that its box touches, divided where only a part of a cell is in the box. What a cell
 * within the box finds is certain. Lists of `T` terms tell where in the cell each document is, to 1/256 of the cell; what that
 * does not decide has to be compared by its exact box.
 *
 * Longitude 180 is -180, and at a pole all longitudes are one point.
 */
import type { Box } from "../dataset/extent.ts";
import { special, type Terms } from "./words.ts";

const sizes = [45, 11.25, 2.8125] as const;
type Level = 0 | 1 | 2;

/** Cells of a query. More would read more leaves than what they exclude. */
const mostCells = 24;

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

const unwrapped = ([west, , east]: Box): [number, number] => [west, west > east ? east + 360 : east];

const global = `${special}gG`;
const wide = `${special}gW`;
const poles = { north: `${special}gN`, south: `${special}gS` } as const;

/** The terms of a document with this box. */
export function placeTerms(box: Box): string[] {
  const [, south, , north] = box;
  const [from, to] = unwrapped(box);
  const atPoles = [...(north === 90 ? [poles.north] : []), ...(south === -90 ? [poles.south] : [])];
  if (to - from >= 360 && south === -90 && north === 90) return [global];
  for (const level of [2, 1, 0] as const) {
    const { names, columns, rows } = cellsOf(box, level);
    if (columns > 2 || rows > 2) continue;
    const above = Array.from({ length: level }, (_, i) => [
      ...new Set(names.map((name) => name.slice(0, i + 1))),
    ]).flat();
    return [...names.map((name) => `${special}gT${name}`), ...above.map((name) => `${special}gA${name}`), ...atPoles];
  }
  return [wide, ...atPoles];
}

/** The terms that find every document whose box has a point in common with `box`. */
export function placeLookups(box: Box): Terms[] {
  const [, south, , north] = box;
  let whole: string[] = [];
  let partial = cellsOf(box, 0).names;
  const divided: string[] = [];
  for (const level of [0, 1, 2] as const) {
    whole = [...whole, ...partial.filter((name) => isWithin(name, box))];
    partial = partial.filter((name) => !isWithin(name, box));
    const next = level === 2 ? [] : partial.flatMap((name) => childrenOf(name).filter((child) => touches(child, box)));
    if (level === 2 || next.length === 0 || whole.length + next.length > mostCells) break;
    divided.push(...partial);
    partial = next;
  }
  const partially = (term: string): Terms => ({
    ...one(term, false),
    compare: (each, detail) => meets(each, detail, box),
  });
  const above = (name: string): Terms[] =>
    Array.from({ length: name.length - 1 }, (_, i) => partially(`T${name.slice(0, i + 1)}`));
  return [
    one("G", true),
    partially("W"),
    ...(north === 90 ? [one("N", true)] : []),
    ...(south === -90 ? [one("S", true)] : []),
    ...whole.flatMap((name) => [one(`T${name}`, true), one(`A${name}`, true), ...above(name)]),
    ...partial.flatMap((name) => [partially(`T${name}`), one(`A${name}`, false), ...above(name)]),
    ...divided.map((name) => partially(`T${name}`)),
  ];
}

/** Where in the cell of a term a box is, in 256ths: west, south, east, north. West > east only in the cell of all. */
export function placeDetail(term: string, box: Box): Uint8Array {
  const [west, south, east, north] = cellBoxOf(term);
  const step = (value: number, from: number, to: number) =>
    Math.max(0, Math.min(255, Math.floor(((value - from) / (to - from)) * 256)));
  const [from, to] = unwrapped(box);
  // The turn of the box that is in the cell. The cell of all has any box as it is.
  const turn = term.startsWith(wide)
    ? 0
    : ([0, -360, 360].find((each) => from + each <= east && to + each >= west) ?? 0);
  const [w, e] = term.startsWith(wide) ? [box[0], box[2]] : [from + turn, to + turn];
  return Uint8Array.of(
    step(w, west, east),
    step(box[1], south, north),
    step(e, west, east),
    step(box[3], south, north),
  );
}

/** Whether what has this detail has a point in common with a box. */
function meets(term: string, [w = 0, s = 0, e = 0, n = 0]: Uint8Array, box: Box): boolean | undefined {
  const cell = cellBoxOf(term);
  const bucket = (value: number, from: number, to: number) => Math.floor(((value - from) / (to - from)) * 256);
  const latitude = common(s, n, bucket(box[1], cell[1], cell[3]), bucket(box[3], cell[1], cell[3]));
  if (latitude === false) return false;
  const [from, to] = unwrapped(box);
  const pieces = w > e ? [[w, 255] as const, [0, e] as const] : [[w, e] as const];
  let longitude: boolean | undefined = false;
  for (const turn of [-360, 0, 360]) {
    const [p, q] = [bucket(from + turn, cell[0], cell[2]), bucket(to + turn, cell[0], cell[2])];
    for (const [a, b] of pieces) {
      const here = common(a, b, p, q);
      if (here !== false && longitude !== true) longitude = here;
    }
  }
  if (longitude === false) return false;
  return latitude && longitude ? true : undefined;
}

/** Whether intervals between numbers of which only the whole parts are known have one in common. */
function common(a: number, b: number, p: number, q: number): boolean | undefined {
  // The last part of a cell has its far edge, where a part of the next cell begins.
  if (b < p && !(b === 255 && p === 256)) return false;
  if (a > q && !(a === 0 && q === -1)) return false;
  return a < q && b > p ? true : undefined;
}

const cellBoxOf = (term: string): Box => (term.startsWith(wide) ? [-180, -90, 180, 90] : boxOfCell(term.slice(3)));

function one(term: string, certain: boolean): Terms {
  return { from: `${special}g${term}`, to: `${special}g${term}`, certain };
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

function childrenOf(name: string): string[] {
  return Array.from({ length: 16 }, (_, i) => name + i.toString(16));
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

const touches = (name: string, box: Box) => overlaps(boxOfCell(name), box);

/** Whether all of a cell is in the box. */
function isWithin(name: string, box: Box): boolean {
  const [west, south, east, north] = boxOfCell(name);
  if (south < box[1] || north > box[3]) return false;
  const [from, to] = unwrapped(box);
  return to - from >= 360 || [-360, 0, 360].some((turn) => west + turn >= from && east + turn <= to);
}
