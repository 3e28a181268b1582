/**
 * Whether the Kubos of a Cluster fetch over HTTP from the campaign's own node: a small block is pinned at every peer, and unpinned
 * again. Their config can't be read through the Cluster.
 */
import type { World } from "../core/world.ts";
import { type FetchCheck, type FetchProbe, fetchingLines, type HttpOrigin } from "./http-origin.ts";
import type { Pin } from "./replicas.ts";

/** The pin of the probe. */
export interface ProbingPeers {
  readonly pin: (label: string) => Promise<unknown>;
  /** The status at each peer. */
  readonly peers: () => Promise<Pin["peers"]>;
  readonly unpin: () => Promise<void>;
}

/** ms between two questions. */
const interval = 250;

/** @throws the failures of `probing`. */
export async function peersFetch(
  { pin, peers, unpin }: ProbingPeers,
  origin: HttpOrigin,
  { timeoutMs }: Pick<FetchProbe, "timeoutMs">,
  world: World,
): Promise<FetchCheck> {
  const until = performance.now() + timeoutMs;
  await pin("fieldtree: whether this can be fetched");
  try {
    for (;;) {
      // Peers that are offline get the pins, and fetch, once they are back.
      const online = (await peers()).filter(({ state }) => state !== "offline");
      const late = online.filter(({ state }) => state !== "has");
      if (online.length > 0 && late.length === 0) return { fetches: true };
      if (performance.now() > until) {
        const who = late.map(({ name, message }) => `${name}: ${message}`).join(", ") || "no peer is online";
        const reason = `not every peer fetched from ${origin.url} in ${timeoutMs / 1000} s (${who})`;
        return { fetches: false, reason, fix: fetchingLines(origin) };
      }
      await world.sleep(interval);
    }
  } finally {
    await unpin();
  }
}
