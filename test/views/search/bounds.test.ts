/** What a query reads is bounded, whatever is in the attributes; and the same releases give the same files on every machine. */
import { describe, expect, it } from "vitest";
import type { SearchDocument } from "../../../pipeline/core/search/index/document.ts";
import { openIndex } from "../../../pipeline/core/search/index/index-reader.ts";
import { type Query, termsOf } from "../../../pipeline/core/search/query.ts";
import { facetCounts, search } from "../../../pipeline/core/search/search.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { documentOf, documentsOf } from "../../../pipeline/views/search/documents.ts";
import { afterChanges, noLeaves, numberOf, numbersOf } from "../../../pipeline/views/search/numbers.ts";
import { described, dropsondes, facts } from "../../fakes/descriptions.ts";
import { aDocument, randomFrom } from "../../fakes/search-corpus.ts";
import { indexFiles } from "../../fakes/search-index.ts";

const entry = (path: string, attributes = {}) => {
  const description = { ...dropsondes, attributes: { ...dropsondes.attributes, ...attributes } };
  const { cid, reader } = described(path);
  return { kind: "dataset" as const, path, cid, reader, ...itemOf(described(path, description), facts) };
};

describe("a query", () => {
  const random = randomFrom(5);
  const documents = Array.from({ length: 2500 }, (_, i) => [i, aDocument(i, random, 5000)] as const);
  const files = indexFiles(documents, documents.length, false);
  const [title] = documents[1000]!.slice(1) as [SearchDocument];
  const words = title.title.split(" ");

  it.each<[string, Query]>([
    ["a word", { words: "halo" }],
    ["two words", { words: words.slice(0, 2).join(" ") }],
    ["three words", { words: "halo orcestra air_temperature" }],
    ["a misspelt word", { words: "air_temprature" }],
    ["a beginning", { words: `${words[0]!.slice(0, 4)}*` }],
    ["a day", { words: "halo 2021-03-04" }],
    ["a box", { bbox: [-60, 10, -50, 15] }],
    ["a word in a box", { words: "halo", bbox: [-60, 10, -50, 15] }],
    ["a word in a week", { words: "polarstern", from: "2020-05-03", until: "2020-05-09" }],
    ["three words with few hits", { words: "polarstern score air_temperature" }],
    ["nothing", {}],
  ])("of %s reads at most 20 kB in three round trips for its first ten rows", async (_, query) => {
    let [bytes, trips, open] = [0, 0, 0];
    const index = await openIndex(async (path) => {
      if (open++ === 0) trips++;
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      const content = files.get(path) ?? expect.fail(`there is no ${path}`);
      bytes += content.length;
      return content;
    });
    expect(files.get("root")!.length).toBeLessThanOrEqual(12_000);
    [bytes, trips] = [0, 0];
    await search(index, query, { limit: 10 });
    expect(bytes).toBeLessThanOrEqual(20_000);
    expect(trips).toBeLessThanOrEqual(3);
  });

  it("is counted by values as comparing every dataset does", async () => {
    const index = await openIndex(async (path) => files.get(path)!);
    const { counts, more } = await facetCounts(index, { words: "score" });
    const found = documents.filter(([, { values }]) => values.project?.includes("SCORE"));
    const onMeteor = found.filter(([, { values }]) => values.platform?.includes("RV Meteor"));
    expect(more).toBe(false);
    expect(counts).toContainEqual({ field: "project", value: "SCORE", count: found.length });
    expect(counts).toContainEqual({ field: "platform", value: "RV Meteor", count: onMeteor.length });
  });
});

describe("attributes of strangers", () => {
  it("are indexed up to a bound, however many and long they are", () => {
    const document = documentOf(
      entry("a", {
        title: `\u0000\u202e${"x\ud800".repeat(100_000)}`,
        summary: Array.from({ length: 50_000 }, (_, i) => `word${i}`).join(" "),
        keywords: Array.from({ length: 10_000 }, (_, i) => `keyword ${i} ${"k".repeat(500)}`).join(", "),
        creator_name: Array.from({ length: 1000 }, (_, i) => `Creator ${i}`).join("; "),
      }),
    );
    const terms = [...termsOf(document)];
    expect(terms.length).toBeLessThan(250);
    for (const term of terms) {
      expect(term.length).toBeLessThanOrEqual(42);
      expect(term.isWellFormed()).toBe(true);
    }
    const files = indexFiles([[0, document]], 1, false);
    expect([...files.values()].reduce((sum, { length }) => sum + length, 0)).toBeLessThan(20_000);
  });
});

