/**
 * Peers that the campaign's Kubo stays connected with: mirrors, and institutes that hold the data.
 *
 * They are written to `Peering.Peers` of its config, where they outlast a restart, and told to the running daemon, which
 * reads its config only when it starts. What others have put there stays.
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

/** ms without a sign of life from Kubo before a call fails. */
const timeoutMs = 30_000;

/**
 * Have Kubo keep peering with `peers`, from now on; nothing is written where it does. Gives those that it lacked.
 *
 * A peer is a multiaddr that ends in `/p2p/ID`, or the ID alone; slashes at its end are passed over. Several addresses of
 * one peer are one peer. Kubo's own are passed over too, so that everybody may be given the same list.
 *
 * @throws Failure `input` for what names no peer, otherwise as Kubo's RPC fails.
 */
export async function ensurePeering(
  api: string,
  token: string | undefined,
  peers: readonly string[],
  world: World,
): Promise<readonly string[]> {
  return asking(api, token, async (calls) => {
    const { wanted, written, running } = await observed(peers, calls, world);
    const unwritten = lackedBy(wanted, written);
    const idle = lackedBy(wanted, running);
    if (unwritten.length > 0) {
      const peers = merged(written, unwritten);
      await calls.call("config", (kubo, by) => kubo.config.set("Peering.Peers", peers, by), world);
    }
    for (const { id, addresses } of idle) {
      // Kubo takes what it is told of a peer for all there is: addresses that it knew are said again.
      const known = running.find(({ ID }) => ID === id)?.Addrs ?? [];
      const all = [...new Set([...known, ...addresses])].map((address) => `${address}/p2p/${id}`);
      await calls.ask("swarm/peering/add", { arg: all.length > 0 ? all : [`/p2p/${id}`] }, world);
    }
    return idsOf(wanted, unwritten, idle);
  });
}

/** IDs of those of `peers` that Kubo's config or the daemon that runs does not know, or not under each address: for a plan. */
export async function peeringMissing(
  api: string,
  token: string | undefined,
  peers: readonly string[],
  world: World,
): Promise<readonly string[]> {
  return asking(api, token, async (calls) => {
    const { wanted, written, running } = await observed(peers, calls, world);
    return idsOf(wanted, lackedBy(wanted, written), lackedBy(wanted, running));
  });
}

interface Peer {
  readonly id: string;
  /** Multiaddrs without the peer's ID. */
  readonly addresses: readonly string[];
}

/** As Kubo's config has it. What else stands in an entry is kept. */
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

/** Whom of `peers` it should know, all but itself; what is in its config, and what the daemon that runs goes by. */
async function observed(peers: readonly string[], calls: Rpc, world: World) {
  const named = gathered(peers);
  const [self, config, daemon] = (await Promise.all([
    calls.call("config", (kubo, by) => kubo.config.get("Identity.PeerID", by), world),
    calls.call("config", (kubo, by) => kubo.config.get("Peering.Peers", by), world),
    calls.ask("swarm/peering/ls", {}, world),
  ])) as [unknown, unknown, { Peers?: unknown } | undefined];
  return {
    wanted: named.filter(({ id }) => id !== self),
    written: entriesIn(config, `${calls.name}: Peering.Peers of its config`),
    running: entriesIn(daemon?.Peers, `${calls.name}: swarm/peering/ls`),
  };
}

function entriesIn(value: unknown, said: string): readonly Entry[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry?.ID === "string")) {
    throw new Failure("corrupt", `${said} is no list of peers`);
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

/** Peers that are not among the entries, or not with all of their addresses. */
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

/** In the order they were asked for. */
function idsOf(wanted: readonly Peer[], ...some: readonly (readonly Peer[])[]): readonly string[] {
  return wanted.filter((peer) => some.some((those) => those.includes(peer))).map(({ id }) => id);
}
