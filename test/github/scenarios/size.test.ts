/** Small changes to a real campaign's size, and a change that is huge: within what GitHub takes, in calls and in characters. */
import { expect, it } from "vitest";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it("takes at most 15 calls to tell three changes among 245 leaves, and what they become", timeoutMs, async () => {
  const { github, repo, leaf, plan, report } = await aStory({
    writers: ["ada"],
    campaign: "owners:\n  products/**: [ada]\n",
  });
  const leaves = Object.fromEntries(
    Array.from({ length: 245 }, (_, i) => [`products/day${i % 30}/part${i}.txt`, leaf(`part ${i}`)]),
  );
  const text = treeWith("", leaves);
  await repo.push({ "tree.yaml": text });
  const missing = leaf("new", { hidden: true });
  const changed = treeWith(text, {
    "products/day1/part1.txt": leaf("better"),
    "products/day2/part2.txt": undefined,
    "products/day3/new.txt": missing,
  });
  const pull = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": changed } });

  const planned = await plan(pull);
  expect(planned.file!.changes.map(({ op }) => op)).toEqual(["update", "remove", "add"]);
  const { calls } = await report(pull, planned);
  expect(calls, github.journal.toString()).toBeLessThanOrEqual(15);

  await pull.push({ "tree.yaml": treeWith(changed, { "products/day3/new.txt": leaf("here") }) });
  const other = await report(pull, await plan(pull));
  expect(pull.comments()).toMatchObject([{ minimized: "outdated" }, { minimized: undefined }]);
  expect(other.calls, github.journal.toString()).toBeLessThanOrEqual(15);
});

it("tells of 2 000 new leaves what fits, and how many more there are", timeoutMs, async () => {
  const { github, repo, leaf, propose } = await aStory({ tree: { "products/radar.txt": "radar" } });
  const many = Array.from({ length: 2000 }, (_, i) => [
    `products/day-with-a-rather-long-name-${i % 40}/part${i}.txt`,
    leaf(`part ${i}`),
  ]);
  const wrong = Array.from({ length: 120 }, (_, i) => `  wrong${i}.txt: nothing`);
  const text = treeWith((await repo.read("tree.yaml"))!, Object.fromEntries(many));
  const fork = await repo.fork("visitor");
  const pull = await fork.openPull({ files: { "tree.yaml": text } });

  const { plan, report } = await propose(pull);
  expect(plan.file!.changes).toHaveLength(2000);
  const { body } = pull.comments()[0]!;
  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body).toMatch(/and [\d ]+ more/);
  expect(body).toContain("2000 added");
  expect(report.calls, github.journal.toString()).toBeLessThanOrEqual(15);

  await pull.push({ "tree.yaml": `${text.trimEnd()}\n${wrong.join("\n")}\n` });
  const broken = await propose(pull);
  expect(broken.plan.code).toBe(1);
  expect(pull.checks()[0]!.annotations).toHaveLength(120);
  expect(pull.checks()[0]).toMatchObject({ status: "completed", conclusion: "failure" });
});
