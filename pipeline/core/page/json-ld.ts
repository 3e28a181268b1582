/**
 * A dataset in the words of schema.org, as Google Dataset Search reads them from its page.
 *
 * A box is "south west north east" there. What is unknown of the dataset is left out.
 *
 * @see https://developers.google.com/search/docs/appearance/structured-data/dataset
 */
import { doiUrl } from "../datacite/doi.ts";
import { isRecord, type Json } from "../json.ts";
import { plural } from "../text/plural.ts";
import { listIn, type PageAbout, sizeOf, textIn, textsIn, timeOf } from "./about.ts";

/** Characters of a description: 50 to 5000 are asked for. */
const longest = 5000;

/** Variables that are listed. */
const mostVariables = 100;

export function jsonLd(about: PageAbout): Json {
  const { item, cid, facts } = about;
  const { properties, bbox, geometry } = item;
  const doi = textIn(properties, "sci:doi");
  const sameAs = doi && doiUrl(doi);
  const time = timeOf(item);
  const dates = [
    ["dateCreated", textIn(properties, "created")],
    ["dateModified", textIn(properties, "updated")],
    ["datePublished", textIn(properties, "published")],
  ].flatMap(([name, date]) => (name && date ? [[name, date.slice(0, 10)] as const] : []));
  const creators = listIn(properties, "contacts").flatMap(personOf).slice(0, 100);
  const organisations = listIn(properties, "providers").flatMap(organisationOf);
  const keywords = textsIn(properties, "keywords");
  const variables = variablesOf(properties["cube:variables"]);
  const instruments = textsIn(properties, "instruments");
  const licence = item.links.find(({ rel }) => rel === "license")?.href;
  return {
    "@context": "https://schema.org/",
    "@type": "Dataset",
    name: textIn(properties, "title") ?? "dataset",
    description: descriptionOf(about),
    identifier: [...(sameAs ? [sameAs] : []), `ipfs://${cid}`],
    ...(sameAs && { sameAs }),
    version: textIn(properties, "fieldtree:product_version") ?? cid,
    isAccessibleForFree: true,
    ...(licence && { license: licence }),
    ...(keywords.length > 0 && { keywords }),
    ...((creators.length > 0 || organisations.length > 0) && {
      creator: creators.length > 0 ? creators : organisations,
    }),
    ...(organisations.length > 0 && { provider: organisations }),
    ...Object.fromEntries(dates),
    ...(time && { temporalCoverage: time.start === time.end ? time.start : `${time.start}/${time.end}` }),
    ...(bbox && { spatialCoverage: { "@type": "Place", geo: geoOf(bbox, geometry) } }),
    ...(variables.length > 0 && { variableMeasured: variables }),
    ...(instruments.length > 0 && { measurementTechnique: instruments }),
    distribution: distributionOf(about),
    ...(about.isPublished && {
      includedInDataCatalog: {
        "@type": "DataCatalog",
        name: facts.title || facts.campaign,
        ...(facts.domain && { identifier: `ipns://${facts.domain}` }),
      },
    }),
  };
}

/** The summary; where there is none, or it is shorter than is asked for, with what the dataset is. */
export function descriptionOf({ item, path, facts }: PageAbout): string {
  const summary = textIn(item.properties, "description") ?? "";
  if (summary.length >= 50) return summary.slice(0, longest).toWellFormed();
  const variables = Object.keys((item.properties["cube:variables"] ?? {}) as object).length;
  const what = variables > 0 ? ` with ${plural(variables, "variable")}` : "";
  const end = summary === "" || /[.!?…]$/.test(summary) ? "" : ".";
  const sentence = `The dataset ${path} of ${facts.title || facts.campaign}${what}, at a content address on IPFS.`;
  return `${summary}${end} ${sentence}`.trim().slice(0, longest).toWellFormed();
}

function personOf(contact: Json): Json[] {
  if (!isRecord(contact) || typeof contact.name !== "string") return [];
  const { name, identifier, organization, roles } = contact;
  const [role] = Array.isArray(roles) ? roles : [];
  if (role !== "creator") return [];
  return [
    {
      "@type": "Person",
      name,
      ...(typeof identifier === "string" && { "@id": identifier, identifier }),
      ...(typeof organization === "string" && { affiliation: { "@type": "Organization", name: organization } }),
    },
  ];
}

const organisationOf = (provider: Json): Json[] =>
  isRecord(provider) && typeof provider.name === "string" ? [{ "@type": "Organization", name: provider.name }] : [];

function geoOf(
  [west, south, east, north]: readonly [number, number, number, number],
  geometry: PageAbout["item"]["geometry"],
): Json {
  if (geometry?.type === "Point") {
    return { "@type": "GeoCoordinates", latitude: geometry.coordinates[1], longitude: geometry.coordinates[0] };
  }
  return { "@type": "GeoShape", box: `${south} ${west} ${north} ${east}` };
}

function variablesOf(variables: Json | undefined): Json[] {
  const all = isRecord(variables) ? Object.entries(variables) : [];
  const measured = all.filter(([, field]) => isRecord(field) && field.type === "data");
  return measured.slice(0, mostVariables).map(([name, field]) => {
    const { description, unit, "cf:standard_name": standardName } = field as Readonly<Record<string, Json>>;
    return {
      "@type": "PropertyValue",
      name,
      ...(typeof description === "string" && { description }),
      ...(typeof unit === "string" && { unitText: unit }),
      ...(typeof standardName === "string" && {
        propertyID: `http://vocab.nerc.ac.uk/standard_name/${encodeURIComponent(standardName)}/`,
      }),
    };
  });
}

function distributionOf({ item, cid, facts }: PageAbout): Json[] {
  const size = sizeOf(item);
  const type = item.assets.data?.type;
  const urls = [...facts.gateways.map((gateway) => `${gateway}/ipfs/${cid}`), `ipfs://${cid}`];
  return urls.map((contentUrl) => ({
    "@type": "DataDownload",
    contentUrl,
    ...(typeof type === "string" && { encodingFormat: type }),
    ...(size !== undefined && { contentSize: `${size} B` }),
  }));
}
