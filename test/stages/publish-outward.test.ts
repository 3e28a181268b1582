/** What publishing promises of services and names, each promise by itself: all parts in memory, none of them believed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { describe, expect, it, vi } from "vitest";
import { openCampaign } from "../../pipeline/campaign/campaign.ts";
import { repin as repinVerb } from "../../pipeline/commands/repin.ts";
import { Failure, kinds } from "../../pipeline/core/failure.ts";
import type { PublishEvent } from "../../pipeline/stages/event.ts";
import { sayEvent } from "../../pipeline/stages/event.ts";
import type { Keeper, Parts } from "../../pipeline/stages/parts.ts";
import { repin } from "../../pipeline/stages/repin.ts";
import { aDataset, aFile, temporaryFolder } from "../fakes/parts.ts";
import { blockKey } from "../fakes/pin-service.ts";
import { keeps, partsAmong, type Ran, run, type Surroundings, surroundings, whatIs, worldOf } from "./surroundings.ts";

/** A tree whose leaves hold datasets of these titles, on the home node. */
async function treeOf({ home }: Surroundings, leaves: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(leaves).map(async ([path, title]) => {
    const indents = path.split("/").map((name, depth) => `${"  ".repeat(depth)}${name}:`);
    return `${indents.join("\n")} ${(await aDataset(home, title)).cid}\n`;
  });
  return (await Promise.all(lines)).join("");
}

function done(ran: Ran): Extract<PublishEvent, { event: "published" }> {
  if (ran.failure) throw ran.failure;
  return ran.events.find((event) => event.event === "published")!;
}

function stopped({ failure, events }: Ran): Failure {
  expect(events.some(({ event }) => event === "published")).toBe(false);
  expect(failure).toBeDefined();
  return failure!;
}

const exitOf = ({ kind }: Failure) => kinds[kind].exit;
const releasesIn = async (around: Surroundings) => (await whatIs(around)).releases;
const labelsAt = async (around: Surroundings, service: "mirror" | "dkrz" | "shop") =>
  (await whatIs(around)).pins[service].map((pin) => pin.split(" ")[0]);
const cidOf = (tree: string) => CID.parse(/: (baf\w+)/.exec(tree)![1]!);

/** With one of its services wanted otherwise. */
const changing =
  (name: string, change: (keeper: Keeper) => Keeper) =>
  (parts: Parts): Parts => ({
    ...parts,
    keepers: parts.keepers.map((keeper) => (keeper.name === name ? change(keeper) : keeper)),
  });

describe("a required service that still fetches at the deadline", () => {
  it("stops the publish before the release with exit 4, which says how far each is", async () => {
    const around = await surroundings();
    around.services.dkrz.faults.slow = Number.POSITIVE_INFINITY;
    const failure = stopped(await run(around, await treeOf(around, { radar: "Radar" })));
    expect(exitOf(failure)).toBe(4);
    expect(failure.message).toContain("not pinned where it is required (2 of mirror, dkrz):");
    expect(failure.message).toMatch(/dkrz: \/ is pinning: looked at \d+ times/);
    expect(failure.message).toMatch(/dkrz: portal\/ is pinning/);
    expect(failure.message).toMatch(/dkrz: radar is pinning/);
    expect(failure.message).not.toContain("mirror: ");
    expect(failure.hint).toMatch(/again: it goes on from here/);
    const { releases, writes } = await whatIs(around);
    expect({ releases, writes }).toEqual({ releases: [], writes: { "latest.example.test": [], "example.test": [] } });
  });

  it("is waited for until the deadline of campaign.yaml, and no longer", async () => {
    const around = await surroundings();
    around.services.dkrz.faults.slow = Number.POSITIVE_INFINITY;
    const before = around.clock.now().getTime();
    stopped(await run(around, await treeOf(around, { radar: "Radar" }), { pins: { deadline: 45_000 } }));
    const waited = around.clock.now().getTime() - before;
    expect(waited).toBeGreaterThanOrEqual(45_000);
    expect(waited).toBeLessThan(60_000);
  });

  it("is gone on with by running again: the data is not brought again to whoever keeps it", async () => {
    const around = await surroundings();
    const { dkrz, mirror } = around.services;
    dkrz.faults.slow = Number.POSITIVE_INFINITY;
    const tree = await treeOf(around, { radar: "Radar" });
    stopped(await run(around, tree));
    const wished = [...mirror.wishes.keys()];
    dkrz.faults.slow = 0;
    const again = await run(around, tree);
    expect(done(again).release).toBe(1);
    // The portal's CID is known only once it was made again.
    expect(again.calls.filter((call) => /mirror: (take|pin)/.test(call))).toEqual(["mirror: take", "mirror: pin"]);
    expect([...mirror.wishes.keys()]).toEqual(wished);
    expect(await labelsAt(around, "dkrz")).toEqual(["orcestra/portal@1", "orcestra/radar@1", "orcestra/tree@1"]);
    expect(around.untruths).toEqual([]);
  });

  it("holds nothing up where enough others keep everything", async () => {
    const around = await surroundings();
    around.services.dkrz.faults.slow = Number.POSITIVE_INFINITY;
    const oneOf = { require: { atLeast: 1, of: ["mirror", "dkrz"] } };
    const before = around.clock.now().getTime();
    expect(done(await run(around, await treeOf(around, { radar: "Radar" }), { pins: oneOf })).release).toBe(1);
    expect(around.clock.now().getTime() - before).toBeLessThan(10_000);
  });

  it("is not believed for saying queued or pinning, though its blocks are all there", async () => {
    const around = await surroundings();
    const { dkrz, mirror } = around.services;
    dkrz.faults.slow = Number.POSITIVE_INFINITY;
    const tree = await treeOf(around, { radar: "Radar" });
    stopped(await run(around, tree));
    for (const [key, bytes] of mirror.held) dkrz.held.set(key, bytes);
    expect(exitOf(stopped(await run(around, tree)))).toBe(4);
    expect(await releasesIn(around)).toEqual([]);
  });
});

