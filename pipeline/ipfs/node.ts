/**
 * The interface of nodes: systems that have blocks.
 *
 * Every node can return a block; some can also pin. Each node's own file hashes the blocks that `get` returns against their
 * CIDs, so callers don't check again.
 *
 * To add one: write it alongside `gateway.ts`, let `campaign.ts` choose it by its `kind`, and run it through the contracts in
 * `test/contracts/node.ts`.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Block } from "../dag/block.ts";
import type { Added, AddOptions } from "../dag/build/add-options.ts";
import type { VerifiedBlock } from "../dag/verified-block.ts";
import type { Arrival } from "./gateways/car-answer.ts";

export interface Node {
  /** For messages: `embedded`, `kubo at http://127.0.0.1:5001`, `gateway https://…`. */
  readonly name: string;

  /**
   * The bytes of one block, verified. `undefined`: the node does not have it.
   *
   * @throws Failure `unavailable` where the node could not check; `corrupt` where it has other bytes under that CID.
   */
  get(cid: CID, world: World): Promise<Uint8Array | undefined>;

  /**
   * Present where a raw block can be read, verified, to `memory`, which the caller reuses: returns the part of it that has the
   * block. `undefined`: it is not at hand in that way, or does not fit; `get` then gives the reason.
   */
  getInto?(cid: CID, memory: Uint8Array, world: World): Promise<Uint8Array | undefined>;

  /**
   * Present where all blocks below a root can be had in one request: those that are still requested when they arrive, each after a
   * block that links to it. It may end early, for whatever reason: what did not come is not missing, but to be had by `get`,
   * which gives the reason.
   */
  below?(root: CID, arrivalOf: (cid: CID) => Arrival, world: World): AsyncIterable<VerifiedBlock>;

  /** Present where finding out whether `get` would return a block costs less than returning it. */
  has?(cid: CID, world: World): Promise<boolean>;

  /** Close files and sockets and release locks. Using a closed node is a programming error. */
  close?(): Promise<void>;
}

/** The campaign's own node, which stores and pins. */
export interface HomeNode extends Node {
  /** The reason why the node can't be used from here; absent where it can. Everything but `get` is then refused. */
  readonly closed?: string;

  /**
   * Present where each machine that shares the campaign's log has a node of its own: a release that is missing on this one may
   * be complete on others.
   */
  readonly perMachine?: true;

  /**
   * Store blocks as they come. When this returns they survive a power cut. Storing a block again changes nothing. What is no
   * {@link VerifiedBlock} is hashed first.
   */
  put(blocks: Iterable<Block> | AsyncIterable<Block>, world: World): Promise<void>;

  /**
   * Present where many small writes can be stored faster than by `put`: stores blocks that the caller built, which are not hashed again.
   * When this returns they survive a power cut. This node has them at once, other processes some seconds later or when it is closed,
   * and after a crash once a process writes to the node; or at once by {@link findUncommitted}.
   */
  putBuilt?(blocks: Iterable<Block> | AsyncIterable<Block>, world: World): Promise<void>;

  /**
   * Pin everything under `root` against garbage collection, under a label of the campaign.
   *
   * Returns when the node has every block below `root`: the DAG of a listed pin is complete. A label has one root; pinning
   * another replaces it, and the new root is pinned before the old one is unpinned.
   *
   * @throws Failure `unavailable` naming the first blocks that are out of reach; nothing is pinned then.
   */
  pin(root: CID, label: string, world: World): Promise<void>;

  /**
   * Present where each pin costs much more than a block: pins all of these roots under one label, as {@link HomeNode.pin} does
   * one. Returns `false`, and has pinned nothing, where a block is out of reach or is slow to come.
   */
  pinTogether?(roots: readonly CID[], label: string, world: World): Promise<boolean>;

  /** Remove a label. The next collection may delete blocks that no other label needs. */
  unpin(label: string, world: World): Promise<void>;

  /** The pins that are complete, as far as the node knows, by label. */
  pins(world: World): Promise<ReadonlyMap<string, CID>>;

