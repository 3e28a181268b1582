import { describe, expect, it } from "vitest";
import { rollback as rollbackVerb } from "../../../pipeline/commands/rollback.ts";
import {
  called,
  done,
  exitOf,
  partsAmong,
  releasesIn,
  run,
  type Surroundings,
  stopped,
  surroundings,
  treeOf,
  worldOf,
} from "../surroundings.ts";

describe("a rollback", () => {
  const why = { why: "calibration was wrong" };
  /** Releases of `titles`, one after another; what each of their trees and roots is. */
  const released = async (around: Surroundings, ...titles: string[]) => {
    const made: { readonly tree: string; readonly root: string }[] = [];
    for (const title of titles) {
      const tree = await treeOf(around, { radar: title });
      made.push({ tree, root: done(await run(around, tree)).root });
    }
    return made as [(typeof made)[0], ...typeof made];
  };
  const head = async (around: Surroundings) => (await (await partsAmong(around)).log.head(worldOf(around)))!.release;
  const announcedRoot = ({ zones }: Surroundings) => zones[0]!.writes.at(-1);

  it("is a new release of the old root, kept and announced as any other", async () => {
    const around = await surroundings();
    const [{ root }] = await released(around, "good", "bad");
    expect((await called(around, rollbackVerb, ["1"], why)).said.at(-1)).toMatchObject({
      event: "published",
      release: 3,
    });
    const { number, rollbackOf, why: reason, root: live } = await head(around);
    expect([number, rollbackOf, reason, `${live}`]).toEqual([3, 1, "calibration was wrong", root]);
    expect(announcedRoot(around)).toBe(`/ipfs/${root}`);
    expect(around.untruths).toEqual([]);
  });

  it("asked for twice is one release", async () => {
    const around = await surroundings();
    await released(around, "good", "bad");
    await called(around, rollbackVerb, ["1"], why);
    expect((await called(around, rollbackVerb, ["1"], why)).said.at(-1)).toMatchObject({ release: 3, changed: false });
    expect(await releasesIn(around)).toHaveLength(3);
  });

  it("that was lost half-way is finished by asking for it again", async () => {
    const around = await surroundings();
    const [{ root }] = await released(around, "good", "bad");
    around.services.dkrz.faults.away = true;
    expect((await called(around, rollbackVerb, ["1"], why)).failure?.kind).toBe("unavailable");
    expect(announcedRoot(around)).not.toBe(`/ipfs/${root}`);
    around.services.dkrz.faults.away = false;
    expect((await called(around, rollbackVerb, ["1"], why)).failure).toBeUndefined();
    expect([(await releasesIn(around)).length, announcedRoot(around)]).toEqual([3, `/ipfs/${root}`]);
  });

  it("keeps the bad tree from being published again, until tree.yaml changes or it is overridden", async () => {
    const around = await surroundings();
    const [good, bad] = await released(around, "good", "bad");
    await called(around, rollbackVerb, ["1"], why);
    const refused = stopped(await run(around, bad!.tree));
    expect(exitOf(refused)).toBe(3);
    expect(refused.message).toBe("release 3 rolled this very tree back to that of release 1 (calibration was wrong)");
    expect(refused.hint).toContain("--override-rollback");
    expect(stopped(await run(around, `# a comment\n${bad!.tree}`)).kind).toBe("refused");
    expect(done(await run(around, good.tree))).toMatchObject({ release: 3, changed: false });
    expect(done(await run(around, bad!.tree, { overrideRollback: true }))).toMatchObject({
      release: 4,
      root: bad!.root,
    });
    expect(done(await run(around, bad!.tree))).toMatchObject({ release: 4, changed: false });
    expect((await head(around)).rollbackOf).toBeUndefined();
  });

  it("after a rollback keeps both trees that were taken away from coming back", async () => {
    const around = await surroundings();
    const [, bad, worse] = await released(around, "good", "bad", "worse");
    await called(around, rollbackVerb, ["2"], why);
    await called(around, rollbackVerb, ["1"], why);
    expect(stopped(await run(around, worse!.tree)).message).toContain("release 4 rolled this very tree back");
    expect(stopped(await run(around, bad!.tree)).message).toContain("release 5 rolled this very tree back");
    const mended = await treeOf(around, { radar: "mended" });
    expect(done(await run(around, mended)).release).toBe(6);
    // Whoever has changed tree.yaml since may put anything back.
    expect(done(await run(around, worse!.tree)).release).toBe(7);
  });

  it("can be taken back by another", async () => {
    const around = await surroundings();
    const [, second] = await released(around, "first", "second");
    await called(around, rollbackVerb, ["1"], why);
    await called(around, rollbackVerb, ["2"], why);
    expect(await head(around)).toMatchObject({ number: 4, rollbackOf: 2 });
    expect(announcedRoot(around)).toBe(`/ipfs/${second!.root}`);
    expect(done(await run(around, second!.tree))).toMatchObject({ release: 4, changed: false });
  });
});
