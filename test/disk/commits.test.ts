/** Files of commits, in a repository whose owner is not our friend. */
import { execa } from "execa";
import { expect, it } from "vitest";
import { commitHere, commitsIn } from "../../pipeline/disk/commits.ts";
import { aFolder } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";

const author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];

async function aClone(files: Readonly<Record<string, string>>) {
  const folder = await aFolder(files);
  const git = async (...args: string[]) => (await execa("git", ["-C", folder, ...author, ...args])).stdout;
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Begin");
  return { folder, git, head: await git("rev-parse", "HEAD"), commits: commitsIn(folder, testWorld()) };
}

it("says what a name is, and gives the bytes that git stores, whatever attributes say", async () => {
  const { git, commits } = await aClone({ "tree.yaml": "a: b\r\n", "folder/x": "x" });
  await git("config", "filter.evil.smudge", "echo forged");
  const id = await git("rev-parse", "HEAD:tree.yaml");
  await git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},sub`, "--cacheinfo", `120000,${id},link`);
  await git("commit", "--quiet", "--message", "Tricks");
  const head = await git("rev-parse", "HEAD");

  const found = (await commits.entries(head, ["tree.yaml", "folder", "sub", "link", "missing"]))!;
  expect([...found].map(([name, { kind, size }]) => [name, kind, size])).toEqual([
    ["folder", "folder", 0],
    ["link", "link", 6],
    ["sub", "submodule", 0],
    ["tree.yaml", "file", 6],
  ]);
  expect(Buffer.from(await commits.read(head, "tree.yaml", found.get("tree.yaml")!)).toString()).toBe("a: b\r\n");
});

it("is not given another file by refs/replace", async () => {
  const { folder, git, head, commits } = await aClone({ "tree.yaml": "true" });
  const id = await git("rev-parse", "HEAD:tree.yaml");
  const { stdout: other } = await execa("git", ["-C", folder, "hash-object", "-w", "--stdin"], { input: "false" });
  await git("replace", id, other);
  expect(await git("cat-file", "blob", id)).toBe("false");
  const found = (await commits.entries(head, ["tree.yaml"]))!;
  expect(Buffer.from(await commits.read(head, "tree.yaml", found.get("tree.yaml")!)).toString()).toBe("true");
});

it("doesn't know commits that aren't there, and takes nothing but a commit for one", async () => {
  const { commits, folder, head } = await aClone({ "tree.yaml": "" });
  expect(await commits.entries("1".repeat(40), ["tree.yaml"])).toBeUndefined();
  for (const odd of ["HEAD", "--output=x", `${head} --`, "main:tree.yaml"]) {
    await expect(commits.entries(odd, ["tree.yaml"])).rejects.toMatchObject({ kind: "input" });
  }
  const bare = await aFolder();
  expect(await commitsIn(bare, testWorld()).entries(head, ["tree.yaml"])).toBeUndefined();
  expect([await commitHere(folder, testWorld()), await commitHere(bare, testWorld())]).toEqual([head, undefined]);
});
