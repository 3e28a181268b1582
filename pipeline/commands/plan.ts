/** `plan`: what publishing would do, so that a pull request shows the root before it is merged. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { baseTree } from "../cli/address/compared-trees.ts";
import { emptyTreeNote } from "../cli/address/tree-text.ts";
import { sayChange } from "../cli/print/changes.ts";
import { allFlag, errorsIn, findingLines, sayAll } from "../cli/print/findings.ts";
import { printableLines } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { kinds } from "../core/failure.ts";
import { findingCount } from "../core/report/finding-list.ts";
import { changesBetween } from "../core/tree/changes.ts";
import { hasNoData } from "../core/tree/tree.ts";
import { outOfReachData, whyNotFromHere } from "../stages/publish/fetch-leaves.ts";
import { observe, whyNoRoot, whyRolledBack } from "../stages/publish/observe.ts";
import { formatSteps, stepData } from "../stages/publish/plan.ts";

export const plan: Verb = {
  flags: [
    [
      "--base <file>",
      "compare with this tree.yaml, git:REF for the one at a commit, or a release by its number (default: what is live)",
    ],
    allFlag,
  ],
  about: "Prints the root that publishing would give, what would change, and every step. Changes nothing.",
  example: "fieldtree plan --base git:main",

  async run(call) {
    const { out, world, flags } = call;
    const campaign = await call.campaign();
    const text = await readFile(join(campaign.folder, "tree.yaml"));
    const seen = await observe(text, campaign, world);
    const base = typeof flags.base === "string" ? await baseTree(flags.base, call) : undefined;
    const changes = base ? changesBetween(base, seen.tree) : seen.changes;
    const none = whyNoRoot(seen) ?? whyRolledBack(seen);
    const notHere = none ? undefined : await whyNotFromHere(seen, campaign, world);
    const data = {
      root: seen.root?.cid.toString() ?? null,
      base: typeof flags.base === "string" ? flags.base : (seen.head?.release.root.toString() ?? null),
      changes: changes.map((change) => ({
        ...change,
        line: (change.op === "remove" ? (base ?? seen.live) : seen.tree).get(change.path)?.line ?? 0,
      })),
      findings: seen.findings,
      steps: seen.steps.flatMap(stepData),
      ...(none && { reason: none.message }),
      ...(notHere && { outOfReach: outOfReachData(notHere) }),
    };
    const toDo = formatSteps(seen.steps);
    const refusal = none ? [`${seen.root ? "not to be published" : "no root"}: ${printableLines(none.message)}`] : [];
    const lines = [
      ...findingLines("tree.yaml", seen.findings, call),
      ...(sayAll(seen.findings, call)
        ? [`findings: ${findingCount(seen.findings)}${sayAll(seen.findings, call)}`]
        : []),
      ...changes.map(sayChange),
      ...(seen.findings.length === 0 && hasNoData(seen.tree) ? [`tree.yaml: ${emptyTreeNote}`] : []),
      ...(seen.root ? [`root ${seen.root.cid}`] : []),
      ...refusal,
      ...(none ? [] : toDo.length > 0 ? toDo.map((step) => `would ${step}`) : ["nothing to do"]),
      ...(notHere ? [`and would stop from here: ${printableLines(notHere.failure.message)}`] : []),
    ];
    const errors = [...findingLines("tree.yaml", errorsIn(seen.findings), call), ...refusal];
    out.result(data, lines.join("\n"), errors.join("\n"));
    return none ? kinds[none.kind].exit : 0;
  },
};
