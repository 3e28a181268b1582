/**
 * What we ask of something that keeps data for the campaign: a Kubo at another institute, a Cluster, a pinning service.
 *
 * A service is asked for what it says of pins, and to take one more. It is never believed for it: a pin counts when
 * blocks of it were seen there ({@link seen}). Tokens are the business of whoever makes the service; none of its
 * messages holds one.
 *
 * To add one: write it beside `kubo.ts`, a line in `services.ts`, its keys in `core/campaign.ts`, and run it and its
 * fake through `test/contracts/pin-service.ts`. Retrying, pacing and deadlines are wrappers with this interface.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";

/** Something to be kept, whole. */
export interface PinRequest {
  readonly cid: CID;
  /** `campaign/path@release`, for people who look at the service. Two wishes of one CID are one pin. */
  readonly label: string;
  /** What the release before kept under the same path, and goes on being kept: most blocks are the same. */
  readonly previous?: CID;
  /** Multiaddrs ending in `/p2p/ID` of nodes that have the blocks. Not being able to reach one never fails a pin. */
  readonly origins: readonly string[];
  /** Said along, as text. Nothing depends on it. */
  readonly meta: Readonly<Record<string, string>>;
}

export interface PinStatus {
  /** `queued`: nothing done yet. `pinning`: blocks are being fetched. `failed`: it has given up. */
  readonly state: "absent" | "queued" | "pinning" | "pinned" | "failed";
  /** When the service took the pin request, ISO 8601, where it tells: how old a queued pin is. */
  readonly since?: string;
  /** In the service's own words, made safe to print: how far it is, or why it failed. */
  readonly message?: string;
}

export interface PinService {
  /** As campaign.yaml calls it. Every message begins with it. */
  readonly name: string;

  /**
   * What the service says of each, by `cid.toString()`: an entry for every CID asked for. In as few requests as its
   * API allows; thousands of CIDs may be asked for at once.
   *
   * @throws Failure `unavailable` where it did not answer, `refused` where it said no (a bad token), `corrupt` where
   * what it said can't be understood. Not answering is never "absent".
   */
  status(cids: readonly CID[], world: World): Promise<ReadonlyMap<string, PinStatus>>;

  /**
   * Have it keep everything below `pinRequest.cid`. Returns once the service has taken the pinRequest; it may go on fetching.
   *
   * Asking again for what is kept or under way makes no second pin; asking again for what failed starts it anew.
   * Nothing that was kept before is let go of: not `pinRequest.previous` either.
   */
  pin(pinRequest: PinRequest, world: World): Promise<PinStatus>;

  /** Let go of it, where we may. Letting go of what is not kept is no error. */
  unpin?(cid: CID, world: World): Promise<void>;

  /**
   * Present where blocks can be brought: a CAR of blocks below `root`, not all of them where the service has the rest.
   * When this returns the service holds them; `pin` is still to be called.
   */
  take?(root: CID, car: AsyncIterable<Uint8Array>, world: World): Promise<void>;

  /** Present where others can fetch from it: its multiaddrs, each ending in `/p2p/ID`. */
  addresses?(world: World): Promise<readonly string[]>;

  /** Give up connections. */
  close?(): void;
}
