import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { relationOf } from "../../pipeline/core/relation.ts";
import { allReleasesFrom, chainState, headsOf, parentsOf, releasesFrom } from "../../pipeline/log/chain.ts";
import type { Head, ReleaseLog } from "../../pipeline/log/log.ts";
import { mergedLinks, type Release, releaseBlock } from "../../pipeline/log/release.ts";
import { aRelease } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

const world = testWorld();

/** Releases by name, and a log that counts how often each is read. */
function aLog() {
  const releases = new Map<string, Release>();
  const names = new Map<string, string>();
  const reads = new Map<string, number>();
  const log: Pick<ReleaseLog, "read"> = {
    async read(cid) {
      reads.set(`${cid}`, (reads.get(`${cid}`) ?? 0) + 1);
      return releases.get(`${cid}`)!;
    },
  };
  const add = (name: string, number: number, previous: Head | undefined, merged: readonly Head[] = []): Head => {
    const links = mergedLinks(merged.map(({ cid }) => cid));
    const parts = { why: name, previous: previous?.cid ?? null, ...(links && { merged: links }) };
    const release = aRelease(number, parts);
    const { cid } = releaseBlock(release);
    releases.set(`${cid}`, release);
    names.set(`${cid}`, name);
    return { cid, release };
  };
  const nameOf = (cid: CID) => names.get(`${cid}`)!;
  const walked = async (head: Head) =>
    (await Array.fromAsync(allReleasesFrom(head, log, world))).map(({ cid }) => nameOf(cid));
  return { add, log, reads, nameOf, walked };
}

/**
 * 1 ── 2 ── a3 ── a4 ── m5 ── 6
 *      └─── b3 ── b4 ────┘
 */
function merged() {
  const all = aLog();
  const one = all.add("1", 1, undefined);
  const two = all.add("2", 2, one);
  const a3 = all.add("a3", 3, two);
  const a4 = all.add("a4", 4, a3);
  const b3 = all.add("b3", 3, two);
  const b4 = all.add("b4", 4, b3);
  const m5 = all.add("m5", 5, a4, [b4]);
  const six = all.add("6", 6, m5);
  return { ...all, two, a4, b4, m5, six };
}

describe("walking a log into which another was merged", () => {
  it("gives each release once, and before every release that it links to", async () => {
    const { six, walked } = merged();
    expect(await walked(six)).toEqual(["6", "m5", "b4", "b3", "a4", "a3", "2", "1"]);
  });

  it("tells how logs relate: a head that was merged is behind the release that merged it", async () => {
    const { two, a4, b4, six, log } = merged();
    const [at2, atA4, atB4, at6] = [two, a4, b4, six].map((head) => chainState(head, log, world));
    expect(await relationOf(atB4, at6)).toEqual({ relation: "behind", by: 4 });
    expect(await relationOf(atA4, atB4)).toEqual({
      relation: "diverged",
      at: 2,
      base: `${two.cid}`,
      ahead: 2,
      behind: 2,
    });
    expect(await relationOf(at6, at2)).toEqual({ relation: "ahead", by: 6 });
  });

  it("goes along the log's own releases alone where only those are asked for", async () => {
    const { six, log, nameOf } = merged();
    const own = await Array.fromAsync(releasesFrom(six, log, world));
    expect(own.map(({ cid }) => nameOf(cid))).toEqual(["6", "m5", "a4", "a3", "2", "1"]);
  });

  it("gives merges of merges, of several heads and of a log that began by itself, in one order", async () => {
    const { add, six, b4, walked } = merged();
    const c1 = add("c1", 1, undefined);
    const c2 = add("c2", 2, c1, [b4]);
    const d1 = add("d1", 1, undefined);
    const top = add("top", 7, six, [d1, c2]);
    const order = await walked(top);
    expect(order.toSorted()).toEqual(["1", "2", "6", "a3", "a4", "b3", "b4", "c1", "c2", "d1", "m5", "top"]);
    expect(order.indexOf("c2")).toBeLessThan(order.indexOf("b4"));
    expect(order.indexOf("c2")).toBeLessThan(order.indexOf("c1"));
    expect(order[0]).toBe("top");
    expect(await walked(add("top", 7, six, [c2, d1]))).toEqual(order);
  });

  it("reads each release once as long as nothing is merged, and never more than twice", async () => {
    const { six, two, reads, walked } = merged();
    await walked(two);
    expect([...reads.values()]).toEqual([1]);
    reads.clear();
    await walked(six);
    expect(Math.max(...reads.values())).toBe(2);
  });

  it("refuses a gap in the numbers of what was merged", async () => {
    const { add, m5, b4, walked } = merged();
    const gap = add("gap", 6, b4);
    await expect(walked(add("bad", 6, m5, [gap]))).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("release 6 links to release 4"),
    });
  });

  it("does not fail on a long line below a merge", async () => {
    const { add, walked } = aLog();
    let head = add("1", 1, undefined);
    for (let number = 2; number <= 5000; number++) head = add(`${number}`, number, head);
    const other = add("other", 1, undefined);
    expect(await walked(add("5001", 5001, head, [other]))).toHaveLength(5002);
  });
});

describe("the heads of some releases", () => {
  it("are those that no other of them links to", async () => {
    const { six, a4, b4, m5, log, nameOf } = merged();
    const named = (...releases: readonly Head[]) => headsOf(releases).map(nameOf);
    expect(named(...(await Array.fromAsync(allReleasesFrom(six, log, world))))).toEqual(["6"]);
    expect(named(m5, a4, b4)).toEqual(["m5"]);
    expect(named(a4, b4)).toEqual(["a4", "b4"]);
    expect(named()).toEqual([]);
    expect(parentsOf(m5.release).map(nameOf)).toEqual(["a4", "b4"]);
  });
});
