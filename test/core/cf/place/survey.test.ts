import { expect, it } from "vitest";
import { type SurveyOptions, surveyorOf } from "../../../../pipeline/core/cf/place/survey.ts";

const nothing = { along: "latitude", unit: 1, record: "nothing" } as const;

/** Of values 0, 1, 2 … of a variable, chunk by chunk and each in two pieces. */
function surveyed(options: Omit<SurveyOptions, "unit" | "along">, chunks: readonly number[]) {
  const { shape } = options;
  const surveyor = surveyorOf({ along: "time", unit: 1, ...options });
  const counts = shape.map((length, i) => Math.ceil(length / chunks[i]!));
  for (let n = 0; n < counts.reduce((a, b) => a * b, 1); n++) {
    const at = [Math.floor(n / (counts[1] ?? 1)), n % (counts[1] ?? 1)].slice(0, shape.length);
    if (shape.length === 1) at[0] = n;
    const from = at.map((each, i) => each * chunks[i]!);
    const size = shape.map((length, i) => Math.min(chunks[i]!, length - from[i]!));
    const values = Array.from({ length: size.reduce((a, b) => a * b, 1) }, (_, i) =>
      shape.length === 1 ? from[0]! + i : (from[0]! + Math.floor(i / size[1]!)) * shape[1]! + from[1]! + (i % size[1]!),
    );
    const middle = values.length >> 1;
    surveyor.add(Float64Array.from(values.slice(0, middle)), { from, size, start: 0 });
    surveyor.add(Float64Array.from(values.slice(middle)), { from, size, start: middle });
  }
  return surveyor.survey();
}

it("converts, and leaves out what is no angle, infinities too, and counts it", () => {
  const surveyor = surveyorOf({ along: "latitude", unit: -1, shape: [4], record: "places" });
  const values = Float64Array.of(10, 95, Number.NaN, Number.NEGATIVE_INFINITY);
  surveyor.add(values, { from: [0], size: [4], start: 0 });
  expect(surveyor.survey()).toEqual({
    count: 4,
    impossible: 2,
    range: [-10, -10],
    samples: Float64Array.of(-10, Number.NaN, Number.NaN, Number.NaN),
  });
});

it("has no range where nothing is left, and spans of longitudes only", () => {
  const surveyor = surveyorOf({ ...nothing, shape: [1] });
  surveyor.add(Float64Array.of(Number.NaN), { from: [0], size: [1], start: 0 });
  expect(surveyor.survey()).toEqual({ count: 1, impossible: 0 });
  const longitudes = surveyorOf({ ...nothing, along: "longitude", shape: [2] });
  longitudes.add(Float64Array.of(-170, 170), { from: [0], size: [2], start: 0 });
  expect(longitudes.survey().spans).toEqual({
    points: { west: 170, east: -170 },
    grid: { west: -170, east: 170 },
  });
});

it("keeps places in their order, however they are chunked", () => {
  expect([...surveyed({ shape: [7], record: "places" }, [3]).samples!]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const square = surveyed({ shape: [3, 5], record: "places" }, [2, 2]);
  expect([...square.samples!]).toEqual(Array.from({ length: 15 }, (_, i) => i));
});

it("keeps every so many of a track of millions, and none of what has rows", () => {
  const n = 2 ** 20 + 5;
  const { samples, count, range } = surveyed({ shape: [n], record: "places" }, [2 ** 19]);
  expect([count, range]).toEqual([n, [0, n - 1]]);
  expect(samples!.length).toBe(Math.ceil(n / 2));
  expect(samples!.every((value, i) => value === 2 * i)).toBe(true);
  const rows = surveyorOf({ ...nothing, shape: [2 ** 10 + 1, 2 ** 10], record: "places" });
  expect(rows.survey().samples).toBeUndefined();
});

it("keeps the edge of a grid, clockwise and closed, however it is chunked", () => {
  const edge = [0, 1, 2, 3, 7, 11, 10, 9, 8, 4, 0];
  for (const chunks of [
    [3, 4],
    [1, 1],
    [2, 3],
    [3, 1],
    [1, 4],
  ])
    expect([chunks, [...surveyed({ shape: [3, 4], record: "edge" }, chunks).edge!]]).toEqual([chunks, edge]);
  expect(surveyorOf({ ...nothing, shape: [3, 1], record: "edge" }).survey().edge).toBeUndefined();
});

it("takes a scalar for a place", () => {
  const surveyor = surveyorOf({ ...nothing, shape: [], record: "places" });
  surveyor.add(Float64Array.of(5), { from: [], size: [], start: 0 });
  expect(surveyor.survey()).toMatchObject({ range: [5, 5], samples: Float64Array.of(5) });
});
