/** What a pull request is told, printed by hand: report, owners, check --base. */
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { v1 } from "../core/cids.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const campaignYaml = `campaign: test
owners:
  "products/**": ["@halo-lead", orcestra/radar]
  "**/*.zarr": [zoe]
`;

const git = (cwd: string, ...args: string[]) =>
  execa("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", ...args], {
    cwd,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  });

async function commit(cwd: string): Promise<string> {
  await git(cwd, "add", ".");
  await git(cwd, "commit", "-q", "-m", "x");
  return (await git(cwd, "rev-parse", "HEAD")).stdout;
}

describe("report", () => {
  let cwd: string;
  let base: string;
  let head: string;
  const report = (...args: string[]) => fieldtree(["report", "--base", `git:${base}`, ...args], { cwd });

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), "fieldtree-"));
    const files = {
      "campaign.yaml": campaignYaml,
      "tree.yaml": "",
      ".gitignore": ".fieldtree\n",
      "a.txt": "a",
      "b.txt": "b",
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content);
    await fieldtree(["add", "a.txt", "--at", "products/a.txt"], { cwd });
    await git(cwd, "init", "-q", "-b", "main");
    base = await commit(cwd);
    await fieldtree(["add", "b.txt", "--at", "products/b.txt"], { cwd });
    head = await commit(cwd);
  });
  afterAll(() => rm(cwd, { recursive: true, force: true }));

  it("prints as JSON what its schema says", async () => {
    const { code, json } = await report(`git:${head}`, "--json");
    expect(code).toBe(0);
    expectSchema("report", json());
    expect(json()).toMatchObject([
      {
        state: "ready",
        sha: head,
        baseSha: base,
        changes: [{ op: "add", path: "products/b.txt", size: 1, reach: { from: ["node"] } }],
        reproduce: `git fetch origin ${base} ${head} && fieldtree report --base git:${base} git:${head}`,
      },
    ]);
    const asText = await report(`git:${head}`, "--format", "json");
    expect(JSON.parse(asText.stdout)).toEqual(json()[0]);
  });

  it("says what it would say anywhere: the tree.yaml here is the proposal unless one is named", async () => {
    const { stdout } = await report();
    expect(stdout).toContain("test: ready to merge\n  1 added, 1 B new\n");
    expect((await report("--format", "markdown")).stdout).toMatch(/^### ✅ Ready to merge\n/);
    expect((await report("--format", "annotations")).stdout).toBe("\n");
  });

  it("compares with what is live where nothing is named", async () => {
    const { json } = await fieldtree(["report", "--json"], { cwd });
    expect(json()[0].changes.map(({ path }: { path: string }) => path)).toEqual(["products/a.txt", "products/b.txt"]);
  });

  it("is looked at with the base's campaign.yaml", async () => {
    await writeFile(join(cwd, "campaign.yaml"), "campaign: other\n");
    const { json } = await report("--json");
    await git(cwd, "checkout", "campaign.yaml");
    expect(json()[0].campaign).toBe("test");
  });

  it("warns of another endpoint in campaign.yaml, here and at a commit, until the label is given", async () => {
    await writeFile(
      join(cwd, "campaign.yaml"),
      `${campaignYaml}node: { kind: kubo, api: "http://127.0.0.1:9", token: A }\n`,
    );
    const here = await report();
    const labelled = await report("--label", "fieldtree:endpoints", "--json");
    await git(cwd, "stash", "-q");
    const at = (await git(cwd, "rev-parse", "stash")).stdout;
    const there = await report(`git:${at}`);
    await git(cwd, "stash", "drop", "-q");
    for (const { code, stdout } of [here, there]) {
      expect(code).toBe(1);
      expect(stdout).toContain("WARNING  This changes in campaign.yaml where data, secrets or announcements go.\n");
      expect(stdout).toContain("  node.kind changes from embedded to kubo\n");
      expect(stdout).toContain("  It is not ready to merge without the label fieldtree:endpoints.\n");
    }
    expect(labelled.code).toBe(0);
    expectSchema("report", labelled.json());
  });

  it.each([
    ["1 where something needs to be changed", "x: oops\n", 1, "::error file=tree.yaml,line=4,col=4,title=not-a-cid::"],
    [
      "4 where data is out of reach",
      `x: ${v1(1)}\n`,
      4,
      "::warning file=tree.yaml,line=4,col=1,title=data-unreachable::",
    ],
  ])("exits with %s", async (_, line, code, annotation) => {
    await appendFile(join(cwd, "tree.yaml"), line);
    const ran = await report("--format", "annotations");
    await git(cwd, "checkout", "tree.yaml");
    expect(ran.code).toBe(code);
    expect(ran.stdout).toContain(annotation);
  });

  it("exits with 5 on a conflict, which is one since both parted", async () => {
    const [ancestor, ours, theirs] = [1, 2, 3].map((seed) => `x: ${v1(seed)}\n`);
    const files = await aCampaign({ ancestor: ancestor!, ours: ours!, theirs: theirs! });
    const args = ["report", "theirs", "--base", "ours", "--ancestor", "ancestor"];
    expect(await fieldtree(args, { cwd: files })).toMatchObject({
      code: 5,
      stdout: expect.stringContaining(`x was ${v1(1)}; ours is ${v1(2)}, theirs is ${v1(3)}`),
    });
  });

  it("lets more go with the label", async () => {
    const files = await aCampaign({ old: `x:\n  a: ${v1(1)}\n`, "tree.yaml": "" });
    const report = (...args: string[]) => fieldtree(["report", "--base", "old", "--json", ...args], { cwd: files });
    expect((await report()).json()[0]).toMatchObject({
      state: "needs changes",
      removals: { folders: ["x"], labelled: false },
    });
    expect((await report("--label", "allow-removals")).json()[0]).toMatchObject({ removals: { labelled: true } });
  });

  it("refuses a format that there is not", async () => {
    expect(await report("--format", "constructor")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("it is one of text, markdown, annotations, json"),
    });
  });
});

describe("owners", () => {
  it("names every owner whose pattern matches a path, without a node", async () => {
    const cwd = await aFolder({ "tree.yaml": "", "campaign.yaml": campaignYaml });
    const { code, json } = await fieldtree(["owners", "products/a.zarr", "raw/b", "--json"], { cwd });
    expect(code).toBe(0);
    expectSchema("owners", json());
    expect(json()).toEqual([
      {
        path: "products/a.zarr",
        owners: ["halo-lead", "orcestra/radar", "zoe"],
        patterns: ["products/**", "**/*.zarr"],
      },
      { path: "raw/b", owners: [], patterns: [] },
    ]);
    expect((await fieldtree(["owners", "raw/b"], { cwd })).stdout).toBe("raw/b: no owner is named\n");
  });
});

describe("check --base", () => {
  /** A clone on branch `proposal`, which left `main` at `ancestor`. */
  async function parted({
    ancestor,
    main,
    proposal,
  }: Record<"ancestor" | "main" | "proposal", string>): Promise<string> {
    const cwd = await aCampaign({ "tree.yaml": ancestor });
    await git(cwd, "init", "-q", "-b", "main");
    await commit(cwd);
    await git(cwd, "branch", "proposal");
    await writeFile(join(cwd, "tree.yaml"), main);
    await commit(cwd);
    await git(cwd, "checkout", "-q", "proposal");
    await writeFile(join(cwd, "tree.yaml"), proposal);
    await commit(cwd);
    return cwd;
  }

  it("says what only the merge would bring about", async () => {
    const cwd = await parted({ ancestor: "", main: `a: ${v1(1)}\n`, proposal: `b: ${v1(1)}\n` });
    const { code, json } = await fieldtree(["check", "--base", "git:main", "--json"], { cwd });
    expectSchema("check", json());
    expect([code, json()]).toMatchObject([
      0,
      [{ findings: [{ rule: "same-content", says: expect.stringMatching(/^once merged: /) }] }],
    ]);
  });

  it("exits with 1 where both sides can't be merged", async () => {
    const cwd = await parted({ ancestor: `a: ${v1(2)}\n`, main: `a: ${v1(3)}\n`, proposal: `a: ${v1(4)}\n` });
    expect(await fieldtree(["check", "--base", "git:main"], { cwd })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("tree.yaml:1:1  error  conflict"),
    });
  });
});
