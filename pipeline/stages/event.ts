/** What publishing tells while it works; the last event is `published`. */
import type { Step } from "../core/plan.ts";

export type PublishEvent =
  | { readonly event: "step"; readonly step: Step }
  | { readonly event: "failed"; readonly path: string; readonly cid: string; readonly says: string }
  | {
      readonly event: "published";
      readonly release: number;
      readonly root: string;
      readonly portal: string;
      readonly head: string;
      /** False where there was nothing to do. */
      readonly changed: boolean;
    };
