/** Reads and validates campaign.yaml. */
import { join } from "node:path";
import { type CampaignConfig, readCampaign } from "../core/campaign/campaign.ts";
import { Failure } from "../core/failure.ts";
import { readIfThere } from "../disk/read.ts";

/** @throws Failure `input` where the folder has no campaign.yaml, and as {@link configFrom} does. */
export async function configIn(folder: string): Promise<{ config: CampaignConfig; text: string }> {
  const file = join(folder, "campaign.yaml");
  const text = (await readIfThere(file))?.toString();
  if (text === undefined) {
    throw new Failure("input", `${folder} holds a tree.yaml and no campaign.yaml`, {
      hint: "one line is enough: campaign: NAME",
    });
  }
  return { config: configFrom(text), text };
}

/** @throws Failure `input` with every invalid line. */
export function configFrom(text: string | Uint8Array): CampaignConfig {
  const { campaign, findings } = readCampaign(text);
  const errors = findings.filter(({ level }) => level === "error");
  if (campaign && errors.length === 0) return campaign;
  const lines = errors.map(
    ({ line, column, says, fix }) => `campaign.yaml:${line}:${column}: ${says}${fix ? ` (${fix})` : ""}`,
  );
  throw new Failure("input", lines.join("\n") || "campaign.yaml can't be read");
}
