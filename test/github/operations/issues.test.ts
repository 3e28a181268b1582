/** Issues, labels and comments in the box, over a real client. */
import { describe, expect, it } from "vitest";
import { place, useBox } from "../use-box.ts";

const box = useBox();
const { bot, opened } = box;

describe("an issue", () => {
  it("is opened with a label, found by it, and closed", async () => {
    const octokit = bot({ issues: "write" });
    const { data: made } = await octokit.issues.create({
      ...place,
      title: "DNS lags",
      body: "…",
      labels: ["campaign:health"],
    });
    const found = await octokit.issues.listForRepo({ ...place, labels: "campaign:health", state: "open" });
    expect(found.data.map(({ number }) => number)).toEqual([made.number]);
    await octokit.issues.update({ ...place, issue_number: made.number, state: "closed" });
    expect((await octokit.issues.listForRepo({ ...place, labels: "campaign:health" })).data).toEqual([]);
  });

  it("is labelled and unlabelled", async () => {
    const pull = await opened();
    const octokit = bot({ "pull-requests": "write" });
    const here = { ...place, issue_number: pull.number };
    expect((await octokit.issues.addLabels({ ...here, labels: ["allow-delete"] })).data).toMatchObject([
      { name: "allow-delete" },
    ]);
    expect((await octokit.pulls.get({ ...place, pull_number: pull.number })).data.labels).toMatchObject([
      { name: "allow-delete" },
    ]);
    await octokit.issues.removeLabel({ ...here, name: "allow-delete" });
    expect((await octokit.issues.listLabelsOnIssue(here)).data).toEqual([]);
  });
});

describe("a comment", () => {
  it("is posted, found, edited and deleted by the bot", async () => {
    const pull = await opened();
    const octokit = bot({ "pull-requests": "write" });
    const { data: made } = await octokit.issues.createComment({ ...place, issue_number: pull.number, body: "first" });
    expect(made.user).toMatchObject({ login: "github-actions[bot]", type: "Bot" });
    await octokit.issues.updateComment({ ...place, comment_id: made.id, body: "second" });
    expect(pull.comments().map(({ body }) => body)).toEqual(["second"]);
    await octokit.issues.deleteComment({ ...place, comment_id: made.id });
    expect(pull.comments()).toEqual([]);
  });

  it("of another user can be edited by the bot, and not by a stranger", async () => {
    const pull = await opened();
    const { id } = pull.comment("visitor", "mine");
    const edit = { ...place, comment_id: id, body: "changed" };
    await expect(
      box.github.octokit(box.github.user("stranger").token()).issues.updateComment(edit),
    ).rejects.toMatchObject({
      status: 403,
    });
    expect((await bot({ "pull-requests": "write" }).issues.updateComment(edit)).status).toBe(200);
  });

  it("has at most 65 536 characters", async () => {
    const pull = await opened();
    const say = (length: number) =>
      bot({ "pull-requests": "write" }).issues.createComment({
        ...place,
        issue_number: pull.number,
        body: "x".repeat(length),
      });
    expect((await say(65_536)).status).toBe(201);
    await expect(say(65_537)).rejects.toMatchObject({
      status: 422,
      response: { data: { errors: [{ message: "body is too long (maximum is 65536 characters)" }] } },
    });
  });

  it("is minimized over GraphQL, with permission to write", async () => {
    const pull = await opened();
    const comment = pull.comment("visitor", "old");
    const { data } = await bot().issues.getComment({ ...place, comment_id: comment.id });
    const fold = (token: string) =>
      box.github
        .octokit(token)
        .graphql(
          "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized minimizedReason } } }",
          { id: data.node_id, baseUrl: box.github.api.replace("/v3", "") },
        );
    await expect(fold(pull.token({ "pull-requests": "write" }))).rejects.toThrow(
      "Resource not accessible by integration",
    );
    expect(await fold(box.repo.token({ "pull-requests": "write" }))).toEqual({
      minimizeComment: { minimizedComment: { isMinimized: true, minimizedReason: "outdated" } },
    });
    expect(comment.minimized).toBe("outdated");
  });
});
