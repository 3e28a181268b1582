import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { carOf } from "../../pipeline/dag/car.ts";
import { clusterPins } from "../../pipeline/pin/cluster.ts";
import type { PinService } from "../../pipeline/pin/service.ts";
import {
  aDataset,
  type Dag,
  pinRequestFor,
  pinServiceContract,
  settled,
  twoReleases,
} from "../contracts/pin-service.ts";
import { type FakeCluster, type FakeClusterOptions, type Fault, startFakeCluster } from "../fakes/cluster.ts";
import { testWorld } from "../fakes/world.ts";

const canary = "canary-7f3a";
const world = testWorld();

interface Opened {
  readonly fake: FakeCluster;
  readonly dkrz: PinService;
  /** Within reach of the fake. */
  readonly data: Dag;
}

interface Options extends FakeClusterOptions {
  readonly replicas?: number;
  readonly credentials?: string;
  readonly timeoutMs?: number;
}

async function opened({ replicas, credentials, timeoutMs, ...cluster }: Options = {}): Promise<Opened> {
  const fake = await startFakeCluster(cluster);
  const dkrz = clusterPins({
    name: "dkrz",
    api: fake.api,
    ...(replicas && { replicas }),
    ...(credentials && { credentials }),
    ...(timeoutMs && { timeoutMs }),
  });
  onTestFinished(async () => {
    dkrz.close?.();
    await fake.close();
  });
  const data = aDataset();
  fake.offer(data.blocks);
  return { fake, dkrz, data };
}

pinServiceContract("the fake of a Cluster", async () => {
  const fake = await startFakeCluster();
  const service = clusterPins({ name: "fake", api: fake.api });
  return {
    service,
    away: clusterPins({ name: "fake", api: "http://127.0.0.1:1" }),
    async offer(blocks) {
      fake.offer(blocks);
      return [];
    },
    async close() {
      service.close?.();
      await fake.close();
    },
  };
});

