import { describe, expect, it } from "vitest";
import { type AuthorityOptions, authorities } from "../../../../pipeline/names/dnslink/query/authoritative.ts";
import { type Asked, fakeDns, fromTable, ipv6, soa, txt } from "../../../fakes/dns-server.ts";
import { testWorld } from "../../../fakes/world.ts";
import { dnsServers, startBind, startNsd } from "../../../servers/dns.ts";
import { freePort } from "../../../servers/ports.ts";

const world = testWorld();
const name = "_dnslink.latest.example.test";
const link = "dnslink=/ipfs/bafyone";
const answering = fromTable("example.test", { [`${name} TXT`]: [link] });
const ask = (options: AuthorityOptions) => authorities(name, { timeoutMs: 30_000, ...options }).ask(world);

describe("a server with an invalid answer is reported with the reason", () => {
  const flags = { refused: 5, servfail: 2, formerr: 1, authoritative: 0x0400 };

  it.each([
    ["answers REFUSED", () => ({ flags: flags.refused })],
    ["answers SERVFAIL", () => ({ flags: flags.servfail })],
    ["answers FORMERR", () => ({ flags: flags.formerr })],
    [
      "does not answer for the zone itself, though the zone names it (lame delegation)",
      () => ({ flags: 0, answers: [txt(name, link)] }),
    ],
    [
      "does not answer for the zone itself, though the zone names it (lame delegation)",
      () => ({ flags: 0, authorities: [{ type: "NS" as const, name: "test", ttl: 9, data: "a.root.test" }] }),
    ],
    [
      `a CNAME exists at ${name}, to elsewhere.test`,
      () => ({
        answers: [{ type: "CNAME" as const, name, ttl: 300, data: "elsewhere.test" }, txt("elsewhere.test", link)],
      }),
    ],
    ["answers something that is no DNS message", ({ message }: Asked) => cut(message)],
  ])("%s", async (problem, answer) => {
    const [bad, good] = [await fakeDns(answer), await fakeDns(answering)];
    const said = await ask({ authorities: [bad.address, good.address] });
    expect(said).toMatchObject([
      { server: bad.address, problem },
      { server: good.address, rrset: { values: [link] } },
    ]);
  });

  it("gives no answer in time", async () => {
    const silent = await fakeDns(() => undefined);
    const said = await ask({ authorities: [silent.address], timeoutMs: 50 });
    expect(said).toEqual([{ server: silent.address, problem: "gave no answer in 0.05 s" }]);
  });

  it("does not listen", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect(await ask({ authorities: [address] })).toEqual([{ server: address, problem: "does not listen" }]);
  });
});

describe("an answer", () => {
  it("has its values in the order of their bytes, its TTL, and the zone's serial", async () => {
    const server = await fakeDns(({ question }) =>
      question.type === "SOA"
        ? { authorities: [soa("example.test", { serial: 42 })] }
        : { answers: [txt(name, "b", 300), txt(name.toUpperCase(), "a", 200), txt("other.test", "c")] },
    );
    expect(await ask({ authorities: [server.address] })).toEqual([
      { server: server.address, rrset: { values: ["a", "b"], ttl: 200 }, ttl: 200, serial: 42 },
    ]);
  });

  it("that there is nothing is remembered as long as the zone says", async () => {
    const server = await fakeDns(() => ({ authorities: [soa("example.test", { ttl: 3600, minimum: 60, serial: 3 })] }));
    expect(await ask({ authorities: [server.address] })).toEqual([{ server: server.address, ttl: 60, serial: 3 }]);
  });
});

