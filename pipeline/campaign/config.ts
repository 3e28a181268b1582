/** Reads and validates campaign.yaml. */
import { join } from "node:path";
import { type CampaignConfig, readCampaign } from "../core/campaign/campaign.ts";
import { Failure } from "../core/failure.ts";
import type { Finding } from "../core/report/finding.ts";
import { readIfThere } from "../disk/read.ts";

/** @throws Failure `input` where the folder has no campaign.yaml, and as {@link configFrom} does. */
export async function configIn(folder: string): Promise<{ config: CampaignConfig; text: string }> {
  const file = join(folder, "campaign.yaml");
  const text = (await readIfThere(file))?.toString();
  if (text === undefined) {
    throw new Failure("input", `${folder} has a tree.yaml and no campaign.yaml`, {
      hint: "one line is enough: campaign: NAME",
    });
  }
  return { config: configFrom(text), text };
}

/** @throws Failure `input` with every invalid line. */
export function configFrom(text: string | Uint8Array): CampaignConfig {
  const { campaign, findings } = readCampaign(text);
  assertNoErrors("campaign.yaml", findings);
  if (campaign) return campaign;
  throw new Failure("input", "campaign.yaml can't be read");
}

/** @throws Failure `input` with every line of `file` that has an error. */
export function assertNoErrors(file: string, findings: readonly Finding[]): void {
  const lines = findings
    .filter(({ level }) => level === "error")
    .map(({ line, column, says, fix }) => `${file}:${line}:${column}: ${says}${fix ? ` (${fix})` : ""}`);
  if (lines.length > 0) throw new Failure("input", lines.join("\n"));
}
