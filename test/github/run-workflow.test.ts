/** Workflow files, run as they are, with the box for a GitHub. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { act } from "../servers/actions.ts";
import { type Box, openBox } from "./box.ts";
import type { Repository } from "./repository.ts";
import { runWorkflow } from "./run-workflow.ts";

const checkout = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8";
const hello = `name: hello
on: pull_request
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    outputs: { lines: "\${{ steps.count.outputs.lines }}" }
    steps:
      - uses: ${checkout} # v5
        with: { persist-credentials: false }
      - id: count
        uses: ./actions/count
        with: { title: "\${{ github.event.pull_request.title }}" }
      - uses: actions/upload-artifact@v5
        with: { name: plan, path: plan.json }
      - env: { CANARY: "\${{ secrets.CANARY }}" }
        run: |
          echo "a canary of ${"$"}{#CANARY} characters: $CANARY"
          grep -q bafytwo tree.yaml
  comment:
    needs: greet
    runs-on: ubuntu-24.04
    steps:
      - env: { LINES: "\${{ needs.greet.outputs.lines }}", TOKEN: "\${{ github.token }}", NUMBER: "\${{ github.event.number }}" }
        run: |
          curl -sS -X POST -H "authorization: Bearer $TOKEN" -d "{\\"body\\": \\"$LINES lines\\"}" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
`;
const count = `name: count
description: Counts.
inputs: { title: { description: "Of the pull request", required: true } }
outputs: { lines: { description: "How many", value: "\${{ steps.count.outputs.lines }}" } }
runs:
  using: composite
  steps:
    - id: count
      shell: bash
      env: { TITLE: "\${{ inputs.title }}" }
      run: |
        echo "title: $TITLE"
        echo "::error file=tree.yaml,line=4,col=5,title=cid::not%0Aa CID"
        echo "lines=$(wc -l < tree.yaml)" >> "$GITHUB_OUTPUT"
        echo "## Plan of $GITHUB_REF" >> "$GITHUB_STEP_SUMMARY"
        echo "{}" > plan.json
`;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is for a workflow to fall for, not for us
const hostile = '"; touch pwned; echo $(id) `id` ${{ secrets.CANARY }} ::set-output name=lines::999';

describe.skipIf(!(await act()))("a workflow", () => {
  let github: Box;
  let repo: Repository;
  beforeEach(async () => {
    github = await openBox();
    const files = {
      "tree.yaml": "products:\n",
      ".github/workflows/hello.yml": hello,
      "actions/count/action.yml": count,
    };
    repo = await github.repo({ files });
  });
  afterEach(() => github.close());

  const ran = async (tree: string, { title = "Add the lidar", from }: { title?: string; from?: Repository } = {}) => {
    const pull = await (from ?? (await repo.fork("visitor"))).openPull({ files: { "tree.yaml": tree }, title });
    const result = await runWorkflow(repo, "hello.yml", {
      name: "pull_request",
      payload: pull.event("opened"),
      token: pull.token({ contents: "read", "pull-requests": "write" }),
      secrets: { CANARY: "canary-8b1f" },
      pull,
    });
    return { pull, result };
  };

  it("runs on what the merge would give, and gives outputs, annotations, summary and artifacts", async () => {
    const { pull, result } = await ran("products:\n  lidar.zarr: bafytwo\n");
    expect(result.exitCode, result.everything).toBe(0);
    expect(result.jobs).toEqual({ greet: "success", comment: "success" });
    expect(result.outputs).toMatchObject({ "greet.count.lines": "2" });
    expect(result.annotations).toEqual([
      { level: "error", file: "tree.yaml", line: 4, col: 5, title: "cid", message: "not\na CID" },
    ]);
    expect(result.summary).toBe(`## Plan of refs/pull/${pull.number}/merge\n`);
    expect(result.artifacts).toEqual({ plan: { "plan.json": "{}\n" } });
    expect(await result.run.event()).toMatchObject({
      workflow_run: { event: "pull_request", conclusion: "success", head_sha: pull.head, pull_requests: [] },
    });
  });

  it("of a fork can't write, although its job asks to", async () => {
    const { pull, result } = await ran("products:\n  lidar.zarr: bafytwo\n");
    expect(result.log).toContain("Resource not accessible by integration");
    expect(pull.comments()).toEqual([]);
  });

  it("is red where a step is", async () => {
    const { result } = await ran("products:\n  lidar.zarr: bafyother\n");
    expect(result.exitCode).not.toBe(0);
    expect(result.jobs).toMatchObject({ greet: "failure" });
    expect(result.run.state.conclusion).toBe("failure");
  });

  it("of a fork gets no secrets", async () => {
    const { result } = await ran("products:\n  lidar.zarr: bafytwo\n");
    expect(result.log).toContain("a canary of 0 characters");
  });

  it("takes a title for what it is, and tells no secret", async () => {
    const { result } = await ran("products:\n  lidar.zarr: bafytwo\n", { title: hostile, from: repo });
    expect(result.log).toContain("a canary of 11 characters: ***");
    expect(result.log).toContain(`title: ${hostile}`);
    expect(result.outputs["greet.count.lines"]).toBe("2");
    expect(result.log).not.toContain("uid=");
    expect(result.everything).not.toContain("canary-8b1f");
  });

  it("that uses an unknown action is not run at all", async () => {
    await repo.push({ ".github/workflows/hello.yml": hello.replace(checkout, "someone/else@v1") });
    await expect(ran("products:\n  lidar.zarr: bafytwo\n")).rejects.toThrow("uses someone/else: add a stand-in");
  });
});
