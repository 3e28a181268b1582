/** `check`: findings in tree.yaml, campaign.yaml or dois.yaml, for people, editors and pull requests. */

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { configFrom } from "../campaign/config.ts";
import { doisFrom } from "../campaign/dois.ts";
import { baseText, treeText } from "../cli/address/tree-text.ts";
import { allFlag, allHint, errorsIn, findingLines } from "../cli/print/findings.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { readCampaign } from "../core/campaign/campaign.ts";
import { readDois } from "../core/datacite/dois.ts";
import type { Finding } from "../core/report/finding.ts";
import { findingCount } from "../core/report/finding-list.ts";
import { plural } from "../core/text/plural.ts";
import { readTree } from "../core/tree/tree.ts";
import { readSides } from "../stages/review/proposal.ts";

export const check: Verb = {
  args: "[file]",
  flags: [
    ["--base <file>", "as it would be once merged into this tree.yaml, or git:REF for the one at a commit"],
    allFlag,
  ],
  about: `Lists every mistake in it at once, each at its line, with its fix. Needs no network and no node.
FILE is the campaign's tree.yaml unless named; files named campaign.yaml and dois.yaml are checked as such.`,
  example: "fieldtree check",

  async run(call) {
    const [named] = call.args;
    const file = named ?? "tree.yaml";
    const bytes = await treeText(named, call);
    const findings = await findingsIn(bytes, file, call);

    const errors = errorsIn(findings);
    const wrong = findingCount(errors);
    const counted = `${file}: ${plural(wrong, "error")}, ${plural(findingCount(findings) - wrong, "other finding")}`;
    call.out.result(
      { findings: findings.map((finding) => ({ ...finding })) },
      [...findingLines(file, findings, call), `${counted}${allHint(findings, call)}`].join("\n"),
      findingLines(file, errors, call).join("\n"),
    );
    if (named === undefined) await refuseOtherFiles(call);
    return errors.length > 0 ? 1 : 0;
  },
};

async function findingsIn(bytes: Uint8Array, file: string, call: Call): Promise<readonly Finding[]> {
  const { base } = call.flags;
  if (basename(file) === "campaign.yaml") return readCampaign(bytes).findings;
  if (basename(file) === "dois.yaml") return readDois(bytes).findings;
  if (typeof base !== "string") return readTree(bytes).findings;
  const { findings } = readSides({ ...(await baseText(base, call.args[0], call)), proposal: bytes });
  return findings.map(({ file: _, touched, replacement, ...finding }) => finding);
}

/** The contract of this verb is one file's findings; other files that other verbs refuse are an additional failure. */
async function refuseOtherFiles(call: Call): Promise<void> {
  for (const [name, read] of [
    ["campaign.yaml", configFrom],
    ["dois.yaml", doisFrom],
  ] as const) {
    const file = join(call.folder(), name);
    if (existsSync(file)) read(await treeText(file, call));
  }
}
