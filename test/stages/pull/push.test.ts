/** Pushing, against a server of records: only forward, and never over what could not be read. */
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import { privateKeyOf, publicName } from "../../../pipeline/core/key.ts";
import { endpoint } from "../../../pipeline/names/ipns/endpoints.ts";
import { pushTarget } from "../../../pipeline/names/ipns/push.ts";
import { push } from "../../../pipeline/stages/pull/push.ts";
import { aFile } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";
import { startRouting } from "../../servers/routing.ts";
import { aSite, countingSource, type Site } from "./sites.ts";

const world = testWorld({ now: () => new Date(), sleep: (ms) => new Promise((done) => setTimeout(done, ms)) });

/** One key at two endpoints, which each publisher pushes to from a log of its own. */
async function aKey() {
  const servers = [await startRouting(), await startRouting()];
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.close()))));
  const key = await privateKeyOf(new Uint8Array(32).fill(3));
  const name = publicName(key.publicKey);
  const publisher = (...sites: readonly Pick<Site, "home">[]) => {
    const stored = new Map<string, Uint8Array>();
    const target = pushTarget({
      name,
      signer: { kind: "key", key },
      endpoints: servers.map(({ url }) => endpoint(url)),
      readers: [],
      attachments: {
        read: async (file) => stored.get(file),
        write: async (file, bytes) => void stored.set(file, bytes),
      },
    });
    const source = countingSource(...sites);
    const get = async (cid: CID) => {
      const bytes = await source.get(cid, world);
      if (bytes) return bytes;
      throw new Failure("unavailable", `${cid} is out of reach`);
    };
    return {
      target,
      push: (cid: CID, { force = false } = {}) => push(cid, { name: "ship", force }, target, get, world),
    };
  };
  return { name, servers, publisher };
}

describe("pushing releases", () => {
  it("moves a key forward, says by how much, and moves nothing the second time", async () => {
    const ship = await aSite("ship");
    const { publisher, servers, name } = await aKey();
    const { push } = publisher(ship);
    const one = await ship.publish("a");
    expect(await push(one.cid)).toEqual({
      value: `/ipfs/${one.cid}`,
      sequence: 1n,
      relation: { relation: "ahead", by: 1 },
    });
    await ship.publish("b");
    const three = await ship.publish("c");
    expect(await push(three.cid)).toMatchObject({ sequence: 2n, relation: { relation: "ahead", by: 2 } });
    const records = servers.map(({ records }) => records.get(name));
    expect(await push(three.cid)).toMatchObject({ sequence: 2n, relation: { relation: "equal" } });
    expect(servers.map(({ records }) => records.get(name))).toEqual(records);
  });

  it("is refused for what is behind, diverged or unrelated, and names the head that --force replaces", async () => {
    const [ship, aircraft] = [await aSite("ship"), await aSite("aircraft")];
    const one = await ship.publish("a");
    const other = await ship.fork();
    const [mine, theirs, alien] = [await ship.publish("b"), await other.publish("z"), await aircraft.publish("a")];
    const { publisher } = await aKey();
    const { push } = publisher(ship, other, aircraft);
    await push(mine.cid);
    for (const [cid, says] of [
      [one.cid, "ship is behind"],
      [theirs.cid, "diverged at release 1"],
      [alien.cid, "different campaigns"],
    ] as const)
      await expect(push(cid)).rejects.toMatchObject({ kind: "conflict", message: expect.stringContaining(says) });
    expect(await push(theirs.cid, { force: true })).toMatchObject({
      overwrote: `${mine.cid}`,
      was: `/ipfs/${mine.cid}`,
    });
    await expect(push(alien.cid, { force: true })).rejects.toMatchObject({ kind: "refused" });
  });

  it("publishes nothing where one endpoint does not say what is there, or its content is out of reach", async () => {
    const [ship, elsewhere] = [await aSite("ship"), await aSite("ship")];
    const { publisher, servers, name } = await aKey();
    const one = await ship.publish("a");
    const { push } = publisher(ship);
    servers[1]!.break({ answers: 500, body: "down" });
    await expect(push(one.cid)).rejects.toMatchObject({ kind: "unavailable" });
    expect(servers[0]!.records.size).toBe(0);
    servers[1]!.break();
    const theirs = await elsewhere.publish("z");
    await publisher(elsewhere).push(theirs.cid);
    const before = servers[0]!.records.get(name);
    await expect(push(one.cid)).rejects.toMatchObject({ kind: "unavailable" });
    expect(servers[0]!.records.get(name)).toEqual(before);
  });

  it("believes the newest of all endpoints, when one has an older record", async () => {
    const ship = await aSite("ship");
    const { publisher, servers, name } = await aKey();
    const { push } = publisher(ship);
    const one = await ship.publish("a");
    await push(one.cid);
    const old = servers[0]!.records.get(name)!;
    const two = await ship.publish("b");
    await push(two.cid);
    servers[0]!.records.set(name, old);
    await expect(push(one.cid)).rejects.toMatchObject({ kind: "conflict" });
  });
});

describe("two who push at once", () => {
  it("do not both succeed: one ends in a conflict", async () => {
    const [ship, shore] = [await aSite("ship"), await aSite("shore")];
    const { publisher, servers, name } = await aKey();
    const values = [(await aFile(ship.home, "one")).cid, (await aFile(shore.home, "two")).cid];
    const pushes = [publisher(ship), publisher(shore)];
    const results = await Promise.allSettled(pushes.map(({ push }, i) => push(values[i]!)));
    const lost = results.filter((result) => result.status === "rejected");
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatchObject({ reason: { kind: "conflict" } });
    const won = values[results.findIndex(({ status }) => status === "fulfilled")]!;
    expect((await pushes[0]!.target.current(world))?.value).toBe(`/ipfs/${won}`);
    expect(servers.every(({ records }) => records.has(name))).toBe(true);
  });
});