describe("an optional service", () => {
  it("is asked and not waited for; repin waits for it, and the log stays as it is", async () => {
    const around = await surroundings();
    const { shop } = around.services;
    shop.faults.slow = Number.POSITIVE_INFINITY;
    const tree = await treeOf(around, { "products/radar": "Radar" });
    done(await run(around, tree));
    const leaf = cidOf(tree);
    const before = await releasesIn(around);
    expect([shop.wishes.has(`${leaf}`), await keeps(shop, leaf)]).toEqual([true, false]);

    shop.faults.slow = 5;
    const sights = await repin(await partsAmong(around), worldOf(around));
    expect(sights.filter(({ counts }) => !counts)).toEqual([]);
    expect(await keeps(shop, leaf)).toBe(true);
    expect(await releasesIn(around)).toEqual(before);
  });

  it("that is away stops no publish, is told as such, and is asked by the next one", async () => {
    const around = await surroundings();
    const { shop } = around.services;
    const tree = await treeOf(around, { "products/radar": "Radar" });
    shop.faults.away = true;
    const first = await run(around, tree);
    expect(done(first).release).toBe(1);
    expect(first.events.map(sayEvent)).toContain(
      "not pinned: products/radar at shop: shop: pin: nothing answers there",
    );
    shop.faults.away = false;
    expect(done(await run(around, tree))).toMatchObject({ release: 1, changed: true });
    expect(await labelsAt(around, "shop")).toEqual(["orcestra/products/radar@1"]);
  });

  it("that is missing something is a repin that fails with exit 4, after everybody else has it", async () => {
    const around = await surroundings();
    const tree = await treeOf(around, { "products/radar": "Radar" });
    done(await run(around, tree));
    const { mirror, dkrz } = around.services;
    await mirror.unpin(cidOf(tree), worldOf(around));
    dkrz.faults.away = true;
    const parts = await partsAmong(around);
    const said: object[] = [];
    const out = { json: true, result: (data: object) => void said.push(data), bytes: async () => {} };
    const call = { args: [], flags: {}, out, env: {}, cwd: "/", folder: () => "/", world: worldOf(around) };
    const repinning = repinVerb.run({ ...call, campaign: async () => ({ ...parts, close: async () => {} }) });
    await expect(repinning).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("dkrz") });
    expect(await keeps(mirror, cidOf(tree))).toBe(true);
    expect(said.at(-1)).toEqual({ event: "repinned", pins: 7, missing: 3 });
  });
});

