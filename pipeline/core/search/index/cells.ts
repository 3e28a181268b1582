/**
 * Cells of time and place: terms that divide all documents, so that a query for a box or some days is a few terms.
 *
 * The smallest cells have lists of their own only where the cell they are in has many documents, because each list is a
 * record in a leaf. A query reads the leaves of both, and then uses those that are there.
 */
import type { Terms } from "./words.ts";

/** The lists that a query reads of a cell. */
export interface Cell extends Terms {
  /** Read instead of the cell where it is divided. */
  readonly parts?: readonly Terms[];
}

/** The cells that together have every document that an interval or a box may find. */
export interface Cells {
  readonly cells: readonly Cell[];
  /** 0: days, or the smallest cells; 1: months, or cells of 11.25°; 2: years, or cells of 45°. */
  readonly coarseness: 0 | 1 | 2;
}

/** Documents from which on a cell is divided. */
export const dividedFrom = 512;

export const exactly = (term: string): Terms => ({ from: term, to: term });
