/**
 * Opens a pull request for contributors without git: creates the fork, branch and commit, and fills in the template.
 *
 * The branch is named by a hash of the edits and created atomically. So a second run continues an interrupted one, and
 * repeating a proposal opens no second pull request.
 */
import { createHash } from "node:crypto";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type GitHub, repeatable } from "../run/client.ts";
import { commitsOf } from "../run/commits.ts";
import { type OpenedPull, openPull } from "./open-pull.ts";

/** The state of the campaign's repository from which a proposal starts. */
export interface ProposalBase {
  readonly login: string;
  /** The default branch of the campaign's repository. */
  readonly branch: string;
  /** The newest commit of that branch. */
  readonly tip: string;
  /** tree.yaml at `tip`. */
  readonly tree: Uint8Array;
  /** The repository's pull request template, if any. */
  readonly template: string | undefined;
  /** Whether the token's user may push to the repository: then no fork is needed. */
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

/** @throws Failure `input` where the repository has no tree.yaml, or the token belongs to no user. */
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
    const found = await github.find("searching for the template", (rest, place) =>
      rest.repos.getContent({ ...place, path, ref: tip }),
    );
    const { content, encoding } = (found ?? {}) as { content?: string; encoding?: string };
    if (content !== undefined && encoding === "base64") return Buffer.from(content, "base64").toString();
  }
  return undefined;
}

/** Returns the branch name of a proposal. Equal paths and CIDs give the same name. */
export function branchFor(edits: readonly string[]): string {
  const digest = createHash("sha256").update(edits.toSorted().join("\n")).digest("hex");
  return `fieldtree/${digest.slice(0, 12)}`;
}

/** Returns the template with the description filled in, and with the items checked that `fieldtree check` verifies. */
export function filledIn(template: string | undefined, description: string): string {
  const slot = /<!-- fieldtree:what -->[\s\S]*?<!-- \/fieldtree:what -->/;
  if (template === undefined) return description;
  const filled = slot.test(template) ? template.replace(slot, () => description) : `${description}\n\n${template}`;
  return filled.replace(/^([-*] )\[ \]( .*`fieldtree check`)/gm, "$1[x]$2");
}

/**
 * Opens the pull request. `forkAt` returns GitHub's API for another repository.
 *
 * @throws Failure `refused` with the missing permission; `unavailable` where the fork isn't ready in {@link longestFork}.
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

/** ms: timeout for the fork, and time between two requests. GitHub copies the repository in the background. */
const longestFork = 300_000;
const pause = 3_000;

/** Creates the user's fork, or finds it: GitHub returns an existing fork. Resolves to `login/name`. */
async function forked({ login, branch }: ProposalBase, github: GitHub, world: World): Promise<string> {
  const { full_name } = await github.ask("forking the repository", (rest, place) =>
    rest.repos.createFork({ ...place, default_branch_only: true, ...repeatable }),
  );
  const [owner = "", repo = ""] = full_name.split("/");
  if (owner.toLowerCase() !== login.toLowerCase()) {
    throw new Failure("refused", `GitHub created the fork ${full_name}, which is not ${login}'s`);
  }
  for (let waited = 0; ; waited += pause) {
    const ready = await github
      .find("waiting for the fork", (rest) => rest.git.getRef({ owner, repo, ref: `heads/${branch}` }))
      .catch((error: unknown) => {
        // GitHub answers 409 for a repository that is still empty.
        if (isFailure(error, "conflict")) return undefined;
        throw error;
      });
    if (ready) return full_name;
    if (waited >= longestFork) throw new Failure("unavailable", `${full_name} is not ready after ${waited / 1000} s`);
    await world.sleep(pause);
  }
}
