/**
 * `npm run test:field`: fetching over bad links and on small machines, with the program itself, beside one CAR by curl.
 *
 * Takes some minutes, root for network namespaces, and 5 GB in FIELD_FOLDER or the temporary folder; what this machine can't
 * simulate is named and skipped. Words after it choose: `small`, `cut`, `loopback`, `memory`, `arm64`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { program, programName, run } from "../../bench/measure.ts";
import { onArm64 } from "./arm64.ts";
import { fieldLink, satellite, whyNoLinks } from "./link.ts";
import { add, addedCid, newCampaign, pulled, pullOf, randomFiles, serve, type Where } from "./site.ts";

const words = process.argv.slice(2);
const chosen = (name: string): boolean => words.length === 0 || words.includes(name);
const scratch = mkdtempSync(join(process.env.FIELD_FOLDER ?? tmpdir(), "fieldtree-field-"));
let failed = 0;
try {
  console.log(programName);
  const why = whyNoLinks();
  if (why !== undefined) console.log(`skipped, small and cut: ${why}`);
  if (why === undefined && chosen("small")) await small();
  if (why === undefined && chosen("cut")) await cut();
  if (chosen("loopback")) await loopback();
  if (chosen("memory")) await memory();
  if (chosen("arm64")) await arm64();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

function verdict(good: boolean, what: string): void {
  if (!good) failed++;
  console.log(`  ${good ? "✓" : "✗"} ${what}`);
}

/** One CAR by curl, from one end of a link or on loopback. */
function curl(url: string, cid: string): readonly string[] {
  const to = ["-o", join(scratch, "curl.car")];
  return ["curl", "-sf", "-H", "accept: application/vnd.ipld.car", ...to, `${url}/ipfs/${cid}?format=car`];
}

/** 119 kB in 65 files, over a satellite. */
async function small(): Promise<void> {
  console.log("119 kB in 65 files: 600 ms, 1 % loss, 300 kbit/s, private addresses");
  const link = await fieldLink(satellite);
  const ship = newCampaign(scratch, "ship");
  const cid = await add(ship, randomFiles(scratch, "small", 65, 1830, 13));
  const serving = await serve(ship, (command) => link.at("near", command));
  const url = `http://${link.near}:${serving.port}`;
  try {
    const far = (command: readonly string[]) => run(link.at("far", command), { cwd: shore, env });
    const env = { IPFS_GATEWAY: url };
    const shore = newCampaign(scratch, "shore");
    const car = await far(curl(url, cid));
    const pull = await far(pullOf(cid));
    const ratio = pull.seconds / car.seconds;
    verdict(
      ratio <= 1.5,
      `pull ${pull.seconds.toFixed(1)} s, ${ratio.toFixed(2)} × one CAR (${car.seconds.toFixed(1)} s)`,
    );
    const got = await run(link.at("far", [...program, "get", `ipfs://${cid}`, "-o", join(scratch, "got")]), {
      cwd: scratch,
      env,
    });
    const times = got.seconds / car.seconds;
    verdict(times <= 1.5, `get ${got.seconds.toFixed(1)} s, ${times.toFixed(2)} × one CAR`);
  } finally {
    serving.process.kill();
    await link.stop();
  }
}

/** 6 MB over the same link, which is cut for 8 s of each 60 s, while the program is killed now and then. */
async function cut(): Promise<void> {
  console.log("6 MB in 60 files: the same, cut for 8 s each minute, and kill -9 every 70 s");
  const link = await fieldLink({ ...satellite, cutEvery: 60, cutFor: 8 });
  const ship = newCampaign(scratch, "ship-cut");
  const cid = await add(ship, randomFiles(scratch, "cut", 60, 100_000, 12));
  const serving = await serve(ship, (command) => link.at("near", command));
  const shore = newCampaign(scratch, "shore-cut");
  let kills = 0;
  let code: number | null = null;
  while (code !== 0 && kills < 12) {
    const [command, ...args] = link.at("far", pullOf(cid));
    const env = { ...process.env, IPFS_GATEWAY: `http://${link.near}:${serving.port}` };
    const pulling = spawn(command, args, { cwd: shore, env, stdio: ["ignore", "ignore", "inherit"] });
    const over = new AbortController();
    const timer = sleep(70_000, undefined, over).then(
      () => pulling.kill("SIGKILL"),
      () => undefined,
    );
    [code] = (await once(pulling, "close")) as [number | null];
    over.abort();
    await timer;
    if (code !== 0) kills++;
  }
  serving.process.kill();
  const { far, cuts } = await link.stop();
  // Headers of IP and TCP are 52 of 1400 bytes.
  const payload = far.bytes * (1348 / 1400);
  const again = (payload - 6_000_000) / Math.max(1, cuts + kills);
  verdict(code === 0, `finished after ${cuts} cuts and ${kills} kills`);
  verdict(again <= 2 ** 20, `${Math.round(again / 1000)} kB came again for each of them, headers included`);
}