describe("whom to ask", () => {
  /** Three servers of one zone at one port, and a resolver that finds them. */
  const aZone = async (table: Record<string, readonly string[]>) => {
    const resolver = await fakeDns(fromTable("example.test", table));
    const port = await freePort(["127.0.0.1", "127.0.0.2", "127.0.0.3", ...(ipv6 ? ["::1"] : [])]);
    return { resolver, options: { resolver: resolver.address, port } };
  };
  const oneServer = { "example.test NS": ["ns1.example.test"], "ns1.example.test A": ["127.0.0.1"] };

  it("is every address of every server that the zone names", async () => {
    const { options } = await aZone({
      "example.test NS": ["ns1.example.test", "ns2.elsewhere.test"],
      "ns1.example.test A": ["127.0.0.1"],
      "ns2.elsewhere.test A": ["127.0.0.2", "127.0.0.3"],
    });
    const newer = fromTable("example.test", { [`${name} TXT`]: ["dnslink=/ipfs/bafytwo"] });
    const { port } = options;
    for (const ip of ["127.0.0.1", "127.0.0.2"]) await fakeDns(newer, { ip, port });
    await fakeDns(answering, { ip: "127.0.0.3", port });
    expect((await ask(options)).map(({ server, rrset }) => [server, ...(rrset?.values ?? [])])).toEqual([
      [`127.0.0.1:${port} (ns1.example.test)`, "dnslink=/ipfs/bafytwo"],
      [`127.0.0.2:${port} (ns2.elsewhere.test)`, "dnslink=/ipfs/bafytwo"],
      [`127.0.0.3:${port} (ns2.elsewhere.test)`, link],
    ]);
  });

  it("is asked for upwards, until a zone is found", async () => {
    const { options, resolver } = await aZone(oneServer);
    await fakeDns(answering, { port: options.port });
    await ask(options);
    expect(resolver.asked.map(({ question }) => `${question.name} ${question.type}`)).toEqual([
      `${name} SOA`,
      "example.test NS",
      "ns1.example.test A",
      "ns1.example.test AAAA",
    ]);
  });

  it("is not the zone that a CNAME leads to", async () => {
    const resolver = await fakeDns((asked) => {
      const { question } = asked;
      if (question.name !== name || question.type !== "SOA") return fromTable("example.test", oneServer)(asked);
      const alias = { type: "CNAME", name, ttl: 9, data: "x.elsewhere.test" } as const;
      return { answers: [alias], authorities: [soa("elsewhere.test")] };
    });
    const server = await fakeDns(answering);
    const said = await ask({ resolver: resolver.address, port: server.port });
    expect(said[0]).toMatchObject({ server: `${server.address} (ns1.example.test)`, rrset: { values: [link] } });
  });

  it("is found once, and again where it failed", async () => {
    let fails = true;
    const resolver = await fakeDns((asked) => (fails ? { flags: 2 } : fromTable("example.test", oneServer)(asked)));
    const server = await fakeDns(answering);
    const servers = authorities(name, { resolver: resolver.address, port: server.port, timeoutMs: 30_000 });
    await expect(servers.ask(world)).rejects.toMatchObject({
      kind: "unavailable",
      message: `can't find out the SOA of ${name}: ${resolver.address} answers SERVFAIL`,
    });
    fails = false;
    await servers.ask(world);
    const before = resolver.asked.length;
    await servers.ask(world);
    expect(resolver.asked.length).toBe(before);
  });

  it("a server without an address is reported, and not left out", async () => {
    const { options } = await aZone({ ...oneServer, "example.test NS": ["ns1.example.test", "ns9.example.test"] });
    await fakeDns(answering, { port: options.port });
    expect((await ask(options))[1]).toEqual({ server: "ns9.example.test", problem: "has no address" });
  });

  it.skipIf(!ipv6)("a server with IPv6 only is asked over IPv6", async () => {
    const { options } = await aZone({ "example.test NS": ["ns6.example.test"], "ns6.example.test AAAA": ["::1"] });
    await fakeDns(answering, { ip: "::1", port: options.port });
    expect(await ask(options)).toMatchObject([
      { server: `[::1]:${options.port} (ns6.example.test)`, rrset: { values: [link] } },
    ]);
  });

  it.skipIf(!ipv6)("is a server's IPv4 alone where nothing comes back over IPv6 from any", async () => {
    const both = { ...oneServer, "ns1.example.test AAAA": ["::1"] };
    const six = { "example.test NS": ["ns1.example.test", "ns6.example.test"], "ns6.example.test AAAA": ["::2"] };
    const { options } = await aZone(both);
    const { port } = options;
    const silent = await fakeDns(() => undefined, { ip: "::1", port });
    await fakeDns(answering, { port });
    const patient = { ...options, timeoutMs: 1500 };

    const deaf = testWorld();
    const servers = authorities(name, patient);
    await servers.ask(deaf);
    const said = await servers.ask(deaf);
    expect(said.map(({ server }) => server)).toEqual([`127.0.0.1:${port} (ns1.example.test)`]);
    expect(deaf.lines).toEqual([
      `${name}: nothing comes back over IPv6, so its servers count by what they answer over IPv4`,
    ]);

    const { resolver } = await aZone({ ...both, ...six });
    const [four, none] = await ask({ ...patient, resolver: resolver.address });
    expect(four).toMatchObject({ rrset: { values: [link] } });
    expect(none).toMatchObject({ server: `[::2]:${port} (ns6.example.test)`, problem: expect.any(String) });
    expect(silent.asked.length).toBeGreaterThan(0);
  });

  it.skipIf(!ipv6)("is a server's IPv6 too, silent as it is, where another answers over IPv6", async () => {
    const { options } = await aZone({
      "example.test NS": ["ns1.example.test", "ns2.example.test"],
      "ns1.example.test A": ["127.0.0.1"],
      "ns1.example.test AAAA": ["::1"],
      "ns2.example.test A": ["127.0.0.2"],
      "ns2.example.test AAAA": ["::2"],
    });
    const { port } = options;
    for (const ip of ["127.0.0.1", "127.0.0.2", "::1"]) await fakeDns(answering, { ip, port });
    const said = await ask({ ...options, timeoutMs: 1500 });
    expect(said.map(({ problem }) => problem !== undefined)).toEqual([false, false, false, true]);
    expect(said[3]!.server).toBe(`[::2]:${port} (ns2.example.test)`);
  });

  it("are none where no zone contains the name", async () => {
    const resolver = await fakeDns(() => ({ flags: 3, authorities: [soa(".")] }));
    await expect(ask({ resolver: resolver.address })).rejects.toMatchObject({
      kind: "input",
      message: `the DNS has no zone that contains ${name}`,
    });
  });

  it("are not hundreds of servers, whichever zone names them", async () => {
    const hosts = Array.from({ length: 70 }, (_, i) => `ns${i}.test`);
    const { options } = await aZone({ "example.test NS": hosts });
    await expect(ask(options)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("70 servers"),
    });
  });
});

describe.skipIf(!dnsServers())("with real servers", () => {
  it("sees a secondary that lags, and why", async () => {
    const zones = { "example.test": `_dnslink.latest TXT "${link}"` };
    const bind = await startBind({ zones });
    const nsd = await startNsd({ primary: bind });
    try {
      expect(await ask({ authorities: [bind.address, nsd.address] })).toEqual([
        { server: bind.address, rrset: { values: [link], ttl: 300 }, ttl: 300, serial: 1 },
        { server: nsd.address, rrset: { values: [link], ttl: 300 }, ttl: 300, serial: 1 },
      ]);
      const foreign = authorities("_dnslink.example.org", { authorities: [bind.address, nsd.address] });
      expect((await foreign.ask(world)).map(({ problem }) => problem)).toEqual(["answers REFUSED", "answers REFUSED"]);
    } finally {
      await Promise.all([bind.stop(), nsd.stop()]);
    }
  });
});

/** A message that says it holds an answer, and ends before it. */
function cut(message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  bytes.writeUInt16BE(0x8400, 2);
  bytes.writeUInt16BE(9, 6);
  return bytes;
}
