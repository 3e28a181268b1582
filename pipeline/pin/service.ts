/**
 * Interface of services that pin the campaign's data: a Kubo at another institute, a Cluster, a pinning service API.
 *
 * A service reports the status of pins and accepts pin requests. Its report alone is not trusted: a pin counts after blocks
 * of it were retrieved from the service (`retrieval-check.ts`). The implementation gets its token when it is created; no
 * message contains one.
 *
 * To add a service: implement it in a file alongside `kubo.ts`, add a line to `services.ts` and its keys to
 * `core/campaign.ts`, and run it and its fake through `test/contracts/pin-service.ts`. Retries, request rates and deadlines
 * are wrappers with this interface.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { FetchCheck, FetchProbe, HttpOrigin } from "./http-origin.ts";

/** A DAG that a service should pin recursively. */
export interface PinRequest {
  readonly cid: CID;
  /** `campaign/path@release`, for operators who read the service's list of pins. Two requests for one CID are one pin. */
  readonly label: string;
  /** CID that the previous release pinned at the same path. It stays pinned; most blocks are the same. */
  readonly previous?: CID;
  /**
   * Multiaddrs ending in `/p2p/ID` of nodes that have the blocks, those of gateways (`…/tls/http/p2p/ID`) included. A pin never
   * fails because one of them is unreachable.
   */
  readonly origins: readonly string[];
  /** ms without a fetched block after which the service should give up; absent: as long as it usually waits. */
  readonly stallMs?: number;
  /** Metadata sent with the request. Nothing depends on it. */
  readonly meta: Readonly<Record<string, string>>;
}

export interface PinStatus {
  /** `queued`: not started. `pinning`: the service fetches blocks. `failed`: the service gave up. */
  readonly state: "absent" | "queued" | "pinning" | "pinned" | "failed";
  /** When the service accepted the pin request (ISO 8601), if it reports that. Gives the age of a queued pin. */
  readonly since?: string;
  /** The service's own text, escaped for printing: its progress, or why it failed. */
  readonly message?: string;
}

/** A pin as the service lists it. */
export interface ListedPin {
  readonly cid: CID;
  /** As it was requested, without what the service has no room for: a Cluster stores 255 characters. */
  readonly label: string;
}

export interface PinService {
  /** Name of the service in campaign.yaml. Every message begins with it. */
  readonly name: string;

  /**
   * Status that the service reports, by `cid.toString()`: one for every CID of `cids`. Sends as few requests as its API
   * allows; `cids` may have thousands of elements.
   *
   * @throws Failure `unavailable` if the service did not answer, `refused` if it rejected the request (a bad token),
   * `corrupt` if its answer can't be parsed. A missing answer is never reported as "absent".
   */
  status(cids: readonly CID[], world: World): Promise<ReadonlyMap<string, PinStatus>>;

  /**
   * Pins `pinRequest.cid` recursively. Returns when the service has accepted the request; it may still fetch blocks then.
   *
   * A repeated request creates no second pin if the first is pinned or in progress, and restarts one that failed.
   * No existing pin is deleted, not even that of `pinRequest.previous`.
   */
  pin(pinRequest: PinRequest, world: World): Promise<PinStatus>;

  /** Deletes the pin. Absent if the service must not delete pins. A CID that is not pinned is no error. */
  unpin?(cid: CID, world: World): Promise<void>;

  /** The pins whose label begins with `prefix`, in whatever state they are. Absent if the service has no list of labels. */
  list?(prefix: string, world: World): AsyncIterable<ListedPin>;

  /**
   * Uploads blocks. Absent if the service accepts no uploads. `car` contains blocks below `root`; those that the service
   * already has may be left out. When this returns, the service has the blocks; the caller must still call `pin`.
   */
  take?(root: CID, car: AsyncIterable<Uint8Array>, world: World): Promise<void>;

  /** Multiaddrs, each ending in `/p2p/ID`, at which other nodes can fetch from the service. */
  addresses?(world: World): Promise<readonly string[]>;

  /**
   * Whether all nodes of the service fetch blocks over HTTP from `origin`, which has the block of `probe`. Absent where that
   * can't be found out.
   *
   * @throws Failure where the service could not be asked.
   */
  fetchesFrom?(origin: HttpOrigin, probe: FetchProbe, world: World): Promise<FetchCheck>;

  /** Closes idle connections. */
  close?(): void;
}
