/** `review:` in campaign.yaml: how a proposal is checked before it is merged. */
import * as v from "valibot";
import { bytesIn, msIn, optional, size, text, wait, wholeNumber } from "./fields.ts";

export interface ReviewConfig {
  /** Share of the leaves, 0 to 1, that may be removed without {@link label}. */
  readonly removals: number;
  /** Of the pull request that may remove more, or a whole top-level folder. */
  readonly label: string;
  /** Bytes that may be read to see whether new data can be reached, and ms it may take. */
  readonly reach: { readonly bytes: number; readonly time: number };
}

export const reviewSchema = v.strictObject(
  {
    removals: optional("Percent of the leaves that may go without the label. Default: 30", wholeNumber(0, 100)),
    label: optional("The label that lets more go. Default: allow-removals", text),
    reach: optional(
      "Bounds on checking whether new data can be reached",
      v.strictObject(
        { bytes: optional("Default: 50 MB", size), time: optional("Default: 60 s", wait) },
        "takes bytes: and time:",
      ),
    ),
  },
  "takes removals:, label: and reach:",
);

export function settledReview(review: v.InferOutput<typeof reviewSchema> | null | undefined): ReviewConfig {
  return {
    removals: (review?.removals ?? 30) / 100,
    label: review?.label ?? "allow-removals",
    reach: { bytes: bytesIn(review?.reach?.bytes ?? "50 MB"), time: msIn(review?.reach?.time ?? "60 s") },
  };
}
