/**
 * A campaign and everything it publishes to, in memory: a mirror that is brought blocks, a service that fetches from it,
 * a shop that keeps a part and is taken at its word, two domains, a log and its lease.
 *
 * What is true of it is asked of the services themselves, never of what a run says. Every call that a run makes outward
 * passes through `calls`; what it leaves behind stays for the next run.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { expect } from "vitest";
import { plain } from "../../pipeline/cli/print/colour.ts";
import { withLease } from "../../pipeline/cli/publishing/with-lease.ts";
import type { Call, Verb } from "../../pipeline/cli/verb.ts";
import { Failure, kinds } from "../../pipeline/core/failure.ts";
import type { World } from "../../pipeline/core/world.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { releasesFrom } from "../../pipeline/log/chain.ts";
import type { Lease, Leases } from "../../pipeline/log/lease.ts";
import { leaseLost, leaseTaken } from "../../pipeline/log/lease-message.ts";
import { localLog } from "../../pipeline/log/local.ts";
import type { ReleaseLog } from "../../pipeline/log/log.ts";
import { releaseBlock } from "../../pipeline/log/release.ts";
import type { PublishEvent } from "../../pipeline/stages/event.ts";
import type { ConfiguredPinService, Parts } from "../../pipeline/stages/parts.ts";
import { type PublishOptions, publish } from "../../pipeline/stages/publish/publish.ts";
import { type Calls, calledPins, callsOutward, type Trouble } from "../fakes/calls.ts";
import { type Clock, stoppedClock } from "../fakes/clock.ts";
import { type FakeHome, fakeHome } from "../fakes/home.ts";
import { aDataset, campaignOf, someParts, temporaryFolder } from "../fakes/parts.ts";
import { type FakePins, fakePins } from "../fakes/pin-service.ts";
import { aZone, nameIn, type Zone } from "../fakes/zone.ts";

export interface Surroundings {
  readonly home: FakeHome;
  readonly state: string;
  readonly clock: Clock;
  readonly services: Readonly<Record<"mirror" | "dkrz" | "shop", FakePins>>;
  readonly zones: readonly Zone[];
  readonly lease: {
    held: Lease | undefined;
    /** Take it away from whoever has it. */
    lose: () => void;
  };
  /** Where others can fetch from the home node; the embedded one has no such address. */
  readonly addresses: readonly string[];
  /** What was released or announced though it was not kept where it is required, in words. */
  readonly untruths: string[];
}

export interface Ran {
  readonly events: readonly PublishEvent[];
  /** Why it stopped; absent where it published. */
  readonly failure?: Failure;
  readonly calls: readonly string[];
  readonly lines: readonly string[];
}

/** `addresses`: those of a home node that has peers, and whose blocks everybody can then fetch. */
export async function surroundings({ addresses = [] }: { addresses?: readonly string[] } = {}): Promise<Surroundings> {
  const home = fakeHome();
  const mirror = fakePins("mirror", {}, addresses.length > 0 ? home.blocks : undefined);
  // Without an address of the home node, the others fetch from the one that the blocks are sent to.
  const reachable = addresses.length > 0 ? home.blocks : mirror.held;
  return {
    home,
    addresses,
    state: await temporaryFolder(),
    clock: stoppedClock(),
    services: { mirror, dkrz: fakePins("dkrz", { slow: 1 }, reachable), shop: fakePins("shop", {}, reachable) },
    zones: [aZone("latest.example.test"), aZone("example.test")],
    lease: { held: undefined, lose: () => {} },
    untruths: [],
  };
}

