/** What is learnt of a link from its answers. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { linkOf, usualLimits } from "../../pipeline/ipfs/gateways/link.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTime(ms);

describe("the time in which a gateway must answer anything", () => {
  it("is long before it was measured, and then several answers long", () => {
    const link = linkOf();
    expect(link.answerWithin()).toBe(usualLimits.firstAnswer);
    for (let i = 0; i < 20; i++) link.answered(5);
    expect(link.answerWithin()).toBe(700);
    for (let i = 0; i < 50; i++) link.answered(2_000);
    expect(link.answerWithin()).toBeGreaterThanOrEqual(6_000);
    for (let i = 0; i < 50; i++) link.answered(500_000);
    expect(link.answerWithin()).toBe(60_000);
  });
});

describe("a transfer", () => {
  const receiving = (link: ReturnType<typeof linkOf>, bytes: number, every: number, times: number) => {
    const transfer = link.transfer();
    for (let i = 0; i < times; i++) {
      transfer.waits();
      pass(every);
      transfer.received(bytes);
      const ms = transfer.stalledFor();
      if (ms !== undefined) return ms;
    }
    return undefined;
  };

  it("that moves is never given up, however slow the link", () => {
    expect(receiving(linkOf(), 250, 1_000, 10_000)).toBeUndefined();
  });

  it("that drips has stalled, and one in which nothing comes", () => {
    expect(receiving(linkOf(), 1, 20, 1_000)).toBe(5_000);
    const nothing = linkOf().transfer();
    nothing.waits();
    pass(4_900);
    expect(nothing.stalledFor()).toBeUndefined();
    pass(200);
    expect(nothing.stalledFor()).toBe(5_000);
  });

  it("has more time where answers take longer: lost packets come late", () => {
    const link = linkOf();
    for (let i = 0; i < 50; i++) link.answered(1_000);
    const nothing = link.transfer();
    nothing.waits();
    pass(11_000);
    expect(nothing.stalledFor()).toBeUndefined();
    pass(2_000);
    expect(nothing.stalledFor()).toBe(12_000);
  });

  it("that shares a slow link with fifteen others needs no more than its share", () => {
    const link = linkOf();
    const transfers = Array.from({ length: 16 }, () => link.transfer());
    for (let round = 0; round < 100; round++) {
      for (const transfer of transfers) transfer.waits();
      pass(1_000);
      for (const transfer of transfers) transfer.received(100);
      expect(transfers.filter((transfer) => transfer.stalledFor() !== undefined)).toEqual([]);
    }
  });

  it("that gets next to nothing of what others get has stalled", () => {
    const link = linkOf();
    const [one, other] = [link.transfer(), link.transfer()];
    let stalled: number | undefined;
    for (let round = 0; round < 10 && stalled === undefined; round++) {
      for (const transfer of [one, other]) transfer.waits();
      pass(1_000);
      one.received(100_000);
      other.received(1);
      expect(one.stalledFor()).toBeUndefined();
      stalled = other.stalledFor();
    }
    expect(stalled).toBe(5_000);
  });

  it("does not stall while this side is busy", () => {
    const transfer = linkOf().transfer();
    for (let i = 0; i < 10; i++) {
      transfer.waits();
      pass(10);
      transfer.received(100);
      pass(20_000);
      expect(transfer.stalledFor()).toBeUndefined();
    }
  });
});

describe("how many requests are worth having under way", () => {
  /** Requests that take `ms` each, as many at once as the link wants, of which it carries `perSecond`. */
  const inFlightAfter = (ms: number, perSecond: number, rounds: number) => {
    const link = linkOf();
    for (let round = 0; round < rounds; round++) {
      const size = link.inFlight();
      pass(Math.max(ms, (size / perSecond) * 1000));
      for (let i = 0; i < size; i++) link.completed();
    }
    return link.inFlight();
  };

  it("is few at first, and grows where the link carries more", () => {
    expect(linkOf().inFlight()).toBe(4);
    expect(inFlightAfter(600, 1_000, 20)).toBe(64);
  });

  it("is about what fits into the link between a request and its answer", () => {
    // 20 blocks a second, 0.6 s.
    const many = inFlightAfter(600, 20, 30);
    expect(many).toBeGreaterThanOrEqual(8);
    expect(many).toBeLessThanOrEqual(32);
  });

  it("stays few where one block fills the link", () => {
    expect(inFlightAfter(600, 0.2, 30)).toBeLessThanOrEqual(8);
  });
});
