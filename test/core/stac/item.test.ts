import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import { stableJson } from "../../../pipeline/core/json.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { data } from "../../data.ts";
import { anyDescription, anyPath, cid, described, dropsondes, facts, nothing } from "../../fakes/descriptions.ts";
import { lintItem } from "./lint.ts";
import { schemaErrors } from "./valid.ts";

const make = (description: Description, path = "products/HALO/sondes.zarr") =>
  itemOf(described(path, description), facts);
const properties = (description: Description) => make(description).item.properties;
const rules = (description: Description) => make(description).findings.map(({ rule }) => rule);

const schemas = data("stac-schemas");

describe.skipIf(!schemas)("by the published schemas", () => {
  it("is valid whatever a description holds", { timeout: 60_000 }, async () => {
    const seed = Date.now() & 0x7fffffff;
    const made = fc.sample(fc.tuple(anyPath, anyDescription), { numRuns: 300, seed });
    const items = made.map(([path, description]) => make(description, path).item);
    expect(await schemaErrors(items, schemas!), `seed ${seed}`).toEqual([]);
  });

  it("is valid when it says everything, nothing, and in calendars that don't exist", async () => {
    const model: Description = {
      ...nothing,
      dimensions: [
        {
          name: "time",
          size: 360,
          kind: "time",
          calendar: "360_day",
          extent: ["2000-01-01T00:00:00Z", "2000-12-30T00:00:00Z"],
        },
        { name: "x", size: 4, kind: "x", extent: [0, 3000], unit: "m" },
        { name: "empty", size: 0, kind: "other" },
        { name: "level", size: 2, kind: "z", values: ["surface", "top"] },
      ],
    };
    const items = [dropsondes, nothing, model].map((description) => make(description).item);
    expect(await schemaErrors(items, schemas!)).toEqual([]);
  });

  it("is not valid, and known not to be, where we break it", async () => {
    const { item } = make(dropsondes);
    const broken = { ...item, properties: { ...item.properties, license: "CC BY 4.0" } };
    expect((await schemaErrors([broken], schemas!)).join()).toContain("license");
  });
});