  /** Present where the node knows of pins that lack blocks: those that {@link HomeNode.pins} leaves out. */
  incomplete?(world: World): Promise<readonly IncompletePin[]>;

  /**
   * Present where blocks below a listed pin may have been lost since. Lists every block of the node once, and returns a
   * function that finds what is missing below a root, without reading raw blocks.
   *
   * @throws Failure `unavailable`, here and later, where the node could not check; `refused` where more than `mostBlocks`
   *   blocks would have to be listed and read.
   */
  belowPins?(limits: BelowPinsLimits, world: World): Promise<MissingBelow>;

  /**
   * Present with {@link HomeNode.belowPins}: lists every block of the node once, and returns whether a block was listed.
   *
   * @throws Failure `unavailable` where the node could not be asked.
   */
  storedBlocks?(world: World): Promise<(cid: CID) => boolean>;

  /**
   * Present where the node has peers of its own: a verified block that one of them sends; `undefined` where none does in time,
   * or where the node is connected to no peer.
   */
  getFromPeers?(cid: CID, world: World): Promise<Uint8Array | undefined>;

  /**
   * Present where damage found by a read is recorded by a write: afterwards `has`, `pins` and `incomplete` take all known
   * damage into account. Does nothing where there is none.
   */
  recheck?(world: World): Promise<void>;

  /** Present where users browse the node's own file system: link the tree there, and only then remove older ones. */
  show?(root: CID, campaign: string, world: World): Promise<void>;

  /** Present where fieldtree does the garbage collection: remove every block that no pin needs. */
  gc?(world: World): Promise<Collected>;

  /**
   * Present where every block can be read and checked: yields each problem as it is found.
   *
   * With `repair`, damaged blocks are removed, so that they can be added or fetched again.
   */
  fsck?(options: { readonly repair: boolean }, world: World): AsyncGenerator<Damage, Checked>;

  /**
   * Present where other processes see a stored block some seconds later, or after a crash once a process writes: from then on
   * this node has what they stored until now.
   */
  findUncommitted?(): void;

  /** Present where files on this machine can be added faster than through `put`. */
  add?: AddFiles;

  /**
   * Present where the node can leave the blocks of files in the files, and read them there. A block counts as stored while its
   * file is unchanged. @throws Failure `input` for a profile whose blocks are not the bytes of files.
   */
  addInPlace?: AddFiles;

  /** Present with {@link HomeNode.addInPlace}: those of the roots below which a block is in a file and nowhere else. */
  inPlaceOnly?(roots: readonly CID[], world: World): Promise<readonly InPlaceRoot[]>;
}

/** What completing a DAG needs of the place where its blocks go. */
export type BlockStore = Pick<HomeNode, "name" | "get" | "has" | "put">;

export interface InPlaceRoot {
  readonly root: CID;
  /** What was added in place: the absolute path of a file or folder. */
  readonly added: string;
}

export interface BelowPinsLimits {
  /** Absent: no limit. */
  readonly mostBlocks?: number;
}

/** What is missing below a root; `undefined` where it is complete. */
export type MissingBelow = (root: CID) => Promise<Missing | undefined>;

export interface Missing {
  /** How many blocks are missing, a block that is linked to twice counted twice. */
  readonly count: number;
  /** The first of them. */
  readonly first: readonly MissingBlock[];
}

/** Import a file or folder of this machine. `dag/build/add-options.ts` describes the result. */
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
  /** Why it can't be read, where that is known: `/data/x.nc is gone`, of a block in place. */
  readonly why?: string;
}

/** One problem of the store. An `error` is data lost or at risk; a `hint` is repaired by the next writer. */
export interface Damage {
  readonly level: "error" | "hint";
  readonly rule: string;
  readonly says: string;
  readonly fix: string;
  /** The incomplete pin, where the problem is one. */
  readonly pin?: IncompletePin;
}

export interface Checked {
  readonly blocks: number;
  /** Of them, those that are parts of files outside the node; absent where there are none. */
  readonly inPlace?: number;
  /** Bytes of all blocks. */
  readonly bytes: number;
  readonly packs: number;
  readonly pins: number;
}
