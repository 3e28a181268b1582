/**
 * What a GitHub knows: people, repositories, and everything that hangs on them. Git itself holds commits and refs.
 *
 * Plain, mutable records: operations change them, `answers/` shows them as GitHub does, tests may look.
 */
import type { Git } from "./git.ts";
import type { Journal } from "./journal.ts";
import type { Token } from "./tokens.ts";
import type { Happenings } from "./trouble.ts";

export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: "Bot" | "Organization" | "User";
}

export interface Repo {
  readonly id: number;
  readonly owner: User;
  /** Changes when the repository is renamed. */
  name: string;
  readonly private: boolean;
  readonly parent: Repo | undefined;
  readonly git: Git;
  readonly defaultBranch: string;
  readonly createdAt: string;
  pushedAt: string;
  readonly collaborators: Map<string, "admin" | "write">;
  /** Issues and pull requests share their numbers. */
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  readonly reviews: Map<number, Review>;
  readonly reviewComments: Map<number, ReviewComment>;
  readonly labels: Map<string, Label>;
  readonly checkRuns: Map<number, CheckRun>;
  readonly statuses: CommitStatus[];
  readonly deployments: Map<number, Deployment>;
  readonly releases: Map<number, Release>;
  readonly runs: Map<number, Run>;
  readonly artifacts: Map<number, Artifact>;
  /** By path; made when the file is first seen on the default branch. */
  readonly workflows: Map<string, Workflow>;
  readonly dispatches: Dispatch[];
  readonly environments: Map<string, Environment>;
  /** Names only: nobody can read a secret back. */
  readonly secrets: Set<string>;
  /** By branch. */
  /** A switch in the settings; with it off, `GITHUB_TOKEN` can't open a pull request, whatever its permissions. */
  workflowsMayOpenPulls: boolean;
  readonly protection: Map<string, Protection>;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  title: string;
  body: string | null;
  state: "open" | "closed";
  stateReason: "completed" | "not_planned" | "reopened" | null;
  locked: boolean;
  readonly labels: Set<string>;
  readonly assignees: Set<User>;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  /** Only on pull requests. */
  readonly pull?: Pull;
}

export interface Pull {
  readonly head: { readonly repo: Repo; readonly ref: string; sha: string };
  readonly base: { ref: string; sha: string };
  readonly draft: boolean;
  /** What a merge would give; `undefined` where git finds a conflict. */
  mergeSha: string | undefined;
  /** How often GitHub will still answer that it has yet to find out whether this merges. */
  unsettled: number;
  readonly reviewers: Set<User>;
  merged: { readonly by: User; readonly at: string; readonly sha: string } | undefined;
}

export interface PullRequest extends Issue {
  readonly pull: Pull;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly user: User;
  readonly byWorkflow: boolean;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  /** Why it is folded away; `undefined` where it is shown. */
  minimized: string | undefined;
}

export interface Review {
  readonly id: number;
  readonly pull: number;
  readonly user: User;
  readonly body: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";
  readonly commit: string;
  readonly submittedAt: string;
}

