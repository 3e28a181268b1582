/**
 * A real IPFS Cluster on this machine: some peers, each over a real Kubo of its own, that know nobody else.
 *
 * ```ts
 * const cluster = await startCluster({ peers: 2 });
 * await fetch(`${cluster.peers[0].api}/id`);
 * await cluster.killPeer(1);
 * await cluster.stop();
 * ```
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { goProgram } from "./go.ts";
import { type Kubo, type KuboOptions, kuboBinary, startKubo } from "./kubo.ts";
import { freePort } from "./ports.ts";

const version = "1.1.0";
const what = `IPFS Cluster ${version}`;

/** Path of the `ipfs-cluster-service` program; `undefined`, and on the list of absences, where it can't be built. */
export function clusterBinary(): Promise<string | undefined> {
  return goProgram({
    what,
    folder: `cluster-${version}`,
    takes: "2 to 6 minutes",
    modules: join(import.meta.dirname, "cluster"),
    from: "github.com/ipfs-cluster/ipfs-cluster/cmd/ipfs-cluster-service",
    tryout: ["--version"],
  });
}

export interface ClusterOptions {
  readonly peers: number;
  /** `user:password` that the REST API asks for. */
  readonly credentials?: string;
  /** As for `startKubo`: of each Kubo. They are not connected with each other then. */
  readonly fetchesFrom?: KuboOptions["fetchesFrom"];
  /** How many peers keep a pin that doesn't say so itself; all of them where it is absent. */
  readonly replicas?: number;
}

export interface ClusterPeer {
  /** `peer-0`, `peer-1`, … */
  readonly name: string;
  /** Address of its REST API without trailing slash. The same again after `restartPeer`. */
  readonly api: string;
  /** The Kubo it has pin for it. */
  readonly kubo: Kubo;
  /** Where other peers reach it. */
  readonly address: string;
}

export interface Cluster {
  readonly peers: readonly ClusterPeer[];
  /** 64 hexadecimal digits, which every peer has to know. */
  readonly secret: string;
  /** End one peer as a power cut would (SIGKILL). Its Kubo goes on. */
  killPeer(index: number): Promise<void>;
  /** Start it again, with what it knew; resolves once the others see it. */
  restartPeer(index: number): Promise<void>;
  /** Resolves once every peer can be given pins, as after a restart of its Kubo. */
  ready(): Promise<void>;
  /** End all peers and their Kubos, and remove what they kept. */
  stop(): Promise<void>;
}

/**
 * Peers on free loopback ports that have found each other and would give each other pins; their Kubos are connected.
 *
 * @throws Error where {@link clusterBinary} or {@link kuboBinary} is absent, or a daemon ends before it is ready.
 */
export async function startCluster({
  peers: count,
  credentials,
  replicas,
  fetchesFrom,
}: ClusterOptions): Promise<Cluster> {
  const binary = await clusterBinary();
  if (!binary || !(await kuboBinary())) throw new Error(`${what} is absent: ask clusterBinary() first`);
  const secret = randomBytes(32).toString("hex");
  const headers = credentials ? { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } : {};

  const kubos = await Promise.all(
    Array.from({ length: count }, () => startKubo(fetchesFrom ? { fetchesFrom } : { swarm: true })),
  );
  if (!fetchesFrom) await connect(kubos);
  const peers = await Promise.all(
    kubos.map((kubo, index) => newPeer(binary, `peer-${index}`, kubo, { secret, credentials, replicas })),
  );
  const running: ChildProcess[] = [];
  const start = async (index: number) => {
    const { home } = peers[index]!;
    const others = peers.filter((peer) => peer.home !== home).map(({ address }) => address);
    running[index] = await startDaemon(binary, home, index === 0 && !running[0] ? [] : others);
  };
  const killAll = () => running.forEach((daemon) => void daemon.kill("SIGKILL"));
  process.once("exit", killAll);
  for (const index of peers.keys()) await start(index);
  const ready = async () => {
    await Promise.all(peers.map(({ api }) => untilItSees(count, api, headers)));
  };
  await ready();

  return {
    peers,
    secret,
    killPeer: (index) => end(running[index]!, "SIGKILL"),
    async restartPeer(index) {
      await end(running[index]!, "SIGTERM");
      await start(index);
      const alive = running.filter(isRunning).length;
      await Promise.all(
        peers.filter((_, each) => isRunning(running[each]!)).map(({ api }) => untilItSees(alive, api, headers)),
      );
    },
    ready,
    async stop() {
      await Promise.all(running.map((daemon) => end(daemon, "SIGKILL")));
      process.off("exit", killAll);
      await Promise.all(kubos.map((kubo) => kubo.stop()));
      await Promise.all(peers.map(({ home }) => rm(home, { recursive: true, force: true })));
    },
  };
}

