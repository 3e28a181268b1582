/** Pull requests and reviews in the box, over a real client and with real git. */
import { describe, expect, it } from "vitest";
import { place, tree, useBox } from "../use-box.ts";

const box = useBox();
const { bot, opened } = box;

describe("a pull request from a fork", () => {
  it("is there with its head, its base and its file", async () => {
    const pull = await opened();
    const { data } = await bot().pulls.get({ ...place, pull_number: pull.number });
    expect(data).toMatchObject({
      title: "Add the lidar",
      user: { login: "visitor", type: "User" },
      head: { label: "visitor:patch-1", sha: pull.head, repo: { full_name: "visitor/data", fork: true } },
      base: { ref: "main", sha: await box.repo.tip() },
      mergeable: true,
      mergeable_state: "clean",
      changed_files: 1,
      additions: 1,
    });
    const files = await bot().pulls.listFiles({ ...place, pull_number: pull.number });
    expect(files.data).toMatchObject([{ filename: "tree.yaml", status: "modified", additions: 1, deletions: 0 }]);
    expect(files.data[0]!.patch).toContain("+    lidar.zarr: bafytwo");
  });

  it("is found by its fork's branch, not by another fork's branch of the same name", async () => {
    const pull = await opened();
    await (await box.repo.fork("stranger")).openPull({ files: { "notes.md": "hello" }, title: "Mine" });
    const { data } = await bot().pulls.list({ ...place, state: "open", head: "visitor:patch-1" });
    expect(data.map(({ number }) => number)).toEqual([pull.number]);
  });

  it("shows its file at its head, over the base repository", async () => {
    const pull = await opened();
    const read = await bot().repos.getContent({ ...place, path: "tree.yaml", ref: pull.head });
    expect(Buffer.from((read.data as { content: string }).content, "base64").toString()).toContain("lidar.zarr");
    const raw = await bot().repos.getContent({
      ...place,
      path: "tree.yaml",
      ref: pull.head,
      mediaType: { format: "raw" },
    });
    expect(raw.data).toContain("lidar.zarr: bafytwo");
  });

  it("can be merged, and is, for real", async () => {
    const pull = await opened();
    const sha = await pull.merge();
    expect(await box.repo.tip()).toBe(sha);
    expect(await box.repo.read("tree.yaml")).toContain("lidar.zarr");
    const { data } = await bot().pulls.get({ ...place, pull_number: pull.number });
    expect(data).toMatchObject({
      merged: true,
      state: "closed",
      merge_commit_sha: sha,
      merged_by: { login: "campaign" },
    });
    const associated = await bot().repos.listPullRequestsAssociatedWithCommit({ ...place, commit_sha: sha });
    expect(associated.data.map(({ number }) => number)).toEqual([pull.number]);
  });

  it("conflicts where git does, and keeps the merge ref it had", async () => {
    const pull = await opened();
    const before = await box.repo.state.git.resolve(`refs/pull/${pull.number}/merge`);
    await box.repo.push({ "tree.yaml": `${tree}    sonde.zarr: bafythree\n` });
    const { data } = await bot().pulls.get({ ...place, pull_number: pull.number });
    expect(data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    expect(await box.repo.state.git.resolve(`refs/pull/${pull.number}/merge`)).toBe(before);
    await expect(pull.merge()).rejects.toThrow("Pull Request is not mergeable");
  });

  it("does not yet know whether it merges when it is asked too early", async () => {
    const pull = await opened();
    pull.unsettle(1);
    const ask = async () => (await bot().pulls.get({ ...place, pull_number: pull.number })).data.mergeable;
    expect([await ask(), await ask()]).toEqual([null, true]);
  });

  it("follows a push to its head", async () => {
    const pull = await opened();
    const first = pull.head;
    await pull.push({ "tree.yaml": `${tree}    sonde.zarr: bafythree\n` });
    expect(pull.head).not.toBe(first);
    expect(await box.repo.state.git.resolve(`refs/pull/${pull.number}/head`)).toBe(pull.head);
    expect(box.github.events.at(-1)).toMatchObject({ name: "pull_request", payload: { action: "synchronize" } });
  });

  it("can be opened over the API by the very visitor, once", async () => {
    const visitor = box.github.octokit(box.github.user("visitor").token());
    await visitor.repos.createFork(place);
    const fork = await box.repo.fork("visitor");
    await fork.push({ "tree.yaml": `${tree}    lidar.zarr: bafytwo\n` }, { branch: "lidar" });
    const wanted = { ...place, title: "Add the lidar", head: "visitor:lidar", base: "main" };
    expect((await visitor.pulls.create(wanted)).status).toBe(201);
    await expect(visitor.pulls.create(wanted)).rejects.toMatchObject({ status: 422 });
  });
});

describe("a review", () => {
  it("suggests a change on a line of the diff, and nowhere else", async () => {
    const pull = await opened();
    const octokit = bot({ "pull-requests": "write" });
    const review = (line: number) =>
      octokit.pulls.createReview({
        ...place,
        pull_number: pull.number,
        event: "COMMENT",
        comments: [{ path: "tree.yaml", line, side: "RIGHT", body: "```suggestion\n    lidar.zarr: bafyfixed\n```" }],
      });
    expect((await review(4)).data.state).toBe("COMMENTED");
    await expect(review(400)).rejects.toMatchObject({ status: 422 });
    const { data } = await octokit.pulls.listReviewComments({ ...place, pull_number: pull.number });
    expect(data).toMatchObject([{ path: "tree.yaml", line: 4, user: { login: "github-actions[bot]" } }]);
  });

  it("is asked of people who may push, never of the author", async () => {
    const pull = await opened();
    const octokit = bot({ "pull-requests": "write" });
    const ask = (...reviewers: string[]) =>
      octokit.pulls.requestReviewers({ ...place, pull_number: pull.number, reviewers });
    expect((await ask("reviewer")).data.requested_reviewers).toMatchObject([{ login: "reviewer" }]);
    await expect(ask("stranger")).rejects.toMatchObject({ status: 422 });
    await expect(ask("visitor")).rejects.toMatchObject({ status: 422 });
  });
});
