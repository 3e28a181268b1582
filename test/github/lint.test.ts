import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionlint, zizmor } from "../servers/actions.ts";
import { campaignRepository } from "./our-repository.ts";

// What is let pass, and why, stands in .github/actionlint.yaml and .github/zizmor.yml, or beside the very line.
const [actionlintProgram, zizmorProgram] = [await actionlint(), await zizmor()];
const actionlintConfig = join(import.meta.dirname, "../../.github/actionlint.yaml");

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
    const args = ["-no-color", "-config-file", actionlintConfig];
    const { stdout, exitCode } = await execa(actionlintProgram!, args, { cwd: cwd ?? campaign, reject: false });
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
