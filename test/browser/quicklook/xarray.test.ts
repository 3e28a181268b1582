/** What the quick-look draws is what xarray reads: of every variable, in every kind of plot that it can be drawn as. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogOf } from "../../../browser/quicklook/catalog.ts";
import { loadPlan, type PlotData } from "../../../browser/quicklook/load.ts";
import { type Part, type Plan, planOf, type Read } from "../../../browser/quicklook/plan.ts";
import { quantityOf } from "../../../browser/quicklook/values.ts";
import { decompressors } from "../../../browser/reading/decompressors.ts";
import type { OpenArrays } from "../../../pipeline/formats/arrays.ts";
import { coordinatesOf, product, strideOf } from "../../../pipeline/formats/codecs/block.ts";
import { openNetcdf } from "../../../pipeline/formats/netcdf/open.ts";
import { openZarr } from "../../../pipeline/formats/zarr/open.ts";
import { data } from "../../data.ts";
import { folderAt } from "../../fakes/folder.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";

interface Oracle {
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly values: readonly (number | null)[];
}

const sondes = data("zarr");
const soundings = data("dropsondes");

describe.skipIf(!(await python()))("values as xarray has them", () => {
  let folder: string;
  let oracle: Readonly<Record<string, Readonly<Record<string, Oracle>>>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fieldtree-quicklook-"));
    const others = [
      ...(sondes ? ["v2", "v3"].map((version) => join(sondes, version, "HALO-20240811a.zarr")) : []),
      ...(soundings ? [firstOf(join(soundings, "Level_1/HALO-20240831a"))] : []),
    ];
    const script = readFileSync("test/browser/quicklook/values.py", "utf8");
    oracle = JSON.parse(await runPython(script, [folder, ...others]));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("in every plot of every variable of every format", async () => {
    let plots = 0;
    for (const [path, variables] of Object.entries(oracle)) {
      const catalog = catalogOf(await open(path));
      expect(catalog.drawables.map(({ variable }) => variable.name).sort(), path).toEqual(
        Object.keys(variables).sort(),
      );
      for (const drawable of catalog.drawables)
        for (const kind of drawable.kinds) {
          const index = new Map(drawable.variable.dimensions.map((dimension) => [dimension, 1]));
          const plan = planOf(catalog, { drawable, kind, index, whole: true });
          expect(plan.part, path).toBeUndefined();
          const drawn = await loadPlan(catalog, plan);
          for (const [part, read] of plan.reads)
            check(drawn, part, read, plan, variables, `${path} ${drawable.variable.name} ${kind}`);
          plots++;
        }
    }
    expect(plots).toBeGreaterThan(150);
  });

  function check(
    drawn: PlotData,
    part: Part,
    read: Read,
    plan: Plan,
    variables: Readonly<Record<string, Oracle>>,
    what: string,
  ): void {
    const expected = boxed(variables[read.variable.name]!, read);
    const found = (drawn as unknown as Record<Part, { values: Float64Array }>)[part].values;
    const ordered = part === "value" && plan.kind === "field" ? turned(expected, read, plan) : expected;
    expect(found.length, `${what} ${part}`).toBe(ordered.length);
    const isTime = quantityOf(read.variable).time !== undefined;
    const wrong = ordered.findIndex((value, i) => !isAlike(value, found[i]!, isTime));
    if (wrong >= 0) expect.fail(`${what}: ${part} ${wrong} is ${found[wrong]}, to xarray it is ${ordered[wrong]}`);
  }
});

/** xarray unpacks some types in float32; times are exact to what a double of this size can tell. */
function isAlike(expected: number | null, found: number, isTime: boolean): boolean {
  if (expected === null) return Number.isNaN(found);
  return Math.abs(expected - found) <= (isTime ? 0.001 : 2e-7 * Math.max(1, Math.abs(expected)));
}

function boxed({ values, shape }: Oracle, { box }: Read): (number | null)[] {
  const stride = strideOf(shape);
  return Array.from({ length: product(box.count) }, (_, number) => {
    const at = coordinatesOf(number, box.count);
    return values[at.reduce((sum, each, i) => sum + (box.start[i]! + each) * stride[i]!, 0)]!;
  });
}

/** With x fastest. */
function turned(values: (number | null)[], { variable, box }: Read, { along }: Plan): (number | null)[] {
  const [y, x] = along.map((dimension) => variable.dimensions.indexOf(dimension)) as [number, number];
  if (y < x) return values;
  const [rows, columns] = [box.count[y]!, box.count[x]!];
  return Array.from({ length: rows * columns }, (_, i) => values[(i % columns) * rows + Math.floor(i / columns)]!);
}

async function open(path: string): Promise<OpenArrays> {
  if (path.endsWith(".zarr")) return openZarr(folderAt(path), decompressors, testWorld());
  return openNetcdf(rangesOf(readFileSync(path)), decompressors);
}

const firstOf = (folder: string) =>
  join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith(".nc"))
      .sort()[0]!,
  );
