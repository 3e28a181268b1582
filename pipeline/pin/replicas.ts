/**
 * Computes the status of a Cluster pin from the number of peers that have it.
 *
 * The REST API reports only the status of each peer. The worst peer status is not the status of the pin (as the Cluster's
 * pinning service API defines it), and neither is the best.
 */

import { isRecord } from "../core/json.ts";
import { excerpt } from "../http/http.ts";
import type { PinStatus } from "./service.ts";

/** One line of `GET /pins`: the status of one CID at each peer. */
export interface Pin {
  readonly cid: string;
  readonly peers: readonly Peer[];
  /** True if a pin exists, in whatever state. */
  readonly known: boolean;
  readonly since: string | undefined;
}

interface Peer {
  readonly id: string;
  readonly name: string;
  /** `remote`: the pin is allocated to other peers. */
  readonly state: "has" | "fetches" | "waits" | "remote" | "offline" | "error";
  /** The peer's status and error text, escaped for printing. */
  readonly message: string;
}

/** Replication options of a pin. */
export interface Terms {
  /** Minimum number of peers. Absent: all of them. */
  readonly least: number | undefined;
  readonly most: number;
  /** IDs of the peers that the pin is allocated to. Empty: all. */
  readonly ids: readonly string[];
}

interface PeerStatus {
  readonly id: string;
  readonly peername?: unknown;
  readonly status?: unknown;
  readonly error?: unknown;
}

/** Parses a line of `GET /pins`. `undefined` if it is no such line. */
export function pinIn(line: unknown): Pin | undefined {
  if (!isRecord(line) || typeof line.cid !== "string" || !isRecord(line.peer_map)) return undefined;
  const entries = Object.entries(line.peer_map).map(
    ([id, reported]): PeerStatus => ({ ...(isRecord(reported) ? reported : {}), id }),
  );
  // For a CID without a pin, every peer reports `unpinned`. An empty map is therefore invalid.
  if (entries.length === 0) return undefined;
  const peers = entries.map(peerIn);
  return {
    cid: line.cid,
    peers: peers.sort((a, b) => (a.name < b.name ? -1 : 1)),
    known: entries.some(({ status }) => status !== "unpinned"),
    since: typeof line.created === "string" ? instantIn(line.created) : undefined,
  };
}

function peerIn({ id, peername, status, error }: PeerStatus): Peer {
  const word = typeof status === "string" ? status : "no status";
  const reported = typeof error === "string" && error !== "" ? `${word}: ${error}` : word;
  // Cluster does not store the name of a peer that left long ago.
  const name = typeof peername === "string" && peername !== "" ? peername : `the peer …${id.slice(-6)}`;
  return { id, name: excerpt(name), state: stateOf(word), message: excerpt(reported.replaceAll("_", " ")) };
}

function stateOf(word: string): Peer["state"] {
  switch (word) {
    case "pinned":
      return "has";
    case "pinning":
      return "fetches";
    // If other peers know the pin, a peer that reports `unpinned` has not received it yet; one that unpins will pin afterwards.
    case "pin_queued":
    case "queued":
    case "unpinned":
    case "unpinning":
    case "unpin_queued":
      return "waits";
    case "remote":
      return "remote";
    case "cluster_error":
      return "offline";
    default:
      return "error";
  }
}

/** Replication options of a stored pin (`GET /allocations`). A factor of -1 means every peer. */
export function termsIn(kept: Readonly<Record<string, unknown>>): Terms {
  const { allocations, replication_factor_min: least, replication_factor_max: most } = kept;
  const ids = Array.isArray(allocations) ? allocations.filter((id) => typeof id === "string") : [];
  return { least: isCount(least) ? least : undefined, most: isCount(most) ? most : 0, ids };
}

/** Peers that the pin is allocated to. If one of them reports `remote`, it has not received the pin yet. */
export function allocatedPeers({ peers }: Pin, terms?: Terms): Peer[] {
  if (!terms) return peers.filter(({ state }) => state !== "remote");
  return peers
    .filter(({ id }) => terms.ids.length === 0 || terms.ids.includes(id))
    .map((peer) => (peer.state === "remote" ? { ...peer, state: "waits" } : peer));
}

/**
 * Status of a pin that needs `least` replicas.
 *
 * If `least` is absent, every peer that is online must have the pin.
 */
export function replicationStatus({ known, since }: Pin, peers: readonly Peer[], least: number | undefined): PinStatus {
  if (!known) return { state: "absent" };
  const count = (state: Peer["state"]) => peers.filter((peer) => peer.state === state).length;
  const [having, fetching, waiting] = [count("has"), count("fetches"), count("waits")];
  const needed = least ?? Math.max(1, peers.length - count("offline"));
  const state =
    having >= needed
      ? "pinned"
      : having + fetching + waiting < needed
        ? "failed"
        : having + fetching > 0
          ? "pinning"
          : "queued";
  const troubles = peers
    .filter(({ state }) => state === "offline" || state === "error")
    .map(({ name, state, message }) => (state === "offline" ? `${name}: offline` : `${name}: ${message}`));
  const more = troubles.length > 3 ? [`and ${troubles.length - 3} more peers`] : [];
  const total = least ?? peers.length;
  const message = [`${Math.min(having, total)} of ${total} replicas`, ...troubles.slice(0, 3), ...more].join("; ");
  return { state, ...(since && { since }), message };
}

/** As ISO 8601; `undefined` for Go's year 1, which means "never". */
function instantIn(text: string): string | undefined {
  const ms = Date.parse(text);
  return ms > 0 ? new Date(ms).toISOString() : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
