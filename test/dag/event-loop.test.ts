import { describe, expect, it } from "vitest";
import { pause } from "../../pipeline/dag/event-loop.ts";
import { longestTurn } from "../fakes/turns.ts";

/** About a quarter of a millisecond. */
function work(): void {
  const until = performance.now() + 0.25;
  while (performance.now() < until);
}

describe("long work", () => {
  it("leaves room for others, however much of it goes on at once", async () => {
    const done = Array.from({ length: 16 }, () => 0);
    const worker = async (i: number) => {
      for (; done[i]! < 60; done[i]!++) {
        work();
        await pause();
      }
    };
    // 16 × 60 × 0.25 ms = 240 ms of work. A slice is 2 ms.
    expect(await longestTurn(Promise.all(done.map((_, i) => worker(i))))).toBeLessThan(120);
  });

  it("goes on in turns: the first task does not starve the others", async () => {
    const order: number[] = [];
    const worker = async (i: number) => {
      for (let n = 0; n < 40; n++) {
        work();
        order.push(i);
        await pause();
      }
    };
    await Promise.all([0, 1, 2].map(worker));
    const halfway = order.slice(0, 60);
    for (const i of [0, 1, 2]) expect(halfway.filter((each) => each === i).length).toBeGreaterThan(0);
  });

  it("costs nothing where there is little to do", async () => {
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    count();
    for (let i = 0; i < 1000; i++) await pause();
    over = true;
    expect(turns).toBeLessThan(100);
  });
});
