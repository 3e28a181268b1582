/** `status`: where the campaign stands, in a few lines. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sayToDo } from "../core/plan.ts";
import { observe, whyNoRoot } from "../stages/observe.ts";
import type { Verb } from "./command.ts";

export const status: Verb = {
  about: "What is live, and what publishing would do. Changes nothing.",
  example: "fieldtree status",

  async run({ campaign: open, out, world }) {
    const campaign = await open();
    const seen = await observe(await readFile(join(campaign.folder, "tree.yaml")), campaign, world);
    const release = seen.head?.release;
    const data = {
      head: seen.head?.cid.toString() ?? null,
      release: release?.number ?? null,
      root: release?.root.toString() ?? null,
      portal: release?.portal.toString() ?? null,
      next: seen.steps,
    };
    const live = release
      ? [
          `release ${release.number} of ${release.made} is live`,
          `  root    ${release.root}`,
          `  portal  ${release.portal}`,
        ]
      : ["nothing has been published yet"];
    const next = seen.root
      ? sayToDo(seen.steps).map((step) => `next: ${step}`)
      : [`next: nothing can be published: ${whyNoRoot(seen)!.message.split("\n")[0]}; fieldtree plan says more`];
    out.result(data, [...live, ...(next.length > 0 ? next : ["nothing to do"])].join("\n"));
    return 0;
  },
};
