import { describe, expect, it } from "vitest";
import { declaredPlace, declaredTime } from "../../../pipeline/core/cf/declared.ts";
import type { Attributes } from "../../../pipeline/core/cf/variable.ts";

describe("the time of time_coverage_*", () => {
  const time = (start: Attributes[string] | undefined, end?: Attributes[string], duration?: Attributes[string]) => {
    const { declared, findings } = declaredTime({
      ...(start !== undefined && { time_coverage_start: start }),
      ...(end !== undefined && { time_coverage_end: end }),
      ...(duration !== undefined && { time_coverage_duration: duration }),
    });
    return { is: declared && [declared.start, declared.end], rules: findings.map(({ rule }) => rule) };
  };

  it.each([
    ["2024-08-11", "2024-08-12T06:00:00Z", "2024-08-11T00:00:00Z", "2024-08-12T06:00:00Z"],
    ["20240811T000000Z", "2024-08-11 02:00:00", "2024-08-11T00:00:00Z", "2024-08-11T02:00:00Z"],
    [["2024-08-11T00:00:00Z"], ["2024-08-11T24:00:00Z"], "2024-08-11T00:00:00Z", "2024-08-12T00:00:00Z"],
    [20240811, 20240812, "2024-08-11T00:00:00Z", "2024-08-12T00:00:00Z"],
    ["2024-08", "2024-09", "2024-08-01T00:00:00Z", "2024-09-30T23:59:59Z"],
    ["2023", 2024, "2023-01-01T00:00:00Z", "2024-12-31T23:59:59Z"],
    ["2024-02", "2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59Z"],
  ])("reads %j to %j", (start, end, from, to) => {
    expect(time(start, end)).toEqual({ is: [from, to], rules: [] });
  });

  it.each([
    ["P10D", "2024-08-21T00:00:00Z"],
    ["PT6H30M", "2024-08-11T06:30:00Z"],
    ["PT0.5S", "2024-08-11T00:00:00.5Z"],
    ["P1Y2M", "2025-10-11T00:00:00Z"],
    ["P1W", "2024-08-18T00:00:00Z"],
    ["P0D", "2024-08-11T00:00:00Z"],
  ])("takes the end from a duration of %s", (duration, end) => {
    expect(time("2024-08-11", undefined, duration).is).toEqual(["2024-08-11T00:00:00Z", end]);
  });

  it("takes the start from a duration, too, and the last day of a month that is too short", () => {
    expect(time(undefined, "2024-03-31", ["P1M"]).is).toEqual(["2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"]);
    expect(time("2024-08-11", "2024-08-12", "P7D").is?.[1]).toBe("2024-08-12T00:00:00Z");
  });

  it.each([
    ["last summer", "2024-08-12", undefined],
    ["2024-08-12", "2024-08-11", undefined],
    ["2024-08-12", undefined, "a week"],
    ["2024-08-12", undefined, "P"],
    ["2024-08-12", undefined, "P9999Y"],
  ])("is none, and a finding says why, for %s to %s, %s", (start, end, duration) => {
    expect(time(start, end, duration)).toEqual({ is: undefined, rules: ["declared-time"] });
  });

  it("is none, without a finding, where there is half of one or nothing", () => {
    for (const none of [time("2024-08-11"), time(undefined), time("", ""), time(["2024-08-11", "2024-08-12"], "2024")])
      expect(none).toEqual({ is: undefined, rules: [] });
  });
});

