/** What every place for IPNS records promises: our own routing server, and a real Kubo by both of its doors. */
import { beforeAll, describe, expect, it } from "vitest";
import { privateKeyOf, publicName } from "../../../pipeline/core/key.ts";
import { endpoint, kuboEndpoint, type RecordEndpoint } from "../../../pipeline/names/ipns/endpoints.ts";
import { ipnsName } from "../../../pipeline/names/ipns/ipns.ts";
import { signRecord } from "../../../pipeline/names/ipns/record.ts";
import { testWorld } from "../../fakes/world.ts";
import type { Kubo } from "../../servers/kubo.ts";
import { startRouting } from "../../servers/routing.ts";
import { useKubo } from "../../servers/use-kubo.ts";

const shared = await useKubo();
const world = testWorld({ now: () => new Date() });
let seeds = 1;

/** A key that nobody has announced anything under, and records signed with it. */
async function aKey() {
  const key = await privateKeyOf(new Uint8Array(32).fill(seeds++));
  const until = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
  const record = async (value: string, sequence: bigint) =>
    (await signRecord({ value, sequence, ttl: 60, until }, key)).bytes;
  return { key, name: publicName(key.publicKey), record };
}

const empty = "/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";

function endpointContract(make: () => Promise<RecordEndpoint>) {
  it("has nothing under a name that was never put", async () => {
    const { name } = await aKey();
    expect(await (await make()).get(name, world)).toBeUndefined();
  });

  it("gives back what it was given, byte for byte, however often", async () => {
    const { name, record } = await aKey();
    const place = await make();
    const bytes = await record(empty, 1n);
    await place.put(name, bytes, world);
    await place.put(name, bytes, world);
    expect(new Uint8Array((await place.get(name, world))!)).toEqual(new Uint8Array(bytes));
  });

  it("gives the newer of two, whichever came last", async () => {
    const { name, record } = await aKey();
    const place = await make();
    const newer = await record(`${empty}/newer`, 2n);
    await place.put(name, newer, world);
    await place.put(name, await record(empty, 1n), world).catch(() => undefined);
    expect(new Uint8Array((await place.get(name, world))!)).toEqual(new Uint8Array(newer));
  });

  it.each([
    ["another's record", async () => (await aKey()).record(empty, 1n)],
    ["half a record", async () => (await (await aKey()).record(empty, 1n)).subarray(0, 150)],
  ])("refuses %s, in its own words", async (_, bytes) => {
    const { name } = await aKey();
    const place = await make();
    await expect(place.put(name, await bytes(), world)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(new RegExp(`^${place.name}.*(record|signature|wire)`)),
    });
  });
}

describe("our routing server keeps the contract", () => {
  let url: string;
  beforeAll(async () => {
    const routing = await startRouting();
    url = routing.url;
    return routing.close;
  });
  endpointContract(async () => endpoint(url));
});

describe.skipIf(!shared.there)("a real Kubo", () => {
  let kubo: Kubo;
  // With a DHT that has no other node in it.
  beforeAll(async () => {
    kubo = await shared.started({ "Routing.Type": "dht" });
  });

  describe("keeps the contract by its RPC", () => endpointContract(async () => kuboEndpoint(kubo)));
  describe("keeps the contract as an endpoint of delegated routing", () => {
    endpointContract(async () => endpoint(kubo.gateway));
  });

  it("resolves a name announced by us, and its gateway follows it", async () => {
    const { key, name } = await aKey();
    await kubo.ipfs("files", "mkdir", "-p", "/announced/below");
    const root = await kubo.ipfs("files", "stat", "--hash", "/announced");
    const kept = new Map<string, Uint8Array>();
    const ours = ipnsName({
      name,
      key: () => Buffer.from([0x08, 0x01, 0x12, 0x40, ...key.seed, ...key.publicKey]).toString("base64"),
      routing: [kubo.gateway],
      kubo,
      lifetime: 86_400_000,
      ttl: 60,
      attachments: { read: async (file) => kept.get(file), write: async (file, bytes) => void kept.set(file, bytes) },
    });
    await ours.announce(`/ipfs/${root}`, undefined, world);
    expect(await ours.probe(world)).toMatchObject({ value: `/ipfs/${root}`, agrees: true, ttl: 60 });
    expect(await kubo.ipfs("name", "resolve", "--nocache", name)).toBe(`/ipfs/${root}`);
    expect(await (await fetch(`${kubo.gateway}/ipns/${name}/`)).text()).toContain("below");
    ours.close?.();
  });

  it("that takes part in no routing is no place to announce at", async () => {
    const { name } = await aKey();
    await kubo.ipfs("config", "Routing.Type", "none");
    const ours = ipnsName({
      name,
      routing: [],
      kubo,
      lifetime: 1000,
      ttl: 60,
      attachments: { read: async () => undefined, write: async () => {} },
    });
    await expect(ours.probe(world)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining(`kubo at ${kubo.api} takes part in no routing (Routing.Type none)`),
    });
    ours.close?.();
  });
});
