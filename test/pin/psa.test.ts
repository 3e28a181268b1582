import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { World } from "../../pipeline/core/world.ts";
import type { Block } from "../../pipeline/dag/block.ts";
import { gateway } from "../../pipeline/ipfs/gateway.ts";
import { psaPins, requestsToList } from "../../pipeline/pin/psa.ts";
import { withDeadline, withRateLimit, withRetry } from "../../pipeline/pin/resilient.ts";
import type { PinService } from "../../pipeline/pin/service.ts";
import { aDataset, pinRequestFor, pinServiceContract, settled } from "../contracts/pin-service.ts";
import { testWorld } from "../fakes/world.ts";
import { type PsaServer, startPsa } from "../servers/psa.ts";
import { expectFailing } from "./failing.ts";

const canary = "canary-5f1c9e77aa42";
const world = testWorld();

let source: PsaServer;
let server: PsaServer;
beforeAll(async () => {
  source = await startPsa();
  server = await startPsa({ from: source.gateway, token: canary });
});
afterEach(() => server.fail(undefined));
afterAll(() => Promise.all([server.stop(), source.stop()]));

function service(options: { token?: string; endpoint?: string } = {}): PinService {
  return psaPins({ name: "shop", endpoint: server.endpoint, token: canary, hint: "check SHOP_TOKEN", ...options });
}

function opened(wrapped: (inner: PinService) => PinService) {
  return async () => ({
    service: wrapped(service()),
    away: wrapped(service({ endpoint: "http://127.0.0.1:1/psa" })),
    offer: async (blocks: readonly Block[]) => {
      source.hold(blocks);
      return [];
    },
    close: async () => {},
  });
}

const tries = { tries: 3, first: 1, longest: 1 };
const pace = { perMinute: 30, costs: { status: () => 1, pin: 2, unpin: 2 } };

pinServiceContract(
  "a pinning service",
  opened((inner) => inner),
);
pinServiceContract(
  "one that is asked again",
  opened((inner) => withRetry(inner, tries)),
);
pinServiceContract(
  "one that is not hurried",
  opened((inner) => withRateLimit(inner, pace)),
);
pinServiceContract(
  "one that is not waited for",
  opened((inner) => withDeadline(inner, 60_000)),
);

function offered() {
  const dataset = aDataset();
  source.hold(dataset.blocks);
  return dataset;
}

/** What the service really has. */
async function kept(cid: Block["cid"]): Promise<Buffer | undefined> {
  const bytes = await gateway(server.gateway).get(cid, world);
  return bytes && Buffer.from(bytes);
}

/** What the service says of `cid` now. */
const look = async (cid: Block["cid"], in_: World = world) => (await service().status([cid], in_)).get(`${cid}`)!;

