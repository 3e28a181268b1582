/**
 * Stores that xarray refuses because of the metadata of one array are described, with a finding that says so.
 *
 * Each row is one store, made here; where there is a Python, xarray is asked, too, and refuses the same rows.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Json } from "../../../pipeline/core/json.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { folderOf } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";

const zarr = zarrReader(decompressors);

type Changes = { readonly [key: string]: Json | undefined };
interface Row {
  readonly name: string;
  readonly version: 2 | 3;
  /** Of the metadata of the array `ta(x, y)`, which has 2 × 3 values. */
  readonly changes?: Changes;
  readonly attributes?: Changes;
  /** In the finding; absent where xarray opens the store. */
  readonly says?: string;
}

const little = { name: "bytes", configuration: { endian: "little" } };
const base64 = "AAAAAAAA8L8=";
const ns = { name: "numpy.datetime64", configuration: { unit: "ns", scale_factor: 1 } };
const v2 = (name: string, says?: string, changes?: Changes, attributes?: Changes): Row => ({
  ...{ name, version: 2 },
  ...(changes && { changes }),
  ...(attributes && { attributes }),
  ...(says !== undefined && { says }),
});
const v3 = (...of: Parameters<typeof v2>): Row => ({ ...v2(...of), version: 3 });

const rows: readonly Row[] = [
  v2("nothing odd"),
  v2("no names of dimensions", "ta: no _ARRAY_DIMENSIONS", {}, { _ARRAY_DIMENSIONS: undefined }),
  v2("too few of them", "_ARRAY_DIMENSIONS that are no list of a name", {}, { _ARRAY_DIMENSIONS: ["x"] }),
  v2("names in one text", "_ARRAY_DIMENSIONS that are no list of a name", {}, { _ARRAY_DIMENSIONS: "x y" }),
  v2("NCZarr's names", undefined, { _NCZARR_ARRAY: { dimrefs: ["/x", "/y"] } }, { _ARRAY_DIMENSIONS: undefined }),
  v2("one dimension without a name", undefined, {}, { _ARRAY_DIMENSIONS: ["x", null] }),
  v2("two of them", "dimensions of different lengths without", {}, { _ARRAY_DIMENSIONS: [null, null] }),
  v2("a type without its byte order", 'data type "f8"', { dtype: "f8" }),
  v2("a type in words", 'data type "float64"', { dtype: "float64" }),
  v2("a byte order of bytes", 'data type "<i1"', { dtype: "<i1", fill_value: 0 }),
  v2("float128", 'data type "<f16"', { dtype: "<f16" }),
  v2("objects of pickle", 'data type "|O"', { dtype: "|O", filters: [{ id: "pickle" }], fill_value: 0 }),
  v2("texts", undefined, { dtype: "|O", filters: [{ id: "vlen-utf8" }], fill_value: "" }),
  v2("dates", undefined, { dtype: ">M8[D]", fill_value: 0 }),
  v2("complex numbers", undefined, { dtype: "<c8", fill_value: null }),
  v2("structures", undefined, { dtype: [["a", "<f4"]], fill_value: null }),
  v2("zfpy, which is a package of its own", 'the codec "zfpy"', { compressor: { id: "zfpy", mode: 4 } }),
  v2("a codec of one laboratory", 'the codec "of-one-laboratory"', { filters: [{ id: "of-one-laboratory" }] }),
  v2("no order", "no order", { order: undefined }),
  v2("no fill value", "no fill_value", { fill_value: undefined }),
  v2("another separator", 'dimension_separator "-"', { dimension_separator: "-" }),
  v2("times in months", "counts in a unit that xarray can't convert", {}, { units: "months since 2000-01-01" }),
  v2("times since an event", "counts from a date", {}, { units: "days since launch" }),
  v2("times in a calendar of its own", "calendar", {}, { units: "days since 2000-01-01", calendar: "martian" }),
  v2("a list of coordinates", 'ta: the attribute coordinates is ["lat"]', {}, { coordinates: ["lat"] }),
  v2("times as text", "values of type U3", { dtype: "<U3", fill_value: "" }, { units: "days since 2000-01-01" }),
  v2("an unused _FillValue in its attributes", undefined, {}, { _FillValue: -1 }),
  v3("nothing odd"),
  v3("no names of dimensions", "ta: no dimension_names", { dimension_names: undefined }),
  v3("null for them", "ta: no dimension_names", { dimension_names: null }),
  v3("numbers for them", "ta: no dimension_names", { dimension_names: ["x", 1] }),
  v3("one dimension without a name", undefined, { dimension_names: ["x", null] }),
  v3("two of them", "dimensions of different lengths without", { dimension_names: [null, null] }),
  v3("bfloat16", 'data type "bfloat16"', { data_type: "bfloat16" }),
  v3("raw bits", 'data type "r16"', { data_type: "r16", fill_value: [0, 0] }),
  v3("a type as an object", 'data type {"name":"float64"}', { data_type: { name: "float64" } }),
  v3("dates", undefined, { data_type: ns, fill_value: 0 }),
  v3("dates without their step", "data type", { data_type: { ...ns, configuration: { unit: "ns" } }, fill_value: 0 }),
  v3("complex numbers", undefined, { data_type: "complex64", fill_value: [0, 0] }),
  v3("a codec by its name alone", 'codec "crc32c"', { codecs: [little, "crc32c"] }),
  v3("keys by their name alone", 'chunk_key_encoding "default"', { chunk_key_encoding: "default" }),
  v3("chunks of several lengths", 'chunk_grid "rectilinear"', {
    chunk_grid: { name: "rectilinear", configuration: {} },
  }),
  v3("a codec of one laboratory", 'the codec "of-one-laboratory"', {
    codecs: [little, { name: "of-one-laboratory" }],
  }),
  v3("numcodecs' codecs", undefined, { codecs: [little, { name: "numcodecs.zlib", configuration: { level: 1 } }] }),
  v3("a field of its own", 'extra {"a":1}', { extra: { a: 1 } }),
  v3("one that need not be understood", undefined, { extra: { must_understand: false } }),
  v3("_FillValue as a number of floats", "_FillValue -1", {}, { _FillValue: -1 }),
  v3("_FillValue of four bytes", '_FillValue "AACAvw=="', { data_type: "float32" }, { _FillValue: "AACAvw==" }),
  v3("_FillValue as xarray writes it", undefined, {}, { _FillValue: base64 }),
  v3("_FillValue of integers", undefined, { data_type: "int64" }, { _FillValue: -1 }),
  v3("_FillValue of integers as text", '_FillValue "-1"', { data_type: "int64" }, { _FillValue: "-1" }),
  v3(
    "_FillValue of texts",
    "_FillValue",
    { data_type: "string", fill_value: "", codecs: [{ name: "vlen-utf8" }] },
    { _FillValue: "" },
  ),
  v3("_FillValue of dates", "_FillValue 0", { data_type: ns, fill_value: 0 }, { _FillValue: 0 }),
  v3(
    "_FillValue beyond a signed type",
    "_FillValue is 255, which is no int8",
    { data_type: "int8" },
    { _FillValue: 255, _Unsigned: "true" },
  ),
];

