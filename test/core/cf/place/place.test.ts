import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Spanning, spanningGrid, spanningPoints } from "../../../../pipeline/core/cf/place/bounds.ts";
import { mostPositions } from "../../../../pipeline/core/cf/place/geometry.ts";
import { type Layout, type Positions, placeOf } from "../../../../pipeline/core/cf/place/place.ts";
import { surveyorOf } from "../../../../pipeline/core/cf/place/survey.ts";
import { boxOf, contains, objectionTo, positionsOf } from "../../../../pipeline/core/dataset/extent.ts";

interface More {
  readonly rowLength?: number;
  readonly time?: Float64Array;
}

/** What surveys leave of places that lie in rows. */
function positions(
  layout: Layout,
  longitude: ArrayLike<number>,
  latitude: ArrayLike<number>,
  more: More = {},
): Positions {
  const { length } = longitude;
  const rowLength = Math.max(1, more.rowLength ?? length);
  const shape = layout === "curvilinear" && length % rowLength === 0 ? [length / rowLength, rowLength] : [length];
  const record = layout === "grid" ? "nothing" : layout === "curvilinear" ? "edge" : "places";
  const survey = (along: "latitude" | "longitude", values: ArrayLike<number>) => {
    const surveyor = surveyorOf({ along, unit: 1, shape, record });
    surveyor.add(Float64Array.from(values), { from: shape.map(() => 0), size: shape, start: 0 });
    return surveyor.survey();
  };
  return {
    layout,
    rowLength,
    ...more,
    latitude: survey("latitude", latitude),
    longitude: survey("longitude", longitude),
  };
}

const spanOf = (spanning: Spanning, longitudes: readonly number[]) => {
  // In two pieces, as chunks come.
  const half = longitudes.length >> 1;
  for (const piece of [longitudes.slice(0, half), longitudes.slice(half)]) spanning.add(Float64Array.from(piece));
  return spanning.span();
};
const missing = Number.NaN;

describe("the box", () => {
  it.each([
    [[170, 175, -179, -170], { west: 170, east: -170 }],
    [[-30, -20, missing, -25], { west: -30, east: -20 }],
    [[350, 355, 5], { west: -10, east: 5 }],
    [[-100, 100], { west: 100, east: -100 }],
    [[180], { west: 180, east: 180 }],
  ])("of points %s leaves out the widest gap", (longitudes, span) => {
    expect(spanOf(spanningPoints(), longitudes)).toEqual(span);
  });

  const range = (from: number, to: number, step: number) =>
    Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);

  it.each([
    ["0.5 to 359.5", range(0.5, 359.5, 1), { west: -180, east: 180 }],
    ["-179.5 to 179.5", range(-179.5, 179.5, 1), { west: -180, east: 180 }],
    ["0 to 179, -180 to -1", [...range(0, 179, 1), ...range(-180, -1, 1)], { west: -180, east: 180 }],
    ["0 to 330 by 30", range(0, 330, 30), { west: -180, east: 180 }],
    ["10 to 30", range(10, 30, 1), { west: 10, east: 30 }],
    ["30 to 10", range(10, 30, 1).reverse(), { west: 10, east: 30 }],
    ["170 to 190", range(170, 190, 1), { west: 170, east: -170 }],
    ["170, 175, -180, -175", [170, 175, -180, -175], { west: 170, east: -175 }],
    ["0 to 180", range(0, 180, 1), { west: 0, east: 180 }],
    ["180 to 270", range(180, 270, 1), { west: -180, east: -90 }],
    ["two, far apart", [-177, 177], { west: -177, east: 177 }],
    ["not in order", [10, 30, 20, 12], { west: 10, east: 30 }],
    ["with a missing one", [10, missing, 30], { west: 10, east: 30 }],
  ])("of a grid's longitudes %s runs from its first to its last", (_, longitudes, span) => {
    expect(spanOf(spanningGrid(), longitudes)).toEqual(span);
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
            expect([position, contains(boxOf(found.bounds), position)]).toEqual([position, true]);
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
    const { place } = placeOf(positions("line", longitude, latitude));
    expect(place?.geometry.type).toBe("LineString");
    expect(positionsOf(place!.geometry).length).toBeLessThanOrEqual(mostPositions);
  });

  it("is thinned evenly where each point is the furthest of those left, as in a spiral, in seconds", {
    timeout: 20_000,
  }, () => {
    const n = 300_000;
    const radius = (i: number) => 80 * (1 - i / n);
    const longitude = Float64Array.from({ length: n }, (_, i) => radius(i) * Math.cos(i));
    const latitude = Float64Array.from({ length: n }, (_, i) => radius(i) * Math.sin(i));
    const { place } = placeOf(positions("line", longitude, latitude));
    const drawn = positionsOf(place!.geometry);
    expect(drawn.length).toBeGreaterThan(mostPositions / 2);
    expect(drawn.length).toBeLessThanOrEqual(mostPositions);
    expect(drawn[0]).toEqual([80, 0]);
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
