import { expect, it } from "vitest";
import { describe as describeDataset } from "../../../pipeline/core/cf/describe.ts";
import type { Attributes, CfVariable, Raw } from "../../../pipeline/core/cf/variable.ts";

interface Given extends Partial<Omit<CfVariable, "name">> {
  /** Read as a whole; `undefined` for what is too large, of which `some` is a sample. */
  readonly all?: Raw;
  readonly some?: Raw;
}

/** A dataset of variables over `obs` unless they say otherwise; `asked` is what was read of them. */
async function described(given: Record<string, Given>, attributes: Attributes = {}) {
  const variables = Object.entries(given).map(
    ([
      name,
      { dimensions = ["obs"], shape, type = "float64", attributes = {}, missing = [], chunks, all },
    ]): CfVariable => ({
      name,
      ...(chunks && { chunks }),
      dimensions,
      shape: shape ?? dimensions.map(() => all?.length ?? 10),
      type,
      attributes,
      missing,
    }),
  );
  const asked: string[] = [];
  const found = await describeDataset({
    attributes,
    variables,
    read: async ({ name, shape }, which, visit) => {
      asked.push(`${which} ${name}`);
      const { all, some } = given[name]!;
      const values = which === "some" ? (some ?? all) : all;
      if (values) visit({ values, from: shape.map(() => 0), size: shape, start: 0 });
      return values !== undefined;
    },
  });
  return { ...found, asked, rules: found.findings.map(({ rule }) => rule) };
}

const north = { standard_name: "latitude" };
const east = { standard_name: "longitude" };
const days = { units: "days since 2024-01-01" };
const declared = {
  geospatial_lat_min: 1,
  geospatial_lat_max: 2,
  geospatial_lon_min: 3,
  geospatial_lon_max: 4,
  time_coverage_start: "2024-08-11",
  time_coverage_end: "2024-08-12T06:00:00Z",
};
const declaredTime = { start: "2024-08-11T00:00:00Z", end: "2024-08-12T06:00:00Z", source: "attributes" };

it("takes extents from attributes where no variable has them, and records the source", async () => {
  const { time, place, findings } = await described({ pixels: { dimensions: ["x"] } }, declared);
  expect(time).toEqual(declaredTime);
  expect(place).toMatchObject({ bounds: { west: 3, south: 1, east: 4, north: 2 }, source: "attributes" });
  expect(findings).toEqual([]);
});

it("takes extents from attributes where values are too large to read", async () => {
  const { time, place, asked } = await described(
    { lat: { attributes: north }, lon: { attributes: east }, when: { attributes: days } },
    declared,
  );
  expect([time?.source, place?.source]).toEqual(["attributes", "attributes"]);
  expect(asked.filter((what) => what.startsWith("some"))).toEqual([]);
});

it("takes a sample where values are too large and nothing is declared, and says that and how large", async () => {
  const { time, place, rules, findings } = await described({
    lat: { attributes: north, some: Float64Array.of(10, 11) },
    lon: { attributes: east, some: Float64Array.of(-50, -51, -52) },
    when: { attributes: days, some: Float64Array.of(0, 1) },
  });
  expect(place).toMatchObject({ bounds: { west: -52, south: 10, east: -50, north: 11 }, source: "sampled" });
  expect(time).toEqual({ start: "2024-01-01T00:00:00Z", end: "2024-01-02T00:00:00Z", source: "sampled" });
  expect(rules).toEqual(["sampled-extent", "sampled-extent", "sampled-extent"]);
  expect(findings[0]?.says).toContain("lat is too large to be read whole: its extent comes from 2 of 10 values");
});

it("believes values before attributes, and tells where they disagree", async () => {
  const { time, place, rules } = await described(
    {
      lat: { attributes: north, all: Float64Array.of(1, 2.5) },
      lon: { attributes: east, all: Float64Array.of(3, 4) },
      when: { attributes: days, all: Float64Array.of(0, 1) },
    },
    declared,
  );
  expect([time?.source, place?.source]).toEqual(["values", "values"]);
  expect(place?.bounds.north).toBe(2.5);
  expect(rules).toEqual(["declared-place", "declared-time"]);
});

it("does not call it disagreement where a day was declared and an hour of it measured", async () => {
  const { rules } = await described(
    { when: { attributes: { units: "hours since 2024-08-11" }, all: Float64Array.of(9, 15) } },
    { time_coverage_start: "2024-08-11", time_coverage_end: "2024-08-11" },
  );
  expect(rules).toEqual([]);
});

