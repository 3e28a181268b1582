/** The box against a real client: what GitHub allows, and what it refuses, in its words. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { data } from "../data.ts";
import { type Box, described, openBox } from "./box.ts";
import { readDescription } from "./openapi.ts";
import { operations } from "./operations/all.ts";
import type { PullRequestHandle } from "./pull-request.ts";
import type { Repository } from "./repository.ts";

const tree = "products:\n  HALO:\n    radar.zarr: bafyone\n";
const place = { owner: "campaign", repo: "data" };

let github: Box;
let repo: Repository;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": tree }, writers: ["reviewer"] });
});
afterEach(() => github.close());

const bot = (...args: Parameters<Repository["token"]>) => github.octokit(repo.token(...args));
const opened = async (more: object = {}): Promise<PullRequestHandle> => {
  const fork = await repo.fork("visitor");
  return await fork.openPull({
    files: { "tree.yaml": `${tree}    lidar.zarr: bafytwo\n` },
    title: "Add the lidar",
    ...more,
  });
};

describe("a pull request from a fork", () => {
  it("is there with its head, its base and its file", async () => {
    const pull = await opened();
    const { data } = await bot().pulls.get({ ...place, pull_number: pull.number });
    expect(data).toMatchObject({
      title: "Add the lidar",
      user: { login: "visitor", type: "User" },
      head: { label: "visitor:patch-1", sha: pull.head, repo: { full_name: "visitor/data", fork: true } },
      base: { ref: "main", sha: await repo.tip() },
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
    await (await repo.fork("stranger")).openPull({ files: { "notes.md": "hello" }, title: "Mine" });
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
    expect(await repo.tip()).toBe(sha);
    expect(await repo.read("tree.yaml")).toContain("lidar.zarr");
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

  it("conflicts where git says so, and keeps the merge ref it had", async () => {
    const pull = await opened();
    const before = await repo.state.git.resolve(`refs/pull/${pull.number}/merge`);
    await repo.push({ "tree.yaml": `${tree}    sonde.zarr: bafythree\n` });
    const { data } = await bot().pulls.get({ ...place, pull_number: pull.number });
    expect(data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    expect(await repo.state.git.resolve(`refs/pull/${pull.number}/merge`)).toBe(before);
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
    expect(await repo.state.git.resolve(`refs/pull/${pull.number}/head`)).toBe(pull.head);
    expect(github.events.at(-1)).toMatchObject({ name: "pull_request", payload: { action: "synchronize" } });
  });

  it("can be opened over the API by the very visitor, once", async () => {
    const visitor = github.octokit(github.user("visitor").token());
    await visitor.repos.createFork(place);
    const fork = await repo.fork("visitor");
    await fork.push({ "tree.yaml": `${tree}    lidar.zarr: bafytwo\n` }, { branch: "lidar" });
    const wanted = { ...place, title: "Add the lidar", head: "visitor:lidar", base: "main" };
    expect((await visitor.pulls.create(wanted)).status).toBe(201);
    await expect(visitor.pulls.create(wanted)).rejects.toMatchObject({ status: 422 });
  });
});

describe("a token", () => {
  it("of a fork's pull request may read and not write, whatever its job asks for", async () => {
    const pull = await opened();
    const octokit = github.octokit(pull.token({ contents: "write", "pull-requests": "write" }));
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
    const stranger = github.octokit(github.user("stranger").token());
    await expect(stranger.actions.listRepoSecrets(place)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("Must have admin rights to Repository."),
    });
  });

  it("that nobody gave out is refused", async () => {
    await expect(github.octokit("ghs_made_up").repos.get(place)).rejects.toMatchObject({ status: 401 });
  });

  it("of a person is worth what the person may", async () => {
    const put = { ...place, path: "new.txt", message: "new", content: Buffer.from("new").toString("base64") };
    await expect(
      github.octokit(github.user("stranger").token()).repos.createOrUpdateFileContents(put),
    ).rejects.toMatchObject({ status: 404 });
    expect((await github.octokit(github.user("reviewer").token()).repos.createOrUpdateFileContents(put)).status).toBe(
      201,
    );
    const narrow = github.octokit(github.user("campaign").fineGrained(repo, { contents: "read" }));
    await expect(narrow.repos.createOrUpdateFileContents(put)).rejects.toMatchObject({
      message: expect.stringContaining("Resource not accessible by personal access token"),
    });
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

  it("of somebody else can be edited by the bot, and not by a stranger", async () => {
    const pull = await opened();
    const { id } = pull.comment("visitor", "mine");
    const edit = { ...place, comment_id: id, body: "changed" };
    await expect(github.octokit(github.user("stranger").token()).issues.updateComment(edit)).rejects.toMatchObject({
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

  it("is folded away over GraphQL, by whoever may", async () => {
    const pull = await opened();
    const comment = pull.comment("visitor", "old");
    const { data } = await bot().issues.getComment({ ...place, comment_id: comment.id });
    const fold = (token: string) =>
      github
        .octokit(token)
        .graphql(
          "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized minimizedReason } } }",
          { id: data.node_id, baseUrl: github.api.replace("/v3", "") },
        );
    await expect(fold(pull.token({ "pull-requests": "write" }))).rejects.toThrow(
      "Resource not accessible by integration",
    );
    expect(await fold(repo.token({ "pull-requests": "write" }))).toEqual({
      minimizeComment: { minimizedComment: { isMinimized: true, minimizedReason: "outdated" } },
    });
    expect(comment.minimized).toBe("outdated");
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
    const octokit = github.octokit(github.user("campaign").token());
    await expect(octokit.checks.create({ ...place, name: "plan", head_sha: await repo.tip() })).rejects.toMatchObject({
      message: expect.stringContaining("You must authenticate via a GitHub App."),
    });
  });

  it("that is required holds a merge back until it is green", async () => {
    repo.protect("main", { checks: ["plan"] });
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

describe("a deployment", () => {
  it("is live until the next one in its environment succeeds", async () => {
    const octokit = bot({ deployments: "write" });
    const deploy = async (url: string) => {
      const { data } = await octokit.repos.createDeployment({
        ...place,
        ref: "main",
        environment: "production",
        required_contexts: [],
        auto_merge: false,
      });
      const { id } = data as { id: number };
      await octokit.repos.createDeploymentStatus({
        ...place,
        deployment_id: id,
        state: "success",
        environment_url: url,
      });
      return id;
    };
    const first = await deploy("https://one.example");
    const second = await deploy("https://two.example");
    const stateOf = async (id: number) =>
      (await octokit.repos.listDeploymentStatuses({ ...place, deployment_id: id })).data[0]!;
    expect(await stateOf(first)).toMatchObject({ state: "inactive" });
    expect(await stateOf(second)).toMatchObject({ state: "success", environment_url: "https://two.example" });
    expect(
      (await octokit.repos.listDeployments({ ...place, environment: "production" })).data.map(({ id }) => id),
    ).toEqual([second, first]);
  });

  it("goes to an environment whose branches and secrets' names an administrator can read", async () => {
    repo.environment("production", {
      branches: ["main"],
      secrets: ["IONOS_TOKEN"],
      variables: { ZONE: "example.org" },
    });
    const admin = github.octokit(github.user("campaign").token());
    const here = { ...place, environment_name: "production" };
    expect((await admin.repos.getEnvironment(here)).data.deployment_branch_policy).toMatchObject({
      custom_branch_policies: true,
    });
    expect((await admin.repos.listDeploymentBranchPolicies(here)).data.branch_policies).toMatchObject([
      { name: "main" },
    ]);
    expect((await admin.actions.listEnvironmentSecrets(here)).data.secrets).toMatchObject([{ name: "IONOS_TOKEN" }]);
    expect((await admin.actions.listEnvironmentVariables(here)).data.variables).toMatchObject([
      { name: "ZONE", value: "example.org" },
    ]);
    await expect(admin.repos.getEnvironment({ ...place, environment_name: "staging" })).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe("a release", () => {
  it("makes its tag, takes files, and is the latest", async () => {
    const octokit = bot({ contents: "write" });
    const { data: made } = await octokit.repos.createRelease({
      ...place,
      tag_name: "release/1",
      name: "Release 1",
      body: "notes",
    });
    expect(await repo.state.git.resolve("refs/tags/release/1")).toBe(await repo.tip());
    const upload = { ...place, release_id: made.id, name: "tree.yaml", data: tree, url: made.upload_url };
    const { data: asset } = await octokit.repos.uploadReleaseAsset(upload);
    expect(asset).toMatchObject({ name: "tree.yaml", size: tree.length, state: "uploaded" });
    await expect(octokit.repos.uploadReleaseAsset(upload)).rejects.toMatchObject({ status: 422 });
    const { data: latest } = await octokit.repos.getLatestRelease(place);
    expect(latest).toMatchObject({ tag_name: "release/1", assets: [{ name: "tree.yaml" }] });
    const { data: byTag } = await octokit.repos.getReleaseByTag({ ...place, tag: "release/1" });
    expect(byTag.id).toBe(made.id);
    await expect(octokit.repos.createRelease({ ...place, tag_name: "release/1" })).rejects.toMatchObject({
      status: 422,
    });
  });
});

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

describe("a workflow", () => {
  const plan =
    "name: plan\non:\n  pull_request:\n  workflow_dispatch:\n    inputs:\n      release: { required: true }\njobs: {}\n";
  const verify = "on:\n  schedule:\n    - cron: '7 * * * *'\njobs: {}\n";
  beforeEach(() => repo.push({ ".github/workflows/plan.yml": plan, ".github/workflows/verify.yml": verify }));

  it("'s run names its head, and of a fork's no pull request", async () => {
    const pull = await opened();
    const run = await repo.run({ workflow: "plan.yml", pull });
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

  it("'s artifact is downloaded as a zip, by whoever may read actions", async () => {
    const run = await repo.run({ workflow: "plan.yml", artifacts: { plan: [{ name: "plan.json", data: "{}" }] } });
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
    expect(repo.dispatches()).toMatchObject([{ workflow: "plan.yml", inputs: { release: "3" } }]);
    await expect(dispatch("plan.yml", { release: "3", other: "x" })).rejects.toThrow("Unexpected inputs provided");
    await expect(dispatch("plan.yml", {})).rejects.toThrow("Required input 'release' not provided");
    await expect(dispatch("verify.yml", {})).rejects.toThrow("Workflow does not have 'workflow_dispatch' trigger");
  });

  it("of the clock stops after 60 quiet days, unless it is enabled in time", async () => {
    const state = async () => (await repo.workflow("verify.yml")).state;
    await github.pass({ days: 50 });
    await bot({ actions: "write" }).actions.enableWorkflow({ ...place, workflow_id: "verify.yml" });
    await github.pass({ days: 50 });
    expect(await state()).toBe("active");
    await github.pass({ days: 20 });
    expect(await state()).toBe("disabled_inactivity");
    expect((await repo.workflow("plan.yml")).state).toBe("active");
  });

  it("starts no other by what its own token does", async () => {
    const octokit = bot({ contents: "write", "pull-requests": "write" });
    await octokit.git.createRef({ ...place, ref: "refs/heads/revert", sha: await repo.tip() });
    expect(github.events.at(-1)).toMatchObject({ name: "push", startsWorkflows: false });
  });
});

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
    const tip = await repo.tip();
    const base = (await octokit.git.getCommit({ ...place, commit_sha: tip })).data.tree.sha;
    const { data: made } = await octokit.git.createTree({
      ...place,
      base_tree: base,
      tree: [{ path: "b.txt", mode: "100644", type: "blob", content: "b" }],
    });
    const { data: commit } = await octokit.git.createCommit({ ...place, message: "b", tree: made.sha, parents: [tip] });
    await octokit.git.updateRef({ ...place, ref: "heads/main", sha: commit.sha });
    expect(await repo.read("b.txt")).toBe("b");
    await expect(octokit.git.updateRef({ ...place, ref: "heads/main", sha: tip })).rejects.toThrow(
      "Update is not a fast forward",
    );
  });

  it("that is protected takes no commit past a pull request, and says which rules hold", async () => {
    repo.protect("main", { checks: ["plan"], approvals: 1 });
    const put = { ...place, path: "x", message: "x", content: "eA==" };
    await expect(bot({ contents: "write" }).repos.createOrUpdateFileContents(put)).rejects.toMatchObject({
      status: 409,
    });
    const { data } = await bot().repos.getBranchRules({ ...place, branch: "main" });
    expect(data.map(({ type }) => type)).toContain("required_status_checks");
    const admin = github.octokit(github.user("campaign").token());
    const { data: rule } = await admin.repos.getBranchProtection({ ...place, branch: "main" });
    expect(rule.required_status_checks?.contexts).toEqual(["plan"]);
  });

  it("lands through the queue as what the queue had tested", async () => {
    const pull = await opened();
    const group = await pull.enqueue();
    expect(group.event).toMatchObject({ action: "checks_requested", merge_group: { head_sha: group.sha } });
    await group.land();
    expect(await repo.tip()).toBe(group.sha);
    expect(pull.state.pull.merged?.sha).toBe(group.sha);
  });
});

describe("a file", () => {
  it("is written only by whoever has seen the newest", async () => {
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
    await repo.push({ "tree.yaml": null, "real.yaml": "a: b\n" });
    await repo.push({ "tree.yaml": { symlink: "real.yaml" }, "out.yaml": { symlink: "../../etc/passwd" } });
    const ask = async (path: string) =>
      (await bot().repos.getContent({ ...place, path })).data as { type: string; content?: string };
    expect(await ask("tree.yaml")).toMatchObject({ type: "file", content: "YTogYgo=\n" });
    expect(await ask("out.yaml")).toMatchObject({ type: "symlink", target: "../../etc/passwd" });
  });
});

describe("a repository that was renamed", () => {
  it("answers for its old name", async () => {
    repo.rename("field-data");
    const octokit = bot({ issues: "write" });
    expect((await octokit.repos.get(place)).data.full_name).toBe("campaign/field-data");
    const { data } = await octokit.issues.create({ ...place, title: "still here" });
    expect(data.html_url).toContain("campaign/field-data");
  });
});

describe("nobody", () => {
  it("may read what is public, and only that", async () => {
    const hidden = await github.repo({ name: "campaign/secret", private: true });
    const nobody = github.octokit();
    expect((await nobody.repos.get(place)).data.full_name).toBe("campaign/data");
    await expect(nobody.repos.get({ owner: "campaign", repo: "secret" })).rejects.toMatchObject({ status: 404 });
    expect((await github.octokit(hidden.token()).repos.get({ owner: "campaign", repo: "secret" })).status).toBe(200);
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
