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
  /** Of the pull request; `all` where whatever a label allows was allowed already. */
  readonly labels: readonly string[] | "all";
  /** One command that prints the same. */
  readonly reproduce: string;
}

/** @throws Failure `input` where the base's campaign.yaml is wrong. */
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

/** `repository`: the campaign's, whose fork a clone may be of; a remote's name, or an address. */
export function reproduceWith({ base, head }: Pick<MergeCommits, "base" | "head">, repository = "origin"): string {
  return `git fetch ${repository} ${base} ${head} && fieldtree report --base git:${base} git:${head}`;
}
