import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { carOf } from "../../pipeline/dag/car.ts";
import { rpc } from "../../pipeline/http/kubo-rpc.ts";
import { type ClusterOptions, clusterPins } from "../../pipeline/pin/cluster.ts";
import type { PinService } from "../../pipeline/pin/service.ts";
import { aDataset, pinRequestFor, pinServiceContract, settled, twoReleases } from "../contracts/pin-service.ts";
import { testWorld } from "../fakes/world.ts";
import { type Cluster, clusterBinary, startCluster } from "../servers/cluster.ts";
import { kuboBinary } from "../servers/kubo.ts";

/** Where nothing listens: port 1 is nobody's. */
const nowhere = "http://127.0.0.1:1";
const canary = "canary-7f3a";
const world = testWorld();

const there = (await kuboBinary()) && (await clusterBinary());

describe.skipIf(!there)("a real Cluster of two", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ peers: 2, credentials: `halo:${canary}` });
  }, 60_000);
  afterAll(() => cluster?.stop());

  const service = (options: Partial<ClusterOptions> = {}): PinService =>
    closing(clusterPins({ name: "dkrz", api: cluster.peers[0]!.api, credentials: `halo:${canary}`, ...options }));
  const keeps = async (peer: number, cid: unknown) =>
    (await cluster.peers[peer]!.kubo.ipfs("pin", "ls", "--type=recursive", "-q")).split("\n").includes(`${cid}`);

  pinServiceContract("a Cluster", async () => ({
    service: service(),
    away: service({ api: nowhere }),
    async offer(blocks) {
      const { api, ipfs } = cluster.peers[0]!.kubo;
      const kubo = rpc({ api, timeoutMs: 60_000 });
      const import_ = kubo.lines("dag/import", { "pin-roots": false }, world, carOf([blocks.at(-1)!.cid], blocks));
      for await (const _ of import_);
      kubo.close();
      return (JSON.parse(await ipfs("id")) as { Addresses: string[] }).Addresses;
    },
    close: async () => {},
  }));

  it("has both peers keep what was brought, and counts them", async () => {
    const dkrz = service();
    const { root, blocks } = aDataset();
    await dkrz.take!(root, carOf([root], blocks), world);
    await dkrz.pin(pinRequestFor(root), world);
    expect(await settled(dkrz, root)).toMatchObject({ state: "pinned", message: "2 of 2 replicas" });
    expect([await keeps(0, root), await keeps(1, root)]).toEqual([true, true]);
  });

  it("has as many peers keep it as are wanted, those that the blocks were brought to", async () => {
    const one = service({ replicas: 1 });
    for (let again = 0; again < 5; again++) {
      const { root, blocks } = aDataset();
      await one.take!(root, carOf([root], blocks), world);
      const brought = await Promise.all(cluster.peers.map(({ kubo }) => hasBlock(kubo.api, root)));
      expect(brought.filter(Boolean)).toHaveLength(1);
      await one.pin(pinRequestFor(root), world);
      expect(await settled(one, root)).toMatchObject({ state: "pinned", message: "1 of 1 replicas" });
      expect([await keeps(0, root), await keeps(1, root)]).toEqual(brought);
    }
  });

  it("takes a second peer for what one keeps, where two are wanted now", async () => {
    const { root, blocks } = aDataset();
    const [one, two] = [service({ replicas: 1 }), service({ replicas: 2 })];
    await one.take!(root, carOf([root], blocks), world);
    await one.pin(pinRequestFor(root), world);
    await settled(one, root);
    expect((await two.status([root], world)).get(`${root}`)).toMatchObject({
      state: "failed",
      message: "1 of 2 replicas",
    });
    await two.pin(pinRequestFor(root), world);
    expect(await settled(two, root)).toMatchObject({ state: "pinned", message: "2 of 2 replicas" });
    await one.pin(pinRequestFor(root), world);
    expect(await settled(two, root), "asked by who wants less").toMatchObject({ state: "pinned" });
  });

  it("follows the release before with what is new, on as many peers as are wanted now", async () => {
    const { previous, next, difference } = twoReleases();
    const [one, two] = [service({ replicas: 1 }), service({ replicas: 2 })];
    await one.take!(previous.root, carOf([previous.root], previous.blocks), world);
    await one.pin(pinRequestFor(previous.root), world);
    await settled(one, previous.root);
    await two.take!(next.root, carOf([next.root], difference), world);
    await two.pin(pinRequestFor(next.root, { previous: previous.root }), world);
    expect(await settled(two, next.root)).toMatchObject({ state: "pinned", message: "2 of 2 replicas" });
    expect((await one.status([previous.root], world)).get(`${previous.root}`)).toMatchObject({ state: "pinned" });
  });

  it("starts anew what a Kubo has lost", async () => {
    const dkrz = service();
    const { root, blocks } = aDataset();
    await dkrz.take!(root, carOf([root], blocks), world);
    await dkrz.pin(pinRequestFor(root), world);
    await settled(dkrz, root);
    await cluster.peers[1]!.kubo.ipfs("pin", "rm", `${root}`);
    expect((await dkrz.status([root], world)).get(`${root}`)).toMatchObject({
      state: "failed",
      message: expect.stringMatching(/^1 of 2 replicas; peer-1: unexpectedly unpinned: /),
    });
    await dkrz.pin(pinRequestFor(root), world);
    expect(await settled(dkrz, root)).toMatchObject({ state: "pinned", message: "2 of 2 replicas" });
    expect(await keeps(1, root)).toBe(true);
  });

  it("brings nothing where there is nothing to bring", async () => {
    const { root, blocks } = aDataset();
    const dkrz = service();
    await dkrz.take!(root, carOf([root], []), world);
    await dkrz.take!(root, inBytes(carOf([root], [])), world);
    await dkrz.take!(root, inBytes(carOf([root], blocks)), world);
    expect(await hasBlock(cluster.peers[0]!.kubo.api, root)).toBe(true);
  });

  it("says what is wrong with a CAR", async () => {
    const { root, blocks } = aDataset();
    const dkrz = service();
    const lie = [{ cid: blocks[0]!.cid, bytes: blocks[1]!.bytes }];
    await expect(dkrz.take!(root, carOf([root], lie), world)).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringMatching(/^dkrz: bringing blocks of \S+: mismatch in content integrity/),
    });
    const garbage = async function* () {
      yield Buffer.from("garbage");
    };
    await expect(dkrz.take!(root, garbage(), world)).rejects.toMatchObject({
      message: `dkrz: bringing blocks of ${root}: unexpected EOF`,
    });
  });

  it("tells the addresses of its Kubos", async () => {
    const ids = await Promise.all(cluster.peers.map(({ kubo }) => kubo.ipfs("id", "-f=<id>")));
    const addresses = await service().addresses!(world);
    for (const id of ids) expect(addresses.some((address) => address.endsWith(`/p2p/${id}`))).toBe(true);
  });

  it.each([
    ["a wrong password", `halo:${canary}-wrong`],
    ["a wrong token", `${canary}-wrong`],
    ["none", undefined],
  ])("refuses %s, and its message does not hold it", async (_, credentials) => {
    const { root, blocks } = aDataset();
    const intruder = closing(
      clusterPins({ name: "dkrz", api: cluster.peers[0]!.api, ...(credentials && { credentials }) }),
    );
    const calls = [
      () => intruder.status([root], world),
      () => intruder.pin(pinRequestFor(root), world),
      () => intruder.unpin!(root, world),
      () => intruder.take!(root, carOf([root], blocks), world),
      () => intruder.addresses!(world),
    ];
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: "refused", hint: expect.stringContaining("environment") });
      expectNoSecret(error);
    }
  });

  it("takes a token that it gave itself", async () => {
    const authorization = `Basic ${Buffer.from(`halo:${canary}`).toString("base64")}`;
    const answer = await fetch(`${cluster.peers[0]!.api}/token`, { method: "POST", headers: { authorization } });
    const { token } = (await answer.json()) as { token: string };
    expect((await service({ credentials: token }).addresses!(world)).length).toBeGreaterThan(0);
  });

  describe("with one peer killed", () => {
    const before = aDataset();
    beforeAll(async () => {
      const two = clusterPins({ name: "dkrz", api: cluster.peers[0]!.api, credentials: `halo:${canary}`, replicas: 2 });
      await two.take!(before.root, carOf([before.root], before.blocks), world);
      await two.pin(pinRequestFor(before.root), world);
      await settled(two, before.root);
      two.close?.();
      await cluster.killPeer(1);
    }, 60_000);

    it("still counts the other where one is enough, and says who is gone", async () => {
      expect(await settled(service({ replicas: 1 }), before.root)).toMatchObject({
        state: "pinned",
        message: "1 of 1 replicas; peer-1: offline",
      });
    });

    it("is not content where two are wanted, whatever the Cluster would say, and says who is gone", async () => {
      const short = { state: "failed", message: "1 of 2 replicas; peer-1: offline" };
      expect(await settled(service({ replicas: 2 }), before.root)).toMatchObject(short);
      expect(await settled(service(), before.root), "as the pin itself says").toMatchObject(short);
    });

    it("keeps a new one where one is enough", async () => {
      const one = service({ replicas: 1 });
      const { root, blocks } = aDataset();
      await eventually(async () => {
        await one.take!(root, carOf([root], blocks), world);
        await one.pin(pinRequestFor(root), world);
        // Until it misses the dead one, the Cluster may choose it.
        expect(await settled(one, root)).toMatchObject({ state: "pinned" });
      });
      expect(await keeps(0, root)).toBe(true);
    });

    it("says that there are too few for a new one", async () => {
      // Until it misses the dead one, the Cluster takes it for a second.
      await eventually(() =>
        expect(service({ replicas: 2 }).pin(pinRequestFor(aDataset().root), world)).rejects.toMatchObject({
          kind: "unavailable",
          message: expect.stringContaining("not enough peers to allocate CID. Needed at least: 2."),
          hint: expect.stringContaining("replicas"),
        }),
      );
    });

    it("is whole again when the peer is back", async () => {
      await cluster.restartPeer(1);
      const whole = { state: "pinned", message: "2 of 2 replicas" };
      await eventually(async () => expect(await settled(service({ replicas: 2 }), before.root)).toMatchObject(whole));
    });
  });
});

function closing(service: PinService): PinService {
  onTestFinished(() => service.close?.());
  return service;
}

/** What comes true in the Cluster's own time, such as that it misses a peer. */
async function eventually(promise: () => Promise<unknown>): Promise<void> {
  await vi.waitFor(promise, { timeout: 30_000, interval: 200 });
}

async function hasBlock(api: string, cid: unknown): Promise<boolean> {
  const answer = await fetch(`${api}/api/v0/block/get?arg=${cid}&offline=true`, { method: "POST" });
  await answer.arrayBuffer();
  return answer.ok;
}

/** The same bytes, one at a time. */
async function* inBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) for (const byte of chunk) yield Uint8Array.of(byte);
}

function expectNoSecret(error: unknown): void {
  const { message, hint, stack, cause } = error as { message: string; hint: string; stack: string; cause: unknown };
  expect(inspect({ message, hint, stack, cause }, { depth: 10 })).not.toContain(canary);
}
