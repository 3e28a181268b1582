/** Repositories, their forks and branches, and the rules that hold on a branch. */
import { apiOf, pageOf } from "../answers/addresses.ts";
import { commitAnswer } from "../answers/commits.ts";
import { fileAnswer, pullInList } from "../answers/pulls.ts";
import { repoAnswer, shortRepoAnswer } from "../answers/repos.ts";
import { type Call, found, type Json, notFound, type Operations, ok, page, Refusal } from "../call.ts";
import { fork } from "../forks.ts";
import { isPull, type Protection, type Repo } from "../state.ts";
import { userOf } from "../tokens.ts";

export const repos: Operations = {
  "GET /repos/{owner}/{repo}": {
    needs: ["metadata:read"],
    answer: ({ hub, repo, caller }) => ok(repoAnswer(hub, repo, caller.token?.user)),
  },

  "POST /repos/{owner}/{repo}/forks": {
    needs: ["administration:write"],
    anyone: true,
    async answer({ hub, repo, caller }) {
      // A fork is there at once here; on GitHub it may take minutes, which the 202 says.
      return { status: 202, body: repoAnswer(hub, await fork(hub, repo, userOf(caller)), userOf(caller)) };
    },
  },

  "GET /repos/{owner}/{repo}/forks": {
    needs: ["metadata:read"],
    answer(call) {
      const forks = [...call.hub.repos.values()].filter(({ parent }) => parent === call.repo);
      return page(
        call,
        forks.map((one) => shortRepoAnswer(call.hub, one)),
      );
    },
  },

  "GET /repos/{owner}/{repo}/branches": {
    needs: ["contents:read"],
    async answer(call) {
      const { hub, repo } = call;
      const refs = await repo.git.refs("refs/heads/");
      const branches = [...refs].map(([ref, sha]) => {
        const name = ref.slice("refs/heads/".length);
        return {
          name,
          commit: { sha, url: `${apiOf(hub, repo)}/commits/${sha}` },
          protected: repo.protection.has(name),
        };
      });
      return page(call, branches);
    },
  },

  "GET /repos/{owner}/{repo}/branches/{branch}": {
    needs: ["contents:read"],
    async answer({ hub, repo, params }) {
      const name = params.branch!;
      const sha = await repo.git.resolve(`refs/heads/${name}`);
      if (!sha) throw new Refusal(404, "Branch not found");
      const rule = repo.protection.get(name);
      const url = `${apiOf(hub, repo)}/branches/${encodeURIComponent(name)}`;
      return ok({
        name,
        commit: commitAnswer(hub, repo, await repo.git.commitAt(sha)),
        _links: { self: url, html: `${pageOf(hub, repo)}/tree/${name}` },
        protected: rule !== undefined,
        protection: {
          enabled: rule !== undefined,
          required_status_checks: {
            enforcement_level: rule ? "non_admins" : "off",
            contexts: rule?.checks ?? [],
            checks: [],
          },
        },
        protection_url: `${url}/protection`,
      });
    },
  },

  "GET /repos/{owner}/{repo}/branches/{branch}/protection": {
    needs: ["administration:read"],
    evenPublic: true,
    answer({ hub, repo, params }) {
      const rule = repo.protection.get(params.branch!);
      if (!rule) throw new Refusal(404, "Branch not protected");
      return ok(
        protectionAnswer(`${apiOf(hub, repo)}/branches/${encodeURIComponent(params.branch!)}/protection`, rule),
      );
    },
  },

  "GET /repos/{owner}/{repo}/rules/branches/{branch}": {
    needs: ["metadata:read"],
    answer(call) {
      const rule = call.repo.protection.get(call.params.branch!);
      return page(call, rule ? rulesOf(call.repo, rule) : []);
    },
  },

  "GET /repos/{owner}/{repo}/rulesets": {
    needs: ["metadata:read"],
    answer(call) {
      const { repo } = call;
      const sets = [...repo.protection.keys()].map((branch, index) => ({
        id: repo.id * 100 + index,
        name: branch,
        target: "branch",
        source_type: "Repository",
        source: `${repo.owner.login}/${repo.name}`,
        enforcement: "active",
        created_at: repo.createdAt,
        updated_at: repo.createdAt,
      }));
      return page(call, sets);
    },
  },

  "GET /repos/{owner}/{repo}/commits": {
    needs: ["contents:read"],
    async answer(call) {
      const { hub, repo, query } = call;
      const from = found(await commitNamed(repo, query.sha ?? repo.defaultBranch));
      const commits = await repo.git.commits([from, ...(query.path ? ["--", query.path] : [])]);
      return page(
        call,
        commits.map((commit) => commitAnswer(hub, repo, commit)),
      );
    },
  },

  "GET /repos/{owner}/{repo}/commits/{ref}": {
    needs: ["contents:read"],
    async answer({ hub, repo, params }) {
      const sha = await commitNamed(repo, params.ref!);
      if (!sha) throw new Refusal(422, `No commit found for SHA: ${params.ref}`);
      const commit = await repo.git.commitAt(sha);
      const files = await repo.git.changed(commit.parents[0] ?? (await emptyTree(repo)), sha);
      const additions = files.reduce((sum, file) => sum + file.additions, 0);
      const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
      return ok({
        ...commitAnswer(hub, repo, commit),
        stats: { additions, deletions, total: additions + deletions },
        files: files.slice(0, 300).map((file) => fileAnswer(hub, repo, sha, file)),
      });
    },
  },

  "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls": {
    needs: ["pull-requests:read"],
    async answer(call) {
      const { hub, repo, params } = call;
      const sha = found(await commitNamed(repo, params.commit_sha!));
      const pulls = [...repo.issues.values()].filter(isPull);
      const concerned = [];
      for (const one of pulls) {
        const { head, base, merged } = one.pull;
        const open = !merged && one.state === "open";
        // Open pull requests by what they would bring, merged ones by what they brought.
        const brought = merged ? `${merged.sha}^1` : base.ref;
        const onHead = await repo.git.isAncestor(sha, head.sha);
        const isNew = onHead && !(await repo.git.isAncestor(sha, brought));
        if (merged?.sha === sha || ((open || merged) && isNew)) concerned.push(pullInList(hub, repo, one));
      }
      return page(call, concerned);
    },
  },

  "GET /repos/{owner}/{repo}/compare/{basehead}": {
    needs: ["contents:read"],
    async answer(call) {
      const { hub, repo, params } = call;
      const [from = "", to = ""] = params.basehead!.split("...");
      const [base, head] = [await sideOf(call, from), await sideOf(call, to)];
      const mergeBase = await repo.git.mergeBase(base, head);
      if (!mergeBase) throw new Refusal(404, `No common ancestor between ${from} and ${to}.`);
      const ahead = await repo.git.commits(["--reverse", `${base}..${head}`]);
      const behind = Number(await repo.git.text(["rev-list", "--count", `${head}..${base}`]));
      const files = await repo.git.changed(mergeBase, head);
      const address = `${pageOf(hub, repo)}/compare/${params.basehead}`;
      // Without pages there are 250 commits; files stand on the first page alone.
      const paged = call.query.page !== undefined || call.query.per_page !== undefined;
      const first = Number(call.query.page ?? 1) === 1;
      const [baseCommit, parting] = [await repo.git.commitAt(base), await repo.git.commitAt(mergeBase)];
      const comparison = (commits: readonly (typeof ahead)[number][]) => ({
        url: `${apiOf(hub, repo)}/compare/${params.basehead}`,
        html_url: address,
        permalink_url: address,
        diff_url: `${address}.diff`,
        patch_url: `${address}.patch`,
        base_commit: commitAnswer(hub, repo, baseCommit),
        merge_base_commit: commitAnswer(hub, repo, parting),
        status: standing(ahead.length, behind),
        ahead_by: ahead.length,
        behind_by: behind,
        total_commits: ahead.length,
        commits: commits.map((commit) => commitAnswer(hub, repo, commit)),
        files: (first ? files.slice(0, 300) : []).map((file) => fileAnswer(hub, repo, head, file)),
      });
      return paged ? page(call, ahead, comparison) : ok(comparison(ahead.slice(0, 250)));
    },
  },
};

