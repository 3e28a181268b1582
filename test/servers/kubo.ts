/**
 * A real Kubo, built from the module list beside this file and started off the network.
 *
 * ```ts
 * const binary = await kuboBinary();
 * describe.skipIf(!binary)("with a real Kubo", () => {
 *   it("…", async () => {
 *     const kubo = await startKubo();
 *     await kubo.ipfs("add", "-Q", file);
 *     await kubo.stop();
 *   });
 * });
 * ```
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { base32upper } from "multiformats/bases/base32";
import type { CID } from "multiformats/cid";
import { goProgram } from "./go.ts";
import { freePort } from "./ports.ts";

const version = "0.43.0";
const what = `Kubo ${version}`;

/** Path of the `ipfs` program; `undefined`, and on the list of absences, where it can't be built. */
export function kuboBinary(): Promise<string | undefined> {
  return goProgram({
    what,
    folder: `kubo-${version}`,
    takes: "2 to 6 minutes",
    modules: join(import.meta.dirname, "kubo"),
    from: "github.com/ipfs/kubo/cmd/ipfs",
    tryout: ["version"],
  });
}

export interface Kubo {
  /** RPC address without trailing slash: `http://127.0.0.1:41234`. The same again after `restart`. */
  readonly api: string;
  /** Address of its own HTTP gateway, without trailing slash. */
  readonly gateway: string;
  /** Its `IPFS_PATH`. */
  readonly repo: string;
  /** Process id of the daemon that runs now. */
  readonly pid: number;
  /** Run the `ipfs` program on this daemon; resolves to its stdout without the last line end, rejects with its stderr. */
  ipfs(...args: string[]): Promise<string>;
  /** End the daemon as a power cut would (SIGKILL). */
  kill(): Promise<void>;
  /** Start a daemon on the same repo and addresses, after `kill` or in place of the running one. */
  restart(): Promise<void>;
  /** End the daemon and remove its repo. */
  stop(): Promise<void>;
}

/** Where Kubo's flatfs has a block: a disk that loses it tells no Kubo. */
export function blockFile({ repo }: Pick<Kubo, "repo">, cid: CID): string {
  const name = base32upper.baseEncode(cid.multihash.bytes);
  return join(repo, "blocks", name.slice(-3, -1), `${name}.data`);
}

export interface KuboOptions {
  readonly token?: string;
  readonly swarm?: boolean;
  /**
   * Fetches blocks over HTTP from what this delegated router names, where one is named; `certificate`: PEM file of the only one it
   * trusts.
   */
  readonly fetchesFrom?: { readonly router?: string; readonly certificate: string };
}

/**
 * A fresh repo and a daemon on free loopback ports, without peers or routing.
 *
 * With `token`, its RPC answers only `Authorization: Bearer <token>`. With `swarm`, other nodes on this machine can
 * connect to it.
 *
 * @throws Error where {@link kuboBinary} is absent or the daemon ends before it is ready, with what it said.
 */
export async function startKubo({ token, swarm = false, fetchesFrom }: KuboOptions = {}): Promise<Kubo> {
  const binary = await kuboBinary();
  if (!binary) throw new Error(`${what} is absent: ask kuboBinary() first`);
  const repo = await mkdtemp(join(tmpdir(), "fieldtree-kubo-"));
  const trusted = fetchesFrom && { SSL_CERT_FILE: fetchesFrom.certificate };
  const env = { IPFS_PATH: repo, IPFS_TELEMETRY: "off", ...trusted };
  const run = async (...args: string[]) => (await execa(binary, args, { env })).stdout;

  await run("init", "--profile=test,server");
  const [apiPort, gatewayPort] = [await freePort(), await freePort()];
  await configure(join(repo, "config"), (config) => {
    config.Routing.Type = "none";
    // Its own, for a repo that keeps its addresses can be restarted under the feet of whoever talks to it.
    config.Addresses.API = `/ip4/127.0.0.1/tcp/${apiPort}`;
    config.Addresses.Gateway = `/ip4/127.0.0.1/tcp/${gatewayPort}`;
    config.Addresses.Swarm = swarm ? ["/ip4/127.0.0.1/tcp/0"] : [];
    if (fetchesFrom) {
      config.Routing = fetchesFrom.router === undefined ? {} : { DelegatedRouters: [fetchesFrom.router] };
      config.HTTPRetrieval = { Enabled: fetchesFrom.router !== undefined };
    }
    if (swarm || fetchesFrom) {
      // Profile `server` has it dial and tell no private address, and this machine has no other.
      config.Swarm.AddrFilters = [];
      config.Addresses.NoAnnounce = [];
    }
    if (token) config.API.Authorizations = { test: { AuthSecret: `bearer:${token}`, AllowedPaths: ["/api/v0"] } };
  });
  let daemon = await startDaemon(binary, env);

  const end = async (signal: NodeJS.Signals) => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, "exit");
    daemon.kill(signal);
    await gone;
  };
  const killWithUs = () => void daemon.kill("SIGKILL");
  process.once("exit", killWithUs);

  return {
    api: `http://127.0.0.1:${apiPort}`,
    gateway: `http://127.0.0.1:${gatewayPort}`,
    repo,
    get pid() {
      return daemon.pid!;
    },
    ipfs: (...args) => run(...(token ? ["--api-auth", `bearer:${token}`] : []), ...args),
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGTERM");
      daemon = await startDaemon(binary, env);
    },
    async stop() {
      await end("SIGTERM");
      process.off("exit", killWithUs);
      await rm(repo, { recursive: true, force: true });
    },
  };
}

/** What is read here of Kubo's config. @see https://github.com/ipfs/kubo/blob/v0.43.0/docs/config.md */
interface Config {
  readonly API: { Authorizations?: object };
  readonly Addresses: { API: string; Gateway: string; NoAnnounce: string[]; Swarm: string[] };
  Routing: { Type?: string; DelegatedRouters?: readonly string[] };
  HTTPRetrieval: { readonly Enabled?: boolean };
  readonly Swarm: { AddrFilters: string[] };
}

/** In one go: `ipfs config` would be a process for every key. */
async function configure(file: string, change: (config: Config) => void): Promise<void> {
  const config = JSON.parse(await readFile(file, "utf8")) as Config;
  change(config);
  await writeFile(file, JSON.stringify(config, null, 2));
}

async function startDaemon(binary: string, env: Record<string, string>): Promise<ChildProcess> {
  const daemon = spawn(binary, ["daemon"], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [daemon.stdout, daemon.stderr]) createInterface(stream).on("line", (line) => said.push(line));
  const ready = new Promise<void>((resolve, reject) => {
    createInterface(daemon.stdout).on("line", (line) => line.includes("Daemon is ready") && resolve());
    daemon.once("error", reject);
    daemon.once("exit", (code, signal) =>
      reject(new Error(`ipfs daemon ended (${code ?? signal}):\n${said.join("\n")}`)),
    );
  });
  await ready;
  return daemon;
}
