/**
 * A release: one entry of the append-only log.
 *
 * Each release names the whole published tree, its portal and the release before it by real IPLD links, so the newest
 * CID is enough to walk, check and rebuild everything older. Stored as dag-cbor: the same release, the same CID.
 */
import type { CID } from "multiformats/cid";
import type { Change } from "../core/changes.ts";

export interface Release extends Draft {
  /** CID of the portal folded from the log up to this release. */
  readonly portal: CID;
}

/** What is known of a release before its portal exists; the portal is folded from this, never from its own CID. */
export interface Draft {
  readonly campaign: string;
  /** From 1, without gaps. */
  readonly number: number;
  /** The release before this one; `null` for the first. */
  readonly previous: CID | null;
  /** The assembled tree. */
  readonly root: CID;
  /** The bytes of tree.yaml that gave the root. */
  readonly tree: CID;
  /** When: the commit time of that tree.yaml. ISO 8601, UTC, whole seconds. */
  readonly made: string;
  /** What changed since the release before. */
  readonly changes: readonly Change[];
  /** What was live before; `null` for the first. */
  readonly before: { readonly root: CID; readonly portal: CID } | null;
  /** What derived files were made with: versions by name of reader and view, and the digest of campaign.yaml's facts. */
  readonly madeWith: MadeWith;
}

export interface MadeWith {
  readonly readers: Readonly<Record<string, number>>;
  readonly views: Readonly<Record<string, number>>;
  /** CID of the facts of campaign.yaml that derived files depend on, as stable JSON. */
  readonly campaign: string;
}
