/**
 * A Kubo daemon as the campaign's own node.
 *
 * Blocks are imported as one CAR stream, read one by one, and pinned under labels of the campaign. Only `pin` searches the
 * network, because it has to fetch what a root needs. Every other request uses `offline`, so that a missing block gives an
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
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { carOf } from "../../dag/car.ts";
import { emptyBlockFirst } from "../../http/empty-block.ts";
import { rpc } from "../../http/kubo-rpc.ts";
import type { HomeNode } from "../node.ts";
import { verified } from "../verify.ts";
import { showIn } from "./mfs.ts";
import { belowPins, storedBlocks } from "./missing-blocks.ts";
import {
  type DesiredPin,
  desiredPin,
  firstMissing,
  missingIn,
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

/** ms that peers have to send a block that was lost. A search of the DHT, and a connection, take some ten seconds. */
const peersTimeoutMs = 30_000;

/** @throws Failure `input` where `api` is not a valid address of an RPC. Sends no request yet. */
export function kubo({ api, token, timeoutMs = 60_000, pinTimeoutMs = 60_000 }: KuboOptions): HomeNode {
  const calls = rpc({ api, timeoutMs, ...(token === undefined ? {} : { token }) });
  const { name } = calls;
  const emptyBlock = emptyBlockFirst((upload, world) => calls.ask("block/put", { "cid-codec": "raw" }, world, upload));

  // Our pins by label, listed once: pinning ten thousand leaves would otherwise list ten thousand pins each time. Only used to
  // find which root a label had before; whether it has a root now is always requested from Kubo.
  let older: Map<string, readonly Pin[]> | undefined;
  // Two labels that pin one root at the same time must not both find it unpinned.
  const underway = new Map<string, Promise<void>>();

  const put: HomeNode["put"] = async (blocks, world) => {
    let sent = 0;
    const counted = async function* (): AsyncGenerator<Block> {
      for await (const block of blocks) {
        yield block;
        sent++;
      }
    };
    // A CAR without roots pins nothing. With `pin-roots`, Kubo still locks its pins from the first block to the last, and
    // the garbage collector waits for that.
    const args = { "pin-roots": true, stats: true };
    let stored: number | undefined;
    try {
      for await (const line of calls.lines("dag/import", args, world, carOf([], counted()))) {
        stored = (line as { Stats?: { BlockCount?: number } }).Stats?.BlockCount ?? stored;
      }
    } catch (error) {
      if (!isFailure(error, "unavailable") || sent === 0) throw error;
      const hint = `${error.hint ? `${error.hint}, then` : "then"} run it again: what Kubo has stays there`;
      throw new Failure("unavailable", `${error.message}, with ${sent} blocks sent`, { hint, cause: error });
    }
    if (stored !== sent) throw new Failure("unavailable", `${name} took ${stored ?? "none"} of ${sent} blocks`);
  };

  const getFromPeers: HomeNode["getFromPeers"] = async (cid, world) => {
    const { Peers } = (await calls.ask("swarm/peers", {}, world)) as { Peers?: unknown };
    if (!Array.isArray(Peers) || Peers.length === 0) return undefined;
    try {
      const bytes = await calls.bytes("block/get", { arg: `${cid}`, timeout: `${peersTimeoutMs}ms` }, world);
      return await verified(cid, bytes, name);
    } catch (error) {
      if (isFailure(error, "unavailable") && /deadline exceeded/.test(error.message)) return undefined;
      throw error;
    }
  };

  const get: HomeNode["get"] = async (cid, world) => {
    try {
      const bytes = await calls.bytes("block/get", { arg: `${cid}`, offline: true }, world);
      return await verified(cid, bytes, name);
    } catch (error) {
      if (isFailure(error, "unavailable") && missingIn(error.message)) return undefined;
      throw error;
    }
  };

  return {
    name,
    put,

    get,

    async pin(root, label, world) {
      const key = root.toString();
      const mine = (underway.get(key) ?? Promise.resolve()).catch(() => {}).then(() => pinAlone(root, label, world));
      underway.set(key, mine);
      try {
        await mine;
      } finally {
        if (underway.get(key) === mine) underway.delete(key);
      }
    },

    async unpin(label, world) {
      for (const pin of await ourPins(calls, world)) if (pin.label === label) await unpinOurs(calls, pin, world);
      older = undefined;
    },

    async pins(world) {
      return new Map((await ourPins(calls, world)).map(({ label, root }) => [label, root]));
    },

    belowPins: (limits, world) => belowPins(calls, get, limits, world),

    async storedBlocks(world) {
      const { has } = await storedBlocks(calls, Number.POSITIVE_INFINITY, world);
      return has;
    },

    getFromPeers,

    show: (root, campaign, world) => showIn(calls, root, campaign, world),

    async close() {
      calls.close();
    },
  };

  async function pinAlone(root: CID, label: string, world: World): Promise<void> {
    const wanted = await desiredPin(calls, label, root, world);
    if (!wanted.kept) await keep(root, label, wanted, world);
    older ??= Map.groupBy(await ourPins(calls, world), (pin) => pin.label);
    for (const pin of older.get(label) ?? []) if (!pin.cid.equals(wanted.cid)) await unpinOurs(calls, pin, world);
    older.set(label, [{ label, root, cid: wanted.cid }]);
  }

  async function keep(root: CID, label: string, wanted: DesiredPin, world: World): Promise<void> {
    await emptyBlock(world);
    if (wanted.note) await put([wanted.note], world);
    if (await pinUnlessStalled(calls, wanted, pinTimeoutMs, world)) return;
    const missing = (await firstMissing(calls, root, world)) ?? "something below it";
    const waited = `nothing came for ${pinTimeoutMs / 1000} s`;
    throw new Failure("unavailable", `${name}: can't keep ${root} (${label}): ${missing} is out of reach, ${waited}`, {
      hint: "is a node that holds it online, and connected to this one? `ipfs routing findprovs` tells who has it",
    });
  }
}
