/**
 * `npm run test:large`: the embedded node at the sizes of real campaigns, where packs roll over by themselves.
 *
 * 200 000 small files, one file of 10 GiB, and a CAR of 200 000 blocks imported into a store that was used before, by the
 * program itself, with one core kept busy by something else; then one folder of 2 000 000 files. After each, every block is read back and hashed, and memory is held
 * against its bound. Takes some minutes and 25 GB in LARGE_FOLDER or the temporary folder, so `npm test` leaves it out. Words
 * after it choose: `npm run test:large -- files`, `car`, `file`, `folder`, `campaign` (100 000 datasets are published, then one
 * more); `--files COUNT`, `--in-one-folder COUNT` and `--datasets COUNT` for other numbers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { CID } from "multiformats/cid";
import { program, programName, run } from "../bench/measure.ts";
import { type Block, codecs } from "../pipeline/dag/block.ts";
import { leafLink } from "../pipeline/dag/build/file.ts";
import { carOf } from "../pipeline/dag/car.ts";
import { makeDirectory } from "../pipeline/dag/directory.ts";
import { blockOf, sha256 } from "../pipeline/dag/hash.ts";
import { profiles } from "../pipeline/dag/profile.ts";
import { walk } from "../pipeline/dag/read/read.ts";
import { embedded } from "../pipeline/ipfs/embedded/embedded.ts";
import { required } from "../pipeline/ipfs/require-block.ts";
import { testWorld } from "./fakes/world.ts";
import { largeCampaign, measured } from "./large-campaign.ts";

/** Bytes that the publication of a campaign may not need more of. */
const mostMemoryOfPublish = 1e9;

/** Bytes that no command on 200 000 files may need more of. */
const mostMemory = 300e6;

/** Bytes that no command on ten times as many files, all in one folder, may need more of. */
const mostMemoryOfMillions = 350e6;

const { values, positionals } = parseArgs({
  options: {
    files: { type: "string", default: "200000" },
    "in-one-folder": { type: "string", default: "2000000" },
    datasets: { type: "string", default: "100000" },
  },
  allowPositionals: true,
});
const fileCount = Number(values.files);
const chosen = (name: string): boolean => positionals.length === 0 || positionals.includes(name);

