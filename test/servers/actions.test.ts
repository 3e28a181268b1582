import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { act, actionlint, zizmor } from "./actions.ts";

const [actProgram, actionlintProgram] = [await act(), await actionlint()];
const zizmorProgram = await zizmor();

/** Valid for a YAML reader; wrong for GitHub (`fetch-dept`), and open to whoever writes a pull request's title. */
const careless = `on: pull_request
jobs:
  hello:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v6
        with: { fetch-dept: 0 }
      - run: echo "\${{ github.event.pull_request.title }}"
`;

let folder: string;
let workflow: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fieldtree-actions-"));
  workflow = join(folder, "hello.yml");
  await writeFile(workflow, careless);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!actProgram)("act", () => {
  it("is the version that go.mod names", async () => {
    expect((await execa("go", ["version", "-m", actProgram!])).stdout).toContain("github.com/nektos/act\tv0.2.80");
  });
});

describe.skipIf(!actionlintProgram)("actionlint", () => {
  it("finds a title in a shell line", async () => {
    const { stdout, exitCode } = await execa(actionlintProgram!, ["-no-color", workflow], { reject: false });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('"github.event.pull_request.title" is potentially untrusted');
  });
});

describe.skipIf(!zizmorProgram)("zizmor", () => {
  it("finds it too, without asking the network", async () => {
    const { stdout, exitCode } = await execa(zizmorProgram!, ["--offline", "--no-progress", workflow], {
      reject: false,
    });
    expect(exitCode).not.toBe(0);
    expect(stdout).toContain("template-injection");
  });
});
