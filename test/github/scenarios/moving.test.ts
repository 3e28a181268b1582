/** Pushes and merges between a look and its telling: never is a pull request told what is no longer so. */
import { describe, expect, it } from "vitest";
import { aStory, timeoutMs, treeWith } from "../story.ts";

const reading = "GET /repos/{owner}/{repo}/pulls/{pull_number}";

async function aProposal() {
  const story = await aStory({ tree: { "products/radar.txt": "radar" } });
  const text = (await story.repo.read("tree.yaml"))!;
  const add = (name: string) => treeWith(text, { [`products/${name}.txt`]: story.leaf(name) });
  const pull = await (await story.repo.fork("visitor")).openPull({ files: { "tree.yaml": add("lidar") } });
  return { ...story, text, add, pull };
}

describe("while it is looked at", () => {
  it("a push to the pull request leaves the telling to the newer commit's run", timeoutMs, async () => {
    const { github, pull, plan, report, add } = await aProposal();
    const planned = await plan(pull);
    github.on(reading, async () => void (await pull.push({ "tree.yaml": add("sonde") })));
    const { code, stdout } = await report(pull, planned);
    expect(code).toBe(0);
    expect(stdout).toContain("no pull request to report to");
    expect([pull.comments(), pull.checks(), pull.statuses()]).toEqual([[], [], []]);

    await report(pull, await plan(pull));
    expect(pull.comments()).toMatchObject([{ body: expect.stringContaining("products/sonde.txt") }]);
  });

  it("a merge makes it look again, at the newest base", timeoutMs, async () => {
    const { github, repo, pull, plan, report, add } = await aProposal();
    const planned = await plan(pull);
    github.on(reading, async () => void (await repo.push({ "tree.yaml": add("sonde") })));
    await report(pull, planned);
    const [comment] = pull.comments();
    expect(comment!.body).toContain("1 added");
    expect(comment!.body).toContain(await repo.tip());
    expect(pull.statuses()).toMatchObject([{ state: "success" }]);
  });

  it("merge upon merge makes it say that it is stale", timeoutMs, async () => {
    const { github, repo, pull, plan, report, add } = await aProposal();
    const planned = await plan(pull);
    github.on(reading, async () => void (await repo.push({ "tree.yaml": add("sonde") })));
    github.on(reading, async () => void (await repo.push({ "tree.yaml": add("buoy") })));
    await report(pull, planned);
    expect(pull.comments()).toMatchObject([{ body: expect.stringContaining("Stale") }]);
    expect(pull.statuses()).toMatchObject([{ state: "pending", description: expect.stringContaining("moved") }]);
  });
});

it("a merge queue learns that two good proposals would break the tree together", timeoutMs, async () => {
  const names = ["b", "c", "d", "e", "f", "g", "h"].map((name) => [`products/${name}.txt`, name]);
  const { repo, plan, planGroup, reportGroup, leaf } = await aStory({ tree: Object.fromEntries(names) });
  const text = (await repo.read("tree.yaml"))!;
  const added = `  lidar.txt: ${leaf("lidar")}\n`;
  const fork = await repo.fork("visitor");
  const above = await fork.openPull({
    branch: "above",
    files: { "tree.yaml": text.replace("products:\n", `products:\n${added}`) },
  });
  const below = await fork.openPull({ branch: "below", files: { "tree.yaml": text + added } });
  for (const pull of [above, below]) expect(await plan(pull)).toMatchObject({ code: 0, file: { state: "ready" } });

  const first = await above.enqueue();
  const good = await planGroup(first);
  expect(good).toMatchObject({ code: 0, file: { state: "ready" } });
  // Git merges the lines, which are far apart, and the name stands there twice.
  const second = await below.enqueue(first);
  const bad = await planGroup(second);
  expect(bad).toMatchObject({ code: 1, file: { findings: [{ rule: "duplicate-key" }] } });

  // Rules may wait for our own word on what is queued, which no workflow of a pull request can print.
  await reportGroup(first, good);
  await reportGroup(second, bad);
  expect(repo.state.statuses).toMatchObject([
    { sha: first.sha, context: "fieldtree", state: "success" },
    { sha: second.sha, context: "fieldtree", state: "failure", description: "1 error" },
  ]);
  for (const { comments } of [above, below]) expect(comments()).toEqual([]);
});