function filesOf({ version, changes, attributes }: Row): Record<string, string> {
  if (version === 2) {
    const array = { zarr_format: 2, shape: [2, 3], chunks: [2, 3], dtype: "<f8", order: "C", fill_value: 0 };
    const document = { ...array, compressor: null, filters: null, ...changes };
    return {
      ".zgroup": '{"zarr_format": 2}',
      "ta/.zarray": JSON.stringify(document),
      "ta/.zattrs": JSON.stringify({ _ARRAY_DIMENSIONS: ["x", "y"], ...attributes }),
    };
  }
  const grid = { name: "regular", configuration: { chunk_shape: [2, 3] } };
  const keys = { name: "default", configuration: { separator: "/" } };
  const array = { zarr_format: 3, node_type: "array", shape: [2, 3], data_type: "float64", fill_value: 0 };
  const rest = { chunk_grid: grid, chunk_key_encoding: keys, codecs: [little], dimension_names: ["x", "y"] };
  return {
    "zarr.json": '{"zarr_format": 3, "node_type": "group", "attributes": {}}',
    "ta/zarr.json": JSON.stringify({ ...array, ...rest, attributes: attributes ?? {}, ...changes }),
  };
}

it.each(rows)("tells that xarray refuses version $version with $name: $says", async (row) => {
  const { variables, findings } = await zarr.folders.describe(folderOf(filesOf(row)), testWorld());
  expect(variables.map(({ name }) => name)).toEqual(["ta"]);
  const told = findings.filter(({ rule }) => ["xarray-refuses", "time-units", "packing"].includes(rule));
  expect(told.map(({ says }) => says)).toEqual(row.says === undefined ? [] : [expect.stringContaining(row.says)]);
});

it("names a few arrays of many that are refused for one reason", async () => {
  const files = filesOf({ name: "", version: 3, changes: { dimension_names: null } });
  const many = Array.from({ length: 9 }, (_, i) => [`t${i}/zarr.json`, files["ta/zarr.json"]!] as const);
  const store = folderOf({ "zarr.json": files["zarr.json"]!, ...Object.fromEntries(many) });
  const { findings } = await zarr.folders.describe(store, testWorld());
  const told = findings.filter(({ rule }) => rule === "xarray-refuses").map(({ says }) => says);
  expect(told).toEqual([
    "xarray refuses to open this because of t0, t1, t2 and 6 more: no dimension_names, one for each dimension",
  ]);
});

const havePython = await python();

describe.skipIf(!havePython)("asked itself", () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-refusals-"));
  let refused: readonly boolean[];
  beforeAll(async () => {
    for (const [i, row] of rows.entries()) {
      for (const [file, text] of Object.entries(filesOf(row))) {
        mkdirSync(dirname(join(folder, String(i), file)), { recursive: true });
        writeFileSync(join(folder, String(i), file), text);
      }
    }
    const asked = `
import json, sys, warnings, xarray as xr
warnings.filterwarnings("ignore")
def refuses(path):
    try: xr.open_zarr(path, chunks=None, consolidated=False)
    except Exception: return True
    return False
print(json.dumps([refuses(f"{sys.argv[1]}/{i}") for i in range(int(sys.argv[2]))]))`;
    refused = JSON.parse(await runPython(asked, [folder, String(rows.length)])) as readonly boolean[];
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("xarray refuses the same", () => {
    const differing = rows.filter(({ says }, i) => (says !== undefined) !== refused[i]);
    expect(differing.map(({ name, version }) => `version ${version}: ${name}`)).toEqual([]);
  });
});
