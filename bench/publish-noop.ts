/**
 * Publishing where nothing changed, with everything around the campaign 50 ms away: that is what a scheduled job does most
 * of the time, and what it costs to know that all is well.
 *
 * A Kubo, a Cluster of two peers and a pinning service pin the sample campaign, and BIND answers for two names at two
 * servers each; all are real, each behind a relay (`far.ts`). Compared with the same questions asked one after another with
 * what an operator has at hand: `ipfs`, `curl` and `dig`, through the same relays.
 */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { readTree } from "../pipeline/core/tree/tree.ts";
import type { Get } from "../pipeline/dag/block.ts";
import { walk } from "../pipeline/dag/read/read.ts";
import { clusterBinary, startCluster } from "../test/servers/cluster.ts";
import { dnsServers, startBind } from "../test/servers/dns.ts";
import { findProgram } from "../test/servers/dns-daemon.ts";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";
import { startPsa } from "../test/servers/psa.ts";
import { type Far, relay } from "./far.ts";
import { inScratch, inSequence, inTurns, program, programName, type Run, row, run } from "./measure.ts";

/** ms */
const roundTrip = 50;
/** s */
const most = 1.5;
const turns = 5;

const kuboProgram = await kuboBinary();
if (!kuboProgram || !(await clusterBinary()) || !dnsServers()) throw new Error("needs Kubo, IPFS Cluster and BIND");

const [mirror, cluster, bind] = await Promise.all([
  startKubo(),
  startCluster({ peers: 2 }),
  startBind({ zones: { "example.test": "" } }),
]);
const psa = await startPsa({ from: mirror.gateway });
const stops: (() => unknown)[] = [mirror.stop, cluster.stop, bind.stop, psa.stop];
try {
  const at = (url: string) => `tcp ${new URL(url).host}`;
  const far: Far = await relay(roundTrip, [
    at(mirror.api),
    at(cluster.peers[0]!.api),
    at(cluster.peers[1]!.kubo.gateway),
    at(psa.endpoint),
    at(psa.gateway),
    ...Array.from({ length: 4 }, () => `udp ${bind.address}`),
  ]);
  stops.push(far.stop);
  const [mirrorAt, clusterAt, clusterGateway, psaAt, psaGateway, ...servers] = far.addresses as [
    string,
    string,
    string,
    string,
    string,
    ...string[],
  ];
  const psaEndpoint = psa.endpoint.replace(/127\.0\.0\.1:\d+/, psaAt);

  const config = `campaign: orcestra
pins:
  services:
    - { name: mirror, kind: kubo, api: "http://${mirrorAt}" }
    - { name: dkrz, kind: cluster, api: "http://${clusterAt}", replicas: 2, gateway: "http://${clusterGateway}" }
    - { name: shop, kind: psa, endpoint: "${psaEndpoint}", token: SHOP_TOKEN, gateway: "http://${psaGateway}" }
names:
  - { domain: latest.example.test, to: tree, provider: { kind: rfc2136, server: "${bind.address}", key: DNS_KEY }, authorities: ${JSON.stringify(servers.slice(0, 2))} }
  - { domain: example.test, to: portal, provider: { kind: rfc2136, server: "${bind.address}", key: DNS_KEY }, authorities: ${JSON.stringify(servers.slice(2))} }
`;
  const env = { SHOP_TOKEN: psa.token, DNS_KEY: bind.key };

  await inScratch(async (cwd) => {
    await writeFile(join(cwd, "campaign.yaml"), config);
    const project = join(import.meta.dirname, "..");
    for (const name of ["tree.yaml", "sample"]) await cp(join(project, name), join(cwd, name), { recursive: true });
    const fieldtree = (...args: string[]) => run([...program, "--json", "--quiet", ...args], { cwd, env });
    const { tree } = readTree(await readFile(join(cwd, "tree.yaml")));
    for (const path of tree.keys()) await fieldtree("add", join("sample", path));
    const pins = jsonLines(await fieldtree("publish")).filter(({ event }) => event === "pin");

    const get: Get = async (cid) =>
      new Uint8Array(await (await fetch(`${mirror.gateway}/ipfs/${cid}?format=raw`)).arrayBuffer());
    const wholes = pins.filter(({ service, path }) => service === "mirror" && /^(portal)?\/$/.test(path));
    const read = await Promise.all(wholes.map(({ cid }) => firstBlocks(CID.parse(cid), get)));
    const questions = questionsOf(pins, read.flat());
    const results = await inTurns(turns, {
      [programName]: async () => {
        const done = await fieldtree("publish");
        if (jsonLines(done).at(-1).changed) throw new Error(`there was something to do: ${done.stdout}`);
        return done;
      },
    });
    const byHand = await inTurns(1, { byHand: () => inSequence(questions) });
    row(`publish with nothing changed, 3 services, 2 names, 4 authorities, ${roundTrip} ms away`, {
      ...results,
      [`${questions.length} questions with ipfs, curl and dig`]: byHand.byHand!,
    });
    const { seconds } = results[programName]!;
    if (seconds > most) throw new Error(`took ${seconds.toFixed(2)} s, more than ${most} s`);
  });

  /** What is asked of whom, as commands. */
  function questionsOf(pins: readonly Pin[], blocks: readonly CID[]): string[][] {
    const curl = (...args: string[]) => ["curl", "--silent", "--fail", "--output", "/dev/null", ...args];
    const api = `/ip4/127.0.0.1/tcp/${mirrorAt.split(":")[1]}`;
    const cids = (of: string) => pins.flatMap(({ service, cid }) => (service === of ? [cid] : []));
    const list = `http://${psaEndpoint.split("//")[1]}/pins?status=queued,pinning,pinned,failed&limit=1000&cid=${cids("shop")}`;
    return [
      ...cids("mirror").map((cid) => [kuboProgram!, "--api", api, "pin", "ls", "--type=recursive", cid]),
      ...cids("dkrz").map((cid) => curl(`http://${clusterAt}/pins/${cid}`)),
      curl("--header", `authorization: Bearer ${psa.token}`, list),
      ...blocks.map((cid) => [kuboProgram!, "--api", api, "block", "get", `${cid}`]),
      ...[clusterGateway, psaGateway].flatMap((gateway) =>
        blocks.map((cid) => curl(`http://${gateway}/ipfs/${cid}?format=raw`)),
      ),
      ...(findProgram("dig") ? servers : []).flatMap((server, i) =>
        ["TXT", "SOA"].map((type) => {
          const [host, port] = server.split(":");
          const name = `_dnslink.${i < 2 ? "latest." : ""}example.test`;
          return ["dig", "+norecurse", "+short", "-p", port!, `@${host}`, name, type];
        }),
      ),
    ];
  }
} finally {
  for (const stop of stops) await stop();
}

interface Pin {
  readonly service: string;
  readonly path: string;
  readonly cid: string;
}

/** As many blocks below `root`, itself among them, as fieldtree reads. */
async function firstBlocks(root: CID, get: Get): Promise<CID[]> {
  const found: CID[] = [];
  for await (const { cid } of walk(root, get, { scope: "all" })) {
    found.push(cid);
    if (found.length === 9) break;
  }
  return found;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a verb prints
function jsonLines({ stdout }: Run): any[] {
  const lines = stdout.split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}
