import type { CID } from "multiformats/cid";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pinataPins } from "../../pipeline/pin/pinata.ts";
import { withRateLimit, withRetry } from "../../pipeline/pin/resilient.ts";
import type { PinService } from "../../pipeline/pin/service.ts";
import { aDataset, pinRequestFor, pinServiceContract, settled } from "../contracts/pin-service.ts";
import { type FakePinata, startFakePinata } from "../fakes/pinata.ts";
import { testWorld } from "../fakes/world.ts";
import { pinataSdk, pinningTools } from "../servers/pinning.ts";
import { expectFailing } from "./failing.ts";

const canary = "eyJcanary.5f1c9e77aa42.x";
const world = testWorld();

let pinata: FakePinata;
beforeAll(async () => {
  pinata = await startFakePinata(canary);
});
afterEach(() => {
  pinata.fail(undefined);
  pinata.outcome = undefined;
});
afterAll(() => pinata.stop());

function service(options: { endpoint?: string; token?: string } = {}): PinService {
  return pinataPins({ name: "pinata", endpoint: pinata.endpoint, token: canary, hint: "check PINATA_JWT", ...options });
}

const opened = (wrapped: (inner: PinService) => PinService) => async () => ({
  service: wrapped(service()),
  away: wrapped(service({ endpoint: "http://127.0.0.1:1" })),
  offer: async () => [],
  close: async () => {},
});

const tries = { tries: 3, first: 1, longest: 1 };
pinServiceContract(
  "Pinata",
  opened((inner) => inner),
);
pinServiceContract(
  "Pinata as it is used",
  opened((inner) =>
    withRetry(withRateLimit(inner, { perMinute: 30, costs: { status: () => 2, pin: 2, unpin: 1 } }), tries),
  ),
);

const look = async (cid: CID) => (await service().status([cid], world)).get(`${cid}`)!;

describe("Pinata", () => {
  it("tells how far a job is, since when, and that it is done", async () => {
    const { root } = aDataset();
    expect(await service().pin(pinRequestFor(root), world)).toEqual({ state: "queued" });
    expect(await look(root)).toEqual({ state: "queued", since: expect.stringMatching(/^2024-08-10T/) });
    expect(await look(root)).toMatchObject({ state: "pinning" });
    expect(await look(root)).toMatchObject({ state: "pinned", since: expect.stringMatching(/^2024-08-10T/) });
  });

  it.each([
    ["expired", "expired: no node that has it was found in time"],
    ["over_free_limit", "over_free_limit: the account has no room for it"],
    ["over_max_size", "over_max_size: it is larger than Pinata takes"],
    ["invalid_object", "invalid_object: Pinata could not read it"],
    ["bad_host_node", "bad_host_node: an origin is no address that Pinata can dial"],
    ["__proto__", "__proto__"],
  ])("says of a job that is %s that it failed, and begins anew when asked again", async (outcome, says) => {
    pinata.outcome = outcome;
    const { root } = aDataset();
    await service().pin(pinRequestFor(root), world);
    expect(await settled(service(), root)).toMatchObject({ state: "failed", message: says });
    pinata.outcome = undefined;
    await service().pin(pinRequestFor(root), world);
    expect(await settled(service(), root), "the newest job counts").toMatchObject({ state: "pinned" });
  });

  it("gets no second job for what is under way", async () => {
    pinata.outcome = "retrieving";
    const { root } = aDataset();
    const one = service();
    await Promise.all([one.pin(pinRequestFor(root), world), one.pin(pinRequestFor(root), world)]);
    expect(await one.pin(pinRequestFor(root), world)).toMatchObject({ state: "pinning" });
    expect(pinata.count(root)).toBe(1);
  });

  it("having taken a pin request and lost its answer, gets no second job", async () => {
    const { root } = aDataset();
    const patient = withRetry(service(), tries);
    pinata.fail("lost after", 3);
    await expect(patient.pin(pinRequestFor(root), world)).rejects.toMatchObject({ kind: "unavailable" });
    pinata.fail(undefined);
    await patient.pin(pinRequestFor(root), world);
    await patient.pin(pinRequestFor(root), world);
    expect(pinata.count(root)).toBe(1);
  });

  it("does not keep what it let go of, though it lists it among its pins", async () => {
    const { root } = aDataset();
    const rows = [
      { ipfs_pin_hash: `${root}`, date_pinned: "2024-08-10T00:00:00Z", date_unpinned: "2024-08-11T00:00:00Z" },
    ];
    const listing = testWorld({
      fetch: async ({ url }) => Response.json({ rows: url.includes("pinList") ? rows : [] }),
    });
    expect((await service().status([root], listing)).get(`${root}`)).toEqual({ state: "absent" });
  });

  it("is sent no more than it takes: 5 nodes, 10 values, 245 characters", async () => {
    const origins = Array.from({ length: 9 }, (_, i) => `/ip4/192.0.2.${i}/tcp/4001/p2p/12D3KooWabc`);
    const meta = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, "v".repeat(300)]));
    const pinRequest = pinRequestFor(aDataset().root, {
      label: "x".repeat(300),
      origins,
      meta,
      previous: aDataset().root,
    });
    expect(await service().pin(pinRequest, world)).toEqual({ state: "queued" });
    expect(pinata.requests.at(-1)).toContain(`"prev":"${pinRequest.previous}"`);
  });

  it("is asked for everything at once where many are asked for, page by page", async () => {
    const cids = Array.from({ length: 230 }, () => aDataset().root);
    pinata.outcome = "retrieving";
    await Promise.all(cids.map((cid) => service().pin(pinRequestFor(cid), world)));
    const before = pinata.requests.length;
    const said = await service().status(cids, world);
    expect([...said.values()].every(({ state }) => state === "queued" || state === "pinning")).toBe(true);
    const asked = pinata.requests.slice(before).map((request) => request.split("?")[0]);
    expect(asked.filter((request) => request === "GET /data/pinList")).toHaveLength(1);
    expect(asked.length).toBeLessThan(8);
  });
});

