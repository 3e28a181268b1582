/** The owners in campaign.yaml, who review changes of their paths. */
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import type { Owner } from "../../stages/review/report.ts";
import { matches } from "../path-pattern.ts";

/** In the order of campaign.yaml. A path has the owners of every pattern that it matches. */
export function ownersOf({ owners }: Pick<CampaignConfig, "owners">): Owner[] {
  return Object.entries(owners).map(([pattern, owners]) => ({
    pattern,
    owners,
    matches: (path) => matches(path, [pattern]),
  }));
}
