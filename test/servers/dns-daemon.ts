/** What every DNS server of `dns.ts` needs: its program found, a port on loopback, a start that is known to have worked. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { decode, encode, type SoaData } from "dns-packet";
import { freePort } from "./ports.ts";

/** A server that runs, unprivileged, with everything it writes in a folder of its own. */
export interface Daemon {
  /** `127.0.0.1:PORT`, the same again after `restart`. */
  readonly address: string;
  readonly port: number;
  /** End it as a power cut would (SIGKILL). What it has written stays. */
  kill(): Promise<void>;
  /** Start it again at the same address with what it had, after `kill` or in place of the running one. */
  restart(): Promise<void>;
  /** End it and remove its folder. */
  stop(): Promise<void>;
}

/** Where it listens. Ports: one free on every one of the addresses, unless given. */
export interface Listening {
  /** Default: `["127.0.0.1"]` */
  readonly ips?: readonly string[];
  readonly port?: number;
}

/** A zone's name and its master file without SOA; `ns1` at the server's first address answers for it unless it says NS. */
export type Zones = Readonly<Record<string, string>>;

/** How one kind of server is started. */
export interface Recipe {
  readonly program: string;
  readonly listening: Listening;
  /** Writes the configuration; resolves to the arguments. */
  prepare(place: Place): Promise<readonly string[]>;
  /** Whether it answers by now; asked again until it does. */
  ready(place: Place): Promise<boolean>;
}

export interface Place {
  readonly folder: string;
  readonly ips: readonly string[];
  readonly port: number;
}

/** System programs stand in folders that not every PATH names. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** @throws Error with what it said where it ends before it answers. */
export async function startDaemon(recipe: Recipe): Promise<Daemon & { readonly place: Place }> {
  const ips = recipe.listening.ips ?? ["127.0.0.1"];
  // Between our look at a port and the server's another may take it: then one more is tried.
  for (let attempt = 1; ; attempt++) {
    const port = recipe.listening.port ?? (await freePort(ips));
    const place = { folder: await mkdtemp(join(tmpdir(), "fieldtree-dns-")), ips, port };
    try {
      return await startAt(place, recipe);
    } catch (error) {
      await rm(place.folder, { recursive: true, force: true });
      if (attempt === 3) throw error;
    }
  }
}

async function startAt(place: Place, recipe: Recipe): Promise<Daemon & { readonly place: Place }> {
  const args = await recipe.prepare(place);
  // A copy: where AppArmor guards a server, it does so by its path, and lets it read no folder but its own.
  const program = join(place.folder, recipe.program);
  await copyFile(findProgram(recipe.program)!, program);
  const start = () => run(program, args, () => recipe.ready(place));
  let daemon = await start();

  const end = async (signal: NodeJS.Signals) => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, "exit");
    signalAll(daemon, signal);
    await gone;
    // Its children may outlive it, and would keep its port.
    signalAll(daemon, "SIGKILL");
  };
  const killWithUs = () => signalAll(daemon, "SIGKILL");
  process.once("exit", killWithUs);

  return {
    place,
    port: place.port,
    address: hostPort(place.ips[0]!, place.port),
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGTERM");
      daemon = await start();
    },
    async stop() {
      await end("SIGTERM");
      process.off("exit", killWithUs);
      await rm(place.folder, { recursive: true, force: true });
    },
  };
}

async function run(program: string, args: readonly string[], ready: () => Promise<boolean>): Promise<ChildProcess> {
  // A process group of its own, for some of them are several processes.
  const daemon = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const said: string[] = [];
  for (const stream of [daemon.stdout, daemon.stderr]) createInterface(stream).on("line", (line) => said.push(line));
  let ended: string | undefined;
  daemon.once("error", (error) => {
    ended = error.message;
  });
  daemon.once("exit", (code, signal) => {
    ended = String(code ?? signal);
  });
  const until = Date.now() + 60_000;
  while (!(await ready())) {
    if (ended === undefined && Date.now() < until) await sleep(20);
    else {
      signalAll(daemon, "SIGKILL");
      const how = ended === undefined ? "does not answer" : `ended (${ended})`;
      throw new Error(`${program} ${how}:\n${said.slice(-30).join("\n")}`);
    }
  }
  return daemon;
}

function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The serial that `server` gives for `zone`; `undefined` where it has none, or says nothing. */
export async function serialAt(ip: string, port: number, zone: string): Promise<number | undefined> {
  const answer = await askOnce(ip, port, zone);
  const soa = answer && decode(answer).answers?.find((record) => record.type === "SOA");
  return soa ? ((soa as { data: SoaData }).data.serial ?? undefined) : undefined;
}

async function askOnce(ip: string, port: number, zone: string): Promise<Buffer | undefined> {
  const socket = createSocket(isIPv6(ip) ? "udp6" : "udp4");
  try {
    return await new Promise((resolve) => {
      socket.on("message", resolve);
      socket.on("error", () => resolve(undefined));
      setTimeout(() => resolve(undefined), 500).unref();
      // Connected, so that a port where nobody listens is an error at once.
      socket.connect(port, ip, () => {
        socket.send(encode({ type: "query", id: randomInt(65_536), questions: [{ type: "SOA", name: zone }] }));
      });
    });
  } finally {
    socket.close();
  }
}

/** `127.0.0.1:53`, `[::1]:53` */
export function hostPort(ip: string, port: number): string {
  return `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`;
}

/** The whole master file of a zone. */
export function masterFile(zone: string, records: string, ip: string): string {
  const host = `ns1 ${isIPv6(ip) ? "AAAA" : "A"} ${ip}`;
  const servers = /\sNS\s/.test(records) ? "" : `@ NS ns1\n${host}\n`;
  // A secondary asks for news once a day: in a test, when it is told to.
  return `$ORIGIN ${zone}.\n$TTL 300\n@ SOA ns1 hostmaster 1 86400 86400 604800 60\n${servers}${records}\n`;
}
