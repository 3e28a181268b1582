import { type GeoPermissibleObjects, geoPath } from "d3-geo";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boxBetween,
  boxShown,
  type Camera,
  fitted,
  panned,
  placeAt,
  projectionOf,
  zoomed,
} from "../../browser/map/camera.ts";
import { graticuleAt, gridLabels } from "../../browser/map/graticule.ts";
import { pointable } from "../../browser/map/nearest.ts";
import { tracer } from "../../browser/map/trace.ts";
import { boxOfTracks, shapeOf, shapeOfBox, type Track } from "../../browser/map/track.ts";
import { type Box, contains } from "../../pipeline/core/dataset/extent.ts";
import { groupColours, groupOf, groupsIn } from "../../pipeline/core/page/groups.ts";

const size = { width: 640, height: 400 };

const boxes = fc
  .record({
    west: fc.integer({ min: -180, max: 179 }),
    width: fc.integer({ min: 0, max: 359 }),
    south: fc.integer({ min: -90, max: 89 }),
    height: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ west, width, south, height }): Box => {
    const east = west + width;
    return [west, south, east > 180 ? east - 360 : east, Math.min(90, south + height)];
  });

describe("the camera", () => {
  it("shows all of a box, wherever on Earth it is", () => {
    fc.assert(
      fc.property(boxes, (box) => {
        const camera = fitted(box, size);
        const projection = projectionOf(camera, size);
        const places = [...shapeOfBox(box).lines.flat(), ...shapeOfBox(box).dots];
        for (const place of places) {
          const [x, y] = projection([place[0], place[1]])!;
          expect(x).toBeGreaterThanOrEqual(-1);
          expect(x).toBeLessThanOrEqual(size.width + 1);
          expect(y).toBeGreaterThanOrEqual(-1);
          expect(y).toBeLessThanOrEqual(size.height + 1);
          // On the near side.
          if (camera.form === "globe") expect(placeAt(camera, [x, y], size)?.[1]).toBeCloseTo(place[1], 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("looks at a box across the antimeridian from above it, and at the Arctic from the pole", () => {
    expect(fitted([170, -20, -170, -10], size)).toMatchObject({ form: "globe", centre: [-180, -15] });
    expect(fitted([-170, 78, 170, 89], size)).toMatchObject({ form: "globe", centre: [0, 90] });
    expect(fitted([-170, -89, 170, -70], size)).toMatchObject({ form: "globe", centre: [0, -90] });
    expect(fitted(undefined, size)).toMatchObject({ form: "world" });
  });

  it("keeps below the pointer what it magnifies", () => {
    const camera = fitted([-60, 10, -50, 15], size);
    for (const pixel of [[100, 80] as const, [500, 300] as const, [320, 200] as const]) {
      const place = placeAt(camera, pixel, size)!;
      const [x, y] = projectionOf(zoomed(camera, 2, size, pixel), size)([place[0], place[1]])!;
      expect(Math.hypot(x - pixel[0], y - pixel[1])).toBeLessThan(12);
    }
  });

  it("moves by the pixels that it is dragged, and never over a pole", () => {
    const camera = fitted([-60, 10, -50, 15], size);
    const moved = panned(camera, 50, 30, size);
    const [x, y] = projectionOf(moved, size)([camera.centre[0], camera.centre[1]])!;
    expect([x - 320, y - 200].map(Math.round)).toEqual([50, 30]);
    expect(panned(camera, 0, 1e6, size).centre[1]).toBe(90);
  });

  it("knows no place beside the globe", () => {
    const globe: Camera = { form: "globe", centre: [0, 0], scale: 100 };
    expect(placeAt(globe, [5, 5], size)).toBeUndefined();
    expect(placeAt(globe, [320, 200], size)).toEqual([0, 0]);
  });

  it("gives the box between two corners the shorter way round, and the one that it shows", () => {
    expect(boxBetween([175, -10], [-170, -20])).toEqual([175, -20, -170, -10]);
    expect(boxBetween([-50, 15], [-60, 10])).toEqual([-60, 10, -50, 15]);
    const camera = fitted([-60, 10, -50, 15], size);
    expect(contains(boxShown(camera, size), [-55, 12])).toBe(true);
    expect(boxShown(fitted([-170, 78, 170, 89], size), size)).toMatchObject({ 0: -180, 2: 180, 3: 90 });
  });
});

describe("shapes", () => {
  it("outlines a box along its parallels, without edges where it goes all around", () => {
    const { lines } = shapeOfBox([170, -20, -170, -10]);
    expect(lines).toHaveLength(4);
    expect(lines[0]!.at(0)).toEqual([170, -20]);
    expect(lines[0]!.at(-1)).toEqual([190, -20]);
    for (const line of lines.slice(0, 2))
      for (const [i, [longitude]] of line.slice(1).entries()) expect(longitude - line[i]![0]).toBeLessThanOrEqual(3);
    expect(shapeOfBox([-180, -90, 180, 90]).lines).toHaveLength(2);
    expect(shapeOfBox([5, 5, 5, 5])).toEqual({ lines: [], dots: [[5, 5]] });
  });

  it("draws a geometry rather than its box, and nothing where there is neither", () => {
    const bbox: Box = [0, 0, 1, 1];
    const line = { type: "LineString", coordinates: [[0, 0], [1, 1]] } as const; // biome-ignore format: two positions
    expect(shapeOf({ geometry: line, bbox }).lines).toEqual([line.coordinates]);
    expect(shapeOf({ geometry: { type: "MultiPoint", coordinates: [[3, 4]] }, bbox }).dots).toEqual([[3, 4]]);
    expect(shapeOf({})).toEqual({ lines: [], dots: [] });
  });

  it("finds the box around tracks that cross the antimeridian", () => {
    const track = (path: string, bbox: Box): Track => ({ path, title: path, group: "", bbox });
    expect(boxOfTracks([track("a", [170, 0, 175, 5]), track("b", [-178, -5, -172, 0])])).toEqual([170, -5, -172, 5]);
    expect(boxOfTracks([{ path: "c", title: "c", group: "" }])).toBeUndefined();
  });
});

describe("the grid", () => {
  it("names its parallels at the left edge and its meridians at the lower one, where they leave the map", () => {
    const camera = fitted([-60, 10, -50, 15], size);
    const labels = gridLabels(camera, size);
    const texts = labels.map(({ text }) => text);
    expect(texts).toContain("10° N");
    expect(texts).toContain("56° W");
    for (const { text, x, y } of labels) {
      const [longitude, latitude] = placeAt(camera, [x, y], size)!;
      const [value, side] = text.split("° ");
      const shown = x === 0 ? latitude : longitude;
      expect(Math.sign(shown) * Number(value)).toBeCloseTo(shown, 1);
      expect(side).toBe(x === 0 ? "N" : "W");
    }
  });

  it("names the equator and the antimeridian without a side, and nothing beside the Earth", () => {
    const across = gridLabels(fitted([170, -5, -170, 5], size), size).map(({ text }) => text);
    expect(across).toContain("180°");
    expect(across).toContain("0°");
    expect(gridLabels({ form: "globe", centre: [0, 0], scale: 100 }, size)).toEqual([]);
  });
});

describe("drawing", () => {
  const cameras: readonly Camera[] = [
    { form: "globe", centre: [-30, 70], scale: 180 },
    { form: "world", centre: [150, 0], scale: 110 },
  ];
  const shapes = (camera: Camera): readonly GeoPermissibleObjects[] => [
    { type: "Sphere" },
    graticuleAt(camera, size),
    { type: "Polygon", coordinates: [[[170, 60], [-160, 60], [-160, 80], [170, 80], [170, 60]]] }, // biome-ignore format: a ring
    { type: "MultiPoint", coordinates: [[-30, 71], [150, 0], [-30, -70]] }, // biome-ignore format: positions
  ];

  it.each(cameras)("traces what d3's own path would, on a $form", (camera) => {
    const projection = projectionOf(camera, size);
    for (const shape of shapes(camera)) {
      const [ours, theirs] = [strokes(), strokes()];
      tracer(ours.context, projection)(shape, 3);
      theirs.context.beginPath();
      geoPath(projection, theirs.context).pointRadius(3)(shape);
      expect(ours.calls).toEqual(theirs.calls);
      expect(ours.calls.length).toBeGreaterThan(1);
    }
  });
});

/** A context that notes what it is called with. */
function strokes() {
  const calls: string[] = [];
  const noted =
    (name: string) =>
    (...values: readonly unknown[]) =>
      void calls.push(`${name} ${values.join(" ")}`);
  const context = {
    beginPath: noted("beginPath"),
    moveTo: noted("moveTo"),
    lineTo: noted("lineTo"),
    closePath: noted("closePath"),
    arc: noted("arc"),
  };
  return { calls, context };
}

describe("pointing", () => {
  const at = (path: string, coordinates: readonly (readonly [number, number])[]): Track => ({
    path,
    title: path,
    group: "",
    geometry: { type: "LineString", coordinates },
  });

  it("finds the nearest track within reach, on its line as on its ends", () => {
    const camera: Camera = { form: "globe", centre: [0, 0], scale: 500 };
    const projection = projectionOf(camera, size);
    const tracks = [at("north", [[-10, 5], [10, 5]]), at("south", [[-10, -5], [10, -5]])]; // biome-ignore format: positions
    const points = pointable(tracks, projection);
    const [x, y] = projection([0, 5])!;
    expect(points.at(x, y + 5, 8)?.path).toBe("north");
    expect(points.at(320, 200, 8)).toBeUndefined();
  });

  it("finds nothing that is on the far side of the globe", () => {
    const camera: Camera = { form: "globe", centre: [0, 0], scale: 150 };
    const points = pointable([at("behind", [[178, 1], [182, -1]])], projectionOf(camera, size)); // biome-ignore format: positions
    expect(points.at(320, 200, 20)).toBeUndefined();
  });
});

describe("colours", () => {
  it("gives the commonest groups colours of their own, and the rest the last", () => {
    const groups = groupsIn(["b", "a", "b", "", "c", "a", "b"]);
    expect(groups).toEqual(["b", "a", "c"]);
    expect(groups.map((group) => groupOf(group, groups))).toEqual([0, 1, 2]);
    expect(groupOf("unknown", groups)).toBe(groupColours - 1);
  });
});
