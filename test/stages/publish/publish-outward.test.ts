/** What publishing promises of services and names, each promise by itself: all parts in memory, none of them believed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openCampaign } from "../../../pipeline/campaign/campaign.ts";
import { repin as repinVerb } from "../../../pipeline/commands/repin.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import { pemOf, privateKeyOf, publicName } from "../../../pipeline/core/key.ts";
import { formatEvent } from "../../../pipeline/stages/event.ts";
import type { ConfiguredPinService, Parts } from "../../../pipeline/stages/parts.ts";
import { repin } from "../../../pipeline/stages/pins/repin.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { aFile, temporaryFolder } from "../../fakes/parts.ts";
import { blockKey } from "../../fakes/pin-service.ts";
import { testWorld } from "../../fakes/world.ts";
import type { Zone } from "../../fakes/zone.ts";
import {
  called,
  cidOf,
  done,
  exitOf,
  keeps,
  labelsAt,
  partsAmong,
  releasesIn,
  run,
  type Surroundings,
  stopped,
  surroundings,
  treeOf,
  whatIs,
  worldOf,
} from "../surroundings.ts";

/** ms that pass on its clock while `work` is done. */
async function timeOf({ clock }: Surroundings, work: () => Promise<unknown>): Promise<number> {
  const before = clock.now().getTime();
  await work();
  return clock.now().getTime() - before;
}

/** With one of its services wanted otherwise. */
const changing =
  (name: string, change: (keeper: ConfiguredPinService) => ConfiguredPinService) =>
  (parts: Parts): Parts => ({
    ...parts,
    pinServices: parts.pinServices.map((keeper) => (keeper.name === name ? change(keeper) : keeper)),
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
    const tree = await treeOf(around, { radar: "Radar" });
    const waited = await timeOf(around, async () => stopped(await run(around, tree, { pins: { deadline: 45_000 } })));
    expect(waited).toBeGreaterThanOrEqual(45_000);
    expect(waited).toBeLessThan(60_000);
  });

  it("is resumed by running again: a service that has the data is not sent it again", async () => {
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
    const tree = await treeOf(around, { radar: "Radar" });
    expect(await timeOf(around, async () => done(await run(around, tree, { pins: oneOf })))).toBeLessThan(10_000);
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

  it("that is down stops no publish, is reported as down, and is asked by the next one", async () => {
    const around = await surroundings();
    const { shop } = around.services;
    const tree = await treeOf(around, { "products/radar": "Radar" });
    shop.faults.away = true;
    const first = await run(around, tree);
    expect(done(first).release).toBe(1);
    expect(first.events.map(formatEvent)).toContain(
      "not pinned: products/radar at shop: shop: pin: nothing answers there",
    );
    shop.faults.away = false;
    expect(done(await run(around, tree))).toMatchObject({ release: 1, changed: true });
    expect(await labelsAt(around, "shop")).toEqual(["orcestra/products/radar@1"]);
  });

  it("that still fetches does not delay the failure of a required one that is down", async () => {
    const around = await surroundings();
    const { dkrz, shop } = around.services;
    dkrz.faults.away = true;
    shop.faults.slow = Number.POSITIVE_INFINITY;
    const tree = await treeOf(around, { "products/radar": "Radar" });
    const waited = await timeOf(around, async () => {
      expect(stopped(await run(around, tree)).message).toContain("dkrz: / ");
    });
    expect(waited).toBeLessThan(10_000);
  });

  it("that is missing something makes repin fail with exit 4, after every other service has it", async () => {
    const around = await surroundings();
    const tree = await treeOf(around, { "products/radar": "Radar" });
    done(await run(around, tree));
    const { mirror, dkrz } = around.services;
    await mirror.unpin(cidOf(tree), worldOf(around));
    dkrz.faults.away = true;
    const { failure, said } = await called(around, repinVerb);
    expect(failure).toMatchObject({ kind: "unavailable", message: expect.stringContaining("dkrz") });
    expect(await keeps(mirror, cidOf(tree))).toBe(true);
    expect(said.at(-1)).toEqual({ event: "repinned", pins: 7, missing: 3 });
  });
});

