/**
 * All of STAC in a portal: a catalog for every folder of the tree, and the items in them.
 *
 * Folders at the collection depth are collections: they summarise their datasets. Datasets above
 * that depth stand in plain catalogs, so that each can be reached. The files lie like the tree does; links are
 * relative, so the catalog can be walked wherever the portal is, and none leads out of `stac/`.
 *
 * ```
 * stac/catalog.json                                  the campaign
 * stac/products/catalog.json
 * stac/products/HALO/collection.json                 collection depth 2
 * stac/products/HALO/radar.zarr.json                 an item
 * stac/raw/~page1/radar-001.zarr.json                a page, where a folder has more than some 400 entries
 * ```
 *
 * @see https://github.com/radiantearth/stac-spec/blob/v1.1.0/best-practices.md#catalog-layout
 */

import type { Facts } from "../campaign/campaign.ts";
import { sisterFolder } from "../campaign/sisters.ts";
import { stableJson } from "../json.ts";
import { byBytes } from "../text/order.ts";
import { plural } from "../text/plural.ts";
import { noVersions, type Versions } from "../versions/versions.ts";
import type { DatasetEntry, Entry } from "./catalog-entry.ts";
import type { Item, StacLink } from "./item.ts";
import { folderFile, idOf, itemFile, pageFile, relative, safeName } from "./names.ts";
import { type Page, pagesOf } from "./pages.ts";
import { referenceFields } from "./references.ts";
import { licenceLinks, summarised, summaryOf } from "./summary.ts";
import { deprecatedItems, versionAssets, versionLinks } from "./versions.ts";

/**
 * The files under `stac/`, one after another, with their paths in the portal. Failed and plain entries make no items, but
 * their folders are catalogs. `versions`: up to the release that has the entries.
 */
export function* stacFiles(
  entries: readonly Entry[],
  facts: Facts,
  versions: Versions = noVersions,
): Generator<{ readonly path: string; readonly content: string }> {
  const folders = foldersOf(entries);
  // Outermost first, so that a folder's is known before those of the folders in it.
  const listings = new Map<string, Listing>();
  for (const folder of folders.values()) {
    const listing = listingOf(folder, facts);
    listings.set(folder.path, listing);
    const place = placeIn(folders, folder, listings.get(parentOf(folder.path))!, facts);
    for (const page of listing.pages) {
      yield { path: page.file, content: stableJson(pageDocument(page, folder, place, facts)) };
    }
    for (const dataset of folder.datasets) {
      const file = itemFile(dataset.path);
      const versionsOfIt = {
        links: versionLinks(dataset.path, file, versions, facts),
        assets: versionAssets(dataset.path, file, versions),
      };
      const parent = listing.fileWith(file);
      yield { path: file, content: stableJson(located(dataset, { file, parent }, place, versionsOfIt)) };
    }
    yield { path: place.file, content: stableJson(documentOf(folder, listing, place, facts)) };
  }
  const nearest = (path: string) => folders.get(ancestry(path).findLast((folder) => folders.has(folder))!)!;
  const catalogFile = (path: string) => documentFile(nearest(path), facts);
  for (const { file, item } of deprecatedItems(versions, entries, facts, catalogFile)) {
    yield { path: file, content: stableJson(item) };
  }
}

interface Folder {
  readonly path: string;
  readonly depth: number;
  readonly folders: Folder[];
  readonly datasets: DatasetEntry[];
}

/** Every folder by path, outermost first; within a folder everything in byte order. */
function foldersOf(entries: readonly Entry[]): ReadonlyMap<string, Folder> {
  const root: Folder = { path: "", depth: 0, folders: [], datasets: [] };
  const folders = new Map([["", root]]);
  const folderAt = (path: string): Folder => {
    const known = folders.get(path);
    if (known) return known;
    const parent = folderAt(parentOf(path));
    const folder: Folder = { path, depth: parent.depth + 1, folders: [], datasets: [] };
    parent.folders.push(folder);
    folders.set(path, folder);
    return folder;
  };
  const ordered = [...entries].sort((a, b) => byBytes(a.path, b.path));
  for (const entry of ordered) {
    const folder = folderAt(parentOf(entry.path));
    if (entry.kind === "dataset") folder.datasets.push(entry);
  }
  return folders;
}

