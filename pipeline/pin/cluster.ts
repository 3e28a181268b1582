/**
 * Pin service: an IPFS Cluster, which allocates pins among the Kubos of several institutes.
 *
 * It is used through its REST API (port 9094), never through its pinning service API: there, one offline peer makes a pin
 * "failed", however many others have it, and replacing a pin by itself unpins it. Here the status of each peer is counted
 * (`replicas.ts`), and a pin is "pinned" if enough peers have it.
 *
 * ```ts
 * const dkrz = clusterPins({ name: "dkrz", api: "http://127.0.0.1:9094", credentials: "halo:…", replicas: 2 });
 * (await dkrz.status([root], world)).get(`${root}`); // { state: "failed", message: "1 of 2 replicas; peer-b: offline", … }
 * ```
 *
 * Behaviour observed with IPFS Cluster 1.1.0.
 *
 * @see https://ipfscluster.io/documentation/reference/api/
 */
import { CID } from "multiformats/cid";
import { inOrder } from "../core/concurrency.ts";
import { isFailure } from "../core/failure.ts";
import { isRecord } from "../core/json.ts";
import type { World } from "../core/world.ts";
import { emptyBlockFirst } from "../http/empty-block.ts";
import { type Arguments, type Ask, baseOf, type Wire, wire } from "../http/stream.ts";
import { cutShort, isNotPinned, isText, meaningOf, refusal, unclear } from "./cluster-errors.ts";
import { type ProbingPeers, peersFetch } from "./cluster-probe.ts";
import { allocatedPeers, type Pin, pinIn, replicationStatus, type Terms, termsIn } from "./replicas.ts";
import type { ListedPin, PinRequest, PinService, PinStatus } from "./service.ts";

export interface ClusterOptions {
  /** Name of the service in campaign.yaml. */
  readonly name: string;
  /** Such as `http://127.0.0.1:9094`. */
  readonly api: string;
  /** `user:password`, or a token from its `POST /token`. Never printed. */
  readonly credentials?: string;
  /** Number of peers that must have each pin. Absent: the Cluster's own default. */
  readonly replicas?: number;
  /** ms without a byte to or from the Cluster after which a request fails. Cluster itself waits 15 s for a peer that hangs. */
  readonly timeoutMs?: number;
}

/** CIDs in one status request: Cluster accepts requests of 8 kB, and a CID may have a hundred characters. */
const cidsPerRequest = 40;

/** Parallel status requests. For each CID of a request, every peer sends a request to its Kubo. */
const parallelRequests = 4;

/** Bytes of a query. The rest of the 8 kB is left for the path and the headers; metadata beyond this is left out. */
const longestQuery = 6000;

/** Maximum number of peers accepted in an answer. */
const mostPeers = 10_000;

/** Multiaddrs that every version of Cluster can parse: it rejects a pin with an origin that it can't. */
const parsableAddress =
  /^\/(?:ip4|ip6|dns|dns4|dns6|dnsaddr)\/[^/,\s]+(?:\/tcp\/\d{1,5}|\/udp\/\d{1,5}\/quic-v1)?\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/;

/** @throws Failure `input` if `api` is no http or https URL, or contains a password. */
export function clusterPins(options: ClusterOptions): PinService {
  const cluster = connectionTo(options);
  const { name, calls } = cluster;
  return {
    name,
    status: (cids, world) => statuses(cluster, cids, world),
    pin: (pinRequest, world) => pinUnlessPinned(cluster, pinRequest, world),

    unpin: (cid, world) => unpin(cluster, cid, world),
    list: (prefix, world) => pinsLabelled(cluster, prefix, world),
    take: (root, car, world) => upload(cluster, root, car, world),
    addresses: (world) => peerAddresses(cluster, world),
    fetchesFrom: (origin, probe, world) => peersFetch(probing(cluster, probe.cid, world), origin, probe, world),
    close: calls.close,
  };
}

/** A connection to a Cluster, and the state shared by its calls. */
interface Cluster {
  readonly name: string;
  readonly calls: Wire;
  /** Number of replicas from campaign.yaml. */
  readonly replicas: number | undefined;
  /** `replicas` as options of a request. */
  readonly factor: Options;
  /** Uploads the empty block to every peer, at the first call only. */
  readonly emptyBlock: (world: World) => Promise<void>;
  /** By root, the peers that received its blocks from {@link upload}: any other peer would have to fetch them again. */
  readonly broughtTo: Map<string, readonly string[]>;
}

