import fc from "fast-check";
import { expect, it } from "vitest";
import { byBytes } from "../../pipeline/core/text/order.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { compactEntries } from "../../pipeline/dag/compact-entries.ts";
import type { DirectoryEntry } from "../../pipeline/dag/directory-entry.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { longestTurn } from "../fakes/turns.ts";

const letters = fc.string({ unit: "binary", maxLength: 3 }).filter((name) => name.isWellFormed());
const entry = fc.record({
  // Lengths on both sides of where another byte is needed to write them.
  name: fc.tuple(letters, fc.constantFrom(0, 40, 41, 42, 43, 64, 127, 128, 300)).map(([name, n]) => name.repeat(n + 1)),
  cid: fc.constantFrom(cidOf(codecs.raw, Buffer.from("a")), cidOf(codecs.dagPb, Buffer.from("b"), 0)),
  tsize: fc.oneof(fc.nat(300), fc.maxSafeNat()),
});

it("gives back what was put in, and in byte order of names, equal ones as they came", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), async (some, repeats) => {
      const given = Array.from({ length: repeats }, () => some).flat();
      const compact = filled(given);
      expect(compact.count).toBe(given.length);
      expect(given.map((_, i) => plain(compact.at(i)))).toEqual(given.map(plain));
      expect(given.map((_, i) => compact.tsizeOf(i))).toEqual(given.map(({ tsize }) => tsize));
      const order = Array.from(given.keys()).sort((a, b) => byBytes(given[a]!.name, given[b]!.name));
      expect([...(await compact.sorted())]).toEqual(order);
    }),
    { numRuns: 60 },
  );
});

it("takes names of any length, as only a block made by hand has them", () => {
  const cid = cidOf(codecs.raw, Buffer.from("a"));
  const given = [1, 2_000_000, 3, 700_000, 700_000, 1].map((length) => ({
    name: "ä".repeat(length),
    cid,
    tsize: length,
  }));
  const compact = filled(given);
  expect(given.every((each, i) => compact.nameOf(i) === each.name && compact.tsizeOf(i) === each.tsize)).toBe(true);
});

it("sorts 200 000 names in 16 MB, and others have their turns meanwhile", async () => {
  const cid = cidOf(codecs.raw, Buffer.from("a"));
  const given = Array.from({ length: 200_000 }, (_, i) => ({ name: `file-${(i * 7919) % 200_003}`, cid, tsize: i }));
  const compact = filled(given);
  expect(compact.bytes).toBeLessThan(16e6);
  let order = new Uint32Array();
  const sorting = compact.sorted().then((came) => {
    order = new Uint32Array(came);
  });
  // At once it is several hundred ms.
  expect(await longestTurn(sorting)).toBeLessThan(150);
  expect(order.every((at, i) => i === 0 || byBytes(compact.nameOf(order[i - 1]!), compact.nameOf(at)) <= 0)).toBe(true);
});

function filled(given: readonly DirectoryEntry[]) {
  const compact = compactEntries();
  for (const { name, cid, tsize } of given) compact.add(name, cid.bytes, tsize);
  return compact;
}

function plain({ name, cid, tsize }: DirectoryEntry) {
  return { name, cid: `${cid}`, tsize };
}
