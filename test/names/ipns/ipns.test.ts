import { privateKeyFromProtobuf, publicKeyToProtobuf } from "@libp2p/crypto/keys";
import { createIPNSRecordWithExpiration, marshalIPNSRecord } from "ipns";
import { describe, expect, it, onTestFinished } from "vitest";
import { pemOf, privateKeyOf, protobufOf, publicName } from "../../../pipeline/core/key.ts";
import { type IpnsOptions, ipnsName } from "../../../pipeline/names/ipns/ipns.ts";
import { readRecord, type SignedRecord, signRecord } from "../../../pipeline/names/ipns/record.ts";
import type { Name } from "../../../pipeline/names/name.ts";
import { testWorld } from "../../fakes/world.ts";
import { startRouting } from "../../servers/routing.ts";

const key = await privateKeyOf(new Uint8Array(32).fill(7));
const other = await privateKeyOf(new Uint8Array(32).fill(8));
const k51 = publicName(key.publicKey);
const canary = Buffer.from(protobufOf(key)).toString("base64");

const first = "/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const second = `${first}/stac`;
const day = 86_400_000;

const [good, strangers] = (await Promise.all(
  [key, other].map(async (signer) => {
    const until = new Date(Date.UTC(2027, 0, 1));
    return (await signRecord({ value: first, sequence: 9n, ttl: 300, until }, signer)).bytes;
  }),
)) as [Uint8Array, Uint8Array];

/** Where names are announced, what is kept, and a clock that is set by hand. */
async function aNetwork({ servers = 1 } = {}) {
  const clock = { now: Date.UTC(2026, 10, 21) };
  const routing = await Promise.all(
    Array.from({ length: servers }, () => startRouting({ now: () => new Date(clock.now) })),
  );
  onTestFinished(async () => void (await Promise.all(routing.map((each) => each.close()))));
  const kept = new Map<string, Uint8Array>();
  const order: string[] = [];
  const world = testWorld({ now: () => new Date(clock.now) });
  const name = (options: Partial<IpnsOptions> = {}): Name =>
    ipnsName({
      name: k51,
      key: () => canary,
      routing: routing.map(({ url }) => url),
      lifetime: 365 * day,
      ttl: 300,
      attachments: {
        read: async (file) => kept.get(file),
        write: async (file, bytes) => {
          order.push(`kept after ${routing[0]!.asked.filter((asked) => asked.startsWith("PUT")).length} puts`);
          kept.set(file, bytes);
        },
      },
      ...options,
    });
  const held = async (server = 0): Promise<SignedRecord> =>
    (await readRecord(routing[server]!.records.get(k51)!, key.publicKey)) as SignedRecord;
  return { routing, kept, order, world, clock, name, held };
}

const failureOf = async (promise: Promise<unknown>): Promise<Error> => {
  const failure = await promise.then(
    () => expect.fail("nothing failed"),
    (error: Error) => error,
  );
  expect(JSON.stringify(failure) + failure + failure.stack).not.toContain(canary);
  return failure;
};