function connectionTo({ name, api, credentials, replicas, timeoutMs = 60_000 }: ClusterOptions): Cluster {
  const hint = "api: takes an address such as http://127.0.0.1:9094";
  const calls = wire({
    name,
    base: baseOf(api, { of: "an IPFS Cluster", hint }),
    ...(credentials !== undefined && { authorization: authorizationOf(credentials) }),
    timeoutMs,
    hint: "see that ipfs-cluster-service runs there, and that api: in campaign.yaml is its REST API, usually port 9094",
    refusal,
    meaningOf,
  });
  // To every peer, because a pin may be allocated to any of them.
  const emptyBlock = emptyBlockFirst((upload, world) => {
    const query = { "raw-leaves": true, "cid-version": "1", "no-pin": true, ...factorOf(-1, -1) };
    return calls.json({ method: "POST", path: "add", what: "bringing the empty block", query, upload }, world);
  });
  const factor = replicas ? factorOf(replicas, replicas) : {};
  return { name, calls, replicas, factor, emptyBlock, broughtTo: new Map() };
}

async function pinUnlessPinned(cluster: Cluster, pinRequest: PinRequest, world: World): Promise<PinStatus> {
  const { cid } = pinRequest;
  const previous = pinRequest.previous?.equals(cid) ? undefined : pinRequest.previous;
  const pins = await pinsOf(cluster, previous ? [cid, previous] : [cid], world);
  const pin = pins.get(`${cid}`)!;
  const now = await statusOf(cluster, pin, world);
  if (now.state !== "failed" && now.state !== "absent") return now;
  await cluster.emptyBlock(world);
  if (now.state === "failed") await repair(cluster, pinRequest, pin, world);
  else {
    // An update has the peers of the previous pin, so it is only used if that pin has enough replicas.
    const followed = previous && (await statusOf(cluster, pins.get(`${previous}`)!, world)).state === "pinned";
    if (!followed || !(await pinUpdating(cluster, pinRequest, previous, world)))
      await pinAfresh(cluster, pinRequest, cluster.factor, world);
  }
  return (await statuses(cluster, [cid], world)).get(`${cid}`)!;
}

async function upload(cluster: Cluster, root: CID, car: AsyncIterable<Uint8Array>, world: World): Promise<void> {
  const upload = await withBlocks(car);
  // Cluster closes the connection for a CAR without a block.
  if (!upload) return;
  const what = `bringing blocks of ${root}`;
  // Without a pin: a pin created by an upload has no name, and would start before the last of several uploads.
  const query = { format: "car", "no-pin": "true", ...cluster.factor };
  let added = false;
  for await (const line of cluster.calls.lines({ method: "POST", path: "add", what, query, upload }, world)) {
    if (!isRecord(line) || added) throw unclear(`${cluster.name}: ${what}`, line);
    if (line.cid !== `${root}`) throw unclear(`${cluster.name}: ${what}`, line);
    added = true;
    if (Array.isArray(line.allocations)) cluster.broughtTo.set(`${root}`, line.allocations.filter(isText).slice(0, 20));
  }
  if (!added) throw cutShort(`${cluster.name}: ${what}`, "nothing of what it took");
}

async function* pinsLabelled(cluster: Cluster, prefix: string, world: World): AsyncGenerator<ListedPin> {
  const what = "listing its pins";
  for await (const line of cluster.calls.lines({ method: "GET", path: "allocations", what }, world)) {
    if (!isRecord(line) || !isText(line.cid)) throw unclear(`${cluster.name}: ${what}`, line);
    const { cid, name } = line;
    if (isText(name) && name.startsWith(prefix)) yield { cid: CID.parse(cid), label: name };
  }
}

async function peerAddresses(cluster: Cluster, world: World): Promise<string[]> {
  const addresses = new Set<string>();
  const what = "asking for its peers";
  let peers = 0;
  for await (const peer of cluster.calls.lines({ method: "GET", path: "peers", what }, world)) {
    if (!isRecord(peer) || ++peers > mostPeers) throw unclear(`${cluster.name}: ${what}`, peer);
    const known = isRecord(peer.ipfs) ? peer.ipfs.addresses : undefined;
    if (Array.isArray(known)) for (const address of known) if (isDialled(address)) addresses.add(address);
  }
  return [...addresses].sort();
}

