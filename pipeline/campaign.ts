/**
 * The composition root: campaign.yaml and the environment in, ready parts out.
 *
 * The one place that knows which node, log and readers there are; what a family needs of another it is handed here,
 * as a function.
 */
import type { Facts } from "./core/campaign.ts";
import type { ProfileName } from "./dag/profile.ts";
import type { HomeNode, Node } from "./ipfs/node.ts";
import type { ReleaseLog } from "./log/log.ts";

export interface Campaign {
  /** Absolute path of the folder that holds tree.yaml. */
  readonly folder: string;
  readonly facts: Facts;
  /** Profile of assembled directories. */
  readonly profile: ProfileName;
  /** The campaign's own node. */
  readonly home: HomeNode;
  /** To read from: the home node first, then the gateways, every block verified. */
  readonly reach: Node;
  readonly log: ReleaseLog;
  close(): Promise<void>;
}