describe("a service that says pinned", () => {
  it("and lacks blocks is named as lying, with the CID that is missing", async () => {
    const around = await surroundings();
    around.services.dkrz.faults.lies = true;
    const tree = await treeOf(around, { radar: "Radar" });
    const ran = await run(around, tree);
    const failure = stopped(ran);
    const root = ran.events.find((event) => event.event === "pin" && event.path === "/") as { cid: string };
    const lines = failure.message.split("\n");
    expect(lines.find((line) => line.includes("dkrz: / is lying"))).toContain(root.cid);
    expect(lines.find((line) => line.includes("dkrz: radar is lying"))).toContain(`${cidOf(tree)}`);
    expect(await releasesIn(around)).toEqual([]);
  });

  it("and lost a block since is seen to, and brought what it lacks", async () => {
    const around = await surroundings();
    const { mirror } = around.services;
    const tree = await treeOf(around, { radar: "Radar" });
    done(await run(around, tree, { pins: { sample: 100 } }));
    const { cid: video } = await aFile(around.home, "video of Radar");
    mirror.held.delete(blockKey(video));
    const again = await run(around, tree, { pins: { sample: 100 } });
    expect(done(again)).toMatchObject({ release: 1, changed: true });
    expect(mirror.held.has(blockKey(video))).toBe(true);
  });

  it("of the release before, and has lost a part of it that nobody looks at, is brought everything", async () => {
    const around = await surroundings();
    const { mirror } = around.services;
    const pins = { sample: 0 };
    const sondes = await treeOf(around, { sondes: "Sondes" });
    done(await run(around, `${await treeOf(around, { radar: "Radar" })}${sondes}`, { pins }));
    const { cid: video } = await aFile(around.home, "video of Sondes");
    mirror.held.delete(blockKey(video));
    const next = `${await treeOf(around, { radar: "Better radar" })}${sondes}`;
    const failure = stopped(await run(around, next, { pins }));
    expect(failure.message).toContain(`mirror: / is failed: ${video} is out of reach`);
    expect(done(await run(around, next, { pins })).release).toBe(2);
    expect(mirror.held.has(blockKey(video))).toBe(true);
  });

  it("and can't be looked at counts only where campaign.yaml says trust: word, and is shown as saying so", async () => {
    const blind = (trusted: boolean) => changing("dkrz", ({ look: _, ...keeper }) => ({ ...keeper, trusted }));
    const doubting = await surroundings();
    const failure = stopped(await run(doubting, await treeOf(doubting, { radar: "Radar" }), { change: blind(false) }));
    expect(failure.message).toMatch(/dkrz: radar is pinned: it says so, and there is no way to look.*trust: word/);
    expect(await releasesIn(doubting)).toEqual([]);

    const trusting = await surroundings();
    const ran = await run(trusting, await treeOf(trusting, { radar: "Radar" }), { change: blind(true) });
    expect(done(ran).release).toBe(1);
    const seenAt = (name: string) =>
      ran.events.flatMap((event) => (event.event === "pin" && event.service === name ? [event.seen] : []));
    expect(seenAt("dkrz")).toEqual(["says so", "says so", "says so"]);
    expect(seenAt("mirror")).toEqual(["retrieved", "retrieved", "retrieved"]);
  });
});

