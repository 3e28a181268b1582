import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dnslink } from "../../../pipeline/names/dnslink/dnslink.ts";
import { rfc2136 } from "../../../pipeline/names/dnslink/rfc2136/rfc2136.ts";
import { testWorld } from "../../fakes/world.ts";
import { dnsServers, type Primary, startBind } from "../../servers/dns.ts";
import { type Doh, startDoh } from "../../servers/doh.ts";
import { type Kubo, kuboBinary, startKubo } from "../../servers/kubo.ts";

const there = dnsServers() && (await kuboBinary()) !== undefined;
const world = testWorld({ now: () => new Date() });
const one = "/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";

describe.skipIf(!there)("Kubo itself", () => {
  let [bind, doh, kubo]: [Primary?, Doh?, Kubo?] = [];
  beforeAll(async () => {
    const zones = {
      "example.test": `_dnslink.two TXT "dnslink=${one}"\n_dnslink.two TXT "dnslink=/ipns/example.test"`,
    };
    bind = await startBind({ zones });
    doh = await startDoh(bind.address);
    kubo = await startKubo();
    await kubo.ipfs("config", "--json", "DNS.Resolvers", JSON.stringify({ "test.": doh.url }));
    await kubo.restart();
  });
  afterAll(() => Promise.all([bind?.stop(), doh?.stop(), kubo?.stop()]));

  it("resolves what we announced", async () => {
    const provider = rfc2136({ server: bind!.address, key: bind!.key, transport: "tcp", timeoutMs: 30_000 });
    await dnslink({ domain: "latest.example.test", ttl: 60, provider }).announce(one, undefined, world);
    expect(await kubo!.ipfs("resolve", "/ipns/latest.example.test")).toBe(one);
  });

  it("resolves neither of two records, which is why we never leave two", async () => {
    await expect(kubo!.ipfs("resolve", "/ipns/two.example.test")).rejects.toThrow(
      "returned more than one IPFS content path",
    );
  });
});