it.each([
  ["months since 2000-01-01", "time-units"],
  ["days since the beginning", "time-units"],
  ["days since 9999-12-01", "time-range"],
  ["K", "time-units"],
  ["weeks since 2000-01-01", "time-units"],
])("has no time, and a finding, for %s", async (units, rule) => {
  const { time, rules } = await described({ time: { attributes: { units }, all: Float64Array.of(0, 100) } });
  expect(time).toBeUndefined();
  expect(rules).toEqual([rule]);
});

it.each([
  ["radian", "radians", 180 / Math.PI],
  ["degrees_south", "degrees_west", -1],
  ["gon", "gon", 0.9],
  ["arc_minutes", "arcminute", 1 / 60],
  ["degrees", "", 1],
])("reads latitudes in %s and longitudes in %s for the degrees they are", async (latitude, longitude, degrees) => {
  const { place, dimensions, rules } = await described({
    lat: { dimensions: ["lat"], attributes: { ...north, units: latitude }, all: Float64Array.of(0.5, 1, 1.5) },
    lon: { dimensions: ["lon"], attributes: { ...east, units: longitude }, all: Float64Array.of(2, 2.25, 2.5) },
  });
  const [a, b, c, d] = [0.5, 1.5, 2, 2.5].map((value) => Math.round(value * degrees * 1e6) / 1e6) as [
    number,
    number,
    number,
    number,
  ];
  const [[south, northern], [west, eastern]] =
    degrees < 0
      ? [
          [b, a],
          [d, c],
        ]
      : [
          [a, b],
          [c, d],
        ];
  expect(place?.bounds).toEqual({ west, south, east: eastern, north: northern });
  expect(dimensions).toMatchObject([
    { kind: "y", extent: [south, northern] },
    { kind: "x", extent: [west, eastern] },
  ]);
  expect(rules).toEqual([]);
});

it.each([
  [{ ...north, units: "m" }, { ...east, units: "m" }, ["lat", "lon"]],
  [{ units: "km" }, { ...east, units: "degrees_east" }, ["lat"]],
  [{ ...north, units: "degrees_east" }, east, ["lat"]],
  [{ ...north, units: "1" }, east, ["lat"]],
  [{ ...north, units: ["degrees_north"] }, east, ["lat"]],
])("has no place, and a finding, where %j and %j are no latitude and longitude", async (lat, lon, bad) => {
  const { place, findings } = await described({
    lat: { attributes: lat, all: Float64Array.of(1, 2) },
    lon: { attributes: lon, all: Float64Array.of(3, 4) },
  });
  expect(place).toBeUndefined();
  expect(findings.map(({ rule, says }) => [rule, says.split(" ")[0]])).toEqual(
    bad.map((name) => ["place-units", name]),
  );
});

it("tells times of a model's world by its calendar's own dates, and names the calendar", async () => {
  const time = (calendar: Attributes[string]) => ({
    time: { dimensions: ["time"], attributes: { ...days, calendar }, all: Float64Array.of(0, 59) },
  });
  const { time: found, dimensions } = await described(time("360_day"));
  const [start, end] = ["2024-01-01T00:00:00Z", "2024-02-29T00:00:00Z"];
  expect(found).toEqual({ start, end, calendar: "360_day", source: "values" });
  expect(dimensions).toEqual([{ name: "time", size: 2, kind: "time", extent: [start, end], calendar: "360_day" }]);
  expect((await described(time("gregorian"))).time?.calendar).toBeUndefined();
  for (const unknown of ["mayan", ["noleap"]]) expect((await described(time(unknown))).rules).toEqual(["time-units"]);
});

it("does not end before it starts where a day of another calendar is clamped", async () => {
  const { time } = await described({
    time: { attributes: { ...days, calendar: "360_day" }, all: Float64Array.of(58.75, 59.25) },
  });
  expect(time).toMatchObject({ start: "2024-02-29T18:00:00Z", end: "2024-02-29T18:00:00Z" });
});

it("reads all of each coordinate, once, and nothing of the data", async () => {
  const axis = { dimensions: ["time"], attributes: days, all: Float64Array.of(0, 2, 1) };
  const track = { lat: north, lon: east };
  const places = Object.entries(track).map(([name, attributes]) => [name, { ...axis, attributes }] as const);
  const data = { dimensions: ["time"], all: Float64Array.of(1, 2) };
  const { asked, time } = await described({ time: axis, ...Object.fromEntries(places), data });
  expect(asked.toSorted()).toEqual(["all lat", "all lon", "all time"]);
  expect(time?.end).toBe("2024-01-03T00:00:00Z");
});

