/** The embedded node as origin: real Kubos, and those of a Cluster, fetch a release from it by HTTP alone. */

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { fetchingLines } from "../../pipeline/pin/http-origin.ts";
import { kuboPins } from "../../pipeline/pin/kubo.ts";
import { withRetry } from "../../pipeline/pin/resilient.ts";
import { multiaddrOf } from "../../pipeline/serve/routing/routing.ts";
import { serve } from "../../pipeline/serve/serve.ts";
import { aCampaign, fieldtree, start } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";
import { testWorld } from "../fakes/world.ts";
import { memory } from "../serve/gateway.ts";
import { type Cluster, clusterBinary, startCluster } from "../servers/cluster.ts";
import { canMakeCertificates, certificateFiles } from "../servers/https.ts";
import { type Kubo, kuboBinary } from "../servers/kubo.ts";
import { freePort } from "../servers/ports.ts";

const canRun = (await canMakeCertificates()) && (await kuboBinary()) && (await clusterBinary());

/** In front of a service's API, which it passes everything on to; counts the bytes of requests. */
async function counting(api: string) {
  const sent = { bytes: 0 };
  const server = createServer((asked, answer) => {
    const { hostname, port } = new URL(api);
    const passed = request(
      { hostname, port, path: asked.url, method: asked.method, headers: asked.headers },
      (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      },
    );
    passed.on("error", () => answer.destroy());
    asked.on("data", (chunk: Buffer) => {
      sent.bytes += chunk.length;
    });
    asked.pipe(passed);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

async function serving(cwd: string, port: number, files: { readonly certificate: string; readonly key: string }) {
  const flags = ["--port", `${port}`, "--tls-cert", files.certificate, "--tls-key", files.key, "--routing"];
  const running = start(["--json", "serve", ...flags], { cwd });
  onTestFinished(() => void running.kill("SIGKILL"));
  await once(createInterface(running.stdout), "line");
  return {
    /** Ends it; what it logged. */
    async end() {
      running.kill("SIGINT");
      return (await running).stderr;
    },
  };
}

/** Runs lines such as `ipfs config --json KEY 'VALUE'` as they are printed. */
async function configure(kubo: Kubo, lines: readonly string[]) {
  for (const line of lines)
    await kubo.ipfs(
      ...line
        .split(" ")
        .slice(1)
        .map((each) => each.replace(/^'(.*)'$/, "$1")),
    );
  await kubo.restart();
}

const files = Object.fromEntries(
  Array.from({ length: 120 }, (_, i) => [`radar/${i}.bin`, Buffer.alloc(20_000, `measurement ${i} `)]),
);

describe.skipIf(!canRun)("the embedded node as origin", { timeout: 180_000 }, () => {
  it("is fetched from by a Kubo and a Cluster that have the two lines, and sends its blocks where it can't be", async () => {
    const trusted = await certificateFiles();
    const [cluster, port] = await Promise.all([
      startCluster({ peers: 2, fetchesFrom: { certificate: trusted.certificate } }),
      freePort(),
    ]);
    onTestFinished(() => cluster.stop());
    const [{ kubo }, { kubo: other }] = cluster.peers as [Cluster["peers"][0], Cluster["peers"][0]];
    const [toKubo, toCluster] = await Promise.all([counting(kubo.api), counting(cluster.peers[0]!.api)]);
    const cwd = await aCampaign({
      ...files,
      "campaign.yaml": `campaign: test
pins:
  require: all
  services:
    - { name: mirror, kind: kubo, api: "${toKubo.url}" }
    - { name: dkrz, kind: cluster, api: "${toCluster.url}", gateway: "${other.gateway}", replicas: 2 }
`,
    });
    const url = `https://127.0.0.1:${port}`;
    const status = async (seconds = 20) => {
      const ran = await fieldtree(["status", "--deadline", `${seconds}`, "--json"], { cwd });
      expect(ran.code, ran.stderr).toBe(0);
      expectSchema("status", ran.json());
      return ran.json()[0].fetching[0];
    };
    const added = await fieldtree(["add", "radar", "--at", "products/radar", "--json"], { cwd });
    expect(added.code, added.stderr).toBe(0);
    expect(await status()).toMatchObject({ fetches: false, reason: "fieldtree serve --routing does not run here" });

    const wrong = await serving(cwd, port, await certificateFiles());
    const { fix, ...unconfigured } = await status();
    expect(unconfigured).toMatchObject({ service: "mirror", fetches: false });
    expect(unconfigured.reason).toContain(`do not name ${url}/routing/v1/providers`);
    expect(fix).toEqual(fetchingLines({ url }));
    await Promise.all([kubo, other].map((each) => configure(each, fix)));
    expect((await status(5)).reason).toMatch(/(127\.0\.0\.1|a client) refused the certificate \(bad certificate\)/);
    expect(await wrong.end()).toMatch(/warning: (127\.0\.0\.1|a client) refused the certificate/);

    const right = await serving(cwd, port, trusted);
    await cluster.ready();
    expect(await status()).toEqual({ service: "mirror", fetches: true });
    const published = await fieldtree(["publish", "--json"], { cwd });
    expect(published.code, published.stderr).toBe(0);
    expect(published.stderr).toContain(`mirror fetches from ${url}`);
    expect(published.stderr).toContain(`dkrz fetches from ${url}`);
    const { root } = published.json().at(-1);
    for (const each of [kubo, other]) {
      expect(await each.ipfs("pin", "ls", "--type=recursive", "--quiet")).toContain(root);
      expect(await each.ipfs("swarm", "peers")).toBe("");
    }
    // The empty block, which nodes do not give each other, and no other.
    const without = { kubo: toKubo.sent.bytes, cluster: toCluster.sent.bytes };
    expect(without.kubo).toBeLessThan(1000);
    expect(without.cluster).toBeLessThan(1000);

    await right.end();
    await fieldtree(["add", "radar/0.bin", "--at", "products/again", "--json"], { cwd });
    const later = await fieldtree(["publish", "--json"], { cwd });
    expect(later.code, later.stderr).toBe(0);
    expect(later.stderr).not.toContain("fetches from");
    expect(toKubo.sent.bytes).toBeGreaterThan(without.kubo + 1000);

    await goesOnAndNames(kubo, port, trusted);
  });
});

/** A slow origin of many blocks at `port`, which ends in the middle and comes back; then one that lacks a block. */
async function goesOnAndNames(kubo: Kubo, port: number, files: { readonly certificate: string; readonly key: string }) {
  const { node, add, lose } = memory();
  const tls = { cert: await readFile(files.certificate, "utf8"), key: await readFile(files.key, "utf8") };
  const answered: string[] = [];
  const slow = {
    ...node,
    async get(cid: CID, world: Parameters<typeof node.get>[1]) {
      await sleep(20);
      answered.push(`${cid}`);
      return node.get(cid, world);
    },
  };
  const open = () =>
    serve(
      {
        node: slow,
        resolve: async () => undefined,
        campaign: "test",
        tls,
        port,
        routing: {
          peerId: "12D3KooWLQzUv2FHWGVPXTXSZpdHs7oHbXub2G5WC8Tx4NQhyd2d",
          address: () => multiaddrOf(`https://127.0.0.1:${port}`)!,
          has: async (cid) => (await node.get(cid, testWorld())) !== undefined,
          record: async () => undefined,
          offer: async () => {},
        },
      },
      testWorld(),
    );
  let origin = await open();
  onTestFinished(() => origin.close());
  const service = kuboPins({ name: "mirror", api: kubo.api });
  onTestFinished(() => service.close?.());
  const pin = (cid: CID, tries: number) => {
    const trying = withRetry(service, { tries, first: 100, longest: 1000 });
    const label = "test/slow@1";
    return trying.pin({ cid, label, origins: [], meta: {}, stallMs: 2_500 }, { ...testWorld(), sleep });
  };
  const many = add(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}`, `block ${i}`])));
  const pinning = pin(many, 5);
  while (new Set(answered).size < 150) await sleep(10);
  await origin.close();
  const before = new Set(answered.splice(0));
  await sleep(300);
  origin = await open();
  await expect(pinning).resolves.toMatchObject({ state: "pinned" });
  // What was on its way is asked for again, and no more.
  expect(answered.length).toBeGreaterThan(0);
  expect([...before].filter((cid) => answered.includes(cid)).length).toBeLessThan(75);

  const absent = add("absent");
  const lacking = add({ present: "present", absent: "absent" });
  lose(absent);
  await expect(pin(lacking, 1)).rejects.toThrow(`it lacks ${absent}`);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
