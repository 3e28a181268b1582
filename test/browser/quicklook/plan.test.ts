/** What is drawn when nothing was chosen, and what that reads: 4 MB at most, in whole chunks, until a person asks for more. */
import { describe, expect, it } from "vitest";
import { catalogOf, type PlotKind } from "../../../browser/quicklook/catalog.ts";
import { chunkMapOf } from "../../../browser/quicklook/chunk-map.ts";
import { type Choice, freeBytes, planOf } from "../../../browser/quicklook/plan.ts";
import { textOf } from "../../../browser/quicklook/scene.ts";
import type { Attributes, CfVariable } from "../../../pipeline/core/cf/variable.ts";
import { type OpenArrays, touchedBy } from "../../../pipeline/formats/arrays.ts";

interface Fake {
  readonly shape: Readonly<Record<string, number>>;
  readonly attributes?: Attributes;
  readonly chunks?: readonly number[];
  readonly type?: string;
}

/** Arrays of float32, four stored bytes a value, that nobody reads. */
function arraysOf(fakes: Readonly<Record<string, Fake>>, attributes: Attributes = {}): OpenArrays {
  const variables = Object.entries(fakes).map(
    ([name, { shape, attributes = {}, chunks, type = "float32" }]): CfVariable => ({
      ...{ name, type, attributes, missing: [], dimensions: Object.keys(shape), shape: Object.values(shape) },
      ...(chunks && { chunks }),
    }),
  );
  return {
    attributes,
    variables,
    read: () => Promise.reject(new Error("nothing is read to plan")),
    stored: ({ chunks }) => ({ ...(chunks && { chunks }), itemSize: 4, bytesPerValue: 4 }),
  };
}

const units = (units: string, more: Attributes = {}) => ({ units, ...more });
const latitude = (size: number) => ({ shape: { lat: size }, attributes: units("degrees_north") });
const longitude = (size: number) => ({ shape: { lon: size }, attributes: units("degrees_east") });
const time = (size: number) => ({
  shape: { time: size },
  attributes: units("seconds since 2024-08-11"),
  type: "int64",
});
const height = (size: number) => ({ shape: { height: size }, attributes: units("m", { positive: "up" }) });

describe("what is drawn first", () => {
  const firstOf = (arrays: OpenArrays): string => {
    const { first } = catalogOf(arrays);
    return first ? `${first.variable.name} ${first.kinds[0]}` : "nothing";
  };

  it.each<[what: string, first: string, arrays: OpenArrays]>([
    [
      "a grid",
      "t field",
      arraysOf({ lat: latitude(10), lon: longitude(20), time: time(5), t: { shape: { time: 5, lat: 10, lon: 20 } } }),
    ],
    [
      "a curtain",
      "dbz field",
      arraysOf({ time: time(50), height: height(9), dbz: { shape: { time: 50, height: 9 } } }),
    ],
    ["a mast", "ta series", arraysOf({ time: time(50), ta: { shape: { time: 50 }, attributes: units("K") } })],
    ["levels alone", "ta profile", arraysOf({ height: height(50), ta: { shape: { height: 50 } } })],
    [
      "a sounding along time",
      "ta profile",
      arraysOf(
        {
          time: time(50),
          alt: { shape: { time: 50 }, attributes: units("m", { standard_name: "altitude" }) },
          ta: { shape: { time: 50 }, attributes: units("K", { coordinates: "alt" }) },
        },
        { title: "A dropsonde" },
      ),
    ],
    ["values in no order", "n histogram", arraysOf({ n: { shape: { obs: 50 } } })],
    ["one value", "n value", arraysOf({ n: { shape: {} } })],
    ["texts alone", "nothing", arraysOf({ name: { shape: { obs: 50 }, type: "string" } })],
  ])("of %s is %s", (_, first, arrays) => expect(firstOf(arrays)).toBe(first));

  it("offers a track where there are places, and not where these are axes of a grid", () => {
    const flight = arraysOf({
      time: time(50),
      lat: { shape: { time: 50 }, attributes: units("degrees_north") },
      lon: { shape: { time: 50 }, attributes: units("degrees_east") },
      ta: { shape: { time: 50 }, attributes: units("K", { coordinates: "lat lon" }) },
    });
    const kinds = (arrays: OpenArrays): readonly PlotKind[] => catalogOf(arrays).first!.kinds;
    expect(kinds(flight)).toEqual(["series", "track", "histogram"]);
    expect(kinds(arraysOf({ lat: latitude(9), lon: longitude(9), t: { shape: { lat: 9, lon: 9 } } }))).not.toContain(
      "track",
    );
  });
});

