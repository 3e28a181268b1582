/**
 * Finds the pull request of a workflow run.
 *
 * The run's artifact is untrusted, and for forks GitHub's event does not name the pull request. So it is the open pull
 * request whose head has the run's repository, branch and commit, according to GitHub.
 */
import type { GitHub, Rest } from "../run/client.ts";
import type { Run } from "../run/event.ts";

export interface Pull {
  readonly number: number;
  readonly author: string;
  readonly headSha: string;
  readonly baseRef: string;
  /** Whether a merge publishes it: its base is the default branch. */
  readonly publishes: boolean;
  readonly labels: readonly string[];
  /** Logins and teams whose review is requested. */
  readonly asked: { readonly people: readonly string[]; readonly teams: readonly string[] };
}

/** Most pull requests of one branch: a branch can have one for each base. */
const mostPulls = 5;

/** Returns open pull requests from the run's branch, those that publish first. Their head may have moved: compare `headSha`. */
export async function pullsOf({ headRepository, headBranch }: Run, github: GitHub): Promise<readonly Pull[]> {
  if (!headRepository || headBranch === "") return [];
  const head = `${headRepository.owner}:${headBranch}`;
  const listed = await github.ask("finding the pull request", (rest, place) =>
    rest.pulls.list({ ...place, state: "open", head, per_page: 100 }),
  );
  const same = listed.filter(({ head }) => head.repo?.id === headRepository.id && head.ref === headBranch);
  const pulls = same.map(pullFrom).sort((a, b) => Number(b.publishes) - Number(a.publishes));
  return pulls.slice(0, mostPulls);
}

export async function readPull(number: number, github: GitHub): Promise<Pull & { readonly open: boolean }> {
  const read = await github.ask("reading the pull request", (rest, place) =>
    rest.pulls.get({ ...place, pull_number: number }),
  );
  return { ...pullFrom(read), open: read.state === "open" };
}

type Listed = Awaited<ReturnType<Rest["pulls"]["list"]>>["data"][number];

function pullFrom(
  pull: Pick<Listed, "number" | "user" | "head" | "base"> & {
    readonly labels: readonly { readonly name?: string }[];
    readonly requested_reviewers?: readonly { readonly login: string }[] | null;
    readonly requested_teams?: readonly { readonly slug: string }[] | null;
  },
): Pull {
  const { number, user, head, base, labels, requested_reviewers, requested_teams } = pull;
  return {
    number,
    author: user?.login ?? "",
    headSha: head.sha,
    baseRef: base.ref,
    publishes: base.ref === base.repo.default_branch,
    labels: labels.flatMap(({ name }) => (name === undefined ? [] : [name])),
    asked: {
      people: (requested_reviewers ?? []).map(({ login }) => login),
      teams: (requested_teams ?? []).map(({ slug }) => slug),
    },
  };
}
