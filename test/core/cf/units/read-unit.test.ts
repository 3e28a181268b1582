import { expect, it } from "vitest";
import { unitOf } from "../../../../pipeline/core/cf/units/read-unit.ts";
import { areConvertible, convert, haveSameDimension, type Unit } from "../../../../pipeline/core/cf/units/unit.ts";

function unit(text: string): Unit {
  const read = unitOf(text);
  if ("problem" in read) throw new Error(`${text}: ${read.problem}`);
  return read;
}

const converted = (value: number, from: string, to: string) => convert(value, unit(from), unit(to));

it.each([
  ["m s-1", "m/s"],
  ["m s-1", "m.s-1"],
  ["m s-1", "m·s⁻¹"],
  ["m s-1", "meters per second"],
  ["m s-1", "metre*second^-1"],
  ["m s-1", "METRES/SECOND"],
  ["kg m-3", "kg m**-3"],
  ["kg m-3", "kilograms/m³"],
  ["m2", "m^2"],
  ["m2", "(m)2"],
  ["W m-2 sr-1", "W/(m2 sr)"],
  ["Pa", "N m-2"],
  ["um", "µm"],
  ["um", "μm"],
  ["um", "micrometers"],
  ["hPa", "mbar"],
  ["hPa", "millibars"],
  ["1000 kg", "10^3 kg"],
  ["1000 kg", "1e3kg"],
  ["1000 kg", "tonne"],
  ["1", ""],
  ["1", "m2 m-2"],
  ["0.01", "%"],
  ["0.01", "percent"],
  ["degree", "degrees_north"],
  ["degree", "degrees_E"],
  ["degree", "°"],
  ["feet", "ft"],
  ["H", "henries"],
  ["inch", "inches"],
  ["degC", "°C"],
  ["degC", "degrees_Celsius"],
  ["degC", "K @ 273.15"],
  ["0.1 lg(re 1 mW)", "dBm"],
  ["0.1 lg(re 1 mm6 m-3)", "dBZ"],
])("takes %s and %s for the same", (one, other) => {
  for (const value of [1, -3.5, 1000]) expect(converted(value, one, other)! / value).toBeCloseTo(1, 12);
  expect(haveSameDimension(unit(one), unit(other))).toBe(true);
});

it.each([
  [36, "km h-1", "m s-1", 10],
  [0, "degC", "K", 273.15],
  [212, "degF", "celsius", 100],
  [1000, "mdegC", "degC", 1],
  [1, "degree_west", "degree_east", -1],
  [180, "degrees", "radian", Math.PI],
  [30, "dBZ", "mm6 m-3", 1000],
  [1, "W", "dBm", 30],
  [10, "s", "Hz", 0.1],
  [1, "knot", "m s-1", 1852 / 3600],
  [2, "1e-6 kg", "mg", 2],
])("converts %d %s to %s", (value, from, to, result) => {
  expect(converted(value, from, to)).toBeCloseTo(result, 9);
});

it("forgets the zero point in a product, as UDUNITS does", () => {
  expect(converted(1, "W degC-1", "W K-1")).toBe(1);
  expect(converted(1, "1 degC", "K")).toBe(1);
});

it.each([
  ["m", "s"],
  ["m s-1", "m s"],
  ["days since 2000-01-01", "days"],
  ["kg", "mol"],
])("converts no %s to %s", (from, to) => {
  expect(areConvertible(unit(from), unit(to))).toBe(false);
  expect(converted(1, from, to)).toBeUndefined();
});

it("converts to a reciprocal, which is no unit of the same", () => {
  expect(areConvertible(unit("s"), unit("Hz"))).toBe(true);
  expect(haveSameDimension(unit("s"), unit("Hz"))).toBe(false);
});

it.each([
  "days since 2024-01-01",
  "days since 2024",
  "seconds since 20240101T120000Z",
  "hours since 2000-01-01 06:00:00",
  "minutes since 1990-01-01 12:00:00.5 -5:30",
  "days since 2000-1-1 6:00 +01:00",
  "days since 2000-01-01T00:00:00Z",
  "seconds from 1970-01-01 00:00:00 UTC",
])("reads %s as a time that counts from a date", (text) => {
  const { since, ...duration } = unit(text);
  expect(since).toBe(text.replace(/^\w+ \w+ /, ""));
  expect(haveSameDimension(duration, unit("s"))).toBe(true);
  expect(areConvertible(unit(text), unit("hours since 1900-01-01"))).toBe(true);
  expect(convert(1, unit(text), unit(text)), "without a calendar").toBeUndefined();
});

it.each([
  ["Kelvn", 0, '"Kelvn" is no unit', "kelvin"],
  ["m s-1 foo", 6, '"foo" is no unit', undefined],
  ["k", 0, '"k" is no unit', "K"],
  ["hpa s-1", 0, '"hpa" is no unit', "hPa s-1"],
  ["m * s", 2, 'has "*" where no unit can have it', "m s"],
  ["m^2s", 3, 'has "s" where no unit can have it', "m2 s"],
  ["m s−1", 3, 'has "−" where no unit can have it', "m s-1"],
  ["[K]", 0, 'has "[" where no unit can have it', "K"],
  ["W m^{-2}", 3, 'has "^" where no unit can have it', "W m^-2"],
  ["psu", 0, '"psu" is no unit', "1"],
  ["deg C", 0, '"deg" is no unit', "degC"],
  ["degrees north", 8, '"north" is no unit', "degrees_north"],
  ["m/", 2, "ends where a unit should follow", undefined],
  ["(m", 2, 'lacks a ")"', undefined],
  ["m)", 1, 'has ")" where no unit can have it', undefined],
  ["0 m", 0, "its factor is 0 or too large", undefined],
  ["1e400 m", 0, "its factor is 0 or too large", undefined],
  ["m256", 1, "a power above 255 is none that UDUNITS reads", undefined],
  ["lg(re 1 mW) m", 11, "a logarithmic unit takes numbers as factors only", undefined],
  ["dBZ2", 3, "a logarithmic unit has no powers", undefined],
  ["days since", 10, '"since" is no date and no number', undefined],
  ["days since 2000-13-01", 11, '"since 2000-13-01" is no date and no number', undefined],
  ["m since 2000-01-01", 8, '"since 2000-01-01" is no date and no number', undefined],
])("refuses %s at character %d", (text, at, problem, instead) => {
  expect(unitOf(text)).toEqual({ problem, at, ...(instead !== undefined && { instead }) });
});

it("refuses what is too long for a unit, deep or not, without a stack overflow", () => {
  for (const text of ["(".repeat(100_000), "m".repeat(300), `m${" m".repeat(500)}`])
    expect(unitOf(text)).toMatchObject({ problem: `has ${text.length} characters, too many for a unit` });
  expect(unitOf("(".repeat(200))).toMatchObject({ problem: "ends where a unit should follow" });
});
