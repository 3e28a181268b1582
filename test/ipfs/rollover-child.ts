/**
 * A process that works through operations on a node with small packs, until it is done or killed. After each it prints a
 * line, and what that line promises must hold from then on: `node rollover-child.ts SESSION.json`.
 */
import { createReadStream, readFileSync } from "node:fs";
import { CID } from "multiformats/cid";
import { readCar } from "../../pipeline/dag/car.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import type { Limits } from "../../pipeline/ipfs/embedded/packs/limits.ts";
import { fetchMissing } from "../../pipeline/ipfs/fetch-missing.ts";
import { raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";

export interface Session {
  readonly state: string;
  readonly limits: Partial<Limits>;
  readonly operations: readonly Operation[];
}

export type Operation =
  | { readonly kind: "put"; readonly from: number; readonly count: number }
  | { readonly kind: "add"; readonly path: string; readonly pin: boolean; readonly inPlace: boolean }
  | { readonly kind: "import"; readonly car: string }
  | { readonly kind: "fetch"; readonly root: string; readonly source: string }
  | { readonly kind: "unpin"; readonly path: string }
  | { readonly kind: "gc" };

/** The block that `put` stores under a number. */
export const numbered = (number: number) => raw(`block ${number} ${"x".repeat((number * 613) % 9000)}`);

if (import.meta.main) await work(JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Session);

async function work({ state, limits, operations }: Session): Promise<void> {
  const node = embedded(state, limits);
  for (const operation of operations) {
    // Written at once and whole: a process that is killed must not have promised more than it says.
    process.stdout.write(`${JSON.stringify({ begun: operation.kind })}\n`);
    await perform(operation);
    process.stdout.write(`${JSON.stringify({ done: operation.kind })}\n`);
  }
  await node.close();

  async function perform(operation: Operation): Promise<void> {
    const world = testWorld();
    switch (operation.kind) {
      case "put": {
        const blocks = Array.from({ length: operation.count }, (_, i) => numbered(operation.from + i));
        // Several at once, as requests do it: each is promised its own blocks.
        const third = Math.ceil(blocks.length / 3);
        await Promise.all([0, 1, 2].map((part) => node.put(blocks.slice(part * third, (part + 1) * third), world)));
        return;
      }
      case "add": {
        const { cid } = await (operation.inPlace ? node.addInPlace : node.add)(
          operation.path,
          { profile: "cid-v1", symlinks: "keep" },
          world,
        );
        if (operation.pin) await node.pin(cid, operation.path, world);
        return;
      }
      case "import":
        return node.put((await readCar(createReadStream(operation.car))).blocks, world);
      case "fetch": {
        const source = embedded(operation.source);
        await fetchMissing(CID.parse(operation.root), node, source, { limitBytes: 1e9 }, world);
        await node.pin(CID.parse(operation.root), "fetched", world);
        return source.close();
      }
      case "unpin":
        return node.unpin(operation.path, world);
      case "gc":
        await node.gc(world);
    }
  }
}
