/**
 * Readers as a browser runs them: bundled, in a place that has nothing of Node, with the decompressors of the web.
 */

import { gzipSync } from "node:zlib";
import { beforeAll, expect, it } from "vitest";
import type { Decompressors } from "../../pipeline/formats/decompressors.ts";
import type { FormatReader } from "../../pipeline/formats/reader.ts";
import { inBrowser } from "../fakes/browser.ts";
import { folderOf } from "../fakes/folder.ts";
import { testWorld } from "../fakes/world.ts";

type ReadersUsing = (decompressors: Decompressors) => readonly FormatReader[];

/** What every browser has and JavaScript itself has not. */
const web = { TextDecoder, TextEncoder, atob, btoa, URL, AbortController, AbortSignal, DOMException, structuredClone };

let readersUsing: ReadersUsing;
beforeAll(async () => {
  ({ readersUsing } = await inBrowser<{ readersUsing: ReadersUsing }>("pipeline/formats/readers.ts", web));
}, 30_000);

const inflate = (format: "gzip" | "deflate") => async (bytes: Uint8Array, most: number) => {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream(format));
  const content = new Uint8Array(await new Response(stream).arrayBuffer());
  if (content.length > most) throw new Error(`it unpacks to more than ${most} bytes`);
  return content;
};

const store = (compressor: object) => {
  const array = { zarr_format: 2, shape: [3], chunks: [3], dtype: "<f8", order: "C", filters: null, fill_value: null };
  return folderOf({
    ".zgroup": '{"zarr_format": 2}',
    "lat/.zarray": JSON.stringify({ ...array, compressor }),
    "lat/.zattrs": JSON.stringify({ units: "degrees_north", _ARRAY_DIMENSIONS: ["lat"] }),
    "lat/0": gzipSync(new Uint8Array(Float64Array.of(10, 11, 12.5).buffer)),
  });
};

it("describes a compressed store without anything of Node", async () => {
  const [zarr] = readersUsing({ gzip: inflate("gzip"), zlib: inflate("deflate") });
  const { dimensions } = await zarr!.folders!.describe(store({ id: "gzip", level: 1 }), testWorld());
  expect(JSON.parse(JSON.stringify(dimensions))).toMatchObject([{ name: "lat", extent: [10, 12.5] }]);
});

it("leaves unread what there is no decompressor for, and blames the reader", async () => {
  const [zarr] = readersUsing({ gzip: inflate("gzip"), zlib: inflate("deflate") });
  const { dimensions, findings } = await zarr!.folders!.describe(store({ id: "zstd", level: 1 }), testWorld());
  expect(dimensions[0]).not.toHaveProperty("extent");
  expect(findings.map(({ says }) => says)).toContain(
    "lat is stored in a way that fieldtree does not read (zstd: there is no decompressor for zstd here), so its values are not known",
  );
});
