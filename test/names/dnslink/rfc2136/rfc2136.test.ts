import { decode, TRUNCATED_RESPONSE } from "dns-packet";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DnsProvider } from "../../../../pipeline/names/dnslink/provider.ts";
import { rfc2136 } from "../../../../pipeline/names/dnslink/rfc2136/rfc2136.ts";
import { type DnsAtHand, dnsProviderContract, everythingOf } from "../../../contracts/dns-provider.ts";
import { fakeDns } from "../../../fakes/dns-server.ts";
import { testWorld } from "../../../fakes/world.ts";
import { dnsServers, type Primary, startBind, startKnot, startPowerdns } from "../../../servers/dns.ts";
import { serialAt } from "../../../servers/dns-daemon.ts";
import { isUpdate, relay } from "../relay.ts";

const there = dnsServers();
const zone = "example.test";
const secretOf = (key: string) => key.split(":")[2]!;
const wrongSecret = Buffer.alloc(32, 7).toString("base64");
const [one, other, third] = ["bafyone", "bafyother", "bafythird"].map((cid) => `dnslink=/ipfs/${cid}`) as [
  string,
  string,
  string,
];

/** Signatures tell the time, so these run by the true clock. */
const world = testWorld({ now: () => new Date() });

describe.skipIf(!there).each([
  ["BIND", startBind],
  ["Knot", startKnot],
  ["PowerDNS", startPowerdns],
] as const)("with a real %s", (_, start) => {
  let server: Primary;
  let names = 0;
  beforeAll(async () => {
    server = await start({ zones: { [zone]: 'www TXT "a page"\nalias CNAME www' } });
  });
  afterAll(() => server?.stop());

  const provider = (options: Partial<Parameters<typeof rfc2136>[0]> = {}) =>
    rfc2136({ server: server.address, key: server.key, transport: "tcp", timeoutMs: 30_000, ...options });
  const withKey = (key: string) => provider({ key });
  const freshName = () => `_dnslink.n${names++}.${zone}`;
  const serial = async () => (await serialAt("127.0.0.1", server.port, zone))!;
  const planted = async (...values: string[]) => {
    const name = freshName();
    await provider().replace(name, { values, ttl: 300 }, undefined, world);
    return name;
  };

  describe.each(["udp", "tcp"] as const)("over %s", (transport) => {
    dnsProviderContract(async (): Promise<DnsAtHand> => {
      const name = freshName();
      let serialThen = await serial();
      return {
        name,
        foreign: "_dnslink.example.org",
        secret: secretOf(server.key),
        provider: onTime(provider({ transport })),
        intruder: onTime(provider({ transport, key: `hmac-sha256:fieldtree:${wrongSecret}` })),
        async plant(values, ttl) {
          const somebody = provider();
          await somebody.replace(name, { values, ttl }, await somebody.read(name, world), world);
          serialThen = await serial();
        },
        writes: async () => (await serial()) - serialThen,
      };
    });
  });

  it("lets the server compare: a record changed between our look and our write is a conflict, and stays", async () => {
    const name = await planted(one);
    const between = await relay(server.address, async (_, forward) => {
      await provider().replace(name, { values: [other], ttl: 300 }, { values: [one], ttl: 300 }, world);
      return forward();
    });
    const late = provider({ server: between.address }).replace(
      name,
      { values: [third], ttl: 300 },
      { values: [one], ttl: 300 },
      world,
    );
    await expect(late).rejects.toMatchObject({
      kind: "conflict",
      message: `rfc2136 at ${between.address} answers NXRRSET: ${name} was changed while we wrote`,
    });
    expect((await provider().read(name, world))?.values).toEqual([other]);
  });

  it("lets the server compare: a record made where there was none is a conflict, and stays", async () => {
    const name = freshName();
    const between = await relay(server.address, async (_, forward) => {
      await provider().replace(name, { values: [other], ttl: 300 }, undefined, world);
      return forward();
    });
    const late = provider({ server: between.address }).replace(name, { values: [one], ttl: 300 }, undefined, world);
    await expect(late).rejects.toMatchObject({
      kind: "conflict",
      message: `rfc2136 at ${between.address} answers YXRRSET: ${name} was created by another writer at the same time`,
    });
    expect((await provider().read(name, world))?.values).toEqual([other]);
  });

  it("does not believe a yes without a signature", async () => {
    const name = await planted(one);
    const liar = await relay(server.address, async () => ({ flags: 0 }));
    const change = provider({ server: liar.address }).replace(
      name,
      { values: [other], ttl: 300 },
      { values: [one], ttl: 300 },
      world,
    );
    await expect(change).rejects.toMatchObject({
      kind: "corrupt",
      message: `rfc2136 at ${liar.address}: the answer is not signed, so any host could have sent it`,
    });
  });

  it("does not believe an answer that was changed on the way, nor one from another exchange", async () => {
    const name = await planted(one);
    let earlier: Buffer | undefined;
    const flipped = await relay(server.address, async (_, forward) => {
      const reply = Buffer.from(await forward());
      earlier ??= reply;
      const changed = Buffer.from(reply);
      changed[3]! ^= 0x10; // A bit that no server sets, and all sign.
      return changed;
    });
    const replayed = await relay(server.address, async (update) => {
      const reply = Buffer.from(earlier!);
      update.copy(reply, 0, 0, 2);
      return reply;
    });
    for (const { address } of [flipped, replayed]) {
      const there = await provider().read(name, world);
      const change = provider({ server: address }).replace(name, { values: [other, third], ttl: 300 }, there, world);
      await expect(change).rejects.toMatchObject({
        kind: "corrupt",
        message: `rfc2136 at ${address}: the answer's signature is wrong, so it is not that server's`,
      });
    }
  });

  it("refuses to write where a CNAME exists", async () => {
    const name = `alias.${zone}`;
    await expect(provider().replace(name, { values: [one], ttl: 300 }, undefined, world)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining(`a CNAME exists at ${name}, to www.${zone}`),
    });
  });

  it("refuses a key that the server does not know, by name", async () => {
    const unknown = withKey(`hmac-sha256:nobody:${wrongSecret}`);
    await expect(unknown.read(freshName(), world)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/(refuses|does not accept) the key nobody/),
    });
  });

  it("says nothing of the secret, whatever goes wrong", async () => {
    const canary = `${wrongSecret.slice(0, 20)}CANARY${wrongSecret.slice(26)}`;
    const refused = await withKey(`hmac-sha256:fieldtree:${canary}`)
      .read(freshName(), world)
      .catch((error: unknown) => error);
    expect(everythingOf(refused)).not.toContain("CANARY");
    expect(everythingOf(refused)).toContain("rfc2136");
  });

  it("refuses by a clock that is wrong", async () => {
    const past = testWorld({ now: () => new Date(Date.now() - 86_400_000) });
    const refused = provider().read(freshName(), past);
    await expect(refused).rejects.toMatchObject({ kind: "refused" });
    // PowerDNS does not say which of the two it is.
    const words = start === startPowerdns ? /or the time of its signature$/ : /\(BADTIME\): here it is .* 300 s are/;
    await expect(refused).rejects.toThrow(words);
  });
});

