import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { openHdf5 } from "../../../pipeline/formats/hdf5/hdf5.ts";
import { openEnhanced } from "../../../pipeline/formats/netcdf/enhanced/open.ts";
import type { NetcdfFile } from "../../../pipeline/formats/netcdf/file.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { differences } from "./comparison.ts";
import { netcdfFiles } from "./files.ts";

const files = await netcdfFiles();
const opened = async (name: string) =>
  openEnhanced(await openHdf5(withBlocks(rangesOf(files!.bytes(name))), decompressors));
const variable = ({ groups }: NetcdfFile, name: string) =>
  groups.flatMap(({ variables }) => variables).find((each) => each.name === name)!;

const isHdf5 = (name: string) => files!.bytes(name)[0] !== 0x43;
const names = files?.names.filter((name) => files.oracle[name]?.by !== "none" && isHdf5(name)) ?? [];

describe.skipIf(!files)("a file that is stored in HDF5", () => {
  it("is there in many shapes", () => {
    expect(names.length).toBeGreaterThan(25);
  });

  it.each(names)("%s is, value by value, what netCDF4 or h5py reads", async (name) => {
    const file = await opened(name);
    expect(await differences(file, files!.oracle[name]!)).toEqual([]);
    expect(file.findings).toEqual([]);
  });

  it("has values that can be read, but for those in other files, references, and what is compressed by szip", async () => {
    const unread = new Map<string, readonly string[]>();
    for (const name of names) {
      const variables = (await opened(name)).groups.flatMap((group) => group.variables);
      const bad = variables.filter(({ problem }) => problem !== undefined).map((each) => each.name);
      if (bad.length > 0) unread.set(name, bad.sort());
    }
    const hdf5 = ["earliest", "new", "old", "v108", "v110"].map((name) => [`hdf5-${name}.h5`, ["empty"]] as const);
    expect(unread).toEqual(
      new Map<string, readonly string[]>([
        ["grid-szip.nc", ["packed", "ta"]],
        ...hdf5.filter(([name]) => names.includes(name)),
        ["virtual.h5", ["external", "virtual"]],
      ]),
    );
  });

  it.each([
    ["grid.nc", "NETCDF4"],
    ["grid-classic-model.nc", "NETCDF4"],
    ["plain.h5", "HDF5"],
    ["hdf5-old.h5", "HDF5"],
  ])("%s is %s", async (name, model) => {
    expect((await opened(name)).model).toBe(model);
  });

  it("has dimensions of the groups around a variable, and its own where both have one of that name", async () => {
    const file = await opened("groups.nc");
    expect(variable(file, "a/w").dimensions.map(({ name }) => name)).toEqual(["time", "x"]);
    expect(variable(file, "a/b/v").dimensions.map(({ name }) => name)).toEqual(["a/b/x", "a/b/y"]);
  });

  it("gives the fill value where an unlimited dimension is longer than what was written", async () => {
    const file = await opened("short.nc");
    const [a, b, c, s] = ["a", "b", "c", "s"].map((name) => variable(file, name));
    expect([a!.shape, b!.shape]).toEqual([[12], [12, 3]]);
    expect(await b!.read({ start: [3, 0], count: [2, 3] }, 1e6)).toEqual(Int16Array.of(2, 2, 2, -5, -5, -5));
    expect(await b!.read({ start: [8, 1], count: [1, 2] }, 1e6)).toEqual(Int16Array.of(-5, -5));
    expect((await c!.read({ start: [0], count: [1] }, 1e6))[0]).toBe(9.969209968386869e36);
    expect(await s!.read({ start: [1], count: [2] }, 1e6)).toEqual(["q", ""]);
  });

  it("says which values are in other files, and reads all others", async () => {
    const file = await opened("virtual.h5");
    expect(variable(file, "virtual").problem).toContain("virtual");
    expect(variable(file, "external").problem).toContain("other files");
    expect(await variable(file, "own").read({ start: [0], count: [4] }, 1e6)).toEqual(Float64Array.of(0, 1, 2, 3));
  });

  it("that links a group to itself is walked once", async () => {
    const { groups } = await opened("hdf5-old.h5");
    expect(groups.filter(({ path }) => path.startsWith("loop")).map(({ path }) => path)).toEqual(["loop"]);
  });
});
