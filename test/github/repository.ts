/** A repository of the box in a test's hands: what its people do by git and in the browser. */
import { execa } from "execa";
import type { Json } from "./call.ts";
import { dispatchPayload, pushPayload, schedulePayload, workflowRunPayload } from "./events.ts";
import { fork } from "./forks.ts";
import type { Files } from "./git.ts";
import { refsMoved } from "./moves.ts";
import { workflowsOf } from "./operations/actions.ts";
import { openPull } from "./operations/pulls.ts";
import { type MergeGroup, type PullRequestHandle, pullRequestOf } from "./pull-request.ts";
import {
  authorOf,
  type Comment,
  type Deployment,
  type Dispatch,
  type Environment,
  fullName,
  type Hub,
  type Issue,
  isPull,
  type Protection,
  type Release,
  type Repo,
  type Run,
  type Workflow,
} from "./state.ts";
import { type Grants, jobToken } from "./tokens.ts";
import { type ZipEntry, zip } from "./zip.ts";

export interface Repository {
  /** Everything GitHub knows of it, to look at. */
  readonly state: Repo;
  /** `owner/name`, as in `GITHUB_REPOSITORY`. */
  readonly fullName: string;
  /** For `git clone`, without credentials. */
  readonly address: string;

  /** The `GITHUB_TOKEN` of a job with these `permissions:`. */
  token(grants?: Grants): string;
  /** The git address with a token in it, as a test's own clone may use it. */
  addressWith(token: string): string;

  /** Commit files onto a branch (`main` unless said) and push it, as its owner. Resolves to the commit. */
  push(files: Files, options?: PushOptions): Promise<string>;
  /** The newest commit of a branch. */
  tip(branch?: string): Promise<string>;
  /** A file's text at a ref; `undefined` where it isn't there. */
  read(path: string, ref?: string): Promise<string | undefined>;
  /** Clone into a new folder, as somebody with nothing but the address. */
  clone(folder: string, options?: { readonly ref?: string }): Promise<void>;

  /** `login`'s fork; asked for again, the same one. */
  fork(login: string): Promise<Repository>;
  /**
   * Put files on a branch and open a pull request for them. From a fork it goes to the repository it was forked from.
   */
  openPull(pull: NewPullRequest): Promise<PullRequestHandle>;
  pull(number: number): PullRequestHandle;

  /** Who may push from now on. */
  allow(login: string, role?: "admin" | "write"): void;
  protect(branch: string, rule?: Partial<Protection>): void;
  environment(name: string, options?: Partial<Pick<Environment, "branches" | "secrets" | "variables">>): void;
  /** Names only: a secret can't be read back. */
  secrets(...names: string[]): void;
  /** Give it another name; GitHub answers for the old one with a redirect. */
  rename(name: string): void;

  issues(): readonly Issue[];
  comments(number: number): readonly Comment[];
  releases(): readonly Release[];
  deployments(): readonly Deployment[];
  dispatches(): readonly Dispatch[];
  workflow(file: string): Promise<Workflow>;

  /** A workflow's run, such as the one that starts `workflow_run`. */
  run(run: NewRun): Promise<RunHandle>;

  /** `github.event` of a push that made `after` the branch's newest. */
  pushEvent(options?: { readonly branch?: string; readonly before?: string; readonly after?: string }): Promise<Json>;
  dispatchEvent(workflow: string, inputs?: Readonly<Record<string, string>>, by?: string): Json;
  scheduleEvent(cron: string): Json;
}

export interface PushOptions {
  readonly branch?: string;
  readonly message?: string;
  readonly by?: string;
  /** The commit to stand on; without it, the branch's newest, or `main`'s for a new branch. */
  readonly parent?: string;
}

export interface NewPullRequest {
  readonly files: Files;
  readonly title?: string;
  readonly body?: string;
  readonly branch?: string;
  readonly base?: string;
  readonly draft?: boolean;
  /** The owner of the branch's repository, unless said. */
  readonly by?: string;
  /** The commit to stand on. */
  readonly parent?: string;
}

export interface NewRun {
  /** A file under `.github/workflows`. */
  readonly workflow: string;
  readonly event?: string;
  /** Whose head it ran on; without it, the default branch's newest. */
  readonly pull?: PullRequestHandle;
  /** What a merge queue is about to land, and it ran on. */
  readonly group?: MergeGroup;
  readonly conclusion?: string | null;
  /** By name: a zip's entries, or the bytes of anything at all. */
  readonly artifacts?: Readonly<Record<string, readonly ZipEntry[] | Uint8Array>>;
}

export interface RunHandle {
  readonly state: Run;
  /** `github.event` of the `workflow_run` that follows. */
  event(): Promise<Json>;
  /** It is run again and leaves these; what it left before stays, under the same names. */
  again(artifacts: NewRun["artifacts"] & {}): void;
}

