/**
 * The release log, as the stages see it.
 *
 * Two things with opposite needs, kept apart. Releases are immutable and go wherever blocks go. The head is the one
 * mutable word in the system, so it changes only by compare-and-swap: whoever holds a stale `expected` loses, and
 * learns it as a `conflict`. Names are announcements of the head, allowed to lag, and re-derived from here.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Leases } from "./lease.ts";
import type { Release } from "./release.ts";
import type { Carried, Source } from "./source.ts";

export interface Head {
  readonly cid: CID;
  readonly release: Release;
}

export interface ReleaseLog {
  /** For messages: where the head lives. */
  readonly name: string;
  head(world: World): Promise<Head | undefined>;
  /**
   * Present where the head is elsewhere: the newest that this machine saw there, without asking. `undefined` where it
   * never saw one, or what it brought here is not that one.
   */
  lastKnownHead?(world: World): Promise<Head | undefined>;
  /** The release of that CID, checked against it. */
  read(cid: CID, world: World): Promise<Release>;
  /**
   * The tree.yaml that `release` published, checked against the CID that it names, and the sizes of its leaves, unchecked.
   * `undefined` where the log does not carry them, as of a release made by an older version of fieldtree.
   */
  source(release: Release, world: World): Promise<Source | undefined>;
  /**
   * Store `release` durably, then move the head to it if it is still at `expected`. `sources`: what the log is to carry
   * from now on, of this release and of earlier ones that it lacks.
   *
   * @throws Failure `conflict` where the head moved meanwhile; `corrupt` where `release` does not follow `expected`.
   */
  append(release: Release, expected: Head | undefined, world: World, sources?: readonly Carried[]): Promise<Head>;

  /** Who may publish, for everyone who shares this log. */
  readonly leases: Leases;

  /** Small files that everyone who shares this log should find beside its head: signed IPNS records. */
  readonly attachments: Attachments;
}

export interface Attachments {
  /** `undefined` where there is none. `name`: letters, digits, `.`, `-` and `/`. */
  read(name: string, world: World): Promise<Uint8Array | undefined>;
  /** Durable when it returns, and replaced whole. */
  write(name: string, bytes: Uint8Array, world: World): Promise<void>;
}
