/** Two sites whose logs are branches of git repositories: each adopts what the other's remote has. */
import { appendFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { CID } from "multiformats/cid";
import { identity } from "multiformats/hashes/identity";
import { expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { aFolder, fieldtree } from "../commands/program.ts";

const env = { SOURCE_DATE_EPOCH: "1767225600" };
const run = async (cwd: string, ...args: string[]) => {
  const ran = await fieldtree([...args, "--json"], { cwd, env });
  return { code: ran.code, last: ran.json().at(-1), stderr: ran.stderr };
};

/** A leaf whose bytes are in its CID, so that nothing has to be added. */
const leaf = (text: string) => `${CID.createV1(codecs.raw, identity.digest(new TextEncoder().encode(text)))}`;

async function published(cwd: string, path: string) {
  await appendFile(join(cwd, "tree.yaml"), `${path}: ${leaf(path)}\n`);
  const { code, last, stderr } = await run(cwd, "publish");
  expect(code, stderr).toBe(0);
  return last;
}

it("compares with and adopts a git remote, by its name and by its folder", { timeout: 240_000 }, async () => {
  const around = await aFolder({ "ship/campaign.yaml": "campaign: test\nlog: { kind: git }\n", "ship/tree.yaml": "" });
  const [ship, shore] = [join(around, "ship"), join(around, "shore")];
  const git = (cwd: string, ...args: string[]) => execa("git", args, { cwd });
  await git(around, "init", "--quiet", "--bare", "ship.git");
  await git(ship, "init", "--quiet");
  await git(ship, "remote", "add", "origin", "../ship.git");
  await published(ship, "shared");
  await cp(ship, shore, { recursive: true });
  await cp(join(around, "ship.git"), join(around, "shore.git"), { recursive: true });
  await git(shore, "remote", "set-url", "origin", "../shore.git");
  await git(shore, "remote", "add", "ship", "../ship.git");
  expect(await run(shore, "log", "compare", "ship", "--exit-code")).toMatchObject({
    code: 0,
    last: { relation: "equal" },
  });

  const theirs = await published(ship, "from-ship");
  await published(shore, "from-shore");
  expect((await run(shore, "log", "compare", "ship", "--exit-code")).code).toBe(12);
  const adopted = await run(shore, "log", "adopt", "ship");
  expect(adopted.code, adopted.stderr).toBe(0);
  const { last: merged } = await run(shore, "log", "compare", "ship");
  expect(merged).toMatchObject({ relation: "ahead" });
  // The other way by the folder of the remote; nothing is known of it there but its address.
  const behind = await run(ship, "log", "compare", join(around, "shore.git"), "--exit-code");
  expect(behind, behind.stderr).toMatchObject({ code: 11, last: { relation: "behind" } });
  expect(theirs.head).toBeDefined();
});
