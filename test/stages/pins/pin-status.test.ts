import type { CID } from "multiformats/cid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { World } from "../../../pipeline/core/world.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import type { PinStatus } from "../../../pipeline/pin/service.ts";
import type { ConfiguredPinService } from "../../../pipeline/stages/parts.ts";
import type { DesiredPin } from "../../../pipeline/stages/pins/desired-pins.ts";
import { observePins, type PinObservation } from "../../../pipeline/stages/pins/pin-status.ts";
import { formatTarget, type PinTarget } from "../../../pipeline/stages/pins/pin-target.ts";
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
  const service: ConfiguredPinService = {
    name: "mirror",
    kind: "psa",
    trusted: false,
    pinsEverything: whole,
    accepts: () => true,
    open: () => ({
      name: "mirror",
      status: async (cids) => new Map(cids.map((cid) => [`${cid}`, pinned])),
      pin: async () => pinned,
    }),
    retrieve: (cid, world) => {
      asked.push(blockKey(cid));
      return look(cid, world);
    },
  };
  const desired = (target: PinTarget, cid: CID): DesiredPin => ({
    service,
    target,
    cid,
    label: formatTarget(target),
    previous: undefined,
    required: true,
    origins: [],
  });
  const all = leaves.map(({ name, cid }) => desired({ kind: "leaf", path: name }, cid));
  const pins = whole ? [desired({ kind: "tree" }, tree.cid), desired({ kind: "portal" }, portal.cid), ...all] : all;
  const sights = await observePins(pins, await someParts(), { thorough, timeoutMs: 30_000 }, testWorld());
  expect(
    sights.map(({ desired }) => desired),
    "an observation for each pin, in their order",
  ).toEqual(pins);
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

const counts = (sights: readonly PinObservation[], seen: PinObservation["evidence"]) =>
  sights.filter((sight) => sight.counts && sight.evidence === seen).length;

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
      expect(counts(sights, "reported")).toBeGreaterThan(4000);
      const looked = sights
        .filter(({ evidence }) => evidence === "retrieved")
        .map(({ desired }) => formatTarget(desired.target));
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
    expect(counts(sights, "reported")).toBe(0);
    expect(sights.filter(({ failure }) => failure).length).toBeGreaterThan(4000);
  });

  it("are reported as unverified where one of them is missing", async () => {
    const lost = leaves[4321]!.cid;
    const { sights } = await sightsBy(async (cid, world) => (cid.equals(lost) ? undefined : inMemory(cid, world)));
    expect(
      sights.filter((sight) => !sight.counts).map(({ desired, status }) => [formatTarget(desired.target), status]),
    ).toEqual([["leaf-4321", "unverified"]]);
  });
});
