/**
 * Reads a proposal from commits: tree.yaml on both sides, the base's campaign.yaml, and the merge base.
 *
 * Files are read from a local clone where possible, else from the API. A tree.yaml that is a link or a submodule is neither
 * followed nor fetched; it becomes a finding.
 */
import { type Commits, type Committed, firstOfCommits } from "../../core/committed.ts";
import { Failure } from "../../core/failure.ts";
import type { ReportedFinding } from "../../core/report/report.ts";
import { commitsIn } from "../../disk/commits.ts";
import type { GitHub } from "../../github/run/client.ts";
import { commitsOf, type MergeCommits } from "../../github/run/commits.ts";
import { atTop, type Proposed } from "../../stages/review/proposal.ts";
import type { Call } from "../verb.ts";

export interface Proposal {
  readonly proposed: Pick<Proposed, "ancestor" | "base" | "baseSha" | "campaignYaml" | "proposal" | "sha">;
  /** campaign.yaml of the base, because a proposal must not decide how it is reviewed. */
  readonly campaignYaml: string;
  /** Why the head's tree.yaml can't be read; the base's is then used instead. */
  readonly unreadable?: ReportedFinding;
}

/** Most bytes of a file. A tree.yaml of 100 000 leaves has a third of it. */
const largestFile = 30 * 1024 * 1024;
const names = ["tree.yaml", "campaign.yaml"] as const;

/** @throws Failure `input` where the base has no tree.yaml or campaign.yaml that could be read. */
export async function readProposal(
  { base, head, mergeBase }: MergeCommits,
  github: GitHub,
  { cwd, world }: Pick<Call, "cwd" | "world">,
): Promise<Proposal> {
  const { list, read } = filesOf(firstOfCommits([commitsIn(cwd, world), commitsOf(github)]));
  const [ours, theirs, past] = await Promise.all([list(base), list(head), list(mergeBase)]);
  const ofBase = async (name: string): Promise<Uint8Array> => {
    const file = ours.get(name);
    const why = objectionTo(name, file);
    if (why) throw new Failure("input", `on the base branch, at ${base.slice(0, 7)}: ${why}`);
    return read(base, name, file!);
  };

  const [baseTree, campaignYaml] = [await ofBase("tree.yaml"), await ofBase("campaign.yaml")];
  const before = past.get("tree.yaml");
  const ancestor = before && !objectionTo("tree.yaml", before) ? await read(mergeBase, "tree.yaml", before) : baseTree;
  const [tree, campaign] = names.map((name) => theirs.get(name));
  const [why, whyCampaign] = [objectionTo("tree.yaml", tree), objectionTo("campaign.yaml", campaign)];
  const ownCampaign = campaign && !whyCampaign && campaign.id !== past.get("campaign.yaml")?.id;
  const unreadable = why
    ? unreadableFile("tree.yaml", why)
    : whyCampaign && unreadableFile("campaign.yaml", whyCampaign);
  return {
    proposed: {
      base: baseTree,
      ancestor: why ? baseTree : ancestor,
      proposal: why ? baseTree : await read(head, "tree.yaml", tree!),
      ...(ownCampaign && { campaignYaml: await read(head, "campaign.yaml", campaign) }),
      sha: head,
      baseSha: base,
    },
    campaignYaml: new TextDecoder().decode(campaignYaml),
    ...(unreadable && { unreadable }),
  };
}

/** Returns functions to read commits and their files. Equal bytes are read a single time. */
function filesOf(commits: Commits) {
  const known = new Map<string, Promise<Uint8Array>>();
  return {
    async list(commit: string): Promise<ReadonlyMap<string, Committed>> {
      const found = await commits.entries(commit, names);
      if (!found) throw new Failure("input", `commit ${commit} is not known, here or on GitHub`);
      return found;
    },
    read(commit: string, name: string, file: Committed): Promise<Uint8Array> {
      const bytes = known.get(file.id) ?? commits.read(commit, name, file);
      known.set(file.id, bytes);
      return bytes;
    },
  };
}

const unreadableFile = (file: string, says: string): ReportedFinding => ({
  ...atTop,
  file,
  level: "error",
  rule: "no-file",
  says,
  fix: "make it a plain file again",
});

function objectionTo(name: string, file: Committed | undefined): string | undefined {
  if (!file) return `there is no ${name}`;
  if (file.kind === "link") return `${name} is a symbolic link, and links are not followed`;
  if (file.kind !== "file") return `${name} is a ${file.kind} and not a file`;
  return file.size > largestFile
    ? `${name} has ${file.size} bytes, more than the ${largestFile} that are read`
    : undefined;
}
