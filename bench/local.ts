/**
 * Reading and storing what is on this machine, compared with Kubo without a daemon over the same blocks: `cat` and `get` of a large file,
 * `ls` of a large folder, one small file over HTTP, `fsck`, `gc`, and the first publish of very many datasets to a Kubo.
 *
 * `node bench/local.ts WORK…` measures some of them alone: cat, get, ls, http, fsck, gc, publish.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";
import { fresh, writeLarge, writeSmall } from "./files.ts";
import { inScratch, inTurns, program, programName, type Run, row, run } from "./measure.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: "string", default: "1073.741824" },
    small: { type: "string", default: "20000" },
    leaves: { type: "string", default: "5000" },
    turns: { type: "string", default: "3" },
  },
});
const turns = Number(values.turns);
const chosen = (work: string) => positionals.length === 0 || positionals.includes(work);
const kubo = await kuboBinary();
if (!kubo) throw new Error("there is no Kubo to compare with");

await inScratch(async (folder) => {
  const [large, small] = [join(folder, "large"), join(folder, "small")];
  writeLarge(large, Math.round(Number(values.large) * 1e6));
  mkdirSync(small);
  for (let i = 0; i < Number(values.small); i++) writeFileSync(join(small, `${i}.txt`), `file ${i}\n`);
  const cwd = fresh(folder, "campaign");
  const env = { IPFS_PATH: fresh(folder, "kubo"), IPFS_TELEMETRY: "off" };
  const ours = (...args: string[]) => run([...program, "--quiet", ...args], { cwd });
  const theirs = (...args: string[]) => run([kubo, ...args], { env });
  writeFileSync(join(cwd, "campaign.yaml"), "campaign: bench\n");
  writeFileSync(join(cwd, "tree.yaml"), "");
  await theirs("init", "--profile=test,server");
  const cids: string[] = [];
  for (const path of [large, small]) {
    const added = await ours("add", "--json", "--at", `data/${cids.length}`, path);
    cids.push(JSON.parse(added.stdout.trim().split("\n").at(-1)!).cid);
    await theirs("add", "-r", "-Q", "-H", "--cid-version=1", path);
  }
  const [largeCid, smallCid] = cids as [string, string];
  const both = async (work: string, mine: () => Promise<Run>, other: () => Promise<Run>) =>
    row(work, await inTurns(turns, { [programName]: mine, "Kubo, no daemon": other }));
  const shell = (command: readonly string[], how: object) =>
    run(["sh", "-c", `exec "$@" > /dev/null`, "sh", ...command], how);

  if (chosen("cat")) {
    const mine = () => shell([...program, "--quiet", "cat", `ipfs://${largeCid}`], { cwd });
    await both("cat of a large file", mine, () => shell([kubo, "cat", largeCid], { env }));
  }
  if (chosen("get")) {
    const target = join(folder, "got");
    const into = async (get: () => Promise<Run>) => {
      rmSync(target, { force: true, recursive: true });
      return get();
    };
    const mine = () => into(() => ours("get", `ipfs://${largeCid}`, "-o", target));
    await both("get of a large file", mine, () =>
      into(() => theirs("get", "--progress=false", "-o", target, largeCid)),
    );
  }
  if (chosen("ls")) {
    const mine = () => shell([...program, "ls", `ipfs://${smallCid}`], { cwd });
    await both("ls of a large folder", mine, () => shell([kubo, "ls", smallCid], { env }));
  }
  if (chosen("http")) await overHttp(cwd, largeCid, smallCid);
  if (chosen("fsck"))
    await both(
      "fsck, repo verify",
      () => ours("fsck"),
      () => theirs("repo", "verify"),
    );
  if (chosen("gc")) {
    const garbage = join(folder, "garbage");
    writeSmall(garbage, Number(values.small));
    const withGarbage = async (add: () => Promise<Run>, collect: () => Promise<Run>) => {
      await add();
      return collect();
    };
    const mine = () =>
      withGarbage(
        () => ours("add", garbage),
        () => ours("gc"),
      );
    const other = () =>
      withGarbage(
        () => theirs("add", "-r", "-Q", "--pin=false", "--cid-version=1", garbage),
        () => theirs("repo", "gc", "--quiet"),
      );
    await both("gc of as many files of 20 kB", mine, other);
  }
  if (chosen("publish")) await publishing(folder);

  async function overHttp(cwd: string, largeCid: string, smallCid: string): Promise<void> {
    const daemon = await startKubo();
    const car = join(folder, "data.car");
    for (const cid of [largeCid, smallCid]) {
      await ours("car", "export", cid, "--force", "--output", car);
      await daemon.ipfs("dag", "import", "--pin-roots=false", car);
      rmSync(car);
    }
    const served = spawn(program[0]!, [...program.slice(1), "serve", "--port", "0", "--json"], {
      cwd,
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [line] = (await once(createInterface(served.stdout!), "line")) as [string];
      const { url } = JSON.parse(line) as { url: string };
      const asked = async (base: string): Promise<Run> => {
        const began = performance.now();
        for (let i = 0; i < 2000; i++) await (await fetch(`${base}/ipfs/${smallCid}/${i}.txt`)).arrayBuffer();
        return { seconds: (performance.now() - began) / 1000, memory: 0, stdout: "" };
      };
      const streamed = (base: string) => run(["curl", "-sSf", "-o", "/dev/null", `${base}/ipfs/${largeCid}`]);
      for (const [work, ask] of [
        ["2 000 small files over HTTP, one after another", asked],
        ["a large file over HTTP", streamed],
      ] as const) {
        row(work, await inTurns(turns, { [programName]: () => ask(url), "Kubo's gateway": () => ask(daemon.gateway) }));
      }
    } finally {
      served.kill();
      await daemon.stop();
    }
  }
});

/** A new Kubo each time: what it has, it need not be sent again. */
async function publishing(folder: string): Promise<void> {
  const count = Number(values.leaves);
  const cwd = fresh(folder, "many");
  mkdirSync(join(cwd, "data"));
  for (let i = 0; i < count; i++) writeFileSync(join(cwd, "data", `${i}.txt`), `dataset ${i}\n`);
  const publish = async (node: (api: string) => string): Promise<Run> => {
    const daemon = await startKubo();
    try {
      rmSync(join(cwd, ".fieldtree"), { recursive: true, force: true });
      writeFileSync(join(cwd, "campaign.yaml"), `campaign: bench\n${node(daemon.api)}`);
      writeFileSync(join(cwd, "tree.yaml"), "");
      const lines = (await run([...program, "add", "--json", "data"], { cwd })).stdout.trim().split("\n");
      const root = JSON.parse(lines.at(-1)!).cid as string;
      const listed = await run([...program, "ls", "--json", `ipfs://${root}`], { cwd });
      const leaves = listed.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { path?: string; name?: string; cid: string });
      writeFileSync(join(cwd, "tree.yaml"), `d:\n${leaves.map(({ cid }, i) => `  l${i}: ${cid}\n`).join("")}`);
      return await run([...program, "--quiet", "publish"], { cwd });
    } finally {
      await daemon.stop();
    }
  };
  row(
    `first publish of ${count} leaves`,
    await inTurns(1, {
      "the embedded node": () => publish(() => ""),
      "a Kubo": () => publish((api) => `node: { kind: kubo, api: "${api}" }\n`),
    }),
  );
}
