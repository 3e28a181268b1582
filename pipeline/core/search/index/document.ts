/**
 * What a search finds: a dataset, a plain leaf or one that could not be read, with the texts by which it is found.
 *
 * Attributes are written by strangers and have any length, so that everything here is bounded: {@link most} limits what is
 * indexed of one document, whatever its attributes contain.
 */
import type { Box } from "../../dataset/extent.ts";

export interface SearchDocument {
  /** In the tree; below a leaf where one leaf has several datasets. */
  readonly path: string;
  readonly title: string;
  readonly kind: "dataset" | "plain" | "failed";
  /** Instants in UTC, inclusive. Absent where it is unknown. */
  readonly time?: readonly [start: string, end: string];
  /** Degrees; west > east crosses the antimeridian. */
  readonly bbox?: Box;
  /** Texts whose words find the document, the most important first. */
  readonly texts: readonly string[];
  /** Names of files in it. */
  readonly names: readonly string[];
  /** Values that a filter selects and facets count, as they are written. Their words find the document too. */
  readonly values: Readonly<Partial<Record<Field, readonly string[]>>>;
}

/** The suffix of a term that is a value of the field. */
export const fields = {
  variable: "v",
  platform: "p",
  instrument: "i",
  project: "j",
  keyword: "k",
  person: "c",
  format: "f",
  level: "l",
  license: "n",
  kind: "t",
} as const;

export type Field = keyof typeof fields;

/** Upper bounds of what is indexed of one document. */
export const most = {
  /** Characters of a title. */
  title: 200,
  /** Characters of a text that are split into words. */
  text: 400,
  /** Terms from texts. */
  words: 100,
  /** Terms from names of files. */
  names: 100,
  /** Values of one field. */
  values: {
    variable: 40,
    platform: 4,
    instrument: 6,
    project: 6,
    keyword: 12,
    person: 12,
    format: 4,
    level: 1,
    license: 1,
    kind: 1,
  },
  /** UTF-16 code units of a term. */
  term: 40,
} as const;
