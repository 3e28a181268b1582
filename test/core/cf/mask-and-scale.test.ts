import { describe, expect, it } from "vitest";
import { doubtAbout, extremesOf, type Numbers, packingOf, unpacked } from "../../../pipeline/core/cf/mask-and-scale.ts";
import type { Attributes, CfVariable } from "../../../pipeline/core/cf/variable.ts";

const variable = (type: string, attributes: Attributes = {}, missing: CfVariable["missing"] = []): CfVariable => ({
  name: "v",
  dimensions: ["n"],
  shape: [1],
  type,
  attributes,
  missing,
});
const numbers = (raw: Numbers, ...of: Parameters<typeof variable>) => [...unpacked(raw, packingOf(variable(...of)))];
const missing = Number.NaN;

describe("takes for missing", () => {
  it.each<[string, Numbers, number[], ...Parameters<typeof variable>]>([
    ["NaN", Float64Array.of(1, missing), [1, missing], "float64"],
    ["_FillValue", Int16Array.of(1, -9), [1, missing], "int16", { _FillValue: -9 }],
    ["each missing_value", Int16Array.of(1, -8, -9), [1, missing, missing], "int16", { missing_value: [-8, -9] }],
    ["what the format names", Float32Array.of(1, -9), [1, missing], "float32", {}, [-9]],
    ["the very float32", Float32Array.of(1, -999.9), [1, missing], "float32", { missing_value: Math.fround(-999.9) }],
    ["xarray's base64", Float64Array.of(1, -999), [1, missing], "float64", { _FillValue: "AAAAAAA4j8A=" }],
    [
      "each missing_value beside _FillValue",
      Int8Array.of(1, 2, 3),
      [1, missing, missing],
      "int8",
      { _FillValue: 2, missing_value: [3] },
    ],
    ["a fill of the format, as text", Float64Array.of(1, 0), [1, missing], "float64", {}, ["0.0"]],
    ["NaT", BigInt64Array.of(1n, -(2n ** 63n)), [1, missing], "datetime64[ns]"],
    [
      "NaT of times in units",
      BigInt64Array.of(1n, -(2n ** 63n)),
      [1, missing],
      "int64",
      { units: "s since 1970-01-01" },
    ],
  ])("%s", (_, raw, expected, ...of) => {
    expect(numbers(raw, ...of)).toEqual(expected);
  });

  it.each<[string, Numbers, ...Parameters<typeof variable>]>([
    ["infinities", Float64Array.of(1, Number.POSITIVE_INFINITY), "float64"],
    ["what is outside valid_range", Int16Array.of(0, 10), "int16", { valid_range: [1, 9] }],
    ["what is below valid_min", Int16Array.of(0, 1), "int16", { valid_min: 1 }],
    ["netCDF's default", Int32Array.of(-2_147_483_647), "int32"],
    ["a number as text", Float64Array.of(1, -999), "float64", { missing_value: "-999." }],
    ["NaN as text", Float64Array.of(1), "float64", { _FillValue: "NaN" }],
    ["the attribute, where Zarr has a fill value", Float64Array.of(-9), "float64", { _FillValue: -9 }, [0]],
    ["the decimal of a float32", Float32Array.of(1, -999.9), "float32", { missing_value: -999.9 }],
    ["a fill value among dates of the format's own", BigInt64Array.of(1n, 5n), "datetime64[ns]", {}, ["5"]],
    [
      "what int64 has no number for, among times",
      BigUint64Array.of(1n, 2n ** 64n - 1n),
      "uint64",
      { _FillValue: 2 ** 64, units: "s since 1970-01-01" },
    ],
    ["NaT of what is no time", BigInt64Array.of(-(2n ** 63n)), "int64"],
  ])("not %s, as xarray doesn't", (_, raw, ...of) => {
    expect(numbers(raw, ...of)).toEqual(Array.from(raw as ArrayLike<number | bigint>, Number));
  });
});

it("compares flags with what is stored, and then scales", () => {
  const attributes = { scale_factor: [0.5], add_offset: 10, _FillValue: 20 };
  expect(numbers(Int16Array.of(20, 2, 101), "int16", attributes)).toEqual([missing, 11, 60.5]);
});

