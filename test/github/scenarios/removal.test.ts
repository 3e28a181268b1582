/** A pull request that takes a whole folder away: it waits for a label, which only people of the campaign can give. */
import { expect, it } from "vitest";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it("is ready to merge for as long as it has the label that allows it", timeoutMs, async () => {
  const { repo, plan, report } = await aStory({ tree: { "products/radar.txt": "radar", "notes/a.txt": "notes" } });
  const text = treeWith((await repo.read("tree.yaml"))!, { "notes/a.txt": undefined });
  const pull = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": text } });
  const look = async (action: string) => report(pull, await plan(pull, { action }));

  await look("opened");
  expect(pull.statuses().at(-1)).toMatchObject({ state: "failure" });
  expect(pull.comments().at(-1)!.body).toContain("allow-removals");

  pull.label("allow-removals");
  await look("labeled");
  expect(pull.statuses().at(-1)).toMatchObject({ state: "success" });
  expect(pull.comments()).toMatchObject([
    { minimized: "outdated" },
    { minimized: undefined, body: expect.stringContaining("The label `allow-removals` allows what is removed.") },
  ]);

  pull.unlabel("allow-removals");
  await look("unlabeled");
  expect(pull.statuses().at(-1)).toMatchObject({ state: "failure" });
});