/** Where a folder's document is, and what it is part of. */
interface Place {
  readonly file: string;
  /** Present in and below a collection. */
  readonly collection?: { readonly id: string; readonly file: string };
  readonly parent?: { readonly file: string; readonly title: string };
  readonly rootTitle: string;
}

/** @param above what the folder above it lists. */
function placeIn(folders: ReadonlyMap<string, Folder>, folder: Folder, above: Listing, facts: Facts): Place {
  const fileOf = (other: Folder) => documentFile(other, facts);
  const ancestors = ancestry(folder.path).map((path) => folders.get(path)!);
  const collection = ancestors.find((other) => isCollection(other, facts));
  const parent = ancestors.at(-2);
  return {
    file: fileOf(folder),
    ...(collection && { collection: { id: idIn(facts, collection.path), file: fileOf(collection) } }),
    ...(parent && { parent: { file: above.fileWith(fileOf(folder)), title: titleOf(parent, facts) } }),
    rootTitle: facts.title || facts.campaign,
  };
}

/** A link to what is in a folder. */
interface Listed {
  /** In the folder. */
  readonly name: string;
  /** In the portal. */
  readonly file: string;
  readonly link: Omit<StacLink, "href">;
}

interface ListedPage {
  readonly file: string;
  readonly page: Page<Listed>;
  /** The document that links to it. */
  readonly parent: string;
}

/** What the document of a folder links to, and where the rest is. */
interface Listing {
  readonly top: readonly Listed[] | readonly Page<Listed>[];
  readonly pages: readonly ListedPage[];
  /** The document that links to `file`, that of a folder in it or of a dataset. */
  readonly fileWith: (file: string) => string;
}

function listingOf(folder: Folder, facts: Facts): Listing {
  const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  const listed: Listed[] = [
    ...folder.folders.map((child) => ({
      // With a slash, because a dataset may have the name of a folder.
      name: `${nameOf(child.path)}/`,
      file: documentFile(child, facts),
      link: { rel: "child", type: json, title: titleOf(child, facts) },
    })),
    ...folder.datasets.map(({ path, item }) => ({
      name: nameOf(path),
      file: itemFile(path),
      link: { rel: "item", type: "application/geo+json", title: item.properties.title as string },
    })),
  ];
  const own = documentFile(folder, facts);
  const top = pagesOf(listed);
  const pages: ListedPage[] = [];
  const listedBy = new Map<string, string>();
  const gather = (some: typeof top, parent: string) => {
    for (const each of some) {
      if (!("level" in each)) {
        if (parent !== own) listedBy.set(each.file, parent);
        continue;
      }
      const file = pageFile(folder.path, each);
      pages.push({ file, page: each, parent });
      gather(each.entries, file);
    }
  };
  gather(top, own);
  return { top, pages, fileWith: (file) => listedBy.get(file) ?? own };
}

/** Links to what a document lists. @param from that document. */
function linksTo(listed: Listing["top"], folder: Folder, from: string): StacLink[] {
  return listed.map((each) =>
    "level" in each
      ? { rel: "child", href: relative(from, pageFile(folder.path, each)), type: json, title: pageTitle(each) }
      : { ...each.link, href: relative(from, each.file) },
  );
}

/** Of the campaigns that are found with this one: child catalogs, whole and unchanged, each with a root of its own. */
function sisterLinks({ sisters = [] }: Facts, from: string): StacLink[] {
  return sisters.map(({ name, title }) => ({
    rel: "child",
    href: relative(from, `${sisterFolder(name)}/catalog.json`),
    type: json,
    title,
  }));
}

const pageTitle = ({ first, last }: Page<Listed>) => `${first} to ${last}`;

function pageDocument({ file, page, parent }: ListedPage, folder: Folder, place: Place, facts: Facts) {
  const { level, first, last, entries } = page;
  return {
    stac_version: "1.1.0",
    type: "Catalog",
    id: `${idIn(facts, folder.path)}--~page${level}--${safeName(first)}`,
    title: pageTitle(page),
    description: `What is in ${folder.path === "" ? place.rootTitle : folder.path} from ${first} to ${last}.`,
    links: [
      { rel: "root", href: relative(file, rootFile), type: json, title: place.rootTitle },
      { rel: "parent", href: relative(file, parent), type: json },
      ...linksTo(entries, folder, file),
    ],
  };
}