const fill = -2_147_483_647;
it.each<[string, Attributes, Raw, string]>([
  ["netCDF's default fill", {}, Int32Array.of(fill, 0), "int32"],
  ["a valid_range that its values leave", { valid_range: [0, 10] }, Float64Array.of(0, 11), "float64"],
  ["a valid_min that its values leave", { valid_min: 1 }, Float64Array.of(0, 11), "float64"],
  ["infinities", {}, Float64Array.of(0, Number.POSITIVE_INFINITY), "float64"],
  ["numbers of uint64 that xarray takes for negative", {}, BigUint64Array.of(0n, 2n ** 63n), "uint64"],
  [
    "a fill of uint64 that xarray doesn't mask",
    { _FillValue: 2 ** 64 },
    BigUint64Array.of(0n, 2n ** 64n - 1n),
    "uint64",
  ],
])("has no time, and a finding, where xarray and others read different ones: %s", async (_, attributes, all, type) => {
  const { time, rules, dimensions } = await described({
    time: { dimensions: ["time"], type, attributes: { ...days, ...attributes }, all },
  });
  expect([time, rules]).toEqual([undefined, ["doubtful-extent"]]);
  expect(dimensions[0]).toEqual({ name: "time", size: all.length, kind: "other" });
});

it("has no place, and a finding, where latitudes leave their valid_range but not the Earth", async () => {
  const { place, rules } = await described({
    lat: { attributes: { ...north, valid_range: [0, 10] }, all: Float64Array.of(1, 12) },
    lon: { attributes: east, all: Float64Array.of(3, 4) },
  });
  expect([place, rules]).toEqual([undefined, ["doubtful-extent"]]);
});

it("does not unpack by a scale factor that is no number", async () => {
  const scaled = (scale_factor: Attributes[string]) =>
    described({ time: { attributes: { ...days, scale_factor }, all: Float64Array.of(0, 1) } });
  expect((await scaled([2])).time?.end).toBe("2024-01-03T00:00:00Z");
  for (const bad of ["2", [2, 3]]) expect((await scaled(bad)).rules).toEqual(["packing"]);
});

it("tells dimensions with their extents, those without a coordinate too", async () => {
  const { dimensions } = await described({
    height: { dimensions: ["height"], type: "float32", attributes: { units: "m" }, all: Float32Array.of(0.1, 3.3) },
    site: { dimensions: ["site"], type: "U7", all: ["Mindelo", "Praia"] },
    ta: { dimensions: ["height", "obs"], shape: [2, 5] },
  });
  expect(dimensions).toEqual([
    { name: "height", size: 2, kind: "z", extent: [0.1, 3.3], unit: "m" },
    { name: "obs", size: 5, kind: "other" },
    { name: "site", size: 2, kind: "other", values: ["Mindelo", "Praia"] },
  ]);
});

it("says of a variable what it is, in its own words", async () => {
  const attributes = { units: "K", standard_name: "air_temperature", long_name: "Temperature", coordinates: "alt" };
  const { variables } = await described({ ta: { attributes, chunks: [5] }, alt: {} });
  const common = { dimensions: ["obs"], shape: [10], type: "float64" };
  expect(variables).toEqual([
    {
      ...common,
      name: "ta",
      chunks: [5],
      role: "data",
      unit: "K",
      standardName: "air_temperature",
      longName: "Temperature",
    },
    { ...common, name: "alt", role: "coordinate" },
  ]);
});

it("draws points where nothing says that they are a way", async () => {
  const lat = { attributes: north, all: Float64Array.of(1, 2) };
  const lon = { attributes: east, all: Float64Array.of(3, 4) };
  const time = { dimensions: ["obs"], attributes: days, all: Float64Array.of(0, 1) };
  const shape = async (given: Record<string, Given>, featureType?: string) =>
    (await described({ lat, lon, ...given }, featureType ? { featureType } : {})).place?.geometry.type;
  expect(await shape({})).toBe("MultiPoint");
  expect(await shape({ time })).toBe("LineString");
  expect(await shape({}, "trajectory")).toBe("LineString");
  expect(await shape({ time }, "timeSeries")).toBe("MultiPoint");
});
