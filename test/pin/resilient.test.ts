import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { withDeadline, withRateLimit, withRetry } from "../../pipeline/pin/resilient.ts";
import type { PinService, PinStatus } from "../../pipeline/pin/service.ts";
import { aDataset, pinRequestFor } from "../contracts/pin-service.ts";
import { testWorld } from "../fakes/world.ts";

const tries = { tries: 3, first: 100, longest: 1000 };
const pace = { perMinute: 30, costs: { status: (cids: number) => cids, pin: 2, unpin: 3 } };
const { root } = aDataset();

const wrappers: Readonly<Record<string, (inner: PinService) => PinService>> = {
  withRetry: (inner) => withRetry(inner, tries),
  withRateLimit: (inner) => withRateLimit(inner, pace),
  withDeadline: (inner) => withDeadline(inner, 60_000),
};

/** Says absent of everything, after failing as often as there are failures. */
function aService(failures: readonly Error[] = []) {
  const left = [...failures];
  const calls: string[] = [];
  const answer = async <T>(call: string, value: T): Promise<T> => {
    calls.push(call);
    if (left.length > 0) throw left.shift();
    return value;
  };
  const absent: PinStatus = { state: "absent" };
  const service = {
    name: "shop",
    status: (cids) => answer(`status of ${cids.length}`, new Map(cids.map((cid) => [`${cid}`, absent]))),
    pin: () => answer("pin", absent),
    unpin: () => answer("unpin", undefined),
    take: () => answer("take", undefined),
    addresses: () => answer("addresses", []),
  } satisfies PinService;
  return { service, calls };
}

describe.each(Object.entries(wrappers))("%s", (_, wrap) => {
  it("can do what the service can, and nothing else", () => {
    const { name, status, pin } = aService().service;
    expect(Object.keys(wrap({ name, status, pin })).sort()).toEqual(["name", "pin", "status"]);
    const whole = { ...aService().service, close: () => {} };
    expect(Object.keys(wrap(whole)).sort()).toEqual(Object.keys(whole).sort());
  });

  it("passes everything on", async () => {
    const { service, calls } = aService();
    const wrapped = wrap(service);
    const world = testWorld();
    expect(await wrapped.status([root], world)).toEqual(new Map([[`${root}`, { state: "absent" }]]));
    await wrapped.pin(pinRequestFor(root), world);
    await wrapped.unpin!(root, world);
    await wrapped.take!(root, (async function* () {})(), world);
    expect(await wrapped.addresses!(world)).toEqual([]);
    expect(calls).toEqual(["status of 1", "pin", "unpin", "take", "addresses"]);
  });
});

describe("withRetry", () => {
  const busy = new Failure("unavailable", "shop: busy");

  it("asks again where the service did not answer", async () => {
    const { service, calls } = aService([busy, busy]);
    await withRetry(service, tries).pin(pinRequestFor(root), testWorld());
    expect(calls).toEqual(["pin", "pin", "pin"]);
  });

  it.each(["refused", "corrupt", "input"] as const)("never asks again where it was %s", async (kind) => {
    const { service, calls } = aService([new Failure(kind, "shop: no")]);
    await expect(withRetry(service, tries).pin(pinRequestFor(root), testWorld())).rejects.toMatchObject({ kind });
    expect(calls).toEqual(["pin"]);
  });

  it("brings blocks once: a stream that was read is gone", async () => {
    const { service, calls } = aService([busy]);
    const bringing = withRetry(service, tries).take!(root, (async function* () {})(), testWorld());
    await expect(bringing).rejects.toBe(busy);
    expect(calls).toEqual(["take"]);
  });
});

