/**
 * The outage table: every call that a publish makes outward × everything that can happen to it × run again.
 *
 * Whatever happens to one call, the run either publishes or says why it didn't, and is true in both cases; running again
 * an hour later leaves what a publish without trouble leaves, to the last pin.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Trouble, troubles } from "../../fakes/calls.ts";
import { aDataset } from "../../fakes/parts.ts";
import { done, type Ran, run, type Surroundings, surroundings, whatIs } from "../surroundings.ts";

const domains = ["latest.example.test", "example.test"];

const calls = [
  "lease: take",
  "log: head",
  ...["mirror: status", "mirror: look", "mirror: take", "mirror: pin", "mirror: unpin", "mirror: addresses"],
  ...["dkrz: status", "dkrz: look", "dkrz: pin", "dkrz: unpin"],
  ...["shop: status", "shop: pin", "shop: unpin"],
  "log: append",
  ...domains.flatMap((domain) => ["read", "write", "ask ns1", "ask ns2"].map((what) => `${domain}: ${what}`)),
  "lease: release",
];

/** What the log says is held against CIDs, and nobody depends on an address. */
const canNotLie = ["log: head", "mirror: addresses"];

/** Only the newest release stays pinned, so that pins are let go of as well. */
const pins = { keep: { releases: 1 } };

/** Release 1 is out; what is to be release 2. */
async function aCampaign(): Promise<{ around: Surroundings; next: string }> {
  const around = await surroundings();
  const { home } = around;
  const [same, old, next] = [await aDataset(home, "same"), await aDataset(home, "old"), await aDataset(home, "next")];
  const tree = (changed: typeof next) => `products:\n  radar: ${changed.cid}\nsondes: ${same.cid}\n`;
  done(await run(around, tree(old), { pins }));
  return { around, next: tree(next) };
}

/** A publish that nothing happens to: what it calls, and what is there afterwards. */
let good: Promise<Ran & { readonly leaves: Awaited<ReturnType<typeof whatIs>> }> | undefined;
function withoutTrouble() {
  good ??= (async () => {
    const { around, next } = await aCampaign();
    const ran = await run(around, next, { pins });
    return { ...ran, leaves: await whatIs(around) };
  })();
  return good;
}

const timesOf = (ran: Ran, name: string) => ran.calls.filter((call) => call === name).length;
const published = ({ events }: Ran) => events.some(({ event }) => event === "published");

describe("a publish without trouble", () => {
  it("makes the calls of this table, and no other", async () => {
    expect([...new Set((await withoutTrouble()).calls)].sort()).toEqual([...calls].sort());
  });

  it("leaves two releases, each name written once for each, and a pin for each request of the newest", async () => {
    const { leaves, failure } = await withoutTrouble();
    expect(failure).toBeUndefined();
    expect(leaves.releases).toHaveLength(2);
    for (const domain of domains) expect(leaves.writes[domain]).toHaveLength(2);
    const labels = (pins: readonly string[]) => pins.map((pin) => pin.split(" ")[0]);
    expect(labels(leaves.pins.mirror)).toEqual([
      "orcestra/portal@2",
      "orcestra/products/radar@2",
      "orcestra/sondes@1",
      "orcestra/tree@2",
    ]);
    expect(leaves.pins.dkrz).toEqual(leaves.pins.mirror);
    expect(labels(leaves.pins.shop)).toEqual(["orcestra/products/radar@2"]);
  });
});

describe.each(calls)("%s", (name) => {
  it.each(troubles.filter((trouble) => trouble !== "a lie" || !canNotLie.includes(name)))(
    "%s: the run is true all the same, and running again leaves what no trouble would have",
    async (trouble) => {
      const times = timesOf(await withoutTrouble(), name);
      expect(times).toBeGreaterThan(0);
      for (let nth = 0; nth < times; nth++) await survives({ name, nth, trouble });
    },
  );
});

it("whatever happens to run after run, the first that nothing happens to finishes", async () => {
  const { leaves } = await withoutTrouble();
  const wrong = fc.record({
    name: fc.constantFrom(...calls),
    nth: fc.nat({ max: 3 }),
    trouble: fc.constantFrom(...troubles),
  });
  const unlucky = fc.asyncProperty(fc.array(wrong, { minLength: 2, maxLength: 5 }), async (all) => {
    const { around, next } = await aCampaign();
    for (const zone of around.zones) zone.lie = leaves.writes[zone.domain]!.at(-1);
    for (const each of all) {
      const ran = await run(around, next, { pins, wrong: each });
      expect(published(ran)).toBe(ran.failure === undefined);
      around.clock.pass(3_600_000);
    }
    done(await run(around, next, { pins }));
    expect(await whatIs(around)).toEqual(leaves);
    expect(around.untruths).toEqual([]);
  });
  await fc.assert(unlucky, { numRuns: 30 });
});

async function survives(wrong: { name: string; nth: number; trouble: Trouble }): Promise<void> {
  const { leaves } = await withoutTrouble();
  const { around, next } = await aCampaign();
  for (const zone of around.zones) zone.lie = leaves.writes[zone.domain]!.at(-1);
  const which = `call ${wrong.nth} of ${wrong.name}`;

  const first = await run(around, next, { pins, wrong });
  expect(first.calls.filter((call) => call === wrong.name).length, `${which} was made`).toBeGreaterThan(wrong.nth);
  expect(published(first), which).toBe(first.failure === undefined);
  if (first.failure)
    expect(["unavailable", "conflict"], `${which}: ${first.failure.message}`).toContain(first.failure.kind);
  else expect(await whatIs(around), `${which}, published`).toMatchObject(promised(leaves));

  around.clock.pass(3_600_000);
  const again = await run(around, next, { pins });
  expect(again.failure, `${which}, run again`).toBeUndefined();
  expect(await whatIs(around), `${which}, run again`).toEqual(leaves);
  expect(around.untruths, which).toEqual([]);
}

/** What has to be so when a run says `published`. Nobody requires the shop, and letting go can wait. */
function promised({ pins: { mirror, dkrz }, releases, writes }: Awaited<ReturnType<typeof whatIs>>) {
  return { releases, writes, pins: { mirror: expect.arrayContaining(mirror), dkrz: expect.arrayContaining(dkrz) } };
}
