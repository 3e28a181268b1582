/** Search answers as reading every dataset would, whatever the form of the index and the releases before. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Box } from "../../../pipeline/core/dataset/extent.ts";
import type { SearchDocument } from "../../../pipeline/core/search/index/document.ts";
import { openIndex } from "../../../pipeline/core/search/index/index-reader.ts";
import { baseOf, fold } from "../../../pipeline/core/search/index/words.ts";
import { type Query, termsOf } from "../../../pipeline/core/search/query.ts";
import { search } from "../../../pipeline/core/search/search.ts";
import type { Change } from "../../../pipeline/core/tree/changes.ts";
import { afterChanges, noLeaves, numbersOf } from "../../../pipeline/views/search/numbers.ts";
import { aDocument, type Random, randomFrom } from "../../fakes/search-corpus.ts";
import { indexFiles } from "../../fakes/search-index.ts";

/** Every dataset is compared: a second implementation, which knows no cells, no leaves and no windows. */
function bruteForce(
  documents: ReadonlyMap<number, SearchDocument>,
  { words = "", bbox, from, until, values = {} }: Query,
) {
  const terms = new Map([...documents].map(([number, document]) => [number, termsOf(document)]));
  const finds = (word: string): ((terms: ReadonlySet<string>) => boolean) => {
    const isThere = terms.values().some((each) => each.values().some((term) => baseOf(term) === word));
    return (each) => each.values().some((term) => (isThere ? baseOf(term) === word : term.startsWith(word)));
  };
  const wordTests = words
    .split(" ")
    .filter((word) => word !== "" && !/^\d{4}-/.test(word))
    .map((word) => finds(fold(word)));
  const dates = words.split(" ").filter((word) => /^\d{4}-/.test(word));
  return [...documents]
    .filter(([number, document]) => {
      const own = terms.get(number)!;
      const days = document.time?.map((instant) => instant.slice(0, 10));
      const isWithin = (first: string, last: string) =>
        days !== undefined && days[0]!.slice(0, last.length) <= last && days[1]!.slice(0, first.length) >= first;
      return (
        wordTests.every((test) => test(own)) &&
        dates.every((date) => isWithin(date, date)) &&
        (from === undefined && until === undefined ? true : isWithin(from ?? "0001-01-01", until ?? "9999-12-31")) &&
        (bbox === undefined || (document.bbox !== undefined && meet(document.bbox, bbox))) &&
        Object.entries(values).every(([field, value]) =>
          [value].flat().some((one) => document.values[field as "variable"]?.some((each) => fold(each) === fold(one))),
        )
      );
    })
    .map(([number]) => number)
    .sort((a, b) => b - a);
}

/** Whether boxes meet, by the pieces of each on either side of the antimeridian. */
function meet(a: Box, b: Box): boolean {
  if ((a[3] === 90 && b[3] === 90) || (a[1] === -90 && b[1] === -90)) return true;
  const pieces = ([west, south, east, north]: Box): Box[] => {
    const parts: Box[] =
      west > east
        ? [
            [west, south, 180, north],
            [-180, south, east, north],
          ]
        : [[west, south, east, north]];
    return parts.flatMap((part): Box[] => [
      part,
      ...(part[2] === 180 ? [[-180, south, -180, north] as const] : []),
      ...(part[0] === -180 ? [[180, south, 180, north] as const] : []),
    ]);
  };
  return pieces(a).some((one) =>
    pieces(b).some((other) => one[0] <= other[2] && other[0] <= one[2] && one[1] <= other[3] && other[1] <= one[3]),
  );
}

const opened = (files: ReadonlyMap<string, Uint8Array>) =>
  openIndex(async (path) => files.get(path) ?? expect.fail(`the index has no ${path}`));

/** A tree through some releases that add, update, move and remove datasets. */
function releases(
  random: Random,
  datasets: number,
  count: number,
): { documents: Map<number, SearchDocument>; next: number } {
  let leaves = noLeaves;
  const byPath = new Map<string, SearchDocument>();
  let id = 0;
  for (let release = 0; release < count; release++) {
    const changes: Change[] = [];
    for (let i = 0; i < datasets / count; i++) {
      const document = aDocument(id++, random, 400);
      byPath.set(document.path, document);
      changes.push({ op: "add", path: document.path, to: "a" });
    }
    for (const path of [...byPath.keys()].filter(
      (known) => !changes.some((change) => change.path === known) && random.below(6) === 0,
    )) {
      const { path: other, ...document } = aDocument(id++, random, 400);
      const before = byPath.get(path)!;
      const op = random.of(["remove", "update", "move"] as const);
      if (op === "update") byPath.set(path, { ...document, path });
      else byPath.delete(path);
      if (op === "move") byPath.set(other, { ...before, path: other });
      changes.push(
        op === "move"
          ? { op, path: other, from: path, to: "a" }
          : op === "remove"
            ? { op, path, from: "a" }
            : { op, path, from: "a", to: "b" },
      );
    }
    leaves = afterChanges(leaves, changes);
  }
  const { numbers, next } = numbersOf(leaves, [...byPath.keys()]);
  return { documents: new Map([...byPath].map(([path, document]) => [numbers.get(path)!, document])), next };
}

