import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { committedAt, fileAt } from "../../pipeline/disk/git.ts";
import { testWorld } from "../fakes/world.ts";

const run = promisify(execFile);

describe("when a file was last committed", () => {
  it("is that of the commit that touched it, not of later ones", async () => {
    const { folder } = await aRepository();
    expect(await committedAt(join(folder, "tree.yaml"), testWorld())).toEqual(new Date("2026-02-03T02:05:06Z"));
  });

  it("is unknown where it has changes, isn't under git, or git isn't there to ask", async () => {
    const { folder } = await aRepository();
    await writeFile(join(folder, "tree.yaml"), "changed:\n");
    await writeFile(join(folder, "new.yaml"), "");
    expect(await committedAt(join(folder, "tree.yaml"), testWorld())).toBeUndefined();
    expect(await committedAt(join(folder, "new.yaml"), testWorld())).toBeUndefined();
    expect(await committedAt(join(await aFolder(), "tree.yaml"), testWorld())).toBeUndefined();
  });

  it("is never guessed in a clone that is too shallow to know", async () => {
    const { folder } = await aRepository();
    const shallow = await aFolder();
    await run("git", ["clone", "-q", "--depth", "1", `file://${folder}`, shallow]);
    const asked = committedAt(join(shallow, "tree.yaml"), testWorld());
    await expect(asked).rejects.toMatchObject({ kind: "input", hint: expect.stringContaining("--unshallow") });
    await run("git", ["fetch", "-q", "--unshallow"], { cwd: shallow });
    expect(await committedAt(join(shallow, "tree.yaml"), testWorld())).toEqual(new Date("2026-02-03T02:05:06Z"));
  });
});

/** Two commits, three months apart; the second does not touch tree.yaml. */
describe("a file at a commit", () => {
  it("comes byte for byte, though it be no text", async () => {
    const { folder } = await aRepository();
    const bytes = Uint8Array.of(0xff, 0x00, 0x0a, 0x0a, 0xc3);
    await writeFile(join(folder, "tree.yaml"), bytes);
    await run("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qam", "bytes"]);
    expect(Buffer.from((await fileAt("HEAD", join(folder, "tree.yaml"), testWorld()))!)).toEqual(Buffer.from(bytes));
    expect(await fileAt("nowhere", join(folder, "tree.yaml"), testWorld())).toBeUndefined();
  });
});

async function aRepository() {
  const folder = await aFolder();
  const git = (args: readonly string[], date: string) =>
    run("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args], {
      cwd: folder,
      env: { ...process.env, GIT_COMMITTER_DATE: date },
    });
  const first = "2026-02-03T04:05:06+02:00";
  await git(["init", "-q"], first);
  await writeFile(join(folder, "tree.yaml"), "");
  await git(["add", "tree.yaml"], first);
  await git(["commit", "-q", "-m", "tree"], first);
  await git(["commit", "-q", "--allow-empty", "-m", "something else"], "2026-05-05T00:00:00Z");
  return { folder };
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-git-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
