/** A pin service in memory, for speed; slow, lying or failing on demand. Passes the contract of the real ones. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../pipeline/core/failure.ts";
import { readCar } from "../../pipeline/dag/car.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import type { PinRequest, PinService, PinStatus } from "../../pipeline/pin/service.ts";

export interface FakePins extends Required<PinService> {
  /** Bytes it holds, by multihash. Losing some is how a disk fails. */
  readonly held: Map<string, Uint8Array>;
  /** Multihashes of the blocks it was brought, in their order. */
  readonly brought: string[];
  /** Bytes it can fetch, by multihash. */
  readonly reachable: Map<string, Uint8Array>;
  /** What it was asked to keep, by CID: the first pin request for it. */
  readonly wishes: Map<string, PinRequest>;
  /** Its answers, for better or worse, from now on. */
  readonly faults: Faults;
  /** One of its blocks, without fetching it: what a look at it gives. */
  block(cid: CID): Promise<Uint8Array | undefined>;
}

export interface Faults {
  /** How many times it is asked of a new pin before it begins to fetch; Infinity is never. */
  slow: number;
  /** Says `pinned` at once, and fetches nothing. */
  lies: boolean;
  /** Answers nothing at all. */
  away: boolean;
  /** Fetches from a gateway what is `reachable`. */
  fetchesHttp: boolean;
}

/** `Map` key of a block: its multihash, however its CID is spelt. */
export const blockKey = (cid: CID) => Buffer.from(cid.multihash.bytes).toString("hex");

/** `reachable`: the `held` of another, for one that fetches from it. */
export function fakePins(
  name = "fake",
  faults: Partial<Faults> = {},
  reachable = new Map<string, Uint8Array>(),
): FakePins {
  const held = new Map<string, Uint8Array>();
  const brought: string[] = [];
  const wishes = new Map<string, PinRequest>();
  const looks = new Map<string, number>();
  const states = new Map<string, PinStatus>();
  const now: Faults = { slow: 0, lies: false, away: false, fetchesHttp: false, ...faults };

  const answering = (what: string) => {
    if (now.away) throw new Failure("unavailable", `${name}: ${what}: nothing answers there`);
  };

  /** Fetch everything below, or say what is out of reach. */
  const fetched = async (cid: CID): Promise<PinStatus> => {
    const get = async (each: CID) => {
      const bytes = held.get(blockKey(each)) ?? reachable.get(blockKey(each));
      if (!bytes) throw new Failure("unavailable", `${each} is out of reach`);
      held.set(blockKey(each), bytes);
      return bytes;
    };
    try {
      for await (const _ of walk(cid, get, { scope: "all" }));
      return { state: "pinned", since };
    } catch (error) {
      return { state: "failed", since, message: (error as Failure).message };
    }
  };

  const stateOf = async (cid: CID): Promise<PinStatus> => {
    const key = cid.toString();
    if (!wishes.has(key)) return { state: "absent" };
    const settled = states.get(key);
    if (settled) return settled;
    if (now.lies) return { state: "pinned", since };
    const look = looks.get(key) ?? 0;
    looks.set(key, look + 1);
    if (look < now.slow) return { state: look === 0 ? "queued" : "pinning", since, message: `looked at ${look} times` };
    const state = await fetched(cid);
    states.set(key, state);
    return state;
  };

  return {
    name,
    held,
    brought,
    reachable,
    wishes,
    faults: now,
    block: async (cid) => held.get(blockKey(cid)),

    async status(cids, world) {
      world.signal.throwIfAborted();
      answering("status");
      const said = new Map<string, PinStatus>();
      for (const cid of cids) said.set(cid.toString(), await stateOf(cid));
      return said;
    },

    async pin(pinRequest, world) {
      world.signal.throwIfAborted();
      answering("pin");
      const key = pinRequest.cid.toString();
      if (!wishes.has(key)) wishes.set(key, pinRequest);
      if (states.get(key)?.state === "failed") for (const each of [states, looks]) each.delete(key);
      return states.get(key) ?? { state: now.lies ? "pinned" : "queued", since };
    },

    async unpin(cid) {
      answering("unpin");
      for (const each of [wishes, states, looks]) each.delete(cid.toString());
    },

    async *list(prefix) {
      answering("list");
      for (const { cid, label } of [...wishes.values()]) if (label.startsWith(prefix)) yield { cid, label };
    },

    async take(_, car) {
      answering("take");
      for await (const { cid, bytes } of (await readCar(car)).blocks) {
        held.set(blockKey(cid), bytes);
        brought.push(blockKey(cid));
      }
    },

    async addresses() {
      answering("addresses");
      return ["/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"];
    },

    async fetchesFrom() {
      answering("fetchesFrom");
      return now.fetchesHttp
        ? { fetches: true }
        : { fetches: false, reason: "no router names it", fix: ["one", "two"] };
    },

    close: () => {},
  };
}

const since = "2024-08-10T00:00:00Z";
