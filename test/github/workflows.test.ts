/** Our workflow files, run as they are: the program in them is the real one, and so are Kubo and the DNS server. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { act } from "../servers/actions.ts";
import { type Box, openBox } from "./box.ts";
import { ended, mayPublish, opened } from "./jobs.ts";
import { type CampaignRepository, campaignRepository, ourRepository } from "./our-repository.ts";
import type { PullRequestHandle } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { runWorkflow, type WorkflowEvent, type WorkflowResult } from "./run-workflow.ts";
import { campaignServers, type Surroundings, startSurroundings } from "./surroundings.ts";

const servers = (await act()) && campaignServers;

let around: Surroundings;
let campaign: CampaignRepository;
beforeAll(async () => {
  if (!servers) return;
  around = await startSurroundings();
  campaign = await campaignRepository({ secrets: Object.keys(around.secrets) });
});
afterAll(async () => {
  await Promise.all([around?.stop(), campaign?.remove()]);
});

let github: Box;
beforeEach(async () => {
  github = await openBox();
});
afterEach(() => github.close());

/** Whatever was printed, nobody can read a secret in it. */
function kept(ran: WorkflowResult): WorkflowResult {
  for (const secret of Object.values(around.secrets)) expect(ran.everything).not.toContain(secret.split(":").at(-1));
  return ran;
}

// act, and several programs a job: the machine may have other work.
const timeoutMs = { timeout: 300_000 };

describe.skipIf(!servers)("plan.yml and plan-report.yml, in our own repository", timeoutMs, () => {
  let repo: Repository;
  beforeEach(async () => {
    const { tree, config } = around;
    repo = await github.repo({ files: { ...(await ourRepository()), "tree.yaml": tree, "campaign.yaml": config } });
  });

  const planned = async (pull: PullRequestHandle) =>
    kept(await runWorkflow(repo, "plan.yml", opened(pull, around.secrets)));
  const reported = async (plan: WorkflowResult) =>
    kept(await runWorkflow(repo, "plan-report.yml", await ended(plan, repo)));

  it("plan what a stranger's fork adds, and tell the pull request", async () => {
    const fork = await repo.fork("visitor");
    const files = { "tree.yaml": around.tree.replace("  ALMA:", "  COPY: {}\n  ALMA:") };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for a workflow to fall for
    const pull = await fork.openPull({ files, title: "Add `id` ${{ secrets.KUBO_TOKEN }} @everyone" });
    const plan = await planned(pull);
    expect(plan.jobs, plan.log).toEqual({ plan: "success" });
    expect(JSON.parse(plan.artifacts.plan!["plan.json"]!)).toMatchObject({ state: "ready", sha: pull.head });

    const report = await reported(plan);
    expect(report.jobs, report.log).toEqual({ report: "success" });
    expect(pull.comments().map(({ body }) => body)).toEqual([expect.stringContaining("ready")]);
    expect(pull.checks()).toMatchObject([{ conclusion: "success" }]);
    expect(pull.statuses()).toMatchObject([{ state: "success" }]);
  });

  it("are red where tree.yaml has errors, at their lines", async () => {
    const pull = await (await repo.fork("visitor")).openPull({
      files: { "tree.yaml": `${around.tree}more:\n  radar.zarr: not-a-cid\n` },
    });
    const plan = await planned(pull);
    expect(plan.jobs, plan.log).toEqual({ plan: "failure" });
    const line = around.tree.trimEnd().split("\n").length + 2;
    expect(plan.annotations).toMatchObject([{ level: "error", file: "tree.yaml", line }]);

    const report = await reported(plan);
    expect(report.jobs, report.log).toEqual({ report: "success" });
    expect(pull.comments().map(({ body }) => body)).toEqual([expect.stringContaining("needs changes")]);
    expect(pull.checks()).toMatchObject([{ conclusion: "failure" }]);
  });

  it("run nothing that a pull request brings along", async () => {
    const pwned = "name: x\ndescription: x\nruns: { using: composite, steps: [{ shell: bash, run: echo pwned }] }\n";
    const files = {
      ...Object.fromEntries(["setup", "plan", "report"].map((name) => [`actions/${name}/action.yml`, pwned])),
      "pipeline/bin.ts": 'console.log("pwned");\n',
      "package.json": '{ "name": "x", "scripts": { "preinstall": "echo pwned" } }\n',
    };
    const pull = await (await repo.fork("visitor")).openPull({ files });
    const plan = await planned(pull);
    const report = await reported(plan);
    expect([plan.jobs, report.jobs], plan.log).toEqual([{ plan: "success" }, { report: "success" }]);
    expect(plan.log + report.log).not.toContain("pwned");
    expect(pull.comments().map(({ body }) => body)).toEqual([expect.stringContaining("nothing changed")]);
  });

  it("believe nothing of a plan.yml that was made to print green", async () => {
    const upload = /uses: (actions\/upload-artifact@\w+)/.exec(
      (await ourRepository())[".github/workflows/plan.yml"]!,
    )![1];
    const green = `name: plan
on: pull_request
permissions: {}
jobs:
  plan:
    runs-on: ubuntu-24.04
    steps:
      - run: echo '{ "state":"ready", "findings":[] }' > plan.json
      - uses: ${upload}
        with: { name: plan, path: plan.json }
`;
    const files = {
      ".github/workflows/plan.yml": green,
      "tree.yaml": `${around.tree}more:\n  radar.zarr: not-a-cid\n`,
    };
    const pull = await (await repo.fork("visitor")).openPull({ files });
    const plan = await planned(pull);
    expect(plan.jobs, plan.log).toEqual({ plan: "success" });
    await reported(plan);
    expect(pull.checks().map(({ conclusion }) => conclusion)).toContain("failure");
    expect(pull.comments().map(({ body }) => body)).toEqual([expect.stringContaining("needs changes")]);
    expect(pull.statuses()).toMatchObject([{ state: "failure" }]);
  });
});