describe.skipIf(!there)("other people's values", () => {
  it("are kept byte for byte, however they are cut into strings", async () => {
    const cut = ["a note ", "in two ", "", "strings"];
    const stranger = await startBind({ zones: { [zone]: `_dnslink TXT ${cut.map((each) => `"${each}"`).join(" ")}` } });
    onTestFinished(() => stranger.stop());
    const kept = rfc2136({ server: stranger.address, key: stranger.key, transport: "tcp", timeoutMs: 30_000 });
    const found = await kept.read(`_dnslink.${zone}`, world);
    expect(found?.values).toEqual([cut.join("")]);
    await kept.replace(`_dnslink.${zone}`, { values: [...found!.values, one], ttl: 300 }, found, world);
    const strings = await stringsAt(stranger, `_dnslink.${zone}`);
    expect(strings).toContainEqual(cut);
    expect(strings).toContainEqual([one]);
  });

  it("are left unchanged where two have the same text, because one of them would be lost", async () => {
    const stranger = await startBind({ zones: { [zone]: '_dnslink TXT "a note"\n_dnslink TXT "a " "note"' } });
    onTestFinished(() => stranger.stop());
    const { address, key } = stranger;
    const found = rfc2136({ server: address, key, transport: "tcp" }).read(`_dnslink.${zone}`, world);
    await expect(found).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("have the same text"),
    });
  });
});

