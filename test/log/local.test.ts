import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { lock } from "../../pipeline/disk/lock.ts";
import { releaseNumbered, releasesFrom } from "../../pipeline/log/chain.ts";
import { localLog } from "../../pipeline/log/local.ts";
import { logContract } from "../contracts/log.ts";
import { fakeHome } from "../fakes/home.ts";
import { aRelease } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

async function aLog() {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-log-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const home = fakeHome();
  const file = join(folder, "log", "head");
  return { file, home, open: () => localLog(file, home) };
}

describe("the local log", () => {
  logContract(aLog);

  it("keeps the head as one readable word", async () => {
    const { file, open } = await aLog();
    const { cid } = await open().append(aRelease(1), undefined, testWorld());
    expect(await readFile(file, "utf8")).toBe(`${cid}\n`);
  });

  it("fails when the head is not a CID, instead of starting anew", async () => {
    const { file, open } = await aLog();
    await open().append(aRelease(1), undefined, testWorld());
    await writeFile(file, "<<<<<<< HEAD\n");
    await expect(open().head(testWorld())).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("<<<<<<<"),
    });
  });

  it("knows what was released while the node can't be asked", async () => {
    const { file, home, open } = await aLog();
    const { cid } = await open().append(aRelease(1), undefined, testWorld());
    const down = () => Promise.reject(new Failure("unavailable", "nothing answers there"));
    const head = await localLog(file, { ...home, get: down }).head(testWorld());
    expect(`${head!.cid}`).toBe(`${cid}`);
  });

  it("reads from the node what an older fieldtree left there alone, and what is damaged in its own files", async () => {
    const { file, open } = await aLog();
    const { cid } = await open().append(aRelease(1), undefined, testWorld());
    const own = join(dirname(file), "releases", `${cid}`);
    const world = testWorld();
    await writeFile(own, "damaged");
    expect((await open().head(world))!.release.number).toBe(1);
    expect(world.lines).toEqual([expect.stringContaining(`${own} is damaged`)]);
    await rm(own);
    expect((await open().head(world))!.release.number).toBe(1);
  });

  it("says which release is out of reach", async () => {
    const { file, home, open } = await aLog();
    const { cid } = await open().append(aRelease(1), undefined, testWorld());
    await rm(join(dirname(file), "releases"), { recursive: true });
    home.blocks.clear();
    await expect(open().head(testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(`${cid}`),
    });
  });

  it("informs the process that had the lease that it was broken", async () => {
    const { open } = await aLog();
    const held = await open().leases.take("publishing", testWorld());
    const told = once(held.lost, "abort");
    await open().leases.break(testWorld());
    await told;
    expect(held.lost.reason).toMatchObject({ kind: "conflict", message: expect.stringContaining("publishing") });
  });

  it("waits for a process that is about to take over from one that was killed, and then has the lease", async () => {
    const { file, open } = await aLog();
    const path = join(dirname(dirname(file)), "publish.lock");
    const killed = await lock(path, "publishing");
    await writeFile(path, JSON.stringify({ ...killed.holder, pid: 2 ** 22 + 1 }));
    const takeover = await lock(`${path}.takeover`, "taking over a lock");
    const taken = open().leases.take("publishing", testWorld());
    setTimeout(() => void takeover.release(), 100);
    await (await taken).release();
  });

  it("shows a lease that doesn't say whose it is, and breaks it", async () => {
    const { file, open } = await aLog();
    await writeFile(join(dirname(dirname(file)), "publish.lock"), "");
    expect(await open().leases.show(testWorld())).toMatchObject({ holder: expect.stringContaining("doesn't name it") });
    await expect(open().leases.take("publishing", testWorld())).rejects.toMatchObject({ kind: "refused" });
    await open().leases.break(testWorld());
    await (await open().leases.take("publishing", testWorld())).release();
  });
});

describe("the chain", () => {
  it("refuses a predecessor whose number is not one less", async () => {
    const { home, open } = await aLog();
    const first = await open().append(aRelease(1), undefined, testWorld());
    const leap = { cid: first.cid, release: aRelease(7, { previous: first.cid }) };
    const walk = async () => {
      for await (const _ of releasesFrom(leap, open(), testWorld()));
    };
    await expect(walk()).rejects.toMatchObject({ kind: "corrupt" });
    expect(home.blocks.size).toBe(1);
  });

  it("finds a release by its number, and says which there are", async () => {
    const { open } = await aLog();
    const first = await open().append(aRelease(1), undefined, testWorld());
    await open().append(aRelease(2, { previous: first.cid }), first, testWorld());
    expect(`${(await releaseNumbered(1, open(), testWorld())).cid}`).toBe(`${first.cid}`);
    await expect(releaseNumbered(3, open(), testWorld())).rejects.toMatchObject({
      kind: "input",
      hint: "releases go from 1 to 2",
    });
  });
});
