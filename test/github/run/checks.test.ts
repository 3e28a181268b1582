/** Checks, statuses, suggestions and reviewers: within what GitHub takes, and never in the way of the verdict. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { pullsOf, readPull } from "../../../pipeline/github/pull-request/pull.ts";
import { postSuggestions, requestReviews } from "../../../pipeline/github/report/review-requests.ts";
import { type CheckRun, postCheck, postStatus } from "../../../pipeline/github/run/checks.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { PullRequestHandle } from "../pull-request.ts";
import type { Repository } from "../repository.ts";

let github: Box;
let repo: Repository;
let fork: Repository;
let pull: PullRequestHandle;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": "a: 1\n" }, writers: ["ada", "bo"] });
  fork = await repo.fork("visitor");
  pull = await fork.openPull({ files: { "tree.yaml": "a: 1\nb: 2\nc: 3\n" } });
});
afterEach(() => github.close());

const api = () => plainly(github, repo, { "pull-requests": "write", checks: "write", statuses: "write" });
const check = (more: Partial<CheckRun> = {}): CheckRun => ({
  name: "fieldtree",
  sha: pull.head,
  conclusion: "failure",
  title: "two errors",
  summary: "",
  annotations: [],
  ...more,
});

it("posts annotations fifty at a time, and a verdict with the last of them", async () => {
  const annotations = Array.from({ length: 120 }, (_, i) => ({
    path: "tree.yaml",
    line: i + 1,
    column: 2,
    level: "failure" as const,
    title: "x",
    message: `${i}`,
  }));
  const between: (string | null)[] = [];
  github.on(
    "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
    () => void between.push(pull.checks()[0]!.conclusion),
    { times: 2 },
  );
  await postCheck(check({ annotations }), api());
  expect(between).toEqual([null, null]);
  expect(pull.checks()).toMatchObject([{ status: "completed", conclusion: "failure" }]);
  expect(pull.checks()[0]!.annotations.map(({ message }) => Number(message))).toEqual(annotations.map((_, i) => i));
  const writes = github.journal.writes().map(({ method }) => method);
  expect(writes).toEqual(["POST", "PATCH", "PATCH"]);
});

it("cuts what is longer than GitHub takes", async () => {
  await postCheck(check({ summary: "\u{1f6f0}".repeat(50_000), title: "t".repeat(1000) }), api());
  await postStatus(
    { context: "fieldtree", sha: pull.head, state: "success", description: "\u{1f6f0}".repeat(200) },
    api(),
  );
  expect(pull.checks()[0]!.summary!.length).toBeLessThanOrEqual(65_535);
  expect(pull.statuses()[0]!.description!.length).toBeLessThanOrEqual(140);
});

it("suggests a fix once, and goes on where GitHub won't have one", async () => {
  const given = await readPull(pull.number, api());
  const fix = { path: "tree.yaml", line: 2, body: "```suggestion\nb: two\n```" };
  await postSuggestions(given, [fix], api(), testWorld());
  await postSuggestions(given, [fix], api(), testWorld());
  expect(pull.reviewComments()).toMatchObject([fix]);
  const world = testWorld();
  await postSuggestions(given, [{ ...fix, line: 40 }], api(), world);
  expect(world.lines).toHaveLength(1);
  expect(pull.reviewComments()).toHaveLength(1);
});

it("requests reviews of owners, except the author and those asked or done before, and one who can't review does not block the others", async () => {
  pull.approve("bo");
  const world = testWorld();
  await requestReviews(await readPull(pull.number, api()), ["ada", "bo", "visitor", "nobody"], api(), world);
  expect([...pull.state.pull.reviewers].map(({ login }) => login)).toEqual(["ada"]);
  expect(world.lines.join("\n")).toContain("not a collaborator");
  github.journal.clear();
  await requestReviews(await readPull(pull.number, api()), ["Ada", "visitor"], api(), world);
  expect(github.journal.writes()).toEqual([]);
});

it("finds the pull request by repository and branch, not another fork's branch of that name, nor a closed one", async () => {
  const other = await (await repo.fork("stranger")).openPull({ files: { "notes.md": "x" } });
  const { repo: from, ref } = pull.state.pull.head;
  const run = {
    id: 1,
    event: "pull_request",
    headSha: pull.head,
    headBranch: ref,
    page: "https://x",
  };
  const headRepository = { id: from.id, owner: from.owner.login };
  const found = await pullsOf({ ...run, headRepository }, api());
  expect(found.map(({ number, headSha }) => [number, headSha])).toEqual([[pull.number, pull.head]]);
  expect(await pullsOf({ ...run, headRepository: { ...headRepository, id: from.id + 9999 } }, api())).toEqual([]);
  expect(await pullsOf({ ...run, headRepository: undefined }, api())).toEqual([]);
  expect(other.number).not.toBe(pull.number);

  // GitHub lists the newest first; what is published comes before what is not.
  await repo.push({ "tree.yaml": "" }, { branch: "side" });
  const beside = await fork.openPull({ files: {}, base: "side" });
  const both = await pullsOf({ ...run, headRepository }, api());
  expect(both.map(({ number, publishes }) => [number, publishes])).toEqual([
    [pull.number, true],
    [beside.number, false],
  ]);
  pull.close();
  expect(await pullsOf({ ...run, headRepository }, api())).toMatchObject([{ number: beside.number }]);
});
