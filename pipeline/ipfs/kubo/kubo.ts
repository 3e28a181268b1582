/**
 * A Kubo daemon as the campaign's own node.
 *
 * Blocks go in as one CAR stream, come out one by one, and are kept by pins that carry our labels. Nothing here
 * searches the network but `pin`, whose business it is to fetch what a root needs: everything else is asked with
 * `offline`, so that a missing block is an answer and not a wait.
 *
 * ```ts
 * const home = kubo({ api: "http://127.0.0.1:5001" });
 * await home.put(blocks, world);
 * await home.pin(root, "portal", world);
 * ```
 *
 * **Between put and pin** nothing protects a block from a garbage collection that someone starts by hand or that runs
 * because the daemon was started with `--enable-gc` and its store is full. While a put is under way we hold Kubo's pin
 * lock, so it can't begin then. If one slips in after, `pin` walks the DAG, misses the block and
 * names it; nothing is pinned, and running again puts it again. Nothing false is ever published; pin soon all the same.
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
import { firstMissingOf } from "./missing-blocks.ts";
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
  /** Where Kubo's `API.Authorizations` asks for one. */
  readonly token?: string;
  /** ms without a sign of life from Kubo before a call fails. */
  readonly timeoutMs?: number;
  /** ms without a block fetched before a pin fails. */
  readonly pinTimeoutMs?: number;
}

/** @throws Failure `input` where `api` is no address of an RPC. Nothing is asked of Kubo yet. */
export function kubo({ api, token, timeoutMs = 60_000, pinTimeoutMs = 60_000 }: KuboOptions): HomeNode {
  const calls = rpc({ api, timeoutMs, ...(token === undefined ? {} : { token }) });
  const { name } = calls;
  const emptyBlock = emptyBlockFirst((upload, world) => calls.ask("block/put", { "cid-codec": "raw" }, world, upload));

  // Pins of ours by label, looked up once: ten thousand leaves would list ten thousand pins each. Only used to find what a
  // label kept before; whether it keeps a root now is always asked.
  let older: Map<string, readonly Pin[]> | undefined;
  // Two labels that want one root at once must not both find it free.
  const underway = new Map<string, Promise<void>>();

  const put: HomeNode["put"] = async (blocks, world) => {
    let sent = 0;
    const counted = async function* (): AsyncGenerator<Block> {
      for await (const block of blocks) {
        yield block;
        sent++;
      }
    };
    // A CAR without roots pins nothing. Asked to pin its roots all the same, Kubo holds its pin lock from the first
    // block to the last, and the garbage collector waits for that.
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

  const get: HomeNode["get"] = async (cid, world) => {
    try {
      const bytes = await calls.bytes("block/get", { arg: `${cid}`, offline: true }, world);
      return verified(cid, bytes, name);
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

    firstMissing: (roots, world) => firstMissingOf(roots, calls, get, world),

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