describe("announcing", () => {
  it("is seen at every endpoint, with how long it may be remembered and when it ends", async () => {
    const { name, world, routing } = await aNetwork({ servers: 2 });
    await name().announce(first, undefined, world);
    expect(await name().probe(world)).toEqual({
      authorities: routing.map(({ url }) => ({ server: url, value: first, ttl: 300 })),
      value: first,
      agrees: true,
      ttl: 300,
      until: "2027-11-21T00:00:00.000Z",
    });
  });

  it("gives each new value the next number, wherever the last one was seen", async () => {
    const { name, world, held, kept } = await aNetwork();
    await name().announce(first, undefined, world);
    kept.clear();
    await name().announce(second, first, world);
    expect(await held()).toMatchObject({ value: second, sequence: 2n });
  });

  it("never goes below a sequence number that was signed once, even if no endpoint has it any more", async () => {
    const { name, world, held, routing } = await aNetwork();
    await name().announce(first, undefined, world);
    await name().announce(second, first, world);
    routing[0]!.records.clear();
    await name().announce(first, undefined, world);
    expect(await held()).toMatchObject({ value: first, sequence: 3n });
  });

  it("stores the record before any endpoint gets it", async () => {
    const { name, world, order } = await aNetwork();
    await name().announce(first, undefined, world);
    expect(order).toEqual(["kept after 0 puts"]);
  });

  it("puts the very same record again where the first was lost, without the key", async () => {
    const { name, world, kept, routing } = await aNetwork();
    routing[0]!.break("forgets");
    await name().announce(first, undefined, world);
    const before = kept.get(`ipns/${k51}`);
    routing[0]!.break();
    await name({ key: () => expect.fail("the key was asked for") }).announce(first, undefined, world);
    expect(routing[0]!.records.get(k51)).toEqual(Buffer.from(before!));
  });

  it("finishes by running again when the answer was lost after it took effect", async () => {
    const { name, world, routing, held } = await aNetwork({ servers: 2 });
    routing[1]!.break("loses answers");
    expect(await failureOf(name().announce(first, undefined, world))).toMatchObject({ kind: "unavailable" });
    routing[1]!.break();
    await name().announce(first, first, world);
    expect([await held(0), await held(1)]).toMatchObject([{ sequence: 1n }, { sequence: 1n }]);
  });

  it("signs a new record of the same value when the old one's life runs out", async () => {
    const { name, world, clock, held } = await aNetwork();
    await name().announce(first, undefined, world);
    clock.now += 334 * day;
    await name().announce(first, first, world);
    expect(await held()).toMatchObject({ sequence: 1n });
    clock.now += 2 * day;
    await name().announce(first, first, world);
    expect(await held()).toMatchObject({ sequence: 2n, until: new Date(clock.now + 365 * day) });
  });

  it("is refused where the name has an unexpected value", async () => {
    const { name, world, held } = await aNetwork();
    await name().announce(first, undefined, world);
    expect(await failureOf(name().announce(second, `${first}/other`, world))).toMatchObject({
      kind: "conflict",
      message: `${k51} is ${first} where ${first}/other was expected`,
    });
    expect(await failureOf(name().announce(second, undefined, world))).toMatchObject({ kind: "conflict" });
    expect(await held()).toMatchObject({ value: first, sequence: 1n });
  });

  it("says in the endpoint's words why a record was refused, and asks no second time", async () => {
    const { name, world, routing } = await aNetwork({ servers: 2 });
    routing[1]!.break({ answers: 403, body: "no more names from you" });
    expect(await failureOf(name().announce(first, undefined, world))).toMatchObject({
      kind: "refused",
      message: `${routing[1]!.url}: putting the record answered 403: no more names from you`,
    });
    expect(routing[1]!.asked.filter((asked) => asked.startsWith("PUT"))).toHaveLength(1);
  });

  it.each([
    ["another's key", pemOf(other), /is that of k51\w+, not of/],
    ["no key", "hunter2", /is no private key/],
  ])("is refused with %s, and nothing is kept", async (_, secret, says) => {
    const { name, world, kept } = await aNetwork();
    const failure = await failureOf(name({ key: () => secret }).announce(first, undefined, world));
    expect(failure).toMatchObject({ kind: "input", message: expect.stringMatching(says) });
    expect(kept.size).toBe(0);
  });

  it("is refused where there is nowhere to put it", async () => {
    const { name, world } = await aNetwork();
    expect(await failureOf(name({ routing: [] }).announce(first, undefined, world))).toMatchObject({
      kind: "input",
      message: `the record of ${k51} can be put nowhere: no place is named`,
    });
  });

  it("stops at the last number there is", async () => {
    const { name, world, routing } = await aNetwork();
    const until = new Date(world.now().getTime() + day);
    const last = await signRecord({ value: first, sequence: (1n << 64n) - 1n, ttl: 1, until }, key);
    routing[0]!.records.set(k51, last.bytes);
    expect(await failureOf(name().announce(second, first, world))).toMatchObject({ kind: "refused" });
  });
});

