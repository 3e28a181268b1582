import { describe, expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import { unmergedForks } from "../../../pipeline/log/forks.ts";
import { compareLogs } from "../../../pipeline/stages/adopt/other-log.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { verify } from "../../../pipeline/stages/verify/verify.ts";
import { Fuse, fused, type Outage } from "../../fakes/home.ts";
import { testWorld } from "../../fakes/world.ts";
import { partsOf, type Site, twoSites } from "./sites.ts";

const world = testWorld();

/** Three releases at each of two sites: additions, a move, a removal, and an update that one takes back and the other does not. */
async function apart() {
  const sites = await twoSites();
  const { ship, shore, shared } = sites;
  const [a, b, c, d] = [
    await ship.dataset("A"),
    await ship.dataset("B"),
    await shore.dataset("C"),
    await ship.dataset("D"),
  ];
  const [wrong, right] = [await ship.dataset("wrong"), await shore.dataset("right")];
  const base = (data: string, more: string) => `${shared}data: ${data}\ncruise:\n${more}`;
  await ship.publish(base(a, `  old: ${a}\n  gone: ${b}\n`), 2);
  await shore.adopt(await ship.handTo(shore));

  await ship.publish(base(wrong, `  old: ${a}\n  gone: ${b}\n`), 4);
  await ship.publish(base(a, `  old: ${a}\n  gone: ${b}\n  ship: ${d}  # on board\n`), 6);
  await ship.publish(base(a, `  renamed: ${a}\n  gone: ${b}\n  ship: ${d}  # on board\n`), 8);

  const top = "# edited at home\n";
  await shore.publish(`${top}${base(right, `  old: ${a}\n  gone: ${b}\n  shore: ${c}\n`)}`, 3);
  await shore.publish(`${top}${base(right, `  old: ${a}\n  shore: ${c}\n`)}`, 5);
  await shore.publish(`${top}${base(right, `  old: ${a}\n  shore: ${c}\n`)}again:\n  shore: ${c}\n`, 7);
  const merged = `${top}${base(right, `  renamed: ${a}\n  ship: ${d}  # on board\n  shore: ${c}\n`)}again:\n  shore: ${c}\n`;
  return { ...sites, merged };
}

async function checksAt({ parts }: Site, deep = false) {
  const all = await Array.fromAsync(verify(parts, { deep }, world));
  return all.filter(({ ok }) => !ok).map(({ check, problem, mend }) => ({ check, problem, mend }));
}

describe("two sites that were offline for days, each with three releases", () => {
  it("have the same root, stac/ and intake/ whichever of them adopts, and then the same head and portal", async () => {
    const found = [];
    for (const first of ["ship", "shore"] as const) {
      const { ship, shore } = await apart();
      const [one, two] = first === "ship" ? [ship, shore] : [shore, ship];
      const before = [await one.head(), await two.head()] as const;
      expect((await compareLogs(await two.handTo(one), one.parts, world)).relation).toMatchObject({
        ...{ relation: "diverged", at: 2, ahead: 3, behind: 3 },
      });
      await one.adopt(await two.handTo(one));
      const head = await one.head();
      expect(head.release.number).toBe(6);
      expect(head.release.previous?.toString()).toBe(`${before[0].cid}`);
      expect(head.release.merged?.map(String)).toEqual([`${before[1].cid}`]);
      found.push(await partsOf(head, one.parts));

      await two.adopt(await one.handTo(two));
      expect(`${(await two.head()).cid}`).toBe(`${head.cid}`);
      for (const site of [one, two]) expect(await checksAt(site, true)).toEqual([]);
      expect([...two.home.labels.values()].map(String)).toContain(`${head.release.portal}`);
      expect((await compareLogs(await one.handTo(two), two.parts, world)).relation).toEqual({ relation: "equal" });

      // Both go on from there, and the next portal is folded from releases of both lines.
      const text = await two.tree.read();
      const next = await two.publish(`${text}next: ${await two.dataset("next")}\n`, 20);
      expect(next.release.previous?.toString()).toBe(`${head.cid}`);
      expect(await checksAt(two, true)).toEqual([]);
    }
    expect(found[0]).toEqual(found[1]);
  });

  it("keep each their comments, and the changes of both are in tree.yaml", async () => {
    const { ship, shore, merged } = await apart();
    await shore.adopt(await ship.handTo(shore));
    expect(await shore.tree.read()).toBe(merged);
    await ship.adopt(await shore.handTo(ship));
    expect(await ship.tree.read()).toBe(merged);
  });

  const calls = [0, 1, 2, 3, 4, 5, 6].flatMap((call) => [
    { call, when: "before" as Outage },
    ...(call % 3 === 2 ? [{ call, when: "after" as Outage }] : []),
  ]);
  it.each(calls)(
    "are one again though the adopting run was lost $when call $call of its node",
    async ({ call, when }) => {
      const { ship, shore } = await apart();
      const stick = await shore.handTo(ship);
      const fuse = new Fuse(call, when);
      const lossy: Parts = { ...ship.parts, home: fused(ship.home, fuse) };
      await ship.adopt(stick, {}, lossy).catch((error: unknown) => {
        if (!(error instanceof Failure) || error.kind !== "unavailable") throw error;
      });
      await ship.adopt(stick);
      const head = await ship.head();
      expect(head.release).toMatchObject({ number: 6, merged: [expect.anything()] });
      await shore.adopt(await ship.handTo(shore));
      expect(`${(await shore.head()).cid}`).toBe(`${head.cid}`);
      expect(await checksAt(ship)).toEqual([]);
    },
  );
});

describe("a path that both sites changed differently", () => {
  async function conflicting() {
    const sites = await twoSites();
    const { ship, shore } = sites;
    const [mine, yours] = [await ship.dataset("mine"), await shore.dataset("yours")];
    await ship.publish(`shared: ${mine}\n`, 2);
    await shore.publish(`shared: ${yours}\n`, 3);
    return { ...sites, mine, yours };
  }

  it("is a conflict with both sides, and nothing is changed", async () => {
    const { ship, shore, mine, yours } = await conflicting();
    const before = await ship.head();
    const stick = await shore.handTo(ship);
    await expect(ship.adopt(stick)).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringMatching(`ours is ${mine}, theirs is ${yours}`),
    });
    expect(`${(await ship.head()).cid}`).toBe(`${before.cid}`);
    expect(await ship.tree.read()).toBe(`shared: ${mine}\n`);
    expect(await checksAt(ship)).toEqual([
      { check: "log", problem: "drift", mend: `fieldtree log adopt ${stick.head.cid}` },
    ]);
  });

  it.each(["ours", "theirs"] as const)("is decided by taking %s, and the fork is known no longer", async (take) => {
    const { ship, shore, mine, yours } = await conflicting();
    const stick = await shore.handTo(ship);
    await expect(ship.adopt(stick)).rejects.toThrow();
    await ship.adopt(stick, { take });
    expect(await ship.tree.read()).toBe(`shared: ${take === "ours" ? mine : yours}\n`);
    expect(await checksAt(ship)).toEqual([]);
    expect(await ship.parts.forks?.read()).toEqual([]);
  });
});

