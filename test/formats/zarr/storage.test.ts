import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { expect, it, onTestFinished } from "vitest";
import { readers } from "../../../pipeline/campaign/readers/readers.ts";
import type { Folder } from "../../../pipeline/core/dataset/dataset.ts";
import { blocksOf } from "../../../pipeline/dag/build/files.ts";
import { openFolder } from "../../../pipeline/dag/read/folder.ts";
import { localFolder } from "../../../pipeline/disk/folder.ts";
import { testWorld } from "../../fakes/world.ts";

const chunks = 7000;

/** Small chunks, so many in one directory that it is split, or in folders by their first index; compressed, as they claim. */
function aStore(separator: "." | "/"): string {
  const store = mkdtempSync(join(tmpdir(), "fieldtree-storage-"));
  onTestFinished(() => rm(store, { recursive: true }));
  const columns = separator === "." ? chunks : 100;
  const array = {
    zarr_format: 2,
    shape: [chunks / columns, columns * 100_000],
    chunks: [1, 100_000],
    dtype: "<f4",
    compressor: { id: "zstd", level: 1 },
    fill_value: "NaN",
    filters: null,
    order: "C",
    dimension_separator: separator,
  };
  const metadata = { ".zgroup": { zarr_format: 2 }, ".zattrs": { title: "x" }, "v/.zarray": array };
  writeFileSync(join(store, ".zmetadata"), JSON.stringify({ zarr_consolidated_format: 1, metadata }));
  for (let row = 0; row < chunks / columns; row++) {
    const folder = join(store, "v", ...(separator === "/" ? [String(row)] : []));
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < columns; i++)
      writeFileSync(join(folder, separator === "/" ? String(i) : `${row}.${i}`), "0".repeat(500));
  }
  return store;
}

/** The store as it would be on IPFS, and how many blocks were read of it. */
async function onIpfs(path: string): Promise<{ folder: Folder; readonly read: Set<string> }> {
  const blocks = new Map<string, Uint8Array>();
  const read = new Set<string>();
  const building = blocksOf(path, { profile: "cid-v1", symlinks: "keep" }, testWorld());
  let root: CID | undefined;
  for (let next = await building.next(); ; next = await building.next()) {
    if (next.done) {
      root = next.value.cid;
      break;
    }
    blocks.set(next.value.cid.toString(), next.value.bytes);
  }
  const get = async (cid: CID) => {
    read.add(cid.toString());
    return blocks.get(cid.toString())!;
  };
  return { folder: (await openFolder(root, get))!, read };
}

async function adviceOn(folder: Folder): Promise<string[]> {
  const zarr = readers.find(({ name }) => name === "zarr")!;
  const { advice = [] } = await zarr.folders!.describe(folder, testWorld());
  return advice.filter(({ rule }) => /chunks|directory/.test(rule)).map(({ rule, says }) => `${rule}: ${says}`);
}

it.each([
  [".", ["small-chunks", "sharded-directory"]],
  ["/", ["small-chunks"]],
] as const)(
  "reports the sizes of chunks named with %s, of this machine and on IPFS alike, from a few blocks",
  { timeout: 120_000 },
  async (separator, rules) => {
    const path = aStore(separator);
    const { folder, read } = await onIpfs(path);
    const local = await adviceOn((await localFolder(path))!);
    expect(local.map((text) => text.split(":")[0])).toEqual(rules);
    expect(local[0]).toContain("v has 7000, half of them of at most 1 kB");
    expect(await adviceOn(folder)).toEqual(local);
    // The root, its metadata, the array's directory, and a block or two below that one.
    expect(read.size).toBeLessThanOrEqual(6);
  },
);
