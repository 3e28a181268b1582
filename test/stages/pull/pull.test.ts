/** Pulling, with nodes in memory: what is taken, what is refused, and what is fetched for it. */
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { resolve, whole } from "../../../pipeline/dag/read/read.ts";
import { releaseBlock } from "../../../pipeline/log/release.ts";
import { pull } from "../../../pipeline/stages/pull/pull.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { testWorld } from "../../fakes/world.ts";
import { aSite, countingSource, pulling, type Site } from "./sites.ts";

const world = testWorld();

/** A campaign that pulls from these sites under one name, and remembers what it pulled. */
function puller(...sites: readonly Site[]) {
  const home = fakeHome();
  const from = countingSource(...sites);
  let before: CID | undefined;
  return {
    home,
    from,
    async pull(cid: CID, { force = false } = {}) {
      from.asked.length = 0;
      const pulled = await pull({ cid, from, nameOf: () => "ship", force }, () => before, pulling(home), world);
      if (pulled.taken) before = cid;
      return pulled;
    },
  };
}

/** A file of a release's tree, from what its portal has at `home`. */
async function fileAt(home: FakeHome, portal: CID, path: string): Promise<string> {
  const get = async (cid: CID) => (await home.get(cid, world))!;
  return new TextDecoder().decode(await whole((await resolve(portal, `tree/data/${path}`, get))!, get));
}

describe("pulling the releases of another campaign", () => {
  it("fetches each missing block one time, and none when nothing is new", async () => {
    const ship = await aSite("ship");
    const one = await ship.publish("a");
    const { home, from, pull } = puller(ship);
    const first = await pull(one.cid);
    expect(first).toMatchObject({ name: "ship", relation: { relation: "ahead", by: 1 }, taken: true });
    expect(new Set(from.asked).size).toBe(from.asked.length);
    expect(from.asked.length).toBe(first.fetched.blocks);
    const again = await pull(one.cid);
    expect([again.relation, again.fetched.blocks, from.asked]).toEqual([{ relation: "equal" }, 0, []]);
    expect(await fileAt(home, one.release.portal, "a.txt")).toBe("a");
  });

  it("says by how much what is there is ahead, also by its portal alone", async () => {
    const ship = await aSite("ship");
    const [one] = [await ship.publish("a"), await ship.publish("b")];
    const three = await ship.publish("c");
    const { pull, from, home } = puller(ship);
    await pull(one.cid);
    const portal = await pull(three.release.portal);
    expect(portal).toMatchObject({ relation: { relation: "ahead", by: 2 } });
    expect(portal.fetched.blocks).toBe(new Set(from.asked).size);
    expect((await pull(three.cid)).relation).toEqual({ relation: "equal" });
    expect(await fileAt(home, three.release.portal, "c.txt")).toBe("c");
  });

  it("takes nothing older for news, unless forced", async () => {
    const ship = await aSite("ship");
    const [one, two] = [await ship.publish("a"), await ship.publish("b")];
    const { pull } = puller(ship);
    await pull(two.cid);
    expect(await pull(one.cid)).toMatchObject({ relation: { relation: "behind", by: 1 }, taken: false });
    expect(await pull(one.release.portal)).toMatchObject({ relation: { relation: "behind", by: 1 }, taken: false });
    expect(await pull(one.cid, { force: true })).toMatchObject({ taken: true, overwrote: `${two.cid}` });
  });

  it("ends in a conflict where it has diverged, and names the head that --force replaced", async () => {
    const ship = await aSite("ship");
    await ship.publish("a");
    const other = await ship.fork();
    const [mine, theirs] = [await ship.publish("b"), await other.publish("z")];
    const { pull } = puller(ship, other);
    await pull(mine.cid);
    await expect(pull(theirs.cid)).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("diverged at release 1"),
    });
    const forced = await pull(theirs.cid, { force: true });
    expect(forced).toMatchObject({ overwrote: `${mine.cid}`, relation: { relation: "diverged", at: 1 } });
  });

  it("never takes another campaign, or no campaign, for it", async () => {
    const [ship, aircraft] = [await aSite("ship"), await aSite("aircraft")];
    const [mine, alien] = [await ship.publish("a"), await aircraft.publish("a")];
    const { pull } = puller(ship, aircraft);
    await pull(mine.cid);
    for (const cid of [alien.cid, alien.release.root]) {
      await expect(pull(cid)).rejects.toMatchObject({ kind: "conflict" });
      await expect(pull(cid, { force: true })).rejects.toMatchObject({ kind: "refused" });
    }
  });

  it("goes on where it was interrupted, and pins nothing that is not whole", async () => {
    const ship = await aSite("ship");
    const one = await ship.publish("a");
    const { home, pull } = puller(ship);
    const lost = [...ship.home.blocks].find(([, bytes]) => new TextDecoder().decode(bytes) === "a")!;
    ship.home.blocks.delete(lost[0]);
    await expect(pull(one.cid)).rejects.toMatchObject({ kind: "unavailable" });
    expect(home.labels.size).toBe(0);
    ship.home.blocks.set(...lost);
    expect((await pull(one.cid)).fetched.blocks).toBeLessThan(6);
  });

  it("finds a release that merged what was pulled ahead of it, and pins what it merged", async () => {
    const ship = await aSite("ship");
    await ship.publish("a");
    const shore = await ship.fork();
    const [theirs, ours] = [await shore.publish("z"), await ship.publish("b")];
    const merging = { ...(await ship.publish("c")).release, merged: [theirs.cid] };
    const block = releaseBlock(merging);
    await ship.home.put([block], world);
    const { pull, home } = puller(ship, shore);
    await pull(theirs.cid);
    expect((await pull(block.cid)).relation).toEqual({ relation: "ahead", by: 2 });
    const pinned = [...home.labels.values()].map(({ multihash }) => Buffer.from(multihash.bytes).toString("hex"));
    for (const cid of [block.cid, theirs.cid])
      expect(pinned).toContain(Buffer.from(cid.multihash.bytes).toString("hex"));
    expect(ours.release.number).toBe(2);
  });
});

describe("old CIDs", () => {
  it("can be read after any number of releases, pulls and collections", async () => {
    const ship = await aSite("ship");
    const { home, pull } = puller(ship);
    const known: { readonly portal: CID; readonly files: readonly string[] }[] = [];
    const files: string[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      files.push(name);
      const head = await ship.publish(name);
      await pull(name === "c" ? head.release.portal : head.cid);
      known.push({ portal: head.release.portal, files: [...files] });
      await collect(home);
      for (const { portal, files } of known)
        for (const file of files) expect(await fileAt(home, portal, `${file}.txt`)).toBe(file);
    }
  });
});

/** As a node's collection does: whatever no pin needs is gone. */
async function collect(home: FakeHome): Promise<void> {
  const { walk } = await import("../../../pipeline/dag/read/read.ts");
  const needed = new Set<string>();
  const get = async (cid: CID) => (await home.get(cid, world))!;
  for (const root of home.labels.values())
    for await (const { cid } of walk(root, get, { scope: "all" }))
      needed.add(Buffer.from(cid.multihash.bytes).toString("hex"));
  for (const key of home.blocks.keys()) if (!needed.has(key)) home.blocks.delete(key);
}