function aQuery(documents: readonly SearchDocument[], random: Random): Query {
  const words = () => {
    const terms = [...termsOf(random.of(documents))].map(baseOf).filter((term) => /^[a-z0-9]{2,}$/.test(term));
    const word = random.of(terms);
    return random.below(3) === 0 && word.length > 3 ? word.slice(0, -1) : word;
  };
  const date = () =>
    new Date(Date.UTC(2019, 11, 1) + random.below(2400) * 86_400_000).toISOString().slice(0, random.of([4, 7, 10]));
  const [from, until] = [date(), date()].sort() as [string, string];
  const edge = () => random.of([-180, -45, 0, 11.25, 90, 180, random.below(3600) / 10 - 180]);
  const [south, north] = [
    random.of([-90, -45, 0, random.below(1800) / 10 - 90]),
    random.of([90, 45, random.below(1800) / 10 - 90]),
  ].sort((a, b) => a - b) as [number, number];
  const parts: Query[] = [
    { words: [words(), ...(random.below(2) ? [words()] : [])].join(" ") },
    {
      words: new Date(Date.UTC(2019, 11, 1) + random.below(2000) * 86_400_000)
        .toISOString()
        .slice(0, random.of([7, 10])),
    },
    { bbox: [edge(), south, edge(), north] },
    random.below(2) ? { from, until } : random.below(2) ? { from } : { until },
    { values: { variable: random.of(["air_temperature", "sst", "Relative_Humidity"]) } },
    { values: { variable: ["air_temperature", random.of(["sst", "nothing has it"])] } },
  ];
  return Object.assign({}, ...parts.filter(() => random.below(3) === 0));
}

describe("search answers as comparing every dataset does", () => {
  it.each([
    ["in one file", true],
    ["in many files", false],
  ])("%s, after releases that add, update, move and remove", async (_, packed) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        const random = randomFrom(seed);
        const { documents, next } = releases(random, 20 + random.below(200), 4);
        const numbered = [...documents].sort(([a], [b]) => a - b);
        const index = await opened(indexFiles(numbered, next, packed));
        for (let i = 0; i < 8; i++) {
          const query = aQuery([...documents.values()], random);
          const truth = bruteForce(documents, query);
          const found = await search(index, query, { limit: 10, count: true });
          if (found.corrected.length > 0) continue;
          const shown = JSON.stringify(query);
          if (found.more) {
            expect(truth, shown).toEqual(expect.arrayContaining(found.hits.map(({ number }) => number)));
          } else {
            expect(
              found.hits.map(({ number }) => number),
              shown,
            ).toEqual(truth.slice(0, 10));
            expect(found.total, shown).toBe(truth.length);
          }
          for (const { number, path } of found.hits) expect(documents.get(number)?.path).toBe(path);
          const quick = await search(index, query, { limit: 10 });
          expect(quick.hits, shown).toEqual(found.hits);
        }
      }),
      { numRuns: 6 },
    );
  });

  it("in a campaign of one place and two months, whose cells are divided and whose lists are in windows", async () => {
    const seed = 20200131;
    const random = randomFrom(seed);
    const day = (number: number) => new Date(Date.UTC(2020, 0, 10) + number * 86_400_000).toISOString().slice(0, 10);
    const documents = new Map(
      Array.from({ length: 1400 }, (_, i) => {
        const [first, length] = [random.below(50), random.below(9) === 0 ? random.below(60) : random.below(4)];
        const [west, south] = [-56 + random.below(70) / 10, 12 + random.below(70) / 10];
        const size = random.below(5) === 0 ? 6 + random.below(3) : random.below(30) / 20;
        const document: SearchDocument = {
          ...aDocument(i, random, 300),
          time: [`${day(first)}T10:00:00Z`, `${day(first + length)}T18:00:00Z`],
          bbox: [west, south, west + size, south + size / 2],
        };
        return [i, document];
      }),
    );
    const files = indexFiles([...documents], documents.size, false);
    const index = await opened(files);
    for (let i = 0; i < 24; i++) {
      const [from, to] = [random.below(60), random.below(20)];
      const [west, south] = [-57 + random.below(90) / 10, 11 + random.below(90) / 10];
      const size = random.of([0.3, 2, 6]);
      const query: Query = {
        ...(i % 3 !== 1 && { bbox: [west, south, west + size, south + size] }),
        ...(i % 3 !== 0 && { from: day(from), until: day(from + to) }),
        ...(i % 2 === 0 && { words: random.of(["halo", "score", "halo air_temperature"]) }),
      };
      const truth = bruteForce(documents, query);
      const shown = `${JSON.stringify(query)}, seed ${seed}`;
      const numbers = async (count: boolean) =>
        (await search(index, query, { limit: 10, count })).hits.map(({ number }) => number);
      expect(await numbers(false), shown).toEqual(truth.slice(0, 10));
      expect(await numbers(true), shown).toEqual(truth.slice(0, 10));
    }
  });
});
