/** GitHub has its own days: limits, lost answers, missing permissions, another name. */
import { expect, it } from "vitest";
import { aStory, timeoutMs, treeWith } from "../story.ts";
import { hangUp, secondaryRateLimit, serverError } from "../trouble.ts";

const commenting = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";

async function aProposal() {
  const story = await aStory({ tree: { "products/radar.txt": "radar" } });
  const text = treeWith((await story.repo.read("tree.yaml"))!, { "products/lidar.txt": story.leaf("lidar") });
  const pull = await (await story.repo.fork("visitor")).openPull({ files: { "tree.yaml": text } });
  return { ...story, pull, planned: await story.plan(pull) };
}

it("waits when GitHub says it asks too much, and says everything once", timeoutMs, async () => {
  const { github, pull, planned, report } = await aProposal();
  github.on(commenting, secondaryRateLimit(1));
  github.on("POST /repos/{owner}/{repo}/check-runs", serverError(502));
  const { code, stderr } = await report(pull, planned);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("secondary rate limit");
  expect([pull.comments().length, pull.checks().length, pull.statuses().length]).toEqual([1, 1, 1]);
});

it("does not say it twice when the answer to saying it is lost", timeoutMs, async () => {
  const { github, pull, planned, report } = await aProposal();
  github.on(commenting, hangUp, { after: true });
  expect((await report(pull, planned)).code).toBe(0);
  expect(pull.comments()).toHaveLength(1);
});

it("ends in words where the limit would outlast the job, and the next run finishes", timeoutMs, async () => {
  const { github, pull, planned, report } = await aProposal();
  github.on("POST /repos/{owner}/{repo}/statuses/{sha}", secondaryRateLimit(3600));
  const { code, stderr } = await report(pull, planned);
  expect(code).toBe(4);
  expect(stderr).toContain("secondary rate limit");
  expect((await report(pull, planned)).code).toBe(0);
  expect([pull.comments().length, pull.statuses().length]).toEqual([1, 1]);
});

it("goes on under a new name when the repository is renamed, by the old one", timeoutMs, async () => {
  const { github, repo, pull, planned, report } = await aProposal();
  const old = repo.fullName;
  repo.rename("elsewhere");
  const { code } = await report(pull, planned, { env: { GITHUB_REPOSITORY: old } });
  expect(code, github.journal.toString()).toBe(0);
  expect(pull.comments()).toHaveLength(1);
  expect(pull.statuses()).toMatchObject([{ state: "success" }]);
});
