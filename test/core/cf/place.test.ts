import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gridSpan, pointSpan } from "../../../pipeline/core/cf/bounds.ts";
import { mostPositions } from "../../../pipeline/core/cf/geometry.ts";
import { declaredPlace, type Layout, type Positions, placeOf } from "../../../pipeline/core/cf/place.ts";
import { boxOf, holds, objectionTo, positionsOf } from "../../../pipeline/core/extent.ts";

const positions = (
  layout: Layout,
  longitude: number[],
  latitude: number[],
  more: Partial<Positions> = {},
): Positions => ({
  layout,
  longitude: Float64Array.from(longitude),
  latitude: Float64Array.from(latitude),
  rowLength: Math.max(1, longitude.length),
  ...more,
});
const missing = Number.NaN;

describe("the box", () => {
  it.each([
    [[170, 175, -179, -170], { west: 170, east: -170 }],
    [[-30, -20, missing, -25], { west: -30, east: -20 }],
    [[350, 355, 5], { west: -10, east: 5 }],
    [[-100, 100], { west: 100, east: -100 }],
    [[180], { west: 180, east: 180 }],
  ])("of points %s leaves out the widest gap", (longitudes, span) => {
    expect(pointSpan(Float64Array.from(longitudes))).toEqual(span);
  });

  it.each([
    [[0.5, 359.5], 1, { west: -180, east: 180 }],
    [[-179.5, 179.5], 1, { west: -180, east: 180 }],
    [[10, 30], 1, { west: 10, east: 30 }],
    [[30, 10], -1, { west: 10, east: 30 }],
    [[170, 190], 1, { west: 170, east: -170 }],
    [[170, 175, -180, -175], 5, { west: 170, east: -175 }],
    [[0, 180], 1, { west: 0, east: 180 }],
    [[180, 270], 1, { west: -180, east: -90 }],
  ])("of a grid's longitudes %s by %s runs from its first to its last", (longitudes, step, span) => {
    expect(gridSpan(Float64Array.from(longitudes), step)).toEqual(span);
  });

  it("holds every valid position and the whole geometry, whatever the layout", () => {
    const degrees = (most: number) =>
      fc.oneof(
        fc.double({ min: -most, max: most, noNaN: true }),
        fc.constant(missing),
        fc.constantFrom(-most, most, 0),
      );
    const place = fc.tuple(degrees(180), degrees(90));
    fc.assert(
      fc.property(
        fc.constantFrom<Layout>("line", "points", "profiles", "curvilinear", "grid"),
        fc.array(place, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        (layout, places, rowLength) => {
          const found = placeOf(
            positions(
              layout,
              places.map(([x]) => x),
              places.map(([, y]) => y),
              { rowLength },
            ),
          ).place;
          if (!found) return;
          expect(objectionTo(found.bounds)).toBeUndefined();
          const known = places.filter((each) => !each.some(Number.isNaN));
          for (const position of [...known, ...positionsOf(found.geometry)]) {
            expect([position, holds(boxOf(found.bounds), position)]).toEqual([position, true]);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("a line", () => {
  it("is thinned to 2000 positions however wild the track, in seconds", { timeout: 20_000 }, () => {
    const n = 1_000_000;
    const longitude = Float64Array.from({ length: n }, (_, i) => 40 * Math.sin(i * 12.9898) * Math.cos(i / 1000));
    const latitude = Float64Array.from({ length: n }, (_, i) => 40 * Math.cos(i * 78.233));
    const { place } = placeOf({ layout: "line", longitude, latitude, rowLength: n });
    expect(place?.geometry.type).toBe("LineString");
    expect(positionsOf(place!.geometry).length).toBeLessThanOrEqual(mostPositions);
  });

  it("keeps within a hundredth of a degree of a smooth track, measured across it", () => {
    const along = Array.from({ length: 5000 }, (_, i) => i / 100);
    const { place } = placeOf(
      positions(
        "line",
        along,
        along.map((x) => 5 * Math.sin(x / 5)),
      ),
    );
    const drawn = positionsOf(place!.geometry);
    expect(drawn.length).toBeLessThan(150);
    for (const [i, [x, y]] of drawn.slice(1).entries()) {
      const [fromX, fromY] = drawn[i]!;
      const middle = (x + fromX) / 2;
      expect(Math.abs((y + fromY) / 2 - 5 * Math.sin(middle / 5))).toBeLessThan(0.01 * Math.SQRT2 + 1e-4);
    }
  });

  it("breaks where an hour is missing and where time starts again, and not at a missing position", () => {
    const time = Float64Array.of(0, 1, 2, 3, 10_000, 10_001, 5, 6);
    const longitude = [0, 1, missing, 3, 4, 5, 6, 7];
    const { place } = placeOf(
      positions(
        "line",
        longitude,
        longitude.map((x) => x * x),
        { time },
      ),
    );
    expect(place?.geometry).toEqual({
      type: "MultiLineString",
      coordinates: [
        [
          [0, 0],
          [1, 1],
          [3, 9],
        ],
        [
          [4, 16],
          [5, 25],
        ],
        [
          [6, 36],
          [7, 49],
        ],
      ],
    });
  });

  it("breaks between rows", () => {
    const { place } = placeOf(positions("line", [0, 1, 10, 11], [0, 1, 0, 1], { rowLength: 2 }));
    expect(place?.geometry).toMatchObject({
      type: "MultiLineString",
      coordinates: [
        [
          [0, 0],
          [1, 1],
        ],
        [
          [10, 0],
          [11, 1],
        ],
      ],
    });
  });

  it("around the world is broken at the antimeridian, in a box around the world", () => {
    const { place } = placeOf(positions("line", [0, 120, -120, -1], [0, 10, 30, 20]));
    expect(place?.bounds).toMatchObject({ west: -180, east: 180 });
    expect(place?.geometry).toMatchObject({
      type: "MultiLineString",
      coordinates: [
        [
          [0, 0],
          [120, 10],
          [180, 20],
        ],
        [
          [-180, 20],
          [-120, 30],
          [-1, 20],
        ],
      ],
    });
  });
});

it("leaves out impossible angles and tells how many", () => {
  const { place, findings } = placeOf(positions("points", [1, 2, 3], [10, 9999, 12]));
  expect(place?.bounds).toEqual({ west: 1, south: 10, east: 3, north: 12 });
  expect(place?.geometry).toEqual({
    type: "MultiPoint",
    coordinates: [
      [1, 10],
      [3, 12],
    ],
  });
  expect(findings).toMatchObject([
    { rule: "impossible-place", says: expect.stringContaining("1 of 3 values of latitude") },
  ]);
});

it("draws the box of more points than a map can show", () => {
  const many = Array.from({ length: mostPositions + 1 }, (_, i) => i / 100);
  expect(placeOf(positions("points", many, many)).place?.geometry.type).toBe("Polygon");
});

it("reads the box that attributes declare, numbers or text, in either range of longitudes", () => {
  const declare = (south: unknown, north: unknown, west: unknown, east: unknown) =>
    declaredPlace({
      geospatial_lat_min: south,
      geospatial_lat_max: north,
      geospatial_lon_min: west,
      geospatial_lon_max: east,
    } as never);
  expect(declare(-5, "5.5", 300, 330)).toMatchObject({
    bounds: { west: -60, south: -5, east: -30, north: 5.5 },
    source: "attributes",
  });
  expect(declare(0, 1, 170, -170)?.bounds).toEqual({ west: 170, south: 0, east: -170, north: 1 });
  expect(declare(0, 1, 0, 360)?.bounds).toMatchObject({ west: -180, east: 180 });
  for (const bad of [declare(5, -5, 0, 1), declare("", 1, 0, 1), declare(0, 91, 0, 1), declare(0, 1, 0, undefined)]) {
    expect(bad).toBeUndefined();
  }
});