interface Peer extends ClusterPeer {
  /** Its `IPFS_CLUSTER_PATH`. */
  readonly home: string;
}

interface Shared {
  readonly secret: string;
  readonly credentials: string | undefined;
  readonly replicas: number | undefined;
}

async function newPeer(binary: string, name: string, kubo: Kubo, shared: Shared): Promise<Peer> {
  const { secret, credentials, replicas = -1 } = shared;
  const home = await mkdtemp(join(tmpdir(), "fieldtree-cluster-"));
  const [restPort, peerPort] = [await freePort(), await freePort()];
  await execa(binary, ["init", "--datastore", "leveldb"], { env: { IPFS_CLUSTER_PATH: home } });

  const file = join(home, "service.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  const [user, password] = credentials?.split(/:(.*)/s) ?? [];
  Object.assign(config.cluster, {
    peername: name,
    secret,
    listen_multiaddress: [`/ip4/127.0.0.1/tcp/${peerPort}`],
    replication_factor_min: replicas,
    replication_factor_max: replicas,
    // Peers are told of each other, and must not meet those of another test.
    mdns_interval: "0s",
    monitor_ping_interval: "1s",
    peer_watch_interval: "1s",
  });
  config.consensus.crdt.trusted_peers = ["*"];
  // Of many pins at once a peer misses some, until it is told again: a minute later, by default.
  config.consensus.crdt.rebroadcast_interval = "1s";
  const { restapi } = config.api;
  config.api = { restapi };
  Object.assign(restapi, {
    http_listen_multiaddress: `/ip4/127.0.0.1/tcp/${restPort}`,
    basic_auth_credentials: user ? { [user]: password } : null,
  });
  Object.assign(config.ipfs_connector.ipfshttp, {
    node_multiaddress: kubo.api.replace(/^http:\/\/(.+):(\d+)$/, "/ip4/$1/tcp/$2"),
    connect_swarms_delay: "1s",
  });
  // How long a peer that is gone is still given pins.
  for (const informer of [config.informer.disk, config.informer.tags]) informer.metric_ttl = "3s";
  config.monitor.pubsubmon.check_interval = "1s";
  await writeFile(file, JSON.stringify(config));

  const { id } = JSON.parse(await readFile(join(home, "identity.json"), "utf8"));
  const address = `/ip4/127.0.0.1/tcp/${peerPort}/p2p/${id}`;
  return { name, api: `http://127.0.0.1:${restPort}`, kubo, home, address };
}

/** Every Kubo to every other: what one has, all can fetch. */
async function connect(kubos: readonly Kubo[]): Promise<void> {
  for (const [index, kubo] of kubos.entries()) {
    const { Addresses } = JSON.parse(await kubo.ipfs("id")) as { Addresses: readonly string[] };
    for (const other of kubos.slice(index + 1)) await other.ipfs("swarm", "connect", Addresses[0]!);
  }
}

async function startDaemon(binary: string, home: string, others: readonly string[]): Promise<ChildProcess> {
  const args = ["daemon", ...(others.length > 0 ? ["--bootstrap", others.join(",")] : [])];
  const env = { ...process.env, IPFS_CLUSTER_PATH: home };
  const daemon = spawn(binary, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [daemon.stdout, daemon.stderr]) {
      createInterface(stream).on("line", (line) => {
        said.push(line);
        if (said.length > 100) said.shift();
        if (line.includes("IPFS Cluster is READY")) resolve();
      });
    }
    daemon.once("error", reject);
    daemon.once("exit", (code, signal) => reject(new Error(`${what} ended (${code ?? signal}):\n${said.join("\n")}`)));
  });
  return daemon;
}

/** Ready is not enough: pins go to peers whose free space is known. */
async function untilItSees(count: number, api: string, headers: Readonly<Record<string, string>>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const answers = await Promise.all(
      ["/peers", "/monitor/metrics/freespace", "/monitor/metrics/ping"].map(async (path) => {
        const answer = await fetch(`${api}${path}`, { headers });
        return { path, text: await answer.text() };
      }),
    );
    const seen = answers.map(({ path, text }) => {
      if (path !== "/peers") return (JSON.parse(text || "[]") as { valid: boolean }[]).filter(({ valid }) => valid);
      const lines = text.split("\n").filter((line) => line !== "");
      return lines.map((line) => JSON.parse(line) as { error: string }).filter(({ error }) => error === "");
    });
    if (seen.every(({ length }) => length === count)) return;
    await sleep(100);
  }
  throw new Error(`the Cluster at ${api} does not see ${count} peers after a minute`);
}

async function end(daemon: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(daemon)) return;
  const gone = once(daemon, "exit");
  daemon.kill(signal);
  await gone;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
