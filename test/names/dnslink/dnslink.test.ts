import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import { dnslink, readAuthorities } from "../../../pipeline/names/dnslink/dnslink.ts";
import type { DnsProvider, RRset } from "../../../pipeline/names/dnslink/provider.ts";
import { rfc2136 } from "../../../pipeline/names/dnslink/rfc2136/rfc2136.ts";
import { fakeDns, fromTable } from "../../fakes/dns-server.ts";
import { testWorld } from "../../fakes/world.ts";
import { dnsServers, startBind, startNsd } from "../../servers/dns.ts";
import { relay } from "./relay.ts";

const domain = "latest.example.test";
const at = `_dnslink.${domain}`;
const world = testWorld({ now: () => new Date() });
const [one, other, third] = ["/ipfs/bafyone", "/ipfs/bafyother", "/ipfs/bafythird"] as const;
const recordOf = (path: string) => `dnslink=${path}`;

describe("announcing", () => {
  /** A provider that remembers; what was written is in `writes`. */
  const keeping = (values: readonly string[], minTtl = 1) => {
    const writes: RRset[] = [];
    const provider: DnsProvider = {
      name: "memory",
      minTtl,
      read: async (name) => {
        expect(name).toBe(at);
        return writes.at(-1) ?? (values.length > 0 ? { values, ttl: 300 } : undefined);
      },
      replace: async (_, next) => void writes.push(next),
    };
    return { writes, name: dnslink({ domain, ttl: 60, provider }) };
  };

  it("makes the first record", async () => {
    const { name, writes } = keeping([]);
    await name.announce(one, undefined, world);
    expect(writes).toEqual([{ values: [recordOf(one)], ttl: 60 }]);
  });

  it("replaces what was expected, and keeps other people's values", async () => {
    const { name, writes } = keeping([recordOf(one), "v=spf1 -all", "a note"]);
    await name.announce(other, one, world);
    expect(writes).toEqual([{ values: ["a note", recordOf(other), "v=spf1 -all"], ttl: 60 }]);
  });

  it("writes nothing where the name points there already, whatever was expected", async () => {
    const { name, writes } = keeping([recordOf(other), "a note"]);
    await name.announce(other, one, world);
    await name.announce(other, undefined, world);
    expect(writes).toEqual([]);
  });

  it.each([
    ["to another value", [recordOf(third)], one, `points to ${third}, where ${one} was expected`],
    ["where there was none", [recordOf(third)], undefined, `points to ${third}, where no dnslink record was expected`],
    ["away", ["a note"], one, `points to nothing, where ${one} was expected`],
  ])("is in conflict where someone else moved it %s, and writes nothing", async (_, values, expected, words) => {
    const { name, writes } = keeping(values);
    await expect(name.announce(other, expected, world)).rejects.toMatchObject({
      kind: "conflict",
      message: `someone else moved it: memory: ${at} ${words}`,
    });
    expect(writes).toEqual([]);
  });

  it.each([
    ["the old", [recordOf(one), recordOf(third)]],
    ["the new", [recordOf(other), recordOf(third)]],
    ["the old in an older spelling", [one, recordOf(third)]],
  ])("repairs two records to one where one of them is %s", async (_, values) => {
    const { name, writes } = keeping([...values, "a note"]);
    await name.announce(other, one, world);
    expect(writes).toEqual([{ values: ["a note", recordOf(other)], ttl: 60 }]);
  });

  it("leaves two records with other values to a person", async () => {
    const { name, writes } = keeping([recordOf(third), "dnslink=/ipns/example.org"]);
    await expect(name.announce(other, one, world)).rejects.toMatchObject({
      kind: "conflict",
      message: `memory: ${at} has two dnslink records, which resolvers refuse: ${third} and /ipns/example.org; ${one} was expected`,
    });
    expect(writes).toEqual([]);
  });

  it("raises the TTL to what the provider takes, with a message", async () => {
    const { name, writes } = keeping([], 3600);
    const watched = testWorld();
    await name.announce(one, undefined, watched);
    expect(writes[0]!.ttl).toBe(3600);
    expect(watched.lines).toEqual([`${domain}: memory takes no TTL below 3600 s, so it is that and not 60 s`]);
  });

  it("needs a provider or an owner of the records", async () => {
    const looking = dnslink({ domain, ttl: 60 });
    await expect(looking.announce(one, undefined, world)).rejects.toMatchObject({ kind: "input" });
  });
});