describe("reading", () => {
  it("finds nothing where nothing was announced, and says that all agree on it", async () => {
    const { name, world, routing } = await aNetwork();
    expect(await name().probe(world)).toEqual({ authorities: [{ server: routing[0]!.url }], agrees: true });
  });

  it("tells the endpoint that lags", async () => {
    const { name, world, routing } = await aNetwork({ servers: 2 });
    await name().announce(first, undefined, world);
    routing[1]!.break("forgets");
    await name().announce(second, first, world);
    const { agrees, value, authorities } = await name().probe(world);
    expect({ agrees, value }).toEqual({ agrees: false, value: undefined });
    expect(authorities.map(({ value }) => value)).toEqual([second, first]);
  });

  it.each([
    ["signed by another", { body: strangers }, "gave a record that was not signed with the key"],
    ["with one bit changed", { body: good.with(-200, good.at(-200)! ^ 1) }, "gave a record that"],
    ["cut short", { body: good.subarray(0, 100) }, "gave a record that can't be read"],
    ["of nothing", { body: "" }, "gave a record that can't be read"],
    ["of noise", { body: new Uint8Array(5000).fill(0xff) }, "gave a record that can't be read"],
    ["of 1 GB", { body: new Uint8Array(2_000_000) }, "asking for the record answered more than the 10240 bytes"],
    ["that is a page", { body: "<title>Welcome</title>", type: "text/html" }, 'a page called "Welcome"'],
    ["that is an error", { answers: 500, body: "out of order" }, "asking for the record answered 500: out of order"],
  ])("believes no answer %s, and says whose it was", async (_, answer, problem) => {
    const { name, world, routing } = await aNetwork();
    routing[0]!.break({ answers: 200, type: "application/vnd.ipfs.ipns-record", ...answer });
    const sighting = await name().probe(world);
    expect(sighting).toMatchObject({ agrees: false, authorities: [{ problem: expect.stringContaining(problem) }] });
    expect(sighting.authorities[0]!.server).toBe(routing[0]!.url);
    expect(sighting.value).toBeUndefined();
  });

  it("follows no redirect", async () => {
    const { name, world, routing } = await aNetwork({ servers: 2 });
    await name().announce(first, undefined, world);
    const location = `${routing[1]!.url}/routing/v1/ipns/${k51}`;
    routing[0]!.break({ answers: 302, body: "over there", location });
    const { authorities } = await name().probe(world);
    expect(authorities[0]!.problem).toBe("asking for the record answered 302: over there");
  });

  it.each([401, 403, 500])("sends no token to a redirect of a Kubo that answers %i", async (answers) => {
    const { name, world, routing } = await aNetwork();
    routing[0]!.break({ answers, body: "no" });
    const kubo = { api: routing[0]!.url, token: canary };
    const { authorities } = await name({ routing: [], kubo }).probe(world);
    expect(authorities).toEqual([{ server: `kubo at ${routing[0]!.url}`, problem: expect.stringContaining("no") }]);
    await failureOf(name({ routing: [], kubo }).announce(first, undefined, world));
    expect(JSON.stringify([authorities, world.lines])).not.toContain(canary);
  });

  it("takes words instead of a record for none, as newer servers say it", async () => {
    const { name, world, routing } = await aNetwork();
    routing[0]!.break({ answers: 200, body: "routing: not found" });
    expect(await name().probe(world)).toEqual({ authorities: [{ server: routing[0]!.url }], agrees: true });
  });

  it("counts no record whose life has ended", async () => {
    const { name, world, clock } = await aNetwork();
    await name().announce(first, undefined, world);
    clock.now += 365 * day;
    expect(await name().probe(world)).toMatchObject({
      agrees: false,
      until: "2027-11-21T00:00:00.000Z",
      authorities: [{ problem: "gave a record that ended on 2027-11-21T00:00:00.000Z" }],
    });
  });

  it("warns 30 days before the end, and not before", async () => {
    const { name, world, clock } = await aNetwork();
    await name().announce(first, undefined, world);
    clock.now += 334 * day;
    await name().probe(world);
    expect(world.lines).toEqual([]);
    clock.now += 2 * day;
    await name().probe(world);
    expect(world.lines).toEqual([expect.stringContaining(`${k51}: its record ends in 29 days, on 2027-11-21`)]);
  });

  it("reads the others' answers when one never answers and the timeout ends", async () => {
    const { name, world, routing } = await aNetwork({ servers: 2 });
    await name().announce(first, undefined, world);
    routing[0]!.break("hangs");
    // The clock is looked at once a record was read: only then patience ends.
    const patience = new AbortController();
    const now = () => {
      patience.abort(new DOMException("late", "TimeoutError"));
      return world.now();
    };
    expect((await name().probe({ ...world, now, signal: patience.signal })).authorities).toEqual([
      { server: routing[0]!.url, problem: "did not answer in time" },
      { server: routing[1]!.url, value: first, ttl: 300 },
    ]);
  });

  it("stops at once when it is interrupted", async () => {
    const { name, world, routing } = await aNetwork();
    routing[0]!.break("hangs");
    const stop = new AbortController();
    const looking = name().probe({ ...world, signal: stop.signal });
    stop.abort(new Error("interrupted"));
    await expect(looking).rejects.toThrow("interrupted");
  });

  it("says where to look up the name when only the key could tell", async () => {
    const options = { routing: [], lifetime: day, ttl: 1 };
    const attachments = { read: async () => undefined, write: async () => {} };
    expect(() => ipnsName({ ...options, attachments })).toThrow("what the key is called is not known here");
  });
});

