/** What the stages work with: the campaign's parts, made ready by `campaign.ts`. */
import type { CID } from "multiformats/cid";
import type { Facts } from "../core/campaign/campaign.ts";
import type { PinsConfig } from "../core/campaign/pins.ts";
import type { Json } from "../core/json.ts";
import type { DataLeaf } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import type { ProfileName } from "../dag/profile.ts";
import type { Memory } from "../disk/cache.ts";
import type { FormatReader } from "../formats/reader.ts";
import type { HomeNode } from "../ipfs/node.ts";
import type { ReleaseLog } from "../log/log.ts";
import type { MadeWith, Release } from "../log/release.ts";
import type { Name } from "../names/name.ts";
import type { PinService } from "../pin/service.ts";
import type { View } from "../views/view.ts";

export interface Parts {
  /** Absolute path of the folder that holds tree.yaml. */
  readonly folder: string;
  /** Absolute path of what this machine remembers of the campaign. */
  readonly state: string;
  readonly facts: Facts;
  /** Profile of assembled directories. */
  readonly profile: ProfileName;
  /** The campaign's own node. */
  readonly home: HomeNode;
  /** Blocks from the home node first, then from the gateways, every one verified. Throws where nobody has one. */
  readonly get: Get;
  /** Have the home node hold every block below a leaf. @throws Failure `unavailable` where some stay out of reach. */
  readonly fetchLeaf: (leaf: DataLeaf, world: World) => Promise<void>;
  readonly log: ReleaseLog;
  /**
   * Gives what signs a release; absent where the campaign signs none.
   *
   * @throws Failure `input` where there is no key, or none that counts.
   */
  readonly signer?: () => Promise<(release: Release) => Promise<Release>>;
  readonly readers: readonly FormatReader[];
  readonly views: readonly View<Json>[];
  /** Whether campaign.yaml wants the leaf at `path` looked into. */
  readonly isScanned: (path: string) => boolean;
  readonly madeWith: MadeWith;
  /** Tsizes by CID; what leaves contain by CID and readers. */
  readonly sizes: Memory;
  readonly leafContents: Memory;
  /** SOURCE_DATE_EPOCH, where it is set. */
  readonly sourceDateEpoch?: Date;
  /** Public names of those whose signatures count; anybody's where empty. */
  readonly signers: readonly string[];
  /** Who keeps what is published beside the home node, in the order of campaign.yaml. */
  readonly pinServices: readonly ConfiguredPinService[];
  /** How many of whom, how many blocks are looked at, how long is waited, what old pins are kept. */
  readonly pins: PinsConfig;
  /** Multiaddrs at which others can fetch from the home node; none where it has no peers. */
  readonly origins: (world: World) => Promise<readonly string[]>;
  /** What is announced, in the order of campaign.yaml. */
  readonly names: readonly ConfiguredName[];
  /** Kubos that stay connected with the peers that campaign.yaml names; none where it names none. */
  readonly peering: readonly Peering[];
}

/** A Kubo: the campaign's own node, or a service's. */
export interface Peering {
  /** As messages call it: `the node`, or the service's name. */
  readonly node: string;
  /** IDs of peers that it would not look for again. */
  readonly missing: (world: World) => Promise<readonly string[]>;
  readonly connect: (world: World) => Promise<unknown>;
}

/** A pin service, and what the campaign wants of it. */
export interface ConfiguredPinService {
  readonly name: string;
  /** `kubo`, `cluster`, `psa`, `pinata` */
  readonly kind: string;
  /** Believed without its blocks having been seen. */
  readonly trusted: boolean;
  /** Whether it keeps everything: the tree and the portal too. */
  readonly pinsEverything: boolean;
  /** Whether it keeps the leaf at `path`, of `size` bytes. */
  readonly accepts: (path: string, size: number) => boolean;
  /** The service, made ready once. @throws Failure `input` at the line of campaign.yaml where its token is not set. */
  readonly open: () => PinService;
  /**
   * One block from that very service and nowhere else, verified; `undefined` where it lacks it. Needs no token. Absent:
   * there is no way to look.
   */
  readonly retrieve?: (cid: CID, world: World) => Promise<Uint8Array | undefined>;
}

/** A name, and what it should say. */
export interface ConfiguredName {
  /** As campaign.yaml calls it: the domain, or the key's public name. */
  readonly name: string;
  readonly kind: "dnslink" | "ipns";
  /** `tree`, `portal`, `portal/PATH`, `tree@N`, `portal@N` */
  readonly to: string;
  /** ms in which every authority must have followed. */
  readonly deadline: number;
  /**
   * For looking: needs no secret.
   *
   * @throws Failure `input`, for writing, at the line of campaign.yaml where its secret is not set.
   */
  readonly open: (what: "looking" | "writing") => Name;
  /** Present where the secret is a key. @throws Failure `input` where it can't be used, or is another's. */
  readonly assertKey?: () => Promise<void>;
}
