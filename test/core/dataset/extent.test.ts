import fc from "fast-check";
import { expect, it } from "vitest";
import { type Box, boxAround, boxOf, contains, spanOf } from "../../../pipeline/core/dataset/extent.ts";
import { anyBounds } from "../../fakes/descriptions.ts";

const box = (west: number, east: number): Box => [west, 0, east, 1];

it.each([
  ["one box", [box(10, 20)], box(10, 20)],
  ["neighbours", [box(10, 20), box(30, 40)], box(10, 40)],
  ["one that crosses the antimeridian", [box(170, -170)], box(170, -170)],
  ["one on each side of the antimeridian", [box(170, 175), box(-178, -170)], box(170, -170)],
  ["one that crosses and one to its east", [box(170, -175), box(-160, -150)], box(170, -150)],
  ["halves of the globe", [box(-180, 0), box(0, 180)], box(-180, 180)],
  ["a ring that closes across the antimeridian", [box(170, -170), box(-170, 170)], box(-180, 180)],
  ["the two edges of the map", [box(-180, -170), box(170, 180)], box(170, -170)],
])("holds %s", (_, boxes, around) => {
  expect(boxAround(boxes)).toEqual(around);
});

it("holds the corners of every box, and no box more is needed when one is added twice", () => {
  fc.assert(
    fc.property(fc.array(anyBounds, { minLength: 1, maxLength: 6 }), (all) => {
      const boxes = all.map(boxOf);
      const around = boxAround(boxes)!;
      for (const [west, south, east, north] of boxes) {
        expect(contains(around, [west, south]) && contains(around, [east, north])).toBe(true);
      }
      expect(boxAround([...boxes, ...boxes.toReversed()])).toEqual(around);
      expect(boxAround([around])).toEqual(around);
    }),
  );
});

it("spans intervals, fractions of seconds included", () => {
  const one = { start: "2024-08-11T10:00:00.5Z", end: "2024-08-11T11:00:00Z" };
  const other = { start: "2024-08-11T10:00:00Z", end: "2024-08-11T11:00:00.25Z" };
  expect(spanOf([one, other])).toEqual({ start: other.start, end: other.end });
  expect(spanOf([])).toBeUndefined();
});
