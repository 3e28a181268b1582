/** What the doctor sees of a repository's settings, and what it can set. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCampaign } from "../../../pipeline/core/campaign/campaign.ts";
import { examine } from "../../../pipeline/github/health/doctor/doctor.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";

const sound = `campaign: orcestra
node: { kind: kubo, api: "https://kubo.example:5001", token: KUBO_TOKEN }
names: [{ domain: example.org, to: tree, provider: { kind: desec, token: DESEC_TOKEN } }]
log: { kind: git }
`;
const publishing = ["env:", ...["KUBO_TOKEN", "DESEC_TOKEN"].map((name) => `${name}: $\{{ secrets.${name} }}`)].join(
  "\n",
);

let github: Box;
let names = 0;
const workflows: Record<string, string> = {};
beforeAll(async () => {
  github = await openBox();
  for (const file of ["plan", "plan-report", "publish", "verify", "ci"]) {
    workflows[`.github/workflows/${file}.yml`] = await readFile(`.github/workflows/${file}.yml`, "utf8");
  }
});
afterAll(() => github.close());

const bare = (files: Record<string, string> = workflows) =>
  github.repo({ name: `campaign/data${++names}`, files: { "tree.yaml": "", ...files } });

/** With everything set as it should be. */
async function wellSet(): Promise<Repository> {
  const repo = await bare();
  repo.environment("production", { branches: ["main"], secrets: ["KUBO_TOKEN", "DESEC_TOKEN"] });
  repo.protect("main", { checks: ["plan"] });
  repo.state.labels.set("allow-removals", { id: 1, name: "allow-removals", color: "d93f0b", description: null });
  const endpoints = "fieldtree:endpoints";
  repo.state.labels.set(endpoints, { id: 2, name: endpoints, color: "d93f0b", description: null });
  await repo.run({ workflow: "verify.yml", event: "schedule" });
  return repo;
}

async function examinePart(repo: Repository, config = sound, who = github.user("campaign").token(), text = publishing) {
  const { campaign } = readCampaign(config);
  const world = testWorld({ now: () => new Date(github.clock.now()) });
  return examine({ config: campaign!, publishing: text }, plainly(github, repo, who), world);
}

/** What is not as it should be, by what it is of. */
const bad = (found: Awaited<ReturnType<typeof examinePart>>) =>
  Object.fromEntries(found.filter(({ is }) => is !== "good").map(({ of, is }) => [of, is]));

describe("60 quiet days", () => {
  it("stop what runs by the clock, which is seen and set going again", async () => {
    const repo = await wellSet();
    await github.pass({ days: 61 });
    const found = await examinePart(repo);
    expect(bad(found)).toEqual({ "workflow verify.yml": "missing", clock: "missing" });
    expect(found.find(({ of }) => of === "clock")!.says).toContain("61 days ago");
    for (const { fix } of found) await fix?.(plainly(github, repo, github.user("campaign").token()));
    expect((await repo.workflow("verify.yml")).state).toBe("active");
  });
});

