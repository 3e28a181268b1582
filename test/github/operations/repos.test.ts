/** Branches and files in the box, over a real client and with real git. */
import { describe, expect, it } from "vitest";
import { place, useBox } from "../use-box.ts";

const box = useBox();
const { bot, opened } = box;

describe("a branch", () => {
  it("is compared with another, commit by commit", async () => {
    const pull = await opened();
    const { data } = await bot().repos.compareCommitsWithBasehead({ ...place, basehead: `main...${pull.head}` });
    expect(data).toMatchObject({ status: "ahead", ahead_by: 1, behind_by: 0, total_commits: 1 });
    const across = await bot().repos.compareCommitsWithBasehead({ ...place, basehead: "main...visitor:patch-1" });
    expect(across.data.files).toMatchObject([{ filename: "tree.yaml" }]);
  });

  it("is moved by a commit made of parts", async () => {
    const octokit = bot({ contents: "write" });
    const tip = await box.repo.tip();
    const base = (await octokit.git.getCommit({ ...place, commit_sha: tip })).data.tree.sha;
    const { data: made } = await octokit.git.createTree({
      ...place,
      base_tree: base,
      tree: [{ path: "b.txt", mode: "100644", type: "blob", content: "b" }],
    });
    const { data: commit } = await octokit.git.createCommit({ ...place, message: "b", tree: made.sha, parents: [tip] });
    await octokit.git.updateRef({ ...place, ref: "heads/main", sha: commit.sha });
    expect(await box.repo.read("b.txt")).toBe("b");
    await expect(octokit.git.updateRef({ ...place, ref: "heads/main", sha: tip })).rejects.toThrow(
      "Update is not a fast forward",
    );
  });

  it("that is protected takes no commit past a pull request, and says which rules hold", async () => {
    box.repo.protect("main", { checks: ["plan"], approvals: 1 });
    const put = { ...place, path: "x", message: "x", content: "eA==" };
    await expect(bot({ contents: "write" }).repos.createOrUpdateFileContents(put)).rejects.toMatchObject({
      status: 409,
    });
    const { data } = await bot().repos.getBranchRules({ ...place, branch: "main" });
    expect(data.map(({ type }) => type)).toContain("required_status_checks");
    const admin = box.github.octokit(box.github.user("campaign").token());
    const { data: rule } = await admin.repos.getBranchProtection({ ...place, branch: "main" });
    expect(rule.required_status_checks?.contexts).toEqual(["plan"]);
  });

  it("lands through the queue as what the queue had tested", async () => {
    const pull = await opened();
    const group = await pull.enqueue();
    expect(group.event).toMatchObject({ action: "checks_requested", merge_group: { head_sha: group.sha } });
    await group.land();
    expect(await box.repo.tip()).toBe(group.sha);
    expect(pull.state.pull.merged?.sha).toBe(group.sha);
  });
});

describe("a file", () => {
  it("is written only with the SHA of its newest version", async () => {
    const octokit = bot({ contents: "write" });
    const { data } = await octokit.repos.getContent({ ...place, path: "tree.yaml" });
    const { sha } = data as { sha: string };
    const put = (known?: string) =>
      octokit.repos.createOrUpdateFileContents({
        ...place,
        path: "tree.yaml",
        message: "m",
        content: Buffer.from("a: b\n").toString("base64"),
        ...(known && { sha: known }),
      });
    await expect(put()).rejects.toMatchObject({ status: 422 });
    expect((await put(sha)).status).toBe(200);
    await expect(put(sha)).rejects.toMatchObject({ status: 409 });
  });

  it("behind a link is given without a word of the link", async () => {
    await box.repo.push({ "tree.yaml": null, "real.yaml": "a: b\n" });
    await box.repo.push({ "tree.yaml": { symlink: "real.yaml" }, "out.yaml": { symlink: "../../etc/passwd" } });
    const ask = async (path: string) =>
      (await bot().repos.getContent({ ...place, path })).data as { type: string; content?: string };
    expect(await ask("tree.yaml")).toMatchObject({ type: "file", content: "YTogYgo=\n" });
    expect(await ask("out.yaml")).toMatchObject({ type: "symlink", target: "../../etc/passwd" });
  });
});
