/** Locks on a disk like FAT's, where `link` is not permitted; everything else of the file system is real. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { lock } from "../../pipeline/disk/lock.ts";

vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof import("node:fs/promises")>()),
  link: async (_: string, path: string) => {
    throw Object.assign(new Error(`EPERM: operation not permitted, link ${path}`), { code: "EPERM", path });
  },
}));

it("lets one in, tells the next who that is, and leaves nothing behind", async () => {
  const path = aPath();
  const held = await lock(path, "adding files");
  await expect(lock(path, "publishing")).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringMatching(new RegExp(`process ${process.pid} .*is adding files`)),
  });
  await held.release();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

it("admits exactly one of several concurrent processes, also where a dead one left its lock", async () => {
  for (const [round, dead] of [false, true, false, true].entries()) {
    const path = aPath();
    if (dead) {
      await lock(path, "adding files");
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), pid: 2 ** 22 + 1 }));
    }
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => lock(path, "publishing")));
    const held = answers.filter(({ status }) => status === "fulfilled");
    expect(held, `round ${round}`).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ kind: "refused" });
    }
  }
});

function aPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "lock");
}
