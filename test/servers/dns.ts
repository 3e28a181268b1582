/**
 * Real DNS servers on loopback: BIND, Knot and PowerDNS as primaries, NSD as a secondary that lags.
 *
 * ```ts
 * const there = dnsServers();
 * describe.skipIf(!there)("with real servers", () => {
 *   it("…", async () => {
 *     const bind = await startBind({ zones: { "example.test": '_dnslink.latest TXT "dnslink=/ipfs/bafy…"' } });
 *     const nsd = await startNsd({ primary: bind });
 *     // an UPDATE, signed with bind.key, to bind.address
 *     await nsd.follow();
 *     await Promise.all([nsd.stop(), bind.stop()]);
 *   });
 * });
 * ```
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { recordAbsence } from "../absent.ts";
import {
  type Daemon,
  findProgram,
  type Listening,
  masterFile,
  type Place,
  serialAt,
  startDaemon,
  type Zones,
} from "./dns-daemon.ts";
import { freePort } from "./ports.ts";

/** Debian's packages by the program each brings. */
export const dnsPackages: Readonly<Record<string, readonly string[]>> = {
  named: ["bind9"],
  knotd: ["knot"],
  nsd: ["nsd"],
  pdns_server: ["pdns-server", "pdns-backend-sqlite3"],
};

/** Whether this machine has them all; recorded where not. */
export function dnsServers(): boolean {
  const missing = Object.keys(dnsPackages).filter((program) => !findProgram(program));
  if (missing.length === 0) return true;
  recordAbsence({
    what: "DNS servers",
    why: `${missing.join(", ")} not found`,
    get: "run `npm run test:setup` (as root on Debian or Ubuntu), or install BIND, Knot, NSD and PowerDNS",
    required: true,
  });
  return false;
}

/** A server that takes updates. */
export interface Primary extends Daemon {
  /** Who may update and transfer its zones, as dig's -y takes it: `hmac-sha256:fieldtree:SECRET`. */
  readonly key: string;
  readonly zones: Zones;
}

export interface PrimaryOptions extends Listening {
  readonly zones: Zones;
  /** Default: a fresh one. */
  readonly key?: string;
  /** Names whose TXT records may be updated. Default: all in its zones. PowerDNS knows no such limit. */
  readonly only?: readonly string[];
}

export interface Powerdns extends Primary {
  /** Address of its HTTP API, without `/api/v1` and without trailing slash. Its server_id is `localhost`. */
  readonly api: string;
  /** What `X-API-Key` must say. */
  readonly apiKey: string;
}

/** A server that holds what it once transferred. */
export interface Secondary extends Daemon {
  /** Transfer all zones now; resolves when their newest state is served. */
  follow(): Promise<void>;
}

export async function startBind(options: PrimaryOptions): Promise<Primary> {
  const key = options.key ?? freshKey();
  const { name, secret } = partsOf(key);
  const policy = options.only
    ? options.only.map((only) => `grant ${name} name ${only}. TXT;`).join(" ")
    : `grant ${name} zonesub TXT;`;

  const daemon = await startDaemon({
    program: "named",
    listening: options,
    async prepare({ folder, ips, port }) {
      const on = (wanted: readonly string[]) =>
        wanted.length === 0 ? "none;" : wanted.map((ip) => `${ip};`).join(" ");
      const zones = await writeZones({ folder, ips, port }, options.zones);
      const config = `
        options {
          directory "${folder}"; managed-keys-directory "${folder}"; session-keyfile "${folder}/session.key";
          pid-file none; lock-file none; recursion no; dnssec-validation no; notify no;
          listen-on port ${port} { ${on(ips.filter((ip) => !isIPv6(ip)))} };
          listen-on-v6 port ${port} { ${on(ips.filter(isIPv6))} };
          allow-transfer { key "${name}"; };
        };
        controls { };
        key "${name}" { algorithm hmac-sha256; secret "${secret}"; };
        ${zones.map(({ zone, file }) => `zone "${zone}" { type primary; file "${file}"; update-policy { ${policy} }; };`).join("\n")}`;
      await writeFile(join(folder, "named.conf"), config);
      return ["-g", "-n", "1", "-c", join(folder, "named.conf")];
    },
    ready: (place) => servesAll(place, options.zones),
  });
  return { ...daemon, key, zones: options.zones };
}

