/**
 * A portal of one dataset, as blocks: its prerendered page, the built browser app, and the data below `tree/`.
 *
 * ```ts
 * const portal = portalOf({ path: "a/flight.zarr", files: filesBelow("…/flight.zarr"), reader: "zarr" });
 * const page = `${gateway}/ipfs/${portal.cid}/${portal.page}`;
 * ```
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { builtFolder } from "../../../browser/vite.config.ts";
import { policy } from "../../../pipeline/core/page/document.ts";
import { datasetPage, relative } from "../../../pipeline/core/stac/names.ts";
import { keyOf } from "../../../pipeline/dag/block.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { bytesOf, type Files, rootOf } from "../reading/host.ts";

export interface Portal {
  readonly cid: CID;
  /** Path of the dataset's page below the portal. */
  readonly page: string;
  readonly blocks: ReadonlyMap<string, { readonly cid: CID; readonly bytes: Uint8Array }>;
  readonly files: Files;
  /** The block of `cid`; `undefined` where it is none of the portal's. */
  get(cid: CID): Uint8Array | undefined;
}

export interface PortalDataset {
  readonly path: string;
  /** By path below the dataset; of one file, by "". */
  readonly files: Files;
  readonly reader: string;
}

export function portalOf({ path, files, reader }: PortalDataset): Portal {
  const blocks = new Map<string, { cid: CID; bytes: Uint8Array }>();
  const put = (block: { cid: CID; bytes: Uint8Array }) => void blocks.set(keyOf(block.cid), block);
  const data = rootOf(bytesOf(files), profiles["cid-v1"], put);
  const page = datasetPage(path);
  const about = {
    path,
    cid: data.toString(),
    reader,
    data: `${relative(page, "")}tree/${path}`,
    portal: relative(page, ""),
  };
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}"><title>${path}</title>
<link rel="stylesheet" href="${relative(page, "")}app/dataset.css"><script type="module" src="${relative(page, "")}app/dataset.js"></script>
<script type="application/json" id="dataset">${JSON.stringify({ ...about, newest: {}, gateways: [], item: "" }).replaceAll("<", "\\u003c")}</script>
</head><body class="dataset"><main><h1>${path}</h1><p id="verified" hidden role="status"></p><section id="quicklook" hidden></section></main></body></html>`;
  const all: Files = {
    [page]: html,
    ...Object.fromEntries(
      readdirSync(builtFolder).map((name) => [`app/${name}`, readFileSync(join(builtFolder, name))]),
    ),
    ...Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [["tree", path, name].filter(Boolean).join("/"), bytes]),
    ),
  };
  const cid = rootOf(bytesOf(all), profiles["cid-v1"], put);
  return { cid, page, blocks, files: all, get: (asked) => blocks.get(keyOf(asked))?.bytes };
}

/** A node that has the portal's blocks. @param change what it gives instead of a block */
export function nodeOf(portal: Portal, change: (cid: CID, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes) {
  return {
    name: "memory",
    get: async (cid: CID) => {
      const bytes = portal.get(cid);
      if (!bytes) throw new Error(`no block ${cid}`);
      return change(cid, bytes);
    },
  };
}

/** Files of a folder on disk, or the file alone, by path below it. */
export function filesBelow(path: string): Files {
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => [
      join(entry.parentPath, entry.name).slice(path.length + 1),
      readFileSync(join(entry.parentPath, entry.name)),
    ]),
  );
}