export function repositoryOf(hub: Hub, repo: Repo): Repository {
  const addressWith = (credentials: string) => {
    const url = new URL(`${hub.origin}/${fullName(repo)}.git`);
    url.username = credentials ? "x-access-token" : "";
    url.password = credentials;
    return url.href;
  };
  const tip = async (branch = repo.defaultBranch) => {
    const sha = await repo.git.resolve(`refs/heads/${branch}`);
    if (!sha) throw new Error(`${fullName(repo)} has no branch ${branch}`);
    return sha;
  };

  const handle: Repository = {
    state: repo,
    get fullName() {
      return fullName(repo);
    },
    get address() {
      return addressWith("");
    },
    addressWith,

    token: (grants = {}) => jobToken(hub, repo, grants),

    async push(files, { branch = repo.defaultBranch, message = "Change files", by, parent } = {}) {
      const user = by === undefined ? repo.owner : hub.user(by);
      hub.clock.advance({ seconds: 1 });
      const before = await repo.git.refs();
      const known = before.has(`refs/heads/${branch}`);
      const from = parent ?? (known ? undefined : before.get(`refs/heads/${repo.defaultBranch}`));
      const at = hub.clock.seconds();
      const sha = await repo.git.commit({
        branch,
        files,
        message,
        author: authorOf(user),
        at,
        ...(from && { parent: from }),
      });
      await refsMoved(hub, repo, before, { user, byWorkflow: false });
      return sha;
    },

    tip,

    async read(path, ref = repo.defaultBranch) {
      const blob = await repo.git.objectAt(ref, path);
      return blob && (await repo.git.bytes(["cat-file", "blob", blob])).toString();
    },

    async clone(folder, { ref } = {}) {
      await execa("git", ["clone", "--quiet", addressWith(""), folder]);
      if (!ref) return;
      await execa("git", ["-C", folder, "fetch", "--quiet", "origin", ref]);
      await execa("git", ["-C", folder, "checkout", "--quiet", "FETCH_HEAD"]);
    },

    fork: async (login) => repositoryOf(hub, await fork(hub, repo, hub.user(login))),

    async openPull({ files, title = "Add data", body, branch = "patch-1", base, draft = false, by, parent }) {
      const onto = repo.parent ?? repo;
      await handle.push(files, { branch, message: title, ...(by && { by }), ...(parent && { parent }) });
      const made = await openPull(hub, onto, {
        title,
        body: body ?? null,
        head: `${repo.owner.login}:${branch}`,
        base: base ?? onto.defaultBranch,
        draft,
        by: by === undefined ? repo.owner : hub.user(by),
        byWorkflow: false,
      });
      return pullRequestOf(hub, onto, made);
    },

    pull(number) {
      const issue = repo.issues.get(number);
      if (!issue || !isPull(issue)) throw new Error(`${fullName(repo)} has no pull request ${number}`);
      return pullRequestOf(hub, repo, issue);
    },

    allow: (login, role = "write") => void repo.collaborators.set(hub.user(login).login, role),
    protect: (branch, rule = {}) =>
      void repo.protection.set(branch, { checks: [], approvals: 0, mergeQueue: false, ...rule }),
    environment(name, { branches, secrets = [], variables = {} } = {}) {
      const id = hub.nextId();
      repo.environments.set(name, {
        id,
        name,
        branches,
        reviewers: [],
        secrets,
        variables,
        createdAt: hub.clock.now(),
      });
    },
    secrets(...names) {
      for (const name of names) repo.secrets.add(name);
    },

    rename(name) {
      const old = fullName(repo).toLowerCase();
      hub.repos.delete(old);
      hub.moved.set(old, repo);
      repo.name = name;
      hub.repos.set(fullName(repo).toLowerCase(), repo);
    },

    issues: () => [...repo.issues.values()].filter((issue) => !isPull(issue)),
    comments: (number) => [...repo.comments.values()].filter(({ issue }) => issue === number),
    releases: () => [...repo.releases.values()],
    deployments: () => [...repo.deployments.values()],
    dispatches: () => repo.dispatches,

    async workflow(file) {
      const all = await workflowsOf(hub, repo);
      const one = all.find(({ path }) => path === `.github/workflows/${file}`);
      if (!one) throw new Error(`${fullName(repo)} has no workflow ${file} on ${repo.defaultBranch}`);
      return one;
    },

    async run({ workflow, event = "pull_request", pull, group, conclusion = "success", artifacts = {} }) {
      const queued = group && { repo, ref: group.ref.replace("refs/heads/", ""), sha: group.sha };
      const head = queued ?? pull?.state.pull.head ?? { repo, ref: repo.defaultBranch, sha: await tip() };
      const run: Run = {
        id: hub.nextId(),
        number: repo.runs.size + 1,
        workflow: await handle.workflow(workflow),
        event: group ? "merge_group" : event,
        title: pull?.state.title ?? workflow,
        headSha: head.sha,
        headBranch: head.ref,
        headRepo: head.repo,
        pulls: pull && head.repo === repo ? [pull.state] : [],
        actor: pull?.state.user ?? repo.owner,
        status: conclusion === null ? "in_progress" : "completed",
        conclusion,
        createdAt: hub.clock.now(),
      };
      repo.runs.set(run.id, run);
      const leave = (artifacts: NewRun["artifacts"] & {}) => {
        for (const [name, content] of Object.entries(artifacts)) {
          const id = hub.nextId();
          const bytes = content instanceof Uint8Array ? content : zip(content);
          repo.artifacts.set(id, { id, name, run, bytes, expired: false, createdAt: hub.clock.now() });
        }
      };
      leave(artifacts);
      return { state: run, event: () => workflowRunPayload(hub, repo, run), again: leave };
    },

    async pushEvent({ branch = repo.defaultBranch, before, after } = {}) {
      const sha = after ?? (await tip(branch));
      const parent = before ?? (await repo.git.resolve(`${sha}^1`)) ?? "0".repeat(40);
      return await pushPayload(hub, repo, { ref: `refs/heads/${branch}`, before: parent, after: sha }, repo.owner);
    },
    dispatchEvent: (workflow, inputs = {}, by = repo.owner.login) =>
      dispatchPayload(hub, repo, workflow, `refs/heads/${repo.defaultBranch}`, inputs, hub.user(by)),
    scheduleEvent: (cron) => schedulePayload(hub, repo, cron),
  };
  return handle;
}