describe("withRateLimit", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  const patient = () => {
    const began = performance.now();
    const at: number[] = [];
    const sleep = async (ms: number) => void vi.advanceTimersByTime(ms);
    const mark = () => void at.push((performance.now() - began) / 1000);
    return { world: testWorld({ sleep }), at, mark };
  };

  it("lets no more than so many requests into any minute", async () => {
    const { world, at, mark } = patient();
    const service = withRateLimit(aService().service, { ...pace, perMinute: 3 });
    for (let call = 0; call < 8; call++) {
      await service.status([root], world);
      mark();
      vi.advanceTimersByTime(10_000);
    }
    expect(at).toEqual([0, 10, 20, 60, 70, 80, 120, 130]);
  });

  it("counts what each call takes", async () => {
    const { world, at, mark } = patient();
    const service = withRateLimit(aService().service, { ...pace, perMinute: 3 });
    const status = () => service.status([root], world);
    const statuses = () => service.status([root, root, root, root], world);
    for (const call of [
      () => service.pin(pinRequestFor(root), world),
      () => service.unpin!(root, world),
      status,
      statuses,
    ]) {
      await call();
      mark();
    }
    expect(at).toEqual([0, 60, 60, 180]);
  });

  it("stops waiting when the world is to stop", async () => {
    const stop = new AbortController();
    const sleep = () => {
      stop.abort(new Error("told to stop"));
      return new Promise<never>(() => {});
    };
    const service = withRateLimit(aService().service, { ...pace, perMinute: 1 });
    const world = testWorld({ sleep, signal: stop.signal });
    await service.status([root], world);
    await expect(service.status([root], world)).rejects.toThrow("told to stop");
  });

  it("gives turns in order to many at once", async () => {
    const waits: number[] = [];
    const world = testWorld({ sleep: async (ms) => void waits.push(ms) });
    const service = withRateLimit(aService().service, { ...pace, perMinute: 2 });
    await Promise.all(Array.from({ length: 6 }, () => service.status([root], world)));
    expect(waits).toEqual([60_000, 60_000, 120_000, 120_000]);
  });
});

describe("withDeadline", () => {
  const never = () => new Promise<never>(() => {});

  it("gives up what does not answer, and says for how long it waited", async () => {
    const service = withDeadline({ ...aService().service, status: never }, 50);
    await expect(service.status([root], testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: "shop: not done in 0.05 s",
    });
  });

  it("tells what it gave up to stop", async () => {
    const told = Promise.withResolvers<unknown>();
    const status: PinService["status"] = (_, { signal }) => {
      signal.addEventListener("abort", () => told.resolve(signal.reason));
      return never();
    };
    const failed = withDeadline({ ...aService().service, status }, 50).status([root], testWorld());
    await expect(failed).rejects.toBe(await told.promise);
  });

  it("does not begin a pause that would end too late", async () => {
    const later = new Failure("unavailable", "shop: busy", { wait: 600_000 });
    const { service, calls } = aService([later]);
    const slept: number[] = [];
    const world = testWorld({ sleep: async (ms) => void slept.push(ms) });
    const patient = withRetry(service, { ...tries, longest: 600_000 });
    await expect(withDeadline(patient, 30_000).status([root], world)).rejects.toMatchObject({
      kind: "unavailable",
      message: "shop: not done in 30 s",
    });
    expect([calls, slept]).toEqual([["status of 1"], []]);
  });

  it("stops when the world is to stop", async () => {
    const stop = new AbortController();
    const world = testWorld({ signal: stop.signal });
    const failed = withDeadline({ ...aService().service, status: never }, 60_000).status([root], world);
    stop.abort(new Error("told to stop"));
    await expect(failed).rejects.toThrow("told to stop");
  });

  it("lets blocks take as long as they take, brought or fetched", async () => {
    const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(resolve, 100, value));
    const slow = {
      ...aService().service,
      take: () => later(undefined),
      pin: () => later({ state: "pinned" } as const),
    };
    const service = withDeadline(slow, 1);
    await expect(service.take!(root, (async function* () {})(), testWorld())).resolves.toBeUndefined();
    await expect(service.pin(pinRequestFor(root), testWorld())).resolves.toEqual({ state: "pinned" });
  });
});
