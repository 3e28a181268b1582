/**
 * Search at 100 000 datasets: what a query reads, and what one dataset more, moved, changed or removed writes.
 *
 * Run it with `node bench/search.ts [datasets]`. The datasets are made up, with words as frequent as in real texts. Counts are
 * the same on every machine; only the seconds and megabytes are not.
 */
import { openIndex } from "../pipeline/core/search/index/index-reader.ts";
import type { Query } from "../pipeline/core/search/query.ts";
import { facetCounts, search } from "../pipeline/core/search/search.ts";
import { assemble } from "../pipeline/dag/assemble.ts";
import { cidOfDigest, codecs } from "../pipeline/dag/block.ts";
import { fileOf } from "../pipeline/dag/build/file.ts";
import { profiles } from "../pipeline/dag/profile.ts";
import { type Numbered, searchFiles } from "../pipeline/views/search/build.ts";
import type { StoredIndex } from "../pipeline/views/search/stored.ts";
import { aDocument, randomFrom } from "../test/fakes/search-corpus.ts";

const count = Number(process.argv[2] ?? 100_000);
const profile = profiles["cid-v1"];

interface Built {
  /** Bytes of blocks by CID, folders included: of what was built from another index, the written ones. */
  readonly blocks: Map<string, number>;
  /** Of the files that were written. */
  readonly files: Map<string, Uint8Array>;
  /** Of all files. */
  readonly cids: Map<string, string>;
  readonly stored: StoredIndex | undefined;
}

/** @param before what is stored of the index before: as a release builds it. */
function built(documents: Numbered, next: number, before?: StoredIndex): Built {
  const [blocks, files, cids] = [new Map<string, number>(), new Map<string, Uint8Array>(), new Map<string, string>()];
  const put = ({ cid, bytes }: { cid: { toString(): string }; bytes: Uint8Array }) =>
    void blocks.set(cid.toString(), bytes.length);
  const leaves = [];
  const all = searchFiles(documents, next, false, before);
  let file = all.next();
  for (; !file.done; file = all.next()) {
    const [path, content] = file.value;
    if (content instanceof Uint8Array) files.set(path, content);
    const { cid, tsize } =
      content instanceof Uint8Array
        ? fileOf(content, profile, put)
        : { cid: cidOfDigest(codecs.raw, content.digest), tsize: content.size };
    cids.set(path, cid.toString());
    leaves.push({ path, cid, tsize });
  }
  assemble(leaves, profile, put);
  return { blocks, files, cids, stored: file.value };
}

const random = randomFrom(1);
const documents = Array.from({ length: count }, (_, i) => [i, aDocument(i, random)] as const);
const started = performance.now();
const before = built(documents, count);
const seconds = (performance.now() - started) / 1000;
const sizes = (part: string) => {
  const some = [...before.files].filter(([path]) => path.startsWith(part)).map(([, { length }]) => length);
  const sum = some.reduce((a, b) => a + b, 0);
  return `${some.length} files, ${(sum / 1e6).toFixed(2)} MB, mean ${Math.round(sum / some.length)} B, greatest ${some.reduce((a, b) => Math.max(a, b), 0)} B`;
};
console.log(
  `${count} datasets: built in ${seconds.toFixed(1)} s, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident, ${before.blocks.size} blocks`,
);
for (const part of ["root", "rare/", "common/", "cells/", "windows/", "boxes/", "rows/", "facets.json", ""])
  console.log(`  ${part || "all"}: ${sizes(part)}`);

