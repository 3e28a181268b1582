import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import { exactJson, Float } from "../../../pipeline/formats/netcdf/references/exact-json.ts";
import { splitShape } from "../../../pipeline/formats/netcdf/references/split.ts";
import type { References } from "../../../pipeline/formats/reader.ts";
import { recordsFile as records } from "../../fakes/netcdf.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";
import { netcdfFiles } from "./files.ts";

const reader = netcdf(decompressors);
const url = "ipfs://bafkreiexample";

type Pointed = string | readonly [url: string, offset: number, length: number];
interface Made {
  readonly refs: Readonly<Record<string, Pointed>>;
  readonly leftOut: readonly string[];
  readonly json: string;
}

const referencesOf = (bytes: Uint8Array, at = url): Promise<References> =>
  reader.files!.references!(withBlocks(rangesOf(bytes)), at, testWorld());

async function made(bytes: Uint8Array, at = url): Promise<Made> {
  const references = await referencesOf(bytes, at);
  if ("why" in references) throw new Error(references.why);
  const { json, leftOut } = references;
  return { refs: JSON.parse(json).refs, leftOut, json };
}

/** Of `.zarray` or `.zattrs`. */
const metadata = ({ refs }: Made, key: string) => JSON.parse(refs[key] as string);

describe("the reference of a NetCDF-3 file", () => {
  it("points to each record of a variable, with those of others between them", async () => {
    const bytes = records(40_000);
    const found = await made(bytes);
    expect(metadata(found, "v/.zarray")).toMatchObject({ shape: [40_000, 3], chunks: [1, 3], dtype: ">i2" });
    expect(metadata(found, "v/.zattrs")).toEqual({ _ARRAY_DIMENSIONS: ["time", "x"] });
    const [at, offset, length] = found.refs["v/7.0"] as [string, number, number];
    expect(at).toBe(url);
    expect([...bytes.subarray(offset, offset + length)]).toEqual([0, 21, 0, 22, 0, 23]);
    expect(found.leftOut).toEqual([]);
  });

  it("has what is small in itself, where pointing to it would take more room", async () => {
    const { refs } = await made(records(100));
    expect(refs["w/0"]).toBe(`base64:${Buffer.from([0, 100, 0, 101, 0, 102]).toString("base64")}`);
    const times = Buffer.from((refs["t/0"] as string).slice("base64:".length), "base64");
    expect(JSON.parse(refs["t/.zarray"] as string)).toMatchObject({ chunks: [100], dtype: "<f8" });
    expect([times.readDoubleLE(8), times.readDoubleLE(99 * 8)]).toEqual([0.5, 49.5]);
  });

  it("is the same bytes each time, and follows the file's address", async () => {
    const [first, second, other] = await Promise.all([
      made(records(40_000)),
      made(records(40_000)),
      made(records(40_000), "ipfs://bafkreiother"),
    ]);
    expect(second.json).toBe(first.json);
    expect(other.json).toBe(first.json.replaceAll(url, "ipfs://bafkreiother"));
  });

  it("is none where it would be too large, and says how large", async () => {
    const references = await referencesOf(records(60_000));
    expect(references).toEqual({ why: "its values are in 120000 chunks; a reference has at most 100000" });
  });
});

describe("what lies in a file as a whole", () => {
  it.each([
    { shape: [1000, 1000], itemSize: 4, chunk: [1000, 1000] },
    { shape: [12_500, 1000, 1000], itemSize: 4, chunk: [1, 1000, 1000] },
    { shape: [4, 5000, 5000], itemSize: 4, chunk: [1, 200, 5000] },
    { shape: [10_000_019], itemSize: 8, chunk: [10_000_019] },
    { shape: [0, 10], itemSize: 8, chunk: [0, 10] },
    { shape: [], itemSize: 8, chunk: [] },
  ])("$shape is cut into equal parts of few MB: $chunk", ({ shape, itemSize, chunk }) => {
    expect(splitShape(shape, itemSize)).toEqual(chunk);
    for (const [i, length] of chunk.entries()) expect(shape[i]! % Math.max(1, length)).toBe(0);
  });
});

it("writes numbers as Python reads them: integers whole, floats as floats, NaN and infinities by name", () => {
  const values = { big: -9_223_372_036_854_775_806n, one: new Float(1), small: new Float(-0), list: [Number.NaN, 7] };
  expect(exactJson({ ...values, infinite: new Float(Number.NEGATIVE_INFINITY), text: "ü\n" })).toBe(
    '{"big":-9223372036854775806,"one":1.0,"small":-0.0,"list":[NaN,7],"infinite":-Infinity,"text":"ü\\n"}',
  );
});

