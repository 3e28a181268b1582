/** What every release log promises, wherever its head lives. */
import { describe, expect, it } from "vitest";
import { releasesFrom } from "../../pipeline/log/chain.ts";
import type { ReleaseLog } from "../../pipeline/log/log.ts";
import { aRelease, spelled } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

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

    it("refuses whoever holds a stale head, and stays as it was", async () => {
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
}