describe("the doctor", () => {
  it("finds nothing in a repository that is set as it should be, and writes nothing", async () => {
    const repo = await wellSet();
    github.journal.clear();
    expect(bad(await examinePart(repo))).toEqual({});
    expect(github.journal.writes()).toEqual([]);
    repo.protect("main", { checks: ["fieldtree"] });
    expect(bad(await examinePart(repo))).toEqual({});
    repo.protect("main", { checks: ["test"] });
    expect(bad(await examinePart(repo))).toEqual({ "required check": "missing" });
  });

  it("names everything that a new repository lacks, each with what sets it", async () => {
    const repo = await bare({});
    const found = await examinePart(repo, "campaign: x\n", undefined, "");
    expect(bad(found)).toEqual({
      "campaign.yaml": "missing",
      "environment production": "missing",
      "rules of main": "missing",
      "force pushes": "unwise",
      "required check": "missing",
      "workflow plan.yml": "missing",
      "workflow plan-report.yml": "missing",
      "workflow publish.yml": "missing",
      "workflow verify.yml": "missing",
      "workflow ci.yml": "missing",
      "label allow-removals": "missing",
      "label fieldtree:endpoints": "missing",
    });
    for (const one of found) if (one.is !== "good") expect(one.how, one.of).toMatch(/\S/);
    const says = found.filter(({ of }) => of === "campaign.yaml").map(({ says }) => says);
    expect(says).toEqual([
      expect.stringContaining("no service pins what is published"),
      expect.stringContaining("nowhere to fetch data from"),
      expect.stringContaining("is on a disk"),
    ]);
  });

  it.each<[string, (repo: Repository) => unknown, Record<string, string>]>([
    [
      "an environment that every branch may enter",
      (repo) => repo.environment("production", { secrets: ["KUBO_TOKEN", "DESEC_TOKEN"] }),
      { "environment production": "missing" },
    ],
    [
      "an environment that another branch may enter as well",
      (repo) => repo.environment("production", { branches: ["main", "x"], secrets: ["KUBO_TOKEN", "DESEC_TOKEN"] }),
      { "environment production": "unwise" },
    ],
    [
      "a secret that is not set",
      (repo) => repo.environment("production", { branches: ["main"], secrets: ["KUBO_TOKEN"] }),
      { "secret DESEC_TOKEN": "missing" },
    ],
    ["a secret that every workflow can read", (repo) => repo.secrets("KUBO_TOKEN"), { "secret KUBO_TOKEN": "unwise" }],
    ["a merge that waits for nothing", (repo) => repo.protect("main"), { "required check": "missing" }],
    [
      "a rule that keeps the log from being written",
      (repo) => repo.protect("campaign/state"),
      { "branch campaign/state": "missing" },
    ],
    [
      "a workflow that GitHub has stopped",
      async (repo) => Object.assign(await repo.workflow("verify.yml"), { state: "disabled_inactivity" }),
      { "workflow verify.yml": "missing" },
    ],
    [
      "a rollback that could not open its pull request",
      (repo) => void Object.assign(repo.state, { workflowsMayOpenPulls: false }),
      { "pull requests": "missing" },
    ],
    [
      "a log that only those with credentials can read",
      (repo) => void Object.assign(repo.state, { private: true }),
      { repository: "missing" },
    ],
    ["a clock that has never run", (repo) => repo.state.runs.clear(), { clock: "unwise" }],
  ])("sees %s", async (_, spoil, expected) => {
    const repo = await wellSet();
    await spoil(repo);
    expect(bad(await examinePart(repo))).toEqual(expected);
  });

  it("sees a step that lacks a secret, and one that is given more than campaign.yaml names", async () => {
    const repo = await wellSet();
    const text = publishing.replaceAll("DESEC_TOKEN", "OTHER_KEY");
    const found = (await examinePart(repo, sound, undefined, text)).filter(({ of }) => of === "publish.yml");
    expect(found).toMatchObject([
      {
        is: "missing",
        says: expect.stringContaining("DESEC_TOKEN"),
        how: expect.stringContaining("secrets.DESEC_TOKEN"),
      },
      { is: "unwise", says: expect.stringContaining("OTHER_KEY") },
    ]);
  });

  it("says what it could not see, and which permission shows it", async () => {
    const repo = await wellSet();
    const who = repo.token({ actions: "read", contents: "read", issues: "read" });
    const found = await examinePart(repo, sound, who);
    expect(bad(found)).toEqual({ token: "unseen", secrets: "unseen", "pull requests": "unseen" });
    expect(found.find(({ of }) => of === "secrets")!.how).toContain("environments: read");
  });

  it("sees a Kubo that only this machine can reach", async () => {
    const repo = await wellSet();
    const config = sound.replace("https://kubo.example:5001", "http://127.0.0.1:5001");
    expect(bad(await examinePart(repo, config))).toEqual({ "campaign.yaml": "missing" });
  });
});

describe("what it fixes", () => {
  it("is everything that needs no decision, and what people set up stays", async () => {
    const repo = await wellSet();
    repo.environment("production", { secrets: ["KUBO_TOKEN", "DESEC_TOKEN"] });
    const known = repo.state.environments.get("production")!;
    repo.state.environments.set("production", { ...known, reviewers: [repo.state.owner] });
    Object.assign(await repo.workflow("verify.yml"), { state: "disabled_inactivity" });
    repo.state.labels.clear();
    const admin = plainly(github, repo, github.user("campaign").token());
    for (const { fix } of await examinePart(repo)) await fix?.(admin);
    expect(bad(await examinePart(repo))).toEqual({});
    expect(repo.state.environments.get("production")!.reviewers.map(({ login }) => login)).toEqual(["campaign"]);
  });
});
