import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Description, Position } from "../../../pipeline/core/dataset/dataset.ts";
import { boxOf, contains, objectionTo, positionsOf } from "../../../pipeline/core/dataset/extent.ts";
import { stableJson } from "../../../pipeline/core/json.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { data } from "../../data.ts";
import { folderAt, type RecordedFolder } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";

const describeAt = (path: string): Promise<Description> => zarr.folders.describe(folderAt(path), testWorld());

/** What `stores.py` prints: least and greatest as xarray decodes them. */
interface Said {
  readonly lat?: readonly [number, number] | null;
  readonly lon?: readonly [number, number] | null;
  readonly time?: readonly [string, string] | null;
}

const havePython = (await python()) !== undefined;

describe.skipIf(!havePython)("on stores as strangers write them", () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-zarr-"));
  let said: Record<string, Said>;
  const at = (name: string) => describeAt(join(folder, name));
  beforeAll(async () => {
    const script = readFileSync(join(import.meta.dirname, "stores.py"), "utf8");
    said = JSON.parse(await runPython(script, [folder])) as Record<string, Said>;
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("finds the same extremes as xarray in every one it can read", async () => {
    // What xarray does not do: mask valid_range, turn longitudes around the globe.
    const ours = new Set([
      "flags",
      "unknown-codec",
      "all-missing",
      "antimeridian-track",
      "antimeridian-grid",
      "global-v2",
      "global-v3",
    ]);
    for (const [name, { lat, lon, time }] of Object.entries(said)) {
      const found = await at(name);
      if (time)
        expect([name, instant(found.time?.start), instant(found.time?.end)]).toEqual([name, ...time.map(instant)]);
      if (!lat || !lon || ours.has(name)) continue;
      const { west, south, east, north } = found.place!.bounds;
      const rounded = (degrees: number) => Math.round(degrees * 1e6) / 1e6;
      expect([name, west, south, east, north]).toEqual([name, ...[lon[0], lat[0], lon[1], lat[1]].map(rounded)]);
    }
  });

  it("draws geometries within their bounds, of at most 2000 positions", async () => {
    for (const name of readdirSync(folder)) {
      const { place } = await at(name);
      if (!place) continue;
      expect(objectionTo(place.bounds)).toBeUndefined();
      const positions = positionsOf(place.geometry);
      expect([name, positions.filter((position) => !contains(boxOf(place.bounds), position))]).toEqual([name, []]);
      expect(positions.length).toBeLessThanOrEqual(2000);
    }
  });

  it("gives descriptions that are JSON, and name only dimensions they list", async () => {
    for (const name of readdirSync(folder)) {
      const found = await at(name);
      expect(() => stableJson(found)).not.toThrow();
      const known = new Set(found.dimensions.map((dimension) => dimension.name));
      for (const variable of found.variables) {
        expect([name, variable.dimensions.filter((dimension) => !known.has(dimension))]).toEqual([name, []]);
      }
    }
  });

  it.each(["track", "loose", "global", "scalar", "packed", "half", "strings", "datetime64"])(
    "says the same of %s in version 2 and 3, but for the format",
    async (name) => {
      const [v2, v3] = [await at(`${name}-v2`), await at(`${name}-v3`)];
      const told = ({ access, findings, advice, ...rest }: Description) => rest;
      expect(told(v3)).toEqual(told(v2));
      expect([v2.access, v3.access]).toMatchObject([{ version: 2 }, { version: 3 }]);
    },
  );

  it("draws a track as a line, thinned, and says how long it took", async () => {
    const { place, time } = await at("track-v2");
    expect(place?.geometry.type).toBe("LineString");
    expect(positionsOf(place!.geometry).length).toBeLessThan(200);
    expect(time).toEqual({ start: "2024-08-11T10:00:00Z", end: "2024-08-11T10:49:59Z", source: "values" });
  });

  it("says the same of a track in shards as in chunks", async () => {
    const [chunks, shards] = [await at("track-v3"), await at("sharded")];
    expect(shards.place).toEqual(chunks.place);
    expect(shards.time).toEqual(chunks.time);
    expect(shards.variables.find(({ name }) => name === "lat")?.chunks).toEqual([250]);
  });

  it("puts a global grid around the globe, and one across the antimeridian across it", async () => {
    expect((await at("global-v3")).place).toMatchObject({
      bounds: { west: -180, east: 180 },
      geometry: { type: "Polygon" },
    });
    expect((await at("antimeridian-grid")).place).toMatchObject({
      bounds: { west: 170, east: -175 },
      geometry: { type: "MultiPolygon" },
    });
  });

  it("splits a track at the antimeridian, on both sides of which it ends on ±180", async () => {
    const { place } = await at("antimeridian-track");
    expect(place?.bounds).toMatchObject({ west: 160, east: -145 });
    const lines = (place!.geometry as unknown as { coordinates: Position[][] }).coordinates;
    expect(lines).toHaveLength(2);
    expect([lines[0]!.at(-1)![0], lines[1]![0]![0]]).toEqual([180, -180]);
    expect(lines[0]!.at(-1)![1]).toBe(lines[1]![0]![1]);
  });

  it("draws one point for each sounding that drifts", async () => {
    const { geometry } = (await at("sondes")).place!;
    expect(geometry).toEqual({
      type: "MultiPoint",
      coordinates: [
        [-49.898, 10.102],
        [-50.898, 11.102],
        [-51.898, 12.102],
      ],
    });
  });

  it("outlines a projected grid by its 2-D latitudes, whose axes are no latitudes", async () => {
    const found = await at("projected");
    expect(found.place?.geometry).toEqual({
      type: "Polygon",
      coordinates: [
        [
          [10, 70],
          [15, 69.5],
          [16.5, 72.5],
          [11.5, 73],
          [10, 70],
        ],
      ],
    });
    expect(found.dimensions).toMatchObject([
      { name: "x", kind: "x", extent: [0, 5000], unit: "m" },
      { name: "y", kind: "y", extent: [0, 3000] },
    ]);
  });

  it("has no place where every latitude is missing, with a finding", async () => {
    const found = await at("all-missing");
    expect(found.place).toBeUndefined();
    expect(found.findings).toMatchObject([
      { rule: "no-place", says: expect.stringContaining("every latitude is missing") },
    ]);
  });

  it("leaves out what flags, valid_range and the size of the Earth exclude", async () => {
    const { place } = await at("flags");
    expect(place?.bounds).toEqual({ west: -51, south: 12.5, east: -49, north: 13.5 });
  });

  it("gives times of a model's world the dates of their own calendar, and its name", async () => {
    const found = await at("360-day");
    const [start, end] = ["2000-01-01T06:00:00Z", "2000-03-01T00:00:00Z"];
    expect(found.time).toEqual({ start, end, calendar: "360_day", source: "values" });
    expect(found.findings).toEqual([]);
    expect(found.dimensions).toEqual([
      { name: "time", size: 3, kind: "time", extent: [start, end], calendar: "360_day" },
    ]);
  });

  it("describes the rest of a store that has an unknown codec", async () => {
    const found = await at("unknown-codec");
    expect(found.variables.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "lat float64",
      "lon float64",
      "spectrum complex128",
    ]);
    expect(found.place).toBeUndefined();
    expect(found.findings).toContainEqual(
      expect.objectContaining({
        rule: "undecodable",
        says: 'lat is stored in a way that fieldtree does not read (codec "of-one-laboratory" is not read), so its values are not known',
      }),
    );
  });

  it("lists the texts of a short text coordinate", async () => {
    expect((await at("strings-v2")).dimensions).toEqual([
      { name: "station", size: 3, kind: "other", values: ["Mindelo", "Praia", "Ragged Point"] },
    ]);
  });

  it.each([2, 3])(
    "names dimensions by their group, and shares those of the groups around, in version %i",
    async (version) => {
      const found = await at(`groups-v${version}`);
      expect(found.dimensions.map(({ name, size, kind }) => `${name} ${size} ${kind}`)).toEqual([
        "lidar/range 3 z",
        "lidar/time 7 time",
        "radar/range 3 z",
        "time 4 time",
      ]);
      expect(found.variables.find(({ name }) => name === "radar/deep/ze")?.dimensions).toEqual(["time", "radar/range"]);
      expect(found.access).toMatchObject({
        consolidated: true,
        groups: ["lidar", "lidar/deep", "radar", "radar/deep"],
      });
    },
  );

  it("finds the arrays of a store without consolidated metadata, and warns", async () => {
    const found = await at("loose-v3");
    expect(found.variables.map(({ name }) => name)).toEqual(["lat", "lon", "t2m"]);
    expect(found.findings).toMatchObject([
      { rule: "not-consolidated", fix: "zarr.consolidate_metadata(store, zarr_format=3)" },
    ]);
  });

  const touching = async (name: string): Promise<RecordedFolder["touched"]> => {
    const opened = folderAt(join(folder, name));
    await zarr.folders.describe(opened, testWorld());
    return opened.touched;
  };

  it.each([
    ["long-axis", 50],
    ["jumbled-axis", 10],
  ])("reads every chunk of the axis of %s once, and no chunk of data", async (name, chunks) => {
    const touched = await touching(name);
    expect(touched.toSorted()).toEqual(
      ["/", ".zmetadata", ...Array.from({ length: chunks }, (_, i) => `time/${i}`)].toSorted(),
    );
  });

  it.each(["loose-v2", "loose-v3", "unknown-codec"])("never lists a chunk directory of %s", async (name) => {
    expect((await touching(name)).filter((path) => path.endsWith("/"))).toEqual(["/"]);
  });
});

