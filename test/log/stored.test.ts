/** A log that an earlier version wrote (`stored/README.md`) is read, listed and verified by this one. */
import { createReadStream } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { readCar } from "../../pipeline/dag/car.ts";
import { releasesFrom } from "../../pipeline/log/chain.ts";
import { gitLog } from "../../pipeline/log/git-ref.ts";
import { localLog } from "../../pipeline/log/local.ts";
import type { ReleaseLog } from "../../pipeline/log/log.ts";
import { readRelease, releaseBlock } from "../../pipeline/log/release.ts";
import { signerOf } from "../../pipeline/log/sign.ts";
import { aFolder, fieldtree } from "../commands/program.ts";
import { fakeHome } from "../fakes/home.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";

const stored = resolve(import.meta.dirname, "stored");
const branch = "campaign/state";
const signer = "k51qzi5uqu5dh6bze38kmo00x9a7hsc2a9u553qrd0ksmthqmk70gj02xsgnhc";
const world = testWorld();

const listed = (await readFile(join(stored, "log.jsonl"), "utf8")).trim().split("\n");
const cids: readonly string[] = listed.map((line) => JSON.parse(line).cid);

/** The stored branch in a bare repository, as a git server has it. */
async function storedRemote(): Promise<string> {
  const remote = join(await temporaryFolder(), "remote.git");
  await execa("git", ["clone", "--quiet", "--bare", "--branch", branch, join(stored, "log.bundle"), remote]);
  return remote;
}

async function gitLogOfStored(): Promise<ReleaseLog> {
  const state = await temporaryFolder();
  const remote = await storedRemote();
  return gitLog({ folder: state, remote, branch, state, blocks: fakeHome(), holder: "anna@laptop" });
}

async function localLogOfStored(): Promise<ReleaseLog> {
  const state = await temporaryFolder();
  await cp(join(stored, "local"), join(state, "log"), { recursive: true });
  return localLog(join(state, "log", "head"), fakeHome());
}

describe.each([
  ["git", gitLogOfStored],
  ["local", localLogOfStored],
])("a stored log of kind %s", (_kind, open) => {
  it("has its head, every release with its tree.yaml and sizes, and their signatures", async () => {
    const log = await open();
    const head = await log.head(world);
    expect(head?.cid.toString()).toBe(cids[0]);
    const releases = await Array.fromAsync(releasesFrom(head, log, world));
    expect(releases.map(({ cid }) => cid.toString())).toEqual(cids);
    const signers = await Promise.all(releases.map(({ release }) => signerOf(release)));
    expect(signers).toEqual([{ by: signer }, { by: signer }, { by: signer }, undefined, undefined]);
    for (const { release } of releases) {
      const source = await log.source(release, world);
      expect(source?.text.length).toBeGreaterThan(200);
      expect(source?.sizes?.length).toBeGreaterThan(1);
    }
  });
});

it("gives every stored release the same CID when it is encoded again", async () => {
  const { roots, blocks } = await readCar(createReadStream(join(stored, "log.car")));
  expect(roots.map(String)).toEqual([cids[0]]);
  const again = new Map<string, string>();
  for await (const block of blocks) {
    if (cids.includes(block.cid.toString())) {
      again.set(block.cid.toString(), releaseBlock(readRelease(block)).cid.toString());
    }
  }
  expect([...again.keys()].sort()).toEqual([...cids].sort());
  expect([...again.values()]).toEqual([...again.keys()]);
});

it("lists a stored log, and exports it to the same blocks, on a machine that has none of its data", async () => {
  const remote = await storedRemote();
  const folder = await aFolder({
    "campaign.yaml": `campaign: tradeline\nlog: { kind: git, remote: ${remote} }\n`,
    "tree.yaml": "",
  });
  const ran = await fieldtree(["log", "--json"], { cwd: folder });
  expect(ran.stderr).toBe("");
  expect(ran.stdout.trim().split("\n")).toEqual(listed);

  await fieldtree(["car", "import", join(stored, "log.car")], { cwd: folder });
  const exported = await fieldtree(["car", "export", "--scope", "log", "-o", "log.car"], { cwd: folder });
  expect(exported.code).toBe(0);
  expect(await readFile(join(folder, "log.car"))).toEqual(await readFile(join(stored, "log.car")));
});

it("verifies a stored log from its CAR alone", async () => {
  const ran = await fieldtree(["verify", "--offline", join(stored, "log.car"), "--json"]);
  expect(ran.json().slice(0, -1)).toMatchObject([
    { check: "log", subject: `releases 1 to ${cids.length}`, ok: true },
    { check: "signature", subject: `releases 1 to ${cids.length}`, ok: true },
    { check: "tree", subject: `releases 1 to ${cids.length}`, ok: true },
  ]);
  expect(ran.code).toBe(0);
});
