/**
 * Runs a repository's own workflow file, as it is, on this machine: act in host mode, without containers.
 *
 * What GitHub publishes (`actions/checkout` and its like) is played by the small actions in `stand-ins/`; everything else
 * is the repository's own. The box is GitHub to the jobs: its addresses, its git, its tokens.
 *
 * ```ts
 * const plan = await runWorkflow(repo, "plan.yml", { name: "pull_request", payload: pull.event(), token: pull.token({ contents: "read" }), pull });
 * expect(plan.annotations).toMatchObject([{ level: "error", file: "tree.yaml", line: 4 }]);
 * const report = await runWorkflow(repo, "plan-report.yml", { name: "workflow_run", payload: await plan.run.event(), token: … });
 * ```
 *
 * act does not know `deployment:` of an environment, environments' protection, concurrency, `permissions:` or a fork's filters: the token says what a job
 * may, and policy tests hold the rest.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { act } from "../servers/actions.ts";
import type { Json } from "./call.ts";
import type { PullRequestHandle } from "./pull-request.ts";
import type { Repository, RunHandle } from "./repository.ts";

export interface WorkflowEvent {
  /** As in `on:`. */
  readonly name: string;
  /** `github.event`. */
  readonly payload: Json;
  /** What `github.token` is: hand in one with the job's `permissions:`. */
  readonly token: string;
  /** For the box's record of this run; its artifacts and its head. */
  readonly pull?: PullRequestHandle;
  /** The repository's and the environment's; a fork's pull request does not get them. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What the runner's own environment has besides. */
  readonly env?: Readonly<Record<string, string>>;
  /** `owner/name` of actions of our own that are named from elsewhere, and the folder they lie in. */
  readonly actions?: Readonly<Record<string, string>>;
}

export interface WorkflowResult {
  /** 0 where every job was green or skipped. */
  readonly exitCode: number;
  /** What steps printed, line by line, secrets masked as GitHub masks them. */
  readonly log: string;
  /** Every byte act wrote: to be searched for what must not be in it. */
  readonly everything: string;
  readonly annotations: readonly RunAnnotation[];
  /** By `job.step.name`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Job summaries, in the order they were written. */
  readonly summary: string;
  /** By job. */
  readonly jobs: Readonly<Record<string, string>>;
  /** By artifact and file, as text. */
  readonly artifacts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The box's record: what `workflow_run` tells of. */
  readonly run: RunHandle;
}

export interface RunAnnotation {
  readonly level: "error" | "notice" | "warning";
  readonly message: string;
  readonly file?: string;
  readonly title?: string;
  readonly line?: number;
  readonly col?: number;
  readonly endLine?: number;
}

/** @throws Error where act is absent (ask `act()` first) or a published action has no stand-in. */
export async function runWorkflow(repo: Repository, workflow: string, event: WorkflowEvent): Promise<WorkflowResult> {
  const program = await act();
  if (!program) throw new Error("act is absent: ask act() first");
  const scratch = await mkdtemp(join(tmpdir(), "fieldtree-act-"));
  try {
    const folders = {
      home: join(scratch, "home"),
      artifacts: join(scratch, "artifacts"),
      source: join(scratch, "source"),
    };
    for (const folder of [folders.home, folders.artifacts]) await mkdir(folder);
    await cloneFor(repo, event, folders.source);
    await hideFromAct(join(folders.source, ".github/workflows", workflow));
    await writeFile(join(scratch, "event.json"), JSON.stringify(event.payload));
    // A pull request from a fork gets none, whatever the repository has.
    const withheld = event.name === "pull_request" && event.pull?.fromFork;
    const secrets = Object.entries({ ...(withheld ? {} : event.secrets), GITHUB_TOKEN: event.token });
    await writeFile(
      join(scratch, "secrets"),
      secrets.map(([name, value]) => `${name}=${JSON.stringify(value)}\n`).join(""),
    );
    const played = await standIns(folders.source, event.actions ?? {});
    const server = new URL(repo.address).origin;
    const env = {
      GITHUB_SERVER_URL: server,
      GITHUB_API_URL: `${server}/api/v3`,
      GITHUB_GRAPHQL_URL: `${server}/api/graphql`,
      GITHUB_RUN_ID: String(repo.state.runs.size + 1),
      BOX_ARTIFACTS: folders.artifacts,
      BOX_NODE: dirname(process.execPath),
      BOX_MODULES: join(import.meta.dirname, "../../node_modules"),
      ...event.env,
    };
    const { stdout, stderr, exitCode } = await execa(
      program,
      [
        event.name,
        ...["--directory", folders.source, "--workflows", `.github/workflows/${workflow}`],
        ...["--eventpath", join(scratch, "event.json"), "--secret-file", join(scratch, "secrets")],
        ...["--actor", String((event.payload.sender as Json | undefined)?.login ?? repo.state.owner.login)],
        ...["--github-instance", new URL(server).host],
        ...runners.flatMap((runner) => ["--platform", `${runner}=-self-hosted`]),
        ...Object.entries(played).flatMap(([action, folder]) => ["--local-repository", `${action}=${folder}`]),
        ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
        ...["--no-skip-checkout", "--no-cache-server", "--json"],
      ],
      {
        // Steps see what act sees: nothing of ours may be in it.
        env: { PATH: systemPath, HOME: folders.home, XDG_CACHE_HOME: join(folders.home, "cache"), LANG: "C.UTF-8" },
        extendEnv: false,
        stdin: "ignore",
        reject: false,
      },
    );
    const read = readLog(stdout);
    const artifacts = await filesByArtifact(folders.artifacts);
    const run = await repo.run({
      workflow,
      event: event.name,
      ...(event.pull && { pull: event.pull }),
      conclusion: exitCode === 0 ? "success" : "failure",
      artifacts: Object.fromEntries(
        Object.entries(artifacts).map(([name, files]) => [
          name,
          Object.entries(files).map(([path, data]) => ({ name: path, data })),
        ]),
      ),
    });
    return { exitCode: exitCode ?? 1, everything: `${stdout}\n${stderr}`, artifacts, run, ...read };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const runners = ["ubuntu-24.04", "ubuntu-latest"];
const standInFolder = join(import.meta.dirname, "stand-ins");
const ownActions = join(import.meta.dirname, "../../actions");

/** The commit GitHub takes a workflow file from: a pull request's merge, what was pushed, or else the default branch. */
async function cloneFor(repo: Repository, { name, payload, token }: WorkflowEvent, folder: string): Promise<void> {
  const branch = repo.state.defaultBranch;
  const from = {
    pull_request: `refs/pull/${payload.number}/merge`,
    push: String(payload.after),
    merge_group: String((payload.merge_group as Json | undefined)?.head_sha),
  };
  const ref = Object.hasOwn(from, name) ? from[name as keyof typeof from] : `refs/heads/${branch}`;
  const git = async (...args: string[]) => void (await execa("git", ["-C", folder, ...args]));
  await execa("git", ["init", "--quiet", `--initial-branch=${branch}`, folder]);
  await git("remote", "add", "origin", repo.address.replace("x-access-token@", ""));
  await git("fetch", "--quiet", repo.addressWith(token), ref);
  await git("checkout", "--quiet", "-B", branch, "FETCH_HEAD");
}

/** What GitHub's own parser knows and act 0.2.80 refuses. The box makes no deployment for an environment, and no run waits in it. */
async function hideFromAct(file: string): Promise<void> {
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/^ +(?:deployment: false|queue: max).*\n/gm, ""));
}