describe("putting again", () => {
  it("needs no key, and changes nothing", async () => {
    const { name, world, routing, kept } = await aNetwork({ servers: 2 });
    await name().announce(first, undefined, world);
    for (const { records } of routing) records.clear();
    await name({ key: () => expect.fail("the key was asked for") }).republish!(world);
    for (const { records } of routing) expect(records.get(k51)).toEqual(Buffer.from(kept.get(`ipns/${k51}`)!));
  });

  it("puts the newest there is, where what is kept lags behind", async () => {
    const { name, world, routing, kept, held } = await aNetwork({ servers: 2 });
    await name().announce(first, undefined, world);
    const lagging = new Map(kept);
    routing[1]!.break("forgets");
    await name().announce(second, first, world);
    routing[1]!.break();
    for (const [file, bytes] of lagging) kept.set(file, bytes);
    await name().republish!(world);
    expect([await held(0), await held(1)]).toMatchObject([{ value: second }, { value: second }]);
  });

  it("fails where the record has ended: only the key can help", async () => {
    const { name, world, clock } = await aNetwork();
    await name().announce(first, undefined, world);
    clock.now += 366 * day;
    expect(await failureOf(name().republish!(world))).toMatchObject({
      kind: "drift",
      message: `the record of ${k51} ended on 2027-11-21T00:00:00.000Z`,
    });
  });

  it("fails where nothing was ever announced", async () => {
    const { name, world } = await aNetwork();
    expect(await failureOf(name().republish!(world))).toMatchObject({ kind: "input" });
  });

  it("ignores a stored record that another program wrote there", async () => {
    const { name, world, kept } = await aNetwork();
    kept.set(`ipns/${k51}`, new Uint8Array(20).fill(0xff));
    expect(await failureOf(name().republish!(world))).toMatchObject({ kind: "input" });
    expect(world.lines).toEqual([expect.stringContaining("it is not used")]);
  });
});

it("believes a record by the key in the name, not by a key that the record brings along", async () => {
  const stranger = privateKeyFromProtobuf(protobufOf(other));
  const record = await createIPNSRecordWithExpiration(stranger, first, 1, "2027-01-01T00:00:00Z");
  const bytes = marshalIPNSRecord({ ...record, pubKey: publicKeyToProtobuf(stranger.publicKey) });
  expect(await readRecord(bytes, key.publicKey)).toBe("was not signed with the key of that name");
});
