/** What the campaign's names lead to, whether or not that was announced already. */
import type { Campaign } from "../../campaign/campaign.ts";
import { publicKeyOf, publicName } from "../../core/key.ts";

/**
 * `tree`, `portal`, `portal/PATH`, `tree@N`: what `name` should say. What campaign.yaml announces goes before what we call
 * things ourselves: CAMPAIGN and its domain are the portal, `latest.` before either is the tree.
 */
export function targetsOf({ facts, names: announced }: Campaign): (name: string) => string | undefined {
  const own = [facts.campaign, ...(facts.domain ? [facts.domain] : [])];
  const targets = new Map([
    ...own.flatMap((name) => [[name, "portal"] as const, [`latest.${name}`, "tree"] as const]),
    ...announced.map(({ name, to }) => [keyed(name), to] as const),
  ]);
  return (name) => targets.get(name) ?? targets.get(name.toLowerCase()) ?? targets.get(keyed(name));
}

/** The names of keys have several spellings: the one that counts. Other names as they are. */
function keyed(name: string): string {
  const publicKey = publicKeyOf(name);
  return publicKey ? publicName(publicKey) : name;
}
