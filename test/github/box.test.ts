/** The box against a real client: who may what, and that it speaks as GitHub does. */
import { describe, expect, it } from "vitest";
import { data } from "../data.ts";
import { described } from "./box.ts";
import { readDescription } from "./openapi.ts";
import { operations } from "./operations/all.ts";
import { place, useBox } from "./use-box.ts";

const box = useBox();
const { bot, opened } = box;

describe("a token", () => {
  it("of a fork's pull request may read and not write, whatever its job asks for", async () => {
    const pull = await opened();
    const octokit = box.github.octokit(pull.token({ contents: "write", "pull-requests": "write" }));
    expect((await octokit.pulls.get({ ...place, pull_number: pull.number })).status).toBe(200);
    await expect(
      octokit.issues.createComment({ ...place, issue_number: pull.number, body: "hello" }),
    ).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("Resource not accessible by integration"),
    });
  });

  it("may do what its permissions say and nothing else", async () => {
    const pull = await opened();
    const octokit = bot({ "pull-requests": "write" });
    expect((await octokit.issues.createComment({ ...place, issue_number: pull.number, body: "hello" })).status).toBe(
      201,
    );
    await expect(
      octokit.repos.createCommitStatus({ ...place, sha: pull.head, state: "success" }),
    ).rejects.toMatchObject({
      status: 403,
      response: { headers: { "x-accepted-github-permissions": "statuses=write" } },
    });
  });

  it("of a job can't see what only an administrator may", async () => {
    await expect(
      bot({ contents: "write" }).repos.getBranchProtection({ ...place, branch: "main" }),
    ).rejects.toMatchObject({ status: 403 });
    const stranger = box.github.octokit(box.github.user("stranger").token());
    await expect(stranger.actions.listRepoSecrets(place)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("Must have admin rights to Repository."),
    });
  });

  it("that was never issued is refused", async () => {
    await expect(box.github.octokit("ghs_made_up").repos.get(place)).rejects.toMatchObject({ status: 401 });
  });

  it("of a person is worth what the person may", async () => {
    const put = { ...place, path: "new.txt", message: "new", content: Buffer.from("new").toString("base64") };
    await expect(
      box.github.octokit(box.github.user("stranger").token()).repos.createOrUpdateFileContents(put),
    ).rejects.toMatchObject({ status: 404 });
    expect(
      (await box.github.octokit(box.github.user("reviewer").token()).repos.createOrUpdateFileContents(put)).status,
    ).toBe(201);
    const narrow = box.github.octokit(box.github.user("campaign").fineGrained(box.repo, { contents: "read" }));
    await expect(narrow.repos.createOrUpdateFileContents(put)).rejects.toMatchObject({
      message: expect.stringContaining("Resource not accessible by personal access token"),
    });
  });
});

describe("an anonymous caller", () => {
  it("may read what is public, and only that", async () => {
    const hidden = await box.github.repo({ name: "campaign/secret", private: true });
    const nobody = box.github.octokit();
    expect((await nobody.repos.get(place)).data.full_name).toBe("campaign/data");
    await expect(nobody.repos.get({ owner: "campaign", repo: "secret" })).rejects.toMatchObject({ status: 404 });
    expect((await box.github.octokit(hidden.token()).repos.get({ owner: "campaign", repo: "secret" })).status).toBe(
      200,
    );
  });
});

describe("a list", () => {
  it("comes in pages with links, and a client that follows them gets it whole", async () => {
    const pull = await opened();
    for (let number = 0; number < 65; number++) pull.comment("visitor", `${number}`);
    const list = { ...place, issue_number: pull.number };
    const octokit = bot();
    const first = await octokit.issues.listComments(list);
    expect(first.data).toHaveLength(30);
    expect(first.headers.link).toContain('rel="next"');
    const all = await octokit.paginate(octokit.issues.listComments, list);
    expect(all.map(({ body }) => body)).toEqual(pull.comments().map(({ body }) => body));
  });
});

describe("a repository that was renamed", () => {
  it("answers for its old name", async () => {
    box.repo.rename("field-data");
    const octokit = bot({ issues: "write" });
    expect((await octokit.repos.get(place)).data.full_name).toBe("campaign/field-data");
    const { data } = await octokit.issues.create({ ...place, title: "still here" });
    expect(data.html_url).toContain("campaign/field-data");
  });
});

describe.skipIf(!described)("GitHub's own description", () => {
  it("is what a request is held against", async () => {
    const { data: issue } = await bot({ issues: "write" }).issues.create({ ...place, title: "one" });
    const wordless = { ...place, issue_number: issue.number, body: undefined as unknown as string };
    await expect(bot({ issues: "write" }).issues.createComment(wordless)).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining(`"body" wasn't supplied.`),
    });
  });

  it("knows every operation of the box but six, which are written by hand", () => {
    const description = readDescription(data("github-openapi")!);
    expect(Object.keys(operations).filter((route) => !description.knows(route))).toEqual([
      "PUT /repos/{owner}/{repo}/environments/{environment_name}",
      "POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
      "GET /repos/{owner}/{repo}/releases/{release_id}",
      "GET /repos/{owner}/{repo}/releases/assets/{asset_id}",
      "PUT /repos/{owner}/{repo}/actions/workflows/{workflow_id}/disable",
      "GET /repos/{owner}/{repo}/actions/permissions/workflow",
    ]);
  });

  it("is what an answer of ours is held against", () => {
    const description = readDescription(data("github-openapi")!);
    const route = "GET /repos/{owner}/{repo}/git/ref/{ref}";
    expect(description.answerFault(route, 200, { ref: "refs/heads/main" })).toContain(
      "must have required property 'node_id'",
    );
    expect(description.answerFault(route, 207, {})).toContain("never answers 207");
  });
});