/** Publish `tree`, as a new process would, under the campaign's lease. */
export async function run(
  around: Surroundings,
  tree: string,
  options: Partial<PublishOptions> & {
    readonly wrong?: { readonly name: string; readonly nth: number; readonly trouble: Trouble };
    readonly pins?: Partial<Parts["pins"]>;
    readonly change?: (parts: Parts) => Parts | Promise<Parts>;
  } = {},
): Promise<Ran> {
  const { wrong, pins, change = (same) => same, ...publishing } = options;
  const calls = callsOutward(around.clock, wrong);
  const parts = await change(await partsAmong(around, calls, pins));
  const lines: string[] = [];
  const world = worldOf(around, lines);
  const events: PublishEvent[] = [];
  try {
    await withLease(campaignOf(parts), "publishing", world, async (world) => {
      const bytes = new TextEncoder().encode(tree);
      for await (const event of publish(bytes, parts, { strict: false, ...publishing }, world)) events.push(event);
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { events, failure: error, calls: calls.made, lines };
  }
  return { events, calls: calls.made, lines };
}

/** The parts of a new process, with everything outward passing through `calls`. */
export async function partsAmong(
  around: Surroundings,
  calls: Calls = callsOutward(around.clock),
  pins: Partial<Parts["pins"]> = {},
): Promise<Parts> {
  const { home, state, services, zones } = around;
  const keeper = (service: FakePins, more: Partial<ConfiguredPinService> = {}): ConfiguredPinService => {
    const { take, ...fetching } = service;
    const called = calledPins(service.name === "mirror" ? service : fetching, calls);
    return {
      name: service.name,
      kind: "fake",
      trusted: false,
      pinsEverything: true,
      accepts: () => true,
      open: () => called,
      retrieve: (cid, world) =>
        calls.through(
          `${service.name}: look`,
          () => service.block(cid),
          world,
          () => home.blocks.get(Buffer.from(cid.multihash.bytes).toString("hex")),
        ),
      ...more,
    };
  };
  const { retrieve: _, ...shop } = keeper(services.shop, {
    pinsEverything: false,
    trusted: true,
    accepts: (path) => path.startsWith("products/"),
  });
  const parts = await someParts({
    home,
    state,
    pinServices: [keeper(services.mirror), keeper(services.dkrz), shop],
    pins: { require: { atLeast: 2, of: ["mirror", "dkrz"] }, sample: 1, ...pins },
    names: zones.map((zone) => {
      const name = nameIn(zone, calls, (value) => assertTrue(around, value));
      const to = { of: zone.domain.startsWith("latest.") ? ("tree" as const) : ("portal" as const), path: "" };
      return { name: zone.domain, kind: "dnslink", to, deadline: 60_000, open: () => name };
    }),
  });
  return {
    ...parts,
    log: logAmong(around, parts.log, calls),
    origins: async () => around.addresses,
    sourceDateEpoch: new Date(0),
  };
}

export function worldOf({ clock }: Surroundings, lines: string[] = []): World {
  return {
    fetch: () => Promise.reject(new Error("nothing here goes over a network")),
    now: clock.now,
    sleep: async (ms) => clock.pass(ms),
    log: (line) => void lines.push(line),
    progress: () => {},
    signal: new AbortController().signal,
  };
}

function logAmong(around: Surroundings, log: ReleaseLog, calls: Calls): ReleaseLog {
  return {
    ...log,
    head: (world) => calls.through("log: head", () => log.head(world), world),
    append(release, expected, world, added) {
      const act = async () => {
        for (const cid of [release.root, release.portal]) await assertTrue(around, `/ipfs/${cid}`, "released");
        return log.append(release, expected, world, added);
      };
      return calls.through("log: append", act, world, () => ({ cid: releaseBlock(release).cid, release }));
    },
    leases: leasesAmong(around, calls),
  };
}

/** ms for which a lease counts that nobody renews. */
const term = 600_000;

function leasesAmong({ lease, clock }: Surroundings, calls: Calls): Leases {
  return {
    show: async () => lease.held,
    break: async () => lease.held,
    async take(what, world) {
      const now = clock.now();
      const until = new Date(now.getTime() + term).toISOString();
      const ours = { id: randomUUID(), holder: "a test", what, since: now.toISOString(), until };
      const lost = new AbortController();
      const held = {
        lease: ours,
        lost: lost.signal,
        release: async () => {
          const giveBack = async () => {
            if (lease.held?.id === ours.id) lease.held = undefined;
          };
          // One that can't be given back ends by itself.
          await calls.through("lease: release", giveBack, world, () => {}).catch(() => {});
        },
      };
      const take = async () => {
        if (lease.held && Date.parse(lease.held.until!) > now.getTime()) throw leaseTaken(lease.held);
        lease.held = ours;
        lease.lose = () => {
          lease.held = undefined;
          lost.abort(leaseLost(ours, "was broken"));
        };
        return held;
      };
      return calls.through("lease: take", take, world, () => held);
    },
  };
}

/** Note it where what `value` names is not kept by every service that is required. */
async function assertTrue({ services, untruths }: Surroundings, value: string, what = "announced"): Promise<void> {
  const cid = CID.parse(value.split("/")[2]!);
  for (const service of [services.mirror, services.dkrz]) {
    if (!(await keeps(service, cid))) untruths.push(`${what} though not kept at ${service.name}: ${value}`);
  }
}

/** Whether a service truly keeps everything below `cid`. */
export async function keeps({ wishes, block }: FakePins, cid: CID): Promise<boolean> {
  const get = async (each: CID) => {
    const bytes = await block(each);
    if (!bytes) throw new Failure("unavailable", "not there");
    return bytes;
  };
  try {
    for await (const _ of walk(cid, get, { scope: "all" }));
    return wishes.has(cid.toString());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}

/** Everything that publishing left anywhere, in words that two runs can be compared by. */
export async function whatIs(around: Surroundings) {
  const { home, state, services, zones } = around;
  const log = localLog(join(state, "log", "head"), home);
  const world = worldOf(around);
  const releases: string[] = [];
  for await (const { cid, release } of releasesFrom(await log.head(world), log, world)) {
    releases.unshift(`${release.number} ${cid}`);
  }
  const pins = Object.values(services).map(({ name, wishes }) => [
    name,
    [...wishes.values()].map(({ label, cid }) => `${label} ${cid}`).sort(),
  ]);
  return {
    releases,
    pins: Object.fromEntries(pins) as Record<keyof Surroundings["services"], string[]>,
    names: Object.fromEntries(
      zones.map(({ domain, kept, served }) => [domain, { kept: kept?.values, served: Object.fromEntries(served) }]),
    ),
    writes: Object.fromEntries(zones.map(({ domain, writes }) => [domain, [...writes]])),
    home: [...home.labels].map(([label, cid]) => `${label} ${cid}`).sort(),
  };
}

export async function releasesIn(around: Surroundings): Promise<readonly string[]> {
  return (await whatIs(around)).releases;
}

/** Labels of what a service was asked to keep, in their order. */
export async function labelsAt(
  around: Surroundings,
  service: keyof Surroundings["services"],
): Promise<readonly string[]> {
  return (await whatIs(around)).pins[service].map((pin) => pin.split(" ")[0]!);
}

/** A tree whose leaves hold datasets of these titles, on the home node. */
export async function treeOf({ home }: Surroundings, leaves: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(leaves).map(async ([path, title]) => {
    const indents = path.split("/").map((name, depth) => `${"  ".repeat(depth)}${name}:`);
    return `${indents.join("\n")} ${(await aDataset(home, title)).cid}\n`;
  });
  return (await Promise.all(lines)).join("");
}

export function done(ran: Ran): Extract<PublishEvent, { event: "published" }> {
  if (ran.failure) throw ran.failure;
  return ran.events.find((event) => event.event === "published")!;
}

export function stopped({ failure, events }: Ran): Failure {
  expect(events.some(({ event }) => event === "published")).toBe(false);
  expect(failure).toBeDefined();
  return failure!;
}

/** What a failure leaves with. */
export const exitOf = ({ kind }: Failure) => kinds[kind].exit;

/** Of the first leaf. */
export const cidOf = (tree: string) => CID.parse(/: (baf\w+)/.exec(tree)![1]!);

/** A verb as a new process would run it; what it says, and why it failed. */
export async function called(
  around: Surroundings,
  verb: Verb,
  args: readonly string[] = [],
  flags: Call["flags"] = {},
) {
  const campaign = campaignOf(await partsAmong(around));
  const said: object[] = [];
  const out = {
    json: true,
    paint: plain,
    result: (data: object) => void said.push(data),
    bytes: async () => {},
    taken: async () => {},
  };
  const store = async () => ({ ...campaign, configDigest: "" });
  const where = { env: {}, cwd: "/", folder: () => "/", folderAround: () => "/" };
  try {
    await verb.run({ args, flags, out, ...where, world: worldOf(around), campaign: async () => campaign, store });
    return { said };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { said, failure: error };
  }
}
