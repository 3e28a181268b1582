/** Which secrets a campaign names: the environment variables that a publisher must set. */
import type { CampaignConfig } from "./campaign.ts";

/** Names of environment variables, each once, in the order of campaign.yaml's parts. */
export function secretNames({ node, pins, names, log }: CampaignConfig): readonly string[] {
  const found = [
    "token" in node ? node.token : undefined,
    ...pins.services.map(({ token }) => token),
    ...names.map((name) => {
      if ("ipns" in name) return name.ipns;
      const { provider } = name;
      if (provider.kind === "manual") return undefined;
      return provider.kind === "rfc2136" ? provider.key : provider.token;
    }),
    log.key,
  ];
  return [...new Set(found.filter((name) => name !== undefined))];
}
