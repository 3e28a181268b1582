import { describe, expect, it } from "vitest";
import { angleIn, findCoordinates } from "../../../pipeline/core/cf/coordinates.ts";
import type { Attributes, CfVariable } from "../../../pipeline/core/cf/variable.ts";

const variable = (name: string, attributes: Attributes = {}, dimensions = ["obs"], type = "float64"): CfVariable => ({
  name,
  dimensions,
  shape: dimensions.map(() => 3),
  type,
  attributes,
  missing: [],
});
const found = (...variables: CfVariable[]) => {
  const { latitude, longitude, time, vertical } = findCoordinates(variables);
  return [latitude, longitude, time, vertical[0]].map((each) => each?.name);
};
const none = undefined;

describe("finds a latitude", () => {
  const ranked = [
    variable("one", { standard_name: "latitude", axis: "X" }),
    variable("two", { units: "degrees_north" }),
    variable("three", { axis: "Y", units: "degrees" }),
    variable("aircraft_lat_smooth", { units: "deg" }),
    variable("lat"),
  ];
  const data = variable("ta", { coordinates: "aircraft_lat_smooth" });

  it.each(ranked.map(({ name }, i) => [name, i] as const))("%s, before all that are less certain", (name, i) => {
    expect(found(data, ...ranked.slice(i).toReversed())[0]).toBe(name);
  });

  it.each(["degrees_north", "degree_north", "degree_N", "degrees_N", "degreeN", "degreesN"])(
    "by the unit %s",
    (units) => {
      expect(found(variable("phi", { units }))[0]).toBe("phi");
    },
  );

  it.each(["lat", "LATITUDE", "nav_lat", "aircraft_latitude_(deg_N)", "gphit", "clat"])("by the name %s", (name) => {
    expect(found(variable(name))[0]).toBe(name);
  });

  it.each([
    variable("grid", { standard_name: "grid_latitude", units: "degrees" }),
    variable("rlat", { units: "degrees", axis: "Y" }, ["rlat"]),
    variable("latent_heat", { units: "W m-2" }),
    variable("lat_rate", { units: "m" }),
    variable("lat", {}, ["obs"], "U9"),
    variable("lat_error", { standard_name: "latitude standard_error", units: "degrees_north" }),
    variable("y", { axis: "Y", units: "m", standard_name: "projection_y_coordinate" }),
  ])("not in $name $attributes", (no) => {
    expect(found(no)[0]).toBe(none);
  });
});

it("leaves out bounds, by attribute and by name", () => {
  const edges = variable("edges", { units: "degrees_north" }, ["lat", "nv"]);
  const lat = variable("lat", { bounds: "edges" }, ["lat"]);
  expect(found(edges, variable("lat_bnds", { units: "degrees_north" }), lat)[0]).toBe("lat");
});

it("takes the longitude that lies over the same dimensions as the latitude", () => {
  const north = variable("lat", { standard_name: "latitude" }, ["sonde", "obs"]);
  const launch = variable("launch_lon", { standard_name: "longitude" }, ["sonde"]);
  const east = variable("x_lon", { standard_name: "longitude" }, ["sonde", "obs"]);
  expect(found(launch, east, north).slice(0, 2)).toEqual(["lat", "x_lon"]);
});

it("prefers the coordinate of a dimension among equals, and the root among groups", () => {
  const launch = variable("launch", { standard_name: "time", units: "s since 2000-01-01" });
  const axis = variable("time", { standard_name: "time", units: "s since 2000-01-01" }, ["time"]);
  expect(found(launch, axis)[2]).toBe("time");
  expect(
    found(variable("a/lat", { units: "degrees_north" }, ["a/obs"]), variable("zlat", { units: "degrees_north" }))[0],
  ).toBe("zlat");
});

it("takes no time of another meaning before the time itself", () => {
  const units = "hours since 2000-01-01";
  const issued = variable("aa", { standard_name: "forecast_reference_time", units });
  expect(found(issued, variable("valid", { units }))[2]).toBe("valid");
  expect(found(issued)[2]).toBe("aa");
});

it("resolves `coordinates` from a group outwards", () => {
  const inner = variable("radar/ze", { coordinates: "my_lat" }, ["radar/obs"]);
  const outer = variable("my_lat", {}, ["obs"]);
  expect(findCoordinates([inner, outer]).describing.has("my_lat")).toBe(true);
  expect(found(inner, outer)[0]).toBe("my_lat");
});

it("takes what contradicts itself for a coordinate where there is no other, so that its author gets a finding", () => {
  const metres = variable("lat", { standard_name: "latitude", units: "m" });
  expect(found(metres)[0]).toBe("lat");
  expect(found(metres, variable("latitude", {}))[0]).toBe("latitude");
  expect(found(variable("lat", { units: "km" }))[0]).toBe("lat");
  const swapped = [variable("lat", { units: "degrees_east" }), variable("lon", {})];
  expect(found(...swapped).slice(0, 2)).toEqual(["lat", "lon"]);
  const wrongWay = findCoordinates([variable("lat", { standard_name: "latitude", units: "degrees_east" })]);
  expect(angleIn(wrongWay.latitude!, "latitude")).toBeUndefined();
});

it("does not take a temperature called t for a time, and reports a time in hours", () => {
  expect(found(variable("t", { units: "K" }))[2]).toBe(none);
  expect(found(variable("t", {}, ["time"]))[2]).toBe(none);
  expect(found(variable("t", { units: "days since 2000-01-01" }))[2]).toBe("t");
  const hours = variable("time", { standard_name: "time", units: "hours" });
  expect(found(hours)[2]).toBe("time");
  expect(found(hours, variable("valid", { units: "hours since 2000-01-01" }))[2]).toBe("valid");
});

it("takes a scanning angle in radians for no longitude", () => {
  expect(found(variable("x", { units: "rad", axis: "X" }, ["x"]))[1]).toBe(none);
});

it("knows what a dimension runs along by its coordinate variable, and whether that is a latitude or longitude", () => {
  const { along } = findCoordinates([
    variable("lat", {}, ["lat"]),
    variable("lon", { units: "degrees_west" }, ["lon"]),
    variable("rlon", { standard_name: "grid_longitude", units: "degrees" }, ["rlon"]),
    variable("x", { axis: "X", units: "m" }, ["x"]),
    variable("latitude", { axis: "Y", units: "m" }, ["latitude"]),
    variable("height", { units: "m" }, ["height"]),
    variable("plev", { standard_name: "air_pressure", units: "Pa" }, ["plev"]),
    variable("time", { units: "days since 2000-01-01" }, ["time"]),
    variable("ta", {}, ["time", "obs"]),
  ]);
  expect(["lat", "lon", "rlon", "x", "latitude", "height", "plev", "time", "obs"].map(along)).toEqual([
    { kind: "y", angle: { degrees: 1 } },
    { kind: "x", angle: { degrees: -1, along: "longitude" } },
    { kind: "x" },
    { kind: "x" },
    { kind: "other" },
    { kind: "z" },
    { kind: "z" },
    { kind: "time" },
    { kind: "other" },
  ]);
});
