/** One reference for files that continue one another: it reads as xarray joins them, or says why there is none. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import type { FilePart, References } from "../../../pipeline/formats/reader.ts";
import { smallNetcdf } from "../../fakes/netcdf3.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";
import { python } from "../../servers/python.ts";

const reader = netcdf(decompressors);
const joined = (parts: readonly FilePart[]) => reader.files!.joinedReferences!(parts, testWorld());

const part = (name: string, bytes: Uint8Array): FilePart => ({
  name,
  url: `ipfs://${name}`,
  open: async () => rangesOf(bytes),
});

/** Hours `from` to `to`, with a value for each. */
function hours(from: number, to: number, globals = {}, units = "hours since 2024-08-01"): Uint8Array {
  const values = Array.from({ length: to - from }, (_, i) => from + i);
  const time = { attributes: { units }, values };
  return smallNetcdf({ time, ta: { attributes: { units: "K" }, values: values.map((hour) => 300 + hour) } }, globals);
}

interface Parsed {
  readonly refs: Readonly<Record<string, unknown>>;
  readonly leftOut: readonly string[];
}

function parsed(references: References): Parsed {
  if ("why" in references) throw new Error(references.why);
  return { refs: JSON.parse(references.json).refs, leftOut: references.leftOut };
}

describe("the reference of files that continue one another", () => {
  it("has their values one after another, in the order of their coordinate, whatever their names", async () => {
    const parts = [part("b.nc", hours(0, 200)), part("a.nc", hours(200, 300))];
    const { refs } = parsed(await joined(parts));
    expect(JSON.parse(refs["ta/.zarray"] as string)).toMatchObject({ shape: [300] });
    const times = Buffer.from((refs["time/0"] as string).slice("base64:".length), "base64");
    expect([0, 199, 200, 299].map((i) => times.readDoubleLE(8 * i))).toEqual([0, 199, 200, 299]);
  });

  it("has the attributes that are the same in all of them, and tells the others", async () => {
    const files = [
      hours(0, 5, { title: "hours", history: "of May" }),
      hours(5, 9, { title: "hours", history: "of June" }),
    ];
    const { refs, leftOut } = parsed(await joined(files.map((bytes, i) => part(`${i}.nc`, bytes))));
    expect(JSON.parse(refs[".zattrs"] as string)).toEqual({ title: "hours" });
    expect(leftOut).toEqual(["history: not the same in all files, of the dataset"]);
  });

  it("is the same bytes each time, in whichever order the files are given", async () => {
    const parts = [0, 10, 20, 30, 40, 50].map((from) => part(`${from}.nc`, hours(from, from + 10)));
    const [first, second] = [await joined(parts), await joined(parts.toReversed())];
    expect(second).toEqual(first);
    expect("json" in first).toBe(true);
  });

  it("is none where they don't, in a sentence that says why", async () => {
    const whyOf = async (...files: readonly Uint8Array[]) => joined(files.map((bytes, i) => part(`${i}.nc`, bytes)));
    expect(await whyOf(hours(0, 5), hours(4, 9))).toEqual({ why: "time of 1.nc begins before that of 0.nc ends" });
    expect(await whyOf(hours(0, 5), hours(0, 5))).toEqual({ why: "no coordinate tells 0.nc from 1.nc" });
    expect(await whyOf(hours(0, 5), hours(5, 9, {}, "hours since 2024-08-02"))).toEqual({
      why: "time differs in units between 0.nc and 1.nc",
    });
  });

  it("is none where one is damaged, and fails where one is out of reach", async () => {
    const whole = part("a.nc", hours(0, 5));
    const damaged = await joined([whole, part("b.nc", hours(5, 9).subarray(0, 20))]);
    expect(damaged).toEqual({ why: expect.stringMatching(/^b\.nc: /) });
    const open = () => Promise.reject(new Failure("unavailable", "no node has it"));
    await expect(joined([whole, { name: "b.nc", url: "ipfs://b", open }])).rejects.toMatchObject({
      kind: "unavailable",
    });
  });
});

const havePython = await python();

/** Cases of joined.py that have no reference, and why. */
const separate: Readonly<Record<string, string>> = {
  "another-unit": "time differs in units between part0.nc and part1.nc",
  "another-scale": "ta differs in scale_factor between part0.nc and part1.nc",
  "another-grid": "lon of part1.nc begins before that of part0.nc ends",
  "another-launch": "launch has no time and other values in part1.nc than in part0.nc",
  "another-place": "time and lon change from part0.nc to part1.nc",
  "another-chunk": "ta differs in chunks between part0.nc and part1.nc",
  "another-variable": "flag is only in one of part0.nc and part1.nc",
  "another-type": "ta differs in type between part0.nc and part1.nc",
  overlap: "time of part1.nc begins before that of part0.nc ends",
  "half-chunks": "ta is in chunks of 512 along time, and part0.nc has 20000, so that its last chunk is not whole",
};

describe.skipIf(!havePython)("of files that netCDF writes", { timeout: 120_000 }, () => {
  let folder: string;
  const outcomes = new Map<string, References>();
  let compared: Readonly<Record<string, { variables: string[]; missing: string[]; different: string[] }>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fieldtree-joined-"));
    const script = join(import.meta.dirname, "joined.py");
    await execa(havePython!, [script, "make", folder]);
    const args: string[] = [];
    for (const name of await readdir(folder)) {
      const files = await readdir(join(folder, name));
      const parts = await Promise.all(
        files.map(async (file) => {
          const path = join(folder, name, file);
          return { ...part(file, await readFile(path)), url: `file://${path}` };
        }),
      );
      const references = await joined(parts);
      outcomes.set(name, references);
      if ("why" in references) continue;
      const reference = join(folder, `${name}.json`);
      await writeFile(reference, references.json);
      args.push(join(folder, name), reference, "time");
    }
    compared = JSON.parse((await execa(havePython!, [script, "compare", ...args])).stdout);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const joinedCases = ["days", "short-last", "contiguous", "classic", "classic-fixed", "unordered", "falling", "texts"];
  it.each([...joinedCases, "groups", "unwritten"])(
    "through the reference of %s, xarray reads what it reads of all files",
    (name) => {
      expect(outcomes.get(name)).not.toHaveProperty("why");
      const { variables, missing, different } = compared[name]!;
      expect(different).toEqual([]);
      expect(missing).toEqual(name === "unwritten" ? ["cmpd"] : []);
      expect(variables.length).toBeGreaterThan(3);
    },
  );

  it.each(Object.entries(separate))("%s has none: %s", (name, why) => {
    expect(outcomes.get(name)).toEqual({ why });
  });
});
