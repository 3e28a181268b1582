import { describe, expect, it } from "vitest";
import { interpret } from "../../../pipeline/core/attributes/interpret.ts";
import type { CfVariable } from "../../../pipeline/core/cf/variable.ts";
import { attributeFindings } from "../../../pipeline/core/checks/attributes.ts";
import { type StoredArray, storageFindings } from "../../../pipeline/core/checks/storage.ts";
import { variableFindings } from "../../../pipeline/core/checks/variables.ts";
import type { Access } from "../../../pipeline/core/dataset/dataset.ts";
import type { Json } from "../../../pipeline/core/json.ts";

const ruleOf = ({ rule }: { rule: string }) => rule;

describe("how it is stored", () => {
  const rulesOf = (array: Partial<StoredArray>, file?: number) => {
    const arrays = [{ name: "ta", bytes: 0, compressed: true, chunks: 1, ...array }];
    return storageFindings({ arrays, ...(file !== undefined && { file }) }).map(ruleOf);
  };

  it.each<[string, Partial<StoredArray>, number | undefined, string[]]>([
    [
      "chunks below 64 kB of a dataset of 1 MB or more",
      { chunks: 1000, chunkBytes: 8000 },
      undefined,
      ["small-chunks"],
    ],
    ["no small chunks where there is less than 1 MB of them", { chunks: 100, chunkBytes: 8000 }, undefined, []],
    ["no small chunks where parts of shards are fetched", { chunks: 1000, bytes: 8e6 }, undefined, []],
    ["chunks above 64 MB", { chunks: 2, chunkBytes: 65e6 }, undefined, ["large-chunks"]],
    ["nothing about one array without chunks, however large", { bytes: 5e9 }, undefined, []],
    [
      "a directory that is split over blocks",
      { chunks: 9000, chunkBytes: 1e6, isSplit: true },
      undefined,
      ["sharded-directory"],
    ],
    ["more than 10 000 chunks of a Zarr array", { chunks: 10_001, chunkBytes: 1e6 }, undefined, ["many-chunks"]],
    ["no number of chunks in one NetCDF file", { chunks: 10_001, chunkBytes: 1e6 }, 1000, []],
    ["16 MB without compression", { bytes: 16e6, compressed: false }, undefined, ["uncompressed"]],
    ["a NetCDF file of 64 MB", {}, 64e6, ["better-as-zarr"]],
    ["no smaller one", {}, 63e6, []],
  ])("reports %s", (_, array, file, expected) => {
    expect(rulesOf(array, file)).toEqual(expected);
  });
});

describe("variables", () => {
  const variable = (attributes: Record<string, Json>, about: Partial<CfVariable> = {}): CfVariable => ({
    name: "ta",
    dimensions: ["time"],
    shape: [3],
    type: "float32",
    attributes: { units: "K", long_name: "temperature", ...attributes },
    missing: [],
    ...about,
  });
  const found = (...variables: CfVariable[]) => variableFindings(variables, new Set(["time"]));

  it.each<[string, CfVariable, string[]]>([
    ["no units", variable({ units: "" }), ["unitless"]],
    ["neither of both names", variable({ long_name: "" }), ["no-standard-name"]],
    ["nothing of a coordinate", variable({ units: "", long_name: "" }, { name: "time" }), []],
    ["nothing of flags", variable({ units: "", flag_values: [0, 1] }, { type: "int8" }), []],
    ["nothing of text", variable({ units: "", long_name: "" }, { type: "string" }), []],
    ["0 as the fill value of Zarr version 2", variable({}, { missing: [0] }), ["fill-value"]],
    ["0 as _FillValue, in a list as well", variable({ _FillValue: [0] }), ["fill-value"]],
    ["no 0 of packed numbers", variable({ _FillValue: 0, scale_factor: 0.1 }, { type: "int16" }), []],
    ["a fill value in the valid range", variable({ _FillValue: -5, valid_range: [-10, 10] }), ["fill-value"]],
    ["no fill value out of it", variable({ _FillValue: -999, valid_min: -10 }), []],
    ["two values for missing", variable({ _FillValue: -999, missing_value: -9999 }), ["fill-value"]],
    ["no two spellings of one", variable({ _FillValue: -999.9, missing_value: -999.9000244140625 }), []],
  ])("reports %s", (_, one, expected) => {
    expect(found(one).map(ruleOf)).toEqual(expected);
  });

  it("are counted, and not listed one by one", () => {
    const many = Array.from({ length: 50 }, (_, i) => variable({ units: "" }, { name: `v${i}` }));
    expect(found(...many, variable({}))).toMatchObject([
      { says: "50 of 51 data variables (v0, v1, v2, …) have neither units nor a standard name" },
    ]);
  });
});

describe("global attributes", () => {
  const found = (attributes: Record<string, Json>, format: "zarr" | "files" = "zarr") => {
    const access = (
      format === "zarr" ? { format, version: 3, consolidated: true, groups: [] } : { format, files: [] }
    ) as Access;
    return attributeFindings(interpret(attributes, { projects: {} }).about, { attributes, access });
  };
  const whole = { keywords: "a", institution: "b", references: "doi:10.5281/zenodo.1", Conventions: "CF-1.11" };

  it("that ACDD recommends are asked for in one finding", () => {
    expect(found({ keywords: "a" })).toMatchObject([
      { level: "hint", rule: "recommended-attributes", says: "has no institution, no references, no Conventions" },
    ]);
    expect(found(whole)).toEqual([]);
    expect(found({}, "files")).toEqual([]);
  });

  it("name creators with their ORCID iDs", () => {
    const names = { ...whole, creator_name: "Ada Lovelace, Grace Hopper" };
    expect(found(names)).toMatchObject([{ rule: "no-orcid", says: expect.stringContaining("2 of 2 creators") }]);
    const ids = { creator_id: "0000-0002-1825-0097, 0000-0001-5109-3700" };
    expect(found({ ...names, ...ids })).toEqual([]);
  });

  it.each([
    ["history", "2024-08-11T10:00:00Z: made by a program"],
    ["history", "Mon Aug 11 10:00:00 2024: ncks a.nc b.nc"],
    ["date_created", "2024-08-11 10:00:00"],
    ["history", ["first", "2024-08-11T10:00 second"]],
  ])("that say when a program ran give other CIDs: %s %s", (name, value) => {
    expect(found({ ...whole, [name]: value }).map(ruleOf)).toEqual(["run-date"]);
  });

  it("may have the day of a version", () => {
    expect(found({ ...whole, date_created: "2024-08-11", history: "version 2 of 2024-08-11" })).toEqual([]);
  });
});
