/** Faults that some test must notice, as `mutations.yaml` lists them. */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";

export interface Fault {
  readonly fault: string;
  readonly file: string;
  /** Files of tests, of which one must fail. */
  readonly tests: readonly string[];
  /** Text that is in the file once, and what it becomes. */
  readonly changes: readonly (readonly [from: string, to: string])[];
}

export const faults = load(readFileSync(new URL("mutations.yaml", import.meta.url), "utf8")) as readonly Fault[];

/** How often a text is in another. */
export const timesIn = (text: string, from: string): number => text.split(from).length - 1;
