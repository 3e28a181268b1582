/** `doctor`: the settings that a campaign's repository on GitHub lacks, and how to set each. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { withRepository } from "../cli/github-repository.ts";
import type { Paint } from "../cli/print/colour.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { readCampaign } from "../core/campaign/campaign.ts";
import { Failure, kinds } from "../core/failure.ts";
import { plural } from "../core/text/plural.ts";
import type { Diagnosis } from "../github/health/doctor/diagnosis.ts";
import { examine } from "../github/health/doctor/doctor.ts";
import { openGitHub } from "../github/run/client.ts";

export const doctor: Verb = {
  flags: [
    ["--repo <owner/name>", "the campaign's repository on GitHub (default: that of git's remote origin)"],
    ["--fix", "set what needs no decision: the environment and who may enter it, disabled workflows, the labels"],
  ],
  about: `Checks the environment \`production\` and who may enter it, its secrets by name, branch rules and the required check,
workflows and when they last ran, the log's branch; lists what is missing, with the page or the command that sets it. Changes
nothing without --fix. Takes its token from GITHUB_TOKEN: an administrator's can read all of it. Exit code 1: something is
missing. 4: nothing is, as far as this token can see.`,
  example: "GITHUB_TOKEN=$(gh auth token) fieldtree doctor",

  async run(call) {
    const { flags, folder, out, world } = call;
    const { campaign: config } = readCampaign(await readFile(join(folder(), "campaign.yaml")));
    if (!config) throw new Failure("input", "campaign.yaml can't be read", { hint: "fieldtree check reports why" });
    const publishing = await readFile(join(folder(), ".github/workflows/publish.yml"), "utf8").catch(unlessAbsent);
    const github = await openGitHub(await withRepository(call), world);

    const setup = { config, publishing };
    let found = await examine(setup, github, world);
    const fixes = flags.fix === true ? found.filter(({ fix }) => fix) : [];
    for (const { of, fix } of fixes) {
      world.log(`setting ${of}`);
      await fix!(github);
    }
    if (fixes.length > 0) found = await examine(setup, github, world);

    for (const { fix, ...diagnosis } of found) out.result({ ...diagnosis, fixable: fix !== undefined });
    const missing = found.filter(isMissing).length;
    const unseen = found.filter(({ is }) => is === "unseen").length;
    out.result(
      { event: "examined", missing, unseen, fixed: fixes.length },
      summary(found, missing, unseen, out.paint),
      missing > 0 ? summary(found.filter(isMissing), missing, unseen, out.paint) : undefined,
    );
    if (missing > 0) return kinds.findings.exit;
    return unseen > 0 ? kinds.unavailable.exit : 0;
  },
};

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

const isMissing = ({ is }: Diagnosis) => is === "missing";

const words = { good: "ok", missing: "MISSING", unwise: "unwise", unseen: "unseen" } as const;

const levels = { good: "good", missing: "error", unwise: "warning", unseen: "warning" } as const;

function summary(found: readonly Diagnosis[], missing: number, unseen: number, paint: Paint): string {
  const width = Math.max(...found.map(({ of }) => printable(of).length));
  const lines = found.flatMap(({ of, is, says, how }) => [
    `${paint(levels[is], words[is])}${" ".repeat(8 - words[is].length)}${printable(of).padEnd(width)}  ${printable(says)}`,
    ...(how === undefined ? [] : [`${" ".repeat(8)}→ ${printable(how)}`]),
  ]);
  const all = missing === 0 ? "nothing is missing" : `${plural(missing, "is", "are")} missing`;
  return [...lines, unseen === 0 ? all : `${all}, and ${unseen} could not be checked`].join("\n");
}
