/**
 * The extent of a document in seven bytes, as the lists of cells have it of each document: where in the cell its box is, and
 * its days. So one list answers for a box and for days, however the query was asked, and only what touches the border of the
 * box has to be compared by its row.
 *
 * | bytes | what |
 * |---|---|
 * | 4 | west, south, east, north in 256ths of the cell; of the whole earth in lists of days. South > north: no box, or unknown |
 * | 2 | first day since 1970-01-01, little endian; 65 534: unknown, 65 535: none |
 * | 1 | days after the first; 255: at least so many |
 */
import { type Box, unwrapped } from "../../dataset/extent.ts";
import type { SearchDocument } from "./document.ts";
import { cellBoxOf, isAtEveryBox } from "./place-cells.ts";
import { type Days, daysOf } from "./time-cells.ts";

/** Bytes of a detail, and those of its box, which come first. */
export const extentBytes = 7;
export const boxBytes = 4;

const noBox = [0, 255, 0, 0] as const;
export const unknownBox: readonly number[] = [0, 255, 0, 1];
const unknownDay = 65_534;
const noDay = 65_535;
const mostAfter = 255;

/** uint8[7] */
export function extentDetail(term: string, { bbox, time }: Pick<SearchDocument, "bbox" | "time">): Uint8Array {
  const days = time && daysOf(...time);
  const first = !days ? noDay : days.first < 0 || days.first >= unknownDay ? unknownDay : days.first;
  const after = days ? Math.min(mostAfter, days.last - days.first) : 0;
  return Uint8Array.of(...(bbox ? boxIn(cellBoxOf(term), bbox) : noBox), first & 255, first >> 8, after);
}

function boxIn([west, south, east, north]: Box, box: Box): readonly number[] {
  const step = (value: number, from: number, to: number) =>
    Math.max(0, Math.min(255, Math.floor(((value - from) / (to - from)) * 256)));
  const isWhole = east - west === 360;
  const [from, to] = unwrapped(box);
  // The turn of the box that is in the cell. The whole earth has any box as it is.
  const turn = isWhole ? 0 : ([0, -360, 360].find((each) => from + each <= east && to + each >= west) ?? 0);
  const [w, e] = isWhole
    ? [step(box[0], west, east), step(box[2], west, east)]
    : [step(from + turn, west, east), step(to + turn, west, east)];
  // It goes around the earth, except for a gap that is too narrow to be written.
  if (box[0] > box[2] && w <= e && isWhole) return unknownBox;
  return [w, step(box[1], south, north), e, step(box[3], south, north)];
}

/** Whether what has a detail is in the box and at the days that are asked for; `undefined` where the detail does not decide it. */
export type Compare = (detail: Uint8Array) => boolean | undefined;

/** @param asked its days: some of each. @returns how details of the list of `term` are compared. */
export function comparing(
  term: string,
  asked: { readonly bbox?: Box | undefined; readonly days: readonly (readonly Days[])[] },
): Compare {
  const cell = cellBoxOf(term);
  const box = isAtEveryBox(term) ? undefined : asked.bbox;
  return (detail) => {
    const place = box ? isIn(cell, detail, box) : true;
    if (place === false) return false;
    const time = allOf(asked.days.map((any) => anyOf(any.map((days) => isAt(detail, days)))));
    return time === false ? false : place && time;
  };
}

function allOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
}

function anyOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
}

function isAt([, , , , low = 0, high = 0, after = 0]: Uint8Array, { first, last }: Days): boolean | undefined {
  const from = low + high * 256;
  if (from === noDay) return false;
  if (from === unknownDay) return undefined;
  if (from > last) return false;
  if (from >= first || from + after >= first) return true;
  return after === mostAfter ? undefined : false;
}

function isIn(cell: Box, [w = 0, s = 0, e = 0, n = 0]: Uint8Array, box: Box): boolean | undefined {
  if (s > n) return n === noBox[3] ? false : undefined;
  // At a pole, boxes of any longitudes have a point in common.
  const isAtPole = (box[3] === 90 && cell[3] === 90 && n === 255) || (box[1] === -90 && cell[1] === -90 && s === 0);
  const otherwise = isAtPole ? undefined : false;
  const part = (value: number, from: number, to: number) => Math.floor(((value - from) / (to - from)) * 256);
  const latitude = inCommon(s, n, part(box[1], cell[1], cell[3]), part(box[3], cell[1], cell[3]));
  if (latitude === false) return otherwise;
  const [from, to] = unwrapped(box);
  const pieces = w > e ? [[w, 255] as const, [0, e] as const] : [[w, e] as const];
  let longitude: boolean | undefined = false;
  for (const turn of [-360, 0, 360]) {
    const [p, q] = [part(from + turn, cell[0], cell[2]), part(to + turn, cell[0], cell[2])];
    for (const [a, b] of pieces) {
      const here = inCommon(a, b, p, q);
      if (here !== false && longitude !== true) longitude = here;
    }
  }
  if (longitude === false) return otherwise;
  return latitude && longitude ? true : undefined;
}

/** Whether intervals between numbers of which only the whole parts are known have one in common. */
function inCommon(a: number, b: number, p: number, q: number): boolean | undefined {
  // The last part of a cell has its far edge, where a part of the next cell begins.
  if (b < p && !(b === 255 && p === 256)) return false;
  if (a > q && !(a === 0 && q === -1)) return false;
  return a < q && b > p ? true : undefined;
}
