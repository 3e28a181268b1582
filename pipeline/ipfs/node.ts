/**
 * What we ask of something that holds blocks.
 *
 * Every node can be asked for a block; some can be told to keep things. Whatever a node returns from `get` has been
 * hashed against its CID by the node's own file, so nobody above checks again.
 *
 * To add one: write it beside `gateway.ts`, let `campaign.ts` choose it by its `kind`, and run it through the
 * contracts in `test/contracts/node.ts`.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Block } from "../dag/block.ts";
import type { Added, AddOptions } from "../dag/build/add-options.ts";

export interface Node {
  /** For messages: `embedded`, `kubo at http://127.0.0.1:5001`, `gateway https://…`. */
  readonly name: string;

  /**
   * The bytes of one block, verified. `undefined`: the node looked and does not hold it.
   *
   * @throws Failure `unavailable` where it could not look; `corrupt` where it holds other bytes under that name.
   */
  get(cid: CID, world: World): Promise<Uint8Array | undefined>;

  /** Present where saying whether `get` would give a block costs less than giving it. */
  has?(cid: CID, world: World): Promise<boolean>;

  /** Let go of files, sockets and locks. Using a closed node is an error of ours. */
  close?(): Promise<void>;
}

/** The campaign's own node: it keeps what it is told to keep. */
export interface HomeNode extends Node {
  /** Present where it can neither be asked nor written to from here: why. Everything but `get` is refused then. */
  readonly closed?: string;

  /**
   * Present where each machine that shares the campaign's log has a node of its own: that this one has nothing of a
   * release says nothing about the others.
   */
  readonly perMachine?: true;

  /** Store blocks. When this returns they survive a power cut. Putting a block twice is the same as once. */
  put(blocks: Iterable<Block> | AsyncIterable<Block>, world: World): Promise<void>;

  /**
   * Keep everything under `root`, safe from garbage collection, under a label of ours.
   *
   * Returns when the node holds every block below `root`: a pin that is listed is a DAG that is whole. One label keeps
   * one root; naming another replaces it, and the new one is kept before the old one is let go.
   *
   * @throws Failure `unavailable` naming the first blocks that are out of reach; nothing is pinned then.
   */
  pin(root: CID, label: string, world: World): Promise<void>;

  /** Let go of a label. Blocks no other label needs may go at the next collection. */
  unpin(label: string, world: World): Promise<void>;

  /** What is pinned and complete, as far as the node knows, by label. */
  pins(world: World): Promise<ReadonlyMap<string, CID>>;

  /** Present where the node knows of pins that lack blocks: those that {@link HomeNode.pins} leaves out. */
  incomplete?(world: World): Promise<readonly IncompletePin[]>;

  /**
   * Present where a pin that is listed says nothing of blocks that were lost since: the first block that each of `roots`
   * lacks, in their order. Reads no data, but lists every block of the node.
   *
   * @throws Failure `unavailable` where it could not look.
   */
  firstMissing?(roots: readonly CID[], world: World): Promise<readonly (MissingBlock | undefined)[]>;

  /**
   * Present where damage that was found by reading is put right by writing: have `has`, `pins` and `incomplete` say what is
   * known of damage by now. Costs nothing where nothing is.
   */
  recheck?(world: World): Promise<void>;

  /** Present where people browse the node's own file system: let the tree stand at `path`, and only then take older ones away. */
  show?(root: CID, campaign: string, world: World): Promise<void>;

  /** Present where collecting is ours to do: remove every block that no pin keeps. */
  gc?(world: World): Promise<Collected>;

  /**
   * Present where the blocks lie on a disk of ours: look at every one of them, and say what is wrong as it is found.
   *
   * With `repair`, damaged blocks are taken out, so that they can be added or fetched again.
   */
  fsck?(options: { readonly repair: boolean }, world: World): AsyncGenerator<Damage, Checked>;

  /** Present where files on this machine can be added faster than through `put`. */
  add?: AddFiles;
}

/** Import a file or folder of this machine. See `dag/build/add-options.ts` for what the answer means. */
export type AddFiles = (path: string, options: AddOptions, world: World) => Promise<Added>;

export interface Collected {
  readonly removed: { readonly blocks: number; readonly bytes: number };
  readonly kept: { readonly blocks: number; readonly bytes: number };
}

/** A pin below which blocks are missing or damaged. */
export interface IncompletePin {
  readonly label: string;
  readonly root: CID;
  /** How many blocks are missing, those linked to twice counted twice; 0 where that isn't known. */
  readonly count: number;
  /** The first of them. */
  readonly missing: readonly MissingBlock[];
  /** Why it isn't known which blocks are missing, or whether any are. */
  readonly why?: string;
}

export interface MissingBlock {
  readonly cid: CID;
  /** Of the file or directory that it is part of, from the root; empty for the root itself. */
  readonly path: string;
}

/** One thing that is not as it should be. An `error` is data lost or unsafe; a `hint` heals by itself. */
export interface Damage {
  readonly level: "error" | "hint";
  readonly rule: string;
  readonly says: string;
  readonly fix: string;
  /** The pin that lacks blocks, where that is what is wrong. */
  readonly pin?: IncompletePin;
}

export interface Checked {
  readonly blocks: number;
  /** Bytes of all blocks. */
  readonly bytes: number;
  readonly packs: number;
  readonly pins: number;
}
