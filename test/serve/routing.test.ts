/** The gateway as an origin for Kubos: HTTP/2 over TLS, and the Delegated Routing API with itself as provider. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:http2";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { privateKeyOf, publicName } from "../../pipeline/core/key.ts";
import { keyOf } from "../../pipeline/dag/block.ts";
import { ipnsLookup } from "../../pipeline/names/ipns/lookup.ts";
import { signRecord } from "../../pipeline/names/ipns/record.ts";
import { multiaddrOf, type Routing } from "../../pipeline/serve/routing/routing.ts";
import { serve } from "../../pipeline/serve/serve.ts";
import { testWorld } from "../fakes/world.ts";
import { canMakeCertificates, certificateFiles } from "../servers/https.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";
import { ask, gateway, memory } from "./gateway.ts";

const kubo = await kuboBinary();
const peerId = "12D3KooWLQzUv2FHWGVPXTXSZpdHs7oHbXub2G5WC8Tx4NQhyd2d";
const ndjson = { headers: { accept: "application/x-ndjson" } };
const start = Date.UTC(2026, 10, 30);
const world = () => testWorld({ now: () => new Date(start) });

function routing(has: (cid: CID) => boolean, address = "/dns/gate.example.org/tcp/443/tls/http"): Routing {
  const records = ipnsLookup([]);
  return {
    peerId,
    address: () => address,
    has: async (cid) => has(cid),
    record: async (name) => {
      const found = await records.find(name, world());
      return found && { bytes: found.bytes, ttl: found.fresh };
    },
    offer: (name, bytes) => records.offer(name, bytes, world()),
  };
}

describe("the Delegated Routing API", () => {
  it("names this gateway for blocks that it has, and nobody for others", async () => {
    const { node, add } = memory();
    const cid = add("here");
    const { ask } = await gateway(node, { routing: routing((each) => keyOf(each) === keyOf(cid)) });
    const peer = {
      Schema: "peer",
      ID: peerId,
      Addrs: ["/dns/gate.example.org/tcp/443/tls/http"],
      Protocols: ["transport-ipfs-gateway-http"],
    };
    const found = await ask(`/routing/v1/providers/${cid}`);
    expect(JSON.parse(found.text)).toEqual({ Providers: [peer] });
    expect(found.headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "public, max-age=300",
      vary: "Accept",
    });
    expect(JSON.parse((await ask(`/routing/v1/providers/${cid}`, ndjson)).text)).toEqual(peer);
    expect(JSON.parse((await ask(`/routing/v1/providers/${add("not here")}`)).text)).toEqual({ Providers: [] });
    expect((await ask(`/routing/v1/providers/${add("not here")}`, ndjson)).text).toBe("");
    expect((await ask(`/routing/v1/providers/x`)).status).toBe(422);
    for (const [query, count] of [
      ["filter-protocols=transport-bitswap", 0],
      ["filter-protocols=unknown,transport-ipfs-gateway-http", 1],
      ["filter-addrs=tls,quic", 1],
      ["filter-addrs=!http", 0],
      ["filter-addrs=!quic", 1],
      ["filter-addrs=ip6", 0],
    ] as const) {
      const { Providers } = JSON.parse((await ask(`/routing/v1/providers/${cid}?${query}`)).text);
      expect({ query, count: Providers.length }).toEqual({ query, count });
    }
    expect(JSON.parse((await ask(`/routing/v1/peers/${peerId}`)).text)).toEqual({ Peers: [peer] });
    expect(
      JSON.parse((await ask("/routing/v1/peers/12D3KooWRBy97UB99e3J6hiPesre1MZeuNQvfan4gBziswrRJsNK")).text),
    ).toEqual({ Peers: [] });
  });

  it("takes verified records only, and gives them back", async () => {
    const key = await privateKeyOf(new Uint8Array(32).fill(31));
    const name = publicName(key.publicKey);
    const until = new Date(start + 86_400_000);
    const { bytes } = await signRecord({ value: "/ipfs/bafkqaaa", sequence: 1n, ttl: 120, until }, key);
    const served = await gateway(memory().node, { routing: routing(() => false) });
    const put = async (to: string, body: Uint8Array) => {
      const options = {
        method: "PUT",
        body: new Uint8Array(body),
        headers: { "content-type": "application/vnd.ipfs.ipns-record" },
      };
      return (await fetch(`${served.url}/routing/v1/ipns/${to}`, options)).status;
    };
    expect((await served.ask(`/routing/v1/ipns/${name}`)).status).toBe(404);
    expect(await put(name, bytes.slice(0, -30))).toBe(400);
    expect(await put(publicName((await privateKeyOf(new Uint8Array(32).fill(32))).publicKey), bytes)).toBe(400);
    expect(await put("example.org", bytes)).toBe(400);
    expect(await put(name, new Uint8Array(20_000))).toBe(413);
    expect(await put(name, bytes)).toBe(200);
    const { status, headers, body } = await served.ask(`/routing/v1/ipns/${name}`);
    expect({ status, same: body.equals(bytes), type: headers["content-type"] }).toEqual({
      status: 200,
      same: true,
      type: "application/vnd.ipfs.ipns-record",
    });
    expect(headers["cache-control"]).toBe("public, max-age=120");
  });

  it("is there only where it was asked for, and for the hosts that the gateway answers", async () => {
    const { node, add } = memory();
    expect((await (await gateway(node)).ask(`/routing/v1/providers/${add("x")}`)).status).toBe(404);
    const { ask } = await gateway(node, { routing: routing(() => true) });
    expect((await ask(`/routing/v1/providers/${add("x")}`, { headers: { host: "evil.example" } })).status).toBe(403);
    expect((await ask(`/ipfs/${add("x")}`, { method: "PUT" })).status).toBe(405);
    expect((await ask(`/routing/v1/providers/${add("x")}`, { method: "PUT" })).status).toBe(405);
  });

  it("gives addresses that peers can dial", () => {
    expect(multiaddrOf("https://gate.example.org")).toBe("/dns/gate.example.org/tcp/443/tls/http");
    expect(multiaddrOf("https://127.0.0.1:8443")).toBe("/ip4/127.0.0.1/tcp/8443/tls/http");
    expect(multiaddrOf("https://[2001:db8::1]:8443")).toBe("/ip6/2001:db8::1/tcp/8443/tls/http");
    expect(multiaddrOf("http://gate.example.org")).toBeUndefined();
  });
});

describe.skipIf(!(await canMakeCertificates()))("over TLS", () => {
  const secure = async (served: Parameters<typeof serve>[0]) => {
    const files = await certificateFiles();
    const tls = { cert: await readFile(files.certificate, "utf8"), key: await readFile(files.key, "utf8") };
    const opened = await serve({ ...served, tls }, testWorld());
    onTestFinished(() => opened.close());
    return { url: opened.url, files };
  };

  it("HTTP/2 gives files, ranges and refusals as HTTP/1.1 does, and breaks a file off that came short", async () => {
    const { node, add, lose } = memory();
    const big = Buffer.alloc(900_000, 7).fill(8, 600_000);
    const short = add(Buffer.alloc(600_000, 9));
    lose(add(Buffer.alloc(600_000 - 524_288, 9)));
    const root = add({ big, "a.txt": "sonde" });
    const { url, files } = await secure({ node, resolve: async () => undefined, campaign: "test" });
    const client = connect(url, { ca: await readFile(files.certificate) });
    onTestFinished(() => client.destroy());
    const get = async (path: string, headers = {}) => {
      const stream = client.request({ ":path": path, ...headers });
      const [head] = (await once(stream, "response")) as [Record<string, string>];
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of stream) chunks.push(chunk as Buffer);
      } catch {
        return { status: head[":status"], whole: false, body: Buffer.concat(chunks) };
      }
      return { status: head[":status"], whole: true, body: Buffer.concat(chunks) };
    };
    expect((await get(`/ipfs/${root}/big`)).body.equals(big)).toBe(true);
    const part = await get(`/ipfs/${root}/big`, { range: "bytes=599999-600000" });
    expect({ ...part, body: [...part.body] }).toEqual({ status: 206, whole: true, body: [7, 8] });
    expect(await get("/ipfs/nothing")).toMatchObject({ status: 400, whole: true });
    expect((await get(`/ipfs/${short}`)).whole).toBe(false);
    expect((await get("/ipfs/bafkqaaa?format=raw", { ":method": "HEAD" })).status).toBe(200);
    const moved = client.request({ ":path": `/ipfs/${root}/`, ":authority": "localhost" });
    const [head] = (await once(moved, "response")) as [Record<string, string>];
    expect(head[":status"]).toBe(200);
  });

  it.skipIf(!kubo)(
    "a Kubo pins what only this gateway has, by HTTP alone, and nothing that lacks a block",
    { timeout: 120_000 },
    async () => {
      const { node, add, lose } = memory();
      const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 31 + (i >> 8)) % 251));
      const root = add({ store: { "0.0": bytes, ".zattrs": "{}" } });
      const broken = add({ "f.bin": "present", "g.bin": "absent" });
      lose(add("absent"));
      const stored = async (cid: CID) => (await node.get(cid, testWorld())) !== undefined;
      const own = { ...routing(() => false), has: stored, address: () => multiaddrOf(at.url)! };
      const at: Awaited<ReturnType<typeof secure>> = await secure({
        node,
        resolve: async () => undefined,
        campaign: "test",
        routing: own,
      });
      const { url, files } = at;
      expect((await ask(url.replace("https", "http"), "/").catch(() => ({ status: 0 }))).status).toBe(0);
      const daemon = await startKubo({
        fetchesFrom: { router: `${url}/routing/v1/providers`, certificate: files.certificate },
      });
      onTestFinished(() => daemon.stop());
      expect(await daemon.ipfs("pin", "add", "--progress=false", `${root}`)).toContain(`${root}`);
      expect(await daemon.ipfs("cat", `/ipfs/${root}/store/.zattrs`)).toBe("{}");
      expect(await daemon.ipfs("swarm", "peers")).not.toContain("/tcp/4001");
      await expect(daemon.ipfs("--timeout=4s", "pin", "add", `${broken}`)).rejects.toThrow();
    },
  );
});