it("doubts extremes beyond valid_range, which is meant in stored units, unless it has fractions of integers", () => {
  const doubt = (raw: Numbers, attributes: Attributes) => {
    const packed = variable("int16", { scale_factor: 0.01, ...attributes });
    return doubtAbout(extremesOf(raw, packingOf(packed))!, packingOf(packed), packed);
  };
  expect(doubt(Int16Array.of(-9000, 9000), { valid_range: [-9000, 9000] })).toBeUndefined();
  expect(doubt(Int16Array.of(-9000, 9001), { valid_range: [-9000, 9000] })).toContain("valid_range");
  expect(doubt(Int16Array.of(4000, 8950), { valid_range: [-90, 89.5] })).toBeUndefined();
  expect(doubt(Int16Array.of(4000, 9000), { valid_range: [-90, 89.5] })).toContain("valid_range");
});

it("reads signed storage of unsigned numbers", () => {
  expect(numbers(Int8Array.of(-1, -2, 3), "int8", { _Unsigned: "true", _FillValue: -1 })).toEqual([missing, 254, 3]);
  expect(numbers(Int8Array.of(-1, -2), "int8", { _Unsigned: "true" }, [-1])).toEqual([missing, 254]);
  expect(numbers(Uint8Array.of(246, 3), "uint8", { _Unsigned: "false" }, [246])).toEqual([missing, 3]);
  expect(numbers(Uint16Array.of(65_535, 3), "uint16", { _Unsigned: "false" })).toEqual([-1, 3]);
});

it("makes a whole number of _FillValue where it brings back a sign, as xarray does", () => {
  expect(numbers(Int8Array.of(-9, 3), "int8", { _Unsigned: "true", _FillValue: -9.9 })).toEqual([missing, 3]);
  expect(numbers(Uint8Array.of(9, 3), "uint8", { _Unsigned: "false", _FillValue: 9.9 })).toEqual([missing, 3]);
  expect(numbers(Uint8Array.of(9, 3), "uint8", { _FillValue: 9.9 })).toEqual([9, 3]);
});

it("compares missing_value, unlike _FillValue, with the unsigned numbers alone", () => {
  expect(numbers(Int8Array.of(-1, 3), "int8", { _Unsigned: "true", missing_value: 255 })).toEqual([missing, 3]);
  expect(numbers(Int8Array.of(-1, 3), "int8", { _Unsigned: "true", missing_value: -1 })).toEqual([255, 3]);
});

it("can't unpack what has a _FillValue that its signed type has no number for", () => {
  const problem = (type: string, attributes: Attributes) => packingOf(variable(type, attributes)).problem;
  expect(problem("int8", { _Unsigned: "true", _FillValue: 255 })).toContain("255, which is no int8");
  expect(problem("uint8", { _Unsigned: "false", _FillValue: 246 })).toContain("246, which is no int8");
  expect(problem("uint8", { _Unsigned: "true", _FillValue: 255 })).toBeUndefined();
  expect(problem("int8", { _FillValue: 255 })).toBeUndefined();
});

it("doubts extremes that are a missing value but for rounding, or too large for times", () => {
  const doubt = (raw: Numbers, of: CfVariable) => doubtAbout(extremesOf(raw, packingOf(of))!, packingOf(of), of);
  expect(doubt(Float32Array.of(1, 1e20), variable("float32", { missing_value: 1e20 }))).toContain(
    "xarray takes it for",
  );
  expect(doubt(Float32Array.of(1, 10), variable("float32", { missing_value: 1e20 }))).toBeUndefined();
  const time = variable("uint64", { _FillValue: 2 ** 64, units: "s since 1970-01-01" });
  expect(doubt(BigUint64Array.of(1n, 2n ** 64n - 1n), time)).toContain("beyond 2^63");
  expect(doubt(BigUint64Array.of(1n, 3600n), time)).toBeUndefined();
});

it("keeps 64-bit integers exact, over pieces, and has no extremes where all is missing", () => {
  const time = packingOf(variable("int64", { _FillValue: -1, units: "ns since 1970-01-01" }));
  const first = extremesOf(BigInt64Array.of(1723378245123456789n, -1n), time);
  expect(extremesOf(BigInt64Array.of(1723378245123456790n, -(2n ** 63n)), time, first)).toEqual({
    least: 1723378245123456789n,
    greatest: 1723378245123456790n,
  });
  expect(extremesOf(BigInt64Array.of(-1n), time)).toBeUndefined();
});
