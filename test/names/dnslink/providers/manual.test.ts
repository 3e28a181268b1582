import { expect, it } from "vitest";
import { Failure } from "../../../../pipeline/core/failure.ts";
import type { RRset } from "../../../../pipeline/names/dnslink/provider.ts";
import { manual } from "../../../../pipeline/names/dnslink/providers/manual.ts";
import { testWorld } from "../../../fakes/world.ts";

const name = "_dnslink.latest.example.test";
const old = rrset("a note", "dnslink=/ipfs/bafkqaaa");
const next = rrset("a note", "dnslink=/ipfs/bafkqabtimvwgy3yk");

it("says which record to set, and is done when it is there", async () => {
  const { dns, world, looks } = aPerson([old, old, old, next]);
  await dns.replace(name, next, old, world);
  expect(looks()).toBe(4);
  const said = world.lines.join("\n");
  for (const word of [name, "TXT", next.values[1]!, "300"]) expect(said).toContain(word);
  expect(said).toContain("by changing the one that is there");
  expect(said).toContain(`was    ${old.values[1]}`);
  expect(said, "what stays needs no hand").not.toContain("a note");
});

it("asks no person for what is there already", async () => {
  const { dns, world } = aPerson([next]);
  await dns.replace(name, next, old, world);
  expect(world.lines).toEqual([]);
});

it("gives up with what is still there", async () => {
  const { dns, world } = aPerson([undefined]);
  await expect(dns.replace(name, next, undefined, world)).rejects.toMatchObject({
    kind: "unavailable",
    message: `manual: still no TXT record at ${name} after 10 min`,
    hint: expect.stringContaining(next.values[1]!),
  });
});

it("waits as long as campaign.yaml says, and at least for one look", async () => {
  for (const [deadline, looks, words] of [
    [45_000, 5, "50 s"],
    [1, 1, "10 s"],
  ] as const) {
    let looked = 0;
    const readAuthorities = async () => {
      looked++;
      return old;
    };
    const replaced = manual({ readAuthorities, deadline }).replace(name, next, old, testWorld());
    await expect(replaced).rejects.toThrow(`after ${words}`);
    expect(looked).toBe(1 + looks);
  }
});

it("says what was set in place of it", async () => {
  const { dns, world } = aPerson([old, rrset("dnslink=/ipfs/typo")]);
  await expect(dns.replace(name, next, old, world)).rejects.toThrow(`still "dnslink=/ipfs/typo" at ${name}`);
});

it("waits while the servers of the name contradict one another", async () => {
  const apart = new Failure("unavailable", "192.0.2.1 and 192.0.2.2 answer differently");
  const { dns, world } = aPerson([old, apart, apart, next]);
  await dns.replace(name, next, old, world);
  const { dns: forever, world: later } = aPerson([old, apart]);
  await expect(forever.replace(name, next, old, later)).rejects.toThrow(
    "still 192.0.2.1 and 192.0.2.2 answer differently",
  );
});

it("passes on what waiting can't help", async () => {
  const { dns, world } = aPerson([old, new Failure("input", "a CNAME stands there")]);
  await expect(dns.replace(name, next, old, world)).rejects.toMatchObject({
    kind: "input",
    message: "a CNAME stands there",
  });
});

it("is in conflict before it asks a person", async () => {
  const { dns, world } = aPerson([old]);
  await expect(dns.replace(name, next, undefined, world)).rejects.toMatchObject({ kind: "conflict" });
  expect(world.lines).toEqual([]);
});

it("stops waiting when the world is to stop", async () => {
  const { dns } = aPerson([old]);
  const world = testWorld({ sleep: async () => Promise.reject(new Error("told to stop")) });
  await expect(dns.replace(name, next, old, world)).rejects.toThrow("told to stop");
});

/** What the authorities answer, look by look; the last from then on. */
function aPerson(answers: readonly (RRset | undefined | Failure)[]) {
  let looks = 0;
  const readAuthorities = async () => {
    const answer = answers[Math.min(looks++, answers.length - 1)];
    if (answer instanceof Failure) throw answer;
    return answer;
  };
  return { dns: manual({ readAuthorities, deadline: 600_000 }), world: testWorld(), looks: () => looks };
}

function rrset(...values: string[]): RRset {
  return { values, ttl: 300 };
}
