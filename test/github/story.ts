/**
 * A campaign on the box's GitHub, its data behind a gateway, and the bot's two jobs, called as the workflows call them: the
 * real program, in a clone of the base, with the event and the token that such a job has.
 *
 * ```ts
 * const { repo, leaf, propose } = await aStory({ tree: { "products/a.zarr": "first" } });
 * const pull = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": … } });
 * const { plan, report } = await propose(pull);
 * ```
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Report } from "../../pipeline/core/report/report.ts";
import { editTree } from "../../pipeline/core/tree/edit.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { fieldtree, type Ran } from "../commands/program.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { testWorld } from "../fakes/world.ts";
import { type Box, openBox } from "./box.ts";
import type { Json } from "./call.ts";
import type { Files } from "./git.ts";
import { mayReport } from "./jobs.ts";
import type { MergeGroup, PullRequestHandle } from "./pull-request.ts";
import type { NewRun, Repository } from "./repository.ts";
import { type Read, readOutput } from "./runner.ts";

export interface Story {
  readonly github: Box;
  readonly repo: Repository;
  readonly gateway: FakeGateway;
  /** One block as a leaf, there to be fetched unless said. Returns its CID. */
  leaf(content: string, options?: { readonly hidden?: boolean }): string;
  /** A folder of this machine as a leaf. */
  dataset(folder: string, options?: { readonly hidden?: boolean }): Promise<string>;
  /** What was hidden can be fetched from now on. */
  reveal(cid: string): void;
  /** The `plan` job of a pull request. */
  plan(pull: PullRequestHandle, more?: { readonly action?: string; readonly env?: Env }): Promise<Planned>;
  /** The `plan` job of a merge queue. */
  planGroup(group: MergeGroup): Promise<Planned>;
  /** The `plan` job before main is published. */
  planMain(env?: Env): Promise<Planned>;
  /** The `report` job that follows a plan; its artifact is what that plan left, unless another is handed in. */
  report(
    pull: PullRequestHandle,
    plan: Pick<Planned, "file"> | Artifacts,
    more?: { readonly env?: Env },
  ): Promise<Reported>;
  /** The `report` job that follows a merge queue's plan. */
  reportGroup(group: MergeGroup, plan: Pick<Planned, "file">): Promise<Job>;
  /** Both, of a pull request. */
  propose(pull: PullRequestHandle): Promise<{ readonly plan: Planned; readonly report: Reported }>;
}

type Artifacts = NonNullable<NewRun["artifacts"]>;
type Env = Readonly<Record<string, string>>;

export interface Job extends Ran, Read {
  readonly summary: string;
  /** `GITHUB_OUTPUT`, as it was written. */
  readonly outputs: string;
}

export interface Planned extends Job {
  /** plan.json; absent where the job failed before there was one. */
  readonly file: Report | undefined;
}

export interface Reported extends Job {
  /** Calls of the API that it took. */
  readonly calls: number;
}

export interface Setting {
  /** Contents by path; each is a block the gateway has. */
  readonly tree?: Readonly<Record<string, string>>;
  /** tree.yaml as it is, instead. */
  readonly text?: string;
  /** More of campaign.yaml. */
  readonly campaign?: string;
  readonly files?: Files;
  readonly writers?: readonly string[];
}

/** Jobs are programs of their own, and GitHub wants writes a second apart. */
export const timeoutMs = { timeout: 240_000 };

