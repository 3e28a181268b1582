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
import { plural } from "../../core/text/plural.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { cidSet } from "../../dag/cid-set.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";
import { missingBlocks } from "../missing.ts";
import type { BelowPinsLimits, MissingBelow, Node } from "../node.ts";

/**
 * Lists the stored blocks, and returns a function that finds what is missing below a root.
 *
 * @throws Failure `unavailable` where Kubo could not check, `refused` at the limit.
 */
export async function belowPins(
  rpc: Rpc,
  get: Node["get"],
  {
    mostBlocks = Number.POSITIVE_INFINITY,
    damaged = [],
  }: BelowPinsLimits & { /** Blocks that Kubo lists and that count as missing. */ readonly damaged?: readonly CID[] },
  world: World,
): Promise<MissingBelow> {
  const notThere = cidSet();
  for (const cid of damaged) notThere.add(asRaw(cid));
  const stored = await storedBlocks(rpc, mostBlocks, world);
  let read = 0;
  // A block that Kubo could not be asked for is not known to be missing, and neither is one beyond the limit.
  let stopped: unknown;
  const missingBelow = missingBlocks(
    {
      has: (cid) => stored.has(cid) && !notThere.has(asRaw(cid)),
      get: async (cid) => {
        try {
          if (stored.size + ++read > mostBlocks) throw tooMany(rpc, mostBlocks);
          const bytes = await get(cid, world);
          if (bytes) return bytes;
        } catch (error) {
          if (!isFailure(error, "corrupt", "input")) stopped ??= error;
          throw error;
        }
        throw new Failure("input", `${rpc.name} lacks ${cid}`);
      },
    },
    world,
  );
  return async (root) => {
    const missing = await missingBelow(root).catch((error: unknown) => {
      throw stopped ?? error;
    });
    if (stopped !== undefined) throw stopped;
    return missing;
  };
}

const asRaw = ({ multihash }: CID): CID => CID.createV1(codecs.raw, multihash);

interface StoredBlocks {
  readonly size: number;
  has(cid: CID): boolean;
}

/**
 * Kubo lists multihashes, whatever the codec of a block.
 *
 * @throws Failure `unavailable` where Kubo could not be asked, `refused` where it has more than `mostBlocks` blocks.
 */
export async function storedBlocks(rpc: Rpc, mostBlocks: number, world: World): Promise<StoredBlocks> {
  const stored = cidSet();
  let size = 0;
  for await (const line of rpc.lines("refs/local", {}, world)) {
    world.signal.throwIfAborted();
    const { Ref, Err } = line as { Ref?: string; Err?: string };
    if (!Ref) throw new Failure("unavailable", `${rpc.name}: ${Err || "a line without a CID"}`);
    stored.add(asRaw(CID.parse(Ref)));
    if (++size > mostBlocks) throw tooMany(rpc, mostBlocks);
    world.progress({ task: "listing blocks", done: size, unit: "blocks" });
  }
  return { size, has: (cid) => stored.has(asRaw(cid)) };
}

function tooMany({ name }: Rpc, mostBlocks: number): Failure {
  return new Failure("refused", `${name}: more than ${plural(mostBlocks, "block")} would have to be looked up`);
}
