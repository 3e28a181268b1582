import { describe, expect, it } from "vitest";
import type { Json } from "../../../pipeline/core/json.ts";
import { previewOf } from "../../../pipeline/core/report/preview.ts";
import type { Item } from "../../../pipeline/core/stac/item.ts";
import { differencesBetween } from "../../../pipeline/core/versions/difference.ts";

type Variables = Readonly<Record<string, Readonly<Record<string, Json>>>>;

const variable = (given: Readonly<Record<string, Json>> = {}) => ({
  type: "data",
  dimensions: ["time"],
  shape: [10],
  data_type: "float32",
  ...given,
});

function item(variables: Variables, given: Partial<Item> = {}, properties: Item["properties"] = {}): Item {
  return {
    type: "Feature",
    stac_version: "1.1.0",
    stac_extensions: [],
    id: "a",
    geometry: null,
    properties: {
      title: "Lidar",
      start_datetime: "2024-08-09T00:00:00Z",
      end_datetime: "2024-08-10T00:00:00Z",
      "fieldtree:time_source": "values",
      "cube:variables": variables,
      ...properties,
    },
    links: [],
    assets: {},
    ...given,
  };
}

const differs = (before: Variables, after: Variables) => differencesBetween(item(before), item(after));

describe("what differs between two datasets", () => {
  it.each<[string, Variables, Variables]>([
    ["by case alone", { lwp: variable({ unit: "g" }) }, { LWP: variable({ unit: "g" }) }],
    ["and nothing else", { a: variable({ unit: "m" }), b: variable() }, { c: variable({ unit: "m" }), b: variable() }],
    [
      "and means the same",
      { a: variable({ "cf:standard_name": "air_pressure" }) },
      { c: variable({ "cf:standard_name": "air_pressure", other: "p" }) },
    ],
  ])("is a variable with another name where it was renamed %s", (_, before, after) => {
    const [old, now] = [before, after].map((side) => Object.keys(side)[0]);
    expect(differs(before, after)).toEqual([`variable ${old} is called ${now} now`]);
  });

  it("is the standard name and the description of a variable, which tell what it measures", () => {
    const before = { p: variable({ "cf:standard_name": "air_pressure", description: "pressure" }), q: variable() };
    const after = { p: variable({ "cf:standard_name": "surface_air_pressure", description: "at the ground" }) };
    expect(differs(before, { ...after, q: variable({ description: "humidity" }) })).toEqual([
      "standard name of variable p now surface_air_pressure, before air_pressure",
      "description of variable p now at the ground, before pressure",
      "description of variable q now humidity, before unknown",
    ]);
  });

  it("is which files of a folder of like files are more, fewer or changed", () => {
    const members = (...all: readonly (readonly [string, string])[]) =>
      item(
        {},
        {},
        { "fieldtree:member_count": all.length, "fieldtree:members": all.map(([path, cid]) => ({ path, cid })) },
      );
    const before = members(["a", "1"], ["b", "1"], ["c", "1"]);
    const after = members(["b", "2"], ["c", "1"], ["d", "1"], ["e", "1"], ["f", "1"], ["g", "1"]);
    expect(differencesBetween(before, after)).toEqual([
      "4 files more: d, e, f, and 1 more",
      "1 file fewer: a",
      "1 file changed: b",
    ]);
    expect(differencesBetween(item({}), after)).toEqual([]);
    expect(previewOf("a", after)).toMatchObject({ files: 6 });
  });

  it("is no renaming where it might be either of two", () => {
    const after = { b: variable(), c: variable() };
    expect(differs({ a: variable() }, after)).toEqual(["variable a is gone", "variable b is new", "variable c is new"]);
  });

  it("is unit, type and dimensions of what is still there, also under another name", () => {
    const before = { t: variable({ unit: "K" }), p: variable() };
    const after = { T: variable({ unit: "degC" }), p: variable({ dimensions: ["time", "z"], data_type: "float64" }) };
    expect(differs(before, after)).toEqual([
      "type of variable p now float64, before float32",
      "dimensions of variable p now (time, z), before (time)",
      "variable t is called T now",
      "unit of variable T now degC, before K",
    ]);
  });

  it("is title, time and place", () => {
    const after = item({}, { bbox: [1, 2, 3, 4] }, { title: "Radar", "fieldtree:time_source": "unknown" });
    expect(differencesBetween(item({}), after)).toEqual([
      "title is Radar, was Lidar",
      "time is unknown, was 2024-08-09T00:00:00Z to 2024-08-10T00:00:00Z",
      "place is [1, 2, 3, 4], was unknown",
    ]);
  });

  it("is nothing where they say the same of themselves, and never more than a person reads", () => {
    expect(differs({ a: variable() }, { a: variable() })).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`v${i}`, variable()]));
    expect(differs({}, many)).toHaveLength(21);
  });

  it("takes names that are properties of any object for names", () => {
    const hostile = JSON.parse('{"__proto__": {"type": "data"}, "constructor": {"type": "data"}}') as Variables;
    expect(differs({}, hostile)).toEqual(["variable __proto__ is new", "variable constructor is new"]);
  });
});

describe("a preview", () => {
  it("names data and leaves coordinates out", () => {
    const preview = previewOf(
      "x/l.zarr",
      item({ b: variable(), a: variable(), lat: { type: "auxiliary" } }, { bbox: [1, 2, 3, 4] }),
    );
    expect(preview).toEqual({
      path: "x/l.zarr",
      title: "Lidar",
      variables: ["a", "b"],
      start: "2024-08-09T00:00:00Z",
      end: "2024-08-10T00:00:00Z",
      bbox: [1, 2, 3, 4],
      differs: [],
    });
  });
});
