/** The pull request that follows a rollback. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { revert } from "../../../pipeline/github/release/revert.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";
import { hangUp } from "../trouble.ts";

const old = "products:\n  radar.zarr: one\n";
let github: Box;
let repo: Repository;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": old } });
  await repo.push({ "tree.yaml": `${old}  lidar.zarr: two\n`, "notes.md": "hello\n" });
});
afterEach(() => github.close());

const run = () =>
  revert(
    { number: 3, rollbackOf: 1, why: "lidar was `wrong`, says @ada", tree: Buffer.from(old) },
    plainly(github, repo, { contents: "write", "pull-requests": "write" }),
    testWorld(),
  );
const pulls = () => [...repo.state.issues.values()].filter(({ pull }) => pull);

it("gives tree.yaml back its old content and changes nothing else", async () => {
  expect(await run()).toMatchObject({ did: "opened", branch: "fieldtree/rollback-3" });
  const [opened] = pulls();
  expect(opened).toMatchObject({ title: "tree.yaml: back to release 1" });
  expect(opened!.body).toContain("``lidar was `wrong`, says @ada``");
  await repo.pull(opened!.number).merge();
  expect(await repo.read("tree.yaml")).toBe(old);
  expect(await repo.read("notes.md")).toBe("hello\n");
});

it("is opened once, and not again where it was closed", async () => {
  await run();
  Object.assign(pulls()[0]!, { state: "closed" });
  expect(await run()).toMatchObject({ did: "known" });
  expect(pulls()).toHaveLength(1);
});

it("has nothing to do where tree.yaml is that already", async () => {
  await repo.push({ "tree.yaml": old });
  github.journal.clear();
  expect(await run()).toEqual({ did: "nothing" });
  expect(github.journal.writes()).toEqual([]);
});

it.each(["git/blobs", "git/trees", "git/commits", "git/refs", "pulls"])(
  "is one pull request, though the answer of POST %s was lost",
  async (route) => {
    github.on(`POST /repos/{owner}/{repo}/${route}`, hangUp, { after: true });
    expect(await run()).toMatchObject({ branch: "fieldtree/rollback-3" });
    expect(github.pending()).toEqual([]);
    expect(pulls()).toHaveLength(1);
  },
);

it("says which switch keeps workflows from opening it, and that the branch is there", async () => {
  Object.assign(repo.state, { workflowsMayOpenPulls: false });
  await expect(run()).rejects.toMatchObject({ kind: "refused", hint: expect.stringContaining("fieldtree/rollback-3") });
  Object.assign(repo.state, { workflowsMayOpenPulls: true });
  expect(await run()).toMatchObject({ did: "opened" });
});