const scratch = mkdtempSync(join(process.env.LARGE_FOLDER ?? tmpdir(), "fieldtree-large-"));
const busy: ChildProcess = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
let failed = 0;
try {
  console.log(`${programName}, one core kept busy`);
  if (chosen("files")) await smallFiles();
  if (chosen("car")) await largeCar();
  if (chosen("file")) await largeFile();
  if (chosen("folder")) await oneFolder();
  if (chosen("campaign")) await largePublication();
} finally {
  busy.kill();
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failed === 0 ? "all blocks are there" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function smallFiles(): Promise<void> {
  const data = join(scratch, "files");
  const bytes = Buffer.alloc(1000);
  for (let i = 0; i < fileCount; i++) {
    const folder = join(data, `${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `profile-${i}.nc`), randomFillSync(bytes));
  }
  const campaign = newCampaign("files");
  const { cid, blocks } = await added(data, campaign, mostMemory);
  // Folders of a thousand files are one block each.
  verdict(blocks === fileCount + Math.ceil(fileCount / 1000) + 1, `${blocks} blocks were added`);
  await readBack(campaign, cid, blocks);
  await command(campaign, ["gc"], mostMemory);
  await command(campaign, ["fsck"], mostMemory);
  await readBack(campaign, cid, blocks);
  await command(campaign, ["inspect", data], mostMemory);
  rmSync(data, { recursive: true });
}

/** All in one folder, which is split into shards: they are built, walked and listed in memory that hardly grows with it. */
async function oneFolder(): Promise<void> {
  const count = Number(values["in-one-folder"]);
  const data = join(scratch, "folder");
  mkdirSync(data);
  const bytes = Buffer.alloc(100);
  for (let i = 0; i < count; i++) writeFileSync(join(data, `profile-${i}.nc`), randomFillSync(bytes));
  const campaign = newCampaign("folder");
  await command(campaign, ["inspect", data], mostMemoryOfMillions);
  const { cid, blocks } = await added(data, campaign, mostMemoryOfMillions);
  verdict(blocks > count, `${blocks} blocks were added`);
  rmSync(data, { recursive: true });
  writeFileSync(join(campaign, "tree.yaml"), `run: ${cid}\n`);
  for (const verb of ["publish", "gc", "fsck"]) await command(campaign, [verb], mostMemoryOfMillions);
  await readBack(campaign, cid, blocks);
}

async function largeCar(): Promise<void> {
  const count = 200_000;
  const campaign = newCampaign("car");
  const before = join(scratch, "before");
  writeFileSync(before, randomFillSync(Buffer.alloc(3_000_000)));
  const used = await added(before, campaign);

  const bytesOf = (i: number): Buffer => Buffer.from(`${i} `.repeat(40));
  const links = Array.from({ length: count }, (_, i) => ({
    name: `${i}`,
    ...leafLink(sha256(bytesOf(i)), bytesOf(i).length),
  }));
  const nodes: Block[] = [];
  const { cid } = makeDirectory(links, profiles["cid-v1"], (block) => void nodes.push(block));
  const blocks = function* (): Generator<Block> {
    for (let i = 0; i < count; i++) yield blockOf(codecs.raw, bytesOf(i));
    yield* nodes;
  };
  const car = join(scratch, "large.car");
  await pipeline(carOf([cid], blocks()), createWriteStream(car));
  await command(campaign, ["car", "import", car]);
  await readBack(campaign, cid, count + nodes.length);
  await readBack(campaign, used.cid, used.blocks);
  await command(campaign, ["fsck"], mostMemory);
  rmSync(car);
}

async function largeFile(): Promise<void> {
  const size = 10 * 2 ** 30;
  const { bavail, bsize } = statfsSync(scratch);
  if (bavail * bsize < 2.4 * size) {
    verdict(false, `10 GiB twice need ${Math.round((2.4 * size) / 1e9)} GB: set LARGE_FOLDER`);
    return;
  }
  const path = join(scratch, "file");
  const file = openSync(path, "w");
  const piece = randomFillSync(Buffer.alloc(4 * 2 ** 20));
  for (let done = 0; done < size; done += piece.length) {
    // Other bytes in every chunk of 256 KiB.
    for (let at = 0; at < piece.length; at += 2 ** 18) piece.writeDoubleLE(done + at, at);
    writeSync(file, piece);
  }
  const campaign = newCampaign("file");
  const { cid, blocks } = await added(path, campaign, mostMemory);
  verdict(blocks > size / 2 ** 18, `${blocks} blocks were added`);
  await readBack(campaign, cid, blocks);
  await command(campaign, ["fsck"], mostMemory);
  rmSync(path);
}

/** From nothing, and then one dataset more. */
async function largePublication(): Promise<void> {
  const count = Number(values.datasets);
  const { folder, withDatasets } = await largeCampaign(join(scratch, "campaign"), count + 1);
  for (const [what, some] of [
    [`publish ${count} datasets`, count],
    ["publish one more", count + 1],
  ] as const) {
    withDatasets(some);
    const { memory, shown } = await measured([...program, "--quiet", "publish"], folder);
    verdict(memory <= mostMemoryOfPublish, `${what.padEnd(30)} ${shown}`);
  }
}

function newCampaign(name: string): string {
  const campaign = join(scratch, `campaign-${name}`);
  mkdirSync(campaign);
  writeFileSync(join(campaign, "campaign.yaml"), "campaign: large\n");
  writeFileSync(join(campaign, "tree.yaml"), "");
  return campaign;
}

async function command(campaign: string, args: readonly string[], memoryBound?: number): Promise<string> {
  const { seconds, memory, stdout } = await run([...program, "--quiet", "--json", ...args], { cwd: campaign });
  const shown = `${args.slice(0, 2).join(" ").padEnd(60)} ${seconds.toFixed(1)} s, ${Math.round(memory / 1e6)} MB`;
  verdict(memoryBound === undefined || memory <= memoryBound, shown);
  return stdout;
}

async function added(path: string, campaign: string, memoryBound?: number): Promise<{ cid: CID; blocks: number }> {
  const { cid, blocks } = JSON.parse(await command(campaign, ["add", path], memoryBound)) as {
    cid: string;
    blocks: number;
  };
  return { cid: CID.parse(cid), blocks };
}

/** Every block below, each hashed by the node as it is read. */
async function readBack(campaign: string, root: CID, expected: number): Promise<void> {
  const node = embedded(join(campaign, ".fieldtree"));
  let blocks = 0;
  for await (const _ of walk(root, (cid) => required(cid, node, testWorld()), { scope: "all" })) blocks++;
  await node.close?.();
  verdict(blocks === expected, `${blocks} of ${expected} blocks read back and hashed`);
}

function verdict(good: boolean, what: string): void {
  if (!good) failed++;
  console.log(`  ${good ? "✓" : "✗"} ${what}`);
}
