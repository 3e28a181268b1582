import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { digestHeads } from "../../pipeline/dag/digest-heads.ts";

const digest = (name: unknown): Uint8Array => createHash("sha256").update(`${name}`).digest();

it("finds what was added and nothing else, however much that is", () => {
  const heads = digestHeads();
  for (let i = 0; i < 50_000; i++) heads.add(digest(i % 40_000));
  expect(heads.size).toBe(40_000);
  for (let i = 0; i < 80_000; i++) expect(heads.has(digest(i))).toBe(i < 40_000);
});

it("ticks each off one time, and counts the rest", () => {
  const heads = digestHeads();
  for (let i = 0; i < 1000; i++) heads.add(digest(i));
  const checklist = heads.checklist();
  for (let i = 200; i < 2000; i++) {
    checklist.tick(digest(i));
    checklist.tick(digest(i));
  }
  expect(checklist.left).toBe(200);
});

it("is a set of any heads: of zeros, and of many that want one place", () => {
  const bytes = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((few) => few.map((byte) => byte % 3));
  const digests = fc.array(bytes.map((head) => Uint8Array.of(...head, ...new Uint8Array(24))));
  fc.assert(
    fc.property(digests, digests, (added, others) => {
      const heads = digestHeads();
      for (const each of added) heads.add(each);
      const names = new Set(added.map(String));
      expect(heads.size).toBe(names.size);
      for (const each of [...added, ...others]) expect(heads.has(each)).toBe(names.has(`${each}`));
      const checklist = heads.checklist();
      for (const each of others) checklist.tick(each);
      expect(checklist.left).toBe([...names].filter((name) => !others.some((each) => `${each}` === name)).length);
    }),
  );
});