describe("Pinata, when it fails", () => {
  const { root } = aDataset();

  it.each([
    ["busy", { kind: "unavailable", wait: 60_000, message: expect.stringMatching(/^pinata: .* answered 429: /) }],
    ["server error", { kind: "unavailable", message: expect.stringContaining('a page called "502 Bad Gateway"') }],
    ["expired", { kind: "refused", hint: "check PINATA_JWT" }],
    ["unpaid", { kind: "refused", hint: "check PINATA_JWT", message: expect.stringContaining("paid plan") }],
    ["web page", { kind: "unavailable", message: expect.stringContaining("not JSON: a page called") }],
    ["other api", { kind: "corrupt", message: expect.stringContaining("answered what is not Pinata's (rows: ") }],
    ["huge", { kind: "corrupt", message: expect.stringContaining("more than the 16777216 bytes allowed") }],
    ["lost before", { kind: "unavailable" }],
  ] as const)("(%s) is reported as what it is, and holds no secret of ours", async (fault, failure) => {
    pinata.fail(fault);
    await expectFailing(service(), root, failure, canary);
  });

  it("does not take a list without end for one", async () => {
    const rows = Array.from({ length: 1000 }, () => ({ ipfs_pin_hash: `${root}`, date_pinned: null }));
    const endless = testWorld({ fetch: async () => Response.json({ rows }) });
    await expect(service().status([root, root, root], endless)).rejects.toMatchObject({
      kind: "corrupt",
      message: "pinata: a list has more than 100000 entries, or no end",
    });
  });
});

describe.skipIf(!(await pinningTools()))("held against Pinata's own SDK", () => {
  /** The SDK knows one address; what it asks there comes here when we are its proxy. */
  async function bySdk(ask: (sdk: Awaited<ReturnType<typeof pinataSdk>>) => Promise<unknown>): Promise<string[]> {
    process.env.https_proxy = pinata.endpoint;
    onTestFinished(() => void delete process.env.https_proxy);
    const before = pinata.requests.length;
    await ask(await pinataSdk(canary));
    return pinata.requests.slice(before);
  }

  async function byUs(ask: () => Promise<unknown>): Promise<string[]> {
    const before = pinata.requests.length;
    await ask();
    return pinata.requests.slice(before);
  }

  /** A query's pairs in any order, without the empty one that the SDK leaves at its end. */
  const plain = (request: string) => {
    const [line, body] = request.split(/ (?=\{)/);
    const [path, query = ""] = line!.split("?");
    return {
      path,
      query: [...new URLSearchParams(query)].sort(),
      body: body === undefined ? undefined : JSON.parse(body),
    };
  };

  it("we ask in the same words: what is kept, what is under way, a new job", async () => {
    const { root } = aDataset();
    const peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    const origins = [`/ip4/192.0.2.1/tcp/4001/p2p/${peer}`];
    const meta = { campaign: "halo" };
    const theirs = await bySdk(async (sdk) => {
      await sdk.pinList({ hashContains: `${root}`, status: "pinned", pageLimit: 1000 });
      await sdk.pinJobs({ sort: "ASC", ipfs_pin_hash: `${root}`, limit: 99 });
      await sdk.pinByHash(`${root}`, {
        pinataOptions: { hostNodes: origins },
        pinataMetadata: { name: "halo/a@1", keyvalues: meta },
      });
    });
    const other = aDataset().root;
    const ours = await byUs(() => service().pin(pinRequestFor(other, { origins, meta, label: "halo/a@1" }), world));
    expect(ours.map((request) => plain(request.replaceAll(`${other}`, `${root}`)))).toEqual(theirs.map(plain));
  });

  it("we let go in the same words", async () => {
    const [one, other] = [aDataset().root, aDataset().root];
    for (const cid of [one, other]) {
      await service().pin(pinRequestFor(cid), world);
      await settled(service(), cid);
    }
    const theirs = await bySdk((sdk) => sdk.unpin(`${one}`));
    const ours = await byUs(() => service().unpin!(other, world));
    expect(ours.at(-1)!.replace(`${other}`, `${one}`)).toBe(theirs.at(-1));
  });
});