/** 1.2 GB on loopback. */
async function loopback(): Promise<void> {
  console.log("1.2 GB on loopback, no simulation");
  const ship = newCampaign(scratch, "ship-large");
  for (const [what, files, bytes] of [
    ["10 000 files", 10_000, 120_000],
    ["one file", 1, 1_200_000_000],
  ] as const) {
    const data = randomFiles(scratch, `large-${files}`, files, bytes, 1000);
    const cid = await add(ship, data);
    rmSync(data, { recursive: true });
    const serving = await serve(ship);
    const url = `http://127.0.0.1:${serving.port}`;
    const shore = newCampaign(scratch, `shore-${files}`);
    const car = await run(curl(url, cid));
    const pull = await run(pullOf(cid), { cwd: shore, env: { IPFS_GATEWAY: url } });
    serving.process.kill();
    const ratio = pull.seconds / car.seconds;
    const text = `${pull.seconds.toFixed(1)} s, ${ratio.toFixed(2)} × one CAR (${car.seconds.toFixed(1)} s)`;
    verdict(ratio <= 1.5, `pull of ${what} ${text}`);
    verdict(pull.memory < 250e6, `${Math.round(pull.memory / 1e6)} MB`);
    rmSync(shore, { recursive: true });
  }
  rmSync(ship, { recursive: true });
}

/** Everything in a cgroup of 160 MiB. `ulimit -v` is no substitute: it bounds addresses, of which V8 reserves gigabytes. */
async function memory(): Promise<void> {
  console.log("600 MB in a cgroup of 160 MiB");
  const group = cgroup(160 * 2 ** 20);
  if (!group) return console.log("  skipped: no cgroup with a limit of memory can be made");
  try {
    const ship = newCampaign(scratch, "ship-memory");
    const cid = await add(ship, randomFiles(scratch, "memory", 5000, 120_000, 500), group.where);
    verdict(true, "add finishes");
    await run(group.where([...program, "--quiet", "publish"]), { cwd: ship });
    verdict(true, "publish finishes");
    const serving = await serve(ship, group.where);
    const url = `http://127.0.0.1:${serving.port}`;
    await Promise.all(
      Array.from({ length: 20 }, () => run(["curl", "-sf", "-o", "/dev/null", `${url}/ipfs/${cid}?format=car`])),
    );
    verdict(serving.process.exitCode === null, "serve has given 20 readers 600 MB each");
    serving.process.kill();
    const open = await serve(ship);
    const shore = newCampaign(scratch, "shore-memory");
    const env = { IPFS_GATEWAY: `http://127.0.0.1:${open.port}` };
    const { blocks } = pulled((await run(group.where(pullOf(cid)), { cwd: shore, env })).stdout);
    open.process.kill();
    verdict(blocks > 5000, `pull finishes: ${blocks} blocks`);
  } finally {
    await sleep(500);
    group.remove();
  }
}

/** The sample, added on another processor. */
async function arm64(): Promise<void> {
  console.log("the sample on arm64, emulated");
  const there = await onArm64();
  if ("why" in there) return console.log(`  SKIPPED: ${there.why}`);
  const sample = join(import.meta.dirname, "../../sample");
  const addSample = ["--json", "--quiet", "add", sample, "--at", "raw/field"];
  const cids: string[] = [];
  for (const [name, command, env] of [
    ["here", program, {}],
    ["arm64", there.command, there.env],
  ] as const) {
    const { stdout } = await run([...command, ...addSample], { cwd: newCampaign(scratch, `sample-${name}`), env });
    cids.push(addedCid(stdout));
  }
  verdict(cids[0] === cids[1], `the same CID: ${cids[1]}`);
}

/** A group of processes with a limit of memory: cgroup v2, else v1. */
function cgroup(bytes: number): { readonly where: Where; remove(): void } | undefined {
  const places = [
    ["/sys/fs/cgroup", "memory.max"],
    ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
  ] as const;
  for (const [root, limit] of places) {
    const folder = join(root, `fieldtree-${process.pid}`);
    try {
      mkdirSync(folder);
      if (!existsSync(join(folder, limit))) throw new Error(`no ${limit}`);
      writeFileSync(join(folder, limit), `${bytes}`);
    } catch {
      if (existsSync(folder)) rmdirSync(folder);
      continue;
    }
    const enter = `echo $$ > ${folder}/cgroup.procs && exec "$@"`;
    return { where: (command) => ["sh", "-c", enter, "sh", ...command], remove: () => rmdirSync(folder) };
  }
  return undefined;
}
