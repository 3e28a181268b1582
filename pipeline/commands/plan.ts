/** `plan`: prints the steps of a publish, so that a pull request shows the root before it is merged. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../campaign/campaign.ts";
import { baseTree } from "../cli/address/compared-trees.ts";
import { emptyTreeNote } from "../cli/address/tree-text.ts";
import { describeChange } from "../cli/print/changes.ts";
import { allFlag, allHint, errorsIn, findingLines } from "../cli/print/findings.ts";
import { incompleteData, incompleteSections } from "../cli/print/incomplete-pins.ts";
import { printableLines } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { kinds } from "../core/failure.ts";
import { findingCount } from "../core/report/finding-list.ts";
import { changesBetween } from "../core/tree/changes.ts";
import { hasNoData } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import { boundedProbe, probingBelow } from "../stages/pins/below-pins.ts";
import { outOfReachData, whyNotFromHere } from "../stages/publish/fetch-leaves.ts";
import { type Observation, observe, whyNoRoot, whyRolledBack } from "../stages/publish/observe.ts";
import { previewPortal } from "../stages/publish/pin-portal.ts";
import { formatSteps, stepData } from "../stages/publish/plan.ts";

export const plan: Verb = {
  flags: [
    [
      "--base <file>",
      "compare with this tree.yaml, git:REF for the one at a commit, or a release by its number (default: what is live)",
    ],
    allFlag,
    ["--portal", "build the portal that publishing would give, unpinned, on the campaign's node, for a preview"],
  ],
  about:
    "Prints the root that publishing would give, what would change, and every step. Changes nothing that is published.",
  example: "fieldtree plan --base git:main",

  async run(call) {
    const { out, world, flags } = call;
    const campaign = await call.campaign();
    const text = await readFile(join(campaign.folder, "tree.yaml"));
    const observation = await observe(text, campaign, world, {
      below: probingBelow(campaign, boundedProbe, world),
    });
    const base = typeof flags.base === "string" ? await baseTree(flags.base, call) : undefined;
    const changes = base ? changesBetween(base, observation.tree) : observation.changes;
    const none = whyNoRoot(observation) ?? whyRolledBack(observation);
    const notHere = none ? undefined : await whyNotFromHere(observation, campaign, world);
    const portal = flags.portal && !none ? await portalOf(text, observation, campaign, world) : undefined;
    const data = {
      root: observation.root?.cid.toString() ?? null,
      base: typeof flags.base === "string" ? flags.base : (observation.head?.release.root.toString() ?? null),
      changes: changes.map((change) => ({
        ...change,
        line: (change.op === "remove" ? (base ?? observation.live) : observation.tree).get(change.path)?.line ?? 0,
      })),
      findings: observation.findings,
      ...incompleteData(observation),
      steps: observation.steps.flatMap(stepData),
      ...(portal && { portal: portal.toString() }),
      ...(none && { reason: none.message }),
      ...(notHere && { outOfReach: outOfReachData(notHere) }),
    };
    const toDo = formatSteps(observation.steps);
    const refusal = none
      ? [`${observation.root ? "not to be published" : "no root"}: ${printableLines(none.message)}`]
      : [];
    const lines = [
      ...findingLines("tree.yaml", observation.findings, call),
      ...(allHint(observation.findings, call)
        ? [`findings: ${findingCount(observation.findings)}${allHint(observation.findings, call)}`]
        : []),
      ...changes.map(describeChange),
      ...(observation.findings.length === 0 && hasNoData(observation.tree) ? [`tree.yaml: ${emptyTreeNote}`] : []),
      ...(observation.root ? [`root ${observation.root.cid}`] : []),
      ...(portal ? [`portal ${portal}: fieldtree serve shows it at /ipfs/${portal}/`] : []),
      ...refusal,
      ...incompleteSections(observation, campaign),
      ...(none ? [] : toDo.length > 0 ? toDo.map((step) => `would ${step}`) : ["nothing to do"]),
      ...(notHere ? [`and would stop from here: ${printableLines(notHere.failure.message)}`] : []),
    ];
    const errors = [...findingLines("tree.yaml", errorsIn(observation.findings), call), ...refusal];
    out.result(data, lines.join("\n"), errors.join("\n"));
    return none ? kinds[none.kind].exit : 0;
  },
};

/** The portal that publishing would give, or the one that is live where nothing would change. */
async function portalOf(text: Uint8Array, observation: Observation, campaign: Campaign, world: World) {
  return (await previewPortal(text, observation, campaign, world)) ?? observation.head?.release.portal;
}