const files = await netcdfFiles();
/** Files that netCDF-C reads otherwise: see classic.test.ts. */
const differing = ["cut100-grid-cdf1.nc", "cut200-grid-cdf1.nc", "streamed-cdf1.nc", "too-many-records-cdf1.nc"];
const names = files?.names.filter((name) => files.oracle[name]?.by === "netCDF4" && !differing.includes(name)) ?? [];
/** What is no part of the reference, of which `leftOut` says why. */
const lacking: Readonly<Record<string, readonly string[]>> = {
  "cut-1000-grid-cdf1.nc": ["packed"],
  "cut-2-grid-cdf1.nc": ["packed"],
  "cut-300-grid-cdf1-fixed.nc": ["packed", "crs", "flag"],
  "grid-szip.nc": ["ta", "packed"],
  "types.nc": ["cmpd", "vlen"],
  "virtual.h5": ["external", "virtual"],
};

interface Compared {
  readonly variables: readonly string[];
  readonly missing: readonly string[];
  readonly different: readonly string[];
}

describe.skipIf(!files)("through a reference, xarray reads", { timeout: 180_000 }, () => {
  const leftOut = new Map<string, readonly string[]>();
  let compared: Readonly<Record<string, Compared>>;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-references-"));
    afterAll(() => rm(folder, { recursive: true, force: true }));
    const args: string[] = [];
    for (const name of names) {
      const references = await made(files!.bytes(name), `file://${files!.path(name)}`);
      leftOut.set(name, references.leftOut);
      args.push(files!.path(name), join(folder, `${name}.json`));
      await writeFile(args.at(-1)!, references.json);
    }
    const { stdout } = await execa((await python())!, [join(import.meta.dirname, "references.py"), ...args]);
    compared = JSON.parse(stdout);
  }, 180_000);

  it("many kinds of files", () => {
    expect(Object.values(compared).flatMap(({ variables }) => variables).length).toBeGreaterThan(300);
  });

  it.each(names)("of %s every value, attribute and dimension that netCDF4 reads", (name) => {
    const { missing, different } = compared[name]!;
    expect(different).toEqual([]);
    expect(missing).toEqual(lacking[name] ?? []);
    expect(
      leftOut
        .get(name)!
        .map((each) => each.split(":")[0])
        .sort(),
    ).toEqual([...missing].sort());
  });
});

/** Arrays of HDF5 that netCDF never writes; each too large to be put into the reference. */
const unusual = `
import h5py, numpy as np, sys
with h5py.File(sys.argv[1], "w", libver="latest") as f:
    values = np.arange(40_000, dtype="i4")
    masked = f.create_dataset("masked", (40_000,), "i4", chunks=(20_000,), compression="gzip")
    masked[:20_000] = 1
    masked.id.write_direct_chunk((20_000,), values[:20_000].tobytes(), filter_mask=1)
    f.create_dataset("lzf", data=values, chunks=(20_000,), compression="lzf")
    f.create_dataset("small_lzf", data=values[:1000], chunks=(500,), compression="lzf")
    f.create_dataset("zeros", (40_000,), "i4", chunks=(20_000,))[:20_000] = values[:20_000]
    holes = dict(chunks=(20_000,), fillvalue=7)
    f.create_dataset("sevens", (40_000,), "i4", **holes)[:20_000] = values[:20_000]
    named = f.create_dataset("named", (40_000,), "i4", **holes)
    named[:20_000], named.attrs["_FillValue"] = values[:20_000], np.int32(7)
    other = f.create_dataset("other", (40_000,), "f4", chunks=(20_000,))
    other[:20_000], other.attrs["_FillValue"] = values[:20_000], np.float32(-999)
    f.create_dataset("fraction", data=values).attrs["_FillValue"] = 0.5
`;

describe.skipIf(!files)("the reference of an HDF5 file", () => {
  let found: Made;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-references-"));
    afterAll(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "unusual.h5");
    await runPython(unusual, [path]);
    found = await made(await readFile(path));
  });

  it("lacks what Zarr has no form for, and says why", () => {
    expect(found.leftOut.map((each) => each.replace(/, which Zarr.*| \(.*/, "")).sort()).toEqual([
      "lzf: numcodecs has no codec for HDF5's filter lzf",
      "masked: filters were left out for some of its chunks",
      "sevens: parts of it were never written and are 7, which readers of Zarr would take for missing",
    ]);
  });

  it("has the values of what is small, whatever filters they have in the file", () => {
    const bytes = Buffer.from((found.refs["small_lzf/0"] as string).slice(7), "base64");
    expect([bytes.length, bytes.readInt32LE(4 * 999)]).toEqual([4000, 999]);
  });

  it("has a fill value only where the file says what is missing, or where parts were never written", () => {
    const fill = (name: string) => metadata(found, `${name}/.zarray`).fill_value;
    expect(["zeros", "named", "other", "fraction"].map(fill)).toEqual([null, 7, null, null]);
    expect(metadata(found, "other/.zattrs")._FillValue).toBe(-999);
    expect(metadata(found, "fraction/.zattrs")._FillValue).toBe(0.5);
    expect(Object.keys(found.refs)).not.toContain("zeros/1");
  });
});
