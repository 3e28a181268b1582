/** The clients data users have: xarray over HTTP, xarray by ipfs:// address, fsspec, curl. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { serve } from "../../pipeline/serve/serve.ts";
import { data } from "../data.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";
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