export interface ReviewComment {
  readonly id: number;
  readonly review: number;
  readonly pull: number;
  readonly user: User;
  readonly path: string;
  readonly line: number;
  readonly startLine: number | undefined;
  readonly side: "LEFT" | "RIGHT";
  readonly commit: string;
  readonly body: string;
  readonly createdAt: string;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: "failure" | "notice" | "warning";
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface CheckRun {
  readonly id: number;
  readonly headSha: string;
  name: string;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  externalId: string;
  detailsUrl: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  /** Each call adds to them; none takes one away. */
  readonly annotations: Annotation[];
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: "error" | "failure" | "pending" | "success";
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: User;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly production: boolean;
  readonly description: string | null;
  readonly payload: unknown;
  readonly creator: User;
  readonly createdAt: string;
  readonly statuses: DeploymentStatus[];
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: User;
  readonly createdAt: string;
}

export interface Release {
  readonly id: number;
  readonly author: User;
  tag: string;
  target: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  readonly createdAt: string;
  publishedAt: string | null;
  readonly assets: Map<number, Asset>;
}

export interface Asset {
  readonly id: number;
  name: string;
  label: string | null;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly uploader: User;
  readonly createdAt: string;
}

export interface Workflow {
  readonly id: number;
  readonly path: string;
  readonly name: string;
  state: "active" | "disabled_inactivity" | "disabled_manually";
  readonly createdAt: string;
  /** When somebody last turned it on; a quiet repository's 60 days count from here. */
  enabledAt: string;
}

export interface Run {
  readonly id: number;
  readonly number: number;
  readonly workflow: Workflow;
  readonly event: string;
  readonly title: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepo: Repo;
  /** Empty for pull requests from forks, as on GitHub. */
  readonly pulls: readonly PullRequest[];
  readonly actor: User;
  readonly status: "completed" | "in_progress" | "queued" | "waiting";
  readonly conclusion: string | null;
  readonly createdAt: string;
}

export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly run: Run;
  /** The zip file. */
  readonly bytes: Uint8Array;
  expired: boolean;
  readonly createdAt: string;
}

export interface Dispatch {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly by: User;
}

export interface Environment {
  readonly id: number;
  readonly name: string;
  /** Branches that may deploy; `undefined`: all of them. */
  readonly branches: readonly string[] | undefined;
  readonly reviewers: readonly User[];
  readonly secrets: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

export interface Protection {
  /** Names of checks or statuses that must be green. */
  readonly checks: readonly string[];
  /** Approving reviews it takes. */
  readonly approvals: number;
  readonly mergeQueue: boolean;
}

/** Something that would start workflows, with the payload their jobs would see. */
export interface GitHubEvent {
  /** As in `on:` and `GITHUB_EVENT_NAME`. */
  readonly name: string;
  readonly repo: Repo;
  readonly payload: Record<string, unknown>;
  /** False for what a workflow's own token did: GitHub starts nothing then, except for a dispatch. */
  readonly startsWorkflows: boolean;
}

export interface Hub {
  /** `http://127.0.0.1:PORT`: pages and git. */
  readonly origin: string;
  /** REST, where a GitHub Enterprise Server has it: `<origin>/api/v3`. */
  readonly api: string;
  readonly users: Map<string, User>;
  /** By `owner/name` in lower case. */
  readonly repos: Map<string, Repo>;
  /** Names that repositories had before. */
  readonly moved: Map<string, Repo>;
  readonly tokens: Map<string, Token>;
  readonly events: GitHubEvent[];
  readonly journal: Journal;
  readonly happenings: Happenings;
  readonly clock: Clock;
  nextId(): number;
  user(login: string, type?: User["type"]): User;
  newRepo(repo: NewRepo): Promise<Repo>;
}

export interface NewRepo {
  readonly owner: User;
  readonly name: string;
  readonly parent?: Repo;
  readonly defaultBranch?: string;
  readonly private?: boolean;
}

export interface Clock {
  /** As GitHub writes times: `2026-11-21T12:00:00Z`. */
  now(): string;
  /** Seconds since 1970. */
  seconds(): number;
  /** Let time pass. */
  advance(by: { readonly days?: number; readonly hours?: number; readonly seconds?: number }): void;
}

export const fullName = (repo: Repo): string => `${repo.owner.login}/${repo.name}`;

export const isPull = (issue: Issue): issue is PullRequest => issue.pull !== undefined;

/** The name git and GitHub write behind a person's commits. */
export const authorOf = (user: User): { name: string; email: string } => ({
  name: user.login,
  email: `${user.id}+${user.login}@users.noreply.github.com`,
});

/** The bot that every `GITHUB_TOKEN` is. */
export const actionsBot = "github-actions[bot]";
