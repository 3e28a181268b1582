/** What a question is read as. Apart from what reads it, which a page loads when a question is asked. */
import type { Box } from "../../dataset/extent.ts";
import type { Period, Query } from "../query.ts";

export type Condition = {
  /** Where in the text it is, and that part of it. */
  readonly start: number;
  readonly end: number;
  readonly typed: string;
} & (
  | { readonly kind: "word" }
  | { readonly kind: "place"; readonly bbox: Box }
  /** `periods` where it is each year anew: then `from` and `until` are the ends of all of them. */
  | { readonly kind: "time"; readonly from?: string; readonly until?: string; readonly periods?: readonly Period[] }
);

export interface Question {
  /** With `words`, `bbox`, `from`, `until` and `periods`. */
  readonly query: Query;
  /** In the order of the text. */
  readonly conditions: readonly Condition[];
}

/** The text without one of its conditions. */
export function withoutCondition(typed: string, { start, end }: Pick<Condition, "start" | "end">): string {
  return `${typed.slice(0, start)} ${typed.slice(end)}`
    .replace(/\s+/g, " ")
    .replace(/ ([?.,])/g, "$1")
    .trim();
}
