/** Two versions of a dataset that were compared, as text for people. */
import { firstLines } from "../../core/text/shown.ts";
import { differenceLines } from "../../core/versions/difference.ts";
import type { ComparedDataset } from "../../stages/scan/compare-leaves.ts";
import { printable } from "./terminal.ts";

export function comparedText(dataset: ComparedDataset): string {
  const { path, op, title } = dataset;
  const about = title ? `: ${printable(title)}` : "";
  switch (dataset.op) {
    case "changed": {
      const lines = firstLines(differenceLines(dataset.difference));
      return [
        `dataset  ${printable(path)}${about}`,
        ...(lines.length > 0 ? lines : ["no difference in what is described"]).map((line) => `  ${printable(line)}`),
      ].join("\n");
    }
    case "unknown":
      return `dataset  ${printable(path)}\n  can't be compared: ${printable(dataset.why)}`;
    default:
      return `dataset  ${printable(path)}${about}\n  this dataset is ${op === "added" ? "new" : "no longer there"}`;
  }
}
