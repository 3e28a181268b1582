/**
 * `npm run demo:github`: a stranger's pull request, from its first comment to live data and back, on this machine alone.
 *
 * GitHub is the box beside this file; the workflows, the program in them, git, Kubo, BIND and the browser are real. Every
 * workflow runs as `fieldtree init` writes it, started by the event that would start it on GitHub.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { findData } from "../data.ts";
import { act } from "../servers/actions.ts";
import { findChromium, openChromium } from "../servers/chromium.ts";
import { type Box, openBox } from "./box.ts";
import { dataset, withLeaf } from "./demo-dataset.ts";
import { ended, mayPublish, opened } from "./jobs.ts";
import { campaignRepository } from "./our-repository.ts";
import type { PullRequestHandle } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { runWorkflow, type WorkflowEvent, type WorkflowResult } from "./run-workflow.ts";
import { campaignServers, type Surroundings, startSurroundings } from "./surroundings.ts";

const root = join(import.meta.dirname, "../..");

/** Whatever a title can try: the shell, expressions, the runner, Markdown, HTML, people. */
const title =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for a workflow to fall for
  "Add sondes <img src=x onerror=alert(1)> `$(id)` ${{ secrets.DNS_KEY }} @everyone ::set-output name=root::x";

interface Stage {
  readonly github: Box;
  readonly repo: Repository;
  readonly around: Surroundings;
  /** Run a workflow of the repository's, and say how its jobs ended. @throws Error where one did not end as it should. */
  run(workflow: string, event: Omit<WorkflowEvent, "actions">): Promise<WorkflowResult>;
}

if (!((await act()) && campaignServers)) {
  console.error("The demo needs act, Kubo and BIND: `npm run test:setup` makes and installs them.");
  process.exit(1);
}
await withStage(async (stage) => {
  const pull = await proposed(stage);
  await published(stage, pull);
  await interrupted(stage);
  await rolledBack(stage);
});

/** A first-time contributor's pull request, and what it is told. */
async function proposed({ repo, around, run }: Stage): Promise<PullRequestHandle> {
  chapter("A stranger forks the campaign and proposes a dataset");
  const desk = await mkdtemp(join(tmpdir(), "fieldtree-visitor-"));
  const { folder, path } = await dataset(desk, findData("zarr"));
  const cid = await around.add(folder);
  await rm(desk, { recursive: true });
  const fork = await repo.fork("visitor");
  const pull = await fork.openPull({ files: { "tree.yaml": withLeaf(around.tree, path, cid) }, title });
  say(`#${pull.number} ${title}`);
  say(`   + ${path}: ${cid}`);

  const plan = await run("plan.yml", opened(pull, around.secrets));
  await run("plan-report.yml", await ended(plan, repo));
  const { body } = pull.comments().at(-1)!;
  say(`\n${indented(body)}`);
  for (const { context, state, description } of pull.statuses()) say(`${context}: ${state}, ${description}`);
  await screenshot(body);
  return pull;
}

/** The merge, and what is live after it. */
async function published(stage: Stage, pull: PullRequestHandle): Promise<void> {
  chapter("A maintainer merges it, and it goes live");
  await pull.merge();
  await publish(stage);
  await sayLive(stage);
  say(`\n#${pull.number} is told:\n${indented(pull.comments().at(-1)!.body)}`);
}

/** A publication killed between its release and its name, and taken up by the next run. */
async function interrupted(stage: Stage): Promise<void> {
  const { repo, around } = stage;
  chapter("The next publication is killed half way");
  const text = (await repo.read("tree.yaml"))!;
  await repo.push({ "tree.yaml": text.replace(/^.*report\.md:.*\n/m, "") }, { message: "Take the report out" });
  const before = await around.announced();
  await withClone(stage, async (fieldtree) => {
    await killedAsItAnnounces(fieldtree("--json", "github", "publish"));
    if ((await around.announced()) !== before) throw new Error("it was announced all the same");
    say(`killed (-9) between release 2 and its name: latest.example.test still says ${before}`);

    chapter("Its lease would end by itself in ten minutes; who knows that it is dead need not wait");
    say("$ fieldtree lease break");
    await said(fieldtree("lease", "break"));
  });

  chapter("The workflow runs again and finishes it");
  await publish(stage);
  await sayLive(stage);
}

async function rolledBack(stage: Stage): Promise<void> {
  chapter("Release 2 turns out to be wrong: back to release 1");
  await publish(stage, { rollback: "1", why: "the report belongs to the data" });
  await sayLive(stage);
  const revert = [...stage.repo.state.issues.values()].at(-1)!;
  say(`\npull request #${revert.number} gives tree.yaml the same content: ${revert.title}`);
}

