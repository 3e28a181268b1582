import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { base36 } from "multiformats/bases/base36";
import { CID } from "multiformats/cid";
import { expect, it, onTestFinished } from "vitest";
import { privateKeyOf, publicName } from "../../pipeline/core/key.ts";
import { signRecord } from "../../pipeline/names/ipns/record.ts";
import { aCampaign, fieldtree, start } from "./program.ts";

const camera = {
  "camera/dataset_meta.yaml": "attributes: { title: Cloud camera, license: CC-BY-4.0 }\n",
  "camera/20240810.mp4": "not really a video",
};

/** The verb, running; its first line of JSON read. */
async function serving(cwd: string, ...flags: string[]) {
  const running = start(["--json", "serve", "--port", "0", ...flags], { cwd });
  onTestFinished(() => void running.kill("SIGKILL"));
  const [line] = (await once(createInterface(running.stdout), "line")) as [string];
  const said = JSON.parse(line) as { event: string; url: string; portal: string };
  return { running, ...said };
}

it("prints its address once it answers, and serves a concurrent publish at once", async () => {
  const cwd = await aCampaign(camera);
  const { event, url, portal } = await serving(cwd);
  expect({ event, portal }).toEqual({ event: "serving", portal: `${url}/ipns/test/` });
  expect((await fetch(portal)).status).toBe(404);

  const added = await fieldtree(["add", "camera", "--at", "products/camera", "--json"], { cwd });
  expect(added.code, added.stderr).toBe(0);
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);

  const page = await fetch(`${url}/`);
  expect({ url: page.url, type: page.headers.get("content-type") }).toEqual({
    url: portal,
    type: "text/html; charset=utf-8",
  });
  const video = "products/camera/20240810.mp4";
  for (const address of [`${portal}tree/${video}`, `${url}/ipns/latest.test/${video}`]) {
    expect(await (await fetch(address)).text()).toBe("not really a video");
  }
});

it("answers under every name that campaign.yaml announces, by the head and not by what was announced", async () => {
  const key = await privateKeyOf(new Uint8Array(32).fill(1));
  const name = publicName(key.publicKey);
  const cwd = await aCampaign(camera);
  expect((await fieldtree(["add", "camera", "--at", "products/camera"], { cwd })).code).toBe(0);
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  await writeFile(join(cwd, "tree.yaml"), "empty:\n");
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  await writeFile(
    join(cwd, "campaign.yaml"),
    `campaign: test
names:
  - { domain: stac.example.test, to: portal/stac, provider: { kind: manual } }
  - { domain: first.example.test, to: tree@1, provider: { kind: manual } }
  - { ipns: CAMPAIGN_KEY, key: ${name}, to: tree, routing: ["http://127.0.0.1:1"] }
`,
  );
  const { url } = await serving(cwd);
  const at = async (path: string) => (await fetch(`${url}/ipns/${path}`)).text();
  expect(JSON.parse(await at("stac.example.test/catalog.json"))).toMatchObject({ type: "Catalog" });
  expect(await at("First.Example.test/products/camera/20240810.mp4")).toBe("not really a video");
  const otherSpelling = CID.parse(name, base36).toString();
  for (const key of [name, otherSpelling]) expect(await at(`${key}/`)).toContain("empty");
  // 504 where this machine has no DNS resolver.
  expect([404, 504]).toContain((await fetch(`${url}/ipns/other.example.test/`)).status);

  const until = new Date(Date.now() + 86_400_000);
  const { bytes } = await signRecord({ value: "/ipfs/bafkqaaa", sequence: 1n, ttl: 60, until }, key);
  await mkdir(join(cwd, ".fieldtree", "log", "beside", "ipns"), { recursive: true });
  await writeFile(join(cwd, ".fieldtree", "log", "beside", "ipns", name), bytes);
  const record = await fetch(`${url}/ipns/${name}?format=ipns-record`);
  expect(Buffer.from(await record.arrayBuffer()).equals(bytes)).toBe(true);
  expect(record.headers.get("cache-control")).toBe("public, max-age=60");
});

it.each(["0.0.0.0", "::"])("at %s prints an address that works elsewhere, and answers there", async (host) => {
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  const { url, portal } = await serving(await aCampaign(), "--host", host);
  expect(outward.length > 0 ? outward.map(({ address }) => address) : ["127.0.0.1"]).toContain(new URL(url).hostname);
  expect(portal).toBe(`${url}/ipns/test/`);
  expect((await fetch(portal)).status).toBe(404);
});

it("runs until it is interrupted, which is how it is meant to end", async () => {
  const { running } = await serving(await aCampaign());
  running.kill("SIGINT");
  expect((await running).exitCode).toBe(0);
});

it("refuses a port that is taken, and names it", async () => {
  const cwd = await aCampaign();
  const { url } = await serving(cwd);
  const { port } = new URL(url);
  const second = await fieldtree(["--json", "serve", "--port", port], { cwd });
  expect(second.code).toBe(3);
  expect(second.json().at(-1)).toMatchObject({
    error: { kind: "refused", message: `port ${port} on 127.0.0.1 is taken` },
  });
  expect((await fieldtree(["serve", "--port", "many"], { cwd })).code).toBe(2);
});

it("refuses in words what can't be an origin for others: no https, a key without a certificate, files that are none", async () => {
  const cwd = await aCampaign({ "not.pem": "nothing" });
  for (const [flags, words] of [
    [["--routing"], "peers, and they fetch over https only"],
    [["--routing", "--public-url", "http://gate.example.org"], "peers, and they fetch over https only"],
    [["--public-url", "gate"], "--public-url takes an address"],
    [["--tls-key", "not.pem"], "--tls-cert is missing"],
    [["--tls-key", "not.pem", "--tls-cert", "missing.pem"], "can't read missing.pem"],
    [["--tls-key", "not.pem", "--tls-cert", "not.pem"], "the certificate and its key can't be used"],
  ] as const) {
    const { code, stderr } = await fieldtree(["serve", "--port", "0", ...flags], { cwd });
    expect({ flags, code }).toEqual({ flags, code: 2 });
    expect(stderr).toContain(words);
  }
});
