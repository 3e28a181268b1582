/** Intake catalogs and Zarr metadata, as text. */
import { describe, expect, it } from "vitest";
import { sourcesIn } from "../../../pipeline/core/intake/catalog.ts";
import { type ImportRecord, type Imports, readImports, writeImports } from "../../../pipeline/core/intake/imports.ts";
import { keysOf } from "../../../pipeline/core/intake/zarr-keys.ts";

const catalog = `
plugins: {source: [{module: intake_xarray}]}
sources:
  HALO: {driver: yaml_file_cat, args: {path: "{{CATALOG_DIR}}/HALO/main.yaml"}}
  sondes: {driver: opendap, args: {urlpath: "https://observations.example/thredds/dodsC/a/sondes.nc", chunks: {time: 1}}}
  radar: {driver: zarr, args: {urlpath: "https://s3.example/radar.zarr/", consolidated: true}}
  level:
    driver: netcdf
    args: {urlpath: "https://a.example/{{ level }}.nc"}
    parameters: {level: {default: "2"}}
  open: {driver: netcdf, args: {urlpath: "https://a.example/{{ day }}.nc"}}
  env: {driver: netcdf, args: {urlpath: "https://a.example/{{env(HOME)}}.nc"}}
  many: {driver: netcdf, args: {urlpath: ["https://a.example/1.nc"]}}
  glob: {driver: netcdf, args: {urlpath: "https://a.example/*.nc"}}
  here: {driver: csv, args: {urlpath: "/etc/passwd"}}
  dap: {driver: opendap, args: {urlpath: "https://a.example/dap/x"}}
  ..: {driver: csv, args: {urlpath: "https://a.example/x.csv"}}
  2020: {driver: csv, args: {urlpath: "https://a.example/x.csv"}}
`;

describe("an intake catalog", () => {
  const sources = new Map(sourcesIn(catalog, "https://cat.example/v1", "catalog").map((each) => [each.name, each]));

  it("has catalogs, files and stores at addresses, THREDDS' files in place of OPeNDAP", () => {
    expect(sources.get("HALO")).toEqual({
      name: "HALO",
      kind: "catalog",
      address: "https://cat.example/v1/HALO/main.yaml",
    });
    expect(sources.get("sondes")).toMatchObject({
      kind: "file",
      url: "https://observations.example/thredds/fileServer/a/sondes.nc",
      isNetcdf: true,
    });
    expect(sources.get("radar")).toMatchObject({ kind: "zarr", url: "https://s3.example/radar.zarr" });
    expect(sources.get("level")).toMatchObject({ kind: "file", url: "https://a.example/2.nc" });
    expect(sources.get("2020")).toMatchObject({ kind: "file", isNetcdf: false });
  });

  it("executes nothing, and names with a reason what can't be fetched", () => {
    const reasons = ["open", "env", "many", "glob", "here", "dap", ".."].map((name) => [name, sources.get(name)?.kind]);
    expect(reasons.every(([, kind]) => kind === "other")).toBe(true);
    expect(sources.get("env")).toMatchObject({ why: expect.stringContaining("parameters without a default") });
  });

  it.each(["", "a: [", "data: {}\nentries: {}\n", "- 1\n"])("is refused as input where it is %j", (text) => {
    expect(() => sourcesIn(text, "/", "x")).toThrow(expect.objectContaining({ kind: "input" }));
  });
});

describe("the files of a Zarr store", () => {
  it("are those of version 2, with either separator", () => {
    const array = { shape: [3, 2], chunks: [2, 2] };
    const metadata = {
      zarr_consolidated_format: 1,
      metadata: { ".zgroup": {}, "a/.zarray": array, "b/.zarray": { ...array, dimension_separator: "/" } },
    };
    const scalar = { ...metadata, metadata: { "s/.zarray": { shape: [], chunks: [] } } };
    expect(keysOf(metadata)).toEqual([
      ...[".zmetadata", ".zgroup", "a/.zarray", "b/.zarray", "a/0.0", "a/1.0", "b/0/0", "b/1/0"],
    ]);
    expect(keysOf(scalar)).toEqual([".zmetadata", "s/.zarray", "s/0"]);
  });

  it("are those of version 3, and of no path outside of the store", () => {
    const array = {
      node_type: "array",
      shape: [4],
      chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    };
    const nodes = { a: array, "../x": array, "g/v2": { ...array, chunk_key_encoding: { name: "v2" } } };
    expect(keysOf({ zarr_format: 3, node_type: "group", consolidated_metadata: { metadata: nodes } })).toEqual([
      ...["zarr.json", "a/zarr.json", "a/c/0", "a/c/1", "g/v2/zarr.json", "g/v2/0", "g/v2/1"],
    ]);
  });

  it("are bounded, and refused where the metadata do not tell", () => {
    const huge = { shape: [1e9, 1e9], chunks: [1, 1] };
    expect(() => keysOf({ metadata: { "a/.zarray": huge } })).toThrow("more than 200000 files");
    expect(() => keysOf({ metadata: {} })).toThrow("not consolidated");
    expect(() => keysOf({ zarr_format: 3, node_type: "group" })).toThrow("not consolidated");
  });
});

it("imports.yaml is read as it was written, whatever the paths", () => {
  const record = { url: "https://a.example/x", cid: "bafy", etag: '"1"', fetched: "2024-08-01T00:00:00Z" };
  const imports: Imports = new Map<string, ImportRecord>([
    ["a: b/#c", record],
    ["2020", { ...record, modified: "Thu, 01 Aug 2024 00:00:00 GMT" }],
  ]);
  expect(readImports(writeImports(imports))).toEqual(imports);
  expect(readImports("")).toEqual(new Map());
  expect(readImports(writeImports(new Map()))).toEqual(new Map());
  expect(() => readImports("a: b\n")).toThrow("imports.yaml: a has no url:");
});
