import type { CID } from "multiformats/cid";
import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { Block, Link } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import type { HomeNode } from "../../../pipeline/ipfs/node.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { leafLabel } from "../../../pipeline/stages/pins/label.ts";
import { type OldPin, planPruning, unpinAll } from "../../../pipeline/stages/pins/prune.ts";
import { testWorld } from "../../fakes/world.ts";
import {
  cidOf,
  done,
  labelsAt,
  partsAmong,
  run,
  type Surroundings,
  surroundings,
  treeOf,
  whatIs,
  worldOf,
} from "../surroundings.ts";

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
      const sourceDateEpoch = new Date(now - (leaves.length - 1 - i) * day);
      done(
        await run(around, await treeOf(around, each), {
          pins,
          change: (parts) => change({ ...parts, sourceDateEpoch }),
        }),
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

  it("are let go of with the leaves that the campaign's node fetched for itself, and only they have", async () => {
    const around = await surroundings();
    const change = (parts: Parts): Parts => ({
      ...parts,
      fetchLeaf: ({ cid, path }, world) => parts.home.pin(cid, leafLabel("orcestra", path), world),
    });
    const trees = [{ radar: "one", sondes: "old", ceilometer: "gone" }, leaves[1]!, leaves[2]!];
    for (const [i, each] of trees.entries()) {
      const pins = { keep: { releases: 3 - i } };
      done(await run(around, await treeOf(around, each), { pins, change }));
      const fetched = [...around.home.labels.keys()].filter((name) => name.includes("/leaf/")).sort();
      const here = i < 2 ? ["ceilometer", "radar", "sondes"] : ["radar", "sondes"];
      expect(fetched).toEqual(here.map((name) => `orcestra/leaf/${name}`));
    }
  });

  it.each([
    [0, 1],
    [1, 0],
  ])(
    "keep data that one which stays has in another spelling, which a service may take for the same (CIDv%i, then CIDv%i)",
    async (...versions) => {
      const around = await surroundings();
      const { cid } = await anOldFolder(around.home);
      const spelled = (version: number) => (version === 0 ? cid : cid.toV1());
      const { shop } = around.services;
      const unpin = vi.spyOn(shop, "unpin");
      const pins = { keep: { releases: 1 } };
      for (const version of versions) done(await run(around, `products:\n  radar: ${spelled(version)}\n`, { pins }));
      expect(await labelsAt(around, "shop")).toContain("orcestra/products/radar@2");
      expect(unpin).not.toHaveBeenCalled();
    },
  );

  it("are let go of later by a service that is away", async () => {
    const around = await surroundings();
    const pins = { keep: { releases: 2 }, require: { atLeast: 1, of: ["mirror", "dkrz"] } };
    const { dkrz } = around.services;
    const unpin = vi.spyOn(dkrz, "unpin").mockRejectedValueOnce(new Failure("unavailable", "dkrz: nothing answers"));
    await publishFour(around, pins);
    expect(unpin).toHaveBeenCalled();
    expect(await labelsAt(around, "dkrz")).toEqual(labels(...of(3, 4), "sondes@3"));
  });

  it("stay where a name points to them, or campaign.yaml pins them as extras", async () => {
    const around = await surroundings();
    const tree = await treeOf(around, leaves[1]!);
    const extra = [{ name: "cited", cid: `${cidOf(tree)}` }];
    const pointing = (parts: Parts) => ({
      ...parts,
      names: [{ ...parts.names[0]!, to: { of: "tree" as const, release: 1, path: "" } }],
    });
    await publishFour(around, { keep: { releases: 1 }, extra }, pointing);
    expect(await labelsAt(around, "mirror")).toEqual(labels(...of(1, 4), "cited", "sondes@1", "sondes@3"));
    expect(await atHome(around)).toEqual(labels("portal@1", "portal@4", "tree@1", "tree@4"));
  });
});

describe("pruning", () => {
  const pruning = async (around: Surroundings, pins: Partial<Parts["pins"]>, needed: CID[] = []) => {
    const parts = await partsAmong(around, undefined, pins);
    const world = worldOf(around);
    const head = (await parts.log.head(world))!;
    const plan = await planPruning(head, parts, needed, world);
    const failures: Failure[] = [...plan.problems];
    const apply = async () => {
      for await (const { failure } of unpinAll(plan.pins, parts, world)) if (failure) failures.push(failure);
    };
    return { plan, apply, failures };
  };
  const publishThree = async (around: Surroundings) => {
    for (const each of [
      { radar: "one", sondes: "old" },
      { radar: "two", sondes: "old" },
      { radar: "two", sondes: "new" },
    ])
      done(await run(around, await treeOf(around, each)));
  };
  const countOf = (pins: readonly OldPin[]) =>
    Object.fromEntries(
      [...Map.groupBy(pins, ({ service = "home" }) => service)].map(([at, those]) => [at, those.length]),
    );

  it("takes away what only old releases had, here and at every service, and says before how much that is", async () => {
    const around = await surroundings();
    await publishThree(around);
    const before = await whatIs(around);
    const { plan, apply, failures } = await pruning(around, { keep: { releases: 1 } });
    expect(await whatIs(around)).toEqual(before);
    // Roots and portals of two releases, and of the leaves: radar of the first, sondes of both.
    expect(countOf(plan.pins)).toEqual({ home: 4, mirror: 6, dkrz: 6 });
    expect(plan.bytes).toBeGreaterThan(0);
    await apply();
    expect(failures).toEqual([]);
    const after = await whatIs(around);
    expect(after.pins.mirror.map((pin) => pin.split(" ")[0])).toEqual(
      ["orcestra/portal@3", "orcestra/radar@2", "orcestra/sondes@3", "orcestra/tree@3"].sort(),
    );
    expect(after.home.filter((pin) => /@[12] /.test(pin))).toEqual([]);
    expect((await pruning(around, { keep: { releases: 1 } })).plan.pins).toEqual([]);
  });

  it("leaves what is needed besides: leaves that are not released yet", async () => {
    const around = await surroundings();
    await publishThree(around);
    const old = cidOf(await treeOf(around, { radar: "one" }));
    const { plan } = await pruning(around, { keep: { releases: 1 } }, [old]);
    expect(plan.pins.filter(({ cid }) => cid.equals(old))).toEqual([]);
  });

  it("goes on where a service is away, and names it", async () => {
    const around = await surroundings();
    await publishThree(around);
    const { dkrz } = around.services;
    const away = new Failure("unavailable", "dkrz: nothing answers");
    const status = vi.spyOn(dkrz, "status").mockRejectedValueOnce(away);
    const first = await pruning(around, { keep: { releases: 1 } });
    expect(first.failures).toEqual([away]);
    await first.apply();
    expect(await labelsAt(around, "mirror")).toHaveLength(4);
    status.mockRestore();
    const second = await pruning(around, { keep: { releases: 1 } });
    expect(countOf(second.plan.pins)).toEqual({ dkrz: 6 });
  });
});

/** A folder of one file, as CIDs of version 0. */
async function anOldFolder(home: HomeNode): Promise<Link> {
  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const profile = profiles["unixfs-v0-2015"];
  const folder = makeDirectory([{ name: "radar.dat", ...fileOf(Buffer.from("radar"), profile, put) }], profile, put);
  await home.put(blocks, testWorld());
  return folder;
}
