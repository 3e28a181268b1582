/** The Kubo nodes that stay connected with the peers in campaign.yaml: the campaign's own node, and pin services of that kind. */
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import type { Peering } from "../../stages/parts.ts";
import { type Secret, tokenOf } from "../secrets.ts";

export async function peeringOf({ node, pins }: CampaignConfig, secret: Secret): Promise<Peering[]> {
  const { peers, services } = pins;
  if (peers.length === 0) return [];
  const { ensurePeering, peeringMissing } = await import("../../pin/peering.ts");
  const all = [{ name: "the node", ...node }, ...services];
  const kubos = all.flatMap((each) => (each.kind === "kubo" ? [each] : []));
  return kubos.map(({ name, api, token }) => {
    const key = () => tokenOf(token, secret).token;
    return {
      node: name,
      missing: async (world) => peeringMissing(api, key(), peers, world),
      connect: async (world) => ensurePeering(api, key(), peers, world),
    };
  });
}
