/**
 * Scanning: 60 datasets cold, and 1 000 of which one changed.
 *
 * The datasets are copies of a real Zarr store (dropsondes of a HALO flight) with distinct titles, from
 * `../shared/data/zarr`, on the embedded node, and once behind gateways of which one never answers. Compared with what an analyst would run for the same facts: xarray
 * opens each store from disk and takes minimum and maximum of its coordinates (set PYTHON to one that has xarray).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
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

/** The datasets of `near`, scanned by a campaign that has none of them: over one gateway, and over a silent one as well. */
async function behindGateways(near: string, far: string): Promise<void> {
  const serving = spawn(program[0]!, [...program.slice(1), "serve", "--port", "0", "--json"], { cwd: near });
  const silent = createServer().listen(0, "127.0.0.1");
  try {
    const [line] = (await once(serving.stdout, "data")) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    const port = (silent.address() as AddressInfo).port;
    const over =
      (...gateways: string[]) =>
      async () => {
        await rm(far, { recursive: true, force: true });
        await mkdir(far);
        await cp(join(near, "tree.yaml"), join(far, "tree.yaml"));
        await writeFile(join(far, "campaign.yaml"), `campaign: far\ngateways: ${JSON.stringify(gateways)}\n`);
        return run([...program, "scan", "--json", "--quiet"], { cwd: far });
      };
    const results = await inTurns(3, {
      "one gateway": over(url),
      "one that never answers, and that one": over(`http://127.0.0.1:${port}`, url),
    });
    row("scan 60 datasets, cold, behind gateways, whole command", results);
  } finally {
    serving.kill("SIGINT");
    silent.close();
  }
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
  await behindGateways(join(folder, "cold"), join(folder, "far"));
});
