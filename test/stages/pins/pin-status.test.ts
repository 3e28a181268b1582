import type { CID } from "multiformats/cid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { World } from "../../../pipeline/core/world.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import type { PinStatus } from "../../../pipeline/pin/service.ts";
import type { Keeper } from "../../../pipeline/stages/parts.ts";
import type { Wanted } from "../../../pipeline/stages/pins/desired-pins.ts";
import { lookAtPins, type PinSight } from "../../../pipeline/stages/pins/pin-status.ts";
import { someParts } from "../../fakes/parts.ts";
import { blockKey } from "../../fakes/pin-service.ts";
import { testWorld } from "../../fakes/world.ts";

const leavesInAll = 5000;
const blocks = new Map<string, Uint8Array>();
const put = ({ cid, bytes }: { cid: CID; bytes: Uint8Array }) => void blocks.set(blockKey(cid), bytes);

/** Folders of one file, in a tree, beside a portal. */
const leaves = Array.from({ length: leavesInAll }, (_, i) => {
  const file = fileOf(Buffer.from(`data ${i}`), profiles["cid-v1"], put);
  return { name: `leaf-${i}`, ...makeDirectory([{ name: "data", ...file }], profiles["cid-v1"], put) };
});
const tree = makeDirectory(leaves, profiles["cid-v1"], put);
const portal = fileOf(Buffer.from("portal"), profiles["cid-v1"], put);

/** Gives the block, or has it that it isn't there. Counted. */
type Look = (cid: CID, world: World) => Promise<Uint8Array | undefined>;

/** What is seen of all of it at a service that says that it keeps it. */
async function sightsBy(look: Look, { whole = true, thorough = true } = {}) {
  const asked: string[] = [];
  const pinned: PinStatus = { state: "pinned" };
  const keeper: Keeper = {
    name: "mirror",
    kind: "psa",
    trusted: false,
    whole,
    wants: () => true,
    service: () => ({
      name: "mirror",
      status: async (cids) => new Map(cids.map((cid) => [`${cid}`, pinned])),
      pin: async () => pinned,
    }),
    look: (cid, world) => {
      asked.push(blockKey(cid));
      return look(cid, world);
    },
  };
  const wish = (path: string, cid: CID): Wanted => ({
    keeper,
    path,
    cid,
    label: path,
    previous: undefined,
    required: true,
    origins: [],
  });
  const all = leaves.map(({ name, cid }) => wish(name, cid));
  const wishes = whole ? [wish("/", tree.cid), wish("portal/", portal.cid), ...all] : all;
  const sights = await lookAtPins(wishes, await someParts(), { thorough, patience: 30_000 }, testWorld());
  expect(
    sights.map(({ wanted }) => wanted),
    "a sight for each wish, in their order",
  ).toEqual(wishes);
  return { sights, asked };
}

const inMemory: Look = async (cid) => blocks.get(blockKey(cid));

/** The first so many looks find what is there; then nothing comes any more until time is over, which it is soon. */
function silentAfter(count: number): Look {
  const time = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(time.signal);
  let left = count;
  return (cid, world) => {
    if (left-- > 0) return inMemory(cid, world);
    setImmediate(() => time.abort(new DOMException("too late", "TimeoutError")));
    return new Promise((_, reject) => {
      const stop = () => reject(world.signal.reason);
      world.signal.addEventListener("abort", stop, { once: true });
      if (world.signal.aborted) stop();
    });
  };
}

const counts = (sights: readonly PinSight[], seen: PinSight["seen"]) =>
  sights.filter((sight) => sight.counts && sight.seen === seen).length;

describe("five thousand leaves, each to be looked at", () => {
  it("are all seen, below their roots too, where there is time", async () => {
    const { sights, asked } = await sightsBy(inMemory);
    expect(counts(sights, "retrieved")).toBe(leavesInAll + 2);
    expect(leaves.every(({ cid }) => asked.includes(blockKey(cid)))).toBe(true);
    expect(asked.length).toBeGreaterThan(2 * leavesInAll);
  });

  describe("at a service that takes its time", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
    afterEach(() => void vi.useRealTimers());

    it("are seen by their root blocks, most of them, where all of it would take too long", async () => {
      const slow: Look = (cid, world) => {
        vi.advanceTimersByTime(4);
        return inMemory(cid, world);
      };
      const { sights, asked } = await sightsBy(slow);
      expect(counts(sights, "retrieved")).toBe(leavesInAll + 2);
      expect(asked.length).toBeGreaterThan(1.2 * leavesInAll);
      expect(asked.length, "30 s at 4 ms a block").toBeLessThan(1.55 * leavesInAll);
    });
  });

  it.each([true, false])(
    "count by its word where time is over and others were seen (the whole tree: %s)",
    async (whole) => {
      const { sights } = await sightsBy(silentAfter(500), { whole });
      expect(sights.every((sight) => sight.counts)).toBe(true);
      expect(counts(sights, "retrieved")).toBeGreaterThan(100);
      expect(counts(sights, "says so")).toBeGreaterThan(4000);
      const looked = sights.filter(({ seen }) => seen === "retrieved").map(({ wanted }) => wanted.path);
      expect(looked, "and not the first ones only").toEqual(
        expect.arrayContaining([expect.stringMatching(/^leaf-4\d{3}$/)]),
      );
    },
  );

  it("do not count where nothing was seen at all", async () => {
    const { sights } = await sightsBy(silentAfter(0));
    expect(sights.some((sight) => sight.counts)).toBe(false);
    expect(new Set(sights.map(({ failure }) => failure?.kind))).toEqual(new Set(["unavailable"]));
  });

  it("do not count unseen where something is to be published", async () => {
    const { sights } = await sightsBy(silentAfter(500), { whole: false, thorough: false });
    expect(counts(sights, "says so")).toBe(0);
    expect(sights.filter(({ failure }) => failure).length).toBeGreaterThan(4000);
  });

  it("are lied about where one of them is not there", async () => {
    const lost = leaves[4321]!.cid;
    const { sights } = await sightsBy(async (cid, world) => (cid.equals(lost) ? undefined : inMemory(cid, world)));
    expect(sights.filter((sight) => !sight.counts).map(({ wanted, status }) => [wanted.path, status])).toEqual([
      ["leaf-4321", "lying"],
    ]);
  });
});
