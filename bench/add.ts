/**
 * Adding files, whole command, compared with `ipfs add` without a daemon: both put everything on the disk before they end.
 *
 * `node bench/add.ts [--large MB] [--small COUNT] [--turns N]`; by default 2 147 MB in one file, 20 000 files of 20 kB,
 * and the best of three turns each. Needs room for five times the large file in BENCH_FOLDER or the temporary folder.
 */
import { execFileSync } from "node:child_process";
import { addToCampaign, compareAdding } from "./adding.ts";
import { fresh, settled } from "./files.ts";
import { inTurns, programName, row, run } from "./measure.ts";

/** Each starts from an empty store, and what came before has reached the disk: no program pays for another. */
await compareAdding(async (toAdd) => {
  const { what, kind, path, folder, kubo, turns } = toAdd;
  const flags = kind === "large" ? [] : ["-r", "-H"];
  const runs = await inTurns(turns, {
    [programName]: () => addToCampaign(toAdd, "campaign"),
    "ipfs add --cid-version=1": async () => {
      const env = { IPFS_PATH: fresh(folder, "kubo"), IPFS_TELEMETRY: "off" };
      execFileSync(kubo, ["init", "--profile=test"], { env: { ...process.env, ...env }, stdio: "ignore" });
      return settled(() => run([kubo, "add", "--cid-version=1", "-Q", ...flags, path], { env }));
    },
  });
  row(`add ${what}`, runs);
});
