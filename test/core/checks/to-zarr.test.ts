import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { toZarrLines } from "../../../pipeline/core/checks/to-zarr.ts";
import { blocksOf } from "../../../pipeline/dag/build/files.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";

const file = `
import netCDF4, numpy as np, sys
with netCDF4.Dataset(sys.argv[1], "w") as ds:
    for name, size in [("time", None), ("lat", 60), ("lon", 90)]:
        ds.createDimension(name, size)
    time = ds.createVariable("time", "f8", ("time",))
    time.units = "days since 2020-01-01"
    time[:] = np.arange(300)
    ta = ds.createVariable("ta", "i2", ("time", "lat", "lon"), zlib=True, fill_value=-999, chunksizes=(1, 30, 30))
    ta.scale_factor = 0.01
    ta[:] = np.random.default_rng(1).random((300, 60, 90)) * 10
    ds.createVariable("station", str, ("lat",))[:] = np.array([f"s{i}" for i in range(60)], dtype=object)
    ds.createVariable("crs", "i4", ()).grid_mapping_name = "latitude_longitude"
`;

it.skipIf(!(await python()))(
  "a NetCDF file becomes a Zarr store of the same values, and of the same CID each time",
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fieldtree-to-zarr-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const from = join(folder, "a.nc");
    await runPython(file, [from]);
    const cids: string[] = [];
    for (const name of ["first.zarr", "second.zarr"]) {
      const to = join(folder, name);
      const same = `xr.testing.assert_identical(xr.open_dataset(${JSON.stringify(from)}), xr.open_zarr(${JSON.stringify(to)}))`;
      await runPython(`${toZarrLines(from, to).join("\n")}\n${same}`);
      cids.push(await cidOf(to));
    }
    expect(cids[1]).toBe(cids[0]);
    const metadata = JSON.parse(readFileSync(join(folder, "first.zarr/zarr.json"), "utf8"));
    expect(metadata.consolidated_metadata.metadata.ta.chunk_grid.configuration.chunk_shape).toEqual([185, 60, 90]);
  },
);

async function cidOf(path: string): Promise<string> {
  const blocks = blocksOf(path, { profile: "cid-v1", symlinks: "keep" }, testWorld());
  for (let next = await blocks.next(); ; next = await blocks.next()) if (next.done) return next.value.cid.toString();
}
