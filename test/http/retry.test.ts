import { describe, expect, it } from "vitest";
import { Failure, type Kind, kinds } from "../../pipeline/core/failure.ts";
import { again } from "../../pipeline/http/retry.ts";
import { testWorld } from "../fakes/world.ts";

const tries = { tries: 5, first: 250, longest: 1500 };

/** Fails with these, one after another, and then works. */
function failing(...failures: readonly unknown[]) {
  const left = [...failures];
  const work = async () => {
    work.times++;
    if (left.length > 0) throw left.shift();
    return "done";
  };
  work.times = 0;
  return work;
}

function waitingWorld(overrides: Parameters<typeof testWorld>[0] = {}) {
  const waits: number[] = [];
  return { waits, ...testWorld({ sleep: async (ms) => void waits.push(ms), ...overrides }) };
}

const gone = () => new Failure("unavailable", "nobody there");

describe("again", () => {
  it("waits twice as long each time, up to a bound, and the same in every run", async () => {
    const world = waitingWorld();
    expect(await again(failing(gone(), gone(), gone(), gone()), tries, world)).toBe("done");
    expect(world.waits).toEqual([250, 500, 1000, 1500]);
    expect(world.lines[0]).toBe("nobody there; asking again in 0.25 s");
  });

  it("waits as long as the other side asks, within its own bound", async () => {
    const world = waitingWorld();
    const busy = (wait: number) => new Failure("unavailable", "too busy", { wait });
    await again(failing(busy(1200), busy(0), busy(86_400_000)), tries, world);
    expect(world.waits).toEqual([1200, 0, 1500]);
  });

  it("throws the last failure when it has tried often enough", async () => {
    const failures = [1, 2, 3, 4, 5, 6].map((time) => new Failure("unavailable", `time ${time}`));
    const work = failing(...failures);
    await expect(again(work, tries, testWorld())).rejects.toBe(failures[4]);
    expect(work.times).toBe(5);
  });

  const final = (Object.keys(kinds) as Kind[]).filter((kind) => kind !== "unavailable");
  it.each(final)("never asks again after a failure of kind %s", async (kind) => {
    const world = waitingWorld();
    const work = failing(new Failure(kind, "no", { wait: 10 }));
    await expect(again(work, tries, world)).rejects.toMatchObject({ kind });
    expect([work.times, world.waits]).toEqual([1, []]);
  });

  it("never asks again after a defect of ours", async () => {
    const work = failing(new TypeError("x is undefined"));
    await expect(again(work, tries, testWorld())).rejects.toThrow(TypeError);
    expect(work.times).toBe(1);
  });

  it("stops when the run is to stop", async () => {
    const stop = new AbortController();
    const work = failing(gone(), gone());
    stop.abort(new Error("stopped"));
    await expect(again(work, tries, testWorld({ signal: stop.signal }))).rejects.toThrow("stopped");
    expect(work.times).toBe(1);
  });

  it("stops while it waits, though the world sleeps on", async () => {
    const stop = new AbortController();
    const sleep = () => {
      stop.abort(new Error("stopped"));
      return new Promise<never>(() => {});
    };
    const work = failing(gone());
    await expect(again(work, tries, testWorld({ sleep, signal: stop.signal }))).rejects.toThrow("stopped");
  });
});