async function publish({ repo, around, run }: Stage, inputs?: Readonly<Record<string, string>>): Promise<void> {
  await run("publish.yml", {
    name: inputs ? "workflow_dispatch" : "push",
    payload: inputs ? repo.dispatchEvent("publish.yml", inputs) : await repo.pushEvent(),
    token: repo.token(mayPublish),
    secrets: around.secrets,
  });
}

async function sayLive({ repo, around }: Stage): Promise<void> {
  const release = repo.releases().at(-1)!;
  const deployment = repo.deployments().at(-1)!;
  say(`\nrelease     ${release.tag}: ${release.name}`);
  say(`assets      ${[...release.assets.values()].map(({ name }) => name).join(", ")}`);
  say(
    `deployment  ${deployment.environment}: ${deployment.statuses.at(-1)?.state} ${deployment.statuses.at(-1)?.environmentUrl}`,
  );
  const value = await around.announced();
  say(`BIND answers  latest.example.test → ${value}`);
  say(`Kubo keeps  ${(await around.kubo.ipfs("ls", value!)).split("\n").join("\n            ")}`);
}

type Fieldtree = (...args: string[]) => ChildProcessByStdio<null, Readable, Readable>;

/** The program in a clone of main, with all that the publishing job has. */
async function withClone({ repo, around }: Stage, work: (fieldtree: Fieldtree) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-clone-"));
  try {
    await repo.clone(folder);
    const address = repo.addressWith(repo.token({ contents: "write" }));
    await execa("git", ["-C", folder, "remote", "set-url", "origin", address]);
    const env = { PATH: process.env.PATH, HOME: folder, ...around.secrets };
    await work((...args) =>
      spawn(process.execPath, [join(root, "pipeline/bin.ts"), ...args], {
        cwd: folder,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ended by SIGKILL at the step that would point a name at the new root. */
async function killedAsItAnnounces(child: ReturnType<Fieldtree>): Promise<void> {
  const ended = once(child, "close");
  createInterface({ input: child.stderr }).on("line", say);
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (JSON.parse(line).step?.do === "announce") child.kill("SIGKILL");
  });
  const [code, signal] = await ended;
  if (signal !== "SIGKILL") throw new Error(`it was not killed, but ended with ${code}`);
}

async function said(child: ReturnType<Fieldtree>): Promise<void> {
  const ended = once(child, "close");
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", say);
  const [code] = await ended;
  if (code !== 0) throw new Error(`it ended with ${code}`);
}

/** The comment as a browser shows it. */
async function screenshot(markdown: string): Promise<void> {
  if (!(await findChromium())) return say("(no Chromium here: no picture)");
  const file =
    process.env.FIELDTREE_SCREENSHOT ?? join(await mkdtemp(join(tmpdir(), "fieldtree-demo-")), "comment.png");
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  const style = await readFile(join(import.meta.dirname, "comment.css"), "utf8");
  const browser = await openChromium();
  try {
    // GitHub runs no script in a comment, and fetches no picture from strangers.
    const page = await browser.newPage({
      javaScriptEnabled: false,
      viewport: { width: 980, height: 600 },
      deviceScaleFactor: 2,
    });
    await page.setContent(`<!doctype html><meta charset="utf-8"><style>${style}</style><article>${html}</article>`);
    await page.locator("article").screenshot({ path: file });
  } finally {
    await browser.close();
  }
  say(`as a browser shows it: ${file}`);
}

async function withStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  chapter("Starting a GitHub in a box, a Kubo, and a DNS server");
  const [github, around] = await Promise.all([openBox(), startSurroundings()]);
  const { actions, files, remove } = await campaignRepository({ secrets: Object.keys(around.secrets) });
  try {
    const repo = await github.repo({
      files: { ...files, "tree.yaml": around.tree, "campaign.yaml": around.config },
      writers: ["reviewer"],
    });
    say(`${repo.address}, with the workflows that \`fieldtree init\` writes`);
    const run: Stage["run"] = async (workflow, event) => {
      const ran = await runWorkflow(repo, workflow, { ...event, actions });
      const jobs = Object.entries(ran.jobs).map(([job, result]) => `${job} ${result === "success" ? "✓" : "✗"}`);
      say(`${workflow}: ${jobs.join(", ")}`);
      if (ran.exitCode !== 0) throw new Error(ran.log);
      const secret = Object.values(around.secrets).find((one) => ran.everything.includes(one));
      if (secret) throw new Error(`${workflow} told a secret`);
      return ran;
    };
    await play({ github, repo, around, run });
  } finally {
    await Promise.all([github.close(), around.stop(), remove()]);
  }
}

function chapter(what: string): void {
  console.log(`\n── ${what}\n`);
}

function say(text: string): void {
  console.log(text.replace(/^(?=.)/gm, "  "));
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "│ ");
}
