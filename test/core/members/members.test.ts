/** A folder of like files: which files are alike, and what they say together. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostPositions } from "../../../pipeline/core/cf/place/geometry.ts";
import type { Description, Geometry, Position, Variable } from "../../../pipeline/core/dataset/dataset.ts";
import { contains, objectionToPlace, positionsOf } from "../../../pipeline/core/dataset/extent.ts";
import { type DescribedFile, groupOf, most } from "../../../pipeline/core/members/members.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { anyDescription, facts } from "../../fakes/descriptions.ts";

const time: Variable = {
  name: "time",
  dimensions: ["time"],
  shape: [10],
  type: "float64",
  role: "coordinate",
  unit: "seconds since 2024-08-31 12:59:02",
};
const alt: Variable = { ...time, name: "alt", unit: "m" };
const ta: Variable = { ...time, name: "ta", unit: "K", role: "data", standardName: "air_temperature" };

const sonde: Description = {
  attributes: { title: "A sonde", platform: "HALO", SondeId: "1" },
  dimensions: [{ name: "time", size: 10, kind: "time", extent: ["2024-08-31T12:59:02Z", "2024-08-31T13:15:00Z"] }],
  variables: [time, alt, ta],
  time: { start: "2024-08-31T12:59:02Z", end: "2024-08-31T13:15:00Z", source: "values" },
  place: trackAt(-23, 7),
  access: { format: "netcdf", model: "NETCDF4", groups: [] },
  findings: [],
};

function trackAt(west: number, south: number, source: "values" | "sampled" = "values") {
  const coordinates: Position[] = [
    [west, south],
    [west + 0.1, south + 0.1],
  ];
  const bounds = { west, south, east: west + 0.1, north: south + 0.1 };
  return { bounds, geometry: { type: "LineString", coordinates } as Geometry, source };
}

function pointAt(west: number, south: number) {
  const geometry: Geometry = { type: "Point", coordinates: [west, south] };
  return { bounds: { west, south, east: west, north: south }, geometry, source: "values" as const };
}

const file = (name: string, description: Partial<Description> = {}, reader = "netcdf"): DescribedFile => ({
  name,
  cid: `cid-of-${name}`,
  size: 374_000,
  reader,
  description: { ...sonde, ...description },
});

const together = (...files: DescribedFile[]) => groupOf(files)?.description;

describe("files are alike", () => {
  it("though their times count from different instants, and what is in them differs", () => {
    const other = { ...time, unit: "seconds since 2024-08-31 13:04:30 UTC", shape: [12] };
    const dimensions = [{ ...sonde.dimensions[0]!, size: 12 }];
    expect(together(file("a"), file("b", { variables: [other, alt], dimensions }))).toBeDefined();
  });

  it.each<[string, DescribedFile]>([
    ["another reader describes them", file("b", {}, "table")],
    ["a coordinate has another unit", file("b", { variables: [time, { ...alt, unit: "km" }, ta] })],
    ["a coordinate has another name", file("b", { variables: [time, { ...alt, name: "height" }, ta] })],
    ["a coordinate has another dimension", file("b", { variables: [time, { ...alt, dimensions: [] }, ta] })],
    ["there is a coordinate more", file("b", { variables: [time, alt, ta, { ...alt, name: "lat" }] })],
    ["a dimension has another name", file("b", { dimensions: [{ name: "obs", size: 1, kind: "other" }] })],
  ])("no longer where %s", (_, other) => {
    expect(together(file("a"), other)).toBeUndefined();
    expect(together(file("a"), file("c"), other)).toBeUndefined();
  });

  it("no longer where nothing in them could show it, and one file is no group", () => {
    const nothing = { dimensions: [], variables: [] };
    expect(together(file("a", nothing), file("b", nothing))).toBeUndefined();
    expect(together(file("a"))).toBeUndefined();
    expect(groupOf([])).toBeUndefined();
  });
});

describe("a group", () => {
  it("has the span of all times and the box around all boxes, and members with their own", () => {
    const late = { start: "2024-08-31T13:04:30Z", end: "2024-08-31T13:20:08Z", source: "sampled" } as const;
    const group = together(file("b", { time: late, place: trackAt(-22, 8) }), file("a"));
    expect(group).toMatchObject({
      time: { start: "2024-08-31T12:59:02Z", end: "2024-08-31T13:20:08Z", source: "sampled" },
      place: { bounds: { west: -23, south: 7, east: -21.9, north: 8.1 }, source: "values" },
    });
    expect(group?.members).toMatchObject({
      count: 2,
      listed: [
        { path: "a", cid: "cid-of-a", start: "2024-08-31T12:59:02Z", bbox: [-23, 7, -22.9, 7.1] },
        { path: "b", cid: "cid-of-b", end: "2024-08-31T13:20:08Z", bbox: [-22, 8, -21.9, 8.1] },
      ],
    });
  });

  it("crosses the antimeridian where its members lie on both sides of it", () => {
    const group = together(file("a", { place: trackAt(179.5, 7) }), file("b", { place: trackAt(-179.9, 7) }));
    expect(group?.place?.bounds).toMatchObject({ west: 179.5, east: -179.8 });
    expect(group?.place && objectionToPlace(group.place)).toBeUndefined();
  });

  it("is the same whatever the order in which files were read", () => {
    const files = ["a", "B", "ä", "c"].map((name, i) => file(name, { place: trackAt(-i, i), attributes: { i } }));
    expect(groupOf(files.toReversed())).toEqual(groupOf(files));
    expect(groupOf(files)?.description.members?.listed.map(({ path }) => path)).toEqual(["B", "a", "c", "ä"]);
  });

  it("leaves out the time or place that is none, says which file has it, and keeps the others", () => {
    const none = { ...sonde };
    delete (none as { time?: unknown }).time;
    const nowhere = { bounds: { west: 0, south: 0, east: 0, north: 0 }, geometry: pointAt(0, 0).geometry } as const;
    const files = [
      file("a"),
      file("b", { place: { ...nowhere, source: "values" } }),
      { ...file("c"), description: none },
    ];
    const group = together(...files);
    expect(group?.place?.bounds).toMatchObject({ west: -23, east: -22.9 });
    expect(group?.members?.listed[1]).not.toHaveProperty("bbox");
    expect(group?.members?.listed[2]).not.toHaveProperty("start");
    expect(group?.findings).toEqual([
      {
        level: "warning",
        rule: "no-place",
        says: expect.stringMatching(/^b: its place is left out: it is exactly 0°/),
      },
    ]);
  });

  it("has the attributes that all share, and tells which differ", () => {
    const group = together(file("a"), file("b", { attributes: { title: "Another", platform: "HALO", SondeId: "2" } }));
    expect(group?.attributes).toEqual({ platform: "HALO" });
    expect(group?.members?.differences).toEqual(["titles: “A sonde”, “Another”", "attributes: SondeId"]);
    expect(group?.findings).toEqual([]);
  });

  it("has the variables of all, and warns of those that differ in unit, type or dimensions", () => {
    const [wind, celsius] = [
      { ...ta, name: "wspd", unit: "m s-1" },
      { ...ta, unit: "degC", type: "float32" },
    ];
    const group = together(
      file("a", { variables: [time, alt, ta, wind] }),
      file("b", { variables: [time, alt, celsius] }),
    );
    expect(group?.variables.map(({ name, unit, type }) => [name, unit, type])).toEqual([
      ["time", "seconds since 2024-08-31 12:59:02", "float64"],
      ["alt", "m", "float64"],
      ["ta", undefined, "float64 or float32"],
      ["wspd", "m s-1", "float64"],
    ]);
    expect(group?.members?.differences).toEqual([
      "units: ta K, degC",
      "types: ta float64, float32",
      "variables only in some: wspd (in 1 of 2)",
    ]);
    expect(group?.findings.map(({ level, rule, says }) => [level, rule, says])).toEqual([
      ["warning", "members-differ", "its files differ in units: ta K, degC"],
      ["warning", "members-differ", "its files differ in types: ta float64, float32"],
      ["hint", "members-differ", "its files differ in variables only in some: wspd (in 1 of 2)"],
    ]);
  });

  it("has the largest size and the whole extent of a dimension", () => {
    const longer = { ...sonde.dimensions[0]!, size: 12, extent: ["2024-08-30T00:00:00Z", "2024-08-31T00:00:00Z"] };
    const group = together(
      file("a"),
      file("b", { dimensions: [longer as never], variables: [{ ...time, shape: [12] }, alt, ta] }),
    );
    expect(group?.dimensions).toMatchObject([{ size: 12, extent: ["2024-08-30T00:00:00Z", "2024-08-31T13:15:00Z"] }]);
    expect(group?.variables[0]?.shape).toEqual([12]);
    expect(group?.members?.differences).toEqual(["sizes: time 10 to 12"]);
  });

  it("tells one time what all files suffer from, and of what only some do in how many", () => {
    const finding = (says: string) => ({ level: "warning", rule: "undecodable", says }) as const;
    const files = Array.from({ length: 9 }, (_, i) =>
      file(`f${i}`, { findings: [finding("same"), ...(i > 3 ? [finding("some")] : []), finding(`own ${i}`)] }),
    );
    expect(together(...files)?.findings.map(({ says }) => says)).toEqual([
      "same",
      "f0: own 0",
      "f1: own 1",
      "the like in 7 more files of it",
    ]);
  });

  it("lists the first thousand members, and counts the others", () => {
    const files = Array.from({ length: most.members + 5 }, (_, i) => file(`f${String(i).padStart(5, "0")}`));
    const group = together(...files);
    expect(group?.members?.count).toBe(most.members + 5);
    expect(group?.members?.listed.at(-1)?.path).toBe("f00999");
    expect(group?.findings).toMatchObject([{ rule: "many-members", says: "1005 files; the first 1000 are listed" }]);
  });
});

describe("the shape of a group", () => {
  const shapeOf = (...places: Description["place"][]) =>
    together(...places.map((place, i) => file(`${i}`, place ? { place } : {})))?.place?.geometry;

  it("has the tracks of tracks, the points of points, and points where there are both", () => {
    expect(shapeOf(trackAt(1, 1), trackAt(2, 2))).toMatchObject({
      type: "MultiLineString",
      coordinates: { length: 2 },
    });
    expect(shapeOf(pointAt(1, 1), pointAt(2, 2), pointAt(1, 1))).toEqual({
      type: "MultiPoint",
      coordinates: [
        [1, 1],
        [2, 2],
      ],
    });
    expect(shapeOf(pointAt(1, 1), pointAt(1, 1))).toEqual({ type: "Point", coordinates: [1, 1] });
    expect(shapeOf(pointAt(1, 1), trackAt(2, 2))).toMatchObject({ type: "MultiPoint", coordinates: { length: 3 } });
  });

  it("has boxes where a file has an area, and the box of all where one has no extent to draw", () => {
    const box = (west: number): Description["place"] => {
      const ring: Position[] = [
        [west, 0],
        [west + 1, 0],
        [west + 1, 1],
        [west, 1],
        [west, 0],
      ];
      const bounds = { west, south: 0, east: west + 1, north: 1 };
      return { bounds, geometry: { type: "Polygon", coordinates: [ring] }, source: "values" };
    };
    expect(shapeOf(box(0), trackAt(5, 5))).toMatchObject({ type: "MultiPolygon", coordinates: { length: 2 } });
    expect(shapeOf(box(0), pointAt(5, 5))).toMatchObject({ type: "Polygon" });
  });

  it("stays below the bound on positions, with something of each file", () => {
    const long = (at: number, type: "LineString" | "MultiPoint"): Description["place"] => {
      const coordinates = Array.from({ length: 500 }, (_, i): Position => [at / 10 + i / 1e4, Math.sin(i) / 2]);
      const bounds = { west: at / 10, south: -1, east: at / 10 + 0.05, north: 1 };
      return { bounds, geometry: { type, coordinates }, source: "values" };
    };
    for (const type of ["LineString", "MultiPoint"] as const) {
      const shape = shapeOf(...Array.from({ length: 300 }, (_, i) => long(i, type)))!;
      const longitudes = new Set(positionsOf(shape).map(([longitude]) => Math.floor(longitude * 10)));
      expect(positionsOf(shape).length).toBeLessThanOrEqual(mostPositions);
      expect(longitudes.size).toBe(300);
    }
    const points = shapeOf(...Array.from({ length: 3000 }, (_, i) => pointAt(i / 100, 0)))!;
    expect(positionsOf(points).length).toBe(mostPositions);
  });
});

it("makes an item of any like files, within whose box and span those of its members lie", () => {
  fc.assert(
    fc.property(anyDescription, fc.array(anyDescription, { minLength: 1, maxLength: 4 }), (first, others) => {
      const { dimensions, variables, access } = first;
      const all = [first, ...others.map((other) => ({ ...other, dimensions, variables, access }))];
      const group = groupOf(all.map((description, i) => file(`${i}`, description)));
      fc.pre(group !== undefined);
      const described = { path: "a/b", cid: "c", tsize: 1, reader: "x", description: group!.description };
      const { item } = itemOf(described, facts);
      for (const { start, end, bbox } of group!.description.members!.listed) {
        if (bbox && item.bbox) expect(contains(item.bbox, [bbox[0], bbox[1]])).toBe(true);
        if (start && group!.description.time) expect(group!.description.time.start <= start).toBe(true);
        if (end && group!.description.time) expect(group!.description.time.end >= end).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});
