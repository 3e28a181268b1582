/** `owners`: lists the owners whose review is requested for changes of a path. */
import { configIn } from "../campaign/config.ts";
import { ownersOf } from "../campaign/parts/owners.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";

export const owners: Verb = {
  args: "<path...>",
  about: `By \`owners:\` in campaign.yaml: patterns over paths, each with the GitHub logins or teams who review changes there. A path
has the owners of every pattern that it matches. Needs no network and no node.`,
  completes: ["tree"],
  example: "fieldtree owners products/HALO/radar.zarr",

  async run({ args, folder, out }) {
    const all = ownersOf((await configIn(folder())).config);
    for (const path of args) {
      const matching = all.filter(({ matches }) => matches(path));
      const named = [...new Set(matching.flatMap(({ owners }) => owners))];
      const patterns = matching.map(({ pattern }) => pattern);
      out.result({ path, owners: named, patterns }, `${printable(path)}: ${named.join(", ") || "no owner is named"}`);
    }
    return 0;
  },
};
