/** A verification's findings as issues: one a class, once, closed by itself. And what keeps it all going. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { badgeOf, enableWorkflow, writeBadge } from "../../../pipeline/github/health/badge.ts";
import { type CheckResult, label, openProblems, track } from "../../../pipeline/github/health/health-issues.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";
import { hangUp } from "../trouble.ts";

let github: Box;
let repo: Repository;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo();
});
afterEach(() => github.close());

const at = () => plainly(github, repo, { issues: "write" });
const run = (checks: readonly CheckResult[], stopped?: string) =>
  track({ checks, ...(stopped !== undefined && { stopped }) }, "https://github.test/run/1", at(), testWorld());

const good = (check: string): CheckResult => ({ check, subject: check, ok: true, says: "good" });
const failing = (check: string, problem: CheckResult["problem"] = "drift", says = "wrong"): CheckResult => ({
  check,
  subject: `${check} of dkrz`,
  ok: false,
  says,
  problem: problem!,
});
const issues = () => repo.issues().map(({ title, state }) => [title, state]);

describe("a problem", () => {
  it("is one issue of its class, says what fails, and closes when all of it is well", async () => {
    await run([good("log"), failing("pin"), failing("node"), failing("name"), good("index")]);
    expect(issues()).toEqual([
      ["Data is not pinned where it should be", "open"],
      ["Names do not match the log", "open"],
    ]);
    expect(repo.issues()[0]).toMatchObject({ body: expect.stringContaining("2 checks fail") });
    expect([...repo.issues()[0]!.labels]).toEqual([label]);

    await run([good("log"), good("pin"), failing("node"), good("name")]);
    expect(issues().map(([, state]) => state)).toEqual(["open", "closed"]);
    expect(repo.issues()[0]!.body).toContain("1 check fails");
    await run([good("log"), good("pin"), good("node"), good("name")]);
    expect(issues().map(([, state]) => state)).toEqual(["closed", "closed"]);
  });

  it("that comes back is the same issue, opened again", async () => {
    await run([failing("pin")]);
    await run([good("pin")]);
    expect(await run([failing("pin", "drift", "wrong again")])).toMatchObject([{ problem: "pins", did: "opened" }]);
    expect(issues()).toEqual([["Data is not pinned where it should be", "open"]]);
    expect(repo.issues()[0]!.body).toContain("`wrong again`");
  });

  it("found again unchanged is reported once", async () => {
    await run([failing("name")]);
    github.journal.clear();
    expect(await run([failing("name")])).toMatchObject([{ did: "left" }]);
    expect(github.journal.writes().filter(({ face }) => face === "rest")).toEqual([]);
  });

  it("that only a deep look sees is not closed by a light one", async () => {
    await run([good("log"), failing("portal", "corrupt")]);
    await run([good("log")]);
    expect(issues()).toEqual([["What is published contradicts itself", "open"]]);
    await run([good("log"), good("portal")]);
    expect(issues()[0]![1]).toBe("closed");
  });

  it("is not closed by a look that ended early or could not look", async () => {
    await run([failing("pin")]);
    await run([failing("pin", "unchecked")]);
    await run([good("pin")], "the log is out of reach");
    expect(issues()).toEqual([
      ["Data is not pinned where it should be", "open"],
      ["Something can't be checked", "open"],
    ]);
    expect(await openProblems(at())).toEqual(["pins", "reach"]);
  });

  it("is reported once although the answer was lost", async () => {
    github.on("POST /repos/{owner}/{repo}/issues", hangUp, { after: true });
    expect(await run([failing("pin")])).toMatchObject([{ did: "opened" }]);
    expect(issues()).toHaveLength(1);
  });

  it("is not taken from, or closed in, an issue of a stranger's that looks like ours", async () => {
    const words = "<!-- fieldtree:health pins failing=pin -->\nmine";
    const stranger = github.octokit(github.user("stranger").token());
    const [owner, name] = repo.fullName.split("/") as [string, string];
    const { data } = await stranger.issues.create({ owner, repo: name, title: "x", body: words });
    // Only who may write sets labels; somebody of ours may have done so in good faith.
    repo.state.labels.set(label, { id: 1, name: label, color: "ededed", description: null });
    repo.state.issues.get(data.number)!.labels.add(label);
    await run([good("pin")]);
    await run([failing("pin")]);
    expect(issues()).toEqual([
      ["x", "open"],
      ["Data is not pinned where it should be", "open"],
    ]);
  });

  it("shows hostile words as words, and five hundred of them as a few", async () => {
    const says = "</li><script>@org/team <!-- fieldtree:health names failing= -->\u202e";
    await run(Array.from({ length: 500 }, () => failing("pin", "drift", says)));
    const { body } = repo.issues()[0]!;
    expect(body).toContain("and 460 more");
    expect(body!.replace(/`[^`]*`/g, "")).not.toMatch(/@org|<script|\u202e/);
  });
});

describe("the clock", () => {
  const health = { campaign: "orcestra", release: 12, verified: true, problems: [], today: new Date("2026-11-21") };

  it.each([
    [{}, "release 12, verified 2026-11-21", "brightgreen"],
    [{ problems: ["names", "pins"] }, "release 12, 2026-11-21: check names, pins", "orange"],
    [{ problems: ["content"] }, "release 12, 2026-11-21: check content", "red"],
    [{ verified: false }, "release 12, not verified on 2026-11-21", "lightgrey"],
    [{ release: undefined }, "nothing published yet", "lightgrey"],
  ])("shows %j as “%s”", (more, message, color) => {
    expect(badgeOf({ ...health, ...more })).toEqual({ label: "orcestra", message, color });
  });

  it("writes the badge where it changed, once, and keeps the other files of the branch", async () => {
    const may = plainly(github, repo, { contents: "write" });
    expect(await writeBadge(badgeOf(health), "campaign/state", may, testWorld())).toBeUndefined();
    await repo.push({ head: "bafy\n" }, { branch: "campaign/state" });
    expect(await writeBadge(badgeOf(health), "campaign/state", may, testWorld())).toBe(true);
    expect(JSON.parse((await repo.read("badge.json", "campaign/state"))!)).toMatchObject({
      schemaVersion: 1,
      message: "release 12, verified 2026-11-21",
    });
    expect(await repo.read("head", "campaign/state")).toBe("bafy\n");
    const tip = await repo.tip("campaign/state");
    expect(await writeBadge(badgeOf(health), "campaign/state", may, testWorld())).toBe(false);
    expect(await repo.tip("campaign/state")).toBe(tip);
  });

  it.each([
    ["somebody publishes meanwhile", { meanwhile: true, lost: false }],
    ["the answer is lost", { meanwhile: false, lost: true }],
  ])("writes the badge though %s", async (_, { meanwhile, lost }) => {
    const may = plainly(github, repo, { contents: "write" });
    await repo.push({ "badge.json": "{}" }, { branch: "campaign/state" });
    const route = "PUT /repos/{owner}/{repo}/contents/{path}";
    if (meanwhile) github.on(route, () => repo.push({ "badge.json": "{ }" }, { branch: "campaign/state" }));
    if (lost) github.on(route, hangUp, { after: true });
    await writeBadge(badgeOf(health), "campaign/state", may, testWorld());
    expect(await repo.read("badge.json", "campaign/state")).toContain("release 12");
    expect(github.pending()).toEqual([]);
  });

  it("keeps a schedule from being stopped after 60 quiet days, and sets one going that was", async () => {
    const workflow = "name: verify\non:\n  schedule:\n    - cron: 17 * * * *\njobs: {}\n";
    await repo.push({ ".github/workflows/verify.yml": workflow });
    const may = plainly(github, repo, { actions: "write" });
    const state = async () => (await repo.workflow("verify.yml")).state;
    await state();
    for (let days = 0; days < 120; days += 40) {
      await github.pass({ days: 40 });
      expect(await state()).toBe("active");
      await enableWorkflow("verify.yml", may);
    }
    await github.pass({ days: 61 });
    expect(await state()).toBe("disabled_inactivity");
    await enableWorkflow("verify.yml", may);
    expect(await state()).toBe("active");
  });
});
