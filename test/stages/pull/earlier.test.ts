/** What was pulled earlier under a name: readable for as long as `keep:` says, whatever is pulled, pushed and collected since. */
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { walk } from "../../../pipeline/dag/read/read.ts";
import { type EarlierPull, notKept, unpinEarlier } from "../../../pipeline/stages/pull/earlier.ts";
import { pinnedRoot, pull } from "../../../pipeline/stages/pull/pull.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { testWorld } from "../../fakes/world.ts";
import { aSite, countingSource, pulling } from "./sites.ts";

const world = testWorld();
const day = 86_400_000;
const now = new Date("2026-06-01T00:00:00Z");

const state = (name: string, daysAgo: number): EarlierPull => ({
  ...{ cid: `head-${name}`, root: `root-${name}` },
  replaced: new Date(now.getTime() - daysAgo * day).toISOString(),
});
const earlier = [state("c", 1), state("b", 50), state("a", 100)];
const rootsOf = (states: readonly EarlierPull[]) => states.map(({ root }) => root);

describe("what was pulled earlier", () => {
  it.each([
    ["all", {}, []],
    ["1 release", { releases: 1 }, ["root-c", "root-b", "root-a"]],
    ["3 releases", { releases: 3 }, ["root-a"]],
    ["90 d", { younger: 90 * day }, ["root-a"]],
  ])("is kept by `keep: %s`, counted from what the name leads to now", (_, keep, gone) => {
    expect(rootsOf(notKept({ root: "root-now", earlier }, keep, [], now))).toEqual(gone);
  });

  it("stays where a key was pushed to it, or where it is what the name leads to again", () => {
    const keep = { releases: 1 };
    expect(rootsOf(notKept({ root: "root-b", earlier }, keep, ["/ipfs/head-a"], now))).toEqual(["root-c"]);
    expect(rootsOf(notKept({ root: "root-b", earlier }, keep, ["/ipfs/root-c"], now))).toEqual(["root-a"]);
  });
});

/** Numbers from 0 to `below`, the same each time. */
function random(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (at * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((at / 2 ** 31) * below);
  };
}

/** Deletes what no label needs, as a garbage collection. */
async function collect(home: FakeHome): Promise<void> {
  const needed = new Set<string>();
  const get = async (cid: CID) => (await home.get(cid, world))!;
  for (const root of home.labels.values())
    for await (const { cid } of walk(root, get, { scope: "all" }))
      needed.add(Buffer.from(cid.multihash.bytes).toString("hex"));
  for (const key of home.blocks.keys()) if (!needed.has(key)) home.blocks.delete(key);
}

async function isReadable(root: string, home: FakeHome): Promise<boolean> {
  try {
    for await (const _ of walk(CID.parse(root), async (cid) => (await home.get(cid, world)) ?? Promise.reject(cid), {
      scope: "all",
    }));
    return true;
  } catch {
    return false;
  }
}

describe("whatever a past pointer named", () => {
  it.each([1, 2, 3])(
    "is readable after any number of pulls, gcs and pushes, as far as retention keeps it (seed %i)",
    async (seed) => {
      const next = random(seed);
      const keep = { releases: 2 + next(3) };
      const ship = await aSite("ship");
      let newest = await ship.publish("0");
      const home = fakeHome();
      const from = countingSource(ship);
      const pushed: string[] = [];
      let before: CID | undefined;
      let list: EarlierPull[] = [];
      let dropped = 0;
      for (let turn = 1; turn <= 24; turn++) {
        const deed = next(4);
        if (deed === 0) await collect(home);
        else if (deed === 1 && before) pushed.splice(0, pushed.length, `/ipfs/${before}`);
        else {
          if (next(3) > 0) newest = await ship.publish(`${turn}`);
          const cid = next(2) === 0 ? newest.cid : newest.release.portal;
          const got = await pull({ cid, from, nameOf: () => "ship", force: false }, () => before, pulling(home), world);
          const root = `${pinnedRoot(got.remote)}`;
          if (got.replaced)
            list = [{ cid: `${before}`, root: `${pinnedRoot(got.replaced)}`, replaced: now.toISOString() }, ...list];
          before = cid;
          const gone = notKept({ root, earlier: list }, keep, pushed, now);
          await unpinEarlier("ship", gone, home, world);
          list = list.filter((each) => !gone.includes(each));
          await collect(home);
          for (const each of gone)
            expect(await isReadable(each.root, home), "what is no longer kept is collected").toBe(false);
          dropped += gone.length;
        }
        const kept = before ? [`${before}`, ...list.slice(0, keep.releases - 1).map(({ root }) => root)] : [];
        for (const root of kept) expect(await home.get(CID.parse(root), world), `${root}, turn ${turn}`).toBeDefined();
        for (const { root } of list) expect(await isReadable(root, home)).toBe(true);
        for (const value of pushed)
          expect(await home.get(CID.parse(value.slice("/ipfs/".length)), world)).toBeDefined();
      }
      expect(dropped).toBeGreaterThan(0);
    },
  );
});
