/** From a merge to live, back again, and looked after: what GitHub shows of it, job by job, by the real program. */
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { codecs } from "../../../pipeline/dag/block.ts";
import { readCar } from "../../../pipeline/dag/car.ts";
import { cidOf } from "../../../pipeline/dag/hash.ts";
import { postComment } from "../../../pipeline/github/report/comment.ts";
import { aFolder, fieldtree } from "../../commands/program.ts";
import { expectSchema } from "../../commands/schemas.ts";
import { type FakeGateway, startFakeGateway } from "../../fakes/gateway.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";
import { timeoutMs, treeWith } from "../story.ts";
import type { Grants } from "../tokens.ts";

let github: Box;
let gateway: FakeGateway;
let repo: Repository;
let desk: string;

beforeEach(async () => {
  github = await openBox();
  onTestFinished(() => github.close());
  gateway = await startFakeGateway();
  const verify = "name: verify\non:\n  schedule:\n    - cron: 17 * * * *\njobs: {}\n";
  const config = `campaign: sea\ngateways: ["${gateway.url}"]\nlog: { kind: git }\n`;
  repo = await github.repo({
    files: { "tree.yaml": "", "campaign.yaml": config, ".github/workflows/verify.yml": verify },
  });
  // Whoever publishes: a machine that has the data, and may push the log.
  desk = join(await aFolder(), "desk");
  await execa("git", ["clone", "--quiet", repo.addressWith(repo.token({ contents: "write" })), desk]);
});

