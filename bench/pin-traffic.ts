/**
 * What a mirror is sent where one leaf of 10 000 changed.
 *
 * A real Kubo has the release before; it is sent the difference and pins the new root, with no other node to ask for what
 * was not sent. Blocks are counted, and compared with those that are new, and with what sending the whole tree takes.
 */
import { assembly } from "../pipeline/dag/assemble.ts";
import { type Block, type Get, keyOf } from "../pipeline/dag/block.ts";
import { fileOf } from "../pipeline/dag/build/file.ts";
import { carOf } from "../pipeline/dag/car.ts";
import { profiles } from "../pipeline/dag/profile.ts";
import { difference } from "../pipeline/dag/read/difference.ts";
import { walk } from "../pipeline/dag/read/read.ts";
import { kuboPins } from "../pipeline/pin/kubo.ts";
import { testWorld } from "../test/fakes/world.ts";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";

const count = 10_000;
const most = 1.2;
const profile = profiles["cid-v1"];
const world = testWorld();

/** In folders of ten, or all in one, which is then sharded. */
async function oneChanged(where: string, pathOf: (i: number) => string): Promise<void> {
  const stored = new Map<string, Block>();
  const put = (block: Block) => void stored.set(keyOf(block.cid), block);
  const reads = { count: 0 };
  const get: Get = async (cid) => {
    reads.count++;
    return stored.get(keyOf(cid))!.bytes;
  };
  const leaf = (i: number, text: string) => ({ path: pathOf(i), ...fileOf(Buffer.from(text), profile, put) });
  const tree = assembly(
    Array.from({ length: count }, (_, i) => leaf(i, `dataset ${i}`)),
    profile,
  );
  const previous = tree.root(put).cid;
  const before = new Set<string>();
  for await (const { cid } of walk(previous, get, { scope: "all" })) before.add(keyOf(cid));
  const changed = leaf(count >> 1, "changed");
  tree.set(changed.path, changed);
  const next = tree.root(put).cid;
  let fresh = 0;
  for await (const { cid } of walk(next, get, { scope: "all" })) if (!before.has(keyOf(cid))) fresh++;

  const kubo = await startKubo();
  const mirror = kuboPins({ name: "mirror", api: kubo.api });
  try {
    const bring = async (root: typeof next, blocks: AsyncIterable<Block>) => {
      const sent = { blocks: 0, bytes: 0 };
      const counted = async function* () {
        for await (const block of blocks) {
          sent.blocks++;
          sent.bytes += block.bytes.length;
          yield block;
        }
      };
      await mirror.take!(root, carOf([root], counted()), world);
      return sent;
    };
    const request = { label: "bench/tree@1", origins: [], meta: {} };
    const whole = await bring(previous, walk(previous, get, { scope: "all" }));
    await mirror.pin({ ...request, cid: previous }, world);

    reads.count = 0;
    const began = performance.now();
    const sent = await bring(next, difference(next, previous, get));
    const { count: read } = reads;
    await mirror.pin({ ...request, cid: next, previous, label: "bench/tree@2" }, world);
    const seconds = (performance.now() - began) / 1000;

    const ratio = sent.blocks / fresh;
    console.log(`1 changed leaf of ${count}, ${where}, to a Kubo that has the release before`);
    console.log(`  sent ${sent.blocks} blocks (${sent.bytes} bytes) for ${fresh} new ones: ${ratio.toFixed(2)}×`);
    console.log(`  read ${read} blocks; brought and pinned in ${seconds.toFixed(3)} s`);
    console.log(`  the whole tree: ${whole.blocks} blocks (${whole.bytes} bytes)`);
    if (ratio > most) throw new Error(`sent ${sent.blocks} blocks for ${fresh} new ones, more than ${most}×`);
  } finally {
    mirror.close?.();
    await kubo.stop();
  }
}

if (await kuboBinary()) {
  await oneChanged("in folders of ten", (i) => `products/platform-${i % 10}/flight-${Math.floor(i / 10)}/${i}.zarr`);
  await oneChanged("all in one folder", (i) => `products/level-${i}.zarr`);
}