describe("numbers of documents", () => {
  it("stay from release to release: moves and updates keep them, removals leave holes", () => {
    const first = afterChanges(
      noLeaves,
      ["b", "a", "c"].map((path) => ({ op: "add", path, to: "x" })),
    );
    const second = afterChanges(first, [
      { op: "move", path: "a", from: "b", to: "x" },
      { op: "move", path: "b", from: "a", to: "x" },
      { op: "remove", path: "c", from: "x" },
      { op: "add", path: "__proto__", to: "x" },
    ]);
    expect(Object.fromEntries(numbersOf(first, ["a", "b", "c"]).numbers)).toEqual({ a: 0, b: 1, c: 2 });
    const { numbers, next } = numbersOf(second, ["__proto__", "a", "b"]);
    expect([...numbers]).toEqual([
      ["__proto__", 3],
      ["a", 1],
      ["b", 0],
    ]);
    expect(next).toBe(4);
  });

  it("of several datasets of one leaf are apart from those of other leaves", () => {
    const leaves = afterChanges(
      noLeaves,
      ["a", "b"].map((path) => ({ op: "add", path, to: "x" })),
    );
    const { numbers } = numbersOf(leaves, ["a/1", "a/2", "b"]);
    expect([...numbers]).toEqual([
      ["a/1", 0],
      ["a/2", numberOf(0, 1)],
      ["b", 1],
    ]);
    const all = [0, 1, 5, 1000].flatMap((leaf) =>
      [0, 1, 7, 8, 63, 64, 4095, 4096, 2 ** 20 - 1].map((i) => numberOf(leaf, i)),
    );
    expect(new Set(all).size).toBe(all.length);
    expect(all.every(Number.isSafeInteger)).toBe(true);
  });

  it("and files are the same in whatever order datasets were found", () => {
    const paths = Array.from({ length: 60 }, (_, i) => `products/${i % 7}/${i}.zarr`);
    const leaves = afterChanges(
      noLeaves,
      paths.map((path) => ({ op: "add", path, to: "x" })),
    );
    const filesOf = (order: readonly string[]) => {
      const { numbers, next } = numbersOf(leaves, order);
      const documents = order.map(
        (path) => [numbers.get(path)!, documentOf(entry(path, { title: `Sonde ${path}` }))] as const,
      );
      return indexFiles(
        documents.sort(([a], [b]) => a - b),
        next,
        false,
      );
    };
    expect([...filesOf([...paths].reverse())]).toEqual([...filesOf(paths)]);
  });
});

describe("a folder that is a dataset and has other files", () => {
  it("is listed one time, and found by the names of its other files", async () => {
    const folder = entry("a/flight");
    const other = { kind: "plain", path: "a/flight", cid: folder.cid, plain: { kind: "directory", size: 1 }, names: ["camera_notes.txt"] } as const; // biome-ignore format: one entry
    const { paths, at } = documentsOf([folder, other, { ...other, path: "b" }]);
    const documents = paths.map((_, i) => at(i));
    expect(documents.map(({ path, kind }) => [path, kind])).toEqual([
      ["a/flight", "dataset"],
      ["b", "plain"],
    ]);
    const files = indexFiles(documents.slice(0, 1).map((document, number) => [number, document]), 1, true); // biome-ignore format: one document
    const index = await openIndex(async (path) => files.get(path) ?? expect.fail(`there is no ${path}`));
    expect((await search(index, { words: "camera_notes" }, { limit: 5 })).hits.map(({ path }) => path)).toEqual(["a/flight"]); // biome-ignore format: one hit
  });
});
