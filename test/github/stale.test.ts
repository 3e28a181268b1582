/** Another pull request was merged: those that wait are told that what they know is older than that. */
import { expect, it, onTestFinished } from "vitest";
import { tell } from "../../pipeline/github/comment.ts";
import { markStale } from "../../pipeline/github/stale.ts";
import { openBox } from "./box.ts";
import { plainly } from "./plainly.ts";

it("notes it in the comment that stands there, once, and not where the report is newer", async () => {
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
  const before = await repo.tip();
  const tip = await repo.push({ b: "b" });
  const say = (number: number, base: string) =>
    tell(number, { kind: "report", state: "ready", body: `Ready; git:${base}` }, api);
  for (const pull of [old!, other!]) await say(pull.number, before);
  await say(fresh!.number, tip);

  expect(await markStale({ branch: "main", tip }, api)).toEqual([old!.number]);
  expect(old!.comments()).toMatchObject([
    { body: expect.stringMatching(new RegExp(`moved to \`${tip.slice(0, 7)}\`.*\\n\\nReady`)) },
  ]);
  for (const { comments } of [fresh!, other!])
    expect(comments()).toMatchObject([{ body: expect.not.stringContaining("stale") }]);
  expect(silent!.comments()).toEqual([]);

  const next = await repo.push({ c: "c" });
  expect(await markStale({ branch: "main", tip: next }, api)).toHaveLength(2);
  expect(old!.comments()[0]!.body.match(/moved to/g)).toHaveLength(1);
  expect(old!.comments()[0]!.body).toContain(next.slice(0, 7));
  expect(await markStale({ branch: "main", tip: next }, api)).toEqual([]);
});
