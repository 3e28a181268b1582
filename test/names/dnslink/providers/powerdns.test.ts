import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VendorOptions } from "../../../../pipeline/names/dnslink/providers/http-api.ts";
import { powerdns } from "../../../../pipeline/names/dnslink/providers/powerdns.ts";
import { dnsProviderContract } from "../../../contracts/dns-provider.ts";
import { powerdnsVendor } from "../../../fakes/dns-vendors/powerdns.ts";
import { testWorld } from "../../../fakes/world.ts";
import { dnsServers, type Powerdns, startPowerdns } from "../../../servers/dns.ts";
import { serialAt } from "../../../servers/dns-daemon.ts";
import { canary, name, one, overHttp, started } from "./over-http.ts";

const about = {
  vendor: powerdnsVendor,
  provider: ({ api, ...options }: VendorOptions & { readonly api: string }) =>
    powerdns({ ...options, api: new URL(api).origin, serverId: "localhost" }),
  write: "PATCH",
  refusal: "answered 401: Unauthorized",
};

describe("with a fake of it", () => {
  overHttp(about);

  it("keeps records that are switched off as they are", async () => {
    const { fake, dns } = await started(about);
    const zone = fake.state.zones.find(({ name }) => name === "data.example.test")!;
    zone.records = [...zone.records, { id: 7, name, type: "TXT", value: "asleep", ttl: 600, disabled: true }];
    expect(await dns.read(name, testWorld())).toBeUndefined();
    await dns.replace(name, { values: [one], ttl: 3600 }, undefined, testWorld());
    expect(zone.records.filter((record) => record.name === name && record.disabled)).toMatchObject([
      { value: "asleep" },
    ]);
  });
});

describe.skipIf(!dnsServers())("with a real one", () => {
  let server: Powerdns;
  beforeAll(async () => {
    server = await startPowerdns({
      zones: { "example.test": 'note TXT "above"', "data.example.test": 'note TXT "below"' },
    });
  });
  afterAll(() => server?.stop());

  let names = 0;
  dnsProviderContract(async () => {
    const { api, apiKey } = server;
    const name = `_dnslink.name-${names++}.data.example.test`;
    const serial = async () => (await serialAt("127.0.0.1", server.port, "data.example.test"))!;
    const plant = async (values: readonly string[], ttl: number) => {
      await plantAt(server, name, values, ttl);
      before = await serial();
    };
    let before = 0;
    // The first change through the API turns the zone's serial into a date; from then on it counts.
    await plant([], 3600);
    return {
      provider: powerdns({ token: apiKey, variable: "DNS_TOKEN", api, serverId: "localhost" }),
      name,
      foreign: "_dnslink.latest.elsewhere.test",
      secret: canary,
      intruder: powerdns({ token: canary, variable: "DNS_TOKEN", api, serverId: "localhost" }),
      plant,
      writes: async () => (await serial()) - before,
    };
  });

  it("gives the server's reason for refusing a record next to a CNAME", async () => {
    const at = "_dnslink.alias.data.example.test";
    await change(server, {
      name: `${at}.`,
      type: "CNAME",
      ttl: 60,
      changetype: "REPLACE",
      records: [{ content: "example.test.", disabled: false }],
    });
    const dns = powerdns({ token: server.apiKey, variable: "DNS_TOKEN", api: server.api, serverId: "localhost" });
    await expect(dns.replace(at, { values: [one], ttl: 60 }, undefined, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/answered 422: .*[Cc]onflicts with/),
    });
  });
});

async function plantAt(server: Powerdns, name: string, values: readonly string[], ttl: number): Promise<void> {
  const records = values.map((value) => ({ content: JSON.stringify(value), disabled: false }));
  const what = values.length === 0 ? { changetype: "DELETE" } : { changetype: "REPLACE", ttl, records };
  await change(server, { name: `${name}.`, type: "TXT", ...what });
}

/** As an operator does it, with the server's own API and none of our code. */
async function change({ api, apiKey }: Powerdns, rrset: object): Promise<void> {
  const response = await fetch(`${api}/api/v1/servers/localhost/zones/data.example.test.`, {
    method: "PATCH",
    headers: { "x-api-key": apiKey, "content-type": "application/json" },
    body: JSON.stringify({ rrsets: [rrset] }),
  });
  if (!response.ok) throw new Error(`PowerDNS answered ${response.status}: ${await response.text()}`);
}