/** A pin at every peer, which ends by itself where a killed process leaves it. */
function probing(cluster: Cluster, cid: CID, world: World): ProbingPeers {
  return {
    pin: (label) => post(cluster, { cid, label }, { ...factorOf(-1, -1), "expire-in": "10m" }, world),
    peers: async () => (await pinsOf(cluster, [cid], world)).get(`${cid}`)!.peers,
    unpin: () => unpin(cluster, cid, world),
  };
}

async function unpin(cluster: Cluster, cid: CID, world: World): Promise<void> {
  try {
    await cluster.calls.json({ method: "DELETE", path: `pins/${cid}`, what: `unpinning ${cid}` }, world);
  } catch (error) {
    if (!isNotPinned(error)) throw error;
  }
}

async function answer(cluster: Cluster, ask: Ask, world: World): Promise<Readonly<Record<string, unknown>>> {
  const reply = await cluster.calls.json(ask, world);
  if (!isRecord(reply)) throw unclear(`${cluster.name}: ${ask.what}`, reply);
  return reply;
}

/** Pins by CID. @throws Failure `unavailable` if the answer lacks one of `cids`: it was cut short. */
async function pinsOf(cluster: Cluster, cids: readonly CID[], world: World): Promise<Map<string, Pin>> {
  const pins = new Map<string, Pin>();
  const asked = new Set(cids.map(String));
  const what = asked.size === 1 ? `asking for ${cids[0]}` : `asking for ${asked.size} pins`;
  const ask: Ask = { method: "GET", path: "pins", what, query: { cids: [...asked].join() } };
  let lines = 0;
  for await (const line of cluster.calls.lines(ask, world)) {
    const pin = pinIn(line);
    if (!pin || ++lines > asked.size) throw unclear(`${cluster.name}: ${what}`, line);
    if (asked.has(pin.cid)) pins.set(pin.cid, pin);
  }
  for (const cid of asked) if (!pins.has(cid)) throw cutShort(`${cluster.name}: ${what}`, `nothing about ${cid}`);
  return pins;
}

async function statusOf(cluster: Cluster, pin: Pin, world: World): Promise<PinStatus> {
  const holders = allocatedPeers(pin);
  const status = replicationStatus(pin, holders, cluster.replicas);
  const complete = holders.length > 0 && holders.every(({ state }) => state === "has");
  if (status.state === "absent" || (cluster.replicas ? status.state !== "failed" : complete)) return status;
  const terms = await termsOf(cluster, pin.cid, world);
  return terms ? replicationStatus(pin, allocatedPeers(pin, terms), cluster.replicas ?? terms.least) : status;
}

/** Replication options of a pin. Not from `GET /pins`: there, they come from one arbitrary peer, which may be out of date. */
async function termsOf(cluster: Cluster, cid: string, world: World): Promise<Terms | undefined> {
  try {
    const stored = await answer(
      cluster,
      { method: "GET", path: `allocations/${cid}`, what: `looking up ${cid}` },
      world,
    );
    return termsIn(stored);
  } catch (error) {
    if (isNotPinned(error)) return undefined;
    throw error;
  }
}

function post(
  cluster: Cluster,
  { cid, label }: Pick<PinRequest, "cid" | "label">,
  options: Options,
  world: World,
): Promise<Readonly<Record<string, unknown>>> {
  const query = fitting({ name: [...label].slice(0, 255).join(""), ...options });
  return answer(cluster, { method: "POST", path: `pins/${cid}`, what: `pinning ${cid}`, query }, world);
}

/**
 * Pins as an update of the pin of `previous`, so that the Kubos walk only new blocks. The Cluster copies metadata and
 * replication factor from that pin; only the label comes from the request. Returns whether the new pin has enough replicas.
 */