describe("a pinning service", () => {
  it("holds what it calls pinned, every block of it", async () => {
    const { root, blocks } = offered();
    await service().pin(pinRequestFor(root), world);
    expect(await settled(service(), root)).toMatchObject({ state: "pinned" });
    for (const { cid, bytes } of blocks) expect(await kept(cid)).toEqual(Buffer.from(bytes));
  });

  it("is asked for pins in every state: one that is queued is not absent", async () => {
    server.fail("stuck");
    const { root } = offered();
    await service().pin(pinRequestFor(root), world);
    expect(await look(root)).toEqual({ state: "queued", since: expect.stringMatching(/^2\d{3}-.*Z$/) });
  });

  it("is asked again what is queued, and gets no second request", async () => {
    server.fail("stuck");
    const { root } = offered();
    const before = server.count();
    const pinRequest = pinRequestFor(root);
    await service().pin(pinRequest, world);
    const asked = server.requests.length;
    expect(await service().pin({ ...pinRequest, label: "else" }, world)).toMatchObject({ state: "queued" });
    expect(server.requests.slice(asked).map((request) => request.split(" ")[0])).toEqual(["GET"]);
    const one = service();
    const other = aDataset().root;
    await Promise.all([one.pin(pinRequestFor(other), world), one.pin(pinRequestFor(other), world)]);
    expect(server.count()).toBe(before + 2);
  });

  it("says why it failed, and begins anew when asked again", async () => {
    const { root, blocks } = aDataset();
    await service().pin(pinRequestFor(root), world);
    expect(await settled(service(), root)).toMatchObject({ state: "failed", message: `nobody has ${root}` });
    const before = server.count();
    source.hold(blocks);
    await service().pin(pinRequestFor(root), world);
    expect(await settled(service(), root)).toMatchObject({ state: "pinned" });
    expect(server.count(), "the failed request is gone").toBe(before);
  });

  it("never gets a request to replace a pin: the pin of the release before stays until it is removed", async () => {
    const [first, second] = [offered(), offered()];
    await service().pin(pinRequestFor(first.root), world);
    await service().pin(pinRequestFor(second.root, { previous: first.root }), world);
    expect(await settled(service(), first.root)).toMatchObject({ state: "pinned" });
    expect(server.asked.at(-1)!.meta).toMatchObject({ prev: `${first.root}` });
    expect(server.requests.filter((request) => /^POST \/psa\/pins\/./.test(request))).toEqual([]);
  });

  it("is sent no more than it may be: 255 characters of the label, 20 origins, each once", async () => {
    const origins = Array.from({ length: 30 }, (_, i) => `/ip4/192.0.2.${i >> 1}/tcp/4001/p2p/12D3KooWabc`);
    await service().pin(pinRequestFor(offered().root, { label: "x".repeat(254).concat("🛰🛰"), origins }), world);
    const { name, origins: sent } = server.asked.at(-1)!;
    expect(name).toHaveLength(255);
    expect(name!.isWellFormed()).toBe(true);
    expect(sent).toEqual([...new Set(origins)].slice(0, 20));
  });

  it("lets go of every request there is for a CID, by whatever spelling", async () => {
    const { root } = offered();
    for (const cid of [root, root, root]) {
      await fetch(`${server.endpoint}/pins`, {
        method: "POST",
        headers: { authorization: `Bearer ${canary}` },
        body: JSON.stringify({ cid: `${cid}` }),
      });
    }
    const before = server.count();
    await service().unpin!(root, world);
    expect(server.count()).toBe(before - 3);
    expect(await look(root)).toEqual({ state: "absent" });
  });

  it("is asked for ten CIDs at a time", async () => {
    const cids = Array.from({ length: 25 }, () => aDataset().root);
    const before = server.requests.length;
    await service().status(cids, world);
    const lists = server.requests
      .slice(before)
      .map((request) => new URL(request.split(" ")[1]!, "http://x").searchParams);
    expect(lists.map((query) => query.get("cid")!.split(",").length)).toEqual([10, 10, 5]);
    expect(lists.map((query) => query.get("status"))).toEqual(Array(3).fill("queued,pinning,pinned,failed"));
    expect(requestsToList(cids.length)).toBe(3);
  });

  it("is asked for thousands of CIDs by one list of all its pins, in every state", async () => {
    const { root } = offered();
    await service().pin(pinRequestFor(root), world);
    await settled(service(), root);
    const cids = [...Array.from({ length: 5000 }, () => aDataset().root), root];
    const before = server.requests.length;
    const said = await service().status(cids, world);
    expect(server.requests.slice(before)).toEqual([
      "GET /psa/pins?status=queued%2Cpinning%2Cpinned%2Cfailed&limit=1000",
    ]);
    expect([said.size, said.get(`${root}`)?.state]).toEqual([5001, "pinned"]);
    expect(said.get(`${cids[0]}`)).toEqual({ state: "absent" });
    expect(requestsToList(cids.length)).toBeLessThanOrEqual(10);
  });
});

