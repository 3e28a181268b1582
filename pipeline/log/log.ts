/**
 * Interface of the release log.
 *
 * Releases are immutable, and are stored like other blocks. The head is the only mutable value, so it changes only by
 * compare-and-swap: a caller with an outdated `expected` gets a `conflict`. Names announce the head; they may be out of date
 * and are derived from it again.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Leases } from "./lease.ts";
import type { Draft, Release } from "./release.ts";
import type { Carried, Source } from "./source.ts";

export interface Head {
  readonly cid: CID;
  readonly release: Release;
}

export interface ReleaseLog {
  /** Location of the head, for messages. */
  readonly name: string;
  head(world: World): Promise<Head | undefined>;
  /**
   * Present where the head is elsewhere: the newest that this machine saw there, without asking. `undefined` where it
   * never saw one, or what it brought here is not that one.
   */
  lastKnownHead?(world: World): Promise<Head | undefined>;
  /** The release with that CID, verified against it. */
  read(cid: CID, world: World): Promise<Release>;
  /**
   * The tree.yaml that `release` published, checked against the CID that it names, and the sizes of its leaves, unchecked.
   * `undefined` where the log does not carry them, as of a release by an older version of fieldtree.
   */
  source(release: Draft, world: World): Promise<Source | undefined>;
  /**
   * Store `release` durably, then move the head to it if it is still at `expected`.
   *
   * @throws Failure `conflict` where the head moved meanwhile; `corrupt` where `release` does not follow `expected`.
   */
  append(release: Release, expected: Head | undefined, world: World, added?: Added): Promise<Head>;
  /**
   * Move the head from `expected` to a release of another copy of the log that links to it, directly or through others. Its
   * block and those of all releases between are in `added`.
   *
   * @throws Failure `conflict` where the head moved meanwhile.
   */
  fastForward(to: Head, expected: Head | undefined, world: World, added: Added): Promise<Head>;

  /** Leases for publishing, common to all machines that share this log. */
  readonly leases: Leases;

  /** Small files alongside the head, for all machines that share this log: signed IPNS records. */
  readonly attachments: Attachments;
}

/** What the log is to carry from now on, in addition to the release that is appended. */
export interface Added {
  /** Of the release, and of earlier ones that the log lacks. */
  readonly sources?: readonly Carried[];
  /** Releases of other copies of the log, which the new head leads to. */
  readonly releases?: readonly Release[];
}

export interface Attachments {
  /** `undefined` where there is none. `name`: letters, digits, `.`, `-` and `/`. */
  read(name: string, world: World): Promise<Uint8Array | undefined>;
  /** Replaces the file atomically; durable when it returns. */
  write(name: string, bytes: Uint8Array, world: World): Promise<void>;
}
