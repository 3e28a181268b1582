/** Lines to copy: what they say of each kind of dataset, and that no name of a stranger becomes code. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Form, OpenedDataset } from "../../../pipeline/core/open/dataset.ts";
import { filled } from "../../../pipeline/core/open/pieces.ts";
import { quoted, shellWord } from "../../../pipeline/core/open/quoted.ts";
import { waysToOpen } from "../../../pipeline/core/open/ways.ts";
import { cid } from "../../fakes/descriptions.ts";

const places = {
  gateway: "https://g.example",
  portal: "ipns://c.example",
  portalUrl: "https://g.example/ipns/c.example",
};

function lines(form: Form, more: Partial<OpenedDataset> = {}) {
  const ways = waysToOpen({ path: "a/radar.nc", cid, name: "radar.nc", form, ...more });
  return Object.fromEntries(ways.map(({ id, text }) => [id, filled(text, places)]));
}

const hdf5 = { engine: "h5netcdf", phony_dims: "sort" };

describe("lines to copy", () => {
  it("open a Zarr store by its CID, through a gateway, by intake and by STAC", () => {
    const form = { kind: "zarr", consolidated: false, groups: [] } as const;
    const ways = lines(form, { itemFile: "stac/a/radar.zarr.json", intake: ["a", "radar"], name: "radar.zarr" });
    expect(ways).toMatchObject({
      "python-cid": `import xarray as xr\n\nds = xr.open_zarr("ipfs://${cid}", consolidated=False)`,
      "python-gateway": expect.stringContaining(`("https://g.example/ipfs/${cid}", consolidated=False)`),
      "python-intake": expect.stringContaining('ds = cat["a"]["radar"].to_dask()'),
      "python-stac": expect.stringContaining('("https://g.example/ipns/c.example/stac/a/radar.zarr.json")'),
      "shell-curl": `mkdir -p radar.zarr\ncurl -L "https://g.example/ipfs/${cid}?format=tar" | tar -x --strip-components=1 -C radar.zarr`,
      "shell-ipfs": `ipfs get ${cid} -o radar.zarr`,
      "shell-fieldtree": `fieldtree get ${cid} -o radar.zarr`,
    });
  });

  it("open a NetCDF file with the engine that can, one of several, and by its reference", () => {
    const reference = { cid: "bafkref", consolidated: true };
    const ways = lines({ kind: "netcdf", file: "day 1.nc", count: 3, options: hdf5 }, { reference });
    expect(ways["python-cid"]).toContain(
      `xr.open_dataset(fsspec.open("ipfs://${cid}/day%201.nc").open(), engine="h5netcdf", phony_dims="sort")  # the first of 3 files`,
    );
    expect(ways["python-reference"]).toContain('"fo": "ipfs://bafkref"');
    expect(ways["r-gateway"]).toContain(
      `download.file("https://g.example/ipfs/${cid}/day%201.nc", "day 1.nc", mode = "wb")`,
    );
  });

  it("copy to a disk what only netCDF's own library reads", () => {
    const ways = lines({ kind: "netcdf", file: "", count: 1, options: { engine: "netcdf4" } });
    expect(ways["python-cid"]).toContain(`fsspec.open_local("simplecache::ipfs://${cid}")`);
  });

  it("read a table as a table", () => {
    expect(lines({ kind: "file", mediaType: "text/csv" })).toMatchObject({
      "python-cid": expect.stringContaining(`pd.read_csv("ipfs://${cid}")`),
      "r-gateway": `df <- read.csv("https://g.example/ipfs/${cid}")`,
    });
  });

  it("say which of them no test runs", () => {
    const ways = waysToOpen({ path: "a", cid, name: "a", form: { kind: "zarr", consolidated: true, groups: [] } });
    expect(ways.filter(({ isUntested }) => isUntested).map(({ language }) => language)).toEqual(["Julia"]);
  });
});

const anyName = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("'; rm -rf ~ #", '"+x+"', "$(x)", "`x`", "a\nb", "-rf"),
);

describe("names of strangers", () => {
  it("are one word of a shell, the very name", () => {
    const names = fc.sample(anyName, { numRuns: 60, seed: 1 }).map((name) => name.toWellFormed().replaceAll("\0", ""));
    const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${names.map((name) => shellWord(name)).join(" ")}`]);
    expect(printed.toString().split("\0").slice(0, -1)).toEqual(names);
  });

  it("are one string of ASCII in every language, and end no line", () => {
    fc.assert(
      fc.property(anyName, fc.constantFrom("python", "r", "julia"), (name, language) => {
        expect(quoted(name, language)).toMatch(
          /^"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\$]|\\u[\da-f]{4}|\\U[\da-f]{8})*"$/,
        );
      }),
    );
  });

  it("stay inside of their strings in all lines", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const form = { kind: "netcdf", file: `${name}.nc`, count: 2, options: { engine: name } } as const;
        for (const [id, text] of Object.entries(lines(form, { name, intake: [name], itemFile: "x" }))) {
          if (!id.startsWith("python")) continue;
          const bare = text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
          expect(bare).toBe(
            lines({ ...form, file: "a.nc", options: { engine: "a" } }, { name: "a", intake: ["a"], itemFile: "x" })[
              id
            ]!.replace(/"(?:[^"\\\n]|\\.)*"/g, '""'),
          );
        }
      }),
    );
  });
});