describe("what is kept", () => {
  it("is the tree, the portal and each leaf, labelled with its path and release, chained to what was there before", async () => {
    const around = await surroundings();
    const { mirror, dkrz } = around.services;
    const first = done(await run(around, await treeOf(around, { radar: "Radar", sondes: "Sondes" })));
    const old = await treeOf(around, { radar: "Radar" });
    const next = await treeOf(around, { radar: "Better radar" });
    done(await run(around, `${next}${await treeOf(around, { sondes: "Sondes" })}`));
    for (const { wishes } of [mirror, dkrz]) {
      const chained = [...wishes.values()].map(({ label, previous }) => [label, previous?.toString()]);
      expect(Object.fromEntries(chained)).toEqual({
        "orcestra/tree@1": undefined,
        "orcestra/portal@1": undefined,
        "orcestra/radar@1": undefined,
        "orcestra/sondes@1": undefined,
        "orcestra/tree@2": first.root,
        "orcestra/portal@2": first.portal,
        "orcestra/radar@2": `${cidOf(old)}`,
      });
    }
  });

  it("is never a release: its link to the one before would have services keep every tree there ever was", async () => {
    const around = await surroundings();
    const heads = [];
    for (const title of ["one", "two"])
      heads.push(done(await run(around, await treeOf(around, { radar: title }))).head);
    for (const { wishes } of Object.values(around.services)) {
      expect(heads.filter((head) => wishes.has(head))).toEqual([]);
    }
  });

  it("is said to come from this node, and from where a leaf's comment says that it is", async () => {
    const here = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    const theirs = "/dns4/halo.example.org/tcp/4001/p2p/12D3KooWBbpY2p5Ks3gYWSN8xFFi2DVFCnnqsTRVcCLCpHqoGQZQ";
    const around = await surroundings({ addresses: [here] });
    const radar = await treeOf(around, { "products/radar": "Radar" });
    const tree = `${radar.trimEnd()} # ask Anna; ${theirs}, until May\n${await treeOf(around, { sondes: "Sondes" })}`;
    done(await run(around, tree));
    for (const { name, wishes } of Object.values(around.services)) {
      for (const { label, origins } of wishes.values()) {
        expect(origins, `${name}: ${label}`).toEqual(label.includes("radar") ? [here, theirs] : [here]);
      }
    }
  });

  it("comes to those who fetch from those who were brought it, where this node has no address", async () => {
    const around = await surroundings();
    done(await run(around, await treeOf(around, { "products/radar": "Radar" })));
    const { mirror, dkrz, shop } = around.services;
    const addresses = await mirror.addresses(worldOf(around));
    for (const { wishes } of [dkrz, shop]) {
      expect([...wishes.values()].map(({ origins }) => origins)).toEqual([...wishes].map(() => addresses));
    }
    expect([...mirror.wishes.values()].flatMap(({ origins }) => origins)).toEqual([]);
  });

  it("is brought once: a second release sends what is new in it, and nothing of the leaf that stays", async () => {
    const around = await surroundings();
    const { mirror } = around.services;
    const sondes = await treeOf(around, { sondes: "Sondes" });
    done(await run(around, `${await treeOf(around, { radar: "Radar" })}${sondes}`));
    mirror.brought.length = 0;
    done(await run(around, `${await treeOf(around, { radar: "Better radar" })}${sondes}`));
    expect(mirror.brought).not.toContain(blockKey(cidOf(sondes)));
    expect(mirror.brought).not.toContain(blockKey((await aFile(around.home, "video of Sondes")).cid));
    expect(mirror.brought).toContain(blockKey((await aFile(around.home, "video of Better radar")).cid));
  });
});

describe("a service that keeps a part", () => {
  const config = (more: string) => `campaign: orcestra
node: kubo
pins:
  require: 1 of [mirror]
  services:
    - { name: mirror, kind: kubo, api: "http://127.0.0.1:1" }
    - { name: shop, kind: psa, endpoint: "http://127.0.0.1:1", token: SHOP_TOKEN, trust: word, ${more} }
`;

  it.each([
    ["by path", 'only: ["products/**", "raw/*.nc"]', ["products/a/radar", "raw/large.nc", "raw/small.nc"]],
    ["by size", "largest: 1 kB", ["products/a/radar", "raw/deep/small.nc", "raw/small.nc"]],
    ["by both", 'only: ["products/**"], largest: 1 kB', ["products/a/radar"]],
  ])("%s gets those leaves, and neither the tree nor the portal", async (_, how, leaves) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "campaign.yaml"), config(how));
    const around = await surroundings();
    const campaign = await openCampaign(folder, { SHOP_TOKEN: "canary" }, worldOf(around));
    const { wants, whole } = campaign.keepers.find(({ name }) => name === "shop")!;
    await campaign.close();
    const file = async (text: string) => (await aFile(around.home, text)).cid;
    const raw = `  small.nc: ${await file("1")}\n  large.nc: ${await file("x".repeat(2000))}\n  deep:\n    small.nc: ${await file("2")}\n`;
    const tree = `${await treeOf(around, { "products/a/radar": "Radar" })}raw:\n${raw}`;
    done(await run(around, tree, { change: changing("shop", (keeper) => ({ ...keeper, wants, whole })) }));
    expect(await labelsAt(around, "shop")).toEqual(leaves.map((path) => `orcestra/${path}@1`));
    expect(await labelsAt(around, "mirror")).toContain("orcestra/tree@1");
  });
});

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
    let [name] = (await partsAmong(around)).announced;
    const pointing = (parts: Parts): Parts => {
      name = { ...parts.announced[0]!, to: "tree@1" };
      return { ...parts, announced: [name] };
    };
    await publishFour(around, { keep: { releases: 1 }, extra }, pointing);
    expect(await labelsAt(around, "mirror")).toEqual(labels(...of(1, 4), "cited", "sondes@1", "sondes@3"));
    expect(await atHome(around)).toEqual(labels("portal@1", "portal@4", "tree@1", "tree@4"));
  });
});
