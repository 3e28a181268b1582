import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { actionlint, zizmor } from "../servers/actions.ts";

// What is let pass, and why, stands in .github/actionlint.yaml and .github/zizmor.yml, or beside the very line.
const [actionlintProgram, zizmorProgram] = [await actionlint(), await zizmor()];

describe.skipIf(!actionlintProgram)("actionlint", () => {
  it("finds nothing that GitHub would refuse in our workflows", async () => {
    const { stdout, exitCode } = await execa(actionlintProgram!, ["-no-color"], { reject: false });
    expect(stdout).toBe("");
    expect(exitCode).toBe(0);
  });
});

describe.skipIf(!zizmorProgram)("zizmor", () => {
  it("finds nothing that an attacker would use in our workflows and actions, asked at its most pedantic", async () => {
    const args = ["--offline", "--no-progress", "--pedantic", "--color", "never", ".github", "actions"];
    const { stdout, stderr } = await execa(zizmorProgram!, args, { reject: false });
    expect(stdout, stderr).toMatch(/^No findings to report/);
  });
});
