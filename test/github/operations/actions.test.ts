/** Workflows, their runs and artifacts in the box, over a real client. */
import { beforeEach, describe, expect, it } from "vitest";
import { place, useBox } from "../use-box.ts";

const box = useBox();
const { bot, opened } = box;

describe("a workflow", () => {
  const plan =
    "name: plan\non:\n  pull_request:\n  workflow_dispatch:\n    inputs:\n      release: { required: true }\njobs: {}\n";
  const verify = "on:\n  schedule:\n    - cron: '7 * * * *'\njobs: {}\n";
  beforeEach(() => box.repo.push({ ".github/workflows/plan.yml": plan, ".github/workflows/verify.yml": verify }));

  it("'s run names its head, and of a fork's no pull request", async () => {
    const pull = await opened();
    const run = await box.repo.run({ workflow: "plan.yml", pull });
    const { data } = await bot({ actions: "read" }).actions.getWorkflowRun({ ...place, run_id: run.state.id });
    expect(data).toMatchObject({
      name: "plan",
      event: "pull_request",
      conclusion: "success",
      head_sha: pull.head,
      head_branch: "patch-1",
      head_repository: { full_name: "visitor/data" },
      pull_requests: [],
    });
    expect(await run.event()).toMatchObject({
      action: "completed",
      workflow_run: { id: run.state.id, head_sha: pull.head },
    });
  });

  it("'s artifact is downloaded as a zip, with permission to read actions", async () => {
    const run = await box.repo.run({ workflow: "plan.yml", artifacts: { plan: [{ name: "plan.json", data: "{}" }] } });
    const octokit = bot({ actions: "read" });
    const { data } = await octokit.actions.listWorkflowRunArtifacts({ ...place, run_id: run.state.id });
    const [artifact] = data.artifacts;
    expect(artifact).toMatchObject({ name: "plan", expired: false });
    const here = { ...place, artifact_id: artifact!.id, archive_format: "zip" };
    const { data: bytes } = await octokit.actions.downloadArtifact(here);
    expect(
      Buffer.from(bytes as ArrayBuffer)
        .subarray(0, 2)
        .toString(),
    ).toBe("PK");
    await expect(bot({ contents: "read" }).actions.downloadArtifact(here)).rejects.toMatchObject({ status: 403 });
  });

  it("is dispatched with the inputs its file names", async () => {
    const octokit = bot({ actions: "write" });
    const dispatch = (workflow_id: string, inputs: Record<string, string>) =>
      octokit.actions.createWorkflowDispatch({ ...place, workflow_id, ref: "main", inputs });
    await dispatch("plan.yml", { release: "3" });
    expect(box.repo.dispatches()).toMatchObject([{ workflow: "plan.yml", inputs: { release: "3" } }]);
    await expect(dispatch("plan.yml", { release: "3", other: "x" })).rejects.toThrow("Unexpected inputs provided");
    await expect(dispatch("plan.yml", {})).rejects.toThrow("Required input 'release' not provided");
    await expect(dispatch("verify.yml", {})).rejects.toThrow("Workflow does not have 'workflow_dispatch' trigger");
  });

  it("of the clock stops after 60 quiet days, unless it is enabled in time", async () => {
    const state = async () => (await box.repo.workflow("verify.yml")).state;
    await box.github.pass({ days: 50 });
    await bot({ actions: "write" }).actions.enableWorkflow({ ...place, workflow_id: "verify.yml" });
    await box.github.pass({ days: 50 });
    expect(await state()).toBe("active");
    await box.github.pass({ days: 20 });
    expect(await state()).toBe("disabled_inactivity");
    expect((await box.repo.workflow("plan.yml")).state).toBe("active");
  });

  it("starts no other by what its own token does", async () => {
    const octokit = bot({ contents: "write", "pull-requests": "write" });
    await octokit.git.createRef({ ...place, ref: "refs/heads/revert", sha: await box.repo.tip() });
    expect(box.github.events.at(-1)).toMatchObject({ name: "push", startsWorkflows: false });
  });
});
