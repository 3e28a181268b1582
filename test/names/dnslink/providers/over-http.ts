/** What holds for every provider that is asked over HTTP, shown against the vendor's fake. */
import { describe, expect, it } from "vitest";
import type { DnsProvider } from "../../../../pipeline/names/dnslink/provider.ts";
import type { VendorOptions } from "../../../../pipeline/names/dnslink/providers/http-api.ts";
import { withRetry } from "../../../../pipeline/names/dnslink/providers/retry.ts";
import { type DnsAtHand, dnsProviderContract, everythingOf } from "../../../contracts/dns-provider.ts";
import { type FakeVendor, startFakeVendor, type Vendor } from "../../../fakes/dns-vendors/vendor.ts";
import { testWorld } from "../../../fakes/world.ts";

export const canary = "canary.5f0c1e5e-never-print-me";
export const name = "_dnslink.latest.data.example.test";
export const [one, other] = ["dnslink=/ipfs/bafkqaaa", "dnslink=/ipfs/bafkqabtimvwgy3yk"];

export interface OverHttp {
  readonly vendor: Vendor;
  readonly provider: (options: VendorOptions & { readonly api: string }) => DnsProvider;
  /** Method of the request that changes a record, and how the vendor says no to a wrong token. */
  readonly write: string;
  readonly refusal: string;
  /** Absent where the vendor can keep any value. */
  readonly keeps?: (value: string) => boolean;
}

/** The vendor's fake, and our provider for it. */
export async function started({ vendor, provider }: Pick<OverHttp, "vendor" | "provider">, token = canary) {
  const fake = await startFakeVendor(vendor, canary);
  return { fake, dns: provider({ token, variable: "DNS_TOKEN", api: fake.api }) };
}

export function overHttp(about: OverHttp): void {
  const { provider, write, refusal, keeps } = about;

  const atHand = (fake: FakeVendor, dns: DnsProvider): DnsAtHand => ({
    provider: dns,
    name,
    foreign: "_dnslink.latest.elsewhere.test",
    secret: canary,
    intruder: provider({ token: `${canary}-wrong`, variable: "DNS_TOKEN", api: fake.api }),
    plant: async (values, ttl) => fake.plant(name, values, ttl),
    writes: async () => fake.journal.length,
    states: () => fake.journal.map(({ values }) => values(name)),
    ...(keeps && { keeps }),
  });

  describe("bare", () => {
    dnsProviderContract(async () => {
      const { fake, dns } = await started(about);
      return atHand(fake, dns);
    });
  });
  describe("asked again", () => {
    dnsProviderContract(async () => {
      const { fake, dns } = await started(about);
      return atHand(fake, withRetry(dns));
    });
  });

  it("writes into the longest zone that holds the name, and touches nothing else in any", async () => {
    const { fake, dns } = await started(about);
    const before = fake.state.zones.map((zone) => zone.records);
    await dns.replace(name, { values: [one], ttl: 3600 }, undefined, testWorld());
    await dns.replace(name, { values: [other], ttl: 3600 }, { values: [one], ttl: 3600 }, testWorld());
    for (const [i, zone] of fake.state.zones.entries()) {
      const others = zone.records.filter((record) => record.name !== name);
      expect(new Set(others), zone.name).toEqual(new Set(before[i]));
      expect(zone.records.length - others.length, zone.name).toBe(zone.name === "data.example.test" ? 1 : 0);
    }
  });

  it("writes at the top of a zone", async () => {
    const { fake, dns } = await started(about);
    const top = { values: ["v=spf1 -all"], ttl: 3600 };
    expect(await dns.read("example.test", testWorld())).toEqual(top);
    await dns.replace("example.test", { values: [...top.values, one], ttl: 3600 }, top, testWorld());
    expect(fake.journal.map(({ values }) => values("example.test").sort())).toEqual([[one, "v=spf1 -all"]]);
  });

  it("says in words why the token was refused, and which variable to check", async () => {
    const { dns } = await started(about, "wrong");
    await expect(dns.read(name, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining(refusal),
      hint: expect.stringContaining("DNS_TOKEN"),
    });
  });

  it("keeps the token to itself where the vendor repeats it", async () => {
    const { fake, dns } = await started(about);
    fake.fail("chatty", "GET", 1);
    const error = await dns.read(name, testWorld()).catch((error: unknown) => error);
    expect(error).toMatchObject({ kind: "refused", message: expect.stringContaining("…") });
    expect(everythingOf(error)).not.toContain(canary);
  });

  it("says how long to wait where it asks too often, and waits so long", async () => {
    const { fake, dns } = await started(about);
    fake.fail("busy", "GET", 1);
    await expect(dns.read(name, testWorld())).rejects.toMatchObject({ kind: "unavailable", wait: 7000 });
    fake.fail("busy", write, 2);
    fake.plant(name, [one], 3600);
    const slept: number[] = [];
    const world = testWorld({ sleep: async (ms) => void slept.push(ms) });
    await withRetry(dns).replace(name, { values: [other], ttl: 3600 }, { values: [one], ttl: 3600 }, world);
    expect(slept).toEqual([7000, 7000]);
    expect(fake.journal).toHaveLength(1);
  });

  it.each(["page", "page, as if well", "other shape", "reset"] as const)(
    "takes no answer for an answer: %s",
    async (fault) => {
      const { fake, dns } = await started(about);
      fake.fail(fault, "GET", 1);
      const world = testWorld();
      const error = await dns.read(name, world).catch((error: unknown) => error);
      expect(error).toMatchObject({ kind: "unavailable", message: expect.stringContaining(dns.name) });
      expect(everythingOf(error) + world.lines.join()).not.toContain(canary);
    },
  );

  it("follows no redirect with its token", async () => {
    const { fake, dns } = await started(about);
    fake.fail("redirect", "GET", 1);
    await expect(dns.read(name, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("302"),
    });
  });

  it.each(["reset", "lost"] as const)("comes to one write where the connection was cut: %s", async (fault) => {
    const { fake, dns } = await started(about);
    fake.plant(name, [one], 3600);
    fake.fail(fault, write, 1);
    const world = testWorld();
    await withRetry(dns).replace(name, { values: [other], ttl: 3600 }, { values: [one], ttl: 3600 }, world);
    expect(fake.journal.map(({ values }) => values(name))).toEqual([[other]]);
    expect(world.lines).toHaveLength(1);
    expect(world.lines.join()).not.toContain(canary);
  });

  it("comes to one first record where the answer to it was lost", async () => {
    const { fake, dns } = await started(about);
    for (const method of ["POST", "PATCH", "PUT"]) {
      fake.plant(name, [], 3600);
      fake.fail("lost", method, 1);
      await withRetry(dns).replace(name, { values: [one], ttl: 3600 }, undefined, testWorld());
      expect(fake.journal.map(({ values }) => values(name))).toEqual([[one]]);
    }
  });

  it("does not ask again where it was refused, or another writer was faster", async () => {
    const { fake, dns } = await started(about);
    fake.plant(name, [one], 3600);
    const world = testWorld();
    await expect(withRetry(dns).replace(name, { values: [other], ttl: 60 }, undefined, world)).rejects.toMatchObject({
      kind: "conflict",
    });
    expect(world.lines).toEqual([]);
  });
}
