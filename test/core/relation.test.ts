/** How two states of a chain relate: without I/O, on chains whose entries are named by their keys. */
import { describe, expect, it } from "vitest";
import { type ChainEntry, type ChainState, relationOf, relationText } from "../../pipeline/core/relation.ts";
import { randomFrom } from "../formats/damages.ts";

/** `{ m3: "a2 b2" }`: m3 follows a2 and merged b2. The digits of a key are the number of its entry. */
function chains(links: Readonly<Record<string, string>>) {
  const reads: string[] = [];
  const entries = new Map<string, ChainEntry>(
    Object.entries(links).map(([key, parents]) => [
      key,
      { number: Number(key.replace(/\D/g, "")), parents: parents.split(" ").filter((parent) => parent !== "") },
    ]),
  );
  const at = (head: string): ChainState => ({
    head,
    async read(key) {
      reads.push(key);
      return entries.get(key)!;
    },
  });
  return { at, reads, relate: (one: string, other: string) => relationOf(at(one), at(other)) };
}

const line = (name: string, from: number, to: number, before = "") =>
  Object.fromEntries(
    Array.from({ length: to - from + 1 }, (_, i) => [
      `${name}${from + i}`,
      i === 0 ? before : `${name}${from + i - 1}`,
    ]),
  );

const forked = { ...line("a", 1, 5), ...line("b", 4, 6, "a3"), ...line("z", 1, 2) };

/** The first site merged b6 as its release 6; the second then continued from there. */
const merged = { ...forked, a6: "a5 b6", ...line("c", 7, 8, "a6") };

const without = (all: ReadonlySet<string>, those: ReadonlySet<string>) => [...all].filter((key) => !those.has(key));

const names = { one: "this log", other: "the ship", entry: "release" };

describe("the relation of two states", () => {
  it.each([
    ["a5", "a5", { relation: "equal" }, "this log and the ship are equal"],
    ["a5", "a3", { relation: "ahead", by: 2 }, "this log is ahead of the ship by 2 releases"],
    ["a4", "a5", { relation: "behind", by: 1 }, "this log is behind the ship by 1 release"],
    [
      "a5",
      "b6",
      { relation: "diverged", at: 3, base: "a3", ahead: 2, behind: 3 },
      "this log and the ship diverged at release 3: 2 only in this log, 3 only in the ship",
    ],
    ["a5", "z2", { relation: "unrelated" }, "this log and the ship are unrelated: they have no release in common"],
  ] as const)("of %s and %s is a value, and a sentence", async (one, other, relation, sentence) => {
    const found = await chains(forked).relate(one, other);
    expect(found).toEqual(relation);
    expect(relationText(found, names)).toBe(sentence);
  });

  it("is that of nothing to all of it before the first entry", async () => {
    const { at } = chains(forked);
    expect(await relationOf(undefined, at("a5"))).toEqual({ relation: "behind", by: 5 });
    expect(await relationOf(at("a5"), undefined)).toEqual({ relation: "ahead", by: 5 });
    expect(await relationOf(undefined, undefined)).toEqual({ relation: "equal" });
  });

  it("puts a head that another merged behind it, though its number is higher", async () => {
    const { relate } = chains(merged);
    expect(await relate("b6", "a6")).toEqual({ relation: "behind", by: 3 });
    expect(await relate("c8", "b6")).toEqual({ relation: "ahead", by: 5 });
    expect(await relate("a4", "c8")).toEqual({ relation: "behind", by: 7 });
  });

  it("has as base what both have, and nothing newer, where logs parted again after a merge", async () => {
    const { relate } = chains({ ...merged, b7: "b6", d7: "a6" });
    expect(await relate("b7", "c8")).toEqual({ relation: "diverged", at: 6, base: "b6", ahead: 1, behind: 5 });
    expect(await relate("d7", "c8")).toEqual({ relation: "diverged", at: 6, base: "a6", ahead: 1, behind: 2 });
  });

  it("has one base for both sites, where each merged the other's head", async () => {
    const { relate } = chains({ ...forked, x6: "a5 b6", y7: "b6 a5" });
    expect(await relate("x6", "y7")).toMatchObject({ relation: "diverged", base: "b6", at: 6 });
    expect(await relate("y7", "x6")).toMatchObject({ relation: "diverged", base: "b6", at: 6 });
  });

  it("reads as far as the two are apart, however long the chain is", async () => {
    const { relate, reads } = chains({ ...line("a", 1, 2000), ...line("b", 1998, 2000, "a1997") });
    await relate("a2000", "a1999");
    expect(reads.length).toBeLessThan(5);
    await relate("a2000", "b2000");
    expect(reads.length).toBeLessThan(16);
  });

  it("agrees with sets of everything that can be reached, in both directions, on chains made at random", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seed);
    for (let round = 0; round < 60; round++) {
      const links: Record<string, string> = { e1: "" };
      for (let n = 2; n < 14; n++) {
        const before = `e${1 + random(n - 1)}`;
        const other = `e${1 + random(n - 1)}`;
        links[`e${n}`] = random(8) === 0 ? "" : random(3) > 0 || other === before ? before : `${before} ${other}`;
      }
      const { relate } = chains(links);
      const reach = (key: string, into = new Set<string>()): Set<string> => {
        if (into.has(key)) return into;
        into.add(key);
        for (const parent of links[key]!.split(" ")) if (parent !== "") reach(parent, into);
        return into;
      };
      const [one, other] = [`e${1 + random(13)}`, `e${1 + random(13)}`];
      const [ours, theirs] = [reach(one), reach(other)];
      const [ahead, behind] = [without(ours, theirs).length, without(theirs, ours).length];
      const shared = new Set([...ours].filter((key) => theirs.has(key)));
      const found = await relate(one, other);
      const where = `seed ${seed}, round ${round}: ${one} and ${other} in ${JSON.stringify(links)}`;
      if (one === other) expect(found, where).toEqual({ relation: "equal" });
      else if (shared.size === 0) expect(found, where).toEqual({ relation: "unrelated" });
      else if (behind === 0) expect(found, where).toEqual({ relation: "ahead", by: ahead });
      else if (ahead === 0) expect(found, where).toEqual({ relation: "behind", by: behind });
      else expect(found, where).toMatchObject({ relation: "diverged", ahead, behind });
      const reverse = await relate(other, one);
      if (found.relation === "diverged") {
        expect(shared.has(found.base), where).toBe(true);
        expect(reverse, where).toEqual({ ...found, ahead: found.behind, behind: found.ahead });
      }
    }
  });
});
