/** A world where an hour passes between any two looks at the clock, and nobody sleeps. What was logged is kept in `lines`. */
import type { World } from "../../pipeline/core/world.ts";

export function testWorld(overrides: Partial<World> = {}): World & { readonly lines: string[] } {
  let hours = 0;
  const lines: string[] = [];
  return {
    fetch: (request) => fetch(request),
    now: () => new Date(Date.UTC(2024, 7, 10, hours++)),
    sleep: async () => {},
    log: (line) => void lines.push(line),
    progress: () => {},
    signal: new AbortController().signal,
    lines,
    ...overrides,
  };
}
