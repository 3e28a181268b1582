/** The table of bounds in SECURITY.md, held to the constants in code: who changes one learns of the other. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** Of a row: its file, the text of the code that has the bound, and how the bound is written in the table. */
type InCode = readonly [file: string, code: string, bound: string];

const constants: Readonly<Record<string, readonly InCode[]>> = {
  "links of a DAG that wait": [["dag/read/read-ahead.ts", "mostWaiting = 300_000", "300 000"]],
  "blocks that a walk asks for": [["dag/read/read-ahead.ts", "mostAhead = 32", "32"]],
  "names of a directory that is listed": [
    ["dag/read/read.ts", "mostEntries = 2_000_000", "2 000 000"],
    ["serve/bodies/folders.ts", "mostEntries = 1_000_000", "1 000 000"],
  ],
  "long work in one turn": [["dag/event-loop.ts", "slice = 2;", "2 ms"]],
  "blocks in one CAR of `serve`": [["serve/bodies/car.ts", "mostBlocks = 16_000_000", "16 000 000"]],
  "directories that `serve` remembers": [["serve/bodies/folders.ts", "mostBytes = 128 * 1024 * 1024", "128 MiB"]],
  "an address that `serve` is asked": [["serve/response.ts", "longestUrl = 8192", "8192 bytes"]],
  "blocks that one path of `serve`": [["serve/walk.ts", "mostBlocks = 1024", "1024"]],
  "entries of one TAR": [
    ["serve/bodies/tar.ts", "mostEntries = 1_000_000", "1 000 000"],
    ["serve/bodies/tar.ts", "mostWaiting = 100_000", "100 000"],
    ["serve/bodies/tar.ts", "longestPath = 4096", "4096 bytes"],
  ],
  "a reader of `serve` that takes nothing": [["serve/connection/limits.ts", "stall: 5_000", "5 s"]],
  "requests at once on one HTTP/2 connection": [["serve/connection/listener.ts", "streamsAtOnce = 100", "100"]],
  "rules of a `_redirects` file": [
    ["serve/hosts/redirects.ts", "largestRedirects = 64 * 1024", "64 KiB"],
    ["serve/hosts/redirects.ts", "mostRules = 2000", "2000"],
  ],
  "names of others that `serve` remembers": [
    ["names/ipns/lookup.ts", "mostRecords = 1024", "1024"],
    ["names/resolve-name.ts", "mostNames = 32", "32"],
  ],
  "blocks that a listing for programs": [
    ["serve/bodies/directory.ts", "mostPeeked = 10_000", "10 000"],
    ["serve/bodies/directory.ts", "mostRead = 16 * 1024 * 1024", "16 MiB"],
  ],
  "a CID in an address": [["core/cid.ts", "longestCid = 512", "512 characters"]],
  "one pack of the embedded node": [
    ["ipfs/embedded/packs/limits.ts", "packBlocks: 65_536", "65 536 blocks"],
    ["ipfs/embedded/packs/limits.ts", "packBytes: 4 * 1024 ** 3", "4 GiB"],
  ],
  "files that `add --in-place` leaves": [
    ["ipfs/embedded/packs/limits.ts", "inPlaceFrom: 16_384", "16 KiB"],
    ["ipfs/embedded/packs/limits.ts", "packBlocks: 65_536", "65 536"],
  ],
  "packs of one campaign": [["ipfs/embedded/packs/pack-numbers.ts", "largestPossible = 99_999_999", "99 999 999"]],
  "files under way while adding": [["ipfs/embedded/ingest/pending-steps.ts", "mostFiles = 1024", "1 024"]],
  "`tree.yaml` of a release that the log": [["log/source.ts", "largestSource = 64 << 20", "64 MiB"]],
  "earlier releases whose `tree.yaml`": [
    ["stages/tree/past.ts", "mostAdded = { releases: 64, bytes: 32 << 20 }", "64 releases, 32 MiB"],
  ],
  "chunks in one shard": [["formats/zarr/codecs/sharding.ts", "mostPerShard = 2 ** 20", "1 048 576"]],
  "files that the item of a folder": [
    ["core/members/members.ts", "members: 1000", "1000"],
    ["core/cf/place/geometry.ts", "mostPositions = 2000", "2000"],
  ],
  "names of other files in one leaf": [
    ["stages/scan/bounds.ts", "names: 1000", "1000"],
    ["stages/scan/bounds.ts", "nameCharacters: 64 * 2 ** 10", "65 536 characters"],
  ],
  "a sidecar of a folder": [["formats/sidecar.ts", "most = { bytes: 1024 * 1024, depth: 8 }", "1 MiB, 8 levels deep"]],
  "mistakes of one sidecar": [["formats/sidecar.ts", "mostMistakes = 20", "20"]],
  "findings of one rule that a person": [
    ["core/report/condense.ts", "{ error: 100, warning: 10, hint: 1 }", "100 errors, 10 warnings, 1 hint"],
  ],
  "findings of one rule that are listed": [["core/report/finding-list.ts", "mostOfOneRule = 1000", "1000"]],
  "values of one coordinate": [
    ["formats/read-limits.ts", "array: 256e6", "256 MB"],
    ["formats/read-limits.ts", "chunks: 16_384", "16 384 chunks"],
  ],
  "one chunk of a coordinate": [["formats/read-limits.ts", "chunk: 128e6", "128 MB"]],
  "blocks of one NetCDF coordinate": [
    ["formats/netcdf/values.ts", "{ size: 262_144, most: 256 }", "256 blocks of 256 KiB"],
    ["formats/netcdf/values.ts", "sampledRecords = 32", "32 places"],
  ],
  "connections to `s3`": [
    ["s3/server.ts", "connectionsAtOnce = 1024", "1024"],
    ["s3/xml.ts", "bytes: 2 * 2 ** 20, elements: 50_000, depth: 12", "2 MiB; 50 000, 12"],
  ],
  "a signed chunk of a body to `s3`": [
    ["s3/auth/payload.ts", "trailers: 16_384, signedChunk: 16 * 2 ** 20", "16 MiB; 16 384 bytes"],
  ],
  "parts of an upload to `s3`": [
    ["s3/operations/multipart.ts", "mostParts = 10_000", "10 000"],
    ["s3/releases.ts", "mostKeys = 1_000_000", "1 000 000"],
  ],
  "fields of a form to `s3`": [
    ["s3/auth/form.ts", "fields: 20_480, headers: 8_192", "20 480 bytes"],
    ["s3/auth/form.ts", "mostFields = 200", "200"],
    ["s3/operations/policy.ts", "longestPolicy = 20 * 1024", "20 KiB"],
    ["s3/operations/cors.ts", "mostRules = 100", "100"],
    ["s3/operations/lifecycle.ts", "mostRules = 1000", "1000"],
  ],
  "blocks of an Open Data Fabric chain": [
    ["formats/odf/chain.ts", "mostBlocks = 100_000", "100 000"],
    ["formats/odf/chain.ts", "largestBlock = 16 * 2 ** 20", "16 MiB"],
    ["formats/codecs/flatbuffer.ts", "values: 100_000, bytes: 32 * 2 ** 20, depth: 64", "100 000, 32 MiB, 64 levels"],
  ],
  "row group of an Open Data Fabric slice": [
    ["formats/odf/logical-hash.ts", "largestGroup = 256 * 2 ** 20", "256 MiB"],
  ],
  "header of a NetCDF-3 file": [
    [
      "formats/netcdf/classic/header.ts",
      "bytes: 2 ** 24, entries: 2 ** 16, name: 2 ** 12",
      "16 MiB, 65 536 entries a list",
    ],
  ],
  "groups and datasets of an HDF5 file": [
    ["formats/netcdf/enhanced/walk.ts", "{ objects: 5000, depth: 32, path: 4096 }", "5000, 32 deep; 4096"],
    ["formats/netcdf/enhanced/dimensions.ts", "mostMadeUp = 20_000", "20 000"],
  ],
  "structures of an HDF5 file": [
    ["formats/hdf5/structure/file-budget.ts", "structures: 1_000_000", "1 000 000"],
    ["formats/hdf5/structure/file-budget.ts", "bytes: 2 ** 29", "512 MiB"],
    ["formats/hdf5/structure/file-budget.ts", "steps: 100_000", "100 000"],
  ],
  "memory for headers, links and attributes": [["formats/hdf5/structure/file-budget.ts", "memory: 2 ** 26", "64 MiB"]],
  "one structure of an HDF5 file": [
    ["formats/hdf5/structure/storage.ts", "longest = 2 ** 25", "32 MiB"],
    ["formats/hdf5/structure/btree1.ts", "longestNode = 2 ** 20", "1 MiB"],
    ["formats/hdf5/structure/fractal-heap.ts", "longestBlock = 2 ** 20", "1 MiB"],
  ],
  "chunks of an HDF5 coordinate": [["formats/hdf5/chunks/grid.ts", "read: 65_536", "65 536"]],
  "work on the shape of one track": [
    ["core/cf/place/survey.ts", "maxSamples = 2 ** 20", "1 048 576 places"],
    ["core/cf/place/line.ts", "mostDistances = 5e7", "50 million distances"],
  ],
  "`geospatial_bounds`": [["core/cf/place/wkt.ts", "longest = 200_000", "200 000 characters"]],
  "characters of a CID": [["core/cid.ts", "longestCid = 512", "512"]],
  "metadata of a Zarr store, a file": [
    ["formats/zarr/json.ts", "{ bytes: 32 * 2 ** 20, depth: 32, values: 2_000_000 }", "32 MiB, 32 levels, 2 000 000"],
  ],
  "groups and arrays of a Zarr store": [["formats/zarr/store.ts", "{ nodes: 5000, depth: 8 }", "5000, 8 deep"]],
  "what a mirror publishes of itself": [
    ["stages/mirror/report.ts", "largestReport = 1 << 20", "1 MiB"],
    ["core/campaign/mirrors.ts", "v.maxLength(50", "50"],
  ],
  "intake catalogs that one `import` reads": [
    ["stages/import/sources.ts", "{ catalogs: 1000, depth: 16 }", "1000, 16 deep"],
    ["core/intake/catalog.ts", "characters: 4 * 1024 * 1024", "4 MiB"],
    ["core/intake/catalog.ts", "sources: 10_000", "10 000"],
    ["core/intake/zarr-keys.ts", "mostKeys = 200_000", "200 000"],
  ],
  "names in a path of `tree.yaml`": [["core/tree/tree.ts", "maxDepth = 32", "32"]],
  "what a command goes on after Ctrl-C": [["cli.ts", "longestStop = 1500", "1.5 s"]],
  "STAC documents that `verify --stac` judges": [
    ["stages/verify/check-stac.ts", "mostDocuments = 250_000", "250 000"],
    ["stages/verify/check-stac.ts", "largestDocument = 4 * 1024 * 1024", "4 MiB"],
  ],
  "schemas that `verify --stac` reads": [
    ["stages/verify/stac-schemas.ts", "mostSchemas = 200", "200"],
    ["stages/verify/stac-schemas.ts", "largest = 2 * 1024 * 1024", "2 MiB"],
    ["stages/verify/stac-schemas.ts", "longest = 30_000", "30 s"],
  ],
};

const security = readFileSync("SECURITY.md", "utf8");
const rows = security
  .slice(security.indexOf("| what | bound |"))
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| /, "")));

describe.each(Object.entries(constants))("the bound of %s", (what, inCode) => {
  it("is in SECURITY.md what it is in code", () => {
    const found = rows.filter(([title]) => title!.startsWith(what));
    expect(found, "rows that begin so").toHaveLength(1);
    for (const [file, code, bound] of inCode) {
      expect(readFileSync(`pipeline/${file}`, "utf8"), file).toContain(code);
      expect(found[0]![1]).toContain(bound);
    }
  });
});