describe("counts replicas itself", () => {
  const pinned = async (options: Options, after: (fake: FakeCluster) => void) => {
    const { fake, dkrz, data } = await opened(options);
    await dkrz.pin(pinRequestFor(data.root), world);
    await settled(dkrz, data.root);
    after(fake);
    return (await dkrz.status([data.root], world)).get(`${data.root}`);
  };

  it("calls a pin pinned while a peer too many is offline", async () => {
    expect(await pinned({ peers: 3, factor: 3, replicas: 2 }, (fake) => fake.offline.add("peer-0"))).toMatchObject({
      state: "failed",
      message: "1 of 2 replicas; peer-0: offline",
    });
    const everywhere = await pinned({ peers: 3 }, (fake) => fake.offline.add("peer-0"));
    expect(everywhere).toMatchObject({ state: "pinned", message: "2 of 3 replicas; peer-0: offline" });
  });

  it("wants as many as the pin itself does, where campaign.yaml says nothing", async () => {
    const two = { peers: 3, factor: 2 };
    expect(await pinned(two, () => {})).toMatchObject({ state: "pinned", message: "2 of 2 replicas" });
    expect(await pinned(two, (fake) => fake.offline.add("peer-2"))).toMatchObject({
      state: "pinned",
      message: "2 of 2 replicas",
    });
    expect(await pinned(two, (fake) => fake.offline.add("peer-1"))).toMatchObject({
      state: "failed",
      message: "1 of 2 replicas; peer-1: offline",
    });
  });

  it("calls nothing pinned that no peer is known to hold", async () => {
    const said = await pinned({ peers: 2 }, (fake) => {
      fake.offline.add("peer-0");
      fake.offline.add("peer-1");
    });
    expect(said).toMatchObject({ state: "failed", message: "0 of 2 replicas; peer-0: offline; peer-1: offline" });
  });

  it("says queued, then pinning, then pinned, with what is there so far", async () => {
    const { fake, dkrz, data } = await opened();
    const seen = [(await dkrz.pin(pinRequestFor(data.root), world)).state];
    fake.stuck.add("peer-1");
    for (let look = 0; look < 4; look++) {
      const status = (await dkrz.status([data.root], world)).get(`${data.root}`)!;
      seen.push(status.state);
      if (look === 3) expect(status.message).toBe("1 of 2 replicas");
    }
    expect(seen).toEqual(["queued", "pinning", "pinning", "pinning", "pinning"]);
    fake.stuck.clear();
    expect((await settled(dkrz, data.root)).state).toBe("pinned");
  });

  it("says why a peer failed, safe to print", async () => {
    const { fake, dkrz, data } = await opened();
    fake.broken.add("peer-1");
    await dkrz.pin(pinRequestFor(data.root), world);
    expect(await settled(dkrz, data.root)).toMatchObject({
      state: "failed",
      message: "1 of 2 replicas; peer-1: pin error: merkledag: not found [31m",
    });
  });

  it("names three peers in trouble, and counts the others", async () => {
    const said = await pinned({ peers: 7, replicas: 7 }, (fake) => {
      for (const peer of [1, 2, 3, 4, 5]) fake.offline.add(`peer-${peer}`);
    });
    expect(said!.message).toBe("2 of 7 replicas; peer-1: offline; peer-2: offline; peer-3: offline; and 2 more peers");
  });

  it("takes a state that it does not know for no replica, and says it", async () => {
    expect(await pinned({}, (fake) => (fake.fault = "new word"))).toMatchObject({
      state: "failed",
      message: "0 of 2 replicas; peer-0: pondering; peer-1: pondering",
    });
  });

  it.each<[string, Options]>([
    ["two are wanted", { replicas: 2 }],
    ["all are", {}],
    ["the Cluster wants two", { factor: 2 }],
  ])("waits for a peer that has not heard of it, where %s", async (_, options) => {
    const { fake, dkrz, data } = await opened(options);
    fake.deaf.add("peer-1");
    await dkrz.pin(pinRequestFor(data.root), world);
    for (let look = 0; look < 4; look++) await dkrz.status([data.root], world);
    const waiting = (await dkrz.status([data.root], world)).get(`${data.root}`);
    expect(waiting).toEqual({ state: "pinning", message: "1 of 2 replicas" });
    fake.deaf.clear();
    expect((await settled(dkrz, data.root)).state).toBe("pinned");
  });

  it("waits for a peer that still believes that others hold it", async () => {
    const { fake, dkrz, data } = await opened({ replicas: 2 });
    await fetch(`${fake.api}/pins/${data.root}?replication-min=1&replication-max=1`, { method: "POST" });
    await settled(dkrz, data.root);
    fake.deaf.add("peer-1");
    expect(await dkrz.pin(pinRequestFor(data.root), world)).toMatchObject({
      state: "pinning",
      message: "1 of 2 replicas",
    });
    fake.deaf.clear();
    expect((await settled(dkrz, data.root)).state).toBe("pinned");
  });

  it("says since when", async () => {
    const { fake, dkrz, data } = await opened();
    const { since } = await dkrz.pin(pinRequestFor(data.root), world);
    expect(since).toBe(new Date(fake.pin(data.root)!.created).toISOString());
  });
});

