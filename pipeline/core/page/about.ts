/** What a page about a dataset is made of. */
import type { Facts } from "../campaign/campaign.ts";
import type { DatasetFinding } from "../dataset/dataset.ts";
import type { Json } from "../json.ts";
import type { DatasetEntry, Reference } from "../stac/catalog-entry.ts";
import type { Item } from "../stac/item.ts";
import type { DatasetVersions } from "../versions/versions.ts";

export interface PageAbout {
  readonly path: string;
  readonly cid: string;
  readonly reader: string;
  readonly item: Item;
  readonly findings: readonly DatasetFinding[];
  readonly references?: readonly Reference[] | undefined;
  /** Of the leaf that the dataset is in; absent where it was never published. */
  readonly versions?: (DatasetVersions & { readonly path: string }) | undefined;
  readonly related: readonly Related[];
  /** Its names in the intake catalog. */
  readonly intake?: readonly string[] | undefined;
  readonly facts: Facts;
  /** Whether the page is in a portal, next to its files. A dropped file's page has none. */
  readonly isPublished: boolean;
}

/** Another dataset of the campaign, and what both have in common. */
export interface Related {
  readonly path: string;
  readonly title: string;
  readonly why: string;
}

export function aboutEntry(
  { path, cid, reader, item, findings, references }: DatasetEntry,
  facts: Facts,
  more: Pick<PageAbout, "versions" | "related" | "intake">,
): PageAbout {
  return { path, cid, reader, item, findings, references, facts, isPublished: true, ...more };
}

type Properties = Item["properties"];

export function textIn(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function textsIn(properties: Properties, name: string): readonly string[] {
  return listIn(properties, name).filter((value) => typeof value === "string");
}

export function listIn(properties: Properties, name: string): readonly Json[] {
  const value = properties[name];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** Bytes of all blocks below; `undefined` where the item doesn't have it. */
export function sizeOf({ assets }: Item): number | undefined {
  const size = assets.data?.["file:size"];
  return typeof size === "number" ? size : undefined;
}

/** The interval of its data; `undefined` where that is not known. */
export function timeOf({ properties }: Item): { readonly start: string; readonly end: string } | undefined {
  if (properties["fieldtree:time_source"] === "unknown") return undefined;
  const at = textIn(properties, "datetime");
  const start = textIn(properties, "start_datetime") ?? at;
  const end = textIn(properties, "end_datetime") ?? at;
  return start === undefined || end === undefined ? undefined : { start, end };
}