describe("the place of geospatial_*", () => {
  const place = (attributes: Attributes) => {
    const { declared, findings } = declaredPlace(attributes);
    return { is: declared?.bounds, geometry: declared?.geometry, says: findings.map(({ says }) => says).join() };
  };
  const box = (south: unknown, north: unknown, west: unknown, east: unknown, more: Attributes = {}) =>
    place({
      geospatial_lat_min: south,
      geospatial_lat_max: north,
      geospatial_lon_min: west,
      geospatial_lon_max: east,
      ...more,
    } as Attributes);

  it("is a box of numbers or texts, alone or in lists of one, in either range of longitudes", () => {
    expect(box(-5, "5.5", [300], ["330"])).toMatchObject({
      is: { west: -60, south: -5, east: -30, north: 5.5 },
      says: "",
    });
    expect(box(0, 1, 170, -170).is).toEqual({ west: 170, south: 0, east: -170, north: 1 });
    expect(box(0, 1, 0, 360).is).toMatchObject({ west: -180, east: 180 });
  });

  it("is in the units that geospatial_lat_units and geospatial_lon_units name", () => {
    const units = (lat: string, lon: string) => ({ geospatial_lat_units: lat, geospatial_lon_units: lon });
    expect(box(1, 2, 10, 20, units("degrees_south", "degrees_west")).is).toEqual({
      west: -20,
      south: -2,
      east: -10,
      north: -1,
    });
    expect(box(0, 0.5, 0, 1, units("radian", "degrees_east")).is).toEqual({
      west: 0,
      south: 0,
      east: 1,
      north: 28.64789,
    });
    expect(box(1, 2, 3, 4, units("m", "m"))).toMatchObject({ is: undefined, says: expect.stringContaining("units") });
    expect(box(1, 2, 3, 4, units("degrees_east", "degrees_north")).is).toBeUndefined();
  });

  it("is none, and a finding says why, where the four make none", () => {
    for (const bad of [
      box(5, -5, 0, 1),
      box("", 1, 0, 1),
      box(0, 91, 0, 1),
      box(0, 1, 0, undefined),
      box(0, 1, "W", 1),
      box([0, 1], 1, 0, 1),
    ])
      expect(bad).toMatchObject({ is: undefined, says: expect.stringContaining("geospatial_lat_min") });
    expect(place({})).toEqual({ is: undefined, geometry: undefined, says: "" });
  });

  const wkt = (geospatial_bounds: string, geospatial_bounds_crs?: string) =>
    place({ geospatial_bounds, ...(geospatial_bounds_crs && { geospatial_bounds_crs }) });
  const outline = "POLYGON ((40 -111, 41 -111, 41 -110, 40 -110, 40 -111))";
  const utah = { west: -111, south: 40, east: -110, north: 41 };

  it.each([
    undefined,
    "EPSG:4326",
    "epsg:4979",
    "urn:ogc:def:crs:EPSG::4326",
    "http://www.opengis.net/def/crs/EPSG/0/4326",
  ])("has the latitude first in the geospatial_bounds of %s", (system) => {
    expect(wkt(outline, system)).toMatchObject({ is: utah, geometry: { type: "Polygon" }, says: "" });
  });

  it.each(["OGC:CRS84", "CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84"])(
    "has the longitude first in those of %s",
    (system) => {
      const swapped = outline.replace(/(\d+) (-\d+)/g, "$2 $1");
      expect(wkt(swapped, system)).toMatchObject({ is: utah, says: "" });
    },
  );

  it.each([
    ["POINT (13.16 -59.43)", { type: "Point", coordinates: [-59.43, 13.16] }],
    ["POINT Z (13.16 -59.43 25)", { type: "Point", coordinates: [-59.43, 13.16] }],
    ["POINTZ(13.16 -59.43 25)", { type: "Point", coordinates: [-59.43, 13.16] }],
    [
      "SRID=4326;LINESTRING(10 -60, 11 -50)",
      {
        type: "LineString",
        coordinates: [
          [-60, 10],
          [-50, 11],
        ],
      },
    ],
    [
      "polygon ((0 0, 0 2, 2 2, 0 0))",
      {
        type: "Polygon",
        coordinates: [
          [
            [0, 0],
            [2, 0],
            [2, 2],
            [0, 0],
          ],
        ],
      },
    ],
    [
      "MULTIPOINT ((0 0), (2 3))",
      {
        type: "Polygon",
        coordinates: [
          [
            [0, 0],
            [3, 0],
            [3, 2],
            [0, 2],
            [0, 0],
          ],
        ],
      },
    ],
    ["POLYGON ((0 170, 1 190, 0 190, 0 170))", { type: "MultiPolygon" }],
  ])("is drawn for %s", (text, geometry) => {
    expect(wkt(text)).toMatchObject({ geometry, says: "" });
  });

  it.each([
    ["POLYGON ((-111 40, -111 41, -110 41, -111 40))", undefined, "latitudes beyond ±90"],
    [outline, "EPSG:3857", "neither axes nor units"],
    ["POLYGON EMPTY", undefined, "well-known text"],
    ["CIRCLE (1 2, 3)", undefined, "well-known text"],
    ["POINT (1)", undefined, "well-known text"],
    ["POINT (1 x)", undefined, "well-known text"],
    ["somewhere", undefined, "well-known text"],
    ["POINT (0 400)", undefined, "longitudes beyond"],
  ])("is none, and a finding says why, for %s in %s", (text, system, why) => {
    expect(wkt(text, system)).toMatchObject({ is: undefined, says: expect.stringContaining(why) });
  });

  it("is that of the four, where they are there, too", () => {
    expect(box(0, 1, 2, 3, { geospatial_bounds: outline }).is).toEqual({ west: 2, south: 0, east: 3, north: 1 });
  });
});
