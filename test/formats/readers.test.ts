import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { readers } from "../../pipeline/campaign/readers/readers.ts";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { openFolder } from "../../pipeline/dag/read/folder.ts";
import { folderReaderOf } from "../../pipeline/formats/reader.ts";
import { data } from "../data.ts";
import { folderOf } from "../fakes/folder.ts";
import { testWorld } from "../fakes/world.ts";

const readerOf = (...names: string[]) => folderReaderOf(readers, new Set(names))?.reader.name;

it.each([
  ["zarr", [".zmetadata", ".zgroup", "lat"]],
  ["zarr", [".zgroup", "lat"]],
  ["zarr", [".zarray", "0.0"]],
  ["zarr", ["zarr.json", "lat"]],
  ["zarr", ["dataset_meta.yaml", "zarr.json"]],
  ["dataset-meta", ["dataset_meta.yaml", "video.mp4"]],
  [undefined, ["lat", "lon", "zarr.json.bak", "readme.md"]],
  [undefined, []],
])("%s describes a folder of %s", (name, names) => {
  expect(readerOf(...names)).toBe(name);
});

it("gives a sidecar in the store the last word, and reports where they disagree", async () => {
  const folder = folderOf({
    ".zgroup": '{"zarr_format": 2}',
    ".zattrs": '{"title": "From the store", "license": "MIT"}',
    "dataset_meta.yaml": "attributes:\n  title: From the sidecar\n",
  });
  const { attributes, findings } = await readers[0]!.folders!.describe(folder, testWorld());
  expect({ ...attributes }).toEqual({ title: "From the sidecar", license: "MIT" });
  expect(findings).toContainEqual(expect.objectContaining({ rule: "sidecar-disagrees" }));
});

const zarr = data("zarr");

describe.skipIf(!zarr)("reading a flight from blocks", () => {
  // Two sondes: root, metadata, three coordinates' directories of version 2 or twice and thrice that deep in 3, two chunks each.
  it.each([
    ["v2", 1 + 1 + 3 + 3 * 2],
    ["v3", 1 + 1 + 3 + 3 + 4 + 3 * 2],
  ])("asks for each block it needs once, and for no other, in %s", async (version, needed) => {
    const world = testWorld();
    const blocks = new Map<string, Uint8Array>();
    const adding = blocksOf(
      join(zarr!, version, "HALO-20240818a.zarr"),
      { profile: "cid-v1", symlinks: "keep" },
      world,
    );
    let step = await adding.next();
    for (; !step.done; step = await adding.next()) blocks.set(step.value.cid.toString(), step.value.bytes);
    const asked: string[] = [];
    const get = async (cid: CID) => {
      asked.push(cid.toString());
      return blocks.get(cid.toString())!;
    };
    const folder = await openFolder(step.value.cid, get);
    const description = await readers[0]!.folders!.describe(folder!, world);
    expect(description.place?.source).toBe("values");
    expect(new Set(asked).size).toBe(needed);
    expect(asked.length).toBe(needed);
  });
});
