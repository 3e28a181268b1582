import fc from "fast-check";
import { expect, it } from "vitest";
import { byBytes } from "../../../pipeline/core/text/order.ts";
import { sortedByName } from "../../../pipeline/dag/read/sort-names.ts";
import { longestTurn } from "../../fakes/turns.ts";

const names = fc.array(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 40 });

it("sorts names by their bytes, equal ones as they stood", async () => {
  await fc.assert(
    fc.asyncProperty(names, fc.nat({ max: 300 }), async (given, repeats) => {
      const items = Array.from({ length: repeats }, () => given)
        .flat()
        .map((name, at) => ({ name, at }));
      expect(await sortedByName(items)).toEqual(items.toSorted((a, b) => byBytes(a.name, b.name)));
    }),
    { numRuns: 40 },
  );
});

it("sorts 200 000 names, and others have their turns meanwhile", async () => {
  const items = Array.from({ length: 200_000 }, (_, i) => ({ name: `file-${(i * 7919) % 200_003}` }));
  let sorted: typeof items = [];
  const sorting = sortedByName(items).then((came) => {
    sorted = came;
  });
  // At once it is several hundred ms.
  expect(await longestTurn(sorting)).toBeLessThan(150);
  expect(sorted.every(({ name }, i) => i === 0 || byBytes(sorted[i - 1]!.name, name) <= 0)).toBe(true);
});
