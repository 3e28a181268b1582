import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { lock } from "../../pipeline/disk/lock.ts";

it("lets one in, tells the next who that is and since when, and lets it in afterwards", async () => {
  const path = aPath();
  const held = await lock(path, "adding files");
  await expect(lock(path, "publishing")).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringMatching(new RegExp(`process ${process.pid} .*is adding files, and has been since \\d{4}-`)),
    hint: expect.stringContaining("wait"),
  });
  await held.release();
  await held.release();
  await (await lock(path, "publishing")).release();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

it.each([
  ["a process that is gone", { pid: 2 ** 22 + 1 }],
  ["a process id that has come round again", { started: "1" }],
  ["an earlier boot of this machine", { boot: "another" }],
])("takes over from %s", async (_, change) => {
  const path = aPath();
  await lock(path, "adding files");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
  await (await lock(path, "publishing")).release();
});

it.each([
  ["a process on another machine", { host: `not-${hostname()}`, pid: 2 ** 22 + 1 }, "not-"],
  ["a file that says nothing", undefined, "remove that file"],
])("believes %s, and says what to do", async (_, change, says) => {
  const path = aPath();
  await lock(path, "adding files");
  writeFileSync(path, change ? JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }) : "");
  const error = await lock(path, "publishing").catch((error) => error);
  expect(error).toMatchObject({ kind: "refused" });
  expect(`${error.message} ${error.hint}`).toContain(says);
});

it("does not release a lock that another process has taken over", async () => {
  const path = aPath();
  const held = await lock(path, "adding files");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), id: "another" }));
  await held.release();
  expect(JSON.parse(readFileSync(path, "utf8")).id).toBe("another");
});

it("gives a stale lock to exactly one of those who race for it", async () => {
  for (let round = 0; round < 4; round++) {
    const path = aPath();
    const dead = contender(path);
    await answerOf(dead);
    dead.kill("SIGKILL");
    await once(dead, "exit");
    const racing = Array.from({ length: 6 }, () => contender(path));
    // Whoever has it keeps it until the slowest has asked.
    const answers = await Promise.all(racing.map(answerOf));
    expect(answers.filter((answer) => answer === "held").length, `round ${round}: ${answers}`).toBe(1);
    await Promise.all(racing.map(ended));
    expect(readdirSync(join(path, "..")), `round ${round}`).toEqual([]);
  }
});

function contender(path: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "lock-child.ts"), path]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

type Contender = ReturnType<typeof contender>;

async function answerOf({ stdout }: Contender): Promise<string> {
  const [text] = (await once(stdout, "data")) as [Buffer];
  return `${text}`.trim();
}

async function ended(child: Contender): Promise<void> {
  child.stdin.end();
  if (child.exitCode === null) await once(child, "exit");
}

function aPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "lock");
}
