import { readdirSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { countDistinct, recordSorter } from "../../../pipeline/dag/build/record-sorter.ts";
import { aFolder } from "../../commands/program.ts";

const bytes = fc.uint8Array({ maxLength: 12, max: 3 });

it("gives all records in byte order, repeats included, however few of them it may have in memory", async () => {
  const folder = await aFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.array(bytes, { maxLength: 400 }),
      fc.integer({ min: 1, max: 1000 }),
      async (records, memory) => {
        const sorter = recordSorter(folder, memory);
        for (const record of records) sorter.add(record);
        const sorted = Array.from(sorter.sorted(), (record) => Buffer.from(record).toString("hex"));
        expect(sorted).toEqual(records.map((record) => Buffer.from(record).toString("hex")).sort());
        expect(sorter.count).toBe(records.length);
        sorter.close();
      },
    ),
    { numRuns: 200 },
  );
});

it("counts each record once, and leaves no file", async () => {
  const folder = await aFolder();
  const sorter = recordSorter(folder, 100);
  for (let i = 0; i < 5000; i++) sorter.add(Buffer.from(`${i % 777}`));
  expect(readdirSync(folder)).toEqual([]);
  expect(await countDistinct(sorter)).toBe(777);
  sorter.close();
});

it("reads records that are longer than what it reads ahead", async () => {
  const sorter = recordSorter(await aFolder(), 1);
  const long = Array.from({ length: 600 }, (_, i) => Buffer.alloc(20_000 + i, i % 256));
  for (const record of long) sorter.add(record);
  const lengths = Array.from(sorter.sorted(), (record) => record.length);
  expect(lengths.toSorted()).toEqual(long.map((record) => record.length));
  sorter.close();
});
