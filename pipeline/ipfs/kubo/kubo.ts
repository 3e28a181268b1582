/**
 * A Kubo daemon as the campaign's own node.
 *
 * Blocks are imported as one CAR stream, read one by one, and pinned under labels of the campaign. Only `pin` and
 * `getFromPeers` search the network, because they have to fetch. Every other request uses `offline`, so that a missing block gives an
 * answer at once instead of a wait.
 *
 * ```ts
 * const home = kubo({ api: "http://127.0.0.1:5001" });
 * await home.put(blocks, world);
 * await home.pin(root, "portal", world);
 * ```
 *
 * **Between put and pin** nothing protects a block from a garbage collection that a user starts, or that the daemon starts
 * because it runs with `--enable-gc` and its store is full. During a put Kubo's pins are locked, so no collection can begin.
 * If one runs between put and pin, `pin` walks the DAG and fails naming the missing block; nothing is pinned, and the next
 * run puts the block again. No incomplete DAG is ever published. Callers should still pin soon after a put.
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import { serializedByKey } from "../../core/serialized-by-key.ts";
import type { World } from "../../core/world.ts";
import { emptyBlockFirst } from "../../http/empty-block.ts";
import { type Rpc, rpc } from "../../http/kubo-rpc.ts";
import type { HomeNode } from "../node.ts";
import { blocksOf } from "./blocks.ts";
import { check } from "./fsck.ts";
import { showIn } from "./mfs.ts";
import { belowPins, storedBlocks } from "./missing-blocks.ts";
import {
  type DesiredPin,
  desiredPin,
  firstMissing,
  linksTo,
  ourPins,
  type Pin,
  pinUnlessStalled,
  unpinOurs,
} from "./pins.ts";

export interface KuboOptions {
  /** Address of the RPC, such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Required where Kubo's `API.Authorizations` is set. */
  readonly token?: string;
  /** ms without any data from Kubo before a call fails. */
  readonly timeoutMs?: number;
  /** ms without a block fetched before a pin fails. */
  readonly pinTimeoutMs?: number;
}

/** @throws Failure `input` where `api` is not a valid address of an RPC. Sends no request yet. */
export function kubo({ api, token, timeoutMs = 60_000, pinTimeoutMs = 60_000 }: KuboOptions): HomeNode {
  const calls = rpc({ api, timeoutMs, ...(token === undefined ? {} : { token }) });
  const { put, get, getFromPeers } = blocksOf(calls);

  return {
    name: calls.name,
    put,
    get,
    getFromPeers,
    ...pinning(calls, put, pinTimeoutMs),

    belowPins: (limits, world) => belowPins(calls, get, limits, world),

    async storedBlocks(world) {
      const { has } = await storedBlocks(calls, Number.POSITIVE_INFINITY, world);
      return has;
    },

    fsck: (options, world) => check(calls, get, options, world),

    show: (root, campaign, world) => showIn(calls, root, campaign, world),

    async close() {
      calls.close();
    },
  };
}

/** ms without a block after which roots are no longer pinned together: the caller pins each, and learns which is missing. */
const togetherStallMs = 5_000;

/** Pins under labels of the campaign; `pins.ts` describes how Kubo stores a label. */
function pinning(
  calls: Rpc,
  put: HomeNode["put"],
  pinTimeoutMs: number,
): Pick<HomeNode, "pin" | "pinTogether" | "unpin" | "pins"> {
  const { name } = calls;
  const emptyBlock = emptyBlockFirst((upload, world) => calls.ask("block/put", { "cid-codec": "raw" }, world, upload));

  // Our pins by label, listed once: pinning ten thousand leaves would otherwise list ten thousand pins each time. Only used to
  // find which root a label had before; whether it has a root now is always requested from Kubo.
  let older: Map<string, readonly Pin[]> | undefined;
  // Two labels that pin one root at the same time must not both find it unpinned.
  const inTurn = serializedByKey();

  const pin = async (root: CID, label: string, world: World): Promise<void> => {
    const desired = await desiredPin(calls, label, root, world);
    if (!desired.isPinned) await add(root, label, desired, world);
    await replaceOlder(root, label, desired, world);
  };

  const replaceOlder = async (root: CID, label: string, desired: DesiredPin, world: World): Promise<void> => {
    older ??= Map.groupBy(await ourPins(calls, world), (pin) => pin.label);
    for (const pin of older.get(label) ?? []) if (!pin.cid.equals(desired.cid)) await unpinOurs(calls, pin, world);
    older.set(label, [{ label, root, cid: desired.cid }]);
  };

  const add = async (root: CID, label: string, desired: DesiredPin, world: World): Promise<void> => {
    await emptyBlock(world);
    if (desired.note) await put([desired.note], world);
    if (await pinUnlessStalled(calls, desired, pinTimeoutMs, world)) return;
    const missing = (await firstMissing(calls, root, world)) ?? "something below it";
    const waited = `nothing came for ${pinTimeoutMs / 1000} s`;
    throw new Failure("unavailable", `${name}: can't pin ${root} (${label}): ${missing} is out of reach, ${waited}`, {
      hint: "is a node that has it online, and connected to this one? `ipfs routing findprovs` lists nodes that have it",
    });
  };

  return {
    pin: (root, label, world) => inTurn(root.toString(), () => pin(root, label, world)),

    async pinTogether(roots, label, world) {
      const { root, blocks } = linksTo(roots);
      await emptyBlock(world);
      await put(blocks, world);
      const desired = await desiredPin(calls, label, root, world);
      try {
        const stallMs = Math.min(togetherStallMs, pinTimeoutMs);
        if (!desired.isPinned && !(await pinUnlessStalled(calls, desired, stallMs, world))) return false;
      } catch (error) {
        if (isFailure(error, "unavailable")) return false;
        throw error;
      }
      await replaceOlder(root, label, desired, world);
      return true;
    },

    async unpin(label, world) {
      for (const pin of await ourPins(calls, world)) if (pin.label === label) await unpinOurs(calls, pin, world);
      older = undefined;
    },

    async pins(world) {
      return new Map((await ourPins(calls, world)).map(({ label, root }) => [label, root]));
    },
  };
}
