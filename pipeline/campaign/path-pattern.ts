/** Patterns over paths, as campaign.yaml writes them. */
import { posix } from "node:path";
import type { CampaignConfig } from "../core/campaign/campaign.ts";

export const matches = (path: string, globs: readonly string[]) => globs.some((glob) => posix.matchesGlob(path, glob));

/** Whether the leaf at a path is looked into. */
export function scanFilter({ scan }: Pick<CampaignConfig, "scan">): (path: string) => boolean {
  return (path) => (scan.only.length === 0 || matches(path, scan.only)) && !matches(path, scan.except);
}
