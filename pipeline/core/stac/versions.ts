/**
 * The version extension: links from an item to its other versions, and items for what is no longer there.
 *
 * Earlier items are in earlier portals, which are immutable, so `predecessor-version` leads to one by its CID. It is there
 * where that release could describe the dataset. `latest-version` leads to the campaign's domain, because who follows
 * it may have an old portal. What was removed or moved has a deprecated item where its item was; catalogs do not list it.
 *
 * @see https://github.com/stac-extensions/version/tree/v1.2.0
 */

import { oneLine } from "../attributes/text.ts";
import type { Facts } from "../campaign/campaign.ts";
import { sinceEver, untilEver } from "../dataset/instant.ts";
import { byBytes } from "../text/order.ts";
import {
  type DatasetVersions,
  isLive,
  predecessorOf,
  type VersionEvent,
  type Versions,
  versionsAt,
  versionsOfLeaf,
} from "../versions/versions.ts";
import type { Entry } from "./catalog-entry.ts";
import { extension, type Item, type StacLink } from "./item.ts";
import { folderFile, idOf, itemFile, relative, versionsFile } from "./names.ts";

const json = "application/json";
const geojson = "application/geo+json";

/** @param file of the item, in the portal. */
export function versionLinks(path: string, file: string, versions: Versions, { domain }: Facts): StacLink[] {
  const dataset = at(versions, path);
  return [...(dataset ? predecessorLink(dataset) : []), ...latestLink(file, domain)];
}

function predecessorLink(dataset: DatasetVersions): StacLink[] {
  const before = predecessorOf(dataset);
  if (!before) return [];
  const href = `ipfs://${before.portal}/${itemFile(before.path)}`;
  return [{ rel: "predecessor-version", href, type: geojson, title: `version ${before.cid}` }];
}

/** The name leads to the newest portal, in which the item of this path is. */
function latestLink(file: string, domain: string | undefined): StacLink[] {
  return domain === undefined ? [] : [{ rel: "latest-version", href: `ipns://${domain}/${file}`, type: geojson }];
}

/**
 * The list of a dataset's versions, as an asset; none where there is a single one. Releases record leaves of the tree: of a
 * dataset inside of one, it is the list of the leaf.
 *
 * @param file of the item.
 */
export function versionAssets(path: string, file: string, versions: Versions): Item["assets"] {
  const leaf = versionsOfLeaf(versions, path);
  if (!leaf || leaf.events.length < 2) return {};
  const title = leaf.path === path ? undefined : `versions of ${oneLine(leaf.path, 300)}, in which this dataset is`;
  return { versions: versionsAsset(leaf.path, file, title) };
}

const at = ({ datasets }: Versions, path: string) => (Object.hasOwn(datasets, path) ? datasets[path] : undefined);

/** Deprecated items in a portal, the newest ones. */
const mostDeprecated = 10_000;

/**
 * Items of what was removed, and of what was moved and is a dataset now; none at a path that an entry has.
 *
 * @param catalogFile the document of the nearest folder that is there.
 */
export function* deprecatedItems(
  versions: Versions,
  entries: readonly Entry[],
  facts: Facts,
  catalogFile: (folder: string) => string,
): Generator<{ readonly file: string; readonly item: Item }> {
  const taken = new Set(entries.map(({ path }) => path));
  const datasets = new Set(entries.flatMap(({ kind, path }) => (kind === "dataset" ? [path] : [])));
  const removed = Object.entries(versions.datasets).flatMap(([path, dataset]) =>
    isLive(dataset) ? [] : [{ path, dataset, to: undefined }],
  );
  const moved = Object.keys(versions.moved).flatMap((path) => {
    const dataset = versionsAt(versions, path);
    return dataset && datasets.has(dataset.path) ? [{ path, dataset, to: dataset.path }] : [];
  });
  const gone = [...removed, ...moved].filter(({ path }) => !taken.has(path));
  gone.sort((a, b) => b.dataset.events[0]!.release - a.dataset.events[0]!.release || byBytes(a.path, b.path));
  for (const { path, dataset, to } of gone.slice(0, mostDeprecated)) {
    // Absent where the dataset had so many versions since that this one is no longer remembered.
    const was = dataset.events.findIndex((event) => event.path === path && event.op !== "removed");
    const [last, left] = [dataset.events[was], dataset.events[was - 1]];
    if (!last || !left) continue;
    const file = itemFile(path);
    yield { file, item: deprecatedItem({ path, file, last, left, to }, facts, catalogFile(folderOf(path))) };
  }
}

interface Gone {
  readonly path: string;
  /** Of its item, in the portal. */
  readonly file: string;
  readonly last: VersionEvent;
  /** The removal or the move. */
  readonly left: VersionEvent;
  /** The path that it was moved to. */
  readonly to: string | undefined;
}

function deprecatedItem(
  { path, file, last, left, to }: Gone,
  { domain, title, campaign }: Facts,
  parent: string,
): Item {
  const what = to === undefined ? `Removed in release ${left.release}` : `Moved to ${oneLine(to, 300)}`;
  const links: StacLink[] = [
    { rel: "root", href: relative(file, folderFile("", "catalog.json")), type: json, title: title || campaign },
    { rel: "parent", href: relative(file, parent), type: json },
    ...(left.before === undefined ? [] : [linkTo("predecessor-version", `ipfs://${left.before}/${file}`)]),
    ...(to === undefined
      ? []
      : [linkTo("successor-version", relative(file, itemFile(to))), ...latestLink(itemFile(to), domain)]),
  ];
  return {
    type: "Feature",
    stac_version: "1.1.0",
    stac_extensions: [extension("version")],
    id: idOf(path),
    geometry: null,
    properties: {
      title: oneLine(path.slice(path.lastIndexOf("/") + 1), 300) || "dataset",
      description: `${what}. Its full item is in the portal of the release before.`,
      version: last.cid,
      deprecated: true,
      datetime: null,
      start_datetime: sinceEver,
      end_datetime: untilEver,
      "fieldtree:path": path,
      "fieldtree:time_source": "unknown",
      "fieldtree:place_source": "unknown",
    },
    links,
    assets: { data: { href: `ipfs://${last.cid}`, roles: ["data"] }, versions: versionsAsset(path, file) },
  };
}

function versionsAsset(path: string, file: string, title = "versions of this dataset"): Item["assets"][string] {
  const href = relative(file, versionsFile(path));
  return { href, type: json, title, roles: ["metadata"] };
}

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

const linkTo = (rel: string, href: string): StacLink => ({ rel, href, type: geojson });
