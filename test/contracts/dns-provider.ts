/**
 * What every DNS provider promises, real or fake.
 *
 * The name we announce must hold exactly one dnslink record at every instant: none, or two, and resolvers refuse it. So
 * besides what a write leads to, the contract looks at how it got there: how many writes the server took, and which
 * states anybody could have seen in between.
 */
import { describe, expect, it } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { byBytes } from "../../pipeline/core/text/order.ts";
import type { DnsProvider, RRset } from "../../pipeline/names/dnslink/provider.ts";
import { testWorld } from "../fakes/world.ts";

/** A server of its own for each test, or a zone or name of its own on one that they share. */
export interface DnsAtHand {
  readonly provider: DnsProvider;
  /** In a zone that the provider may write, with nothing there yet. No dot at its end. */
  readonly name: string;
  /** In no zone of the provider's. */
  readonly foreign: string;
  /** What the provider proves itself with; must be in no message. */
  readonly secret: string;
  /** The same provider, with a secret that the server does not accept. */
  readonly intruder: DnsProvider;
  /** Make these the TXT records at `name`, as somebody else would: not through the provider, and not counted as a write. */
  plant(values: readonly string[], ttl: number): Promise<void>;
  /** Writes taken since the last `plant`, as the server counts them: its journal, or how far the zone's serial moved. */
  writes(): Promise<number>;
  /** The TXT values at `name` after each of those writes, where the server remembers them. */
  states?(): readonly (readonly string[])[];
  /** Whether the server can keep such a value at all; it can keep any where this is absent. */
  keeps?(value: string): boolean;
}

