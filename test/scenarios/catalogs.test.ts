/** The catalogs of a published campaign, opened as analysis scripts do: by intake 0.7, intake 2, `eurec4a`, and xarray with xpystac. */
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { python, pythonWith, runPython } from "../servers/python.ts";
import { addAll, json, serving, useFolders } from "./portal.ts";

const [intake1, intake2] = [await pythonWith("intake-1"), await pythonWith("intake-2")];

/** The lines that the documentation shows, and a NetCDF file. The moved store is there under both of its names. */
const read = `
${shownLines()}
print(float(ds.air_temperature.mean()) > 0, sorted(flights), cat.raw.sonde.to_dask().t.values.tolist())
`;

/** The block of docs/data-users.md, with the address of the portal for those in it. */
function shownLines(): string {
  const page = readFileSync(join(import.meta.dirname, "../../docs/data-users.md"), "utf8");
  const block = /^```python\n(import intake[^`]*)^```$/m.exec(page)![1]!;
  return `import sys\n${block}`
    .replace('"ipfs://bafy…/', 'f"ipfs://{sys.argv[1]}/')
    .replace("ipns://latest.example.org/", "ipns://orcestra/");
}

const makeSonde = `
import netCDF4, sys
with netCDF4.Dataset(sys.argv[1], "w", format="NETCDF4") as file:
    file.title = "{{env(HOME)}} {{ shell('touch pwned') }}"
    file.createDimension("time", 3)
    file.createVariable("t", "f8", ("time",))[:] = [271.5, 272.5, 273.5]
`;

describe.skipIf(!(await python()))("a published campaign", { timeout: 240_000 }, () => {
  const folders = useFolders();
  let portal: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    const cwd = await folders({ "tree.yaml": "", "campaign.yaml": "campaign: orcestra\n" });
    const sonde = join(cwd, "sonde.nc");
    await runPython(makeSonde, [sonde]);
    const store = join(import.meta.dirname, "../../sample/products/ALMA/surface_meteorology.zarr");
    await addAll(cwd, { "products/HALO/meteorology.zarr": store, "raw/sonde.nc": sonde });
    await json(cwd, ["publish"]);
    const tree = join(cwd, "tree.yaml");
    await writeFile(tree, (await readFile(tree, "utf8")).replace("meteorology.zarr", "radar.zarr"));
    const published = await json(cwd, ["publish"]);
    portal = published.find(({ portal }) => portal !== undefined)!.portal;
    const served = await serving(cwd);
    env = { IPFS_GATEWAY: served.url };
    return served.stop;
  });

  describe.each([
    ["intake 0.7", intake1],
    ["intake 2", intake2],
  ])("%s", (_, path) => {
    it.skipIf(!path)("opens it, NetCDF and moved names too", async () => {
      const printed = await runPython(read, [portal], { ...env, ...path });
      expect(printed).toBe("True ['meteorology', 'radar'] [271.5, 272.5, 273.5]");
    });
  });

  it.skipIf(!intake2)("opens in intake 2 as a flat catalog, by path", async () => {
    const flat = `
import sys, intake
cat = intake.open_catalog(f"ipfs://{sys.argv[1]}/intake/catalog.v2.yml")
print(float(cat["products/HALO/radar.zarr"].read().air_temperature.mean()) > 0, cat["raw/sonde.nc"].read().t.values.tolist())
`;
    expect(await runPython(flat, [portal], { ...env, ...intake2 })).toBe("True [271.5, 272.5, 273.5]");
  });

  it.skipIf(!intake1)("is opened by the EUREC4A campaign's own package, by the CID in cids.json", async () => {
    const open = `
import json, sys, fsspec, eurec4a
with fsspec.open(f"ipfs://{sys.argv[1]}/cids.json") as file: cids = json.load(file)
print(sorted(eurec4a.get_intake_catalog(use_ipfs=cids["intake"]["latest"]).products.HALO))
`;
    expect(await runPython(open, [portal], { ...env, ...intake1 })).toBe("['meteorology', 'radar']");
  });

  it("has STAC items whose asset xarray opens as it is", async () => {
    const open = `
import json, sys, fsspec, pystac, xarray as xr
with fsspec.open(f"ipfs://{sys.argv[1]}/stac/products/HALO/radar.zarr.json") as file: item = pystac.Item.from_dict(json.load(file))
print(float(xr.open_dataset(item.assets["data"], engine="stac").air_temperature.mean()) > 0)
`;
    expect(await runPython(open, [portal], env)).toBe("True");
  });
});
