/** Mirrors at real servers: a Kubo and a Cluster of two get the newest data, within a budget, and lose none of it unnoticed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { expect, it, onTestFinished, vi } from "vitest";
import { aCampaign, aFolder, fieldtree, start } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";
import { type Cluster, clusterBinary, startCluster } from "../servers/cluster.ts";
import { followBinary } from "../servers/cluster-follow.ts";
import { blockFile, type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";
import { freePort } from "../servers/ports.ts";

const there = (await kuboBinary()) && (await clusterBinary());
const follow = there && (await followBinary());

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
  return { cwd, run, mirror, cids };
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
    const { mirror, run, cids, cwd } = await aShip();
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
    const followers = { secret: cluster.secret, peers: cluster.peers.map(({ address }) => address) };
    await writeFile(join(cwd, "campaign.yaml"), `campaign: ship\nfollowers: ${JSON.stringify(followers)}\n`);
    expect((await run("publish")).code).toBe(0);
    if (follow) await followed(follow, cluster, cwd, cids);
    expect((await mirror(...dock, "--path", "x/**")).sort()).toEqual(["removed x/a@1", "removed y/big@2"]);
    expect(await mirror(...dock, "--budget", "1 MB")).toEqual(["left y/big@3"]);

    const kubo = await startKubo({ token: "halo:canary-7f3a" });
    onTestFinished(() => kubo.stop());
    const node = ["--to", `kubo:${kubo.api}`, "--token", "DOCK"];
    expect(await mirror(...node, "--budget", "1 MB", "--keep", "3")).toEqual([
      "added x/a@3",
      "added x/a@1",
      "left y/big@3",
    ]);
    expect(await filesAt(kubo, cids)).toEqual(["one", "two"]);
    expect(await mirror(...node)).toEqual(["removed x/a@1", "added y/big@3"]);
    expect(await filesAt(kubo, cids)).toEqual(["big", "two"]);
    const [chunk] = (await kubo.ipfs("refs", `${cids.big}`)).split("\n");
    await kubo.kill();
    await rm(blockFile(kubo, CID.parse(chunk!)));
    await kubo.restart();
    expect(await mirror(...node)).toEqual(["added y/big@3"]);
    expect(await filesAt(kubo, cids)).toEqual(["big", "two"]);
    expect(await mirror(...node)).toEqual([]);
  },
);

/** A follower that knows no more than cluster/service.json of the portal, at the campaign's gateway, comes to pin the same. */
async function followed(program: string, cluster: Cluster, cwd: string, cids: Readonly<Record<string, CID>>) {
  const server = start(["--json", "serve", "--port", "0"], { cwd });
  onTestFinished(() => void server.kill("SIGKILL"));
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString().split("\n")[0]!) as { url: string };

  const kubo = await startKubo({ swarm: true });
  onTestFinished(() => kubo.stop());
  const { Addresses } = JSON.parse(await cluster.peers[0]!.kubo.ipfs("id")) as { Addresses: readonly string[] };
  await kubo.ipfs("swarm", "connect", Addresses[0]!);
  const home = await aFolder();
  const args = ["--config", home, "ship", "run", "--init", `${url}/ipns/ship/cluster/service.json`];
  const env = {
    ...process.env,
    HOME: home,
    CLUSTER_LISTENMULTIADDRESS: `/ip4/127.0.0.1/tcp/${await freePort()}`,
    CLUSTER_IPFSHTTP_NODEMULTIADDRESS: kubo.api.replace(/^http:\/\/(.+):(\d+)$/, "/ip4/$1/tcp/$2"),
  };
  const follower = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void follower.kill("SIGKILL"));
  const log: string[] = [];
  for (const stream of [follower.stdout, follower.stderr])
    stream.on("data", (text: Buffer) => log.push(text.toString()));
  const all = Object.keys(cids).sort();
  await vi.waitFor(async () => expect(await filesAt(kubo, cids), log.join("").slice(-3000)).toEqual(all), {
    timeout: 90_000,
    interval: 500,
  });
}