/** A task of a workflow: in the publisher's folder, or in a clone of its own that has nothing but the gateway. */
async function job(task: string, grants: Grants, { at = "", env = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-job-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const cwd = at || join(folder, "clone");
  if (!at) await repo.clone(cwd);
  const token = repo.token(grants);
  const ran = await fieldtree(["github", task, "--json"], {
    cwd,
    env: { ...github.env, GITHUB_REPOSITORY: repo.fullName, GITHUB_RUN_ID: "7", GITHUB_TOKEN: token, ...env },
  });
  expect(ran.stdout + ran.stderr).not.toContain(token);
  expect(ran.code, ran.stderr).toBe(0);
  expectSchema("github", ran.json());
  return ran.json().at(-1);
}

/** Put `content` at `path` in main's tree.yaml by a pull request, merge and publish it. */
async function live(path: string, content: string): Promise<number> {
  await writeFile(join(desk, "data.txt"), content);
  const added = await fieldtree(["add", "data.txt", "--json"], { cwd: desk });
  const text = treeWith((await repo.read("tree.yaml"))!, { [path]: added.json()[0].cid });
  const branch = path.replaceAll("/", "-");
  const pull = await repo.openPull({ files: { "tree.yaml": text }, branch, title: path });
  await pull.merge();
  await execa("git", ["pull", "--quiet"], { cwd: desk });
  const published = await fieldtree(["publish"], { cwd: desk });
  expect(published.code, published.stderr).toBe(0);
  return pull.number;
}

const mayRecord = { contents: "write", deployments: "write", "pull-requests": "write" } as const;

describe("a merge", timeoutMs, () => {
  it("is live, recorded with what proves it, rolled back, and its tree.yaml taken back by a pull request", async () => {
    const first = await live("products/radar.txt", "radar");
    const recorded = await job("record", mayRecord, { at: desk });
    expect(recorded).toMatchObject({ event: "recorded", release: 1, told: [first] });
    const [release] = repo.releases();
    const car = [...release!.assets.values()].find(({ name }) => name === "release-1.car")!;
    const alone = await aFolder({ "release-1.car": car.bytes });
    expect((await fieldtree(["verify", "--offline", "release-1.car"], { cwd: alone })).code).toBe(0);

    const text = (await repo.read("tree.yaml"))!;
    const fork = await repo.fork("visitor");
    const [beside, against] = await Promise.all(
      ["sonde", "lidar"].map((name) => {
        const other = cidOf(codecs.raw, new TextEncoder().encode(`another ${name}`)).toString();
        return fork.openPull({
          branch: name,
          files: { "tree.yaml": treeWith(text, { [`products/${name}.txt`]: other }) },
        });
      }),
    );
    const bot = plainly(github, repo, { "pull-requests": "write" });
    for (const { number } of [beside!, against!])
      await postComment(number, { kind: "report", state: "ready", body: "### Ready" }, bot);

    await live("products/lidar.txt", "wrong");
    const back = await fieldtree(["rollback", "1", "--why", "lidar was wrong"], { cwd: desk });
    expect(back.code, back.stderr).toBe(0);
    const env = { GITHUB_REF_NAME: "main" };
    expect(await job("record", mayRecord, { at: desk, env })).toMatchObject({ release: 3, told: [] });
    // What GitHub starts no plan for any more.
    expect(beside!.comments()).toMatchObject([
      { body: expect.stringContaining("Git reports a conflict here, and there is none") },
    ]);
    expect(against!.comments()).toMatchObject([
      { minimized: "outdated" },
      { body: expect.stringContaining("`products/lidar.txt`: `b") },
    ]);
    expect(repo.releases().map(({ name }) => name)).toEqual([
      "Release 1: 1 added",
      "Release 3: back to release 1, 1 removed",
    ]);
    const reverted = await job("revert", mayRecord, { at: desk });
    expect(reverted).toMatchObject({ event: "reverted", did: "opened", branch: "fieldtree/rollback-3" });
    expect((await fieldtree(["publish"], { cwd: desk })).code, "main is still what was rolled back").toBe(3);

    await repo.pull(Number(reverted.page.split("/").at(-1))).merge();
    await execa("git", ["pull", "--quiet"], { cwd: desk });
    expect((await fieldtree(["publish", "--json"], { cwd: desk })).json().at(-1)).toMatchObject({ changed: false });
    expect(await job("revert", mayRecord, { at: desk })).toMatchObject({ did: "nothing" });
  });
});

describe("what is live", timeoutMs, () => {
  it("is monitored: red, an issue, green, closed, and a badge", async () => {
    await live("products/radar.txt", "radar");
    const mayTell = { contents: "read", issues: "write" } as const;
    const mayTick = { actions: "write", contents: "write", issues: "read" } as const;
    const tick = (verified: string) => job("clock", mayTick, { env: { FIELDTREE_VERIFIED: verified } });

    // No gateway has a block of it.
    const red = await job("issues", mayTell);
    expect(red.issues).toMatchObject([{ problem: "reach", did: "opened" }]);
    expect(repo.issues()).toMatchObject([{ state: "open", body: expect.stringContaining("/actions/runs/7") }]);
    expect((await tick("success")).badge).toMatchObject({ color: "orange", message: expect.stringContaining("reach") });

    const exported = await fieldtree(["car", "export", "--scope", "log", "-o", "log.car"], { cwd: desk });
    expect(exported.code, exported.stderr).toBe(0);
    const { blocks } = await readCar(createReadStream(join(desk, "log.car")));
    for await (const block of blocks) gateway.hold([block]);
    const data = new TextEncoder().encode("radar");
    gateway.hold([{ cid: cidOf(codecs.raw, data), bytes: data }]);
    const green = await job("issues", mayTell, { env: { FIELDTREE_DEPTH: "full" } });
    expect(green.issues, repo.issues()[0]!.body ?? "").toMatchObject([{ problem: "reach", did: "closed" }]);
    expect((await tick("success")).badge).toMatchObject({ color: "brightgreen" });
    expect((await tick("failure")).badge).toMatchObject({ color: "lightgrey" });
    expect(JSON.parse((await repo.read("badge.json", "campaign/state"))!)).toMatchObject({ label: "sea" });
    expect((await fieldtree(["verify"], { cwd: desk })).code, "the badge broke the log").toBe(0);
  });
});

describe("a campaign without environment", timeoutMs, () => {
  it("gets from the doctor what is missing, each with what sets it", async () => {
    const doctor = (...flags: string[]) =>
      // Which repository, git's remote says.
      fieldtree(["doctor", ...flags], {
        cwd: desk,
        env: { ...github.env, GITHUB_TOKEN: github.user("campaign").token() },
      });
    const sick = await doctor("--json");
    expect(sick.code).toBe(1);
    expectSchema("doctor", sick.json());
    expect(sick.json().find(({ of }) => of === "environment production")).toMatchObject({
      is: "missing",
      fixable: true,
    });
    const { stdout } = await doctor("--fix");
    expect(stdout).toMatch(/^ok +environment production +only main may enter it$/m);
    expect(stdout).toMatch(/^MISSING +required check .*\n +→ http/m);
    expect(repo.state.environments.get("production")!.branches).toEqual(["main"]);
  });

  it("has to say which repository, and whose token", async () => {
    const nobody = await fieldtree(["doctor"], { cwd: desk });
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("GITHUB_TOKEN")]);
  });
});