describe("asks for a pin", () => {
  it("with a label, meta, origins and as many replicas as are wanted", async () => {
    const { fake, dkrz, data } = await opened({ peers: 3, replicas: 2 });
    const origins = [`/ip4/192.0.2.1/tcp/4001/p2p/${peerId}`, `/dns4/halo.example.org/udp/4001/quic-v1/p2p/${peerId}`];
    await dkrz.pin(pinRequestFor(data.root, { origins, meta: { campaign: "halo", path: "a b" } }), world);
    expect(fake.pin(data.root)).toMatchObject({
      name: "halo/products/radar.zarr@1",
      metadata: { campaign: "halo", path: "a b" },
      origins,
      least: 2,
      most: 2,
    });
  });

  it("without the origins that a Cluster could not read, which would refuse it for them", async () => {
    const { fake, dkrz, data } = await opened();
    const good = `/ip4/192.0.2.1/tcp/4001/p2p/${peerId}`;
    const bad = [
      "",
      "nonsense",
      "/ip4/192.0.2.1/tcp/4001",
      `/ip4/192.0.2.1,/tcp/1/p2p/${peerId}`,
      `/new/1/p2p/${peerId}`,
    ];
    await dkrz.pin(pinRequestFor(data.root, { origins: [...bad, good] }), world);
    expect(fake.pin(data.root)!.origins).toEqual([good]);
  });

  it("in a request that is not too long, however much metadata there is", async () => {
    const { fake, dkrz, data } = await opened();
    const origins = Array.from({ length: 500 }, (_, i) => `/ip4/192.0.2.1/tcp/${i}/p2p/${peerId}`);
    await dkrz.pin(
      pinRequestFor(data.root, { label: "🛰".repeat(1000), origins, meta: { much: "x".repeat(9000) } }),
      world,
    );
    expect([...fake.pin(data.root)!.name]).toHaveLength(255);
    expect(fake.pin(data.root)!.origins.length).toBeGreaterThan(10);
    expect(fake.pin(data.root)!.metadata).toEqual({});
  });

  it("from what is kept of the release before", async () => {
    const { fake, dkrz } = await opened();
    const { previous, next } = twoReleases();
    fake.offer([...previous.blocks, ...next.blocks]);
    await dkrz.pin(pinRequestFor(previous.root), world);
    await settled(dkrz, previous.root);
    await dkrz.pin(pinRequestFor(next.root, { previous: previous.root, label: "halo/tree@2" }), world);
    expect(fake.pin(next.root)).toMatchObject({ from: `${previous.root}`, name: "halo/tree@2" });
  });

  it("from the release before, and on more peers than that where more are wanted now", async () => {
    const { fake, dkrz } = await opened({ replicas: 2 });
    const { previous, next } = twoReleases();
    fake.offer([...previous.blocks, ...next.blocks]);
    await fetch(`${fake.api}/pins/${previous.root}?replication-min=1&replication-max=2`, { method: "POST" });
    await settled(dkrz, previous.root);
    await dkrz.pin(pinRequestFor(next.root, { previous: previous.root }), world);
    expect(fake.asked.some((line) => line.includes(`pin-update=${previous.root}`))).toBe(true);
    expect(fake.pin(next.root)).toMatchObject({ least: 2, most: 2 });
  });

  it.each<[string, (fake: FakeCluster) => void]>([
    ["is not well", (fake) => fake.offline.add("peer-0")],
    ["can't be gone on from", (fake) => (fake.fault = "no update")],
  ])("on its own where the release before %s", async (_, happens) => {
    const { fake, dkrz } = await opened({ replicas: 1 });
    const { previous, next } = twoReleases();
    fake.offer([...previous.blocks, ...next.blocks]);
    await dkrz.pin(pinRequestFor(previous.root), world);
    await settled(dkrz, previous.root);
    happens(fake);
    await dkrz.pin(pinRequestFor(next.root, { previous: previous.root }), world);
    expect(await settled(dkrz, next.root)).toMatchObject({ state: "pinned" });
    expect(fake.pin(next.root)!.from).toBeUndefined();
  });

  it("no second time while it is under way or kept", async () => {
    const { fake, dkrz, data } = await opened();
    for (let again = 0; again < 5; again++) await dkrz.pin(pinRequestFor(data.root), world);
    expect(fake.asked.filter((line) => line.startsWith("POST /pins"))).toHaveLength(1);
  });
});