describe("a list that goes over several pages", () => {
  const { root } = aDataset();
  const entry = (second: number, status: string, cid = `${root}`) => ({
    requestid: `id-${second}`,
    status,
    created: `2024-08-10T00:00:${String(second).padStart(2, "0")}.000001234Z`,
    pin: { cid },
    delegates: [],
  });
  /** A service that has these, newest first, and gives `size` of them at a time. */
  const pages = (all: ReturnType<typeof entry>[], size: number, ignoring = false) =>
    testWorld({
      fetch: async ({ url }) => {
        const before = ignoring ? null : new URL(url).searchParams.get("before");
        const left = before === null ? all : all.filter(({ created }) => Date.parse(created) < Date.parse(before));
        return Response.json({ count: left.length, results: left.slice(0, size) });
      },
    });

  it("is read to its end", async () => {
    const all = [...Array.from({ length: 6 }, (_, i) => entry(30 - i, "failed")), entry(1, "pinned")];
    expect(await look(root, pages(all, 3))).toMatchObject({ state: "pinned", since: "2024-08-10T00:00:01.000001234Z" });
  });

  it("is read to its end where a page ends between requests of one second", async () => {
    const same = { ...entry(9, "failed"), created: "2024-08-10T00:00:09Z" };
    const split = [
      { ...same, requestid: "a" },
      { ...same, requestid: "b", status: "pinned" },
    ];
    const all = [entry(11, "failed"), entry(10, "failed"), ...split, entry(1, "failed")];
    expect(await look(root, pages(all, 3))).toMatchObject({ state: "pinned" });
  });

  it("is not read for ever where the service knows no pages", async () => {
    const all = Array.from({ length: 6 }, (_, i) => entry(30 - i, "queued"));
    await expect(look(root, pages(all, 3, true))).rejects.toMatchObject({
      kind: "corrupt",
      message: `shop: listing pins of ${root}: the pages of its answer do not come to an end`,
    });
  });

  it("may list pins that were not requested, and CIDs in another encoding", async () => {
    const v0 = aDataset("unixfs-v0-2015").root;
    const all = [
      entry(9, "pinned", "not a cid"),
      entry(8, "pinned", `${aDataset().root}`),
      entry(7, "pinning", `${v0.toV1()}`),
    ];
    expect(await look(v0, pages(all, 10))).toMatchObject({ state: "pinning" });
    expect(await look(root, pages(all, 10))).toEqual({ state: "absent" });
  });

  it.each(["..", ".", ""])("has no request called %j: that would be another address", async (requestid) => {
    const hostile = pages([{ ...entry(1, "failed"), requestid }], 10);
    await expect(service().unpin!(root, hostile)).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("is reported without control characters", async () => {
    const info = { status_details: "Queue\u001b[2J position:\n7 of 9" };
    const hostile = pages([{ ...entry(1, "queued"), info } as ReturnType<typeof entry>], 10);
    expect((await look(root, hostile)).message).toBe("Queue [2J position: 7 of 9");
  });
});

describe("a pinning service that fails", () => {
  const { root } = aDataset();

  it.each([
    [
      "busy",
      { kind: "unavailable", wait: 7000, message: expect.stringMatching(/^shop: .* answered 429: .*slow down/) },
    ],
    [
      "server error",
      { kind: "unavailable", message: expect.stringContaining('answered 502: a page called "Bad Gateway"') },
    ],
    [
      "expired",
      { kind: "refused", hint: "check SHOP_TOKEN", message: expect.stringMatching(/^shop: .* answered 401/) },
    ],
    [
      "web page",
      { kind: "unavailable", message: expect.stringContaining('not JSON: a page called "Welcome to nginx!"') },
    ],
    ["other api", { kind: "corrupt", message: expect.stringContaining("what is no Pinning Service API (count: ") }],
    ["huge", { kind: "corrupt", message: expect.stringContaining("more than the 16777216 bytes allowed") }],
    ["lost before", { kind: "unavailable" }],
  ] as const)("(%s) is reported as what it is, and holds no secret of ours", async (fault, failure) => {
    server.fail(fault);
    await expectFailing(service(), root, failure, canary);
  });

  it("is given the right token and no other place to send it", async () => {
    await expect(service({ token: "wrong" }).status([root], world)).rejects.toMatchObject({ kind: "refused" });
    const elsewhere = testWorld({
      fetch: async () => new Response(null, { status: 307, headers: { location: "https://example.org/pins" } }),
    });
    await expect(look(root, elsewhere)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("307"),
    });
  });

  it("having taken a pin request and lost its answer, is not asked for a second pin", async () => {
    const { root } = offered();
    const before = server.count();
    server.fail("lost after", 2);
    await withRetry(service(), { tries: 4, first: 1, longest: 1 }).pin(pinRequestFor(root), world);
    expect(server.count()).toBe(before + 1);
  });

  it("that lies says pinned; its gateway tells the truth", async () => {
    server.fail("lies");
    const { root } = offered();
    expect(await service().pin(pinRequestFor(root), world)).toMatchObject({ state: "pinned" });
    expect(await kept(root)).toBeUndefined();
  });
});