const real = data("zarr");

describe.skipIf(!real)("on what a real campaign measured", () => {
  const flights = ["HALO-20240811a.zarr", "HALO-20240818a.zarr", "HALO-20240831a.zarr"];

  it.each(flights)("says the same of %s in version 2 and 3, but for the format", async (flight) => {
    const [v2, v3] = [await describeAt(join(real!, "v2", flight)), await describeAt(join(real!, "v3", flight))];
    expect({ ...v3, access: undefined }).toEqual({ ...v2, access: undefined });
    expect(v2.findings).toEqual([]);
  });

  it.skipIf(!havePython)("finds the extremes that xarray finds", { timeout: 60_000 }, async () => {
    const stores = flights.flatMap((flight) => [join(real!, "v2", flight), join(real!, "v3", flight)]);
    const said = JSON.parse(await runPython(extremes, stores)) as { box: number[]; time: string[] }[];
    for (const [i, store] of stores.entries()) {
      const { place, time } = await describeAt(store);
      expect(boxOf(place!.bounds)).toEqual(said[i]!.box.map((degrees) => Math.round(degrees * 1e6) / 1e6));
      expect([time!.start, time!.end].map(instant)).toEqual(said[i]!.time.map(instant));
    }
  });
});

const extremes = `
import json, sys, xarray as xr
said = []
for path in sys.argv[1:]:
    ds = xr.open_zarr(path)
    said.append({
        "box": [float(f(ds[n].astype("f8"))) for f, n in ((min_, n) for min_, n in ((lambda v: v.min(), "lon"), (lambda v: v.min(), "lat"), (lambda v: v.max(), "lon"), (lambda v: v.max(), "lat")))],
        "time": [str(t.values.astype("M8[us]")) + "Z" for t in (ds.launch_time.min(), ds.launch_time.max())],
    })
print(json.dumps(said))
`;

const zarr = zarrReader(decompressors);

/** Without fraction digits that say nothing. */
const instant = (iso: string | undefined) => iso?.replace(/(\.\d*?)0+Z$/, "$1Z").replace(/\.Z$/, "Z");
