// biome-ignore-all lint/suspicious/noTemplateCurlyInString: workflows are made of them
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { campaignRepository } from "./our-repository.ts";
import { rules, wouldRun } from "./policy.ts";
import { evaluate, workflowFile } from "./workflow-file.ts";

const folder = ".github/workflows";
const text = (name: string) => readFileSync(`${folder}/${name}`, "utf8");
const names = readdirSync(folder);
const workflow = (name: string) => workflowFile(name, text(name));

it("are the five that a campaign has", () => {
  expect(names.sort()).toEqual(["ci.yml", "plan-report.yml", "plan.yml", "publish.yml", "verify.yml"]);
});

describe.each(names)("%s", (name) => {
  const file = workflow(name);
  it.each(Object.keys(rules))("%s", (rule) => {
    expect(rules[rule]!(file)).toEqual([]);
  });
});

describe("what `fieldtree init` writes for a campaign", async () => {
  const { files, remove } = await campaignRepository({ secrets: ["KUBO_TOKEN", "DNS_KEY"] });
  await remove();
  const workflows = Object.entries(files).filter(([path]) => path.startsWith(`${folder}/`));

  it.each(workflows)("%s keeps every rule", (path, text) => {
    const file = workflowFile(path.slice(folder.length + 1), text);
    for (const [promise, rule] of Object.entries(rules)) expect(rule(file), promise).toEqual([]);
  });

  it("hands over the secrets that campaign.yaml names, and no others", () => {
    const { publish } = workflowFile("publish.yml", files[`${folder}/publish.yml`]!).jobs;
    expect(publish!.steps!.at(-1)!.env).toEqual({
      KUBO_TOKEN: "${{ secrets.KUBO_TOKEN }}",
      DNS_KEY: "${{ secrets.DNS_KEY }}",
    });
  });
});