function documentFile(folder: Folder, facts: Facts): string {
  return folderFile(folder.path, isCollection(folder, facts) ? "collection.json" : "catalog.json");
}

/** The collection that a dataset is in, and its document; `undefined` above the depth of collections. */
export function collectionOf(path: string, facts: Facts): { readonly id: string; readonly file: string } | undefined {
  const names = path.split("/");
  if (facts.collectionDepth === 0 || names.length <= facts.collectionDepth) return undefined;
  const folder = names.slice(0, facts.collectionDepth).join("/");
  return { id: idIn(facts, folder), file: folderFile(folder, "collection.json") };
}

/** A collection must have an extent; a folder without datasets has none. */
function isCollection(folder: Folder, { collectionDepth }: Facts): boolean {
  return folder.depth === collectionDepth && folder.depth > 0 && containsDatasets(folder);
}

function containsDatasets({ datasets, folders }: Folder): boolean {
  return datasets.length > 0 || folders.some(containsDatasets);
}

function everyDataset(folder: Folder): DatasetEntry[] {
  return [...folder.datasets, ...folder.folders.flatMap(everyDataset)];
}

const rootFile = folderFile("", "catalog.json");
const json = "application/json";

function located(
  dataset: DatasetEntry,
  { file, parent }: { readonly file: string; readonly parent: string },
  { collection, rootTitle }: Place,
  versions: Pick<Item, "links" | "assets">,
): Item {
  const { item } = dataset;
  const { assets, properties } = referenceFields(dataset, file);
  const links: StacLink[] = [
    { rel: "root", href: relative(file, rootFile), type: json, title: rootTitle },
    { rel: "parent", href: relative(file, parent), type: json },
    ...(collection ? [{ rel: "collection", href: relative(file, collection.file), type: json }] : []),
  ];
  return {
    ...item,
    properties: { ...item.properties, ...properties },
    assets: { ...item.assets, ...assets, ...versions.assets },
    links: [...links, ...item.links, ...versions.links],
    ...(collection && { collection: collection.id }),
  };
}

function documentOf(folder: Folder, listing: Listing, place: Place, facts: Facts) {
  const { file, parent } = place;
  const links: StacLink[] = [
    { rel: "root", href: relative(file, rootFile), type: json, title: place.rootTitle },
    ...(parent ? [{ rel: "parent", href: relative(file, parent.file), type: json, title: parent.title }] : []),
    ...linksTo(listing.top, folder, file),
    ...(folder.path === "" ? sisterLinks(facts, file) : []),
  ];
  const datasets = everyDataset(folder);
  const common = {
    stac_version: "1.1.0",
    id: idIn(facts, folder.path),
    title: titleOf(folder, facts),
    description: descriptionOf(folder, datasets.length, facts),
  };
  if (!isCollection(folder, facts)) return { ...common, type: "Catalog", links };
  const items = datasets.map(({ item }) => summarised(item));
  return { ...common, type: "Collection", ...summaryOf(items, facts), links: [...links, ...licenceLinks(items)] };
}

function descriptionOf({ path }: Folder, datasets: number, { campaign, title }: Facts): string {
  const counted = plural(datasets, "dataset");
  return path === "" ? `${title || campaign}: ${counted}.` : `The folder ${path} of ${title || campaign}: ${counted}.`;
}

const titleOf = ({ path }: Folder, { campaign, title }: Facts) =>
  path === "" ? title || campaign : path.slice(path.lastIndexOf("/") + 1);

/** Ids of collections are to be unique beyond one campaign, so they begin with its name. */
const idIn = ({ campaign }: Facts, path: string) => idOf(path === "" ? campaign : `${campaign}/${path}`);

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Paths from the root ("") down to `path` itself. */
function ancestry(path: string): string[] {
  return path === "" ? [""] : [...ancestry(parentOf(path)), path];
}
