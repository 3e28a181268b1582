/**
 * A clock that moves only when it is told to, so that an hour's wait costs nothing.
 *
 * Until the test is over, `AbortSignal.timeout` and `performance.now` follow it: the two ways in which code of ours knows
 * that time has passed without asking its World.
 */
import { onTestFinished, vi } from "vitest";

export interface Clock {
  readonly now: () => Date;
  /** Let `ms` go by: deadlines that lie in them end. */
  readonly pass: (ms: number) => void;
}

export function stoppedClock(): Clock {
  let passed = 0;
  let alarms: { readonly at: number; readonly ring: () => void }[] = [];
  const ticks = vi.spyOn(performance, "now").mockImplementation(() => passed);
  const timeouts = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const end = new AbortController();
    const ring = () => end.abort(new DOMException(`${ms} ms are over`, "TimeoutError"));
    alarms.push({ at: passed + ms, ring });
    return end.signal;
  });
  onTestFinished(() => {
    for (const spy of [ticks, timeouts]) spy.mockRestore();
  });
  return {
    now: () => new Date(Date.UTC(2024, 7, 10, 12) + passed),
    pass(ms) {
      passed += ms;
      const due = alarms.filter(({ at }) => at <= passed).sort((a, b) => a.at - b.at);
      alarms = alarms.filter(({ at }) => at > passed);
      for (const { ring } of due) ring();
    },
  };
}
