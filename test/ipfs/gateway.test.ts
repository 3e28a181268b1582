import { describe, expect, it, onTestFinished, vi } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { gateway } from "../../pipeline/ipfs/gateway.ts";
import { kubo as kuboNode } from "../../pipeline/ipfs/kubo/kubo.ts";
import { nodeContract, raw } from "../contracts/node.ts";
import { startFakeGateway } from "../fakes/gateway.ts";
import { testWorld } from "../fakes/world.ts";
import { useKubo } from "../servers/use-kubo.ts";

const block = raw("the block asked for");
const chunk = blockOf(codecs.raw, new Uint8Array(262_144).fill(5));
const quick = { answer: 2000, stall: 1000, busy: 2500 };

describe("a loopback gateway", () => {
  nodeContract(async (blocks) => gateway((await startFakeGateway(blocks)).url));
});

describe("a gateway's answers", () => {
  it("are asked for as raw blocks, under a CID that subdomains can spell", async () => {
    const fake = await startFakeGateway([block]);
    await gateway(`${fake.url}/`).get(block.cid, testWorld());
    expect(fake.requests).toEqual([`/ipfs/${block.cid}?format=raw`]);
  });

  it.each([
    ["other bytes", "corrupt", /gave 22 bytes for bafkrei\w+ that do not match the CID/],
    ["web page", "corrupt", /which answered a web page/],
    ["huge", "corrupt", /answered 1000000000 bytes for bafkrei\w+, more than any block has/],
    ["endless", "corrupt", /answered more than the 2097152 bytes allowed/],
    ["truncated", "unavailable", /broke off after 131072 bytes/],
    ["drip", "unavailable", /stalled: \d+ bytes came, then next to none in 1000 ms/],
    ["silent", "unavailable", /no answer in 2 s/],
    ["reset", "unavailable", /ECONNRESET|other side closed/],
    ["server error", "unavailable", /answered 502: a page called "Bad Gateway"/],
    ["denied", "refused", /answered 403: blocked/],
  ] as const)("that are no block (%s) are a failure that names the gateway: %s", async (fault, kind, message) => {
    const fake = await startFakeGateway([chunk]);
    fake.fail(fault);
    const error = await gateway(fake.url, quick)
      .get(chunk.cid, testWorld())
      .catch((error) => error);
    expect(error).toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(error.message).toContain(fake.url);
  });

  it("of a gigabyte cost no more than a block", async () => {
    const fake = await startFakeGateway([block]);
    fake.fail("endless");
    await expect(gateway(fake.url).get(block.cid, testWorld())).rejects.toMatchObject({ kind: "corrupt" });
    expect(fake.sent).toBeLessThan(20e6);
  });

  it("saying that it is too busy are heeded, by those who come meanwhile too", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const fake = await startFakeGateway([block, chunk]);
    fake.fail("busy", 1);
    const node = gateway(fake.url);
    const slept: number[] = [];
    const asleep = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const sleep = (ms: number) => {
      slept.push(ms);
      asleep.resolve();
      return over.promise;
    };
    const first = node.get(block.cid, testWorld({ sleep }));
    await asleep.promise;
    vi.advanceTimersByTime(400);
    const second = node.get(chunk.cid, testWorld({ sleep }));
    expect(slept).toEqual([1000, 600]);
    expect(fake.requests).toHaveLength(1);
    over.resolve();
    expect(await first).toHaveLength(block.bytes.length);
    expect(await second).toHaveLength(chunk.bytes.length);
    expect(fake.requests).toHaveLength(3);
  });

  it("saying so for ever are a failure in the end", async () => {
    const fake = await startFakeGateway([block]);
    fake.fail("busy");
    await expect(gateway(fake.url, quick).get(block.cid, testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("answered 429 after waiting 2 s: slow down"),
    });
  });
});

describe("a redirect", () => {
  it("within the gateway is followed", async () => {
    const fake = await startFakeGateway([block]);
    fake.redirectTo = `/ipfs/${block.cid}?format=raw&here=1`;
    fake.fail("redirect", 1);
    expect(await gateway(fake.url).get(block.cid, testWorld())).toHaveLength(block.bytes.length);
  });

  it("to a subdomain of a public gateway is followed", async () => {
    const asked: string[] = [];
    const fetch = async ({ url }: Request) => {
      asked.push(url);
      const there = `https://${block.cid}.ipfs.dweb.link/?format=raw`;
      return asked.length === 1
        ? new Response(null, { status: 301, headers: { location: there } })
        : new Response(new Uint8Array(block.bytes));
    };
    expect(await gateway("https://dweb.link").get(block.cid, testWorld({ fetch }))).toHaveLength(block.bytes.length);
    expect(asked[1]).toBe(`https://${block.cid}.ipfs.dweb.link/?format=raw`);
  });

  it.each([
    "http://127.0.0.1:5001/api/v0/shutdown",
    "http://169.254.169.254/latest/meta-data",
    "http://dweb.link/downgraded",
    "https://dweb.link:8443/elsewhere",
    "https://evildweb.link/",
    "https://user:word@dweb.link/",
    "file:///etc/passwd",
    "https://",
  ])("to %s is not", async (location) => {
    let asked = 0;
    const fetch = async () => {
      asked++;
      return new Response(null, { status: 302, headers: { location } });
    };
    await expect(gateway("https://dweb.link").get(block.cid, testWorld({ fetch }))).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("not followed"),
    });
    expect(asked).toBe(1);
  });

  it("in a circle ends", async () => {
    const fake = await startFakeGateway([block]);
    fake.redirectTo = `/ipfs/${block.cid}?format=raw`;
    fake.fail("redirect");
    await expect(gateway(fake.url).get(block.cid, testWorld())).rejects.toThrow("redirects 4 times");
    expect(fake.requests).toHaveLength(4);
  });
});

it.each(["ipfs.io", "ftp://ipfs.io", "https://user:hunter2@ipfs.io"])("%s is no gateway", (url) => {
  expect(() => gateway(url)).toThrow(expect.objectContaining({ kind: "input" }));
  expect(() => gateway(url)).not.toThrow("hunter2");
});

const server = await useKubo();
describe.skipIf(!server.there)("a real Kubo's gateway", () => {
  nodeContract(async (blocks) => {
    // Looking for what it lacks, it would only answer after half a minute.
    const kubo = await server.started({ "Gateway.NoFetch": true });
    const home = kuboNode({ api: kubo.api });
    await home.put(blocks, testWorld());
    await home.close?.();
    return gateway(kubo.gateway);
  });
});
