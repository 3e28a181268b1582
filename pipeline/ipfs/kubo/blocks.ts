/** Single blocks of a Kubo node: one CAR stream in, one request for each block out. */
import { Failure, isFailure } from "../../core/failure.ts";
import type { Block } from "../../dag/block.ts";
import { carOf } from "../../dag/car.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";
import type { HomeNode } from "../node.ts";
import { verified } from "../verify.ts";
import { missingIn } from "./pins.ts";

/** ms that peers have to send a block that was lost. A search of the DHT, and a connection, take some ten seconds. */
const peersTimeoutMs = 30_000;

/** Kubo skips storing a block that it has, damaged or not. */
const damagedHint = "`fieldtree fsck --repair` has Kubo remove it; then add the data again, or publish to fetch it";

export function blocksOf(calls: Rpc): Pick<HomeNode, "put" | "get"> & Required<Pick<HomeNode, "getFromPeers">> {
  const { name } = calls;
  return {
    async put(blocks, world) {
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
    },

    async get(cid, world) {
      try {
        const bytes = await calls.bytes("block/get", { arg: `${cid}`, offline: true }, world);
        return await verified(cid, bytes, name);
      } catch (error) {
        if (isFailure(error, "unavailable") && missingIn(error.message)) return undefined;
        if (isFailure(error, "corrupt"))
          throw new Failure("corrupt", error.message, { hint: damagedHint, cause: error });
        throw error;
      }
    },

    async getFromPeers(cid, world) {
      const { Peers } = (await calls.ask("swarm/peers", {}, world)) as { Peers?: unknown };
      if (!Array.isArray(Peers) || Peers.length === 0) return undefined;
      try {
        const bytes = await calls.bytes("block/get", { arg: `${cid}`, timeout: `${peersTimeoutMs}ms` }, world);
        return await verified(cid, bytes, name);
      } catch (error) {
        if (isFailure(error, "unavailable") && /deadline exceeded/.test(error.message)) return undefined;
        throw error;
      }
    },
  };
}
