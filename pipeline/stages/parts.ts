/** What the stages work with: the campaign's parts, made ready by `campaign.ts`. */
import type { Facts } from "../core/campaign.ts";
import type { Json } from "../core/json.ts";
import type { Leaf } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import type { ProfileName } from "../dag/profile.ts";
import type { Memory } from "../disk/memory.ts";
import type { FormatReader } from "../formats/reader.ts";
import type { HomeNode } from "../ipfs/node.ts";
import type { ReleaseLog } from "../log/log.ts";
import type { MadeWith } from "../log/release.ts";
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
  readonly bring: (leaf: Leaf, world: World) => Promise<void>;
  readonly log: ReleaseLog;
  readonly readers: readonly FormatReader[];
  readonly views: readonly View<Json>[];
  /** Whether campaign.yaml wants the leaf at `path` looked into. */
  readonly wanted: (path: string) => boolean;
  readonly madeWith: MadeWith;
  /** Tsizes by CID; what leaves contain by CID and readers. */
  readonly sizes: Memory;
  readonly holdings: Memory;
  /** SOURCE_DATE_EPOCH, where it is set. */
  readonly sourceDate?: Date;
}
