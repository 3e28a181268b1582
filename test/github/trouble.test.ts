/** The box on a bad day, and a client with GitHub's own plugins. */
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Box, openBox } from "./box.ts";
import type { Repository } from "./repository.ts";
import { hangUp, rateLimit, secondaryRateLimit, serverError, silence } from "./trouble.ts";

const place = { owner: "campaign", repo: "data" };
const createIssue = "POST /repos/{owner}/{repo}/issues";
const readRepo = "GET /repos/{owner}/{repo}";

let github: Box;
let repo: Repository;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo();
});
afterEach(() => github.close());

/** As the pipeline's own client is made; `limits` are what it was told. */
function patient() {
  const limits: string[] = [];
  const Patient = Octokit.plugin(throttling, retry);
  const octokit = new Patient({
    baseUrl: github.api,
    auth: repo.token({ issues: "write" }),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    throttle: {
      onRateLimit: (after: number) => limits.push(`primary, ${after <= 3 ? "soon" : "late"}`) === 1,
      onSecondaryRateLimit: (after: number) => limits.push(`secondary, ${after} s`) === 1,
    },
  });
  return { octokit, limits };
}
const plain = () => github.octokit(repo.token({ issues: "write" }));
const routes = () => github.journal.calls().map(({ route, status }) => `${status} ${route}`);

describe("a client with the throttling plugin", () => {
  it("waits as long as a secondary limit says, and then gets through", async () => {
    github.on(createIssue, secondaryRateLimit(1));
    const { octokit, limits } = patient();
    await octokit.issues.create({ ...place, title: "once" });
    expect(limits).toEqual(["secondary, 1 s"]);
    expect(routes()).toEqual([`403 ${createIssue}`, `201 ${createIssue}`]);
    expect(repo.issues()).toHaveLength(1);
  });

  it("waits for the hour to end", async () => {
    github.on(readRepo, rateLimit(1));
    const { octokit, limits } = patient();
    await octokit.repos.get(place);
    expect(limits).toEqual(["primary, soon"]);
  });

  it("asks again after a server's error, and not after a refusal", async () => {
    github.on(readRepo, serverError(502));
    const { octokit } = patient();
    await octokit.repos.get(place);
    expect(routes()).toEqual([`502 ${readRepo}`, `200 ${readRepo}`]);
    github.journal.clear();
    await expect(octokit.checks.create({ ...place, name: "plan", head_sha: await repo.tip() })).rejects.toMatchObject({
      status: 403,
    });
    expect(routes()).toHaveLength(1);
  });
});

describe("a connection that breaks", () => {
  it("before the request took effect leaves nothing behind", async () => {
    github.on(createIssue, hangUp);
    await expect(plain().issues.create({ ...place, title: "lost" })).rejects.toMatchObject({ status: 500 });
    expect(repo.issues()).toEqual([]);
    expect(routes()).toEqual([`0 ${createIssue}`]);
  });

  it("after it took effect leaves an issue although the answer was lost", async () => {
    github.on(createIssue, hangUp, { after: true });
    await expect(plain().issues.create({ ...place, title: "unheard" })).rejects.toMatchObject({ status: 500 });
    expect(repo.issues().map(({ title }) => title)).toEqual(["unheard"]);
  });

  it("or an answer that never comes, ends by the caller's own timeout", async () => {
    github.on(readRepo, silence);
    const asked = plain().repos.get({ ...place, request: { signal: AbortSignal.timeout(300) } });
    await expect(asked).rejects.toThrow();
  });
});

describe("a moment", () => {
  it("is where the test can step in: a push between two calls", async () => {
    const pull = await repo.openPull({ files: { "notes.md": "hello\n" } });
    const seen = pull.head;
    github.on("GET /repos/{owner}/{repo}/pulls/{pull_number}", () => pull.push({ "notes.md": "changed\n" }));
    const { data } = await plain().pulls.get({ ...place, pull_number: pull.number });
    expect(data.head.sha).not.toBe(seen);
    expect(data.head.sha).toBe(pull.head);
  });

  it("that never came is known", () => {
    github.on(createIssue, hangUp, { times: 2 });
    expect(github.pending()).toEqual([createIssue]);
  });
});

describe("the journal", () => {
  it("counts what was asked, by whom, with which kind of token", async () => {
    await plain().repos.get(place);
    await plain().issues.create({ ...place, title: "one" });
    expect(github.journal.calls()).toMatchObject([
      { method: "GET", route: readRepo, by: "github-actions[bot]", token: "workflow", status: 200 },
      { method: "POST", route: createIssue, status: 201 },
    ]);
    expect(github.journal.writes()).toHaveLength(1);
    expect(`${github.journal}`).toContain("201 POST /api/v3/repos/campaign/data/issues (github-actions[bot])");
  });
});
