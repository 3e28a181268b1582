/**
 * `stac/`: the newest release as a STAC catalog, and as the table `items.parquet`, and `versions/`: the versions of each dataset that has more than one.
 *
 * Earlier items are in earlier portals; what is folded is which portal has the previous version of each dataset.
 *
 * `versions/PATH.json` is `{path, versions: [{release, made, op, path, cid, item, …}]}`, newest first. `item` is the path of
 * the item in this portal, or its address in an earlier one. For a path that a dataset was moved from it is `{path, movedTo}`.
 */
import { CID } from "multiformats/cid";
import { sisterFolder } from "../core/campaign/sisters.ts";
import { stableJson } from "../core/json.ts";
import { stacFiles } from "../core/stac/catalog.ts";
import { itemsParquet, tableFile } from "../core/stac/geoparquet.ts";
import { itemFile, versionsFile } from "../core/stac/names.ts";
import { isLive, type Versions, versionLines } from "../core/versions/versions.ts";
import { versions } from "./versions.ts";
import type { PortalFile, View } from "./view.ts";

export const stac: View<{ readonly versions: Versions }> = {
  name: "stac",
  version: 2,
  states: { versions },
  *render({ versions }, { entries, campaign }) {
    yield* stacFiles(entries, campaign, versions);
    const datasets = entries.filter((entry) => entry.kind === "dataset");
    if (datasets.length > 0) yield { path: tableFile, content: itemsParquet(datasets, campaign) };
    yield* versionFiles(versions, new Set(datasets.map(({ path }) => path)));
    for (const { name, stac } of campaign.sisters ?? []) {
      yield { path: sisterFolder(name), content: { cid: CID.parse(stac.cid), tsize: stac.tsize } };
    }
  },
};

/** @param items paths of datasets that have an item: of a leaf with several datasets, these have one each. */
function* versionFiles({ datasets, moved }: Versions, items: ReadonlySet<string>): Generator<PortalFile> {
  for (const [path, dataset] of Object.entries(datasets)) {
    if (dataset.events.length < 2) continue;
    const live = isLive(dataset);
    const versions = versionLines(dataset).map(({ portal, ...line }, i) => {
      const file = itemFile(line.path);
      const item = i === 0 && live ? items.has(line.path) && file : portal && `ipfs://${portal}/${file}`;
      return { ...line, ...(item && { item }) };
    });
    const { dropped } = dataset;
    yield { path: versionsFile(path), content: stableJson({ path, versions, ...(dropped && { older: dropped }) }) };
  }
  for (const [path, movedTo] of Object.entries(moved)) {
    yield { path: versionsFile(path), content: stableJson({ path, movedTo }) };
  }
}
