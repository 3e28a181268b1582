import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionlint, canFetch, zizmor } from "../servers/actions.ts";
import { campaignRepository } from "./our-repository.ts";

// What is let pass, and why, stands in .github/actionlint.yaml and .github/zizmor.yml, or beside the very line.
const [actionlintProgram, zizmorProgram] = [await actionlint(), await zizmor()];
const online = await canFetch();

/** What `fieldtree init` writes. */
let campaign: string;
beforeAll(async () => {
  campaign = await mkdtemp(join(tmpdir(), "fieldtree-campaign-"));
  const { files, remove } = await campaignRepository({ secrets: ["KUBO_TOKEN", "DNS_KEY"] });
  await remove();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(campaign, path)), { recursive: true });
    await writeFile(join(campaign, path), text);
  }
  await execa("git", ["init", "--quiet", campaign]);
});
afterAll(() => rm(campaign, { recursive: true, force: true }));

describe.skipIf(!actionlintProgram)("actionlint", () => {
  it.each([
    ["our workflows", "."],
    ["a campaign's", undefined],
  ])("finds nothing that GitHub would refuse in %s", async (_, cwd) => {
    const { stdout, exitCode } = await execa(actionlintProgram!, ["-no-color"], {
      cwd: cwd ?? campaign,
      reject: false,
    });
    expect(stdout).toBe("");
    expect(exitCode).toBe(0);
  });
});

describe.skipIf(!zizmorProgram)("zizmor", () => {
  it.each([
    ["our workflows and actions", ".", [".github", "actions"]],
    ["a campaign's", undefined, [".github"]],
  ])("finds nothing that an attacker would use in %s, asked at its most pedantic", async (_, cwd, folders) => {
    const args = ["--offline", "--no-progress", "--pedantic", "--color", "never", ...folders];
    const { stdout, stderr } = await execa(zizmorProgram!, args, { cwd: cwd ?? campaign, reject: false });
    expect(stdout, stderr).toMatch(/^No findings to report/);
  });
});

describe("a campaign's .ci/run", { timeout: 300_000 }, () => {
  const run = (cwd: string, env = {}) => execa("bash", [".ci/run"], { cwd, env, reject: false, all: true });

  it("asks for the tools that our own workflows are held to", async () => {
    const script = await readFile(join(campaign, ".ci/run"), "utf8");
    const [, go] = /rhysd\/actionlint (v\S+)/.exec(await readFile("test/servers/actions/go.mod", "utf8"))!;
    const [python] = /^zizmor==\S+/.exec(await readFile("test/servers/actions/requirements.txt", "utf8"))!;
    expect(script).toContain(`cmd/actionlint@${go} `);
    expect(script).toContain(` ${python}\n`);
  });

  it("is red where a tool can't be had", async () => {
    const bare = await mkdtemp(join(tmpdir(), "fieldtree-programs-"));
    for (const name of ["bash", "dirname", "mktemp", "rm"])
      await symlink((await execa("sh", ["-c", `command -v ${name}`])).stdout, join(bare, name));
    const { all, exitCode } = await run(campaign, { PATH: bare });
    await rm(bare, { recursive: true });
    expect(exitCode).not.toBe(0);
    expect(all).toContain("go: command not found");
    expect(all).toContain("python3: command not found");
  });

  describe.skipIf(!online)("with tools from where it gets them", () => {
    it("is green for what `fieldtree init` wrote", async () => {
      const { all, exitCode } = await run(campaign);
      expect(exitCode, all).toBe(0);
    });

    it.each([
      ["timeout-minutes", "timeout", 'unexpected key "timeout"'],
      ["pull_request:", "pull_request_target:", "error[dangerous-triggers]"],
    ])("is red where %s becomes %s", async (is, becomes, says) => {
      const changed = await mkdtemp(join(tmpdir(), "fieldtree-changed-"));
      await cp(campaign, changed, { recursive: true });
      const file = join(changed, ".github/workflows/plan.yml");
      await writeFile(file, (await readFile(file, "utf8")).replace(is, becomes));
      const { all, exitCode } = await run(changed);
      await rm(changed, { recursive: true });
      expect(exitCode).toBe(1);
      expect(all).toContain(says);
    });
  });
});