export function dnsProviderContract(begin: () => Promise<DnsAtHand>): void {
  const world = testWorld();
  const found = async ({ provider, name }: DnsAtHand) => (await provider.read(name, world))?.values;

  describe("keeps the DNS provider contract", () => {
    it("finds nothing where nothing is", async () => {
      const dns = await begin();
      expect(await dns.provider.read(dns.name, world)).toBeUndefined();
    });

    it("makes the first record, in one write", async () => {
      const dns = await begin();
      await dns.provider.replace(dns.name, rrset(one), undefined, world);
      expect(await found(dns)).toEqual([one]);
      expect(await dns.writes()).toBe(1);
    });

    it("replaces one record by another in one write, and never shows none or two", async () => {
      const dns = await begin();
      await dns.plant([one], 3600);
      await dns.provider.replace(dns.name, rrset(other), rrset(one), world);
      expect(await found(dns)).toEqual([other]);
      expect(await dns.writes()).toBe(1);
      for (const state of dns.states?.() ?? []) expect(dnslinks(state), state.join(" ")).toHaveLength(1);
    });

    it("shows exactly one dnslink record to readers at any time", async () => {
      const dns = await begin();
      await dns.plant([one], 3600);
      let writing = true;
      const looks = (async () => {
        const seen: number[] = [];
        while (writing) seen.push(dnslinks((await found(dns)) ?? []).length);
        return seen;
      })();
      try {
        let now = one;
        for (const next of [other, one, other, one, other]) {
          await dns.provider.replace(dns.name, rrset(next), rrset(now), world);
          now = next;
        }
      } finally {
        writing = false;
      }
      expect(new Set(await looks)).toEqual(new Set([1]));
    });

    it("keeps the other TXT values at the name", async () => {
      const dns = await begin();
      await dns.plant([one, "v=spf1 -all", "a note"], 3600);
      await dns.provider.replace(
        dns.name,
        rrset(other, "v=spf1 -all", "a note"),
        rrset(one, "v=spf1 -all", "a note"),
        world,
      );
      expect(await found(dns)).toEqual(inOrder([other, "v=spf1 -all", "a note"]));
      expect(await dns.writes()).toBe(1);
      for (const state of dns.states?.() ?? []) {
        expect(dnslinks(state), state.join(" ")).toHaveLength(1);
        expect(state).toEqual(expect.arrayContaining(["v=spf1 -all", "a note"]));
      }
    });

    it("adds its record to TXT values that were there before", async () => {
      const dns = await begin();
      await dns.plant(["a note"], 3600);
      await dns.provider.replace(dns.name, rrset("a note", one), rrset("a note"), world);
      expect(await found(dns)).toEqual(inOrder([one, "a note"]));
      expect(await dns.writes()).toBe(1);
    });

    it("repairs two dnslink records to one without passing through none", async () => {
      const dns = await begin();
      await dns.plant([one, other, "a note"], 3600);
      await dns.provider.replace(dns.name, rrset(other, "a note"), rrset(one, other, "a note"), world);
      expect(await found(dns)).toEqual(inOrder([other, "a note"]));
      for (const state of dns.states?.() ?? []) expect(dnslinks(state).length, state.join(" ")).toBeGreaterThan(0);
    });

    it("replaces two dnslink records by a third without passing through none", async () => {
      const dns = await begin();
      await dns.plant([one, other], 3600);
      await dns.provider.replace(dns.name, rrset(third), rrset(one, other), world);
      expect(await found(dns)).toEqual([third]);
      for (const state of dns.states?.() ?? []) expect(dnslinks(state).length, state.join(" ")).toBeGreaterThan(0);
    });

    it.each([
      ["others than expected", [one], rrset(other)],
      ["more than expected", [one, "a note"], rrset(one)],
      ["fewer than expected", [one], rrset(one, "a note")],
      ["some where none was expected", [one], undefined],
      ["none where some was expected", [], rrset(one)],
    ])("is in conflict where there are %s, and writes nothing", async (_, values, expected) => {
      const dns = await begin();
      await dns.plant(values, 3600);
      const refused = await failureOf(dns.provider.replace(dns.name, rrset(third), expected, world));
      expect(refused).toMatchObject({ kind: "conflict" });
      expect(refused.message).toContain(dns.name);
      expect((await found(dns)) ?? []).toEqual(values.toSorted(byBytes));
      expect(await dns.writes()).toBe(0);
    });

    it("compares values, neither their order nor their TTL", async () => {
      const dns = await begin();
      await dns.plant(["a note", one], 7200);
      await dns.provider.replace(dns.name, rrset("a note", other), { values: ["a note", one].sort(), ttl: 1 }, world);
      await dns.provider.replace(dns.name, rrset(one, "a note"), rrset(other, "a note"), world);
      await dns.provider.replace(dns.name, rrset("a note", other), rrset("a note", one), world);
      expect(await found(dns)).toEqual(inOrder(["a note", other]));
    });

    it("raises a TTL to the least that is allowed, and keeps a longer one", async () => {
      const dns = await begin();
      const { provider, name } = dns;
      await provider.replace(name, { values: [one], ttl: 1 }, undefined, world);
      expect((await provider.read(name, world))?.ttl).toBe(Math.max(1, provider.minTtl));
      await provider.replace(name, { values: [other], ttl: 7200 }, rrset(one), world);
      expect((await provider.read(name, world))?.ttl).toBe(7200);
    });

    it.each([
      ["a quote", 'say "yes"'],
      ["a backslash", String.raw`C:\data\n\065`],
      ["quotes at both ends", '"quoted"'],
      ["blanks and a semicolon", "  v=DKIM1; p=  a "],
      ["letters beyond ASCII", "Grüße aus Köln ☁"],
      ["255 bytes", "x".repeat(255)],
      ["256 bytes", "y".repeat(256)],
      ["600 bytes, some of them escaped", `${'"\\'.repeat(150)}${"z".repeat(300)}`],
    ])("gives back a value with %s as it was, or refuses it and writes nothing", async (_, value) => {
      const dns = await begin();
      const { provider, name } = dns;
      const alone = provider.replace(name, rrset(value), undefined, world);
      if (dns.keeps && !dns.keeps(value)) {
        expect(await failureOf(alone)).toMatchObject({ kind: "input" });
        expect(await dns.writes()).toBe(0);
        return;
      }
      await alone;
      expect(await found(dns)).toEqual([value]);
      await provider.replace(name, rrset(value, one), rrset(value), world);
      expect(await found(dns)).toEqual(inOrder([value, one]));
    });

    it("leaves a name with another value alone, and names it", async () => {
      const { provider, foreign, ...dns } = await begin();
      const refused = await failureOf(provider.replace(foreign, rrset(one), undefined, world));
      expect(refused).toMatchObject({ kind: "input" });
      expect(refused.message).toContain(foreign);
      expect(await dns.writes()).toBe(0);
    });

    it("says who refused a wrong secret, and never prints it", async () => {
      const dns = await begin();
      const refused = await failureOf(dns.intruder.replace(dns.name, rrset(one), undefined, world));
      expect(refused).toMatchObject({ kind: "refused" });
      expect(refused.message).toContain(dns.intruder.name);
      expect(everythingOf(refused)).not.toContain(dns.secret);
      expect(await found(dns)).toBeUndefined();
    });

    it("stops when the world is to stop", async () => {
      const { provider, name } = await begin();
      const signal = AbortSignal.abort(new Error("told to stop"));
      await expect(provider.read(name, testWorld({ signal }))).rejects.toThrow("told to stop");
    });
  });
}

/** All that could be printed of an error: its stack, its own properties, and those of its causes. */
export function everythingOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { cause: _, ...own } = Object.fromEntries(
      Object.getOwnPropertyNames(at).map((key) => [key, Reflect.get(at as object, key)]),
    );
    parts.push(JSON.stringify(own));
  }
  return parts.join("\n");
}

const cids = ["bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", "bafkqaaa", "bafkqabtimvwgy3yk"] as const;
const [one, other, third] = cids.map((cid) => `dnslink=/ipfs/${cid}`) as [string, string, string];

/** With the values in the order in which they are given: providers have to bear any. */
function rrset(...values: readonly string[]): RRset {
  return { values, ttl: 3600 };
}

function inOrder(values: readonly string[]): string[] {
  return values.toSorted(byBytes);
}

function dnslinks(values: readonly string[]): string[] {
  return values.filter((value) => value.startsWith("dnslink="));
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return error as Failure;
  }
  throw new Error("nothing was refused");
}
