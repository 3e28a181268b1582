/**
 * NetCDF: describing files of several kinds, and a cold scan of a folder of 1 000 sondes.
 *
 * All files are generated: `test/formats/netcdf/large.py`, `sondes.py`. Compared with what an analyst would run for the same
 * facts: xarray opens each file and takes minimum and maximum of its coordinates. Whole commands, their start included. Blocks
 * are those of UnixFS that a description reads; `test/formats/netcdf/cost.test.ts` asserts them, and the rounds.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { largeFiles } from "../test/formats/netcdf/files.ts";
import { python } from "../test/servers/python.ts";
import { inScratch, inTurns, program, programName, row, run } from "./measure.ts";

const [interpreter, files] = [await python(), await largeFiles()];
if (!interpreter || !files) throw new Error("needs Python with xarray, as the tests do");

const sondes = Number(process.env.BENCH_SONDES ?? 1000);

const byHand = `
import sys, xarray
for path in sys.argv[1:]:
    with xarray.open_dataset(path) as dataset:
        for name in ("time", "lat", "lon"):
            if name in dataset:
                dataset[name].min().values, dataset[name].max().values
`;
const xarray = (paths: readonly string[]) => run([interpreter, "-c", byHand, ...paths]);

async function describing(what: string, names: readonly string[]): Promise<void> {
  const paths = names.map((name) => join(files!, name));
  const ours = [process.execPath, fileURLToPath(new URL("describe-files.ts", import.meta.url)), ...paths];
  const results = await inTurns(3, {
    "fieldtree's reader (from sources)": () => run(ours),
    xarray: () => xarray(paths),
  });
  const blocks = Object.values(results)[0]?.stdout.trim();
  row(`describe ${what}: ${blocks} blocks`, results);
}

/** From the local node, items and all; nothing is remembered. */
async function scanning(folder: string): Promise<void> {
  const data = join(folder, "sondes");
  await mkdir(data);
  await run([interpreter!, fileURLToPath(new URL("sondes.py", import.meta.url)), data, String(sondes)]);
  await writeFile(join(folder, "campaign.yaml"), "campaign: bench\n");
  await writeFile(join(folder, "tree.yaml"), "");
  const added = await run([...program, "add", "--json", "--quiet", data], { cwd: folder });
  const { cid } = JSON.parse(added.stdout) as { cid: string };
  await writeFile(join(folder, "tree.yaml"), `sondes: ${cid}\n`);
  const paths = (await readdir(data)).sort().map((name) => join(data, name));
  const results = await inTurns(2, {
    [programName]: async () => {
      await rm(join(folder, ".fieldtree", "remembered"), { recursive: true, force: true });
      return run([...program, "scan", "--json", "--quiet"], { cwd: folder });
    },
    xarray: () => xarray(paths),
  });
  row(`scan ${sondes} sondes of 374 kB, cold, all local, whole command`, results);
}

await describing("a sonde", ["sonde-00.nc"]);
await describing(
  "15 sondes",
  Array.from({ length: 15 }, (_, i) => `sonde-${String(i).padStart(2, "0")}.nc`),
);
await describing("a grid of 66 MB", ["grid-66MB.nc"]);
await describing("a grid of 1 GB", ["grid-1GB.nc"]);
await describing("a sparse grid of 50 GB, coordinates at its end", ["grid-50GB.nc"]);
await describing("400 variables", ["400-variables.nc"]);
await inScratch(scanning);
