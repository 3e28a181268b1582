/**
 * Verifying a log of 1 000 signed releases: every link, signature, change and root, from the newest CID back.
 *
 * A campaign of 245 leaves of which each release changes one, on the embedded node; the newest is published by the
 * program itself, so that the portal is a real one. Compared with what an operator could do instead, on a Kubo that has the
 * same blocks: walk the chain with `ipfs dag get` and read each tree.yaml with `ipfs cat`, for a tenth of the releases.
 * That reads the links alone: signatures, changes and roots are not compared.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { privateKeyOf, protobufOf } from "../pipeline/core/key.ts";
import { changesBetween } from "../pipeline/core/tree/changes.ts";
import { readTree, type Tree } from "../pipeline/core/tree/tree.ts";
import type { Block } from "../pipeline/dag/block.ts";
import { fileOf } from "../pipeline/dag/build/file.ts";
import { carOf } from "../pipeline/dag/car.ts";
import { profiles } from "../pipeline/dag/profile.ts";
import { embedded } from "../pipeline/ipfs/embedded/embedded.ts";
import { type Release, releaseBlock } from "../pipeline/log/release.ts";
import { signRelease } from "../pipeline/log/sign.ts";
import { assembleTree } from "../pipeline/stages/tree/assemble.ts";
import { testWorld } from "../test/fakes/world.ts";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";
import { inScratch, inTurns, program, programName, row, run } from "./measure.ts";

const count = Number(process.argv[2] ?? 1000);
const leaves = 245;
/** Releases that the other program reads: all of them take minutes. */
const walked = Math.min(100, count - 1);
const most = { seconds: 3, bytes: 200e6 };
const world = testWorld();
const profile = profiles["cid-v1"];
const key = await privateKeyOf(new Uint8Array(32).fill(7));

/** COUNT releases, from the one that HEAD names back. */
const walk = `
at="$HEAD"
for _ in $(seq $COUNT); do
  release=$("$IPFS" dag get "$at")
  tree=$(printf %s "$release" | sed 's/.*"tree":{"\\/":"\\([^"]*\\)".*/\\1/')
  "$IPFS" cat "$tree" >/dev/null
  at=$(printf %s "$release" | sed 's/.*"previous":{"\\/":"\\([^"]*\\)".*/\\1/')
done
`;

await inScratch(async (cwd) => {
  await writeFile(join(cwd, "campaign.yaml"), "campaign: bench\nlog: { kind: local, key: LOG_KEY }\n");
  const env = { LOG_KEY: Buffer.from(protobufOf(key)).toString("base64") };
  const { blocks, root } = await aLog(cwd);
  const fieldtree = (...args: string[]) => run([...program, "--quiet", ...args], { cwd, env });
  await fieldtree("publish");

  const kubo = (await kuboBinary()) ? await startKubo() : undefined;
  try {
    const results = await inTurns(5, { [programName]: () => fieldtree("verify", "--json") });
    const { seconds, memory, stdout } = results[programName]!;
    if (!stdout.includes(`"says":"${count} of ${count} roots`)) throw new Error(stdout);
    let byHand = {};
    if (kubo) {
      const car = join(cwd, "log.car");
      const parts: Uint8Array[] = [];
      for await (const part of carOf([root], blocks)) parts.push(part);
      await writeFile(car, Buffer.concat(parts));
      await kubo.ipfs("dag", "import", "--pin-roots=false", car);
      const env = { IPFS_PATH: kubo.repo, IPFS: (await kuboBinary())!, HEAD: `${root}`, COUNT: `${walked}` };
      byHand = await inTurns(1, {
        [`ipfs dag get and ipfs cat, the newest ${walked} only`]: () => run(["sh", "-c", walk], { env }),
      });
    }
    row(`verify a log of ${count} releases of ${leaves} leaves`, { ...results, ...byHand });
    if (seconds > most.seconds) throw new Error(`took ${seconds.toFixed(2)} s, more than ${most.seconds} s`);
    if (memory > most.bytes) throw new Error(`took ${Math.round(memory / 1e6)} MB, more than ${most.bytes / 1e6} MB`);
  } finally {
    await kubo?.stop();
  }
});

/** All releases but the last, whose tree.yaml is left for publishing. */
async function aLog(cwd: string): Promise<{ blocks: Block[]; root: CID }> {
  const home = embedded(join(cwd, ".fieldtree"));
  const all: Block[] = [];
  let fresh: Block[] = [];
  const put = (block: Block) => void fresh.push(block);
  const store = async () => {
    await home.put(fresh, world);
    all.push(...fresh);
    fresh = [];
  };
  const dataset = (text: string) => fileOf(Buffer.from(text), profile, put);
  const cids = Array.from({ length: leaves }, (_, i) => dataset(`dataset ${i}`));
  const sizes = new Map(cids.map(({ cid, tsize }) => [`${cid}`, tsize]));

  let before: { release: Release; cid: CID; tree: Tree } | undefined;
  for (let number = 1; number <= count; number++) {
    const changed = dataset(`dataset ${number % leaves} of release ${number}`);
    cids[number % leaves] = changed;
    sizes.set(`${changed.cid}`, changed.tsize);
    const text = textOf(cids.map(({ cid }) => cid));
    if (number === count) {
      await writeFile(join(cwd, "tree.yaml"), text);
      break;
    }
    const { tree } = readTree(text);
    const { cid: root } = assembleTree(tree, sizes, "cid-v1", put);
    const release = await signRelease(
      {
        campaign: "bench",
        number,
        previous: before?.cid ?? null,
        root,
        portal: root,
        tree: fileOf(Buffer.from(text), profile, put).cid,
        made: "2024-08-10T12:00:00Z",
        changes: changesBetween(before?.tree ?? new Map(), tree),
        before: before ? { root: before.release.root, portal: before.release.portal } : null,
        madeWith: { readers: {}, views: {}, campaign: "bench" },
      },
      key,
    );
    const block = releaseBlock(release);
    put(block);
    before = { release, cid: block.cid, tree };
    if (fresh.length > 5000) await store();
  }
  await store();
  await home.close();
  await mkdir(join(cwd, ".fieldtree", "log"));
  await writeFile(join(cwd, ".fieldtree", "log", "head"), `${before!.cid}\n`);
  return { blocks: all, root: before!.cid };
}

/** Seven platforms of five instruments each, as a campaign has them. */
function textOf(cids: readonly CID[]): string {
  const lines = ["products:"];
  for (let platform = 0; platform < 7; platform++) {
    lines.push(`  platform-${platform}:`);
    for (let instrument = 0; instrument < 5; instrument++) {
      lines.push(`    instrument-${instrument}:`);
      for (let flight = 0; flight < 7; flight++) {
        lines.push(`      flight-${flight}.zarr: ${cids[(platform * 5 + instrument) * 7 + flight]}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}
