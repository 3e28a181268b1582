/**
 * A record of DataCite as XML, valid by the schema 4.6.
 *
 * @see https://schema.datacite.org/meta/kernel-4.6/metadata.xsd
 */
import { type Element, xmlLines } from "../text/xml.ts";
import type { DataciteRecord, GeoLocation, Name } from "./record.ts";

/** The document, with a final newline. */
export function recordXml(record: DataciteRecord): string {
  const head = [
    'xmlns="http://datacite.org/schema/kernel-4"',
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    'xsi:schemaLocation="http://datacite.org/schema/kernel-4 https://schema.datacite.org/meta/kernel-4.6/metadata.xsd"',
  ];
  const body = elementsOf(record).map((element) => xmlLines(element, "  "));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<resource ${head.join(" ")}>\n${body.join("")}</resource>\n`;
}

function elementsOf(record: DataciteRecord): Element[] {
  const { doi, types, creators, titles, publisher, publicationYear, version } = record;
  return [
    ["identifier", { identifierType: "DOI" }, doi],
    ["creators", {}, creators.map((creator): Element => ["creator", {}, nameParts(creator, "creatorName")])],
    ["titles", {}, titles.map(({ title }): Element => ["title", {}, title])],
    ["publisher", {}, publisher.name],
    ...(publicationYear === undefined ? [] : [["publicationYear", {}, String(publicationYear)] as const]),
    ["resourceType", { resourceTypeGeneral: types.resourceTypeGeneral }, types.resourceType],
    ...list("subjects", record.subjects, ({ subject }) => ["subject", {}, subject]),
    ...list("contributors", record.contributors, ({ contributorType, ...name }) => [
      "contributor",
      { contributorType },
      nameParts(name, "contributorName"),
    ]),
    ...list("dates", record.dates, ({ date, dateType, dateInformation }) => [
      "date",
      { dateType, dateInformation },
      date,
    ]),
    ...list("alternateIdentifiers", record.alternateIdentifiers, ({ alternateIdentifier, alternateIdentifierType }) => [
      "alternateIdentifier",
      { alternateIdentifierType },
      alternateIdentifier,
    ]),
    ...list("relatedIdentifiers", record.relatedIdentifiers, ({ relatedIdentifier, ...attributes }) => [
      "relatedIdentifier",
      attributes,
      relatedIdentifier,
    ]),
    ...list("sizes", record.sizes, (size) => ["size", {}, size]),
    ...list("formats", record.formats, (format) => ["format", {}, format]),
    ...(version === undefined ? [] : [["version", {}, version] as const]),
    ...list("rightsList", record.rightsList, ({ rights, rightsUri, schemeUri, ...attributes }) => [
      "rights",
      { rightsURI: rightsUri, ...attributes, schemeURI: schemeUri },
      rights,
    ]),
    ...list("descriptions", record.descriptions, ({ description, descriptionType }) => [
      "description",
      { descriptionType },
      description,
    ]),
    ...list("geoLocations", record.geoLocations, (location) => ["geoLocation", {}, placeParts(location)]),
  ];
}

/** A list with its items; nothing where there are none. */
function list<T>(name: string, items: readonly T[], of: (item: T) => Element): Element[] {
  return items.length === 0 ? [] : [[name, {}, items.map(of)]];
}

function nameParts(
  { name, nameType, givenName, familyName, nameIdentifiers = [], affiliation = [] }: Name,
  as: string,
) {
  const parts: Element[] = [
    [as, { nameType }, name],
    ...(givenName === undefined ? [] : [["givenName", {}, givenName] as const]),
    ...(familyName === undefined ? [] : [["familyName", {}, familyName] as const]),
    ...nameIdentifiers.map(
      ({ nameIdentifier, nameIdentifierScheme, schemeUri }): Element => [
        "nameIdentifier",
        { nameIdentifierScheme, schemeURI: schemeUri },
        nameIdentifier,
      ],
    ),
    ...affiliation.map((each): Element => ["affiliation", {}, each.name]),
  ];
  return parts;
}

function placeParts({ geoLocationPlace, geoLocationPoint, geoLocationBox }: GeoLocation): Element[] {
  const numbers = (of: object): Element[] => Object.entries(of).map(([name, degrees]) => [name, {}, String(degrees)]);
  return [
    ...(geoLocationPlace === undefined ? [] : [["geoLocationPlace", {}, geoLocationPlace] as const]),
    ...(geoLocationPoint ? [["geoLocationPoint", {}, numbers(geoLocationPoint)] as const] : []),
    ...(geoLocationBox ? [["geoLocationBox", {}, numbers(geoLocationBox)] as const] : []),
  ];
}
