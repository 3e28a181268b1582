/** Check runs and commit statuses in the box, over a real client. */
import { describe, expect, it } from "vitest";
import { place, useBox } from "../use-box.ts";

const box = useBox();
const { bot, opened } = box;

describe("a check", () => {
  const annotations = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      path: "tree.yaml",
      start_line: index + 1,
      end_line: index + 1,
      annotation_level: "failure" as const,
      message: `finding ${index}`,
    }));

  it("takes 50 annotations a call, and adds them up", async () => {
    const pull = await opened();
    const octokit = bot({ checks: "write" });
    const output = (count: number) => ({ title: "plan", summary: "said", annotations: annotations(count) });
    const wanted = {
      ...place,
      name: "plan",
      head_sha: pull.head,
      status: "completed" as const,
      conclusion: "failure" as const,
    };
    const { data: run } = await octokit.checks.create({ ...wanted, output: output(50) });
    await octokit.checks.update({ ...place, check_run_id: run.id, output: output(20) });
    const all = await octokit.paginate(octokit.checks.listAnnotations, {
      ...place,
      check_run_id: run.id,
      per_page: 100,
    });
    expect(all).toHaveLength(70);
    await expect(octokit.checks.create({ ...wanted, output: output(51) })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("No more than 50 items are allowed; 51 were supplied."),
    });
  });

  it("belongs to apps: a person may not make one", async () => {
    const octokit = box.github.octokit(box.github.user("campaign").token());
    await expect(
      octokit.checks.create({ ...place, name: "plan", head_sha: await box.repo.tip() }),
    ).rejects.toMatchObject({
      message: expect.stringContaining("You must authenticate via a GitHub App."),
    });
  });

  it("that is required holds a merge back until it is green", async () => {
    box.repo.protect("main", { checks: ["plan"] });
    const pull = await opened();
    await expect(pull.merge()).rejects.toThrow('Required status check "plan" is expected.');
    await bot({ checks: "write" }).checks.create({
      ...place,
      name: "plan",
      head_sha: pull.head,
      conclusion: "success",
    });
    await pull.merge();
    expect(pull.state.pull.merged).toBeDefined();
  });

  it("has an older sister, the commit status, of 140 characters", async () => {
    const pull = await opened();
    const octokit = bot({ statuses: "write" });
    const say = (length: number) =>
      octokit.repos.createCommitStatus({
        ...place,
        sha: pull.head,
        state: "success",
        context: "plan",
        description: "x".repeat(length),
      });
    await say(140);
    await expect(say(141)).rejects.toMatchObject({ status: 422 });
    const { data } = await octokit.repos.getCombinedStatusForRef({ ...place, ref: pull.head });
    expect(data).toMatchObject({ state: "success", total_count: 1 });
  });
});
