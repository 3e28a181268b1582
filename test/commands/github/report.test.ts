/** What `github report` prints as JSON, where it posts nothing. Stories with a GitHub are in `test/github`. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { aFolder, fieldtree } from "../program.ts";
import { expectSchema } from "../schemas.ts";

/** A run of `plan` that ended, as GitHub describes it. */
const run = (more: object) =>
  JSON.stringify({
    workflow_run: {
      ...{ id: 1, html_url: "https://github.com/a/b/actions/runs/1", event: "push" },
      ...{ head_sha: "a".repeat(40), head_branch: "main", head_repository: { id: 1, owner: { login: "a" } }, ...more },
    },
    repository: { full_name: "a/b", default_branch: "main" },
  });

it.each([
  ["a push", { event: "push" }],
  [
    "the queue of a branch that is not published",
    { event: "merge_group", head_branch: "gh-readonly-queue/other/pr-1" },
  ],
])("of a run for %s has an empty list of the pull requests that got the comment", async (_, more) => {
  const cwd = await aFolder({ "event.json": run(more) });
  const env = {
    ...{ GITHUB_EVENT_NAME: "workflow_run", GITHUB_EVENT_PATH: join(cwd, "event.json") },
    ...{ GITHUB_REPOSITORY: "a/b", GITHUB_REF_NAME: "main", GITHUB_TOKEN: "secret" },
  };
  const { code, json, stderr } = await fieldtree(["github", "report", "--json"], { cwd, env });
  expect([code, stderr]).toEqual([0, ""]);
  expect(json()).toEqual([{ told: [] }]);
  expectSchema("github", json());
});