async function pinUpdating(cluster: Cluster, pinRequest: PinRequest, previous: CID, world: World): Promise<boolean> {
  try {
    const { least } = termsIn(await post(cluster, pinRequest, { "pin-update": `${previous}` }, world));
    return !cluster.replicas || least === undefined || least >= cluster.replicas;
  } catch (error) {
    // The update only saves time, so the caller pins without it.
    if (!isFailure(error, "refused", "unavailable")) throw error;
    world.log(`${cluster.name}: ${pinRequest.cid} is pinned without reusing ${previous} (${error.message})`);
    return false;
  }
}

async function pinAfresh(cluster: Cluster, pinRequest: PinRequest, factor: Options, world: World): Promise<void> {
  const { cid, origins, meta } = pinRequest;
  const options = {
    ...factor,
    "user-allocations": cluster.broughtTo.get(`${cid}`) ?? [],
    origins: origins.filter((address) => parsableAddress.test(address)),
    ...Object.fromEntries(Object.entries(meta).map(([key, value]) => [`meta-${key}`, value])),
  };
  await post(cluster, pinRequest, options, world);
  cluster.broughtTo.delete(`${cid}`);
}

/** Retries at peers that failed, and allocates the pin to other peers in place of those that are offline. */
async function repair(cluster: Cluster, pinRequest: PinRequest, pin: Pin, world: World): Promise<void> {
  const { cid } = pinRequest;
  if (pin.peers.some(({ state }) => state === "error")) {
    await answer(cluster, { method: "POST", path: `pins/${cid}/recover`, what: `recovering ${cid}` }, world);
  }
  const terms = await termsOf(cluster, `${cid}`, world);
  if (terms?.least === undefined) return;
  // The pin may already have a higher factor, set by another program.
  const least = Math.max(terms.least, cluster.replicas ?? 0);
  const online = allocatedPeers(pin, terms).filter(({ state }) => state !== "offline");
  if (online.length < least) await pinAfresh(cluster, pinRequest, factorOf(least, Math.max(terms.most, least)), world);
}

async function statuses(cluster: Cluster, cids: readonly CID[], world: World): Promise<Map<string, PinStatus>> {
  const found = new Map<string, PinStatus>();
  const batches = Array.from({ length: Math.ceil(cids.length / cidsPerRequest) }, (_, i) =>
    cids.slice(i * cidsPerRequest, (i + 1) * cidsPerRequest),
  );
  for await (const pins of inOrder(batches, parallelRequests, (batch) => pinsOf(cluster, batch, world))) {
    for (const [cid, pin] of pins) found.set(cid, await statusOf(cluster, pin, world));
  }
  return found;
}

/** Query options; a list is joined by commas. */
type Options = Readonly<Record<string, string | readonly string[]>>;

function factorOf(least: number, most: number): Options {
  return { "replication-min": `${least}`, "replication-max": `${most}` };
}

/** The options, in order, that fit into {@link longestQuery}. */
function fitting(options: Options): Arguments {
  let left = longestQuery;
  const query = new Map<string, string>();
  for (const [key, values] of Object.entries(options)) {
    for (const value of [values].flat()) {
      left -= new URLSearchParams([[key, `,${value}`]]).toString().length;
      const before = query.get(key);
      if (left > 0) query.set(key, before === undefined ? value : `${before},${value}`);
    }
  }
  return Object.fromEntries(query);
}

/** The same CAR; `undefined` if it ends after its header. */
async function withBlocks(car: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | undefined> {
  const rest = car[Symbol.asyncIterator]();
  let start = new Uint8Array(0);
  while (start.length <= headerEnd(start)) {
    const { done, value } = await rest.next();
    if (done && start.length === headerEnd(start)) return undefined;
    if (done) break;
    start = new Uint8Array(Buffer.concat([start, value]));
  }
  return (async function* () {
    yield start;
    yield* { [Symbol.asyncIterator]: () => rest };
  })();
}

/** Bytes before the first block: a varint, and the number of bytes that it states (CARv1, "Header"). */
function headerEnd(car: Uint8Array): number {
  let length = 0;
  for (const [at, byte] of car.entries()) {
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return at + 1 + length;
  }
  return Number.POSITIVE_INFINITY;
}

function authorizationOf(credentials: string): string {
  // A token never contains a colon: it is a JWT, three parts of base64url.
  if (!credentials.includes(":")) return `Bearer ${credentials}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function isDialled(address: unknown): address is string {
  return isText(address) && /^\/\S{1,500}\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/.test(address);
}
