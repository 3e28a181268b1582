/** `report`: prints the report that would be posted on a pull request. */
import { dirname, join } from "node:path";
import { configIn } from "../campaign/config.ts";
import { openReview } from "../campaign/review.ts";
import { baseText, refIn, treeText } from "../cli/address/tree-text.ts";
import { reproduceWith } from "../cli/job/review.ts";
import { allFlag } from "../cli/print/findings.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure, kinds } from "../core/failure.ts";
import type { Report, State } from "../core/report/report.ts";
import type { World } from "../core/world.ts";
import { commitOf, fileAt } from "../disk/git.ts";
import { readIfThere } from "../disk/read.ts";
import { limitYoungHeap } from "../disk/young-heap.ts";
import { workflowCommands } from "../github/report/annotations.ts";
import { reportMarkdown } from "../github/report/markdown.ts";
import { reportText, type TextOptions } from "../github/report/text.ts";
import type { Proposed } from "../stages/review/proposal.ts";
import { reportOn } from "../stages/review/report.ts";
import { sourceOf } from "../stages/tree/past.ts";

const formats: Readonly<Record<string, (report: Report, options: Required<TextOptions>) => string>> = {
  text: reportText,
  markdown: (report, { all }) => reportMarkdown(report, { all }).trimEnd(),
  annotations: (report) => workflowCommands(report).join("\n"),
  json: (report) => JSON.stringify(report),
};

export const report: Verb = {
  args: "[proposal]",
  flags: [
    [
      "--base <file>",
      "what it is merged into: a tree.yaml, or git:REF for the one at a commit (default: what is live)",
    ],
    ["--ancestor <file>", "the tree that both were edited from (default: git's merge base, else the base)"],
    ["--label <name...>", "labels of the pull request"],
    allFlag,
    ["--format <format>", `one of ${Object.keys(formats).join(", ")}`, "text"],
  ],
  about: `PROPOSAL, a file or git:REF, is the campaign's tree.yaml unless named. Base and proposal are merged by path and checked with the base's
campaign.yaml, as a pull request is: what would change, whether its data can be reached, and its metadata. Prints exactly
what the bot posts. Exits with 1 where something needs to be changed, 4 where data is out of reach, 5 on a conflict.`,
  example: "fieldtree report --base git:origin/main --format markdown",

  async run(call) {
    // Several trees of a quarter of a million leaves are in memory at once.
    limitYoungHeap();
    const { flags, out, env, folder, world } = call;
    const render = formats[Object.hasOwn(formats, `${flags.format}`) ? `${flags.format}` : ""];
    if (!render) {
      throw new Failure("input", `--format ${flags.format}: it is one of ${Object.keys(formats).join(", ")}`);
    }
    const { baseCampaign, ...proposed } = await sidesFrom(call);
    const review = await openReview(baseCampaign, folder(), env);
    try {
      const { report } = await reportOn(proposed, review, world);
      const text = render(report, { all: flags.all === true, paint: out.paint });
      out.result(report, text, report.state === "ready" ? undefined : text);
      return exits[report.state];
    } finally {
      await review.close();
    }
  },
};

const exits: Readonly<Record<State, number>> = {
  ready: 0,
  "needs changes": kinds.findings.exit,
  "data out of reach": kinds.unavailable.exit,
  conflict: kinds.conflict.exit,
  stale: kinds.conflict.exit,
};

/** `baseCampaign`: the base's campaign.yaml, with which the proposal is reviewed. */
async function sidesFrom(call: Call): Promise<Proposed & { readonly baseCampaign: string }> {
  const { args, flags, folder, world } = call;
  const [named] = args;
  const base = typeof flags.base === "string" ? flags.base : undefined;
  const [baseRef, headRef] = [refIn(base), refIn(named)];
  const file = (name: string) => join(folder(), name);
  const commit = (ref: string | undefined) => ref && commitOf(ref, file("tree.yaml"), world);
  const [baseSha, sha] = await Promise.all([commit(baseRef), commit(headRef)]);
  const baseCampaign = await campaignText(baseRef, file("campaign.yaml"), world);
  const ownCampaign = baseRef === undefined ? undefined : await proposedCampaign(named, file("campaign.yaml"), world);
  return {
    ...(base === undefined ? { base: await liveTree(call) } : await baseText(base, named, call)),
    proposal: await treeText(named, call),
    ...(typeof flags.ancestor === "string" && { ancestor: await treeText(flags.ancestor, call) }),
    ...(baseSha && { baseSha }),
    ...(sha && { sha }),
    labels: Array.isArray(flags.label) ? flags.label : [],
    reproduce: baseSha && sha ? reproduceWith({ base: baseSha, head: sha }) : reproduceHere(base, named),
    ...(ownCampaign && new TextDecoder().decode(ownCampaign) !== baseCampaign && { campaignYaml: ownCampaign }),
    baseCampaign,
  };
}

async function campaignText(ref: string | undefined, file: string, world: World): Promise<string> {
  const bytes = ref === undefined ? undefined : await fileAt(ref, file, world);
  if (bytes) return new TextDecoder().decode(bytes);
  return (await configIn(dirname(file))).text;
}

/** Returns campaign.yaml of a commit, or the local one; none for a tree in a file. Empty, so invalid, where it was removed. */
async function proposedCampaign(
  named: string | undefined,
  file: string,
  world: World,
): Promise<Uint8Array | undefined> {
  const ref = refIn(named);
  if (ref === undefined && named !== undefined) return undefined;
  return (ref === undefined ? await readIfThere(file) : await fileAt(ref, file, world)) ?? new Uint8Array();
}

/** Returns tree.yaml of the newest release; empty before the first release. */
async function liveTree({ campaign: open, world }: Call): Promise<Uint8Array> {
  const campaign = await open();
  const head = await campaign.log.head(world);
  return head ? sourceOf(head.release, campaign, world) : new Uint8Array();
}

function reproduceHere(base: string | undefined, named: string | undefined): string {
  return [
    "fieldtree report",
    ...(base === undefined ? [] : [`--base ${base}`]),
    ...(named === undefined ? [] : [named]),
  ].join(" ");
}