describe("a service that says pinned", () => {
  it("and lacks blocks is reported as unverified, with the CID that is missing", async () => {
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

  it("of the release before, and has lost a part of it that is not checked, is sent everything", async () => {
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
    const blind = (trusted: boolean) => changing("dkrz", ({ retrieve: _, ...keeper }) => ({ ...keeper, trusted }));
    const doubting = await surroundings();
    const tree = await treeOf(doubting, { radar: "Radar" });
    const waited = await timeOf(doubting, async () => {
      const { message } = stopped(await run(doubting, tree, { change: blind(false) }));
      expect(message).toMatch(/dkrz: radar is pinned: it reports pinned, and nothing can verify that.*trust: word/);
    });
    expect(waited).toBeLessThan(10_000);
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

  it("has this node as origin, and the address in a leaf's comment", async () => {
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
    const { accepts: shouldVisit, pinsEverything: whole } = campaign.pinServices.find(({ name }) => name === "shop")!;
    await campaign.close();
    const file = async (text: string) => (await aFile(around.home, text)).cid;
    const raw = `  small.nc: ${await file("1")}\n  large.nc: ${await file("x".repeat(2000))}\n  deep:\n    small.nc: ${await file("2")}\n`;
    const tree = `${await treeOf(around, { "products/a/radar": "Radar" })}raw:\n${raw}`;
    done(
      await run(around, tree, {
        change: changing("shop", (keeper) => ({ ...keeper, accepts: shouldVisit, pinsEverything: whole })),
      }),
    );
    expect(await labelsAt(around, "shop")).toEqual(leaves.map((path) => `orcestra/${path}@1`));
    expect(await labelsAt(around, "mirror")).toContain("orcestra/tree@1");
  });
});

describe("a name", () => {
  it("is read back from every server: one that never follows is named, the release is live, and nothing is written twice", async () => {
    const around = await surroundings();
    const [latest] = around.zones as [Zone];
    latest.lag = Number.POSITIVE_INFINITY;
    const tree = await treeOf(around, { radar: "Radar" });
    const first = await run(around, tree);
    const failure = stopped(first);
    expect(exitOf(failure)).toBe(4);
    expect(failure.message).toContain("latest.example.test: ");
    expect(failure.message).toContain("ns2 has no record");
    expect(failure.message).not.toContain("ns1");
    expect(first.events.filter(({ event }) => event === "announced")).toMatchObject([{ name: "example.test" }]);
    expect(await releasesIn(around)).toHaveLength(1);

    expect(exitOf(stopped(await run(around, tree)))).toBe(4);
    latest.behind = 0;
    const again = done(await run(around, tree));
    expect(again.release).toBe(1);
    expect(latest.writes).toEqual([`/ipfs/${again.root}`]);
  });

  it("is waited for until its deadline in campaign.yaml, and no longer", async () => {
    const around = await surroundings();
    around.zones[0]!.lag = Number.POSITIVE_INFINITY;
    const tree = await treeOf(around, { radar: "Radar" });
    const waited = await timeOf(around, async () => stopped(await run(around, tree)));
    expect(waited).toBeGreaterThanOrEqual(60_000);
    expect(waited).toBeLessThan(75_000);
  });

  it("that another writer changed meanwhile stays as it is, and the other names are announced all the same", async () => {
    const around = await surroundings();
    const [latest, portal] = around.zones as [Zone, Zone];
    done(await run(around, await treeOf(around, { radar: "Radar" })));
    const theirs = "dnslink=/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    const next = await treeOf(around, { radar: "Better radar" });
    const moving = (parts: Parts): Parts => ({
      ...parts,
      log: {
        ...parts.log,
        async append(...given) {
          latest.kept = { ttl: 60, values: [theirs] };
          return parts.log.append(...given);
        },
      },
    });
    expect(exitOf(stopped(await run(around, next, { change: moving })))).toBe(5);
    expect(latest.kept?.values).toEqual([theirs]);
    expect(portal.writes).toHaveLength(2);
  });

  it("is written only where it says something else", async () => {
    const around = await surroundings();
    const tree = await treeOf(around, { radar: "Radar" });
    done(await run(around, tree));
    const renamed = (parts: Parts) => ({
      ...parts,
      madeWith: { ...parts.madeWith, campaign: "renamed" },
      facts: { ...parts.facts, title: "Renamed" },
    });
    done(await run(around, tree, { change: renamed }));
    expect(around.zones.map(({ writes }) => writes.length)).toEqual([1, 2]);
  });
});

describe("a lease that is broken while its holder works", () => {
  it("ends the work before the release", async () => {
    const around = await surroundings();
    const { dkrz } = around.services;
    const { pin } = dkrz;
    vi.spyOn(dkrz, "pin").mockImplementation((wish, world) => {
      around.lease.lose();
      return pin(wish, world);
    });
    const failure = stopped(await run(around, await treeOf(around, { radar: "Radar" })));
    expect(exitOf(failure)).toBe(5);
    expect(failure.message).toMatch(/^the lease taken at .* for publishing was broken$/);
    expect(await releasesIn(around)).toEqual([]);
    expect(around.zones.flatMap(({ writes }) => writes)).toEqual([]);
  });

  it("ends the work after the release as well: nothing is announced, until it is run again", async () => {
    const around = await surroundings();
    const tree = await treeOf(around, { radar: "Radar" });
    const losing = (parts: Parts): Parts => ({
      ...parts,
      log: {
        ...parts.log,
        async append(...given) {
          const head = await parts.log.append(...given);
          around.lease.lose();
          return head;
        },
      },
    });
    expect(exitOf(stopped(await run(around, tree, { change: losing })))).toBe(5);
    expect(await releasesIn(around)).toHaveLength(1);
    expect(around.zones.flatMap(({ writes }) => writes)).toEqual([]);
    done(await run(around, tree));
    expect(await releasesIn(around)).toHaveLength(1);
    expect(around.zones.map(({ writes }) => writes.length)).toEqual([1, 1]);
  });
});

describe("before anything starts", async () => {
  const key = await privateKeyOf(new Uint8Array(32).fill(7));
  const outward = `campaign: orcestra
node: { kind: kubo, api: "http://127.0.0.1:1" }
pins:
  services:
    - { name: mirror, kind: kubo, api: "http://127.0.0.1:1", token: MIRROR_TOKEN }
    - { name: dkrz, kind: cluster, api: "http://127.0.0.1:1", token: CLUSTER_LOGIN, gateway: "http://127.0.0.1:1" }
    - { name: shop, kind: psa, endpoint: "http://127.0.0.1:1", token: SHOP_TOKEN, trust: word }
    - { name: pinata, kind: pinata, endpoint: "http://127.0.0.1:1", token: PINATA_JWT, trust: word }
names:
  - { domain: latest.example.test, to: tree, provider: { kind: rfc2136, server: "127.0.0.1:1", key: DNS_KEY } }
  - { domain: example.test, to: portal, provider: { kind: desec, token: DESEC_TOKEN } }
  - { ipns: CAMPAIGN_KEY, to: portal, key: ${publicName(key.publicKey)} }
log: { kind: local, key: LOG_KEY }
`;
  const env: Readonly<Record<string, string>> = {
    MIRROR_TOKEN: "canary",
    CLUSTER_LOGIN: "user:canary",
    SHOP_TOKEN: "canary",
    PINATA_JWT: "canary",
    DNS_KEY: "hmac-sha256:name:c2VjcmV0LWNhbmFyeQ==",
    DESEC_TOKEN: "canary",
    CAMPAIGN_KEY: pemOf(key),
    LOG_KEY: pemOf(key),
  };

  /** What publishing says to this campaign.yaml, where nothing outside answers. */
  const refusal = async (config: string, env: Readonly<Record<string, string>>): Promise<Failure> => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "campaign.yaml"), config);
    const world = testWorld({ fetch: () => Promise.reject(new Error("somebody was asked")) });
    try {
      const campaign = await openCampaign(folder, env, world);
      onTestFinished(() => campaign.close());
      for await (const { event } of publish(new Uint8Array(), campaign, { strict: false }, world)) expect.fail(event);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    return expect.fail("published");
  };

  it.each(Object.keys(env))("a secret that is not set is named at its line: %s", async (secret) => {
    const { [secret]: _, ...rest } = env;
    const failure = await refusal(outward, rest);
    const line = outward.split("\n").findIndex((text) => text.includes(secret)) + 1;
    expect(exitOf(failure)).toBe(2);
    expect(failure.message).toBe(
      `campaign.yaml:${line}: takes a secret from the environment variable ${secret}, which is not set`,
    );
  });

  it("an unknown kind of service is named at its line, with those that there are", async () => {
    const failure = await refusal(outward.replace("kind: psa", "kind: psi"), env);
    expect([failure.kind, failure.message]).toEqual([
      "input",
      expect.stringMatching(/^campaign\.yaml:7:\d+: .*kubo, cluster, psa or pinata/),
    ]);
  });

  it("a node without peers and services that only fetch is refused, with what would do", async () => {
    const fetching = outward.replace(/node: .*/, "node: embedded").replace(/.*kind: (kubo|cluster).*\n/g, "");
    const failure = await refusal(fetching, env);
    expect(failure.kind).toBe("input");
    expect(failure.message).toMatch(
      /only services that fetch, and the embedded node has no peers.*add a Kubo or a Cluster/,
    );
  });
});
