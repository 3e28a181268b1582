/** Changes that a proposal makes to the endpoints in the base branch's campaign.yaml, and the label that such changes need. */

import { readCampaign } from "../../core/campaign/campaign.ts";
import { type EndpointConfig, endpointChanges, endpointsLabel } from "../../core/campaign/endpoints.ts";
import type { Endpoints, ReportedFinding } from "../../core/report/report.ts";
import { plural } from "../../core/text/plural.ts";
import { atTop, type Proposed } from "./proposal.ts";

/** Most changes listed; the others are counted. */
const mostChanges = 100;

/**
 * Compares the proposal with the base branch's tip, not with the merge base: git merges campaign.yaml by lines, so the
 * result has lines of both sides, and may bring back an address that the base branch has removed since.
 */
export function endpointsOf({ campaignYaml, labels }: Proposed, base: EndpointConfig): Endpoints {
  const label = { label: endpointsLabel, labelled: labels.includes(endpointsLabel) };
  if (!campaignYaml) return { changes: [], moreChanges: 0, ...label };
  const { campaign, findings } = readCampaign(campaignYaml);
  if (!campaign) {
    const [first] = findings;
    const unreadable = first ? `line ${first.line}: ${first.says}` : "it is not valid";
    return { changes: [], moreChanges: 0, unreadable, ...label };
  }
  const changes = endpointChanges(base, campaign);
  const listed = changes.slice(0, mostChanges);
  return { changes: listed, moreChanges: changes.length - listed.length, ...label };
}

/** Returns none for an invalid file: its own errors prevent the merge, with or without the label. */
export function endpointFindings({ changes, moreChanges, label, labelled }: Endpoints): ReportedFinding[] {
  if (changes.length === 0) return [];
  const at = { ...atTop, file: "campaign.yaml", rule: "changed-endpoints" };
  const count = changes.length + moreChanges;
  const says = `${plural(count, "setting differs", "settings differ")} in where data, secrets or announcements go`;
  if (labelled) return [{ ...at, level: "hint", says: `${says}, as the label ${label} allows` }];
  const fix = `ask for the label ${label}, or take them from the base branch's campaign.yaml as it is now`;
  return [{ ...at, level: "error", says, fix }];
}
