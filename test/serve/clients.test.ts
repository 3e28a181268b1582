/** The clients data users have: xarray over HTTP, xarray by ipfs:// address, fsspec, curl. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { decompressors } from "../../pipeline/campaign/readers/decompressors.ts";
import { assetsOf } from "../../pipeline/core/stac/assets.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { withBlocks } from "../../pipeline/formats/block-cache.ts";
import { netcdf } from "../../pipeline/formats/netcdf/netcdf.ts";
import { serve } from "../../pipeline/serve/serve.ts";
import { data } from "../data.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { rangesOf } from "../fakes/range-source.ts";
import { testWorld } from "../fakes/world.ts";
import { netcdfFiles } from "../formats/netcdf/files.ts";
import { python, runPython } from "../servers/python.ts";
import { memory } from "./gateway.ts";

const zarr = data("zarr");
const store = (version: string) => join(zarr!, version, "HALO-20240818a.zarr");

async function serving(path: string) {
  const { node, addFiles } = memory();
  const cid = await addFiles(path);
  const served = await serve({ node, resolve: async () => ({ cid }), campaign: "orcestra" }, testWorld());
  onTestFinished(() => served.close());
  return { url: served.url, cid };
}

/** Every value and attribute of a dataset, as one digest: what came over the wire is what lies on the disk. */
const digest = `
import hashlib, sys, xarray as xr
def digest(ds):
    h = hashlib.sha256(repr(sorted(ds.attrs.items())).encode())
    for name in sorted(ds.variables):
        h.update(name.encode()); h.update(ds[name].values.tobytes())
    return h.hexdigest()
print(digest(xr.open_zarr(sys.argv[1])), digest(xr.open_zarr(sys.argv[2])))
`;

