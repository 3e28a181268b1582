/**
 * Adding files, whole command, beside `ipfs add` without a daemon: both put everything on the disk before they end.
 *
 * `node bench/add.ts [--large MB] [--small COUNT] [--turns N]`; by default 2 147 MB in one file, 20 000 files of 20 kB,
 * and the best of three turns each. Needs room for five times the large file in BENCH_FOLDER or the temporary folder.
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
  row(`add one file of ${values.large} MB`, await inTurns(turns, contestants(folder, large, [])));
  rmSync(large);

  const small = join(folder, "small");
  writeSmall(small, Number(values.small));
  row(`add ${values.small} files of 20 kB`, await inTurns(turns, contestants(folder, small, ["-r", "-H"])));
});

/** Each starts from an empty store, and what came before has reached the disk: nobody pays for another. */
function contestants(
  folder: string,
  path: string,
  flags: readonly string[],
): Readonly<Record<string, () => Promise<Run>>> {
  return {
    [programName]: async () => {
      const campaign = fresh(folder, "campaign");
      writeFileSync(join(campaign, "campaign.yaml"), "campaign: bench\n");
      writeFileSync(join(campaign, "tree.yaml"), "");
      return settled(() => run([...program, "--quiet", "add", path], { cwd: campaign }));
    },
    "ipfs add --cid-version=1": async () => {
      const env = { IPFS_PATH: fresh(folder, "kubo"), IPFS_TELEMETRY: "off" };
      execFileSync(kubo!, ["init", "--profile=test"], { env: { ...process.env, ...env }, stdio: "ignore" });
      return settled(() => run([kubo!, "add", "--cid-version=1", "-Q", ...flags, path], { env }));
    },
  };
}
