import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import { fileReaderOf } from "../../../pipeline/formats/reader.ts";
import { data } from "../../data.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Extents, extentsOf, netcdfFiles } from "./files.ts";

const files = await netcdfFiles();
const reader = netcdf(decompressors);
const described = async (bytes: Uint8Array) => reader.files!.describe(withBlocks(rangesOf(bytes)), testWorld());
const of = (name: string) => described(files!.bytes(name));
const rules = ({ findings }: Description) => findings.map(({ rule }) => rule);

/** What {@link extentsOf} says of a file, from its description; a longitude beyond 180° is what it is in the box. */
function extentsIn({ place, time }: Description): Extents {
  const { west, south, east, north } = place?.bounds ?? { west: 0, south: 0, east: 0, north: 0 };
  const inMilliseconds = (iso: string) => new Date(iso).toISOString().slice(0, -1);
  return {
    ...(place?.source === "values" && { latitude: [south, north], longitude: [west, east] }),
    ...(time?.source === "values" && { time: [inMilliseconds(time.start), inMilliseconds(time.end)] }),
  };
}

/** Bounds are rounded to 1e-6 degrees, times of xarray to milliseconds. */
function expectSame(ours: Extents, theirs: Extents, name: string) {
  expect(Object.keys(ours).sort(), name).toEqual(Object.keys(theirs).sort());
  for (const kind of ["latitude", "longitude"] as const) {
    for (const i of [0, 1]) expect(ours[kind]?.[i] ?? 0, `${name} ${kind}`).toBeCloseTo(theirs[kind]?.[i] ?? 0, 5);
  }
  const milliseconds = (time: Extents["time"], i: 0 | 1) => Date.parse(`${time?.[i] ?? "1970-01-01"}Z`);
  for (const i of [0, 1] as const)
    expect(Math.abs(milliseconds(ours.time, i) - milliseconds(theirs.time, i)), `${name} time`).toBeLessThan(2);
}

describe.skipIf(!files)("a NetCDF file", () => {
  it.each(["grid.nc", "grid-cdf1.nc", "grid-cdf5.nc", "lies.csv", "lies.h5", "scales.h5"])(
    "%s is recognised by its first bytes, whatever it is called",
    async (name) => {
      expect((await fileReaderOf([reader], rangesOf(files!.bytes(name))))?.reader).toBe(reader);
    },
  );

  it.each(["CDF", "CDF\x03", "hello, world", "\x89HDF", "\x0e\x03\x13\x01"])("is not what begins with %j", (start) => {
    const bytes = new Uint8Array(4096);
    bytes.set(Uint8Array.from(start, (character) => character.charCodeAt(0)));
    expect(reader.files!.recognises(bytes)).toBe(false);
  });

  it("is described the same, whichever files were described before", async () => {
    const fresh = (name: string) =>
      netcdf(decompressors).files!.describe(withBlocks(rangesOf(files!.bytes(name))), testWorld());
    const outcome = (describing: Promise<Description>) =>
      describing.then(JSON.stringify, (error: unknown) => (error as Error).message);
    for (const name of [...files!.names, ...files!.names]) {
      expect(await outcome(of(name)), name).toBe(await outcome(fresh(name)));
    }
  });

  it("has place and time as xarray reads them: what is missing is masked, whatever the axes are called", async () => {
    const names = ["sonde.nc", "sonde-cdf1.nc", "stations.nc", "scales.h5", "streamed-cdf1.nc"];
    const oracle = await extentsOf(names.filter((name) => name !== "streamed-cdf1.nc").map(files!.path));
    for (const [path, extents] of Object.entries(oracle)) {
      expectSame(extentsIn(await described(new Uint8Array(readFileSync(path)))), extents, path);
    }
    expect((await of("streamed-cdf1.nc")).time?.end).toBe("2000-01-05T00:00:00Z");
  });

  it("of a sonde becomes a track in time", async () => {
    const { time, place, access, variables, findings } = await of("sonde.nc");
    expect(time).toEqual({ start: "2024-08-11T17:33:34Z", end: "2024-08-11T17:38:33Z", source: "values" });
    expect(place?.bounds).toEqual({ west: -24.499, south: 11.001, east: -24.202, north: 11.298 });
    expect(access).toEqual({ format: "netcdf", model: "NETCDF4", groups: [] });
    expect(variables.find(({ name }) => name === "tdry")).toEqual({
      ...{ name: "tdry", dimensions: ["time"], shape: [300], type: "float32", role: "data" },
    });
    expect(findings).toEqual([]);
  });

  it("lists labels that are stored as characters, and those that are texts", async () => {
    const { dimensions, variables } = await of("stations.nc");
    expect(dimensions).toEqual([{ name: "station", size: 3, kind: "other", values: ["Sal", "Mindelo", "Praia"] }]);
    expect(variables.find(({ name }) => name === "station")).toMatchObject({ type: "S10", shape: [3] });
  });

  it("has attributes as JSON: digits as short as their type is exact, what JSON lacks as text", async () => {
    const { attributes } = await of("grid.nc");
    expect({ ...attributes }).toEqual({
      ...{ title: "grid äöü", Conventions: "CF-1.8", count: 7, list: [1.5, 2.5, 3.5], one: 0.1 },
      ...{ texts: ["a", "b", "ü"], long: "9007199254740993", byte: 200 },
    });
  });

  it("tells of groups which have variables", async () => {
    expect((await of("groups.nc")).access).toEqual({ format: "netcdf", model: "NETCDF4", groups: ["a", "a/b"] });
  });

  it("that was cut has no extent of zeros", async () => {
    const description = await of("too-many-records-cdf1.nc");
    expect(description.time).toBeUndefined();
    expect(rules(description)).toEqual(["truncated", "undecodable"]);
    expect(description.place?.source).toBe("values");
  });

  it.each(["cut200-grid.nc", "cut-100-grid.nc", "cut200-grid-cdf1.nc"])(
    "%s, cut in its metadata, fails for good",
    async (name) => {
      await expect(of(name)).rejects.toMatchObject({ kind: "input" });
    },
  );

  it("with values in other files says of which variables", async () => {
    const description = await of("virtual.h5");
    expect(description.findings.map(({ rule, says }) => `${rule}: ${says.slice(0, 28)}`).sort()).toEqual([
      "values-elsewhere: external is stored in other ",
      "values-elsewhere: virtual is a virtual dataset",
    ]);
  });
});

const sondes = data("dropsondes");

describe.skipIf(!sondes || !files)("real dropsondes", () => {
  const level1 = join(sondes ?? "", "Level_1");
  const flights = ["HALO-20240811a", "HALO-20240818a", "HALO-20240831a"];

  it("are where and when xarray says", { timeout: 60_000 }, async () => {
    const paths = flights.flatMap((flight) =>
      readdirSync(join(level1, flight)).map((name) => join(level1, flight, name)),
    );
    expect(paths.length).toBe(11);
    for (const [path, extents] of Object.entries(await extentsOf(paths))) {
      const description = await described(new Uint8Array(readFileSync(path)));
      expectSame(extentsIn(description), extents, path);
      expect(description.findings, path).toEqual([]);
    }
  });
});
