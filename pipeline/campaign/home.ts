/** The campaign's own node, of the kind that campaign.yaml names. Only that kind is loaded. */
import type { CampaignConfig } from "../core/campaign/campaign.ts";
import { type Failure, isFailure } from "../core/failure.ts";
import type { HomeNode } from "../ipfs/node.ts";
import { type Secret, tokenOf } from "./secrets.ts";

/** `state`: folder of what this machine remembers. @throws Failure `input` where its token is not set. */
export async function homeNode({ node }: CampaignConfig, state: string, secret: Secret): Promise<HomeNode> {
  switch (node.kind) {
    case "embedded":
      return await ownNode(state);
    case "kubo": {
      const { kubo } = await import("../ipfs/kubo/kubo.ts");
      return kubo({ api: node.api, ...tokenOf(node.token, secret) });
    }
  }
}

/** This machine's own. It stands in where the campaign's is closed to us and something has to be held, as a CAR brought in. */
export async function ownNode(state: string): Promise<HomeNode> {
  const { embedded } = await import("../ipfs/embedded/embedded.ts");
  return embedded(state);
}

/**
 * The same for whoever may only look: where the node's token is not set, it is one that lets nothing be seen, and says
 * why to whoever wants to keep something. What the gateways have can then be read all the same: a job without secrets
 * knows the log.
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