it("refuses a tree.yaml with changes that are in no release, and another campaign's log", async () => {
  const { ship, shore, shared } = await twoSites();
  await shore.publish(`${shared}b: ${await shore.dataset("B")}\n`, 2);
  const stick = await shore.handTo(ship);
  await ship.tree.write(`${shared}edited: ${await ship.dataset("E")}\n`);
  await expect(ship.adopt(stick)).rejects.toMatchObject({ kind: "input" });
  const elsewhere = { ...ship.parts, facts: { ...ship.parts.facts, campaign: "other" } };
  await expect(ship.adopt(stick, {}, elsewhere)).rejects.toMatchObject({ kind: "conflict" });
  expect((await ship.head()).release.number).toBe(1);
});

it("takes nothing of a log that contradicts itself", async () => {
  const { ship, shore, shared } = await twoSites();
  await shore.publish(`${shared}b: ${await shore.dataset("B")}\n`, 2);
  const stick = await shore.handTo(ship);
  const forged = { ...stick, head: { ...stick.head, release: { ...stick.head.release, changes: [] } } };
  await expect(ship.adopt(forged)).rejects.toMatchObject({ kind: "corrupt" });
  expect((await ship.head()).release.number).toBe(1);
});

it("knows a fork until a release merges it", async () => {
  const { ship, shore, shared } = await twoSites();
  await shore.publish(`${shared}b: ${await shore.dataset("B")}\n`, 2);
  await ship.publish(`${shared}a: ${await ship.dataset("A")}\n`, 3);
  const stick = await shore.handTo(ship);
  await ship.parts.forks?.add(stick.head.cid);
  expect(await unmergedForks(await ship.head(), ship.parts.log, ship.parts.forks, world)).toEqual([stick.head.cid]);
  await ship.adopt(stick);
  expect(await unmergedForks(await ship.head(), ship.parts.log, ship.parts.forks, world)).toEqual([]);
});
