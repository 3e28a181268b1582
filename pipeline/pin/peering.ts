/**
 * Peers that the campaign's Kubo stays connected with: mirrors, and institutes that have the data.
 *
 * They are written to `Peering.Peers` of its config, for the next start, and sent to the running daemon, which reads its
 * config only when it starts. Entries of other programs stay.
 *
 * ```ts
 * await ensurePeering("http://127.0.0.1:5001", token, ["/dns4/ipfs.example.org/tcp/4001/p2p/12D3Koo…/", "12D3Koo…"], world);
 * ```
 *
 * @see https://github.com/ipfs/kubo/blob/v0.43.0/docs/config.md#peering
 */
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { type Rpc, rpc } from "../http/kubo-rpc.ts";

/** ms without a byte from Kubo after which a call fails. */
const timeoutMs = 30_000;

/**
 * Adds `peers` to Kubo's peering, in its config and in the daemon, and writes nothing for peers that are there. Returns the
 * IDs of the peers that were missing.
 *
 * A peer is a multiaddr that ends in `/p2p/ID`, or the ID alone; trailing slashes are ignored. Several addresses of one peer
 * are merged. Kubo's own addresses are ignored too, so that the same list can be used at every node.
 *
 * @throws Failure `input` for an element that contains no peer ID, otherwise the failures of Kubo's RPC.
 */
export async function ensurePeering(
  api: string,
  token: string | undefined,
  peers: readonly string[],
  world: World,
): Promise<readonly string[]> {
  return asking(api, token, async (calls) => {
    const { desired, written, running } = await observed(peers, calls, world);
    const unwritten = lackedBy(desired, written);
    const idle = lackedBy(desired, running);
    if (unwritten.length > 0) {
      const peers = merged(written, unwritten);
      await calls.call("config", (kubo, by) => kubo.config.set("Peering.Peers", peers, by), world);
    }
    for (const { id, addresses } of idle) {
      // The command replaces the addresses of the peer, so the addresses that Kubo already has are sent again.
      const known = running.find(({ ID }) => ID === id)?.Addrs ?? [];
      const all = [...new Set([...known, ...addresses])].map((address) => `${address}/p2p/${id}`);
      await calls.ask("swarm/peering/add", { arg: all.length > 0 ? all : [`/p2p/${id}`] }, world);
    }
    return idsOf(desired, unwritten, idle);
  });
}

/** IDs of those of `peers` that are missing, or lack an address, in Kubo's config or in the running daemon: for a plan. */
export async function peeringMissing(
  api: string,
  token: string | undefined,
  peers: readonly string[],
  world: World,
): Promise<readonly string[]> {
  return asking(api, token, async (calls) => {
    const { desired, written, running } = await observed(peers, calls, world);
    return idsOf(desired, lackedBy(desired, written), lackedBy(desired, running));
  });
}

interface Peer {
  readonly id: string;
  /** Multiaddrs without the peer's ID. */
  readonly addresses: readonly string[];
}

/** An entry of `Peering.Peers` in Kubo's config. Its other fields are preserved. */
interface Entry {
  readonly ID: string;
  readonly Addrs: readonly string[] | null;
}

async function asking<T>(api: string, token: string | undefined, ask: (calls: Rpc) => Promise<T>): Promise<T> {
  const calls = rpc({ api, timeoutMs, ...(token === undefined ? {} : { token }) });
  try {
    return await ask(calls);
  } finally {
    calls.close();
  }
}

/** Those of `peers` that Kubo should peer with (all but itself), and the entries in its config and in the running daemon. */
async function observed(peers: readonly string[], calls: Rpc, world: World) {
  const named = gathered(peers);
  const [self, config, daemon] = (await Promise.all([
    calls.call("config", (kubo, by) => kubo.config.get("Identity.PeerID", by), world),
    calls.call("config", (kubo, by) => kubo.config.get("Peering.Peers", by), world),
    calls.ask("swarm/peering/ls", {}, world),
  ])) as [unknown, unknown, { Peers?: unknown } | undefined];
  return {
    desired: named.filter(({ id }) => id !== self),
    written: entriesIn(config, `${calls.name}: Peering.Peers of its config`),
    running: entriesIn(daemon?.Peers, `${calls.name}: swarm/peering/ls`),
  };
}

function entriesIn(value: unknown, label: string): readonly Entry[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry?.ID === "string")) {
    throw new Failure("corrupt", `${label} is no list of peers`);
  }
  return value;
}

function gathered(peers: readonly string[]): readonly Peer[] {
  const byId = new Map<string, Set<string>>();
  for (const peer of peers) {
    const [, address = "", id] = /^(?:(\/.+)?\/p2p\/)?([1-9A-HJ-NP-Za-km-z]{40,80})\/*$/.exec(peer) ?? [];
    if (id === undefined) {
      throw new Failure("input", `${JSON.stringify(peer)} names no peer`, {
        hint: "an address looks like /dns4/ipfs.example.org/tcp/4001/p2p/12D3Koo…",
      });
    }
    const addresses = byId.get(id) ?? new Set();
    byId.set(id, address === "" ? addresses : addresses.add(address));
  }
  return [...byId].map(([id, addresses]) => ({ id, addresses: [...addresses] }));
}

/** Peers that are not among the entries, or lack one of their addresses there. */
function lackedBy(peers: readonly Peer[], entries: readonly Entry[]): readonly Peer[] {
  return peers.filter(({ id, addresses }) => {
    const known = entries.filter(({ ID }) => ID === id);
    return known.length === 0 || !addresses.every((each) => known.some(({ Addrs }) => Addrs?.includes(each)));
  });
}

function merged(entries: readonly Entry[], peers: readonly Peer[]): readonly Entry[] {
  const all = [...entries];
  for (const { id, addresses } of peers) {
    const at = all.findIndex(({ ID }) => ID === id);
    const before = all[at];
    const Addrs = [...new Set([...(before?.Addrs ?? []), ...addresses])];
    if (before) all[at] = { ...before, Addrs };
    else all.push({ ID: id, Addrs });
  }
  return all;
}

/** IDs of the peers that are in one of the lists, in the order of `desired`. */
function idsOf(desired: readonly Peer[], ...some: readonly (readonly Peer[])[]): readonly string[] {
  return desired.filter((peer) => some.some((those) => those.includes(peer))).map(({ id }) => id);
}
