/** What a page gives the readers of formats. */
import type { World } from "../../pipeline/core/world.ts";

export function pageWorld(own: Partial<Pick<World, "fetch" | "signal">> = {}): World {
  return {
    fetch: (request) => fetch(request),
    now: () => new Date(),
    sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    log: () => {},
    progress: () => {},
    signal: new AbortController().signal,
    ...own,
  };
}
