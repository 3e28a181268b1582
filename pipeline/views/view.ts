/**
 * A view: files for readers, derived only from the releases and their contents.
 *
 * What it has to know of the releases are states, folded one release after another. Views name the states that they render
 * (`states`), so that one that several need is folded and stored once. The portal of release N is folded from releases 1…N−1 and
 * from what is known of N before it exists. All of it is pure, so the same log gives the same bytes and the same CID on every
 * machine. Raise the `version` of a fold when the meaning of its state changes: stored states of other versions are discarded.
 *
 * To add one: write it in this folder, name it in `views.ts`, and run it through `viewContract` in `test/views/`.
 */
import type { CID } from "multiformats/cid";
import type { Facts } from "../core/campaign/campaign.ts";
import type { Json } from "../core/json.ts";
import type { Entry } from "../core/stac/catalog-entry.ts";
import type { Change } from "../core/tree/changes.ts";
import type { Draft, Release } from "../log/release.ts";

/** A file of the portal: its path there, and its bytes, or a link to what is on IPFS already. */
export interface PortalFile {
  readonly path: string;
  readonly content: string | Uint8Array | Linked;
}

/** A link instead of bytes: the data root, an earlier release. `tsize` as UnixFS counts it. */
export interface Linked {
  readonly cid: CID;
  readonly tsize: number;
}

/** A release that exists. */
export interface Past {
  readonly cid: CID;
  /** Bytes of its block. */
  readonly size: number;
  readonly release: Release;
}

/** A release as it is folded into a state. */
export interface Folded {
  readonly release: Draft;
  /** Its CID and the bytes of its block; absent for the release in the making, whose CID follows from its portal. */
  readonly block?: Pick<Past, "cid" | "size">;
  /** Present where another release merged it, so that no `@N` leads to it: its changes are in that one's changes too. */
  readonly isMerged?: true;
  /** Present where it merges others. */
  readonly sides?: readonly MergedSide[];
  /** The tree.yaml from which its changes follow, where its block has none of them. */
  readonly trees?: readonly Linked[];
}

/** A state that is folded from the releases, for one view or several. It is plain JSON, so that it can be stored and loaded again. */
export interface Fold<State> {
  /** Distinct among all folds. */
  readonly name: string;
  readonly version: number;
  readonly empty: State;
  /** The state with one release more. `state` stays as it is. */
  step(state: State, next: Folded): State;
}

/** By the names that a view has for them. */
export type States = Readonly<Record<string, Json>>;

/** Of a view that only depends on the newest release. */
export type Stateless = Readonly<Record<never, Json>>;

/**
 * The part of a merge that one of its parents lacked. The sides of a merge are sorted by the text of the parents' CIDs: they are
 * the same whichever parent is the previous release.
 */
export interface MergedSide {
  /** Portal of the parent. */
  readonly portal: CID;
  /** What turns the parent's tree into that of the merge. */
  readonly changes: readonly Change[];
}

/** What the newest release contains: one entry a dataset, plain leaf or failure, in byte order of their paths. */
export interface Content {
  readonly draft: Draft;
  /** Present where the draft merges others. */
  readonly sides?: readonly MergedSide[];
  /** As {@link Folded} has it of the draft. */
  readonly trees?: readonly Linked[];
  /** The assembled tree, as the portal links it. */
  readonly tree: Linked;
  /** tree.yaml as it was published. */
  readonly source: Linked;
  readonly entries: readonly Entry[];
  readonly campaign: Facts;
}

/**
 * What a view remembers on this machine of the newest portal, to render the next one in less time. The files are the same with
 * and without it.
 */
export interface Memory {
  /** What it set when it rendered the newest portal, all blocks of which the node has; absent where there is none. */
  readonly before?: Uint8Array;
  after?: Uint8Array;
}

export interface View<Of extends States> {
  readonly name: string;
  /** Of the files: a release records it, and what is remembered for another version is discarded. */
  readonly version: number;
  readonly states: { readonly [Name in keyof Of]: Fold<Of[Name]> };
  /**
   * One file after another, each path exactly one time: a view of very many files is never in memory as a whole.
   *
   * @param states up to the release in `content`, and with it.
   */
  render(states: Of, content: Content, memory?: Memory): Iterable<PortalFile>;
  /** Present where `render` uses a memory. */
  readonly remembers?: true;
}
