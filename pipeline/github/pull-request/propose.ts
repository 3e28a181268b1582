/**
 * A pull request for contributors without git: fork, branch, commit, template filled in.
 *
 * The branch is named by a hash of the edits and created atomically. So a second run continues where the first stopped, and
 * the same proposal twice is one pull request.
 */
import { createHash } from "node:crypto";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type GitHub, repeatable } from "../run/client.ts";
import { commitsOf } from "../run/commits.ts";
import { type OpenedPull, openPull } from "./open-pull.ts";

/** Where a proposal starts from. */
export interface ProposalBase {
  readonly login: string;
  /** Of the campaign's repository. */
  readonly branch: string;
  /** The newest commit of that branch. */
  readonly tip: string;
  /** tree.yaml there. */
  readonly tree: Uint8Array;
  /** The repository's own words for a pull request, where it has some. */
  readonly template: string | undefined;
  /** Whether this person may push there: then no fork is needed. */
  readonly mayPush: boolean;
}

export interface Proposal {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** tree.yaml as proposed. */
  readonly tree: Uint8Array;
  readonly branch: string;
}

const template = ".github/pull_request_template.md";
const templates = [
  template,
  ".github/PULL_REQUEST_TEMPLATE.md",
  "pull_request_template.md",
  "docs/pull_request_template.md",
];

/** @throws Failure `input` where the repository has no tree.yaml, and for a token that belongs to no user. */
export async function proposalBase(github: GitHub): Promise<ProposalBase> {
  const { owner, repo } = github.place;
  const repository = await github.ask(`reading ${owner}/${repo}`, (rest, place) => rest.repos.get({ ...place }));
  const { login } = await github.ask("asking who you are", (rest) => rest.users.getAuthenticated());
  const branch = repository.default_branch;
  const known = await github.ask(`reading ${branch}`, (rest, place) => rest.repos.getBranch({ ...place, branch }));
  const tip = known.commit.sha;
  const commits = commitsOf(github);
  const file = (await commits.entries(tip, ["tree.yaml"]))?.get("tree.yaml");
  if (file?.kind !== "file") {
    throw new Failure("input", `${github.page} has no tree.yaml on ${branch}: it is no campaign's repository`);
  }
  const tree = await commits.read(tip, "tree.yaml", file);
  return {
    login,
    branch,
    tip,
    tree,
    template: await templateAt(tip, github),
    mayPush: repository.permissions?.push === true,
  };
}

async function templateAt(tip: string, github: GitHub): Promise<string | undefined> {
  for (const path of templates) {
    const found = await github.find("looking for the template", (rest, place) =>
      rest.repos.getContent({ ...place, path, ref: tip }),
    );
    const { content, encoding } = (found ?? {}) as { content?: string; encoding?: string };
    if (content !== undefined && encoding === "base64") return Buffer.from(content, "base64").toString();
  }
  return undefined;
}

/** One name for one proposal: the same paths and CIDs, the same branch. */
export function branchFor(edits: readonly string[]): string {
  const digest = createHash("sha256").update(edits.toSorted().join("\n")).digest("hex");
  return `fieldtree/${digest.slice(0, 12)}`;
}

/** The template with `says` where it asks what is proposed, and ticked what `fieldtree check` has seen to. */
export function filledIn(template: string | undefined, description: string): string {
  const slot = /<!-- fieldtree:what -->[\s\S]*?<!-- \/fieldtree:what -->/;
  if (template === undefined) return description;
  const filled = slot.test(template) ? template.replace(slot, () => description) : `${description}\n\n${template}`;
  return filled.replace(/^([-*] )\[ \]( .*`fieldtree check`)/gm, "$1[x]$2");
}

/**
 * Open it. `fork` gives GitHub's API for another repository.
 *
 * @throws Failure `refused` with what the token lacks; `unavailable` where the fork isn't ready in {@link longestFork}.
 */
export async function propose(
  { title, body, tree, branch }: Proposal,
  base: ProposalBase,
  github: GitHub,
  forkAt: (fullName: string) => Promise<GitHub>,
  world: World,
): Promise<OpenedPull> {
  const home = base.mayPush ? github : await forkAt(await forked(base, github, world));
  const change = { branch, onto: base.tip, path: "tree.yaml", bytes: tree };
  return openPull({ ...change, title, body, base: base.branch, known: "open" }, github, home, world);
}

/** ms, and between two looks: GitHub copies in the background. */
const longestFork = 300_000;
const pause = 3_000;

/** The person's fork, made where there is none; GitHub gives the one that is there. Resolves to `login/name`. */
async function forked({ login, branch }: ProposalBase, github: GitHub, world: World): Promise<string> {
  const { full_name } = await github.ask("forking the repository", (rest, place) =>
    rest.repos.createFork({ ...place, default_branch_only: true, ...repeatable }),
  );
  const [owner = "", repo = ""] = full_name.split("/");
  if (owner.toLowerCase() !== login.toLowerCase()) {
    throw new Failure("refused", `GitHub made the fork ${full_name}, which is not ${login}'s`);
  }
  for (let waited = 0; ; waited += pause) {
    const ready = await github
      .find("waiting for the fork", (rest) => rest.git.getRef({ owner, repo, ref: `heads/${branch}` }))
      .catch((error: unknown) => {
        // An empty repository answers 409.
        if (isFailure(error, "conflict")) return undefined;
        throw error;
      });
    if (ready) return full_name;
    if (waited >= longestFork) throw new Failure("unavailable", `${full_name} is not ready after ${waited / 1000} s`);
    await world.sleep(pause);
  }
}
