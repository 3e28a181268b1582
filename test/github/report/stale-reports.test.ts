/** Another pull request was merged: those that wait are told that what they know is older than that. */
import { expect, it, onTestFinished } from "vitest";
import { postComment } from "../../../pipeline/github/report/comment.ts";
import { type MergeOutcome, markStaleReports } from "../../../pipeline/github/report/stale-reports.ts";
import { v1 } from "../../core/cids.ts";
import { testWorld } from "../../fakes/world.ts";
import { openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import { serverError } from "../trouble.ts";

const beside: MergeOutcome = { conflicts: [], onlyTextual: false };

it("notes it in the existing comment, once, and not where the report is newer", async () => {
  const github = await openBox();
  onTestFinished(() => github.close());
  const repo = await github.repo();
  const fork = await repo.fork("visitor");
  const [old, fresh, silent, other] = await Promise.all(
    ["old", "fresh", "silent"].map((branch) => fork.openPull({ branch, files: { [branch]: "x" } })),
  ).then(async (pulls) => {
    await repo.push({ a: "a" }, { branch: "side" });
    return [...pulls, await fork.openPull({ branch: "other", base: "side", files: { other: "x" } })];
  });
  const api = plainly(github, repo, { "pull-requests": "write" });
  const mark = (tip: string) => markStaleReports({ branch: "main", tip }, async () => beside, api, testWorld());
  const before = await repo.tip();
  const tip = await repo.push({ b: "b" });
  const say = (number: number, base: string) =>
    postComment(number, { kind: "report", state: "ready", body: `Ready; git:${base}` }, api);
  for (const pull of [old!, other!]) await say(pull.number, before);
  await say(fresh!.number, tip);

  expect(await mark(tip)).toEqual([old!.number]);
  expect(old!.comments()).toMatchObject([
    { body: expect.stringMatching(new RegExp(`moved to \`${tip.slice(0, 7)}\`.*\\n\\nReady`)) },
  ]);
  for (const { comments } of [fresh!, other!])
    expect(comments()).toMatchObject([{ body: expect.not.stringContaining("stale") }]);
  expect(silent!.comments()).toEqual([]);

  const next = await repo.push({ c: "c" });
  expect(await mark(next)).toHaveLength(2);
  expect(old!.comments()[0]!.body.match(/moved to/g)).toHaveLength(1);
  expect(old!.comments()[0]!.body).toContain(next.slice(0, 7));
  expect(await mark(next)).toEqual([]);
});

it("says what a conflict is about, which GitHub starts no plan for: one of lines in place, a real one anew", async () => {
  const github = await openBox();
  onTestFinished(() => github.close());
  const repo = await github.repo();
  const pull = await (await repo.fork("visitor")).openPull({ files: { a: "x" } });
  const api = plainly(github, repo, { "pull-requests": "write" });
  const world = testWorld();
  const newest = () => pull.comments().at(-1)!.body;
  let moves = 0;
  const mark = async (standing: (headSha: string) => Promise<MergeOutcome | undefined>) =>
    markStaleReports({ branch: "main", tip: await repo.push({ b: `${moves++}` }) }, standing, api, world);
  await postComment(pull.number, { kind: "report", state: "ready", body: "### Ready" }, api);

  await mark(async (headSha) => ({ ...beside, onlyTextual: headSha === pull.head }));
  expect(pull.comments()).toHaveLength(1);
  expect(newest()).toContain(`> git pull --no-rebase ${github.origin}/${repo.fullName} HEAD `);

  const [ours, theirs, path] = [v1(1), v1(2), "products/`radar`@team"];
  const conflicts = Array.from({ length: 12 }, (_, i) => ({ path: `${path}${i}`, base: null, ours, theirs, says: "" }));
  await mark(async () => ({ ...beside, conflicts }));
  expect(pull.comments().map(({ minimized }) => minimized)).toEqual(["outdated", undefined]);
  expect(newest()).toContain(`> - \`\`${path}0\`\`: \`${ours}\` on the base branch, \`${theirs}\` here\n`);
  expect(newest()).toContain("> - and 2 more paths\n");
  expect(newest()).toMatch(/state="conflict"[\s\S]*\n\n### Ready$/);

  // Of one that can't even be compared nobody knows.
  await mark(async () => undefined);
  expect(newest()).toMatch(/^<!--.*-->\n> \[!NOTE\]\n> This was computed before .*\n\n### Ready$/);
  expect(world.lines).toEqual([]);
});

it("makes no request for a merge that was commented on, and reports every other pull request where GitHub refuses one", async () => {
  const github = await openBox();
  onTestFinished(() => github.close());
  const repo = await github.repo();
  const fork = await repo.fork("visitor");
  const api = plainly(github, repo, { "pull-requests": "write" });
  const pulls = [];
  for (const branch of ["one", "two", "three"]) {
    const pull = await fork.openPull({ branch, files: { [branch]: "x" } });
    await postComment(pull.number, { kind: "report", state: "ready", body: "### Ready" }, api);
    pulls.push(pull.number);
  }
  const [one, two, three] = pulls;
  const world = testWorld();
  const asked: string[] = [];
  const mark = async (tip: string) =>
    markStaleReports(
      { branch: "main", tip },
      async (sha) => ({ ...beside, onlyTextual: asked.push(sha) < 0 }),
      api,
      world,
    );

  const tip = await repo.push({ b: "b" });
  const editing = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
  github.on(editing, { does: "answer", answer: { status: 403, body: { message: "Conversation is locked" } } });
  expect(await mark(tip)).toEqual([two, one]);
  expect(world.lines).toEqual([
    `#${three} could not be marked as stale: GitHub, editing the comment: 403 Conversation is locked`,
  ]);
  asked.length = 0;
  expect(await mark(tip)).toEqual([three]);
  expect(asked).toHaveLength(1);

  github.on(editing, serverError(502));
  expect(await mark(await repo.push({ b: "c" })), "the first that isn't answered ends it").toEqual([]);
});