describe("starts anew what failed", () => {
  it("by one word to the peers that failed", async () => {
    const { fake, dkrz, data } = await opened();
    fake.broken.add("peer-1");
    await dkrz.pin(pinRequestFor(data.root), world);
    await settled(dkrz, data.root);
    fake.broken.clear();
    fake.asked.length = 0;
    expect((await dkrz.pin(pinRequestFor(data.root), world)).state).toBe("pinning");
    expect(fake.asked.filter((line) => line.startsWith("POST"))).toEqual([`POST /pins/${data.root}/recover`]);
    expect((await settled(dkrz, data.root)).state).toBe("pinned");
  });

  it("by having another take the place of one that is gone", async () => {
    const { fake, dkrz, data } = await opened({ peers: 3, replicas: 2 });
    await dkrz.pin(pinRequestFor(data.root), world);
    await settled(dkrz, data.root);
    fake.offline.add("peer-0");
    await dkrz.pin(pinRequestFor(data.root), world);
    expect(await settled(dkrz, data.root)).toMatchObject({ state: "pinned", message: "2 of 2 replicas" });
  });

  it("without requesting fewer replicas than another client did", async () => {
    const { fake, dkrz, data } = await opened({ peers: 4, replicas: 2 });
    await fetch(`${fake.api}/pins/${data.root}?replication-min=1&replication-max=3`, { method: "POST" });
    await settled(dkrz, data.root);
    for (const peer of ["peer-1", "peer-2"]) fake.offline.add(peer);
    await dkrz.pin(pinRequestFor(data.root), world);
    expect(fake.pin(data.root)).toMatchObject({ least: 2, most: 3 });
    expect(await settled(dkrz, data.root)).toMatchObject({ state: "pinned" });
  });

  it("leaves alone what is to be everywhere", async () => {
    const { fake, dkrz, data } = await opened({ replicas: 2 });
    await fetch(`${fake.api}/pins/${data.root}`, { method: "POST" });
    await settled(dkrz, data.root);
    fake.offline.add("peer-1");
    expect(await dkrz.pin(pinRequestFor(data.root), world)).toMatchObject({
      state: "failed",
      message: "1 of 2 replicas; peer-1: offline",
    });
    expect(fake.pin(data.root)!.least).toBe(-1);
  });
});

describe("asks for status", () => {
  it("in as few requests as a Cluster takes, of each CID once", async () => {
    const { fake, dkrz } = await opened();
    const cids = Array.from({ length: 100 }, () => aDataset().root);
    expect((await dkrz.status([...cids, ...cids.slice(0, 10)], world)).size).toBe(100);
    expect(fake.asked.length).toBe(3);
  });

  it.each<[Fault, string, string]>([
    ["page", "unavailable", 'answered 200: a page called "Sign in"'],
    ["bad gateway", "unavailable", 'answered 502: a page called "Bad Gateway"'],
    ["overloaded", "unavailable", "try later"],
    ["cut mid-line", "unavailable", "answered something that is not JSON"],
    ["cut off", "unavailable", "the connection broke off"],
    ["one line short", "unavailable", "the answer ended early, it has nothing about"],
    ["late error", "unavailable", "context deadline exceeded"],
    ["endless", "corrupt", "answered what no IPFS Cluster does"],
    ["nobody", "corrupt", "answered what no IPFS Cluster does"],
    ["other JSON", "corrupt", "answered what no IPFS Cluster does"],
    ["silent", "unavailable", "no sign of life for 0.3 s"],
  ])("and takes %s for no answer", async (fault, kind, says) => {
    const { fake, dkrz, data } = await opened(fault === "silent" ? { timeoutMs: 300 } : {});
    fake.fault = fault;
    await expect(dkrz.status([data.root, aDataset().root], world)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(new RegExp(`^dkrz: asking for 2 pins.*${says}`)),
    });
  });

  it("and says what is not an IPFS Cluster at all", async () => {
    const { fake } = await opened();
    const elsewhere = clusterPins({ name: "dkrz", api: `${fake.api}/api/v0` });
    onTestFinished(() => elsewhere.close?.());
    fake.fault = "another service";
    await expect(elsewhere.status([aDataset().root], world)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("That is not the REST API of an IPFS Cluster"),
      hint: expect.stringContaining("9094"),
    });
  });
});