describe.skipIf(!servers)("publish.yml and verify.yml, as a campaign has them", timeoutMs, () => {
  let repo: Repository;
  beforeEach(async () => {
    const { tree, config } = around;
    repo = await github.repo({ files: { ...campaign.files, "tree.yaml": tree, "campaign.yaml": config } });
  });

  const run = async (workflow: string, event: Omit<WorkflowEvent, "token"> & { readonly token?: string }) =>
    kept(await runWorkflow(repo, workflow, { token: repo.token(mayPublish), actions: campaign.actions, ...event }));
  const pushed = async () =>
    run("publish.yml", { name: "push", payload: await repo.pushEvent(), secrets: around.secrets });
  const dispatched = (inputs: Readonly<Record<string, string>>) =>
    run("publish.yml", {
      name: "workflow_dispatch",
      payload: repo.dispatchEvent("publish.yml", inputs),
      secrets: around.secrets,
    });
  const allGreen = { plan: "success", publish: "success", record: "success" };

  it("publish what was pushed, and make it live again when it is rolled back to", async () => {
    const first = await pushed();
    expect(first.jobs, first.log).toEqual(allGreen);
    const { "publish.publish.root": root, "publish.publish.url": url } = first.outputs;
    expect(await around.announced()).toBe(`/ipfs/${root}`);
    expect(repo.releases()).toMatchObject([{ tag: "release/1" }]);
    expect(repo.deployments()).toMatchObject([{ environment: "production" }]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ipfs\/bafy/);

    await repo.push({ "tree.yaml": "products: {}\n" });
    const second = await pushed();
    expect(second.jobs, second.log).toEqual(allGreen);
    expect(await around.announced()).not.toBe(`/ipfs/${root}`);

    const back = await dispatched({ rollback: "1", why: "the data were right `id` $(id)" });
    expect(back.jobs, back.log).toEqual({ publish: "success", record: "success" });
    expect(back.outputs["publish.publish.release"]).toBe("3");
    expect(await around.announced()).toBe(`/ipfs/${root}`);
    expect(repo.releases().map(({ tag }) => tag)).toEqual(["release/1", "release/2", "release/3"]);
    const [revert] = [...repo.state.issues.values()];
    expect(await repo.read("tree.yaml", `refs/pull/${revert!.number}/head`)).toBe(around.tree);
  });

  it("publish nothing where a secret is missing, and say which", async () => {
    const { KUBO_TOKEN } = around.secrets;
    const ran = await run("publish.yml", {
      name: "push",
      payload: await repo.pushEvent(),
      secrets: { KUBO_TOKEN },
    });
    expect(ran.jobs, ran.log).toEqual({ plan: "success", publish: "failure" });
    expect(ran.log).toContain("DNS_KEY is a secret that campaign.yaml names and this job has not");
    expect(repo.releases()).toEqual([]);
  });

  it("publish nothing where tree.yaml has errors, and get no secrets", async () => {
    await repo.push({ "tree.yaml": "products:\n  radar.zarr: not-a-cid\n" });
    const ran = await pushed();
    expect(ran.jobs, ran.log).toEqual({ plan: "failure" });
    expect(ran.annotations).toMatchObject([{ level: "error", file: "tree.yaml", line: 2 }]);
  });

  it("verify what is live, and open an issue when a name's server does not answer", async () => {
    expect((await pushed()).jobs).toEqual(allGreen);
    const verified = () =>
      run("verify.yml", {
        name: "schedule",
        payload: repo.scheduleEvent("17 * * * *"),
        token: repo.token({ actions: "write", contents: "write", issues: "write" }),
      });
    const well = await verified();
    expect(well.jobs, well.log).toEqual({ verify: "success", clock: "success" });
    expect(repo.issues()).toEqual([]);

    await repo.push({ "campaign.yaml": around.config.replace(/authorities: .*/, 'authorities: ["127.0.0.1:1"]') });
    const ill = await verified();
    // To have said it in an issue is what the job is for.
    expect(ill.jobs, ill.log).toEqual({ verify: "success", clock: "success" });
    expect(repo.issues()).toMatchObject([{ state: "open", title: "Something can't be checked" }]);
  });

  it("verify is red where it can't even begin", async () => {
    await repo.push({ "campaign.yaml": "campaign: [\n" });
    const payload = repo.scheduleEvent("17 * * * *");
    const ran = await run("verify.yml", { name: "schedule", payload, token: repo.token({ issues: "write" }) });
    expect(ran.jobs, ran.log).toMatchObject({ verify: "failure" });
    expect(ran.log).toContain("campaign.yaml:");
  });
});

describe.skipIf(!(await act()))("ci.yml", timeoutMs, () => {
  const tested = async (script: string) => {
    const workflow = ".github/workflows/ci.yml";
    const files = { [workflow]: (await ourRepository())[workflow]!, ".ci/run": script };
    const repo = await github.repo({ files });
    const event = { name: "push", payload: await repo.pushEvent(), token: repo.token({ contents: "read" }) };
    return await runWorkflow(repo, "ci.yml", event);
  };

  it.each([
    ["green", "true", "success"],
    ["red", "false", "failure"],
  ])("is as %s as .ci/run", async (_, command, result) => {
    const ran = await tested(command);
    expect(ran.jobs, ran.log).toEqual({ test: result });
  });
});
