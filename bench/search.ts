/**
 * Search at 100 000 datasets: what a query reads, and what one dataset more, moved, changed or removed writes.
 *
 * Run it with `node bench/search.ts [datasets]`. The datasets are made up, with words as frequent as in real texts. Counts are
 * the same on every machine; only the seconds and megabytes are not.
 */
import type { SearchDocument } from "../pipeline/core/search/document.ts";
import { openIndex } from "../pipeline/core/search/index-reader.ts";
import type { Query } from "../pipeline/core/search/query.ts";
import { facetCounts, search } from "../pipeline/core/search/search.ts";
import { assemble } from "../pipeline/dag/assemble.ts";
import { fileOf } from "../pipeline/dag/build/file.ts";
import { profiles } from "../pipeline/dag/profile.ts";
import { aDocument, randomFrom } from "../test/fakes/search-corpus.ts";
import { indexFiles } from "../test/fakes/search-index.ts";

const count = Number(process.argv[2] ?? 100_000);
const profile = profiles["cid-v1"];

/** Blocks of an index by CID, folders included, with the paths of its files. */
function built(documents: readonly (readonly [number, SearchDocument])[], next: number) {
  const blocks = new Map<string, number>();
  const files = new Map<string, { cid: string; content: Uint8Array }>();
  const put = ({ cid, bytes }: { cid: { toString(): string }; bytes: Uint8Array }) =>
    void blocks.set(cid.toString(), bytes.length);
  const leaves = [];
  for (const [path, content] of indexFiles(documents, next)) {
    const { cid, tsize } = fileOf(content, profile, put);
    files.set(path, { cid: cid.toString(), content });
    leaves.push({ path, cid, tsize });
  }
  const root = assemble(leaves, profile, put);
  return { blocks, files, root: root.cid.toString() };
}

const random = randomFrom(1);
const documents = Array.from({ length: count }, (_, i) => [i, aDocument(i, random)] as const);
const started = performance.now();
const before = built(documents, count);
const seconds = (performance.now() - started) / 1000;
const sizes = (part: string) => {
  const some = [...before.files].filter(([path]) => path.startsWith(part)).map(([, { content }]) => content.length);
  const sum = some.reduce((a, b) => a + b, 0);
  return `${some.length} files, ${(sum / 1e6).toFixed(2)} MB, mean ${Math.round(sum / some.length)} B, greatest ${some.reduce((a, b) => Math.max(a, b), 0)} B`;
};
console.log(
  `${count} datasets: built in ${seconds.toFixed(1)} s, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident, ${before.blocks.size} blocks`,
);
for (const part of ["root", "rare/", "common/", "windows/", "rows/", "facets.json", ""])
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
    bytes += file.content.length;
    return file.content;
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
  const after = built(documents, next);
  const fresh = [...after.blocks].filter(([cid]) => !before.blocks.has(cid));
  const known = new Set([...before.files.values()].map(({ cid }) => cid));
  const newFiles = [...after.files].filter(([, { cid }]) => !known.has(cid));
  const byKind = new Map<string, string>();
  for (const kind of ["rare", "common", "windows", "rows", "root", "facets", "index"]) {
    const some = newFiles.filter(([path]) => path.startsWith(kind));
    byKind.set(kind, `${some.length}/${some.reduce((sum, [, { content }]) => sum + content.length, 0)}`);
  }
  const bytes = fresh.reduce((sum, [, size]) => sum + size, 0);
  console.log(
    `${what}: ${(bytes / 1e3).toFixed(1)} kB in ${fresh.length} new blocks, ${newFiles.length} files of ${after.files.size} new (${((1 - newFiles.length / after.files.size) * 100).toFixed(2)} % unchanged), by kind files/bytes: ${[...byKind].map(([kind, text]) => `${kind} ${text}`).join(", ")}`,
  );
}
