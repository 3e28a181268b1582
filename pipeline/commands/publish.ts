/** `publish`: tree.yaml made the newest release, by one process at a time. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../campaign.ts";
import type { World } from "../core/world.ts";
import { lock } from "../disk/lock.ts";
import { type PublishOptions, publish as publishStage } from "../stages/publish.ts";
import type { Output, Verb } from "./command.ts";

export const publish: Verb = {
  flags: [
    ["--expect-root <cid>", "refuse every root but this one, such as the one a plan promised"],
    ["--strict", "datasets that can't be described stop the publication"],
  ],
  about: `Observes what is there, plans, and acts: every block held, the tree pinned, the datasets described, the portal
pinned, the release appended. Stopped anywhere, running it again finishes. Unchanged, it does nothing.`,
  example: "fieldtree publish --expect-root bafybei…",

  async run({ campaign, flags, out, world }) {
    const expectRoot = flags.expectRoot;
    const options = { strict: flags.strict === true, ...(typeof expectRoot === "string" && { expectRoot }) };
    await publishHere(await campaign(), options, out, world);
    return 0;
  },
};

/** Publish the campaign's tree.yaml as it is now, as the only one who does, and print what happens. */
export async function publishHere(
  campaign: Campaign,
  options: PublishOptions,
  out: Output,
  world: World,
): Promise<void> {
  const held = await lock(join(campaign.state, "publish.lock"), "publishing");
  try {
    const text = await readFile(join(campaign.folder, "tree.yaml"));
    for await (const event of publishStage(text, campaign, options, world)) {
      out.result(event, event.event === "published" ? said(event) : undefined);
    }
  } finally {
    await held.release();
  }
}

function said({
  changed,
  release,
  root,
  portal,
  head,
}: {
  changed: boolean;
  release: number;
  root: string;
  portal: string;
  head: string;
}) {
  return [
    changed ? `release ${release} is published` : `nothing to do: release ${release} is live and kept`,
    `  root    ${root}`,
    `  portal  ${portal}`,
    `  head    ${head}`,
  ].join("\n");
}