export async function aStory({
  tree = {},
  text,
  campaign = "",
  files = {},
  writers = [],
}: Setting = {}): Promise<Story> {
  const github = await openBox();
  onTestFinished(() => github.close());
  const gateway = await startFakeGateway();
  const hidden = new Map<string, Parameters<FakeGateway["hold"]>[0]>();
  const keep = (cid: string, blocks: Parameters<FakeGateway["hold"]>[0], away = false) => {
    if (away) hidden.set(cid, blocks);
    else gateway.hold(blocks);
    return cid;
  };
  const leaf: Story["leaf"] = (content, options) => {
    const bytes = new TextEncoder().encode(content);
    const cid = cidOf(codecs.raw, bytes);
    return keep(cid.toString(), [{ cid, bytes }], options?.hidden);
  };
  const start = treeWith("", Object.fromEntries(Object.entries(tree).map(([path, content]) => [path, leaf(content)])));
  const repo = await github.repo({
    files: {
      "tree.yaml": text ?? start,
      "campaign.yaml": `campaign: sea\ngateways: ["${gateway.url}"]\n${campaign}`,
      ".github/workflows/plan.yml": "name: plan\non: pull_request\njobs: {}\n",
      ...files,
    },
    writers,
  });

  /** Runs `fieldtree github TASK` in a clone of the repository's default branch. */
  const job = async (task: string, name: string, payload: Json, token: string, more: Env = {}): Promise<Planned> => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-job-"));
    try {
      const clone = join(folder, "clone");
      await repo.clone(clone);
      const file = (name: string) => join(folder, name);
      for (const name of ["output", "summary"]) await writeFile(file(name), "");
      await writeFile(file("event.json"), JSON.stringify(payload));
      const ran = await fieldtree(["github", task], {
        cwd: clone,
        env: {
          ...github.env,
          GITHUB_ACTIONS: "true",
          GITHUB_REPOSITORY: repo.fullName,
          // What a job after another's run has; nothing else of ours asks for it.
          GITHUB_REF_NAME: repo.state.defaultBranch,
          GITHUB_EVENT_NAME: name,
          GITHUB_EVENT_PATH: file("event.json"),
          GITHUB_OUTPUT: file("output"),
          GITHUB_STEP_SUMMARY: file("summary"),
          GITHUB_TOKEN: token,
          ...more,
        },
      });
      const [outputs, summary] = await Promise.all(["output", "summary"].map((name) => readFile(file(name), "utf8")));
      const plan = await readFile(join(clone, "plan.json"), "utf8").catch(() => undefined);
      for (const said of [ran.stdout, ran.stderr, outputs, summary, plan]) expect(said ?? "").not.toContain(token);
      const read = readOutput(`${ran.stdout}\n${ran.stderr}`);
      return {
        ...ran,
        ...read,
        outputs: outputs!,
        summary: summary!,
        file: plan === undefined ? undefined : JSON.parse(plan),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const story: Story = {
    github,
    repo,
    gateway,
    leaf,
    async dataset(folder, options) {
      const blocks = [];
      const walk = blocksOf(folder, { profile: "cid-v1", symlinks: "refuse" }, testWorld());
      for (;;) {
        const { done, value } = await walk.next();
        if (done) return keep(value.cid.toString(), blocks, options?.hidden);
        blocks.push(value);
      }
    },
    reveal(cid) {
      gateway.hold(hidden.get(cid)!);
    },

    plan: (pull, { action = "synchronize", env } = {}) =>
      job("plan", "pull_request", pull.event(action), pull.token({ contents: "read" }), env),
    planGroup: (group) => job("plan", "merge_group", group.event, repo.token({ contents: "read" })),
    planMain: async (env) => job("plan", "push", await repo.pushEvent(), repo.token({ contents: "read" }), env),

    async report(pull, plan, { env } = {}) {
      const artifacts = isPlan(plan) ? artifactsOf(plan) : plan;
      const run = await repo.run({ workflow: "plan.yml", pull, artifacts });
      const token = repo.token(mayReport);
      const before = github.journal.calls().length;
      const done = await job("report", "workflow_run", await run.event(), token, env);
      expect(JSON.stringify([pull.comments(), pull.checks(), pull.statuses()], withoutCycles())).not.toContain(token);
      return { ...done, calls: github.journal.calls().length - before };
    },

    async reportGroup(group, plan) {
      const run = await repo.run({ workflow: "plan.yml", group, artifacts: artifactsOf(plan) });
      return job("report", "workflow_run", await run.event(), repo.token(mayReport));
    },

    async propose(pull) {
      const plan = await story.plan(pull, { action: "opened" });
      return { plan, report: await story.report(pull, plan) };
    },
  };
  return story;
}

/** None of a plan that failed. */
function artifactsOf({ file }: Pick<Planned, "file">): Artifacts {
  return file ? { plan: [{ name: "plan.json", data: JSON.stringify(file) }] } : {};
}

const isPlan = (plan: object): plan is Pick<Planned, "file"> => "file" in plan;

/** tree.yaml with other leaves: a CID by path, `undefined` for one that goes. */
export function treeWith(text: string, leaves: Readonly<Record<string, string | undefined>>): string {
  return editTree(
    text,
    Object.entries(leaves).map(([path, written]) => ({ path, ...(written !== undefined && { written }) })),
  );
}

/** The box's records point at one another. */
function withoutCycles() {
  const seen = new Set<unknown>();
  return (_: string, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return undefined;
    seen.add(value);
    return value;
  };
}
