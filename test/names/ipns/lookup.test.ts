/** Names of anybody: which record of a key is believed, how long, and where a name leads. */
import { generateKeyPair } from "@libp2p/crypto/keys";
import { createIPNSRecordWithExpiration, marshalIPNSRecord } from "ipns";
import { base36 } from "multiformats/bases/base36";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import { privateKeyOf, publicName } from "../../../pipeline/core/key.ts";
import type { RecordEndpoint } from "../../../pipeline/names/ipns/endpoints.ts";
import { ipnsLookup } from "../../../pipeline/names/ipns/lookup.ts";
import { signRecord } from "../../../pipeline/names/ipns/record.ts";
import { nameResolver } from "../../../pipeline/names/resolve-name.ts";
import { fakeDns, fromTable } from "../../fakes/dns-server.ts";
import { testWorld } from "../../fakes/world.ts";

const cid = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const keyNumber = (n: number) => privateKeyOf(new Uint8Array(32).fill(n));
const key = await keyNumber(21);
const name = publicName(key.publicKey);
const start = Date.UTC(2026, 10, 30);

function clock() {
  let at = start;
  const later = (seconds: number) => {
    at += seconds * 1000;
  };
  return { world: testWorld({ now: () => new Date(at) }), later };
}

const signed = async (value: string, { sequence = 1n, ttl = 60, valid = 86_400, by = key } = {}) =>
  (await signRecord({ value, sequence, ttl, until: new Date(start + valid * 1000) }, by)).bytes;

/** An endpoint that returns what is put into `records` or throws it, and counts how often it is asked. */
function endpoint() {
  const records = new Map<string, Uint8Array | Failure>();
  const state = { records, asked: 0 };
  const at: RecordEndpoint = {
    name: "endpoint",
    async get(name) {
      state.asked++;
      const found = records.get(name);
      if (found instanceof Failure) throw found;
      return found;
    },
    put: async () => {},
  };
  return Object.assign(state, { at });
}

describe("the record of a key", () => {
  it("is the newest valid one of all endpoints, for as long as it says", async () => {
    const { world, later } = clock();
    const [one, two] = [endpoint(), endpoint()];
    const lookup = ipnsLookup([one.at, two.at]);
    one.records.set(name, await signed("/ipfs/old", { sequence: 1n }));
    two.records.set(name, await signed("/ipfs/new", { sequence: 2n, ttl: 100 }));
    expect(await lookup.find(name, world)).toMatchObject({ value: "/ipfs/new", fresh: 100 });
    later(99);
    expect(await lookup.find(name, world)).toMatchObject({ value: "/ipfs/new", fresh: 1 });
    expect(one.asked).toBe(1);
    later(2);
    two.records.set(name, new Failure("unavailable", "gone"));
    // The older record comes back alone: what was newer stays.
    expect(await lookup.find(name, world)).toMatchObject({ value: "/ipfs/new" });
    expect(one.asked).toBe(2);
  });

  it("is never one that ended, that another key signed, or that no endpoint could be asked for", async () => {
    const { world, later } = clock();
    const at = endpoint();
    const lookup = ipnsLookup([at.at]);
    at.records.set(name, await signed("/ipfs/x", { by: await keyNumber(22) }));
    await expect(lookup.find(name, world)).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("not signed"),
    });
    at.records.set(name, new Failure("unavailable", "endpoint: no answer"));
    await expect(lookup.find(name, world)).rejects.toMatchObject({ kind: "unavailable" });
    at.records.delete(name);
    expect(await lookup.find(name, world)).toBeUndefined();
    at.records.set(name, await signed("/ipfs/short", { ttl: 1000, valid: 50 }));
    expect(await lookup.find(name, world)).toMatchObject({ fresh: 50 });
    later(51);
    await expect(lookup.find(name, world)).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("ended"),
    });
    expect(await lookup.find("not-a-key", world)).toBeUndefined();
  });

  it("of an RSA key is verified with the key inside, which must be the one that is named", async () => {
    const { world } = clock();
    const [rsa, other] = [await generateKeyPair("RSA", 2048), await generateKeyPair("RSA", 2048)];
    const recordBy = async (by: typeof rsa) =>
      marshalIPNSRecord(
        await createIPNSRecordWithExpiration(by, `/ipfs/${cid}`, 1n, new Date(start + 1e6).toISOString()),
      );
    const named = rsa.publicKey.toCID().toString(base36);
    const at = endpoint();
    const lookup = ipnsLookup([at.at]);
    at.records.set(named, await recordBy(other));
    await expect(lookup.find(named, world)).rejects.toMatchObject({ kind: "corrupt" });
    at.records.set(named, await recordBy(rsa));
    expect(await lookup.find(named, world)).toMatchObject({ value: `/ipfs/${cid}` });
  });

  it("is taken over where it is valid and not older than the known one", async () => {
    const { world } = clock();
    const lookup = ipnsLookup([]);
    await lookup.offer(name, await signed("/ipfs/two", { sequence: 2n }), world);
    await expect(lookup.offer(name, await signed("/ipfs/one", { sequence: 1n }), world)).rejects.toThrow(
      "sequence 1; 2 is known",
    );
    await expect(lookup.offer(name, await signed("/ipfs/x", { by: await keyNumber(22) }), world)).rejects.toThrow(
      "not signed",
    );
    await expect(lookup.offer(name, await signed("/ipfs/x", { sequence: 9n, valid: -1 }), world)).rejects.toThrow(
      "ended",
    );
    await expect(lookup.offer("example.org", await signed("/ipfs/x"), world)).rejects.toMatchObject({ kind: "input" });
    expect(await lookup.find(name, world)).toMatchObject({ value: "/ipfs/two" });
  });
});

describe("a name", () => {
  const resolving = async (table: Record<string, readonly string[]>, records: Record<string, Uint8Array> = {}) => {
    const { world, later } = clock();
    const dns = await fakeDns(fromTable("test", table));
    const lookup = ipnsLookup([]);
    for (const [name, bytes] of Object.entries(records)) await lookup.offer(name, bytes, world);
    const { resolve } = nameResolver(lookup, [dns.address]);
    return { resolve: (name: string) => resolve(name, world), later };
  };

  it("leads from domains to keys to CIDs, with every path on the way and the shortest time", async () => {
    const { resolve } = await resolving(
      { "_dnslink.a.test TXT": [`dnslink=/ipns/${name}/inner`] },
      { [name]: await signed(`/ipfs/${cid}/outer/`, { ttl: 45 }) },
    );
    const found = await resolve("A.test");
    expect({ ...found, cid: `${found?.cid}` }).toEqual({ cid, names: ["outer", "inner"], ttl: 45 });
  });

  it("that nobody owns leads nowhere, and one that leads to itself is refused", async () => {
    const { resolve } = await resolving(
      { "_dnslink.b.test TXT": ["v=spf1"] },
      { [name]: await signed(`/ipns/${name}`) },
    );
    expect(await resolve("b.test")).toBeUndefined();
    expect(await resolve("missing.test")).toBeUndefined();
    await expect(resolve(name)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("more than 32"),
    });
  });

  it("that points to no CID is corrupt", async () => {
    const { resolve } = await resolving({}, { [name]: await signed("/ipfs/nothing") });
    await expect(resolve(name)).rejects.toMatchObject({ kind: "corrupt" });
  });
});
