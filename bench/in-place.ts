/**
 * Adding files without a second copy, beside `add` and beside `ipfs add --nocopy`: whole commands, from empty stores.
 *
 * `node bench/in-place.ts [--large MB] [--small COUNT] [--turns N]`; by default as `bench/add.ts`. Prints what each store takes
 * on the disk, too.
 */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kuboBinary } from "../test/servers/kubo.ts";
import { fresh, settled, writeLarge, writeSmall } from "./files.ts";
import { inScratch, inTurns, program, programName, type Run, row, run } from "./measure.ts";

const { values } = parseArgs({
  options: {
    large: { type: "string", default: "2147.483648" },
    small: { type: "string", default: "20000" },
    turns: { type: "string", default: "3" },
  },
});
const turns = Number(values.turns);

const kubo = await kuboBinary();
if (!kubo) throw new Error("there is no Kubo to compare with");

await inScratch(async (folder) => {
  const large = join(folder, "large");
  writeLarge(large, Math.round(Number(values.large) * 1e6));
  await compare(`one file of ${values.large} MB`, folder, large, []);
  rmSync(large);
  const small = join(folder, "small");
  writeSmall(small, Number(values.small));
  await compare(`${values.small} files of 20 kB`, folder, small, ["-r"]);
});

async function compare(what: string, folder: string, path: string, flags: readonly string[]): Promise<void> {
  const data = sizeOf(path);
  row(`add ${what} in place`, await inTurns(turns, contestants(folder, path, flags)));
  for (const store of ["in-place", "kubo"]) {
    const part = (100 * sizeOf(join(folder, store))) / data;
    console.log(`  ${`on the disk: ${store}`.padEnd(44)} ${part.toFixed(2).padStart(9)} % of the data`);
  }
}

function contestants(
  folder: string,
  path: string,
  flags: readonly string[],
): Readonly<Record<string, () => Promise<Run>>> {
  const ours = (name: string, ...more: string[]) => {
    const campaign = fresh(folder, name);
    writeFileSync(join(campaign, "campaign.yaml"), "campaign: bench\n");
    writeFileSync(join(campaign, "tree.yaml"), "");
    return settled(() => run([...program, "--quiet", "add", ...more, path], { cwd: campaign }));
  };
  return {
    [`${programName} --in-place`]: () => ours("in-place", "--in-place"),
    "the same, with copies": () => ours("copies"),
    "ipfs add --nocopy": async () => {
      const env = { IPFS_PATH: fresh(folder, "kubo"), IPFS_TELEMETRY: "off" };
      const ipfs = (...args: string[]) =>
        execFileSync(kubo!, args, { env: { ...process.env, ...env }, stdio: "ignore" });
      ipfs("init", "--profile=test");
      ipfs("config", "--json", "Experimental.FilestoreEnabled", "true");
      return settled(() => run([kubo!, "add", "--nocopy", "--cid-version=1", "-Q", ...flags, path], { env }));
    },
  };
}

/** Bytes of the files at a path, as the disk has them. */
function sizeOf(path: string): number {
  return Number(execFileSync("du", ["-sk", path], { encoding: "utf8" }).split("\t")[0]) * 1024;
}