it("keeps our own rules whatever a description holds", () => {
  fc.assert(
    fc.property(anyPath, anyDescription, (path, description) => {
      const { item } = make(description, path);
      expect(lintItem(item)).toEqual([]);
      expect(() => stableJson(item)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

it("says what the dataset says", () => {
  expect(make(dropsondes).item).toMatchObject({
    id: "products--HALO--sondes.zarr",
    bbox: [-30, 5, -24, 16.7],
    properties: {
      title: "Dropsondes of HALO",
      description: "Vertical profiles, one row per sonde.",
      version: cid,
      datetime: null,
      start_datetime: "2024-08-11T10:00:00Z",
      end_datetime: "2024-08-11T18:30:00.5Z",
      license: "CC-BY-4.0",
      mission: "PERCUSION",
      platform: "HALO",
      instruments: ["Vaisala RD41"],
      keywords: ["dropsonde", "atmosphere", "PERCUSION", "BOWTIE", "HALO"],
      published: "2025-01-01T12:00:00Z",
      "processing:level": "L2",
      "processing:lineage": "2024-12-01 made\n2024-12-02 gridded",
      "sci:doi": "10.17617/4.abcd",
      "sci:publications": [{ doi: "10.5194/essd-16-1-2024", citation: "Doe, J. (2024): Sondes, ESSD, 16, 1-20" }],
      "fieldtree:time_source": "values",
      "fieldtree:place_source": "values",
      "fieldtree:product_version": "1.10",
      contacts: [
        {
          name: "Ada Lovelace",
          identifier: "https://orcid.org/0000-0002-1825-0097",
          emails: [{ value: "ada@example.org" }],
          roles: ["creator"],
        },
        { name: "Grace Hopper", roles: ["creator"] },
      ],
      providers: [{ name: "Max Planck Institute for Meteorology, Hamburg", roles: ["producer"] }],
    },
  });
});

it("gives every dimension an extent, and no name twice", () => {
  const { "cube:dimensions": dimensions, "cube:variables": variables } = properties(dropsondes);
  expect(dimensions).toEqual({
    sonde: { type: "label", values: ["a", "b", "c"] },
    time: {
      type: "temporal",
      extent: ["2024-08-11T10:00:00Z", "2024-08-11T18:30:00.5Z"],
      "cf:standard_name": "time",
    },
    alt: { type: "spatial", axis: "z", extent: [0, 9900], unit: "m" },
    obs: { type: "count", extent: [0, 6] },
  });
  expect(variables).toEqual({
    ta: {
      type: "data",
      description: "air temperature",
      dimensions: ["sonde", "alt"],
      shape: [3, 100],
      chunks: [3, 50],
      data_type: "float32",
      unit: "K",
      "cf:standard_name": "air_temperature",
    },
    lat: { type: "auxiliary", dimensions: ["sonde"], shape: [3], data_type: "float64", unit: "degrees_north" },
  });
});

it("names the calendar whose dates are not ISO 8601's, of a dimension and of the item", () => {
  const extent = ["2000-01-01T00:00:00Z", "2000-12-30T00:00:00Z"] as const;
  const calendar = "360_day";
  const time = { name: "time", size: 360, kind: "time", calendar, extent } as const;
  const model = {
    ...nothing,
    dimensions: [time],
    time: { start: extent[0], end: extent[1], calendar, source: "values" },
  } as const;
  expect(properties(model)).toMatchObject({
    start_datetime: extent[0],
    "fieldtree:calendar": "360_day",
    "cube:dimensions": { time: { type: "temporal", extent, reference_system: "360_day" } },
  });
});

it("does not take metres for degrees, nor the degrees of a rotated grid for longitudes", () => {
  const x = { name: "x", size: 4, kind: "x", extent: [0, 3000], unit: "m" } as const;
  const lon = { name: "lon", size: 4, kind: "x", extent: [-10, 10], unit: "degrees_east" } as const;
  const rlon = { ...lon, name: "rlon", unit: "degrees", projected: true } as const;
  expect(properties({ ...nothing, dimensions: [x, lon, rlon] })["cube:dimensions"]).toEqual({
    x: { type: "projection_x", extent: [0, 3000], unit: "m" },
    lon: { type: "spatial", axis: "x", extent: [-10, 10] },
    rlon: { type: "projection_x", extent: [-10, 10], unit: "degrees" },
  });
});

it("adds a dimension that only a variable knows", () => {
  const variable = { name: "a", dimensions: ["n"], shape: [5], type: "int8", role: "data" } as const;
  expect(properties({ ...nothing, variables: [variable] })["cube:dimensions"]).toEqual({
    n: { type: "count", extent: [0, 4] },
  });
});

it("has a moment where the dataset has one", () => {
  const moment = "2024-08-11T10:00:00Z";
  const said = properties({ ...nothing, time: { start: moment, end: moment, source: "values" } });
  expect(said).toMatchObject({ datetime: moment });
  expect(said).not.toHaveProperty("start_datetime");
});

it("says that it knows neither time nor place, and makes none up", () => {
  const { item, findings } = make(nothing);
  expect(item).not.toHaveProperty("bbox");
  expect(item.geometry).toBeNull();
  expect(item.properties).toMatchObject({
    title: "sondes.zarr",
    datetime: null,
    start_datetime: "0001-01-01T00:00:00Z",
    end_datetime: "9999-12-31T23:59:59Z",
    "fieldtree:time_source": "unknown",
    "fieldtree:place_source": "unknown",
  });
  expect(findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["no-title", "no-time", "no-place"]));
});

it.each([
  ["nothing but 0° N, 0° E", { west: 0, south: 0, east: 0, north: 0 }, [0, 0]],
  ["south above north", { west: 0, south: 5, east: 1, north: 4 }, [0, 4]],
  ["a longitude of 200", { west: 0, south: 0, east: 200, north: 1 }, [0, 1]],
  ["a number that is none", { west: 0, south: 0, east: Number.NaN, north: 1 }, [0, 1]],
  ["a point outside its box", { west: 0, south: 0, east: 1, north: 1 }, [2, 1]],
] as const)("leaves out a place that is %s, with a finding", (_, bounds, coordinates) => {
  const place = { bounds, geometry: { type: "Point", coordinates }, source: "values" } as const;
  const { item } = make({ ...dropsondes, place });
  expect(item.geometry).toBeNull();
  expect(item).not.toHaveProperty("bbox");
  expect(rules({ ...dropsondes, place })).toContain("no-place");
});

it("leaves out a time that ends before it starts, with a finding", () => {
  const time = { start: "2024-08-12T00:00:00Z", end: "2024-08-11T00:00:00Z", source: "attributes" } as const;
  expect(properties({ ...dropsondes, time })["fieldtree:time_source"]).toBe("unknown");
  expect(rules({ ...dropsondes, time })).toContain("no-time");
});

it("is addressed by its CID, with gateways as alternates, and opens without changes", () => {
  const { data } = make(dropsondes).item.assets;
  expect(data).toEqual({
    href: `ipfs://${cid}`,
    type: "application/vnd.zarr",
    roles: ["data"],
    created: "2024-12-01T00:00:00Z",
    "file:size": 123_456,
    "alternate:name": "IPFS",
    alternate: {
      "ipfs.example.org": { href: `https://ipfs.example.org/ipfs/${cid}`, "alternate:name": "ipfs.example.org" },
      "127.0.0.1:8080": { href: `http://127.0.0.1:8080/ipfs/${cid}`, "alternate:name": "127.0.0.1:8080" },
    },
    "zarr:consolidated": true,
    "zarr:node_type": "group",
    "zarr:zarr_format": 2,
    "xarray:open_kwargs": { engine: "zarr", consolidated: true, zarr_format: 2 },
  });
});

it("lists the files of a folder by addresses that can be followed", () => {
  const files = [{ name: "ä b#1.mp4", size: 7 }];
  const { assets } = make({ ...nothing, access: { format: "files", files } }).item;
  expect(assets["data/ä b#1.mp4"]).toMatchObject({
    href: `ipfs://${cid}/%C3%A4%20b%231.mp4`,
    type: "video/mp4",
    "file:size": 7,
  });
});

it("gives a single file's media type by its content, and tells how to add the extent it lacks", () => {
  const description: Description = { ...nothing, access: { format: "file", mediaType: "image/png" } };
  const { item, findings } = make(description, "products/radar.txt");
  expect(item.assets.data).toMatchObject({ href: `ipfs://${cid}`, type: "image/png", roles: ["data"] });
  expect(findings.slice(-2).map(({ fix }) => fix)).toEqual(
    ["extent.temporal: [start, end]", "extent.spatial: [west, south, east, north]"].map(
      (key) => `add ${key} to its sidecar, a file of the same name with .meta.yaml after it`,
    ),
  );
});

it("says a licence that has no SPDX identifier in its own words", () => {
  const attributes = { license: "ask us first, see https://example.org/terms" };
  const { item } = make({ ...nothing, attributes });
  expect(item.properties).toMatchObject({ license: "other", "fieldtree:licence": attributes.license });
  expect(item.links).toContainEqual({ rel: "license", href: "https://example.org/terms", title: attributes.license });
});

it("never has two datasets share an id", () => {
  fc.assert(
    fc.property(anyPath, anyPath, (one, other) => {
      const [a, b] = [one, other].map((path) => make(nothing, path).item.id);
      expect(a === b).toBe(one === other);
      expect(a).toMatch(/^[\w.~-]+$/);
    }),
    { numRuns: 1000 },
  );
});

it("keeps its id when the data change", () => {
  const ids = [dropsondes, nothing].map((description) => make(description).item.id);
  expect(ids[0]).toBe(ids[1]);
});

it("keeps a variable named __proto__ a variable", () => {
  const variable = { name: "__proto__", dimensions: [], shape: [], type: "int8", role: "data" } as const;
  const { item } = make({ ...nothing, variables: [variable] });
  expect(Object.keys(item.properties["cube:variables"] as object)).toEqual(["__proto__"]);
  expect(stableJson(item)).toContain('"__proto__":{');
});
