import { expect, it } from "vitest";
import { standardNames } from "../../../pipeline/core/cf/standard-names/standard-names.ts";
import { vocabularyFindings } from "../../../pipeline/core/cf/vocabulary.ts";
import type { Variable } from "../../../pipeline/core/dataset/dataset.ts";

const names = await standardNames();

/** By name: standard name and unit, each with "" for none. */
const findingsOn = (given: Record<string, readonly [string, string] | Partial<Variable>>) =>
  vocabularyFindings(
    Object.entries(given).map(([name, about]): Variable => {
      const [standardName, unit] = Array.isArray(about) ? (about as [string, string]) : [];
      const more = Array.isArray(about) ? {} : (about as Partial<Variable>);
      return {
        ...{ name, dimensions: [], shape: [], type: "float32", role: "data" },
        ...(standardName && { standardName }),
        ...(unit && { unit }),
        ...more,
      };
    }),
    names,
  );

it("finds nothing where names are CF's and units fit", () => {
  const given = {
    ta: ["air_temperature", "K"],
    tc: ["air_temperature", "degC"],
    tf: ["air_temperature", "°F"],
    error: ["air_temperature standard_error", "K"],
    count: ["air_temperature number_of_observations", ""],
    flag: ["air_temperature status_flag", ""],
    cover: ["cloud_area_fraction", "percent"],
    plain: ["cloud_area_fraction", ""],
    echo: ["equivalent_reflectivity_factor", "dBZ"],
    linear: ["equivalent_reflectivity_factor", "mm6 m-3"],
    time: ["time", "days since 2024-01-01"],
    lat: ["latitude", "degrees_north"],
    surface: { standardName: "area_type", type: "U9" },
    station: { standardName: "platform_id", type: "object" },
    sampled: { standardName: "time", type: "datetime64[ns]" },
    unnamed: {},
    pressure: ["air_pressure", "hPa"],
  } as const;
  expect(findingsOn(given)).toEqual([]);
});

it("names the standard names that CF lacks, and what was probably meant", () => {
  expect(
    findingsOn({
      ta: ["air_temprature", "K"],
      tb: ["air_temprature", "K"],
      x: ["foo_bar", "1"],
    }),
  ).toEqual([
    {
      level: "warning",
      rule: "unknown-standard-name",
      says: `3 variables with a standard_name that CF's table 93 lacks: "air_temprature" (ta, tb), "foo_bar" (x)`,
      fix: 'write "air_temperature" for "air_temprature"',
    },
  ]);
});

it("names the standard names that CF has replaced, and both where there are two", () => {
  const [finding, ...others] = findingsOn({
    chl: ["chlorophyll_concentration_in_sea_water", "mg m-3"],
    co2: ["surface_carbon_dioxide_mole_flux standard_error", "mol m-2 s-1"],
  });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ level: "hint", rule: "renamed-standard-name" });
  expect(finding!.fix).toContain('write "mass_concentration_of_chlorophyll_in_sea_water" for "chlorophyll_');
  expect(finding!.fix).toContain(
    'write "surface_downward_mole_flux_of_carbon_dioxide standard_error" or "surface_upward_mole_flux_of_carbon_dioxide standard_error" for',
  );
});

it("names the units that UDUNITS can't read, with or without a standard name", () => {
  expect(findingsOn({ p: ["air_pressure", "hpa"], s: ["", "psu"], t: ["", "deg C"], u: ["", "foo"] })).toEqual([
    {
      level: "warning",
      rule: "unknown-unit",
      says: `4 variables with units that UDUNITS can't read: "hpa" (p), "psu" (s), "deg C" (t), "foo" (u)`,
      fix: 'write "hPa" for "hpa"; write "1" for "psu"; write "degC" for "deg C"',
    },
  ]);
});

it.each([
  ["air_temperature", "m", "K", undefined],
  ["air_temperature", "degree C", "K", 'write "degC" for "degree C"'],
  ["air_pressure", "mb", "Pa", 'write "mbar" for "mb"'],
  ["air_pressure", "PA", "Pa", 'write "Pa" for "PA"'],
  ["eastward_wind", "m s -1", "m s-1", 'write "m s-1" for "m s -1"'],
  ["sea_surface_wave_mean_period", "Hz", "s", undefined],
  ["air_temperature number_of_observations", "K", "1", undefined],
])("tells that %s is not in %s", (standardName, unit, canonical, fix) => {
  expect(findingsOn({ x: [standardName, unit] })).toEqual([
    {
      level: "warning",
      rule: "unit-misfit",
      says: `1 variable with units that do not fit the standard name: "${unit}" for ${standardName.split(" ")[0]}, which is in ${canonical} (x)`,
      ...(fix && { fix }),
    },
  ]);
});

it("misses units where the standard name has some, but not of bounds", () => {
  expect(
    findingsOn({
      ta: ["air_temperature", ""],
      tb: ["air_temperature", ""],
      lat: ["latitude", ""],
      lat_bnds: ["latitude", ""],
    }),
  ).toEqual([
    {
      level: "warning",
      rule: "no-unit",
      says: "3 variables without units: air_temperature (K) (ta, tb), latitude (degree_north) (lat)",
    },
  ]);
});

it("leaves units of the coordinates to the checks of time and place", () => {
  const coordinate = { role: "coordinate" } as const;
  expect(findingsOn({ lat: { ...coordinate, standardName: "latitude", unit: "m" } })).toEqual([]);
  expect(findingsOn({ time: { ...coordinate, standardName: "time", unit: "days since yesterday" } })).toEqual([]);
});

it("lists a few of many, with their number, and nothing that steers a terminal", () => {
  const many = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`v${i}`, ["", `foo${i % 10}\u001b[1mx`] as const]),
  );
  const [finding] = findingsOn(many);
  expect(finding!.says).toMatch(/^1000 variables .*"foo0\\u\{1b\}\[1mx" \(v0, v10, v20 and 97 more\), .* and 5 more$/);
  expect(finding!.says).not.toContain("\u001b");
  expect(finding!.says.length).toBeLessThan(400);
});
