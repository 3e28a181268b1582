/** The box as a git host, for a real git. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Box, openBox } from "./box.ts";
import type { Repository } from "./repository.ts";
import { hangUp } from "./trouble.ts";

let github: Box;
let repo: Repository;
let scratch: string;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": "products:\n" } });
  scratch = await mkdtemp(join(tmpdir(), "fieldtree-clone-"));
});
afterEach(async () => {
  await rm(scratch, { recursive: true, force: true });
  await github.close();
});

const clone = () => join(scratch, "clone");
const quiet = { GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
const git = (...args: string[]) => execa("git", ["-C", clone(), ...args], { env: quiet, reject: false });

/** A clone with one commit more than the box has. */
async function committed(from: Repository): Promise<void> {
  await from.clone(clone());
  await writeFile(join(clone(), "tree.yaml"), "products:\n  radar.zarr: bafyone\n");
  await git(
    "-c",
    "user.name=Ann",
    "-c",
    "user.email=ann@example.org",
    "commit",
    "--quiet",
    "--all",
    "--message",
    "Add the radar",
  );
}

describe("a push", () => {
  it("arrives, and moves the pull request of its branch", async () => {
    const fork = await repo.fork("visitor");
    const pull = await fork.openPull({ files: { "notes.md": "hello\n" } });
    const before = pull.head;
    await committed(fork);
    const address = fork.addressWith(github.user("visitor").token());
    const { exitCode, stderr } = await git("push", address, "HEAD:patch-1", "--force");
    expect(exitCode, stderr).toBe(0);
    expect(pull.head).not.toBe(before);
    expect(await repo.read("tree.yaml", `refs/pull/${pull.number}/merge`)).toContain("radar.zarr");
  });

  it("is refused without write access, and without a token", async () => {
    await committed(repo);
    const stranger = await git("push", repo.addressWith(github.user("stranger").token()), "HEAD:main");
    expect(stranger.exitCode).not.toBe(0);
    expect(stranger.stderr).toContain("403");
    const reading = await git("push", repo.addressWith(repo.token({ contents: "read" })), "HEAD:main");
    expect(reading.stderr).toContain("403");
    expect((await git("push", repo.address.replace("x-access-token@", ""), "HEAD:main")).exitCode).not.toBe(0);
    expect(await repo.read("tree.yaml")).toBe("products:\n");
  });

  it("to a protected branch, or to a pull request's own refs, is refused in words", async () => {
    repo.protect("main");
    await committed(repo);
    const address = repo.addressWith(repo.token({ contents: "write" }));
    expect((await git("push", address, "HEAD:main")).stderr).toContain(
      "GH006: Protected branch update failed for refs/heads/main.",
    );
    expect((await git("push", address, "HEAD:refs/pull/1/head")).stderr).toContain("deny updating a hidden ref");
    expect((await git("push", address, "HEAD:campaign/log")).exitCode).toBe(0);
  });

  it("can take effect although its answer is lost", async () => {
    await committed(repo);
    github.on("git-receive-pack", hangUp, { after: true });
    expect((await git("push", repo.addressWith(repo.token({ contents: "write" })), "HEAD:main")).exitCode).not.toBe(0);
    expect(await repo.read("tree.yaml")).toContain("radar.zarr");
    expect(github.pending()).toEqual([]);
  });

  it("that expects a branch not to be there wins once", async () => {
    await committed(repo);
    const address = repo.addressWith(repo.token({ contents: "write" }));
    const take = () =>
      git("push", "--force-with-lease=refs/heads/campaign/lock:", address, "HEAD~0:refs/heads/campaign/lock");
    expect((await take()).exitCode).toBe(0);
    await git(
      "-c",
      "user.name=Bo",
      "-c",
      "user.email=bo@example.org",
      "commit",
      "--quiet",
      "--allow-empty",
      "--message",
      "another",
    );
    expect((await take()).stderr).toContain("rejected");
  });
});

describe("a clone", () => {
  it("can have a pull request as its head, and as the merge would be", async () => {
    const pull = await (await repo.fork("visitor")).openPull({ files: { "notes.md": "hello\n" } });
    await repo.push({ "other.md": "meanwhile\n" });
    await repo.clone(clone(), { ref: `refs/pull/${pull.number}/merge` });
    expect((await git("ls-files")).stdout.split("\n")).toEqual(["README.md", "notes.md", "other.md", "tree.yaml"]);
    expect((await git("rev-parse", "HEAD^2")).stdout).toBe(pull.head);
  });

  it("of a repository that was renamed is led to its new name", async () => {
    const old = repo.address;
    repo.rename("field-data");
    const { exitCode, stderr } = await execa("git", ["clone", "--quiet", old, clone()], { env: quiet, reject: false });
    expect(exitCode, stderr).toBe(0);
  });

  it("of a private repository is for those who may read it", async () => {
    const hidden = await github.repo({ name: "campaign/secret", private: true });
    const as = (address: string, name: string) =>
      execa("git", ["clone", "--quiet", address, join(scratch, name)], { env: quiet, reject: false });
    expect((await as(hidden.addressWith(hidden.token({ contents: "read" })), "one")).exitCode).toBe(0);
    expect((await as(hidden.addressWith(github.user("stranger").token()), "two")).exitCode).not.toBe(0);
  });
});