let [bytes, requests, trips, open] = [0, 0, 0, 0];
const index = async () => {
  const opened = await openIndex(async (path) => {
    if (open++ === 0) trips++;
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    requests++;
    const file = before.files.get(path);
    if (!file) throw new Error(`no ${path}`);
    bytes += file.length;
    return file;
  });
  [bytes, requests, trips] = [0, 0, 0];
  return opened;
};
const [some] = [documents[Math.floor(count / 3)]![1]];
const rare = some.path.split("/").at(-1)!.split("_")[0]!;
const common = some.title.split(" ");
const queries: Query[] = [
  { words: "halo" },
  { words: "air_temperature" },
  { words: rare },
  { words: common[0]! },
  { words: common.slice(0, 2).join(" ") },
  { words: common.slice(0, 3).join(" ") },
  { words: `${common[0]} ${common[1]} halo` },
  { words: "halo orcestra air_temperature" },
  { words: "polarstern score air_temperature" },
  { words: "meteor score" },
  { words: "halo 2020-02-05" },
  { words: "wave 2021-07 sea_surface_temperature" },
  { words: "halp" },
  { words: "air_temperatur" },
  { words: "windra*" },
  { words: "rad" },
  { bbox: [-60, 10, -50, 15] },
  { words: "halo", bbox: [-60, 10, -50, 15] },
  { words: "halo", bbox: [170, -90, -170, 90], from: "2021-02", until: "2021-03-15" },
  { words: "polarstern", from: "2020-05-03", until: "2020-05-09" },
  {},
];
for (const query of queries) {
  const opened = await index();
  const found = await search(opened, query, { limit: 10 });
  const first = `${(bytes / 1e3).toFixed(1)} kB in ${requests} requests, ${trips} round trips`;
  const counted = await search(opened, query, { limit: 10, count: true });
  const whole = `${(bytes / 1e3).toFixed(1)} kB, ${trips}`;
  await facetCounts(opened, query);
  console.log(
    `${JSON.stringify(query)}: ${found.hits.length} of ${found.more ? "more than " : ""}${found.total}, ${first}; counted ${counted.more ? "more than " : ""}${counted.total} ${whole}; with facets ${(bytes / 1e3).toFixed(1)} kB, ${trips}${found.corrected.map(({ searched }) => `; corrected to ${searched}`).join("")}`,
  );
}

const [middle] = [Math.floor(count / 2)];
const changed = {
  "one dataset added": { documents: [...documents, [count, aDocument(count, random)] as const], next: count + 1 },
  "one moved": {
    documents: documents.map(([n, d]) =>
      n === middle ? ([n, { ...d, path: `products/moved/${n}.zarr` }] as const) : ([n, d] as const),
    ),
    next: count,
  },
  "one updated": {
    documents: documents.map(([n, d]) =>
      n === middle ? ([n, { ...aDocument(count + 1, random), path: d.path }] as const) : ([n, d] as const),
    ),
    next: count,
  },
  "one removed": { documents: documents.filter(([n]) => n !== middle), next: count },
};
for (const [what, { documents, next }] of Object.entries(changed)) {
  const started = performance.now();
  const after = built(documents, next, before.stored);
  const seconds = (performance.now() - started) / 1000;
  const fresh = [...after.blocks].filter(([cid]) => !before.blocks.has(cid));
  const known = new Set(before.cids.values());
  const changed = [...after.cids].filter(([, cid]) => !known.has(cid)).map(([path]) => path);
  const byKind = ["rare", "common", "cells", "windows", "boxes", "rows", "root", "facets", "index"].map((kind) => {
    const some = changed.filter((path) => path.startsWith(kind));
    return `${kind} ${some.length}/${some.reduce((sum, path) => sum + (after.files.get(path)?.length ?? 0), 0)}`;
  });
  const bytes = fresh.reduce((sum, [, size]) => sum + size, 0);
  console.log(
    `${what}: ${(bytes / 1e3).toFixed(1)} kB in ${fresh.length} new blocks, ${changed.length} files of ${after.cids.size} new (${((1 - changed.length / after.cids.size) * 100).toFixed(2)} % unchanged), built in ${seconds.toFixed(1)} s from what is stored, by kind files/bytes: ${byKind.join(", ")}`,
  );
}
