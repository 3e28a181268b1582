/**
 * Scanning: 60 datasets cold, and 1 000 of which one changed.
 *
 * The datasets are copies of a real Zarr store (dropsondes of a HALO flight) with distinct titles, from
 * `../shared/data/zarr`, all on the embedded node. Beside it, what an analyst would run for the same facts: xarray
 * opens each store from disk and takes minimum and maximum of its coordinates (set PYTHON to one that has xarray).
 */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { data } from "../test/data.ts";
import { python } from "../test/servers/python.ts";
import { inScratch, inTurns, program, programName, row, run } from "./measure.ts";

const stores = data("zarr");
if (!stores) throw new Error("needs ../shared/data/zarr");

async function cold(folder: string, count: number): Promise<void> {
  const paths = await campaignOf(folder, count);
  const interpreter = await python();
  const results = await inTurns(3, {
    [programName]: async () => {
      await forget(folder);
      return run([...program, "scan", "--json", "--quiet"], { cwd: folder });
    },
    ...(interpreter && { "xarray, from disk": () => run([interpreter, "-c", byHand, ...paths]) }),
  });
  row(`scan ${count} datasets, cold, all local, whole command`, results);
}

async function oneChanged(folder: string, count: number): Promise<void> {
  await campaignOf(folder, count);
  await run([...program, "scan", "--json", "--quiet"], { cwd: folder });
  const results = await inTurns(3, {
    [programName]: async () => {
      await changeOne(folder);
      return run([...program, "scan", "--json", "--quiet"], { cwd: folder });
    },
  });
  row(`scan ${count} datasets, one changed, whole command`, results);
}

/** A campaign of `count` datasets, added and in tree.yaml. Gives the folders they were added from. */
async function campaignOf(folder: string, count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, i) => join(folder, "data", `d${i}.zarr`));
  for (const [i, path] of paths.entries()) await aStore(path, `Dropsondes, copy ${i}`);
  await writeFile(join(folder, "campaign.yaml"), "campaign: bench\n");
  await writeFile(join(folder, "tree.yaml"), "");
  const { stdout } = await run([...program, "add", "--json", "--quiet", ...paths], { cwd: folder });
  const cids = stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { cid: string }).cid);
  await writeFile(join(folder, "tree.yaml"), `products:\n${cids.map((cid, i) => `  d${i}.zarr: ${cid}\n`).join("")}`);
  return paths;
}

async function aStore(path: string, title: string): Promise<void> {
  await cp(join(stores!, "v2", "HALO-20240818a.zarr"), path, { recursive: true });
  for (const name of [".zattrs", ".zmetadata"]) {
    const text = await readFile(join(path, name), "utf8");
    await writeFile(join(path, name), text.replace(/"title": "[^"]*"/, `"title": ${JSON.stringify(title)}`));
  }
}

let changes = 0;

async function changeOne(folder: string): Promise<void> {
  const path = join(folder, "data", "d0.zarr");
  await aStore(path, `Dropsondes, changed ${++changes}`);
  const { stdout } = await run([...program, "add", "--json", "--quiet", path], { cwd: folder });
  const { cid } = JSON.parse(stdout) as { cid: string };
  const tree = await readFile(join(folder, "tree.yaml"), "utf8");
  await writeFile(join(folder, "tree.yaml"), tree.replace(/d0\.zarr: .*/, `d0.zarr: ${cid}`));
}

async function forget(folder: string): Promise<void> {
  await rm(join(folder, ".fieldtree", "remembered"), { recursive: true, force: true });
}

const byHand = `
import sys, xarray
for path in sys.argv[1:]:
    dataset = xarray.open_zarr(path)
    for name in ("lat", "lon", "launch_time"):
        dataset[name].min().values, dataset[name].max().values
    print(dataset.attrs["title"])
`;

await inScratch(async (folder) => {
  await cold(join(folder, "cold"), 60);
  await oneChanged(join(folder, "warm"), 1000);
});
