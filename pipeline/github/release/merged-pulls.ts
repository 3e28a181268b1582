/** The pull requests that a release contains: those merged after the previous release's commit, up to its own. */
import type { World } from "../../core/world.ts";
import type { GitHub } from "../run/client.ts";
import type { ReleaseFacts } from "./notes.ts";

/** Bounds on commits compared, and on merges looked up among them: a job's token allows 1 000 calls an hour. */
const mostCommits = 2000;
const mostMerges = 250;
const treeFiles = new Set(["tree.yaml", "campaign.yaml"]);

/** Returns pull requests that were merged since the previously recorded release, and changed what is published. */
export async function mergedPulls(
  { number }: ReleaseFacts,
  sha: string,
  github: GitHub,
  world: World,
): Promise<readonly number[]> {
  const found = new Set<number>();
  const merges = mainline(sha, await commitsSince(number, sha, github));
  if (merges.length > mostMerges)
    world.log(`${merges.length} merges since the last release: the newest ${mostMerges} are looked up`);
  for (const commit of merges.slice(0, mostMerges)) {
    const pulls = await github.all("finding the commit's pull request", (rest, at) =>
      rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: commit }),
    );
    for (const { number, merged_at, base } of pulls) {
      // Pull requests that are open, or were merged into another branch, are not part of the release.
      if (merged_at && base.ref === base.repo.default_branch) found.add(number);
    }
  }
  const concerned: number[] = [];
  for (const number of [...found].sort((a, b) => a - b)) {
    const files = await github.all("listing the pull request's files", (rest, at) =>
      rest.pulls.listFiles({ ...at, pull_number: number }),
    );
    if (files.some(({ filename }) => treeFiles.has(filename))) concerned.push(number);
  }
  return concerned;
}

interface Commit {
  readonly sha: string;
  readonly parents: readonly { readonly sha?: string }[];
}

async function commitsSince(number: number, sha: string, github: GitHub): Promise<readonly Commit[]> {
  // This list has no pages.
  const tags = await github.ask("listing the tags of releases", (rest, place) =>
    rest.git.listMatchingRefs({ ...place, ref: "tags/release/" }),
  );
  const before = tags
    .map(({ ref, object }) => ({ number: Number(/^refs\/tags\/release\/(\d{1,9})$/.exec(ref)?.[1]), sha: object.sha }))
    .filter((tag) => tag.number < number)
    .sort((a, b) => b.number - a.number)[0];
  if (!before) {
    return github.ask("listing commits", (rest, place) => rest.repos.listCommits({ ...place, sha, per_page: 100 }));
  }
  const basehead = `${before.sha}...${sha}`;
  return github.all<Commit>(
    "comparing with the release before",
    async (rest, at) => {
      const { data, headers } = await rest.repos.compareCommitsWithBasehead({ ...at, basehead });
      return { data: data.commits, headers };
    },
    mostCommits,
  );
}

/** Returns `sha` and its first parents, as far as they are in `commits`: the merges, without the merged commits. */
function mainline(sha: string, commits: readonly Commit[]): string[] {
  const known = new Map(commits.map((commit) => [commit.sha, commit]));
  const line: string[] = [];
  for (let at = known.get(sha); at; at = known.get(at.parents[0]?.sha ?? "")) line.push(at.sha);
  return line;
}