/** A branch, a tag, `heads/x`, `refs/…` or an id, as GitHub reads a `ref`. */
export async function commitNamed(repo: Repo, name: string): Promise<string | undefined> {
  if (name.startsWith("-")) return undefined;
  for (const place of [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`, name]) {
    const sha = await repo.git.resolve(place);
    if (sha) return sha;
  }
  return undefined;
}

export const emptyTree = async (repo: Repo): Promise<string> =>
  await repo.git.text(["hash-object", "-t", "tree", "-w", "--stdin"], { input: "" });

/** One side of a comparison: `branch`, or `owner:branch` of a fork. */
async function sideOf({ hub, repo }: Call, name: string): Promise<string> {
  const [owner, branch] = name.includes(":") ? (name.split(":") as [string, string]) : [undefined, name];
  if (!owner || owner.toLowerCase() === repo.owner.login.toLowerCase()) return found(await commitNamed(repo, branch));
  const network = [...hub.repos.values()].find(
    (one) => one.owner.login.toLowerCase() === owner.toLowerCase() && (one.parent === repo || repo.parent === one),
  );
  if (!network) throw notFound();
  return found(await commitNamed(network, branch));
}

function standing(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) return "diverged";
  if (ahead > 0) return "ahead";
  return behind > 0 ? "behind" : "identical";
}

function protectionAnswer(url: string, { checks, approvals }: Protection): Json {
  return {
    url,
    required_status_checks: {
      url: `${url}/required_status_checks`,
      strict: false,
      contexts: checks,
      checks: checks.map((context) => ({ context, app_id: null })),
      contexts_url: `${url}/required_status_checks/contexts`,
    },
    required_pull_request_reviews: {
      url: `${url}/required_pull_request_reviews`,
      dismiss_stale_reviews: false,
      require_code_owner_reviews: false,
      required_approving_review_count: approvals,
    },
    enforce_admins: { url: `${url}/enforce_admins`, enabled: true },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
  };
}

function rulesOf(repo: Repo, { checks, approvals, mergeQueue }: Protection): Json[] {
  const origin = {
    ruleset_source_type: "Repository",
    ruleset_source: `${repo.owner.login}/${repo.name}`,
    ruleset_id: repo.id,
  };
  const rule = (type: string, parameters?: Json) => ({ type, ...(parameters && { parameters }), ...origin });
  return [
    rule("deletion"),
    rule("non_fast_forward"),
    rule("pull_request", {
      required_approving_review_count: approvals,
      dismiss_stale_reviews_on_push: false,
      require_code_owner_review: false,
      require_last_push_approval: false,
      required_review_thread_resolution: false,
    }),
    ...(checks.length > 0
      ? [
          rule("required_status_checks", {
            strict_required_status_checks_policy: false,
            required_status_checks: checks.map((context) => ({ context })),
          }),
        ]
      : []),
    ...(mergeQueue
      ? [
          rule("merge_queue", {
            check_response_timeout_minutes: 60,
            grouping_strategy: "ALLGREEN",
            max_entries_to_build: 5,
            max_entries_to_merge: 5,
            merge_method: "MERGE",
            min_entries_to_merge: 1,
            min_entries_to_merge_wait_minutes: 5,
          }),
        ]
      : []),
  ];
}

/**
 * Nobody's new branch or tag may bring other workflows than the default branch has, by a token that may not change them:
 * a job's never may, a person's with the scope `workflow`, which the box hands to nobody.
 */
export async function changesNoWorkflow({ repo, caller }: Call, commit: string): Promise<void> {
  const workflows = (ref: string) => repo.git.objectAt(ref, ".github/workflows");
  if ((await workflows(commit)) === (await workflows(repo.defaultBranch))) return;
  throw caller.token?.kind === "workflow" ? new Refusal(403, "Resource not accessible by integration") : notFound();
}
