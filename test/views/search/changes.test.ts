/** What a release writes: the same files from what is stored as from nothing, and little of them. */
import { describe, expect, it } from "vitest";
import type { SearchDocument } from "../../../pipeline/core/search/index/document.ts";
import { assemble } from "../../../pipeline/dag/assemble.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { sha256 } from "../../../pipeline/dag/hash.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { searchFiles } from "../../../pipeline/views/search/build.ts";
import { decodeStored, encodeStored, type StoredIndex } from "../../../pipeline/views/search/stored.ts";
import { aDocument, randomFrom } from "../../fakes/search-corpus.ts";
import { indexFiles } from "../../fakes/search-index.ts";

const sorted = (documents: ReadonlyMap<number, SearchDocument>) => [...documents].sort(([a], [b]) => a - b);

/** Builds from what is stored: hashes of all files, and the paths of those that were written. */
function builtFrom(before: StoredIndex | undefined, documents: ReadonlyMap<number, SearchDocument>, next: number) {
  const hashes = new Map<string, string>();
  const written: string[] = [];
  const files = searchFiles(sorted(documents), next, false, before);
  let file = files.next();
  for (; !file.done; file = files.next()) {
    const [path, content] = file.value;
    if (content instanceof Uint8Array) written.push(path);
    const digest = content instanceof Uint8Array ? sha256(content) : content.digest;
    hashes.set(path, Buffer.from(digest).toString("hex"));
  }
  return { hashes, written, stored: encodeStored(file.value!) };
}

const fromNothing = (documents: ReadonlyMap<number, SearchDocument>, next: number) =>
  new Map(
    [...indexFiles(sorted(documents), next, false)].map(([path, content]) => [
      path,
      Buffer.from(sha256(content)).toString("hex"),
    ]),
  );

describe("an index built from what is stored", () => {
  it("is the one built from nothing, through releases that add, change and remove", () => {
    const seed = 20241130;
    const random = randomFrom(seed);
    const documents = new Map<number, SearchDocument>();
    let [next, id] = [0, 0];
    let stored: Uint8Array | undefined;
    const time = ["2020-02-03T10:00:00Z", "2020-02-04T18:00:00Z"] as const;
    const bbox = [-58, 12, -57.5, 12.5] as const;
    for (let release = 0; release < 6; release++) {
      for (let i = 0; i < (release === 0 ? 500 : 40); i++) documents.set(next++, aDocument(id++, random, 2000));
      // In one place and month, whose cells are divided in the end.
      for (let i = 0; i < 110; i++) documents.set(next++, { ...aDocument(id++, random, 100), time, bbox });
      // Of a leaf with several datasets.
      documents.set(2 ** 31 + release, aDocument(id++, random, 2000));
      for (const number of [...documents.keys()].filter(() => random.below(60) === 0)) {
        if (random.below(2)) documents.delete(number);
        else documents.set(number, aDocument(id++, random, 2000));
      }
      const built = builtFrom(stored && decodeStored(stored), documents, next);
      expect([...built.hashes].sort(), `release ${release}, seed ${seed}`).toEqual(
        [...fromNothing(documents, next)].sort(),
      );
      stored = built.stored;
    }
    const again = builtFrom(decodeStored(stored!), documents, next);
    expect(again.written.filter((path) => /^(rows|windows|boxes)\//.test(path))).toEqual([]);
    expect(again.stored).toEqual(stored);
  });

  it("is built from nothing where what is stored is cut, or another file", () => {
    const { stored } = builtFrom(undefined, new Map([[0, aDocument(0, randomFrom(1))]]), 1);
    expect(decodeStored(stored)).toBeDefined();
    expect(decodeStored(stored.subarray(0, -1))).toBeUndefined();
    expect(decodeStored(new Uint8Array([200]))).toBeUndefined();
    expect(decodeStored(new Uint8Array())).toBeUndefined();
  });
});

describe("a dataset", () => {
  const count = 3000;
  const random = randomFrom(3);
  const documents = new Map(Array.from({ length: count }, (_, i) => [i, aDocument(i, random, 10_000)]));
  const blocksOf = (some: ReadonlyMap<number, SearchDocument>, next: number) => {
    const blocks = new Map<string, number>();
    const put = ({ cid, bytes }: Block) => void blocks.set(cid.toString(), bytes.length);
    const profile = profiles["cid-v1"];
    const leaves = [...indexFiles(sorted(some), next, false)].map(([path, content]) => ({
      path,
      ...fileOf(content, profile, put),
    }));
    assemble(leaves, profile, put);
    return blocks;
  };
  const before = blocksOf(documents, count);

  it.each([
    ["added", () => blocksOf(new Map([...documents, [count, aDocument(count, random, 10_000)]]), count + 1)],
    [
      "moved",
      () => blocksOf(new Map([...documents, [7, { ...documents.get(7)!, path: "products/elsewhere.zarr" }]]), count),
    ],
    [
      "updated",
      () =>
        blocksOf(
          new Map([...documents, [7, { ...aDocument(count, random, 10_000), path: documents.get(7)!.path }]]),
          count,
        ),
    ],
    ["removed", () => blocksOf(new Map([...documents].filter(([number]) => number !== 7)), count)],
  ])("%s writes at most 100 kB of blocks, folders included", (_, after) => {
    const fresh = [...after()].filter(([cid]) => !before.has(cid));
    expect(fresh.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(100_000);
  });
});
