/** The campaign's own node, of the kind that campaign.yaml names. Only that kind is loaded. */
import type { CampaignConfig } from "../core/campaign/campaign.ts";
import type { HomeNode } from "../ipfs/node.ts";
import { type Secret, tokenOf } from "./secrets.ts";

/** `state`: folder of what this machine remembers. @throws Failure `input` where its token is not set. */
export async function homeNode({ node }: CampaignConfig, state: string, secret: Secret): Promise<HomeNode> {
  switch (node.kind) {
    case "embedded": {
      const { embedded } = await import("../ipfs/embedded/embedded.ts");
      return embedded(state);
    }
    case "kubo": {
      const { kubo } = await import("../ipfs/kubo/kubo.ts");
      return kubo({ api: node.api, ...tokenOf(node.token, secret) });
    }
  }
}
