import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../fakes/parts.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";
import { python, runPython } from "../servers/python.ts";
import { writeSample } from "./make.ts";

const sample = "sample";
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();

it("is what `npm run sample` writes, byte for byte", async () => {
  const again = join(await temporaryFolder(), "sample");
  writeSample(again);

  expect(filesIn(again)).toEqual(filesIn(sample));
  for (const file of filesIn(sample)) {
    expect(readFileSync(join(again, file)).equals(readFileSync(join(sample, file))), file).toBe(true);
  }
});

it("is small", () => {
  const bytes = filesIn(sample).reduce((sum, file) => sum + statSync(join(sample, file)).size, 0);
  expect(bytes).toBeLessThan(200_000);
});

describe.skipIf(!(await kuboBinary()))("beside a real Kubo", () => {
  let kubo: Kubo;
  beforeAll(async () => {
    kubo = await startKubo();
  });
  afterAll(() => kubo.stop());

  it("has the CIDs that are in tree.yaml", async () => {
    const leaves = leavesOf(load(readFileSync("tree.yaml", "utf8")) as Folder);
    const found: Record<string, string> = {};
    for (const path of Object.keys(leaves)) {
      found[path] = await kubo.ipfs("add", "-r", "-H", "-Q", "--cid-version=1", "--only-hash", join(sample, path));
    }
    expect(found).toEqual(leaves);
  });
});

describe.skipIf(!(await python()))("to data users", () => {
  it.each([
    ["products/ALMA/surface_meteorology.zarr", { time: 432 }, "lat lon time"],
    ["products/KITE/KITE-20260126a/track.zarr", { time: 661 }, "lat lon time"],
    ["products/KITE/KITE-20260126a/dropsondes.zarr", { sonde: 8, alt: 151 }, "alt lat launch_time lon"],
  ])("%s opens in xarray without a warning", async (store, sizes, coordinates) => {
    const script = `
import json, sys, warnings, xarray
warnings.simplefilter("error")
opened = xarray.open_zarr(sys.argv[1])
opened.load()
print(json.dumps([dict(opened.sizes), " ".join(sorted(opened.coords))]))`;
    expect(JSON.parse(await runPython(script, [join(sample, store)]))).toEqual([sizes, coordinates]);
  });
});

interface Folder {
  readonly [name: string]: Folder | string;
}

function leavesOf(folder: Folder, below = ""): Record<string, string> {
  const leaves = Object.entries(folder).map(([name, value]) =>
    typeof value === "string" ? { [below + name]: value } : leavesOf(value, `${below}${name}/`),
  );
  return Object.assign({}, ...leaves);
}
