/** The summary of a collection: where, when, by whom, and under which licence. */
import type { Facts, Provider } from "../campaign/campaign.ts";
import { boxAround, spanOf } from "../dataset/extent.ts";
import { sinceEver, untilEver } from "../dataset/instant.ts";
import type { Json } from "../json.ts";
import { extension, type Item, type StacLink } from "./item.ts";

/** What a collection summarises. */
export type Summarised = Pick<Item, "bbox" | "links" | "properties">;

const summaryFields = ["fieldtree:projects", "instruments", "mission", "platform", "processing:level"];
const properties = new Set([
  ...summaryFields,
  ...["fieldtree:time_source", "datetime", "start_datetime", "end_datetime", "keywords", "license", "providers"],
]);

/** Of an item, no more than its collection needs: collections of very many items are summarised. */
export function summarised(item: Item): Summarised {
  return {
    ...(item.bbox && { bbox: item.bbox }),
    links: item.links.filter(({ rel }) => rel === "license"),
    properties: Object.fromEntries(Object.entries(item.properties).filter(([name]) => properties.has(name))),
  };
}

/** The fields of a collection that are derived from its items. */
export function summaryOf(items: readonly Summarised[], facts: Facts): Readonly<Record<string, Json>> {
  const timed = items.filter(({ properties }) => properties["fieldtree:time_source"] !== "unknown");
  const span = spanOf(timed.map(intervalOf));
  const box = boxAround(items.flatMap(({ bbox }) => (bbox ? [bbox] : [])));
  const keywords = valuesOf(items, "keywords").slice(0, most);
  const providers = providersOf(items, facts);
  const summaries = summaryFields
    .map((field) => [field, valuesOf(items, field).slice(0, most)] as const)
    .filter(([, values]) => values.length > 0);
  return {
    extent: {
      // STAC requires a box; where no dataset has a place, that is the whole Earth.
      spatial: { bbox: [box ?? [-180, -90, 180, 90]] },
      temporal: { interval: [span ? [ended(span.start), ended(span.end)] : [null, null]] },
    },
    license: commonLicence(items),
    ...(keywords.length > 0 && { keywords }),
    ...(providers.length > 0 && { providers }),
    ...(summaries.length > 0 && { summaries: Object.fromEntries(summaries) }),
    ...(summaries.some(([field]) => field === "processing:level") && { stac_extensions: [extension("processing")] }),
  };
}

/** Keywords and values of summaries, at most. */
const most = 100;

export function intervalOf({ properties }: Summarised): { start: string; end: string } {
  const { datetime, start_datetime, end_datetime } = properties as Readonly<Record<string, string>>;
  return datetime ? { start: datetime, end: datetime } : { start: start_datetime!, end: end_datetime! };
}

/** A collection, unlike an item, can have an open time. */
const ended = (instant: string) => (instant === sinceEver || instant === untilEver ? null : instant);

/** Distinct values of a property, lists taken apart, in byte order. */
function valuesOf(items: readonly Summarised[], property: string): string[] {
  const values = items.flatMap(({ properties }) => (properties[property] ?? []) as string | string[]);
  return [...new Set(values)].sort();
}

/** The one licence of all items; `other` where they differ or one has none. */
function commonLicence(items: readonly Summarised[]): string {
  const licences = new Set(items.map(({ properties }) => (properties.license as string | undefined) ?? "other"));
  return licences.size === 1 ? [...licences][0]! : "other";
}

export function licenceLinks(items: readonly Summarised[]): StacLink[] {
  const links = items.flatMap((item) => item.links.filter(({ rel }) => rel === "license"));
  const byHref = new Map(links.map((link) => [link.href, link]));
  return [...byHref.values()].sort((a, b) => (a.href < b.href ? -1 : 1)).slice(0, most);
}

/** The campaign's own first, then the institutions that items name and the campaign doesn't. */
function providersOf(items: readonly Summarised[], { providers }: Facts): Json[] {
  const all = [
    ...providers,
    ...items.flatMap(({ properties }) => (properties.providers ?? []) as unknown as Provider[]),
  ];
  const byName = new Map<string, Provider>();
  for (const provider of all) if (!byName.has(provider.name)) byName.set(provider.name, provider);
  return [...byName.values()].slice(0, most) as unknown as Json[];
}
