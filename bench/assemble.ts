/**
 * From leaves to a root: in this process, and as the whole command compared with what a campaign does without fieldtree.
 *
 * `node bench/assemble.ts [leaves for the RPC part, default 10 000]`. The peers put each leaf into a real Kubo's MFS: one
 * `ipfs files` process a line, as the reference's script does it, and one `files/cp` call a line over one connection.
 * Take the ratios, not the seconds.
 */
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Assembly, assembly } from "../pipeline/dag/assemble.ts";
import type { Block } from "../pipeline/dag/block.ts";
import { fileOf } from "../pipeline/dag/build/file.ts";
import { carOf } from "../pipeline/dag/car.ts";
import { profiles } from "../pipeline/dag/profile.ts";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";
import { inScratch, inTurns, program, programName, row, run } from "./measure.ts";

const profile = profiles["cid-v1"];

/** Leaves as a campaign has them, two and a half a folder, and the blocks behind them. */
function campaignOf(count: number) {
  const blocks: Block[] = [];
  const leaves = Array.from({ length: count }, (_, i) => {
    const { cid, tsize } = fileOf(Buffer.from(`dataset ${i}`), profile, (block) => blocks.push(block));
    const flight = Math.floor(i / 2.5);
    return {
      path: `products/platform-${flight % 7}/instrument-${flight % 41}/flight-${flight}/level-${i}.zarr`,
      cid,
      tsize,
    };
  });
  return { leaves, blocks };
}

function inProcess(count: number): void {
  const { leaves } = campaignOf(count);
  const drop = () => {};
  // The best of three: the first has the compiler to wait for.
  const [fastest] = [1, 2, 3]
    .map(() =>
      timed(() => {
        const tree = assembly(leaves, profile);
        tree.root(drop);
        return tree;
      }),
    )
    .sort((a, b) => a.took - b.took) as [Timed<Assembly>, ...Timed<Assembly>[]];
  const changed = timed(() => {
    fastest.result.set(leaves[count >> 1]!.path, { cid: leaves[0]!.cid, tsize: 1 });
    return fastest.result.root(drop);
  });
  console.log(`${count} leaves in process: ${ms(fastest)}; one of them changed: ${ms(changed)}`);
}

async function wholeCommand(count: number, peer: "a process a line" | "one connection"): Promise<void> {
  await inScratch(async (folder) => {
    const { leaves, blocks } = campaignOf(count);
    const parts: Uint8Array[] = [];
    for await (const part of carOf([], blocks)) parts.push(part);
    const car = join(folder, "leaves.car");
    await writeFile(car, Buffer.concat(parts));
    await writeFile(join(folder, "campaign.yaml"), "campaign: bench\n");
    await writeFile(join(folder, "tree.yaml"), yamlOf(leaves));
    await run([...program, "car", "import", car], { cwd: folder });

    const kubo = await startKubo();
    try {
      await kubo.ipfs("dag", "import", "--pin-roots=false", car);
      const ours = await inTurns(3, {
        [programName]: async () => {
          await rm(join(folder, ".fieldtree", "remembered"), { recursive: true, force: true });
          return run([...program, "--json", "plan"], { cwd: folder });
        },
      });
      const began = performance.now();
      if (peer === "one connection") await overRpc(kubo.api, leaves);
      else for (const args of mfsCalls(leaves)) await kubo.ipfs("files", ...args);
      const seconds = (performance.now() - began) / 1000;
      const stdout = (await kubo.ipfs("files", "stat", "--hash", "/bench")).trim();
      const { root } = JSON.parse(ours[programName]!.stdout);
      if (root !== stdout) throw new Error(`Kubo built ${stdout}, fieldtree ${root}`);
      row(`assemble ${count} leaves, whole command, same root`, {
        ...ours,
        [`Kubo's MFS, ${peer}`]: { seconds, memory: 0, stdout },
      });
    } finally {
      await kubo.stop();
    }
  });
}

type Leaves = ReturnType<typeof campaignOf>["leaves"];

function mfsCalls(leaves: Leaves): string[][] {
  const folders = new Set(leaves.map(({ path }) => dirname(path)));
  return [
    ["mkdir", "--cid-version=1", "/bench"],
    ...[...folders].map((path) => ["mkdir", "-p", "--cid-version=1", `/bench/${path}`]),
    ...leaves.map(({ path, cid }) => ["cp", `/ipfs/${cid}`, `/bench/${path}`]),
  ];
}

async function overRpc(api: string, leaves: Leaves): Promise<void> {
  for (const [verb, ...args] of mfsCalls(leaves)) {
    const query = new URLSearchParams(args.filter((arg) => !arg.startsWith("-")).map((arg) => ["arg", arg]));
    if (args.includes("-p")) query.set("parents", "true");
    if (verb === "mkdir") query.set("cid-version", "1");
    const response = await fetch(`${api}/api/v0/files/${verb}?${query}`, { method: "POST" });
    if (!response.ok) throw new Error(`files/${verb}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}

/** A tree.yaml of these leaves; folders come in the order of their first leaf. */
function yamlOf(leaves: Leaves): string {
  const lines: string[] = [];
  let open: string[] = [];
  for (const { path, cid } of leaves.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const names = path.split("/");
    const folders = names.slice(0, -1);
    const shared = folders.findIndex((name, depth) => open[depth] !== name);
    for (let depth = shared < 0 ? folders.length : shared; depth < folders.length; depth++)
      lines.push(`${"  ".repeat(depth)}${folders[depth]}:`);
    lines.push(`${"  ".repeat(folders.length)}${names.at(-1)}: ${cid}`);
    open = folders;
  }
  return `${lines.join("\n")}\n`;
}

interface Timed<T> {
  readonly result: T;
  /** ms */
  readonly took: number;
}

function timed<T>(work: () => T): Timed<T> {
  const start = performance.now();
  const result = work();
  return { result, took: performance.now() - start };
}

const ms = ({ took }: Timed<unknown>) => `${took < 10 ? took.toFixed(1) : Math.round(took)} ms`;

for (const count of [245, 10_000, 100_000]) inProcess(count);
if (await kuboBinary()) {
  await wholeCommand(245, "a process a line");
  await wholeCommand(Number(process.argv[2] ?? 10_000), "one connection");
}
