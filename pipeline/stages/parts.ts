/** The parts of a campaign that the stages use. `campaign.ts` creates them. */

import type { CID } from "multiformats/cid";
import type { Facts } from "../core/campaign/campaign.ts";
import type { NameTarget } from "../core/campaign/name-target.ts";
import type { PinsConfig } from "../core/campaign/pins.ts";
import type { DataLeaf } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import type { ProfileName } from "../dag/profile.ts";
import type { Memory } from "../disk/cache.ts";
import type { FormatReader } from "../formats/reader.ts";
import type { HomeNode } from "../ipfs/node.ts";
import type { KnownForks } from "../log/forks.ts";
import type { ReleaseLog } from "../log/log.ts";
import type { MadeWith, Release } from "../log/release.ts";
import type { Name } from "../names/name.ts";
import type { HttpOrigin } from "../pin/http-origin.ts";
import type { PinService } from "../pin/service.ts";
import type { States, View } from "../views/view.ts";

export interface Parts {
  /** Absolute path of the folder of tree.yaml. */
  readonly folder: string;
  /** Absolute path of the folder with this machine's state of the campaign. */
  readonly state: string;
  readonly facts: Facts;
  /** Profile of assembled directories. */
  readonly profile: ProfileName;
  /** The campaign's own node. */
  readonly home: HomeNode;
  /** Returns verified blocks, from the home node first, then from the gateways. Throws where no source has the block. */
  readonly get: Get;
  /** Fetches every block below a leaf to the home node. @throws Failure `unavailable` where some are out of reach. */
  readonly fetchLeaf: (leaf: Pick<DataLeaf, "path" | "cid">, world: World) => Promise<void>;
  /** Present where many leaves are fetched faster together. */
  readonly fetchTogether?: FetchTogether;
  /**
   * Fetches the blocks below a leaf that the home node lost below a pin. Present where pinning the leaf again would not fetch
   * them, because the node lists the pin. @throws as {@link Parts.fetchLeaf} does.
   */
  readonly restoreLeaf?: Parts["fetchLeaf"];
  readonly log: ReleaseLog;
  /** Other copies of the log that no release merged yet: no name is announced meanwhile. */
  readonly forks?: KnownForks;
  /**
   * Returns a function that signs a release; absent where the campaign signs none.
   *
   * @throws Failure `input` where there is no key, or where it is none of the campaign's signers.
   */
  readonly signer?: () => Promise<(release: Release) => Promise<Release>>;
  readonly readers: readonly FormatReader[];
  readonly views: readonly View<States>[];
  /** Whether campaign.yaml has the leaf at `path` scanned. */
  readonly isScanned: (path: string) => boolean;
  readonly madeWith: MadeWith;
  /** Tsizes by CID; contents of leaves by CID and readers. */
  readonly sizes: Memory;
  readonly leafContents: Memory;
  /** References of files, without their bytes, by CID and reader. */
  readonly references: Memory;
  /** SOURCE_DATE_EPOCH, where it is set. */
  readonly sourceDateEpoch?: Date;
  /** Public names of the signers whose signatures count; where empty, any signer's do. */
  readonly signers: readonly string[];
  /** The services that pin what is published, in addition to the home node, in the order of campaign.yaml. */
  readonly pinServices: readonly ConfiguredPinService[];
  /** Required services, blocks sampled, timeouts, and retention of old pins. */
  readonly pins: PinsConfig;
  /** Multiaddrs at which others can fetch from the home node; none where it has no peers. */
  readonly origins: (world: World) => Promise<readonly string[]>;
  /** The home node as others fetch from it over HTTP; returns `undefined` where `serve --routing` does not run on this machine. */
  readonly httpOrigin?: () => Promise<HomeOrigin | undefined>;
  /** The names to announce, in the order of campaign.yaml. */
  readonly names: readonly ConfiguredName[];
  /** The Kubo nodes that stay connected with the peers in campaign.yaml; none where it names no peers. */
  readonly peering: readonly Peering[];
}

/** Fetches leaves under one pin, which protects them until the tree that has them is pinned. */
export interface FetchTogether {
  /** Returns `false` where some are not at hand: they are then to be fetched one by one, which names those out of reach. */
  readonly fetch: (leaves: readonly Pick<DataLeaf, "cid">[], world: World) => Promise<boolean>;
  /** Removes the pin, where `fetch` made one. */
  readonly unpin: (world: World) => Promise<void>;
}

export interface HomeOrigin extends HttpOrigin {
  /** Multiaddrs of it, each ending in `/p2p/ID`, in every spelling that is in use. */
  readonly addresses: readonly string[];
  /** Offers a new block, which exists nowhere else, until it is withdrawn. */
  readonly offerProbe: () => Promise<{ readonly cid: CID; readonly withdraw: () => Promise<void> }>;
  /** Which client refused the certificate since `time` (ms since 1970), and why; `undefined` where none did. */
  readonly refusedSince: (time: number) => Promise<string | undefined>;
}

/** A Kubo node: the campaign's own, or a service's. */
export interface Peering {
  /** Its name in messages: `the node`, or the service's name. */
  readonly node: string;
  /** Returns the IDs of peers that it does not reconnect with by itself. */
  readonly missing: (world: World) => Promise<readonly string[]>;
  readonly connect: (world: World) => Promise<unknown>;
}

/** A pin service, and what the campaign pins there. */
export interface ConfiguredPinService {
  readonly name: string;
  /** `kubo`, `cluster`, `psa`, `pinata` */
  readonly kind: string;
  /** Whether its reports count without a check of blocks. */
  readonly trusted: boolean;
  /** Whether it pins everything, the tree and the portal too. */
  readonly pinsEverything: boolean;
  /** Whether it pins the leaf at `path`, of `size` bytes. */
  readonly accepts: (path: string, size: number) => boolean;
  /** Returns the service; memoized. @throws Failure `input` at the line of campaign.yaml where its token is not set. */
  readonly open: () => PinService;
  /**
   * Returns one verified block from this service alone; `undefined` where the service lacks it. Needs no token. Absent
   * where the service offers no way to read blocks.
   */
  readonly retrieve?: (cid: CID, world: World) => Promise<Uint8Array | undefined>;
}

/** A name, and the value that it should have. */
export interface ConfiguredName {
  /** The domain, or the key's public name, as in campaign.yaml. */
  readonly name: string;
  readonly kind: "dnslink" | "ipns";
  readonly to: NameTarget;
  /** ms within which every authority must answer the new value. */
  readonly deadline: number;
  /**
   * Opens the name. `looking` only reads, and needs no secret.
   *
   * @throws Failure `input`, for `writing`, at the line of campaign.yaml where its secret is not set.
   */
  readonly open: (what: "reading" | "writing") => Name;
  /** Present where the secret is a key. @throws Failure `input` where the key is invalid, or not that of this name. */
  readonly assertKey?: () => Promise<void>;
}
