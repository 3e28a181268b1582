/** `prune`: unpins old releases by the retention policy in campaign.yaml. */

import type { Campaign } from "../campaign/campaign.ts";
import { validTree } from "../cli/address/tree-text.ts";
import { printable } from "../cli/print/terminal.ts";
import { withLease } from "../cli/publishing/with-lease.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { plural } from "../core/text/plural.ts";
import { formatBytes } from "../core/text/shown.ts";
import { dataLeaves } from "../core/tree/tree.ts";
import { publishedHead } from "../log/chain.ts";
import { type OldPin, type Pruning, planPruning, unpinAll } from "../stages/pins/prune.ts";
import { retainsAll } from "../stages/pins/retention.ts";

export const prune: Verb = {
  flags: [["--dry-run", "list what would no longer be pinned, and how much room that frees; change nothing"]],
  about: `Stops pinning, here and at every pin service, what only old releases had, by \`keep:\` under \`pins:\` in campaign.yaml: \`10 releases\`,
\`90 d\`, or \`all\`, the default. What the newest release has, what a name points to, what is in tree.yaml and what
\`extra:\` names stays pinned. Old releases stay in the log. \`fieldtree gc\` then frees the room.`,
  example: "fieldtree prune --dry-run",

  async run(call) {
    const { flags, world } = call;
    const campaign = await call.campaign();
    if (flags.dryRun === true) return pruned(campaign, true, call);
    let exit = 0;
    await withLease(campaign, "pruning", world, async (world) => {
      exit = await pruned(campaign, false, { ...call, world });
    });
    return exit;
  },
};

async function pruned(campaign: Campaign, isDry: boolean, call: Call): Promise<number> {
  const { out, world } = call;
  const head = await publishedHead(campaign.log, world);
  // The next release needs data that is added and not released yet.
  const needed = dataLeaves(await validTree(undefined, call));
  const plan = await planPruning(
    head,
    campaign,
    needed.map(({ cid }) => cid),
    world,
  );
  for (const line of planLines(plan, campaign)) world.log(line);

  const problems = [...plan.problems];
  let gone: readonly OldPin[] = plan.pins;
  if (!isDry) {
    const unpinned: OldPin[] = [];
    for await (const { pin, failure } of unpinAll(plan.pins, campaign, world)) {
      if (failure) problems.push(failure);
      else unpinned.push(pin);
    }
    gone = unpinned;
  }
  const releases = new Set(gone.map(({ release }) => release)).size;
  const data = { releases, pins: gone.length, bytes: plan.bytes };
  out.result(data, describePruned(data, isDry, campaign));
  const [problem] = problems;
  if (!problem) return 0;
  const messages = new Set(problems.map(({ message }) => message));
  throw new Failure(problem.kind, ["not every pin service could be pruned:", ...messages].join("\n  "), {
    hint: problem.hint ?? "run it again: it goes on from here",
  });
}

/** Most releases listed one by one. */
const few = 20;

function planLines({ pins, bytes }: Pruning, { home }: Campaign): string[] {
  const byRelease = [...Map.groupBy(pins, ({ release }) => release)].sort(([a], [b]) => b - a);
  const lines = byRelease.slice(0, few).map(([release, those]) => {
    const where = [...Map.groupBy(those, ({ service }) => service ?? home.name)];
    return `release ${release}: ${where.map(([name, { length }]) => `${plural(length, "pin")} at ${printable(name)}`).join(", ")}`;
  });
  const more = byRelease.length > few ? [`and ${byRelease.length - few} releases more`] : [];
  return pins.length > 0 ? [...lines, ...more, `no other pin on ${home.name} needs ${formatBytes(bytes)} of it`] : [];
}

function describePruned(
  { releases, pins, bytes }: { readonly releases: number; readonly pins: number; readonly bytes: number },
  isDry: boolean,
  campaign: Campaign,
): string {
  if (retainsAll(campaign))
    return "nothing to prune: campaign.yaml retains all releases; `pins: { keep: 10 releases }` there retains the newest ten";
  if (pins === 0) return "nothing to prune: all that is pinned is needed by a release that is retained";
  const free = campaign.home.gc ? "fieldtree gc" : "ipfs repo gc";
  const what = `${plural(pins, "pin")} of ${plural(releases, "old release")}`;
  return isDry
    ? `would stop ${what}; ${free} would then free ${formatBytes(bytes)}`
    : `stopped ${what}; ${free} frees ${formatBytes(bytes)}`;
}
