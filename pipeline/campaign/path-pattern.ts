/** The path patterns of campaign.yaml. */
import { posix } from "node:path";
import type { CampaignConfig } from "../core/campaign/campaign.ts";

export const matches = (path: string, globs: readonly string[]) => globs.some((glob) => posix.matchesGlob(path, glob));

/** Returns the function that decides whether the leaf at a path is scanned. */
export function scanFilter({ scan }: Pick<CampaignConfig, "scan">): (path: string) => boolean {
  return (path) => (scan.only.length === 0 || matches(path, scan.only)) && !matches(path, scan.except);
}
