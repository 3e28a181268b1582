import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import type { Parts } from "../../pipeline/stages/parts.ts";
import { cidOf, done, labelsAt, run, type Surroundings, surroundings, treeOf, whatIs } from "./surroundings.ts";

describe("old releases", () => {
  const day = 86_400_000;
  const leaves = [
    { radar: "one", sondes: "old" },
    { radar: "two", sondes: "old" },
    { radar: "three", sondes: "new" },
    { radar: "four", sondes: "new" },
  ];
  /** Four releases, one a day, the last made now. */
  const publishFour = async (
    around: Surroundings,
    pins: Partial<Parts["pins"]> = {},
    change = (same: Parts) => same,
  ) => {
    const now = around.clock.now().getTime();
    for (const [i, each] of leaves.entries()) {
      const sourceDate = new Date(now - (leaves.length - 1 - i) * day);
      done(
        await run(around, await treeOf(around, each), { pins, change: (parts) => change({ ...parts, sourceDate }) }),
      );
    }
  };
  const of = (...numbers: number[]) => numbers.flatMap((n) => [`portal@${n}`, `radar@${n}`, `tree@${n}`]);
  const labels = (...names: string[]) => names.map((name) => `orcestra/${name}`).sort();
  const atHome = async (around: Surroundings) =>
    (await whatIs(around)).home.map((pin) => pin.split(" ")[0]!).filter((label) => /\/(tree|portal)@/.test(label));

  it("keep their pins where campaign.yaml says nothing", async () => {
    const around = await surroundings();
    await publishFour(around);
    const all = labels(...of(1, 2, 3, 4), "sondes@1", "sondes@3");
    expect(await labelsAt(around, "mirror")).toEqual(all);
    expect(await labelsAt(around, "dkrz")).toEqual(all);
  });

  it.each([
    ["the newest two", { releases: 2 }],
    ["those of a day and a half", { younger: 1.5 * day }],
  ])(
    "are let go of where campaign.yaml keeps %s: all that only they have, everywhere, and nothing else",
    async (_, keep) => {
      const around = await surroundings();
      await publishFour(around, { keep });
      const left = labels(...of(3, 4), "sondes@3");
      expect(await labelsAt(around, "mirror")).toEqual(left);
      expect(await labelsAt(around, "dkrz")).toEqual(left);
      expect(await atHome(around)).toEqual(labels("portal@3", "portal@4", "tree@3", "tree@4"));
    },
  );

  it("keep what they share with one that stays", async () => {
    const around = await surroundings();
    await publishFour(around, { keep: { releases: 1 } });
    expect(await labelsAt(around, "mirror")).toEqual(labels(...of(4), "sondes@3"));
  });

  it("are let go of later by a service that is away", async () => {
    const around = await surroundings();
    const pins = { keep: { releases: 2 }, require: { atLeast: 1, of: ["mirror", "dkrz"] } };
    const { dkrz } = around.services;
    const unpin = vi.spyOn(dkrz, "unpin").mockRejectedValueOnce(new Failure("unavailable", "dkrz: nothing answers"));
    await publishFour(around, pins);
    expect(unpin).toHaveBeenCalled();
    expect(await labelsAt(around, "dkrz")).toEqual(labels(...of(3, 4), "sondes@3"));
  });

  it("stay where a name points to them, or campaign.yaml has them pinned beside the tree", async () => {
    const around = await surroundings();
    const tree = await treeOf(around, leaves[1]!);
    const extra = [{ name: "cited", cid: `${cidOf(tree)}` }];
    const pointing = (parts: Parts) => ({ ...parts, announced: [{ ...parts.announced[0]!, to: "tree@1" }] });
    await publishFour(around, { keep: { releases: 1 }, extra }, pointing);
    expect(await labelsAt(around, "mirror")).toEqual(labels(...of(1, 4), "cited", "sondes@1", "sondes@3"));
    expect(await atHome(around)).toEqual(labels("portal@1", "portal@4", "tree@1", "tree@4"));
  });
});