/** For each `owner/name@ref` that the repository's workflows and actions use, the folder that plays it. */
async function standIns(source: string, ours: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const played: Record<string, string> = {};
  // A job may check out the base, with actions that a pull request took away: those of this project are played anyway.
  const files = await Promise.all([source, ownActions, ...Object.values(ours)].map(usingActions));
  for (const { where, text } of files.flat()) {
    for (const [, owner, action, ref] of text.matchAll(
      /\buses:\s*["']?([\w.-]+)\/([\w.-]+)(?:\/[^@\s]*)?@([\w./-]+)/g,
    )) {
      const repository = `${owner}/${action}`;
      const folder = ours[repository] ?? (owner === "actions" ? join(standInFolder, action!) : undefined);
      const known = folder && (await readdir(folder).catch(() => undefined));
      if (!known) throw new Error(`${where} uses ${repository}: add a stand-in for it to test/github/stand-ins`);
      played[`${repository}@${ref}`] = folder;
    }
  }
  return played;
}

/** The workflows and actions in a folder. */
async function usingActions(folder: string): Promise<{ where: string; text: string }[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, where: relative(folder, file) }))
    .filter(({ where }) => /^\.github\/.*\.ya?ml$|(^|\/)action\.ya?ml$/.test(where));
  return await Promise.all(files.map(async ({ file, where }) => ({ where, text: await readFile(file, "utf8") })));
}

/** One line of act's `--json`. */
interface Line {
  readonly msg: string;
  readonly jobID?: string;
  readonly stepID?: readonly string[];
  readonly raw_output?: boolean;
  readonly raw?: string;
  readonly command?: string;
  readonly kvPairs?: Readonly<Record<string, string>>;
  readonly arg?: string;
  readonly name?: string;
  readonly content?: string;
  readonly jobResult?: string;
}

function readLog(stdout: string) {
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
  const log: string[] = [];
  const annotations: RunAnnotation[] = [];
  const outputs: Record<string, string> = Object.create(null);
  const jobs: Record<string, string> = Object.create(null);
  const summaries: { job: string; step: readonly string[]; text: string }[] = [];
  for (const line of lines) {
    const { jobID: job = "", stepID: step = [], command, kvPairs, arg = "" } = line;
    if (line.raw_output) log.push(line.msg);
    if (line.raw) log.push(line.raw);
    if (line.jobResult) jobs[job] = line.jobResult;
    if (command === "error" || command === "warning" || command === "notice")
      annotations.push(annotationOf(command, arg, kvPairs ?? {}));
    if (command === "set-output" && step.length === 1) outputs[`${job}.${step[0]}.${line.name}`] = arg;
    // act repeats at a composite action what its last step wrote.
    const inside = summaries.some((one) => one.job === job && one.step.length > step.length && one.step[0] === step[0]);
    if (command === "summary" && !inside) summaries.push({ job, step, text: line.content ?? "" });
  }
  return { log: log.join(""), annotations, outputs, jobs, summary: summaries.map(({ text }) => text).join("\n") };
}

function annotationOf(
  level: RunAnnotation["level"],
  message: string,
  { file, title, line, col, endLine }: Record<string, string>,
): RunAnnotation {
  return {
    level,
    message,
    ...(file && { file }),
    ...(title && { title }),
    ...(line && { line: Number(line) }),
    ...(col && { col: Number(col) }),
    ...(endLine && { endLine: Number(endLine) }),
  };
}

async function filesByArtifact(folder: string): Promise<Record<string, Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const artifacts: Record<string, Record<string, string>> = Object.create(null);
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const [name, ...rest] = relative(folder, path).split("/") as [string, ...string[]];
    artifacts[name] ??= Object.create(null) as Record<string, string>;
    artifacts[name][rest.join("/")] = await readFile(path, "utf8");
  }
  return artifacts;
}
