/**
 * How many of a Cluster's peers hold a pin, counted from what each of them says.
 *
 * Its REST API gives no verdict on a pin, only each peer's word. Neither the worst of them is what the pin is, as the
 * Cluster's pinning-service face has it, nor the best.
 */

import { isRecord } from "../core/json.ts";
import { excerpt } from "../http/http.ts";
import type { PinStatus } from "./service.ts";

/** One line of `GET /pins`: what each peer says of one CID. */
export interface Pin {
  readonly cid: string;
  readonly peers: readonly Peer[];
  /** Whether it is pinned at all, well or not. */
  readonly known: boolean;
  readonly since: string | undefined;
}

interface Peer {
  readonly id: string;
  readonly name: string;
  /** `remote`: others hold it. */
  readonly state: "holds" | "fetches" | "waits" | "remote" | "offline" | "error";
  /** Of an error, in the peer's words. */
  readonly message: string;
}

/** How a pin was asked for. */
export interface Terms {
  /** Peers; all of them where it is absent. */
  readonly least: number | undefined;
  readonly most: number;
  /** Of the peers that are to hold it; none means all. */
  readonly ids: readonly string[];
}

interface PeerSaid {
  readonly id: string;
  readonly peername?: unknown;
  readonly status?: unknown;
  readonly error?: unknown;
}

/** `undefined` where it is no such line. */
export function pinIn(line: unknown): Pin | undefined {
  if (!isRecord(line) || typeof line.cid !== "string" || !isRecord(line.peer_map)) return undefined;
  const entries = Object.entries(line.peer_map).map(
    ([id, said]): PeerSaid => ({ ...(isRecord(said) ? said : {}), id }),
  );
  // Of what nobody pinned, every peer says `unpinned`: none at all is no answer.
  if (entries.length === 0) return undefined;
  const peers = entries.map(peerIn);
  return {
    cid: line.cid,
    peers: peers.sort((a, b) => (a.name < b.name ? -1 : 1)),
    known: entries.some(({ status }) => status !== "unpinned"),
    since: typeof line.created === "string" ? instantIn(line.created) : undefined,
  };
}

function peerIn({ id, peername, status, error }: PeerSaid): Peer {
  const word = typeof status === "string" ? status : "says nothing";
  const said = typeof error === "string" && error !== "" ? `${word}: ${error}` : word;
  // Of a peer that is long gone, Cluster has forgotten the name.
  const name = typeof peername === "string" && peername !== "" ? peername : `the peer …${id.slice(-6)}`;
  return { id, name: excerpt(name), state: stateOf(word), message: excerpt(said.replaceAll("_", " ")) };
}

function stateOf(word: string): Peer["state"] {
  switch (word) {
    case "pinned":
      return "holds";
    case "pinning":
      return "fetches";
    // A peer that says `unpinned` of what others know has not heard of it yet; one that is unpinning will pin after.
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

/** The terms in what the Cluster says that it keeps. A factor of -1 means every peer. */
export function termsIn(kept: Readonly<Record<string, unknown>>): Terms {
  const { allocations, replication_factor_min: least, replication_factor_max: most } = kept;
  const ids = Array.isArray(allocations) ? allocations.filter((id) => typeof id === "string") : [];
  return { least: isCount(least) ? least : undefined, most: isCount(most) ? most : 0, ids };
}

/** Those that are to hold it. One of them that says `remote` has only not heard of it. */
export function holdersOf({ peers }: Pin, terms?: Terms): Peer[] {
  if (!terms) return peers.filter(({ state }) => state !== "remote");
  return peers
    .filter(({ id }) => terms.ids.length === 0 || terms.ids.includes(id))
    .map((peer) => (peer.state === "remote" ? { ...peer, state: "waits" } : peer));
}

/**
 * A pin in the eyes of someone who wants `least` replicas.
 *
 * Where every peer is to hold it, and nobody said how many are enough, every peer that answers is.
 */
export function judged({ known, since }: Pin, peers: readonly Peer[], least: number | undefined): PinStatus {
  if (!known) return { state: "absent" };
  const count = (state: Peer["state"]) => peers.filter((peer) => peer.state === state).length;
  const [holding, fetching, waiting] = [count("holds"), count("fetches"), count("waits")];
  const wanted = least ?? Math.max(1, peers.length - count("offline"));
  const state =
    holding >= wanted
      ? "pinned"
      : holding + fetching + waiting < wanted
        ? "failed"
        : holding + fetching > 0
          ? "pinning"
          : "queued";
  const troubles = peers
    .filter(({ state }) => state === "offline" || state === "error")
    .map(({ name, state, message }) => (state === "offline" ? `${name}: offline` : `${name}: ${message}`));
  const more = troubles.length > 3 ? [`and ${troubles.length - 3} more peers`] : [];
  const total = least ?? peers.length;
  const message = [`${Math.min(holding, total)} of ${total} replicas`, ...troubles.slice(0, 3), ...more].join("; ");
  return { state, ...(since && { since }), message };
}

/** As ISO 8601; `undefined` for Go's year 1, which stands for "never". */
function instantIn(text: string): string | undefined {
  const ms = Date.parse(text);
  return ms > 0 ? new Date(ms).toISOString() : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