describe.skipIf(!there)("what a server's no means", () => {
  let bind: Primary;
  const only = [`_dnslink.latest.${zone}`];
  beforeAll(async () => {
    bind = await startBind({ zones: { [zone]: `_dnslink.latest TXT "${one}"` }, only });
  });
  afterAll(() => bind?.stop());
  const change = (options: Partial<Parameters<typeof rfc2136>[0]> = {}, name = only[0]!) => {
    const provider = rfc2136({ server: bind.address, key: bind.key, transport: "tcp", timeoutMs: 30_000, ...options });
    const expected = name === only[0] ? { values: [one], ttl: 300 } : undefined;
    return provider.replace(name, { values: [one, "a note"], ttl: 300 }, expected, world);
  };

  it("both clocks, where they differ", async () => {
    const past = testWorld({ now: () => new Date("2020-02-02T02:02:02Z") });
    const provider = rfc2136({ server: bind.address, key: bind.key, transport: "udp" });
    const before = Date.now();
    const { message } = await provider.read(only[0]!, past).then(
      () => expect.fail("the clock was believed"),
      (error: Error) => error,
    );
    const [, here, there, apart] =
      /BADTIME\): here it is (\S+), there (\S+), (\d+) s apart where 300 s are allowed$/.exec(message)!;
    expect(here).toBe("2020-02-02T02:02:02.000Z");
    expect(Math.abs(Date.parse(there!) - before)).toBeLessThan(60_000);
    expect(Number(apart)).toBe((Date.parse(there!) - Date.parse(here!)) / 1000);
  });

  it.each([
    ["BIND", startBind, "answers REFUSED"],
    ["Knot", startKnot, "(BADKEY)"],
  ] as const)("that the key may not change this name (%s)", async (_, start, words) => {
    const server = await start({ zones: { [zone]: "" }, only });
    onTestFinished(() => server.stop());
    await expect(change({ server: server.address, key: server.key }, `_dnslink.secret.${zone}`)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining(words),
    });
  });

  it.each([
    [1, "refused", "answers FORMERR: _dnslink.latest.example.test could not be changed"],
    [2, "unavailable", "answers SERVFAIL: _dnslink.latest.example.test can't be served now"],
    [4, "input", "answers NOTIMP: _dnslink.latest.example.test can't be changed there: the server takes no dynamic"],
    [5, "refused", "answers REFUSED: _dnslink.latest.example.test may not be changed or read with this key"],
    [9, "refused", "answers NOTAUTH: _dnslink.latest.example.test may not be changed with this key, or the server is"],
    [10, "input", "answers NOTZONE: _dnslink.latest.example.test is outside of the zone"],
  ])("code %i: %s", async (flags, kind, words) => {
    const saying = await relay(bind.address, async () => ({ flags }));
    await expect(change({ server: saying.address })).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(`rfc2136 at ${saying.address} ${words}`),
    });
  });

  it("nothing, where it is no DNS message", async () => {
    const noise = await relay(bind.address, async (update) => {
      const bytes = Buffer.alloc(40, 0xc0);
      update.copy(bytes, 0, 0, 2);
      bytes.writeUInt16BE(0xa800, 2);
      bytes.writeUInt16BE(0, 4);
      return bytes;
    });
    await expect(change({ server: noise.address })).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("answers something that is no DNS message"),
    });
  });

  it("nothing, where an answer is lost: the update was sent once, and may have been done", async () => {
    const deaf = await relay(bind.address, async () => undefined);
    // Long enough for a copy to be sent, and for the true answers to come.
    const unanswered = change({ server: deaf.address, transport: "udp", timeoutMs: 3000 });
    await expect(unanswered).rejects.toMatchObject({ kind: "unavailable" });
    expect(deaf.asked.filter(({ message }) => isUpdate(message))).toHaveLength(1);
  });

  it("that it was done or not, be the answer cut: it is not sent again over TCP", async () => {
    const cutting = await relay(bind.address, async () => ({ flags: TRUNCATED_RESPONSE | 5 }));
    await expect(change({ server: cutting.address, transport: "udp" })).rejects.toMatchObject({ kind: "refused" });
    expect(cutting.asked.filter(({ message }) => isUpdate(message))).toHaveLength(1);
  });

  it("never that there are no records", async () => {
    const isTxt = (message: Buffer) => !isUpdate(message) && decode(message).questions![0]!.type === "TXT";
    const half = await relay(bind.address, async () => ({ flags: 2 }), isTxt);
    const provider = rfc2136({ server: half.address, key: bind.key, transport: "tcp", timeoutMs: 30_000 });
    await expect(provider.read(only[0]!, world)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("answers SERVFAIL"),
    });
  });

  it("that the server does not answer", async () => {
    const silent = await fakeDns(() => undefined);
    await expect(change({ server: silent.address, timeoutMs: 50 })).rejects.toMatchObject({ kind: "unavailable" });
  });
});

it.each([
  ["", "has 1 parts"],
  ["fieldtree:CANARYAAAA", "has 2 parts"],
  ["hmac-md5:fieldtree:CANARYAAAA", "is of none of the algorithms hmac-sha1, hmac-sha224"],
  ["hmac-sha256:CANARY tree:AAAAAAAAAAAA", "name is no name"],
  ["hmac-sha256:fieldtree:CANARY!", "secret is not base64"],
  ["hmac-sha256:fieldtree:", "secret is not base64"],
])("refuses a key that is none, and does not repeat it: %j", (key, words) => {
  const made = () => rfc2136({ server: "127.0.0.1:53", key, transport: "tcp" });
  expect(made).toThrow(words);
  expect(made).not.toThrow("CANARY");
});

function onTime(provider: DnsProvider): DnsProvider {
  const now = () => new Date();
  return {
    ...provider,
    read: (name, world) => provider.read(name, { ...world, now }),
    replace: (name, next, expected, world) => provider.replace(name, next, expected, { ...world, now }),
  };
}

/** The strings of each TXT record, as a zone transfer shows them. */
async function stringsAt({ address }: Primary, name: string): Promise<string[][]> {
  const { addressesOf, ask, stringsOf } = await import("../../../../pipeline/names/dnslink/query/query.ts");
  const [server] = await addressesOf(address);
  const { answers } = await ask({ name, type: "TXT" }, server!, { timeoutMs: 30_000 }, world);
  return answers.map(({ data }) => stringsOf(data).map((part) => part.toString()));
}
