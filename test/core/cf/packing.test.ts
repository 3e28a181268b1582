import { describe, expect, it } from "vitest";
import { extremesOf, type Numbers, packingOf, unpacked } from "../../../pipeline/core/cf/packing.ts";
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
    ["NaN and infinities", Float64Array.of(1, missing, Number.POSITIVE_INFINITY), [1, missing, missing], "float64"],
    ["_FillValue", Int16Array.of(1, -9), [1, missing], "int16", { _FillValue: -9 }],
    ["each missing_value", Int16Array.of(1, -8, -9), [1, missing, missing], "int16", { missing_value: [-8, -9] }],
    ["what the format names", Float32Array.of(1, -9), [1, missing], "float32", {}, [-9]],
    ["a float32 of the decimal", Float32Array.of(1, -999.9), [1, missing], "float32", { _FillValue: -999.9 }],
    ["xarray's base64", Float64Array.of(1, -999), [1, missing], "float64", { _FillValue: "AAAAAAA4j8A=" }],
    ["a number as text", Float64Array.of(1, -999), [1, missing], "float64", { missing_value: "-999." }],
    [
      "what is outside valid_range",
      Int16Array.of(0, 1, 9, 10),
      [missing, 1, 9, missing],
      "int16",
      { valid_range: [1, 9] },
    ],
    ["what is below valid_min", Int16Array.of(0, 1), [missing, 1], "int16", { valid_min: 1 }],
    ["what is above valid_max", Int16Array.of(1, 2), [1, missing], "int16", { valid_max: 1 }],
    ["netCDF's default", Float32Array.of(1, 9.969209968386869e36), [1, missing], "float32"],
    ["NaT", BigInt64Array.of(1n, -(2n ** 63n)), [1, missing], "datetime64[ns]"],
    ["int64's default", BigInt64Array.of(1n, -9223372036854775806n), [1, missing], "int64"],
  ])("%s", (_, raw, expected, ...of) => {
    expect(numbers(raw, ...of)).toEqual(expected);
  });

  it("nothing by default where a fill is declared, and never a byte", () => {
    expect(numbers(Int32Array.of(-2_147_483_647), "int32", { _FillValue: -1 })).toEqual([-2_147_483_647]);
    expect(numbers(Int8Array.of(-127), "int8")).toEqual([-127]);
  });
});

it("compares flags with what is stored, and then scales", () => {
  const attributes = { scale_factor: 0.5, add_offset: 10, _FillValue: 20, valid_range: [0, 100] };
  expect(numbers(Int16Array.of(20, 2, 101), "int16", attributes)).toEqual([missing, 11, missing]);
});

it("takes a valid_range of fractions on packed integers for unpacked units", () => {
  const attributes = { scale_factor: 0.01, valid_range: [-90, 89.5] };
  expect(numbers(Int16Array.of(4000, 9000), "int16", attributes)).toEqual([40, missing]);
});

it("reads signed storage of unsigned numbers", () => {
  expect(numbers(Int8Array.of(-1, -2, 3), "int8", { _Unsigned: "true", _FillValue: -1 })).toEqual([missing, 254, 3]);
  expect(numbers(Int8Array.of(-1, -2), "int8", { _Unsigned: "true", _FillValue: 255 })).toEqual([missing, 254]);
});

it("keeps 64-bit integers exact, over pieces, and has no extremes where all is missing", () => {
  const time = packingOf(variable("int64", { _FillValue: -1 }));
  const pieces = [BigInt64Array.of(1723378245123456789n, -1n), BigInt64Array.of(1723378245123456790n, -(2n ** 63n))];
  expect(extremesOf(pieces, time)).toEqual({ least: 1723378245123456789n, greatest: 1723378245123456790n });
  expect(extremesOf([BigInt64Array.of(-1n)], time)).toBeUndefined();
});
