/** Reviews a proposal by the base's campaign.yaml, without secrets. */
import { openReview } from "../../campaign/review.ts";
import { endpointsLabel } from "../../core/campaign/endpoints.ts";
import { type Report, stateOf } from "../../core/report/report.ts";
import type { GitHub } from "../../github/run/client.ts";
import type { MergeCommits } from "../../github/run/commits.ts";
import { reportOn } from "../../stages/review/report.ts";
import type { Call } from "../verb.ts";
import { type Proposal, readProposal } from "./proposal.ts";

export interface ReviewOptions {
  /** Labels of the pull request; `all` where everything that a label can allow is already allowed. */
  readonly labels: readonly string[] | "all";
  /** A command that prints the same report. */
  readonly reproduce: string;
}

/** @throws Failure `input` where the base's campaign.yaml is invalid. */
export async function reviewProposal(
  { proposed, campaignYaml, unreadable }: Proposal,
  { labels, reproduce }: ReviewOptions,
  { cwd, world }: Pick<Call, "cwd" | "world">,
): Promise<Report> {
  const review = await openReview(campaignYaml, cwd, noSecrets);
  try {
    const given = labels === "all" ? [review.config.review.label, endpointsLabel] : labels;
    const { report } = await reportOn({ ...proposed, labels: given, reproduce }, review, world);
    if (!unreadable) return report;
    const findings = [unreadable, ...report.findings];
    return { ...report, findings, state: stateOf({ ...report, findings }) };
  } finally {
    await review.close();
  }
}

/** Reviews both sides as they are on GitHub. */
export async function reviewCommits(
  sides: MergeCommits,
  labels: ReviewOptions["labels"],
  github: GitHub,
  call: Pick<Call, "cwd" | "world">,
): Promise<Report> {
  return reviewProposal(
    await readProposal(sides, github, call),
    { labels, reproduce: reproduceWith(sides, github.page) },
    call,
  );
}

/** An untrusted proposal is reviewed without any secret. */
const noSecrets = {};

/** `repository`: a remote's name or address of the campaign's repository, because `origin` of a clone may be a fork. */
export function reproduceWith({ base, head }: Pick<MergeCommits, "base" | "head">, repository = "origin"): string {
  return `git fetch ${repository} ${base} ${head} && fieldtree report --base git:${base} git:${head}`;
}