/** How somebody might break each rule: in this file, this, becomes that. */
const broken: Readonly<Record<string, readonly (readonly [file: string, is: string | RegExp, becomes: string])[]>> = {
  "GitHub can read it": [["plan.yml", "timeout-minutes: 15", "timeout: 15"]],
  "starts for these events, and no others": [
    ["plan.yml", /merge_group:\n.*\n/, ""],
    ["plan.yml", "synchronize, ", ""],
    ["publish.yml", "branches: [main]", "branches: ['**']"],
    ["plan-report.yml", "workflows: [plan]", "workflows: [ci]"],
  ],
  "never runs a pull request with the repository's own rights": [
    ["plan.yml", "  pull_request:", "  pull_request_target:"],
    ["plan-report.yml", "on:\n", "on:\n  issue_comment:\n"],
  ],
  "grants nothing on top": [
    ["plan.yml", "permissions: {}", "permissions: { contents: read }"],
    ["verify.yml", "permissions: {}\n", ""],
  ],
  "grants each job what it needs, and no more": [
    ["plan.yml", "contents: read", "contents: write"],
    ["verify.yml", /\n {4}permissions:\n.*\n.*/, ""],
  ],
  "names published actions by commit, with the version beside it": [
    ["plan.yml", / # v7\.0\.1/, ""],
    ["plan.yml", /@[0-9a-f]{40} # v7\.0\.1/, "@v7 # v7.0.1"],
    ["plan.yml", "./actions/plan", "docker://alpine"],
  ],
  "puts no expression into a shell line or a script": [
    ["ci.yml", "bash .ci/run", "bash .ci/run ${{ github.ref_name }}"],
  ],
  "lets what others may choose name a concurrency group at most": [
    ["publish.yml", "${{ inputs.why }}", "${{ github.event.head_commit.message }}"],
    ["publish.yml", "${{ inputs.why }}", "${{ github.head_ref }}"],
  ],
  "gives secrets to the step that publishes, by name, and to nothing else": [
    ["publish.yml", "\npermissions: {}", "\nenv: { KEY: '${{ secrets.KEY }}' }\npermissions: {}"],
    ["publish.yml", "    environment:", "    env: { KEY: '${{ secrets.KEY }}' }\n    environment:"],
    ["publish.yml", "        # env: ", "        env: { ALL: '${{ toJSON(secrets) }}' }\n        # env: "],
    ["publish.yml", "expect-root: ", "token: ${{ secrets.ADMIN }}\n          expect-root: "],
    ["plan.yml", "uses: ./actions/plan", "uses: ./actions/plan\n        env: { KEY: '${{ secrets.KEY }}' }"],
  ],
  "enters the environment in the job that publishes, and in no other": [
    ["publish.yml", "name: production", "name: staging"],
    ["publish.yml", /environment:\n.*\n.*\n {4}/, ""],
    ["plan.yml", "    permissions:\n", "    environment: production\n    permissions:\n"],
  ],
  "runs one at a time, and stops nobody who publishes": [
    ["publish.yml", /cancel-in-progress: false\n {2}queue: max/, "cancel-in-progress: true"],
    ["publish.yml", "queue: max", ""],
    ["verify.yml", "cancel-in-progress: false", "cancel-in-progress: true"],
    ["plan.yml", /concurrency:\n.*\n.*\n/, ""],
  ],
  "ends by itself": [
    ["verify.yml", "timeout-minutes: 15", ""],
    ["publish.yml", "timeout-minutes: 350", "timeout-minutes: 3500"],
  ],
  "runs on GitHub's machines, of a named version": [["publish.yml", "ubuntu-24.04", "self-hosted"]],
  "is part of no other workflow": [["ci.yml", /runs-on[\s\S]*/, "uses: ./.github/workflows/plan.yml"]],
  "takes code from branches of ours only": [
    ["plan.yml", "pull_request.base.ref", "pull_request.head.sha"],
    ["plan-report.yml", "fetch-depth: 0", "ref: ${{ github.event.workflow_run.head_sha }}"],
    ["plan-report.yml", "fetch-depth: 0", "repository: ${{ github.event.workflow_run.head_repository.full_name }}"],
  ],
  "keeps the token out of the checkout, but where git pushes": [
    ["plan-report.yml", "persist-credentials: false", "persist-credentials: true"],
    ["plan.yml", "persist-credentials: false", ""],
  ],
  "fetches all of history where a release is dated": [["publish.yml", "fetch-depth: 0", "fetch-depth: 1"]],
  "installs by setup before it uses another action of ours": [["plan-report.yml", "./actions/setup", "./actions/plan"]],
  "restores nothing that another run wrote where it may write or has secrets": [
    ["plan-report.yml", "uses: ./actions/setup", "uses: ./actions/setup\n        with: { cache: 'true' }"],
  ],
  "takes no artifact of a pull request's run": [
    ["plan-report.yml", "uses: ./actions/setup", "uses: actions/download-artifact@v8"],
    ["publish.yml", "          name: plan\n      - uses", "          name: plan\n          run-id: 1\n      - uses"],
  ],
  "keeps one file of a run": [["plan.yml", "path: plan.json", "path: ."]],
  "goes on after no failure": [
    ["plan.yml", "uses: ./actions/plan", "uses: ./actions/plan\n        continue-on-error: true"],
  ],
  "runs on schedule when few others do": [["verify.yml", "17 * * * *", "0 * * * *"]],
};

describe.each(Object.keys(rules))("of a changed workflow it is no longer true that it “%s”", (rule) => {
  it.each(broken[rule] ?? [["", "", ""]])("%s: %s", (name, is, becomes) => {
    const changed = text(name).replace(is, () => becomes);
    expect(changed).not.toBe(text(name));
    const file = workflowFile(name, changed);
    // What GitHub itself refuses would prove nothing about our rule.
    if (rule !== "GitHub can read it") expect(file.errors).toEqual([]);
    expect(rules[rule]!(file)).not.toEqual([]);
  });
});

describe("the report", () => {
  const { report } = workflow("plan-report.yml").jobs;
  const follows = (run: object) => wouldRun(report!, { github: { event: { workflow_run: run } } });

  it.each(["success", "failure", "timed_out"])("follows a plan that ended in %s", (conclusion) => {
    for (const event of ["pull_request", "merge_group"]) expect(follows({ event, conclusion })).toBe(true);
  });
  it.each(["action_required", "cancelled", "skipped"])("says nothing of one that ended in %s", (conclusion) => {
    expect(follows({ event: "pull_request", conclusion })).toBe(false);
  });
  it("says nothing of a fork's push to a branch that it calls main", () => {
    expect(follows({ event: "push", head_branch: "main", conclusion: "success" })).toBe(false);
  });
});

describe("publishing", () => {
  const { plan, publish, record } = workflow("publish.yml").jobs;
  const needs = (plan: string, publish?: string) => ({
    plan: { result: plan, outputs: {} },
    ...(publish && { publish: { result: publish } }),
  });

  it("plans what was pushed, or dispatched", () => {
    expect(wouldRun(plan!, { inputs: {} })).toBe(true);
    expect(wouldRun(plan!, { inputs: { rollback: "", import: "https://data.example/halo.car" } })).toBe(true);
  });
  it("does not happen where the plan is red, or was cancelled", () => {
    for (const result of ["failure", "cancelled", "skipped"])
      expect(wouldRun(publish!, { inputs: {}, needs: needs(result) })).toBe(false);
    expect(wouldRun(publish!, { inputs: {}, needs: needs("success") })).toBe(true);
  });
  it("of an older release waits for no plan", () => {
    expect(wouldRun(plan!, { inputs: { rollback: "11" } })).toBe(false);
    expect(wouldRun(publish!, { inputs: { rollback: "11" }, needs: needs("skipped") })).toBe(true);
  });
  it("is recorded once it happened, and only then", () => {
    expect(wouldRun(record!, { inputs: {}, needs: needs("success", "success") })).toBe(true);
    expect(wouldRun(record!, { inputs: { rollback: "11" }, needs: needs("skipped", "success") })).toBe(true);
    expect(wouldRun(record!, { inputs: {}, needs: needs("success", "failure") })).toBe(false);
    expect(wouldRun(record!, { inputs: {}, needs: needs("failure", "skipped") })).toBe(false);
  });
});

describe("verification", () => {
  const { verify, clock } = workflow("verify.yml").jobs;
  const depth = verify!.steps!.at(-1)!.with!.depth!;

  it("is light by the hour, full by the day, and whatever was asked for by hand", () => {
    expect(evaluate(depth, { github: { event: { schedule: "17 * * * *" } } })).toBe("light");
    expect(evaluate(depth, { github: { event: { schedule: "43 3 * * *" } } })).toBe("full");
    expect(evaluate(depth, { inputs: { depth: "full" } })).toBe("full");
  });
  it("keeps its clock wound when it found something", () => {
    expect(wouldRun(clock!, { needs: { verify: { result: "failure" } } })).toBe(true);
  });
});

it("what our servers are built with is the Go that ci.yml sets up", async () => {
  const setup = workflow("ci.yml").jobs.test!.steps!.find(({ uses }) => uses?.startsWith("actions/setup-go@"));
  const modules = readdirSync("test/servers", { recursive: true, encoding: "utf8" }).filter((path) =>
    /go\.mod$/.test(path),
  );
  const wanted = modules.map((path) => /^go (.*)$/m.exec(readFileSync(`test/servers/${path}`, "utf8"))![1]!);
  const newest = wanted.sort((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1);
  expect(setup!.with!["go-version"]).toBe(newest);
});

it("a report is stopped by the next one of its branch, and by nothing that has nothing to tell", () => {
  const { group } = workflow("plan-report.yml").concurrency!;
  const groupOf = (conclusion: string, run_id: number, head_branch = "patch-1") => {
    const github = {
      run_id,
      event: { workflow_run: { conclusion, head_branch, head_repository: { full_name: "a/b" } } },
    };
    return group!.replace(/\$\{\{.*?\}\}/g, (inside) => String(evaluate(inside, { github })));
  };
  expect(groupOf("success", 1)).toBe(groupOf("failure", 2));
  expect(groupOf("success", 1)).not.toBe(groupOf("success", 2, "patch-2"));
  for (const silent of ["action_required", "cancelled", "skipped"])
    expect(groupOf(silent, 2)).not.toBe(groupOf("success", 1));
});

it("two pull requests never stop each other's plan", () => {
  const { group } = workflow("plan.yml").concurrency!;
  const [inside] = /\$\{\{.*?\}\}/.exec(group!)!;
  const of = (event: object) => evaluate(inside, { github: { event } });
  expect(of({ pull_request: { number: 1 } })).not.toBe(of({ pull_request: { number: 2 } }));
  expect(of({ merge_group: { head_sha: "a" } })).not.toBe(of({ merge_group: { head_sha: "b" } }));
});
