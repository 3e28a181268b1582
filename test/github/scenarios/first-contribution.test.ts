/** Somebody's first pull request, from a fork, by a token that may only read: and a minute later they know what it would do. */
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { linkedPlan } from "../../../browser/contribute/linked-plan.ts";
import { largestPlan, planIn } from "../../../browser/contribute/plan.ts";
import { aFolder, fieldtree } from "../../commands/program.ts";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it("tells a first-time contributor what merging would make live", timeoutMs, async () => {
  const { github, repo, leaf, propose } = await aStory({
    tree: { "products/radar.txt": "radar" },
    writers: ["ada"],
    campaign:
      "owners:\n  products/**: [ada, campaign, visitor]\nnames:\n  - { domain: sea.example.org, to: portal, provider: { kind: manual } }\n",
  });
  const fork = await repo.fork("visitor");
  const text = treeWith((await repo.read("tree.yaml"))!, { "products/lidar.txt": leaf("lidar") });
  const pull = await fork.openPull({ files: { "tree.yaml": text }, title: "Add the lidar" });

  // What main has by now, the fork has not.
  await repo.push({ "notes.md": "hello" });
  const { plan, report } = await propose(pull);

  expect(plan).toMatchObject({ code: 0, annotations: [], others: [] });
  expect(plan.file).toMatchObject({
    state: "ready",
    sha: pull.head,
    baseSha: await repo.tip(),
    changes: [{ op: "add", path: "products/lidar.txt", line: 3, size: 5 }],
  });
  const { from, to } = plan.file!.root;
  expect(plan.outputs).toContain(to);
  const [comment, ...others] = pull.comments();
  expect(others).toEqual([]);
  expect(comment).toMatchObject({ user: { login: "github-actions[bot]" } });
  for (const said of ["Ready to merge", "1 added", from!, to!, "products/lidar.txt"])
    expect(comment!.body).toContain(said);
  // In the campaign's browser, without a node that has the data.
  const [preview = ""] = /http\S+\/ipns\/sea\.example\.org\/contribute\.html#plan=[\w-]+/.exec(comment!.body) ?? [];
  const linked = planIn(await (await linkedPlan(new URL(preview))!.read(largestPlan)).text());
  expect(linked).toMatchObject({ state: "ready", root: to, changes: [{ op: "add", path: "products/lidar.txt" }] });
  expect(pull.checks()).toMatchObject([{ name: "fieldtree", status: "completed", conclusion: "success" }]);
  expect(pull.statuses()).toMatchObject([{ context: "fieldtree", state: "success" }]);
  // Of those who own what changes, the author is not asked.
  expect([...pull.state.pull.reviewers].map(({ login }) => login)).toEqual(["ada", "campaign"]);
  expect(report.calls).toBeLessThanOrEqual(15);

  // The same on their own machine, where `origin` is the fork.
  const clone = join(await aFolder(), "clone");
  await fork.clone(clone);
  const [fetching, reporting] = /To see the same: `(.*)`/.exec(comment!.body)![1]!.split(" && ");
  expect(fetching).toBe(`git fetch ${github.origin}/${repo.fullName} ${await repo.tip()} ${pull.head}`);
  await execa("git", fetching!.split(" ").slice(1), { cwd: clone });
  const again = await fieldtree([...reporting!.split(" ").slice(1), "--format", "json"], { cwd: clone });
  expect(JSON.parse(again.stdout)).toMatchObject({ state: "ready", root: { from, to } });
});