export async function startKnot(options: PrimaryOptions): Promise<Primary> {
  const key = options.key ?? freshKey();
  const { name, secret } = partsOf(key);
  const limits = options.only
    ? [
        "    update-owner: name",
        "    update-owner-match: equal",
        `    update-owner-name: [${options.only.map((only) => `${only}.`).join(", ")}]`,
      ]
    : [];

  const daemon = await startDaemon({
    program: "knotd",
    listening: options,
    async prepare(place) {
      const { folder, ips, port } = place;
      const zones = await writeZones(place, options.zones);
      const config = [
        "server:",
        `    listen: [${ips.map((ip) => `${ip}@${port}`).join(", ")}]`,
        `    rundir: ${folder}`,
        "    udp-workers: 1",
        "    tcp-workers: 1",
        "    background-workers: 1",
        "log:",
        "  - target: stderr",
        "    any: info",
        "database:",
        `    storage: ${folder}`,
        "key:",
        `  - id: ${name}`,
        "    algorithm: hmac-sha256",
        `    secret: ${secret}`,
        "acl:",
        "  - id: ours",
        `    key: ${name}`,
        "    action: [update, transfer]",
        "    update-type: TXT",
        ...limits,
        "zone:",
        ...zones.flatMap(({ zone, file }) => [`  - domain: ${zone}.`, `    file: ${file}`, "    acl: ours"]),
      ];
      await writeFile(join(folder, "knot.conf"), `${config.join("\n")}\n`);
      return ["-c", join(folder, "knot.conf")];
    },
    ready: (place) => servesAll(place, options.zones),
  });
  return { ...daemon, key, zones: options.zones };
}

/** Whether `check` was true that many times, one after the other. */
function inARow<T>(times: number, check: (of: T) => Promise<boolean>): (of: T) => Promise<boolean> {
  let count = 0;
  return async (of) => {
    count = (await check(of)) ? count + 1 : 0;
    return count >= times;
  };
}

/** Knows the zones of `primary` as they were when it started, until `follow` is called. */
export async function startNsd(options: { primary: Primary } & Listening): Promise<Secondary> {
  const { primary } = options;
  const { name, secret } = partsOf(primary.key);
  const [primaryIp, primaryPort] = splitAddress(primary.address);

  const daemon = await startDaemon({
    program: "nsd",
    listening: options,
    async prepare({ folder, ips, port }) {
      const config = [
        "server:",
        ...ips.map((ip) => `  ip-address: ${ip}@${port}`),
        `  zonesdir: "${folder}"`,
        `  pidfile: "${folder}/nsd.pid"`,
        `  xfrdfile: "${folder}/xfrd.state"`,
        `  xfrdir: "${folder}"`,
        `  zonelistfile: "${folder}/zone.list"`,
        '  database: ""',
        '  username: ""',
        '  chroot: ""',
        "remote-control:",
        "  control-enable: yes",
        `  control-interface: "${folder}/control"`,
        "key:",
        `  name: ${name}`,
        "  algorithm: hmac-sha256",
        `  secret: "${secret}"`,
        ...Object.keys(primary.zones).flatMap((zone) => [
          "zone:",
          `  name: ${zone}`,
          `  zonefile: "${folder}/${zone}.zone"`,
          `  request-xfr: AXFR ${primaryIp}@${primaryPort} ${name}`,
        ]),
      ];
      await writeFile(join(folder, "nsd.conf"), `${config.join("\n")}\n`);
      return ["-d", "-c", join(folder, "nsd.conf")];
    },
    // For a moment the processes that knew no zone answer beside those that know it.
    ready: inARow(5, (place) => servesAll(place, primary.zones)),
  });

  const followed = async (zone: string): Promise<boolean> => {
    const [wanted, found] = await Promise.all([
      serialAt(primaryIp, primaryPort, zone),
      serialAt(daemon.place.ips[0]!, daemon.port, zone),
    ]);
    return wanted !== undefined && wanted === found;
  };
  return {
    ...daemon,
    async follow() {
      const config = join(daemon.place.folder, "nsd.conf");
      for (const zone of Object.keys(primary.zones)) {
        await execa(findProgram("nsd-control")!, ["-c", config, "force_transfer", zone]);
        // For a moment the processes that knew the old zone answer beside those that know the new one.
        for (let inRow = 0; inRow < 5; inRow = (await followed(zone)) ? inRow + 1 : 0) await sleep(20);
      }
    },
  };
}

