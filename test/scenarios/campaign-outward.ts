/** A campaign with everything around it: pin services and DNS servers that are real, all on loopback. */
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readTree } from "../../pipeline/core/tree/tree.ts";
import { aFolder, fieldtree, type Ran } from "../commands/program.ts";
import { type Cluster, clusterBinary, startCluster } from "../servers/cluster.ts";
import { dnsServers, type Primary, type Secondary, startBind, startNsd } from "../servers/dns.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";
import { type PsaServer, startPsa } from "../servers/psa.ts";

export const outwardServers = (await kuboBinary()) && (await clusterBinary()) && dnsServers();

export interface Outward {
  readonly publisher: Kubo;
  readonly mirror: Kubo;
  readonly cluster: Cluster;
  readonly psa: PsaServer;
  readonly primary: Primary;
  readonly secondary: Secondary;
  /** Environment variables that campaign.yaml names. */
  readonly env: Readonly<Record<string, string>>;
  /** campaign.yaml for the servers that run. */
  readonly config: string;
  stop(): Promise<void>;
}

export async function startOutward(): Promise<Outward> {
  const [publisher, mirror, cluster, primary] = await Promise.all([
    startKubo(),
    startKubo({ token: "mirror-canary" }),
    startCluster({ peers: 2 }),
    startBind({ zones: { "example.test": '_dnslink.latest TXT "kept=by-others"\n' } }),
  ]);
  const secondary = await startNsd({ primary });
  const psa = await startPsa({ from: mirror.gateway, token: "shop-canary" });
  const config = `campaign: orcestra
title: ORCESTRA field campaign
domain: example.test
node: { kind: kubo, api: "${publisher.api}" }
pins:
  require: 3 of [mirror, dkrz, shop]
  deadline: 60 s
  services:
    - { name: mirror, kind: kubo, api: "${mirror.api}", token: MIRROR_TOKEN }
    - { name: dkrz, kind: cluster, api: "${cluster.peers[0]!.api}", replicas: 2, gateway: "${cluster.peers[1]!.kubo.gateway}" }
    - { name: shop, kind: psa, endpoint: "${psa.endpoint}", token: SHOP_TOKEN, gateway: "${psa.gateway}" }
names:
  - domain: latest.example.test
    to: tree
    provider: { kind: rfc2136, server: "${primary.address}", key: DNS_KEY }
    authorities: ["${primary.address}", "${secondary.address}"]
    ttl: 60
  - domain: example.test
    to: portal
    provider: { kind: rfc2136, server: "${primary.address}", key: DNS_KEY }
    authorities: ["${primary.address}", "${secondary.address}"]
    ttl: 60
`;
  const env = { MIRROR_TOKEN: "mirror-canary", SHOP_TOKEN: "shop-canary", DNS_KEY: primary.key };
  return {
    publisher,
    mirror,
    cluster,
    psa,
    primary,
    secondary,
    env,
    config,
    async stop() {
      await Promise.all([publisher, mirror, cluster, primary, secondary, psa].map((server) => server.stop()));
    },
  };
}

/** The secondary follows whenever it likes; this one about every second, as long as the primary lives. */
export async function followAllDay({ secondary }: Pick<Outward, "secondary">, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    // While the primary is away there is nothing to follow; one that is asked then would wait for good.
    await Promise.race([secondary.follow().catch(() => undefined), sleep(3_000)]);
    await sleep(1_000);
  }
}

export interface Place {
  readonly cwd: string;
  run(...args: string[]): Promise<Ran>;
}

/** The project's own sample in a folder of its own, its data on the campaign's node. */
export async function aSample({ config, env }: Pick<Outward, "config" | "env">): Promise<Place> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const cwd = await aFolder({ "campaign.yaml": config });
  for (const name of ["tree.yaml", "sample"]) await cp(join(root, name), join(cwd, name), { recursive: true });
  const run = (...args: string[]) => fieldtree(args, { cwd, env });
  const { tree } = readTree(await readFile(join(cwd, "tree.yaml")));
  const { code, stderr } = await run("add", ...[...tree.keys()].map((path) => join("sample", path)), "--json");
  if (code !== 0) throw new Error(stderr);
  return { cwd, run };
}
