/** The targets of the campaign's names, whether or not they were announced already. */
import type { Campaign } from "../../campaign/campaign.ts";
import { publicKeyOf, publicName } from "../../core/key.ts";

/**
 * Returns the target of a name: `tree`, `portal`, `portal/PATH`, `tree@N`. Names in campaign.yaml take precedence over
 * built-in names: CAMPAIGN and its domain are the portal; either with the prefix `latest.` is the tree.
 */
export function targetsOf({ facts, names: announced }: Campaign): (name: string) => string | undefined {
  const own = [facts.campaign, ...(facts.domain ? [facts.domain] : [])];
  const targets = new Map([
    ...own.flatMap((name) => [[name, "portal"] as const, [`latest.${name}`, "tree"] as const]),
    ...announced.map(({ name, to }) => [keyed(name), to] as const),
  ]);
  return (name) => targets.get(name) ?? targets.get(name.toLowerCase()) ?? targets.get(keyed(name));
}

/** Returns the canonical spelling of a key's name, and other names unchanged. */
function keyed(name: string): string {
  const publicKey = publicKeyOf(name);
  return publicKey ? publicName(publicKey) : name;
}
