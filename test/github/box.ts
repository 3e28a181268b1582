/**
 * A GitHub in a box: one loopback address that speaks GitHub's REST, its `minimizeComment`, and real git.
 *
 * ```ts
 * const github = await openBox();
 * const repo = await github.repo({ files: { "tree.yaml": "products:\n" } });
 * const fork = await repo.fork("visitor");
 * const pull = await fork.openPull({ files: { "tree.yaml": "products:\n  radar.zarr: bafy…\n" }, title: "Add the radar" });
 *
 * await report({ env: { ...github.env, GITHUB_TOKEN: repo.token({ "pull-requests": "write" }) }, event: pull.event("opened") });
 *
 * expect(pull.comments()).toHaveLength(1);
 * expect(github.journal.calls().length).toBeLessThanOrEqual(15);
 * await github.close(); // fails where the box gave an answer that GitHub would not
 * ```
 *
 * How scenarios are written with it, and where it departs from GitHub, stands in README.md.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { data } from "../data.ts";
import { type Files, initGit } from "./git.ts";
import { installHook } from "./git-http.ts";
import type { Journal } from "./journal.ts";
import { newJournal } from "./journal.ts";
import { readDescription } from "./openapi.ts";
import { scheduledWorkflows } from "./operations/actions.ts";
import { type Repository, repositoryOf } from "./repository.ts";
import { openDoor } from "./server.ts";
import {
  actionsBot,
  type Clock,
  fullName,
  type GitHubEvent,
  type Hub,
  type NewRepo,
  type Repo,
  type User,
} from "./state.ts";
import { type Grants, newToken } from "./tokens.ts";
import { type Happening, type Happenings, happenings, type When } from "./trouble.ts";

export interface Box {
  /** Pages and git: `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Where REST is. */
  readonly api: string;
  /** What a runner tells its jobs: `GITHUB_SERVER_URL`, `GITHUB_API_URL`, `GITHUB_GRAPHQL_URL`. */
  readonly env: Readonly<Record<string, string>>;
  readonly journal: Journal;
  /** What happened and would start workflows, oldest first. */
  readonly events: readonly GitHubEvent[];
  readonly clock: Clock;
  /** A new repository, `campaign/data` unless named, with a first commit on `main`. */
  repo(options?: RepoOptions): Promise<Repository>;
  /** A person; asked for again, the same one. */
  user(login: string): Person;
  /** A plain client; without a token it is nobody. */
  octokit(token?: string): Octokit;
  /** Let something go wrong, or happen, when `route` is asked next. */
  on(route: string, happening: Happening, when?: When): void;
  /** What was planned with `on` and never came. */
  pending: Happenings["pending"];
  /** Let days pass: after 60 without a push, GitHub stops a public repository's schedules. */
  pass(time: { readonly days: number }): Promise<void>;
  /** @throws Error where an answer of the box broke GitHub's description, or the box itself failed. */
  close(): Promise<void>;
}

export interface RepoOptions {
  /** `owner/name`. */
  readonly name?: string;
  readonly files?: Files;
  readonly private?: boolean;
  /** People who may push. */
  readonly writers?: readonly string[];
}

export interface Person {
  readonly login: string;
  /** A classic token: everything this person may. */
  token(): string;
  /** A fine-grained token for one repository. */
  fineGrained(repo: Repository, grants: Grants): string;
}

const nothing = () => {};
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** GitHub's description where it is on this machine, read once for all boxes of a test file. */
const folder = data("github-openapi");
const description = folder === undefined ? undefined : readDescription(folder);

/** Whether the box can prove that it speaks as GitHub does. */
export const described = description !== undefined;