describe("reading", () => {
  const serving = (...values: string[]) => fakeDns(fromTable("example.test", { [`${at} TXT`]: values }));
  const looked = async (...servers: { readonly address: string }[]) => {
    const authorities = servers.map(({ address }) => address);
    return dnslink({ domain, ttl: 60, authorities, timeoutMs: 30_000 }).probe(world);
  };

  it("gives what all of them say", async () => {
    const servers = [await serving(recordOf(one), "a note"), await serving(recordOf(one))];
    expect(await looked(...servers)).toEqual({
      authorities: servers.map(({ address }) => ({ server: address, value: one, ttl: 300, serial: 7 })),
      value: one,
      agrees: true,
      ttl: 300,
    });
  });

  it("agrees where all say that there is none", async () => {
    const sighting = await looked(await serving("a note"), await serving());
    expect(sighting).toMatchObject({ agrees: true, ttl: 300 });
    expect(sighting).not.toHaveProperty("value");
  });

  it.each([
    ["they differ", [[recordOf(one)], [recordOf(other)]]],
    ["the last has none", [[recordOf(one)], [recordOf(one)], []]],
    ["the first has none", [[], [recordOf(one)]]],
  ])("gives nothing where %s", async (_, values) => {
    const sighting = await looked(...(await Promise.all(values.map((each) => serving(...each)))));
    expect(sighting.agrees).toBe(false);
    expect(sighting).not.toHaveProperty("value");
  });

  it("gives nothing where all of them hold two records", async () => {
    const two = () => serving(recordOf(one), recordOf(other));
    const sighting = await looked(await two(), await two());
    expect(sighting).toMatchObject({ agrees: false });
    expect(sighting.authorities[1]).toMatchObject({
      problem: `two dnslink records, which resolvers refuse: ${one} and ${other}`,
    });
    expect(sighting.authorities[1]).not.toHaveProperty("value");
  });

  it("gives nothing that could steer a terminal", async () => {
    const { authorities, agrees } = await looked(await serving(recordOf(`${one}/\x1b[2J`)));
    expect(agrees).toBe(false);
    expect(authorities[0]).toMatchObject({ problem: `points to ${one}/\\u{1b}[2J, which is no path` });
  });

  it("gives nothing where one has a problem, though the others agree", async () => {
    const refusing = await fakeDns(() => ({ flags: 5 }));
    const sighting = await looked(await serving(recordOf(one)), refusing, await serving(recordOf(one)));
    expect(sighting).toMatchObject({
      agrees: false,
      authorities: [{ value: one }, { problem: "answers REFUSED" }, {}],
    });
    expect(sighting).not.toHaveProperty("value");
  });

  it("gives the records themselves to a reader without write access, once all servers agree", async () => {
    const [a, b] = [await serving(recordOf(one), "a note"), await serving(recordOf(other), "a note")];
    const read = (...servers: { readonly address: string }[]) =>
      readAuthorities(at, { authorities: servers.map(({ address }) => address), timeoutMs: 30_000 }, world);
    expect(await read(a, a)).toEqual({ values: ["a note", recordOf(one)], ttl: 300 });
    expect(await read(await serving())).toBeUndefined();
    await expect(read(a, b)).rejects.toMatchObject({
      kind: "unavailable",
      message: `${at}: ${a.address} and ${b.address} answer differently`,
    });
    await expect(read(a, await fakeDns(() => ({ flags: 5 })))).rejects.toThrow(/answers REFUSED$/);
  });
});

describe.skipIf(!dnsServers())("with real servers", () => {
  const zones = { "example.test": `_dnslink.latest TXT "${recordOf(one)}"\n_dnslink.latest TXT "a note"` };
  const started = async () => {
    const bind = await startBind({ zones });
    const nsd = await startNsd({ primary: bind });
    onTestFinished(() => Promise.all([bind.stop(), nsd.stop()]).then(() => undefined));
    const at = (server: string) =>
      dnslink({
        domain,
        ttl: 60,
        provider: rfc2136({ server, key: bind.key, transport: "tcp", timeoutMs: 30_000 }),
        authorities: [bind.address, nsd.address],
        timeoutMs: 30_000,
      });
    return { bind, nsd, at, name: at(bind.address) };
  };

  it("sees that a secondary lags, until it follows", async () => {
    const { bind, nsd, name } = await started();
    expect(await name.probe(world)).toMatchObject({ agrees: true, value: one, ttl: 300 });

    await name.announce(other, one, world);
    const between = await name.probe(world);
    expect(between).toEqual({
      agrees: false,
      ttl: 300,
      authorities: [
        { server: bind.address, value: other, ttl: 60, serial: 2 },
        { server: nsd.address, value: one, ttl: 300, serial: 1 },
      ],
    });
    await nsd.follow();
    expect(await name.probe(world)).toMatchObject({ agrees: true, value: other, ttl: 60 });
  });

  it("writes once, though the answer to the write was lost and it is announced again", async () => {
    const { bind, nsd, at, name } = await started();
    const deaf = await relay(bind.address, async (_, forward) => {
      await forward();
      return Buffer.alloc(0);
    });
    const lost = at(deaf.address).announce(other, one, world);
    await expect(lost).rejects.toMatchObject({ kind: "unavailable" });
    await name.announce(other, one, world);
    await nsd.follow();
    const { authorities } = await name.probe(world);
    expect(authorities.map(({ value, serial }) => ({ value, serial }))).toEqual([
      { value: other, serial: 2 },
      { value: other, serial: 2 },
    ]);
  });

  it("goes on where it was when the primary was killed and comes back", async () => {
    const { bind, name } = await started();
    await name.announce(other, one, world);
    await bind.kill();
    expect((await name.probe(world)).authorities[0]).toMatchObject({ problem: "does not listen" });
    const down = name.announce(third, other, world);
    await expect(down).rejects.toBeInstanceOf(Failure);
    await expect(down).rejects.toMatchObject({ kind: "unavailable" });

    await bind.restart();
    await name.announce(third, other, world);
    expect((await name.probe(world)).authorities[0]).toMatchObject({ value: third, serial: 3 });
  });
});
