/**
 * Which DAGs lack blocks on a Kubo node, whatever it lists as pinned.
 *
 * Kubo's list of pins doesn't change when its disk loses a block below one. `pin/ls` doesn't report the loss, nor does
 * `pin/verify`, which checks no raw blocks. So directories and the trees of files are read, and raw blocks, nearly all of the
 * data, are looked up in the list of stored blocks. Whether the bytes of a raw block are right is left to `verify --deep`,
 * which reads and hashes them.
 */
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { hashes } from "../../dag/block.ts";
import { type DigestSet, digestSet } from "../../dag/digest-set.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";
import { missingBlocks } from "../missing.ts";
import type { MissingBlock, Node } from "../node.ts";

/**
 * The first block that each of `roots` lacks, in their order; `undefined` where it is complete.
 *
 * @throws Failure `unavailable` where Kubo could not check.
 */
export async function firstMissingOf(
  roots: readonly CID[],
  rpc: Rpc,
  get: Node["get"],
  world: World,
): Promise<readonly (MissingBlock | undefined)[]> {
  const stored = await storedBlocks(rpc, world);
  let down: Failure | undefined;
  const missingBelow = missingBlocks(
    {
      has: (digest) => stored.has(digest),
      get: async (cid) => {
        const bytes = await get(cid, world).catch((error: unknown) => {
          if (isFailure(error, "unavailable")) down = error;
          throw error;
        });
        if (!bytes) throw new Failure("input", `${rpc.name} lacks ${cid}`);
        return bytes;
      },
    },
    world,
  );
  const missing: (MissingBlock | undefined)[] = [];
  for (const root of roots) {
    missing.push((await missingBelow(root))?.first[0]);
    // A block that Kubo could not be asked for is not known to be missing.
    if (down) throw down;
    world.progress({ task: "checking pins", done: missing.length, total: roots.length, unit: "pins" });
  }
  return missing;
}

async function storedBlocks(rpc: Rpc, world: World): Promise<DigestSet> {
  const stored = digestSet();
  for await (const line of rpc.lines("refs/local", {}, world)) {
    world.signal.throwIfAborted();
    const { Ref, Err } = line as { Ref?: string; Err?: string };
    if (!Ref) throw new Failure("unavailable", `${rpc.name}: ${Err || "a line without a CID"}`);
    const { code, digest } = CID.parse(Ref).multihash;
    if (code === hashes.sha256) stored.add(digest);
    world.progress({ task: "listing blocks", done: stored.size, unit: "blocks" });
  }
  return stored;
}
