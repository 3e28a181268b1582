/** What started a job, and what is left for others: only what GitHub vouches for comes in, only what we frame goes out. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readEvent } from "../../../pipeline/github/run/event.ts";
import { setOutputs, writeSummary } from "../../../pipeline/github/run/outputs.ts";
import { aFolder } from "../../commands/program.ts";

const sha = "a".repeat(40);
const eventIn = async (name: string, payload: unknown) => {
  const file = join(await aFolder(), "event.json");
  await writeFile(file, typeof payload === "string" ? payload : JSON.stringify(payload));
  return { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file };
};
const pull = {
  action: "opened",
  number: 7,
  pull_request: { title: "`evil`", head: { sha, ref: "x" }, base: { ref: "main" }, labels: [{ name: "allow" }] },
};
const run = {
  workflow_run: {
    id: 1,
    event: "push",
    conclusion: null,
    head_sha: sha,
    head_branch: "main",
    head_repository: null,
    html_url: "https://x.example/1",
  },
};

it("reads of an event what GitHub vouches for, and nothing else", async () => {
  expect(await readEvent(await eventIn("pull_request", pull), ["pull_request"])).toEqual({
    name: "pull_request",
    headSha: sha,
    baseRef: "main",
    labels: ["allow"],
  });
  expect(await readEvent(await eventIn("workflow_run", run), ["workflow_run"])).toEqual({
    name: "workflow_run",
    run: {
      id: 1,
      event: "push",
      headSha: sha,
      headBranch: "main",
      headRepository: undefined,
      page: "https://x.example/1",
    },
  });
  const push = async (before: string) => readEvent(await eventIn("push", { ref: "refs/heads/x", before }), ["push"]);
  expect(await push("0".repeat(40))).toEqual({ name: "push", before: undefined });
  expect(await push(sha)).toEqual({ name: "push", before: sha });
  const inputs = { import: "https://evil.example" };
  expect(await readEvent(await eventIn("workflow_dispatch", { inputs }), ["workflow_dispatch"])).toEqual({
    name: "workflow_dispatch",
  });
});

it.each([
  [
    "a commit that is none",
    "pull_request",
    { ...pull, pull_request: { ...pull.pull_request, head: { sha: "main; rm -rf /" } } },
    "pull_request.head.sha",
  ],
  ["a run that is none", "workflow_run", { workflow_run: { ...run.workflow_run, id: "7" } }, "workflow_run.id"],
  [
    "an owner that is none",
    "workflow_run",
    { workflow_run: { ...run.workflow_run, head_repository: { id: 1, owner: { login: "a/b" } } } },
    "owner.login",
  ],
  ["text", "push", "{", "invalid"],
])("refuses %s", async (_, name, payload, says) => {
  await expect(readEvent(await eventIn(name, payload), [name as "push"])).rejects.toMatchObject({
    kind: "input",
    message: expect.stringContaining(says),
  });
});

it("says outside of Actions what to use instead, and for another event which it is for", async () => {
  await expect(readEvent({}, ["push"])).rejects.toMatchObject({ hint: expect.stringContaining("fieldtree report") });
  await expect(readEvent(await eventIn("fork", {}), ["push"])).rejects.toThrow(
    'started by "fork", and this is for push',
  );
});

it("frames every output by a line that no value can hold", async () => {
  const folder = await aFolder();
  const value = "x\nend-1\nroot<<y\nforged\ny";
  const framesIn = async (name: string) => {
    const file = join(folder, name);
    await setOutputs({ GITHUB_OUTPUT: file }, { root: value, empty: "" });
    const [, ...frames] = /^root<<(\S+)\n([\s\S]*)\n\1\nempty<<(\S+)\n\n\3\n$/.exec(await readFile(file, "utf8"))!;
    return frames;
  };
  const [first, second] = [await framesIn("first"), await framesIn("second")];
  expect([first[1], second[1]]).toEqual([value, value]);
  const frames = [first[0], first[2], second[0], second[2]];
  expect(new Set(frames).size, "drawn anew for every output").toBe(4);
  await setOutputs({}, { root: "nobody listens" });
});

it("cuts a summary at a line, closes what is folded, and says where the rest is", async () => {
  const file = join(await aFolder(), "summary");
  await writeSummary({ GITHUB_STEP_SUMMARY: file }, `<details>\n${"a line of some length\n".repeat(60_000)}</details>`);
  const text = await readFile(file, "utf8");
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
  expect(text).toMatch(/a line of some length\n<\/details>\n\n…and more/);
});