describe("never shows what it is let in by", () => {
  it.each([
    ["user:password", `halo:${canary}`, `Basic ${Buffer.from(`halo:${canary}`).toString("base64")}`],
    ["a password with colons", `halo:${canary}:é`, `Basic ${Buffer.from(`halo:${canary}:é`).toString("base64")}`],
    ["a token", canary, `Bearer ${canary}`],
  ])("but sends it, %s", async (_, credentials, authorization) => {
    const { dkrz, data } = await opened({ credentials, authorization });
    await dkrz.pin(pinRequestFor(data.root), world);
    expect(await settled(dkrz, data.root)).toMatchObject({ state: "pinned" });
  });

  it.each<[string, Fault | undefined]>([
    ["refused", undefined],
    ["answered by a page", "page"],
    ["cut off", "cut off"],
    ["overloaded", "overloaded"],
    ["left without an answer", "silent"],
  ])("when %s", async (_, fault) => {
    const { fake, dkrz, data } = await opened({
      credentials: `halo:${canary}`,
      authorization: fault ? `Basic ${Buffer.from(`halo:${canary}`).toString("base64")}` : "other",
      ...(fault === "silent" && { timeoutMs: 300 }),
    });
    fake.fault = fault;
    const told = testWorld();
    const calls = [
      () => dkrz.status([data.root], told),
      () => dkrz.pin(pinRequestFor(data.root, { previous: aDataset().root }), told),
      () => dkrz.take!(data.root, carOf([data.root], data.blocks), told),
      () => dkrz.addresses!(told),
    ];
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: fault ? "unavailable" : "refused" });
      const { message, hint, stack, cause } = error as Error & { hint: unknown };
      const shown = inspect({ message, hint, stack, cause, lines: told.lines }, { depth: 10 });
      expect(shown).not.toContain(canary);
      expect(shown).not.toContain(Buffer.from(`halo:${canary}`).toString("base64"));
    }
  });

  it("and is asked for none in its address", () => {
    const api = `http://halo:${canary}@127.0.0.1:9094`;
    expect(() => clusterPins({ name: "dkrz", api })).toThrow(
      expect.objectContaining({ kind: "input", message: expect.not.stringContaining(canary) }),
    );
  });
});

describe("takes a CAR", () => {
  it("without pinning anything yet", async () => {
    const { dkrz, data } = await opened();
    await dkrz.take!(data.root, carOf([data.root], data.blocks), world);
    expect((await dkrz.status([data.root], world)).get(`${data.root}`)).toEqual({ state: "absent" });
  });

  it("for as many peers as are wanted, and has those keep it", async () => {
    const { fake, dkrz } = await opened({ peers: 3, replicas: 1 });
    const { root, blocks } = aDataset();
    fake.offline.add("peer-0");
    await dkrz.take!(root, carOf([root], blocks), world);
    fake.offline.clear();
    await dkrz.pin(pinRequestFor(root), world);
    expect(fake.pin(root)!.allocations, "not the first, which has no block of it").toEqual(["12D3KooWFakePeerb"]);
  });

  it.each<[Fault, string]>([
    ["late error", "context deadline exceeded"],
    ["one line short", "the answer ended early, it has nothing of what it took"],
    ["cut mid-line", "answered something that is not JSON"],
    ["bad gateway", "Bad Gateway"],
  ])("but not for taken after %s", async (fault, says) => {
    const { fake, dkrz, data } = await opened();
    fake.fault = fault;
    await expect(dkrz.take!(data.root, carOf([data.root], data.blocks), world)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(says),
    });
  });
});

/** Of nobody. */
const peerId = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
