/** The campaign's own node, of the kind in campaign.yaml. Only the module of that kind is loaded. */
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { type Secret, tokenOf } from "../secrets.ts";

/** `state`: folder of this machine's state. @throws Failure `input` where the node's token is not set. */
export async function homeNode({ node }: CampaignConfig, state: string, secret: Secret): Promise<HomeNode> {
  switch (node.kind) {
    case "embedded":
      return await ownNode(state);
    case "kubo": {
      const { kubo } = await import("../../ipfs/kubo/kubo.ts");
      return kubo({ api: node.api, ...tokenOf(node.token, secret) });
    }
  }
}

/** Returns this machine's own node. It stores an imported CAR where the campaign's node refuses access. */
export async function ownNode(state: string): Promise<HomeNode> {
  const { embedded } = await import("../../ipfs/embedded/embedded.ts");
  return embedded(state);
}

/**
 * As {@link homeNode}, for callers that may only read. Where the node's token is not set, the node returned has no blocks,
 * and its writing methods reject with the reason. A job without secrets can then still read the log from gateways.
 */
export async function homeOrGateways(config: CampaignConfig, state: string, secret: Secret): Promise<HomeNode> {
  try {
    return await homeNode(config, state, secret);
  } catch (error) {
    if (isFailure(error, "input")) return locked(error);
    throw error;
  }
}

function locked(why: Failure): HomeNode {
  const refuse = () => Promise.reject(why);
  return {
    name: "the node",
    closed: why.message,
    get: async () => undefined,
    put: refuse,
    pin: refuse,
    unpin: refuse,
    pins: refuse,
  };
}
