/** A home node in memory, for speed; and one that fails on demand. Passes the contract of the real ones. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../pipeline/core/failure.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import type { HomeNode } from "../../pipeline/ipfs/node.ts";

export interface FakeHome extends HomeNode {
  /** Blocks by multihash. */
  readonly blocks: Map<string, Uint8Array>;
  readonly labels: Map<string, CID>;
}

const keyOf = (cid: CID) => Buffer.from(cid.multihash.bytes).toString("hex");

export function fakeHome(): FakeHome {
  const blocks = new Map<string, Uint8Array>();
  const labels = new Map<string, CID>();
  return {
    name: "fake",
    blocks,
    labels,
    async get(cid, world) {
      world.signal.throwIfAborted();
      return blocks.get(keyOf(cid));
    },
    has: async (cid) => blocks.has(keyOf(cid)),
    async put(more) {
      for await (const { cid, bytes } of more) {
        const true_ = cidOf(codecs.raw, bytes);
        if (keyOf(true_) !== keyOf(cid)) throw new Failure("corrupt", `bytes are not what ${cid} says`);
        blocks.set(keyOf(cid), Uint8Array.from(bytes));
      }
    },
    async pin(root, label) {
      const get = async (cid: CID) => {
        const bytes = blocks.get(keyOf(cid));
        if (!bytes) throw new Failure("unavailable", `fake does not hold ${cid}`);
        return bytes;
      };
      for await (const _ of walk(root, get, { scope: "all" }));
      labels.set(label, root);
    },
    unpin: async (label) => void labels.delete(label),
    pins: async () => new Map(labels),
  };
}

/** `before`: the call is lost. `after`: it takes effect and the answer is lost. */
export type Outage = "before" | "after";

/** Breaks the chosen call that passes through it, once. */
export class Fuse {
  private calls = 0;
  private readonly at: number;
  private readonly when: Outage;

  constructor(at: number, when: Outage) {
    this.at = at;
    this.when = when;
  }

  async through<T>(act: () => Promise<T>): Promise<T> {
    const breaks = this.calls++ === this.at;
    if (breaks && this.when === "before") throw new Failure("unavailable", "lost on the way there");
    const result = await act();
    if (breaks) throw new Failure("unavailable", "lost on the way back");
    return result;
  }

  /** How many calls came through. */
  get count(): number {
    return this.calls;
  }
}

/** `home`, with every call that changes it passing through `fuse`. */
export function fused(home: HomeNode, fuse: Fuse): HomeNode {
  return {
    ...home,
    put: (blocks, world) => fuse.through(() => home.put(blocks, world)),
    pin: (root, label, world) => fuse.through(() => home.pin(root, label, world)),
    unpin: (label, world) => fuse.through(() => home.unpin(label, world)),
  };
}
