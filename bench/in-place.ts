/**
 * Adding files without a second copy, compared with `add` and with `ipfs add --nocopy`: whole commands, from empty stores.
 *
 * `node bench/in-place.ts [--large MB] [--small COUNT] [--turns N]`; by default as `bench/add.ts`. Prints what each store takes
 * on the disk, too.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { addToCampaign, compareAdding } from "./adding.ts";
import { fresh, settled } from "./files.ts";
import { inTurns, programName, row, run } from "./measure.ts";

await compareAdding(async (toAdd) => {
  const { what, kind, path, folder, kubo, turns } = toAdd;
  const flags = kind === "large" ? [] : ["-r"];
  const data = sizeOf(path);
  const runs = await inTurns(turns, {
    [`${programName} --in-place`]: () => addToCampaign(toAdd, "in-place", "--in-place"),
    "the same, with copies": () => addToCampaign(toAdd, "copies"),
    "ipfs add --nocopy": async () => {
      const env = { IPFS_PATH: fresh(folder, "kubo"), IPFS_TELEMETRY: "off" };
      const ipfs = (...args: string[]) =>
        execFileSync(kubo, args, { env: { ...process.env, ...env }, stdio: "ignore" });
      ipfs("init", "--profile=test");
      ipfs("config", "--json", "Experimental.FilestoreEnabled", "true");
      return settled(() => run([kubo, "add", "--nocopy", "--cid-version=1", "-Q", ...flags, path], { env }));
    },
  });
  row(`add ${what} in place`, runs);
  for (const store of ["in-place", "kubo"]) {
    const part = (100 * sizeOf(join(folder, store))) / data;
    console.log(`  ${`on the disk: ${store}`.padEnd(44)} ${part.toFixed(2).padStart(9)} % of the data`);
  }
});

/** Bytes of the files at a path, as the disk has them. */
function sizeOf(path: string): number {
  return Number(execFileSync("du", ["-sk", path], { encoding: "utf8" }).split("\t")[0]) * 1024;
}