describe.skipIf(!zarr || !(await python()))("Python", () => {
  it.each(["v2", "v3"])("xarray opens a Zarr %s store over HTTP and finds every value", async (version) => {
    const { url, cid } = await serving(store(version));
    const [local, remote] = (await runPython(digest, [store(version), `${url}/ipfs/${cid}`])).split(" ");
    expect(remote).toBe(local);
  });

  it.each(["v2", "v3"])("xarray opens a Zarr %s store by its ipfs:// address through ipfsspec", async (version) => {
    const { url, cid } = await serving(store(version));
    const [local, remote] = (await runPython(digest, [store(version), `ipfs://${cid}`], { IPFS_GATEWAY: url })).split(
      " ",
    );
    expect(remote).toBe(local);
  });

  it("xarray opens a store without consolidated metadata over HTTP, at a CID and below one", async () => {
    const { url, cid } = await serving(zarr!);
    const code = `
import sys, xarray as xr
for address in sys.argv[2:]:
    print(xr.open_zarr(address, consolidated=False).identical(xr.open_zarr(sys.argv[1])))
`;
    const below = `${url}/ipfs/${cid}/v2/HALO-20240818a.zarr`;
    const { headers } = await fetch(`${below}/.zgroup`, { method: "HEAD" });
    const own = `${url}/ipfs/${headers.get("x-ipfs-roots")!.split(",")[2]}`;
    expect(await runPython(code, [store("v2"), below, own])).toBe("True\nTrue");
  });

  it("fsspec lists, walks and globs directories over HTTP as on a disk", async () => {
    const { url, cid } = await serving(zarr!);
    const code = `
import fsspec, os, sys
def all_of(fs, top):
    cut = len(top) + 1
    return (
        sorted(name.rstrip("/")[cut:] for name in fs.ls(top, detail=False)),
        sorted((at[cut:], sorted(folders), sorted(files)) for at, folders, files in fs.walk(top)),
        sorted(name.rstrip("/")[cut:] for name in fs.glob(top + "/*/*/.z*")),
    )
here = all_of(fsspec.filesystem("file"), sys.argv[1])
there = all_of(fsspec.filesystem("http"), sys.argv[2])
print(here == there, len(here[1]))
if here != there: print(here, there)
`;
    const [same, folders] = (await runPython(code, [zarr!, `${url}/ipfs/${cid}`])).split(" ");
    expect({ same, several: Number(folders) > 5 }).toEqual({ same: "True", several: true });
  });

  it("ipfsspec lists folders and reads ranges", async () => {
    const { url, cid } = await serving(zarr!);
    const code = `
import fsspec, sys
fs = fsspec.filesystem("ipfs")
print(sorted(name.split("/")[-1] for name in fs.ls(sys.argv[1], detail=False)))
print(fs.cat_file(sys.argv[1] + "/README.md", start=2, end=6).decode())
`;
    expect(await runPython(code, [cid.toString()], { IPFS_GATEWAY: url })).toBe(
      "['README.md', 'make.py', 'v2', 'v3']\nZarr",
    );
  });

  it("opens what the page tells people to type for a NetCDF file", async () => {
    const path = join(await temporaryFolder(), "sonde.nc");
    const make = `
import netCDF4, sys
with netCDF4.Dataset(sys.argv[1], "w", format="NETCDF4") as file:
    file.createDimension("time", 3)
    file.createVariable("t", "f8", ("time",))[:] = [271.5, 272.5, 273.5]
`;
    await runPython(make, [path]);
    const { url, cid } = await serving(path);
    const code = `
import fsspec, sys, xarray as xr
print(*[xr.open_dataset(fsspec.open(where).open()).t.values.tolist() for where in sys.argv[1:]])
`;
    const values = await runPython(code, [`ipfs://${cid}`, `${url}/ipfs/${cid}`], { IPFS_GATEWAY: url });
    expect(values).toBe("[271.5, 272.5, 273.5] [271.5, 272.5, 273.5]");
  });

  it("reads through references by CID what netCDF4 reads of the files themselves", { timeout: 180_000 }, async () => {
    const files = await netcdfFiles();
    const { node, addFiles } = memory();
    const folder = await temporaryFolder();
    const names = ["grid.nc", "grid-big-endian.nc", "grid-cdf5.nc", "sonde-cdf1.nc", "groups.nc", "types.nc"];
    for (const name of names) {
      const cid = await addFiles(files!.path(name));
      const source = withBlocks(rangesOf(files!.bytes(name)));
      const references = await netcdf(decompressors).files?.references?.(source, `ipfs://${cid}`, testWorld());
      if (!references || "why" in references) throw new Error(`${name} has no reference`);
      await writeFile(join(folder, `${name}.json`), references.json);
    }
    const portal = await addFiles(folder);
    const served = await serve({ node, resolve: async () => ({ cid: portal }), campaign: "orcestra" }, testWorld());
    onTestFinished(() => served.close());
    const env = { IPFS_GATEWAY: served.url };
    const script = await readFile(join(import.meta.dirname, "..", "formats", "netcdf", "references.py"), "utf8");
    const args = names.flatMap((name) => [files!.path(name), `ipfs://${portal}/${name}.json`]);
    const compared = JSON.parse(await runPython(script, args, env));
    expect(Object.keys(compared)).toEqual(names);
    for (const { different, variables } of Object.values<{ different: string[]; variables: string[] }>(compared)) {
      expect(different).toEqual([]);
      expect(variables.length).toBeGreaterThan(3);
    }

    const page = await readFile("docs/data-users.md", "utf8");
    const lines = [...page.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code!);
    const shown = lines.find((code) => code.includes("reference://"))!;
    const code = shown.replace(/ipfs:\/\/[^/]+\/refs\/[^"]+/, `ipfs://${portal}/grid.nc.json`);
    expect(code).not.toBe(shown);
    const sizes = await runPython(`${code}\nprint(sorted(ds.sizes.items()))`, [], env);
    expect(sizes).toBe("[('lat', 20), ('lon', 30), ('time', 5)]");
  });

  it("opens NetCDF files with the arguments that their items give", async () => {
    const files = await netcdfFiles();
    const { node, addFiles } = memory();
    const models = { "grid.nc": "NETCDF4", "plain.h5": "HDF5", "grid-cdf1.nc": "NETCDF3_CLASSIC" } as const;
    const args: string[] = [];
    for (const [name, model] of Object.entries(models)) {
      const cid = (await addFiles(files!.path(name))).toString();
      const access = { format: "netcdf", model, groups: [] } as const;
      const { data } = assetsOf({ access }, { cid, tsize: 0, gateways: [], dates: {} });
      args.push(data!.href as string, JSON.stringify(data!["xarray:open_kwargs"]), files!.path(name));
    }
    const served = await serve({ node, resolve: async () => undefined, campaign: "orcestra" }, testWorld());
    onTestFinished(() => served.close());
    const code = `
import fsspec, json, sys, xarray as xr
for href, kwargs, path in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    ours, theirs = xr.open_dataset(fsspec.open(href).open(), **json.loads(kwargs)), xr.open_dataset(path, engine="netcdf4")
    numbers = [name for name, variable in theirs.variables.items() if variable.dtype.kind in "iufM"]
    # Where a file has no dimensions, each library makes up names of its own.
    print(len(numbers), all(ours[name].variable._replace(dims=theirs[name].dims).equals(theirs[name].variable) for name in numbers))
`;
    expect(await runPython(code, args, { IPFS_GATEWAY: served.url })).toBe("7 True\n6 True\n7 True");
  });

  it("opens what the page tells people to type for folders of files", async () => {
    const { url, cid } = await serving(zarr!);
    const code = `
import fsspec, sys
files = fsspec.open_files("ipfs://" + sys.argv[1] + "/*")
print(sorted(file.path.split("/")[-1] for file in files))
`;
    expect(await runPython(code, [cid.toString()], { IPFS_GATEWAY: url })).toContain("'README.md', 'make.py'");
  });
});

describe.skipIf(!zarr)("curl", () => {
  const curl = async (...args: string[]) => {
    const options = { encoding: "buffer", stripFinalNewline: false } as const;
    return Buffer.from((await execa("curl", ["--silent", "--show-error", "--fail", ...args], options)).stdout);
  };

  it("saves files as they are, and goes on where it stopped", async () => {
    const { url, cid } = await serving(zarr!);
    const readme = await readFile(join(zarr!, "README.md"));
    const address = `${url}/ipfs/${cid}/README.md`;
    expect((await curl(address)).equals(readme)).toBe(true);
    expect((await curl("--range", "10-19", address)).equals(readme.subarray(10, 20))).toBe(true);
    expect((await curl("--continue-at", "100", address)).equals(readme.subarray(100))).toBe(true);
  });

  it("follows the redirects to the campaign's name and into folders", async () => {
    const { url } = await serving(zarr!);
    expect((await curl("--location", `${url}/`)).toString()).toContain("README.md");
    const ends = ["--location", "--output", "/dev/null", "--write-out", "%{url_effective}"];
    expect((await curl(...ends, `${url}/ipns/orcestra/v2`)).toString()).toBe(`${url}/ipns/orcestra/v2/`);
  });

  it("exits with a failure when a file came short", async () => {
    const { node, add, lose } = memory();
    const bytes = Buffer.alloc(600_000, 7);
    bytes[599_999] = 1;
    const cid = add(bytes);
    lose(blockOf(codecs.raw, bytes.subarray(524_288)).cid);
    const served = await serve({ node, resolve: async () => ({ cid }), campaign: "orcestra" }, testWorld());
    onTestFinished(() => served.close());
    await expect(curl(`${served.url}/ipfs/${cid}`)).rejects.toThrow();
    await expect(curl(`${served.url}/ipfs/${cid}?format=car`)).rejects.toThrow();
  });
});
