/** Mirrors at real servers: a Kubo and a Cluster of two get the newest data, within a budget, and lose none of it unnoticed. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { expect, it, onTestFinished } from "vitest";
import { aCampaign, aFolder, fieldtree } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";
import { clusterBinary, startCluster } from "../servers/cluster.ts";
import { blockFile, type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";

const there = (await kuboBinary()) && (await clusterBinary());

/** A ship with two releases: `x/a` is replaced in the second, `y/big` has some chunks. */
async function aShip() {
  const cwd = await aCampaign({ "campaign.yaml": "campaign: ship\n" });
  const data = await aFolder({ one: "first", two: "second, longer", big: Buffer.alloc(1_500_000, "0123456789a") });
  const run = (...args: string[]) => fieldtree(args, { cwd, env: { DOCK: "halo:canary-7f3a" } });
  const succeeds = async (...args: string[]) => {
    const ran = await run(...args);
    expect(ran.code, ran.stderr).toBe(0);
    return ran;
  };
  const cids: Record<string, CID> = {};
  const add = async (file: string, path: string) => {
    cids[file] = CID.parse((await succeeds("add", join(data, file), "--at", path, "--json")).json()[0].cid);
  };
  await add("one", "x/a");
  await add("big", "y/big");
  await succeeds("publish");
  await add("two", "x/a");
  await succeeds("publish");
  /** What a mirror did, a line each. */
  const mirror = async (...args: string[]) => {
    const ran = await succeeds("mirror", "dock", ...args, "--json");
    expectSchema("mirror", ran.json());
    return ran
      .json()
      .flatMap(({ event, path, release }) => (event === "mirrored" ? [] : `${event} ${path}@${release}`));
  };
  return { run, mirror, cids };
}

/** Which of the files a Kubo has pinned, whole. */
async function filesAt(kubo: Kubo, cids: Readonly<Record<string, CID>>): Promise<string[]> {
  const pins = (await kubo.ipfs("pin", "ls", "--type=recursive", "-q")).split("\n");
  const found = Object.entries(cids).filter(([, cid]) => pins.includes(`${cid}`));
  for (const [, cid] of found) await kubo.ipfs("dag", "stat", "--progress=false", "--offline", `${cid}`);
  return found.map(([file]) => file).sort();
}

it.skipIf(!there)(
  "mirrors to a Cluster of two and to a Kubo: chosen leaves of chosen releases, within the budget, whole again after a loss",
  { timeout: 240_000 },
  async () => {
    const cluster = await startCluster({ peers: 2, credentials: "halo:canary-7f3a" });
    onTestFinished(() => cluster.stop());
    const { mirror, run, cids } = await aShip();
    const atPeers = () => Promise.all(cluster.peers.map(({ kubo }) => filesAt(kubo, cids)));

    const to = ["--to", `cluster:${cluster.peers[0]!.api}`];
    const without = await run("mirror", "dock", ...to);
    expect([without.code, without.stderr]).toEqual([3, expect.stringContaining("401")]);
    const dock = [...to, "--token", "DOCK"];
    expect(await mirror(...dock, "--keep", "2")).toEqual(["added x/a@2", "added y/big@2", "added x/a@1"]);
    expect(await atPeers()).toEqual([
      ["big", "one", "two"],
      ["big", "one", "two"],
    ]);
    expect(await mirror(...dock, "--keep", "2")).toEqual([]);
    expect((await mirror(...dock, "--path", "x/**")).sort()).toEqual(["removed x/a@1", "removed y/big@2"]);
    expect(await mirror(...dock, "--budget", "1 MB")).toEqual(["left y/big@2"]);

    const kubo = await startKubo({ token: "halo:canary-7f3a" });
    onTestFinished(() => kubo.stop());
    const node = ["--to", `kubo:${kubo.api}`, "--token", "DOCK"];
    expect(await mirror(...node, "--budget", "1 MB", "--keep", "2")).toEqual([
      "added x/a@2",
      "added x/a@1",
      "left y/big@2",
    ]);
    expect(await filesAt(kubo, cids)).toEqual(["one", "two"]);
    expect(await mirror(...node)).toEqual(["removed x/a@1", "added y/big@2"]);
    expect(await filesAt(kubo, cids)).toEqual(["big", "two"]);
    const [chunk] = (await kubo.ipfs("refs", `${cids.big}`)).split("\n");
    await kubo.kill();
    await rm(blockFile(kubo, CID.parse(chunk!)));
    await kubo.restart();
    expect(await mirror(...node)).toEqual(["added y/big@2"]);
    expect(await filesAt(kubo, cids)).toEqual(["big", "two"]);
    expect(await mirror(...node)).toEqual([]);
  },
);