describe("what is read", () => {
  const planned = (arrays: OpenArrays, more: Partial<Choice> = {}) => {
    const catalog = catalogOf(arrays);
    const drawable = catalog.first!;
    return planOf(catalog, { drawable, kind: drawable.kinds[0]!, index: new Map(), whole: false, ...more });
  };
  const long = (size: number, chunk: number) =>
    arraysOf({ time: { ...time(size), chunks: [chunk] }, ta: { shape: { time: size }, chunks: [chunk] } });

  it("is all of what takes at most 4 MB, coordinates included", () => {
    const plan = planned(long(500_000, 10_000));
    expect(plan).toMatchObject({ bytes: freeBytes, wholeBytes: freeBytes, needsClick: false });
    expect(plan.part).toBeUndefined();
  });

  it("is the first chunks of what takes more, until all of it is asked for", () => {
    const arrays = long(10_000_000, 10_000);
    const plan = planned(arrays);
    expect(plan.bytes).toBeLessThanOrEqual(freeBytes);
    expect(plan.bytes).toBeGreaterThan(freeBytes / 4);
    expect(plan).toMatchObject({ needsClick: false, wholeBytes: 80e6, part: { dimension: "time", size: 10_000_000 } });
    const whole = planned(arrays, { whole: true });
    expect(whole).toMatchObject({ bytes: 80e6, needsClick: false });
    expect(whole.part).toBeUndefined();
  });

  it("waits for a click where one chunk alone takes more", () => {
    const arrays = long(5_000_000, 5_000_000);
    expect(planned(arrays)).toMatchObject({ needsClick: true, bytes: 40e6 });
    expect(planned(arrays, { whole: true }).needsClick).toBe(false);
  });

  it("is one index of the dimensions that are not drawn, the chosen one, within what there is", () => {
    const arrays = arraysOf({
      ...{ lat: latitude(10), lon: longitude(20), time: time(5) },
      t: { shape: { time: 5, lat: 10, lon: 20 }, chunks: [1, 10, 20] },
    });
    const box = (index: number) => planned(arrays, { index: new Map([["time", index]]) }).reads.get("value")!.box;
    expect(box(3)).toEqual({ start: [3, 0, 0], count: [1, 10, 20] });
    expect(box(99)).toEqual({ start: [4, 0, 0], count: [1, 10, 20] });
    expect(planned(arrays).reads.get("value")!.touched.chunks).toBe(1);
  });

  it("never has more values than memory has room for, however many are asked for", () => {
    const plan = planned(long(1_000_000_000, 1_000_000), { whole: true });
    expect(plan.reads.get("value")!.box.count[0]).toBeLessThanOrEqual(16e6);
    expect(plan.part).toBeDefined();
  });
});

it("shows on a map of chunks those that are read", () => {
  const stored = { chunks: [1, 100], itemSize: 4, bytesPerValue: 4 };
  const touched = touchedBy([4, 500], stored, { start: [1, 150], count: [2, 100] });
  expect(touched).toMatchObject({ grid: [4, 5], first: [1, 1], count: [2, 2], chunks: 4, bytes: 1600 });
  const map = chunkMapOf(touched)!;
  expect(map.total).toBe(20);
  expect(textOf(map.svg).match(/ql-read/g)).toHaveLength(4);
  expect(chunkMapOf(touchedBy([4], { ...stored, chunks: [4] }, { start: [0], count: [4] }))).toBeUndefined();
  // Of a hundred thousand chunks a cell stands for many, and one that is read is seen.
  const many = touchedBy([100_000], { ...stored, chunks: [1] }, { start: [99_999], count: [1] });
  expect(textOf(chunkMapOf(many)!.svg).match(/ql-read/g)).toHaveLength(1);
});
