import { expect, it } from "vitest";
import { plain } from "../../../pipeline/cli/print/colour.ts";
import { datasetSummary } from "../../../pipeline/cli/print/dataset-summary.ts";
import type { DatasetFinding } from "../../../pipeline/core/dataset/dataset.ts";
import type { DatasetEntry } from "../../../pipeline/core/stac/catalog-entry.ts";

const call = { flags: {}, out: { paint: plain } } as unknown as Parameters<typeof datasetSummary>[3];

function summaryOf(findings: readonly DatasetFinding[], width?: number): string {
  const item = { properties: { title: "Lidar of HALO", "fieldtree:time_source": "unknown" } };
  const entry = { kind: "dataset", path: "", cid: "bafycid", reader: "netcdf", item, findings } as unknown;
  return datasetSummary("a.nc", entry as DatasetEntry, { given: "in/a.nc", size: 2e6, width }, call);
}

const long: DatasetFinding = {
  level: "warning",
  rule: "fill-value",
  says: "0 stands for missing in ta, so that each measured 0 is read as missing by all who open it",
  fix: "use NaN, or a number that can't be measured, as _FillValue, in each of the variables named here",
};
const hint: DatasetFinding = { level: "hint", rule: "run-date", says: "history tells when a program ran" };

it("shows a dataset, each finding with its rule and fix, and at last a verdict", () => {
  expect(summaryOf([long, hint, { ...hint }])).toBe(`a.nc: Lidar of HALO (netcdf)
  CID         bafycid
  size        2.0 MB
  time        unknown
  place       unknown

  warning  fill-value  ${long.says}
    fix: ${long.fix}
  hint  run-date  2 times, as here: history tells when a program ran

  publishable, 1 thing to improve, 1 hint`);
});

it("fits into the width of a terminal", () => {
  const lines = summaryOf([long, hint], 60).split("\n");
  expect(lines.filter((line) => line.length > 60)).toEqual([]);
  expect(lines.join(" ").replace(/\s+/g, " ")).toContain(`${long.says} fix: ${long.fix}`);
});

it("prints the Python that makes a Zarr store of a file for which that is better, with the file's path", () => {
  const text = summaryOf([{ level: "hint", rule: "better-as-zarr", says: "it is one file of 2 GB" }]);
  expect(text).toContain('ds = xr.open_dataset("in/a.nc", decode_cf=False)');
  expect(text).toContain('ds.to_zarr("a.zarr", mode="w-"');
  expect(text).toMatch(/\n {2}ready to publish, 1 hint$/);
});
