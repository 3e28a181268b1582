/** Data that nobody can reach yet, and then can: people hear of it when it changes, and not before. */
import { expect, it } from "vitest";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it("says what is out of reach, stays quiet while it is, and speaks up once it is there", timeoutMs, async () => {
  const { github, repo, leaf, reveal, plan, report } = await aStory({ tree: { "products/radar.txt": "radar" } });
  const lidar = leaf("lidar", { hidden: true });
  const text = treeWith((await repo.read("tree.yaml"))!, { "products/lidar.txt": lidar });
  const pull = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": text } });
  const look = async () => report(pull, await plan(pull));

  const first = await plan(pull);
  expect(first).toMatchObject({ code: 0, file: { state: "data out of reach", root: { to: null } } });
  await report(pull, first);
  expect(pull.comments()).toMatchObject([
    { body: expect.stringContaining("fieldtree car export"), minimized: undefined },
  ]);
  expect(pull.statuses().at(-1)).toMatchObject({ state: "pending" });
  expect(pull.checks().at(-1)).toMatchObject({ conclusion: "neutral" });

  const { calls } = await look();
  expect(pull.comments()).toHaveLength(1);
  expect(calls).toBeLessThanOrEqual(15);

  reveal(lidar);
  const again = await look();
  expect(pull.comments()).toMatchObject([
    { minimized: "outdated" },
    { minimized: undefined, body: expect.stringContaining("Ready to merge") },
  ]);
  expect(pull.statuses().at(-1)).toMatchObject({ state: "success" });
  expect(again.calls, github.journal.toString()).toBeLessThanOrEqual(15);
});
