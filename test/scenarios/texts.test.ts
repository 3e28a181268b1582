/** Text coordinates are read one way, in whatever order: nothing of one dataset gets into what is published of another. */
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, it } from "vitest";
import { aCampaign, fieldtree } from "../commands/program.ts";

const env = { SOURCE_DATE_EPOCH: "1723291200" };

/** Labels of one store: three coordinates, so that their chunks are unpacked side by side. */
const labelsOf = (store: number): Readonly<Record<string, readonly string[]>> => ({
  station: Array.from({ length: 12 }, (_, i) => `station ${store}${String(i).padStart(3, "0")}`),
  flight: [`HALO-2024081${store}a`, `HALO-2024081${store}b`, "é日本😀"],
  operator: ["Ada", `Grace ${store}`],
});

/** numcodecs' vlen-utf8. */
const encoded = (texts: readonly string[]): Buffer =>
  Buffer.concat(
    [texts.length, ...texts].flatMap((part) => (typeof part === "number" ? [uint32(part)] : withLength(part))),
  );
const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const withLength = (text: string) => [uint32(Buffer.byteLength(text)), Buffer.from(text)];

const compressors = [
  ["zlib", deflateSync],
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const;

function storeV2(store: number, [id, compress]: (typeof compressors)[number]) {
  const files: Record<string, string | Uint8Array> = { ".zgroup": '{"zarr_format": 2}' };
  for (const [name, texts] of Object.entries(labelsOf(store))) {
    const document = { zarr_format: 2, shape: [texts.length], chunks: [texts.length], dtype: "|O", fill_value: null };
    files[`${name}/.zarray`] = JSON.stringify({
      ...document,
      order: "C",
      filters: [{ id: "vlen-utf8" }],
      compressor: { id },
    });
    files[`${name}/.zattrs`] = JSON.stringify({ _ARRAY_DIMENSIONS: [name] });
    files[`${name}/0`] = compress(encoded(texts));
  }
  return files;
}

function storeV3(store: number, [name, compress]: (typeof compressors)[number]) {
  const codec = name === "zlib" ? "numcodecs.zlib" : name;
  const files: Record<string, string | Uint8Array> = { "zarr.json": '{"zarr_format": 3, "node_type": "group"}' };
  for (const [label, texts] of Object.entries(labelsOf(store))) {
    const chunk_grid = { name: "regular", configuration: { chunk_shape: [texts.length] } };
    const codecs = [{ name: "vlen-utf8" }, { name: codec, configuration: {} }];
    files[`${label}/zarr.json`] = JSON.stringify({
      ...{ zarr_format: 3, node_type: "array", shape: [texts.length], data_type: "string", fill_value: "" },
      ...{ chunk_grid, chunk_key_encoding: { name: "default" }, codecs, dimension_names: [label] },
    });
    files[`${label}/c/0`] = compress(encoded(texts));
  }
  return files;
}

it("publishes the same whatever the order of datasets, each with its own labels", { timeout: 120_000 }, async () => {
  const stores = [storeV2, storeV3].flatMap((make) => compressors.map((each) => [make, each] as const));
  const files = stores.flatMap(([make, compressor], i) =>
    Object.entries(make(i, compressor)).map(([path, file]) => [`${i}.zarr/${path}`, file] as const),
  );
  const names = stores.map((_, i) => `${i}.zarr`);
  const published: { readonly root: string; readonly listing: readonly string[] }[] = [];
  for (const order of [names, names.toReversed()]) {
    const cwd = await aCampaign(Object.fromEntries(files));
    const run = async (...args: string[]) => {
      const { code, stderr, json } = await fieldtree([...args, "--json"], { cwd, env });
      expect(code, stderr).toBe(0);
      return json();
    };
    await run("add", ...order, "--at", "/");
    const { root, portal } = (await run("publish")).at(-1);
    // tree.yaml itself stands in the portal as it was written, in its order.
    const listing = (await run("ls", "-r", portal)).filter(({ path, name }) => (path ?? name) !== "tree.yaml");
    published.push({ root, listing: listing.map((each) => JSON.stringify(each)).sort() });
    for (const { path, item } of await run("scan")) {
      const dimensions = item.properties["cube:dimensions"];
      const labels = Object.entries(labelsOf(Number.parseInt(path, 10)));
      for (const [name, texts] of labels) expect([path, dimensions[name].values]).toEqual([path, texts]);
    }
  }
  expect(published[0]!.listing.length).toBeGreaterThan(20);
  expect(published[1]).toEqual(published[0]);
});
