/** The targets of the campaign's names, whether or not they were announced already. */

import type { CampaignStore } from "../../campaign/campaign.ts";
import type { NameTarget } from "../../core/campaign/name-target.ts";
import { publicKeyOf, publicName } from "../../core/key.ts";

/**
 * Returns the target of a name. Names in campaign.yaml take precedence over
 * built-in names: CAMPAIGN and its domain are the portal; either with the prefix `latest.` is the tree.
 */
export function targetsOf({ facts, names: announced }: CampaignStore): (name: string) => NameTarget | undefined {
  const own = [facts.campaign, ...(facts.domain ? [facts.domain] : [])];
  const targets = new Map<string, NameTarget>([
    ...own.flatMap((name) => [
      [name, { of: "portal", path: "" }] as const,
      [`latest.${name}`, { of: "tree", path: "" }] as const,
    ]),
    ...announced.map(({ name, to }) => [keyed(name), to] as const),
  ]);
  return (name) => targets.get(name) ?? targets.get(name.toLowerCase()) ?? targets.get(keyed(name));
}

/** Returns the canonical spelling of a key's name, and other names unchanged. */
function keyed(name: string): string {
  const publicKey = publicKeyOf(name);
  return publicKey ? publicName(publicKey) : name;
}
