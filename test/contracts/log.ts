/** What every release log promises, wherever its head lives. */
import { describe, expect, it } from "vitest";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { allReleasesFrom, releasesFrom } from "../../pipeline/log/chain.ts";
import type { Head, ReleaseLog } from "../../pipeline/log/log.ts";
import { type Release, releaseBlock } from "../../pipeline/log/release.ts";
import { aRelease, spelled } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

const headOf = (release: Release): Head => ({ cid: releaseBlock(release).cid, release });

/** `open` gives the same log each time it is called within a test, as another process would see it. */
export function logContract(begin: () => Promise<{ open: () => ReleaseLog }>): void {
  const world = testWorld();

  describe("keeps the log contract", () => {
    it("has no head before the first release", async () => {
      const { open } = await begin();
      expect(await open().head(world)).toBeUndefined();
    });

    it("gives back what was appended, to others too", async () => {
      const { open } = await begin();
      const first = await open().append(aRelease(1), undefined, world);
      const second = await open().append(aRelease(2, { previous: first.cid }), first, world);
      expect(spelled(await open().head(world))).toEqual(spelled(second));
      expect(spelled(await open().read(first.cid, world))).toEqual(spelled(first.release));
    });

    it("refuses a writer with a stale head, and stays as it was", async () => {
      const { open } = await begin();
      const first = await open().append(aRelease(1), undefined, world);
      const second = await open().append(aRelease(2, { previous: first.cid }), first, world);
      const late = aRelease(2, { previous: first.cid, made: "2025-01-01T00:00:00Z" });
      await expect(open().append(late, first, world)).rejects.toMatchObject({ kind: "conflict" });
      expect(spelled(await open().head(world))).toEqual(spelled(second));
    });

    it("lets exactly one of many win", async () => {
      const { open } = await begin();
      const rivals = Array.from({ length: 8 }, (_, i) => aRelease(1, { made: `2025-01-01T00:00:0${i}Z` }));
      const outcomes = await Promise.allSettled(rivals.map((rival) => open().append(rival, undefined, world)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    it("refuses a release that does not follow", async () => {
      const { open } = await begin();
      await expect(open().append(aRelease(2), undefined, world)).rejects.toMatchObject({ kind: "corrupt" });
      expect(await open().head(world)).toBeUndefined();
    });

    it("can be walked from the newest to the first", async () => {
      const { open } = await begin();
      let head = await open().append(aRelease(1), undefined, world);
      for (const number of [2, 3]) head = await open().append(aRelease(number, { previous: head.cid }), head, world);
      const numbers: number[] = [];
      for await (const { release } of releasesFrom(head, open(), world)) numbers.push(release.number);
      expect(numbers).toEqual([3, 2, 1]);
    });
  });

  describe("takes over releases of another copy of it", () => {
    /** 1 ── 2 ── 3, and 1 ── other 2, which 3 merges. */
    const first = headOf(aRelease(1));
    const second = headOf(aRelease(2, { previous: first.cid }));
    const other = headOf(aRelease(2, { previous: first.cid, made: "2024-02-02T00:00:00Z" }));
    const third = headOf(aRelease(3, { previous: second.cid, merged: [other.cid] }));

    it("moves the head over several at once, and can be walked from there, by others too", async () => {
      const { open } = await begin();
      await open().append(first.release, undefined, world);
      await open().append(other.release, first, world);
      const there = open();
      expect((await there.head(world))?.cid.toString()).toBe(`${other.cid}`);
      await open().fastForward(third, other, world, { releases: [second.release] });
      for (const log of [open(), there]) {
        const cids = await Array.fromAsync(allReleasesFrom(await log.head(world), log, world));
        expect(cids.map(({ cid }) => `${cid}`).sort()).toEqual(
          [first, second, other, third].map(({ cid }) => `${cid}`).sort(),
        );
      }
    });

    it("leaves the head where it is for one with a stale head", async () => {
      const { open } = await begin();
      await open().append(first.release, undefined, world);
      await expect(open().fastForward(third, undefined, world, {})).rejects.toMatchObject({ kind: "conflict" });
      expect((await open().head(world))?.cid.toString()).toBe(`${first.cid}`);
    });
  });

  describe("carries what releases published", () => {
    const text = new TextEncoder().encode("a: bafkqaaa\nb: bafkqaaa\n");
    const tree = fileOf(text, profiles["cid-v1"], () => undefined).cid;

    it("gives tree.yaml and sizes of a release, to others too, and also of one that was appended without", async () => {
      const { open } = await begin();
      const old = new TextEncoder().encode("a: bafkqaaa\n".repeat(30_000));
      const oldTree = fileOf(old, profiles["cid-v1"], () => undefined).cid;
      const first = await open().append(aRelease(1, { tree: oldTree }), undefined, world);
      expect(await open().source(first.release, world)).toBeUndefined();
      const second = aRelease(2, { previous: first.cid, tree });
      const sources = [
        { tree, text, sizes: [3, 40_000_000_000] },
        { tree: oldTree, text: old },
      ];
      await open().append(second, first, world, { sources });
      const carried = await open().source(second, world);
      expect(Buffer.from(carried!.text).toString()).toBe(Buffer.from(text).toString());
      expect(carried!.sizes).toEqual([3, 40_000_000_000]);
      const earlier = await open().source(first.release, world);
      expect(Buffer.compare(earlier!.text, old)).toBe(0);
      expect(earlier).not.toHaveProperty("sizes");
    });

    it("leaves the head where it is, and stores nothing new, for a writer with a stale one", async () => {
      const { open } = await begin();
      const first = await open().append(aRelease(1), undefined, world);
      await open().append(aRelease(2, { previous: first.cid }), first, world);
      const late = aRelease(2, { previous: first.cid, tree });
      await expect(open().append(late, first, world, { sources: [{ tree, text }] })).rejects.toMatchObject({
        kind: "conflict",
      });
    });
  });

  describe("stores attachments next to the head", () => {
    it("gives back what was written last, to others too, and nothing where there is nothing", async () => {
      const { open } = await begin();
      expect(await open().attachments.read("ipns/key", world)).toBeUndefined();
      await open().attachments.write("ipns/key", Uint8Array.of(1, 2, 3), world);
      await open().attachments.write("ipns/other", Uint8Array.of(255, 0), world);
      await open().attachments.write("ipns/key", Uint8Array.of(4), world);
      expect(Array.from((await open().attachments.read("ipns/key", world))!)).toEqual([4]);
      expect(Array.from((await open().attachments.read("ipns/other", world))!)).toEqual([255, 0]);
    });

    it("moves no head and loses no release", async () => {
      const { open } = await begin();
      const first = await open().append(aRelease(1), undefined, world);
      await open().attachments.write("ipns/key", Uint8Array.of(1), world);
      const second = await open().append(aRelease(2, { previous: first.cid }), first, world);
      expect(spelled(await open().head(world))).toEqual(spelled(second));
      expect(Array.from((await open().attachments.read("ipns/key", world))!)).toEqual([1]);
    });

    it.each([
      "",
      "../head",
      "a/../../head",
      "/etc/passwd",
      ".git/config",
      "a//b",
      "a/",
      "a\\b",
      "a\0b",
      "é",
      "a".repeat(201),
    ])("takes no path for a name: %j", async (name) => {
      const { open } = await begin();
      await expect(open().attachments.write(name, Uint8Array.of(1), world)).rejects.toMatchObject({ kind: "input" });
      await expect(open().attachments.read(name, world)).rejects.toMatchObject({ kind: "input" });
    });

    it("takes no file that is far too large", async () => {
      const { open } = await begin();
      const large = new Uint8Array(2 ** 20 + 1);
      await expect(open().attachments.write("large", large, world)).rejects.toMatchObject({ kind: "input" });
    });
  });

  describe("lets one publish at a time", () => {
    const noon = testWorld({ now: () => new Date("2024-08-10T12:00:00Z") });

    it("has no holder before and after, and the process that took it in between", async () => {
      const { open } = await begin();
      expect(await open().leases.show(noon)).toBeUndefined();
      const held = await open().leases.take("publishing", noon);
      expect(await open().leases.show(noon)).toEqual(held.lease);
      expect(held.lease).toMatchObject({ what: "publishing", since: expect.stringMatching(/^20\d\d-.*Z$/) });
      await held.release();
      await held.release();
      expect(await open().leases.show(noon)).toBeUndefined();
      expect(held.lost.aborted).toBe(false);
    });

    it("refuses the second with who it is, since when, and how to take it away", async () => {
      const { open } = await begin();
      const { lease, release } = await open().leases.take("publishing", noon);
      const refused = await open()
        .leases.take("publishing", noon)
        .catch((error) => error);
      expect(refused).toMatchObject({ kind: "refused", hint: expect.stringContaining("fieldtree lease break") });
      for (const word of [lease.holder, lease.what, lease.since]) expect(refused.message).toContain(word);
      await release();
      await (await open().leases.take("publishing", noon)).release();
    });

    it("lets exactly one of many have it", async () => {
      const { open } = await begin();
      const shouldVisit = Array.from({ length: 6 }, () => open().leases.take("publishing", noon));
      const outcomes = await Promise.allSettled(shouldVisit);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", ...Array(5).fill("rejected")]);
      for (const outcome of outcomes) if (outcome.status === "fulfilled") await outcome.value.release();
    });

    it("gives every taking its own id", async () => {
      const { open } = await begin();
      const ids = new Set<string>();
      for (let i = 0; i < 3; i++) {
        const held = await open().leases.take("publishing", noon);
        ids.add(held.lease.id);
        await held.release();
      }
      expect(ids.size).toBe(3);
    });

    it("can be broken: the next may have it, and who had it gives nothing back that is another's", async () => {
      const { open } = await begin();
      expect(await open().leases.break(noon)).toBeUndefined();
      const first = await open().leases.take("publishing", noon);
      expect(await open().leases.break(noon)).toEqual(first.lease);
      const second = await open().leases.take("publishing", noon);
      await first.release();
      expect(await open().leases.show(noon)).toEqual(second.lease);
      await second.release();
    });
  });
}