export async function openBox(): Promise<Box> {
  const root = await mkdtemp(join(tmpdir(), "fieldtree-github-"));
  const { door, hub } = await openDoor((origin) => newHub(origin, root), description);
  const { origin, api, journal, events, clock } = hub;

  return {
    origin,
    api,
    journal,
    events,
    clock,
    env: {
      GITHUB_SERVER_URL: origin,
      GITHUB_API_URL: api,
      GITHUB_GRAPHQL_URL: `${origin}/api/graphql`,
    },

    async repo({ name = "campaign/data", files = {}, private: hidden = false, writers = [] } = {}) {
      const [owner, short] = name.split("/") as [string, string];
      const repo = await hub.newRepo({ owner: hub.user(owner), name: short, private: hidden });
      for (const login of writers) repo.collaborators.set(hub.user(login).login, "write");
      const made = repositoryOf(hub, repo);
      await made.push({ "README.md": `# ${short}\n`, ...files }, { message: "Begin" });
      return made;
    },

    user(login) {
      const user = hub.user(login);
      return {
        login: user.login,
        token: () => newToken(hub, { kind: "classic", user, grants: {} }),
        fineGrained: ({ state }, grants) => newToken(hub, { kind: "fine-grained", user, repo: state, grants }),
      };
    },

    octokit: (token) => new Octokit({ baseUrl: api, ...(token && { auth: token }), log: quiet }),
    on: (route, happening, when) => hub.happenings.on(route, happening, when),
    pending: () => hub.happenings.pending(),

    async pass({ days }) {
      clock.advance({ days });
      const long = (since: string) => clock.seconds() - Date.parse(since) / 1000 > 60 * 86_400;
      for (const repo of hub.repos.values()) {
        if (repo.private || !long(repo.pushedAt)) continue;
        for (const workflow of await scheduledWorkflows(hub, repo)) {
          if (workflow.state === "active" && long(workflow.enabledAt)) workflow.state = "disabled_inactivity";
        }
      }
    },

    async close() {
      await door.close();
      await rm(root, { recursive: true, force: true });
      if (door.defects.length > 0) throw new Error(`the box is not GitHub:\n${door.defects.join("\n")}`);
    },
  };
}

function newHub(origin: string, root: string): Hub {
  let lastId = 1000;
  const clock = newClock();
  const hub: Hub = {
    origin,
    api: `${origin}/api/v3`,
    users: new Map(),
    repos: new Map(),
    moved: new Map(),
    tokens: new Map(),
    events: [],
    journal: newJournal(),
    happenings: happenings(),
    clock,
    nextId: () => ++lastId,
    user(login, type) {
      const key = login.toLowerCase();
      const kind = type ?? (login === actionsBot ? "Bot" : "User");
      const user: User = hub.users.get(key) ?? { id: hub.nextId(), login, type: kind };
      hub.users.set(key, user);
      return user;
    },
    async newRepo(wanted) {
      const id = hub.nextId();
      const git = await initGit(join(root, `${id}.git`), wanted.defaultBranch ?? "main", wanted.parent?.git);
      await installHook(git.folder);
      const repo = emptyRepo(id, git, clock.now(), wanted);
      const key = fullName(repo).toLowerCase();
      if (hub.repos.has(key)) throw new Error(`${fullName(repo)} is there already`);
      hub.repos.set(key, repo);
      return repo;
    },
  };
  return hub;
}

function emptyRepo(id: number, git: Repo["git"], now: string, wanted: NewRepo): Repo {
  return {
    id,
    git,
    owner: wanted.owner,
    name: wanted.name,
    private: wanted.private ?? false,
    parent: wanted.parent,
    defaultBranch: wanted.defaultBranch ?? "main",
    createdAt: now,
    pushedAt: now,
    collaborators: new Map(),
    issues: new Map(),
    comments: new Map(),
    reviews: new Map(),
    reviewComments: new Map(),
    labels: new Map(),
    checkRuns: new Map(),
    statuses: [],
    deployments: new Map(),
    releases: new Map(),
    runs: new Map(),
    artifacts: new Map(),
    workflows: new Map(),
    dispatches: [],
    environments: new Map(),
    secrets: new Set(),
    protection: new Map(),
    workflowsMayOpenPulls: true,
  };
}

/** A clock that only moves when something happens, so that the same scenario has the same dates. */
function newClock(): Clock {
  let at = Date.parse("2026-11-21T12:00:00Z") / 1000;
  return {
    now: () => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`,
    seconds: () => at,
    advance: ({ days = 0, hours = 0, seconds = 0 }) => {
      at += days * 86_400 + hours * 3600 + seconds;
    },
  };
}