export async function startPowerdns(options: Omit<PrimaryOptions, "only">): Promise<Powerdns> {
  const key = options.key ?? freshKey();
  const apiKey = randomBytes(18).toString("hex");
  const apiPort = await freePort();
  const api = `http://127.0.0.1:${apiPort}`;
  const headers = { "x-api-key": apiKey, "content-type": "application/json" };

  const daemon = await startDaemon({
    program: "pdns_server",
    listening: options,
    async prepare({ folder, ips, port }) {
      const schema = await readFile("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql", "utf8");
      const database = new DatabaseSync(join(folder, "pdns.db"));
      database.exec(schema);
      database.close();
      const config = [
        "launch=gsqlite3",
        `gsqlite3-database=${folder}/pdns.db`,
        `local-address=${ips.join(",")}`,
        `local-port=${port}`,
        `socket-dir=${folder}`,
        "security-poll-suffix=",
        "webserver=yes",
        "webserver-address=127.0.0.1",
        `webserver-port=${apiPort}`,
        "webserver-allow-from=127.0.0.1",
        "api=yes",
        `api-key=${apiKey}`,
        "dnsupdate=yes",
        "allow-dnsupdate-from=127.0.0.0/8,::1",
        "cache-ttl=0",
        "query-cache-ttl=0",
        "negquery-cache-ttl=0",
        "zone-cache-refresh-interval=0",
        "receiver-threads=1",
        "distributor-threads=1",
      ];
      await writeFile(join(folder, "pdns.conf"), `${config.join("\n")}\n`);
      return [`--config-dir=${folder}`, "--daemon=no", "--guardian=no"];
    },
    ready: async () =>
      fetch(`${api}/api/v1/servers/localhost`, { headers }).then(
        (response) => response.ok,
        () => false,
      ),
  });

  const post = async (method: "POST" | "PUT", path: string, body: unknown) => {
    const url = `${api}/api/v1/servers/localhost/${path}`;
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`PowerDNS: ${path} answered ${response.status}: ${await response.text()}`);
  };
  const { name, secret } = partsOf(key);
  await post("POST", "tsigkeys", { name, algorithm: "hmac-sha256", key: secret });
  for (const [zone, records] of Object.entries(options.zones)) {
    const text = masterFile(zone, records, daemon.place.ips[0]!);
    await post("POST", "zones", { name: `${zone}.`, kind: "Native", zone: text });
    await post("PUT", `zones/${zone}./metadata/TSIG-ALLOW-DNSUPDATE`, { metadata: [name] });
  }
  return { ...daemon, key, zones: options.zones, api, apiKey };
}

async function writeZones({ folder, ips }: Place, zones: Zones) {
  await mkdir(join(folder, "zones"));
  const written = Object.entries(zones).map(async ([zone, records]) => {
    const file = join(folder, "zones", zone);
    await writeFile(file, masterFile(zone, records, ips[0]!));
    return { zone, file };
  });
  return Promise.all(written);
}

async function servesAll({ ips, port }: Place, zones: Zones): Promise<boolean> {
  const serials = await Promise.all(ips.flatMap((ip) => Object.keys(zones).map((zone) => serialAt(ip, port, zone))));
  return serials.every((serial) => serial !== undefined);
}

function freshKey(): string {
  return `hmac-sha256:fieldtree:${randomBytes(32).toString("base64")}`;
}

function partsOf(key: string): { readonly name: string; readonly secret: string } {
  const [, name, secret] = key.split(":");
  return { name: name!, secret: secret! };
}

function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(":");
  return [address.slice(0, at).replace(/^\[|\]$/g, ""), Number(address.slice(at + 1))];
}
