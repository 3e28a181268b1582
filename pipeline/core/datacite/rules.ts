/**
 * What DataCite's schemas accept and no record should have: boxes the wrong way round, dates that are none, empty titles.
 *
 * ```ts
 * objectionsTo(record); // ["geoLocations: west (20) is greater than east (10)"]
 * ```
 */
import { isOrcid } from "../attributes/people.ts";
import { objectionTo } from "../dataset/extent.ts";
import { instantOf, isInstant } from "../dataset/instant.ts";
import { isDoi } from "./doi.ts";
import type { DataciteRecord, GeoLocation, Name, RecordDate } from "./record.ts";

/** Why the record should not be registered, a sentence each; none where it may be. */
export function objectionsTo(record: DataciteRecord): string[] {
  const { titles, creators, contributors, publisher, publicationYear, dates, geoLocations, relatedIdentifiers } =
    record;
  return [
    ...(isDoi(record.doi) ? [] : [`doi: ${record.doi} is no DOI`]),
    ...(titles.length === 0 || titles.some(({ title }) => isBlank(title))
      ? ["titles: there is none, or it is blank"]
      : []),
    ...(creators.length === 0 ? ["creators: there is none"] : []),
    ...[...creators, ...contributors].flatMap(objectionsToName),
    ...(isBlank(publisher.name) ? ["publisher: it is blank"] : []),
    ...objectionsToYear(publicationYear),
    ...dates.flatMap(objectionsToDate),
    ...geoLocations.flatMap(objectionsToPlace),
    ...relatedIdentifiers.flatMap(({ relatedIdentifier, relationType }) =>
      isDoi(relatedIdentifier) ? [] : [`relatedIdentifiers: ${relationType} ${relatedIdentifier} is no DOI`],
    ),
  ];
}

const isBlank = (text: string | undefined) => text === undefined || !/\S/.test(text);

function objectionsToName({ name, nameIdentifiers = [] }: Name): string[] {
  if (isBlank(name)) return ["creators: a name is blank"];
  return nameIdentifiers.flatMap(({ nameIdentifier }) => {
    const orcid = nameIdentifier.replace(/^https:\/\/orcid\.org\//, "");
    return /^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/.test(orcid) && isOrcid(orcid)
      ? []
      : [`creators: ${nameIdentifier} of ${name} is no ORCID iD`];
  });
}

function objectionsToYear(year: number | undefined): string[] {
  if (year === undefined) {
    return ["publicationYear: the dataset has no date_issued and is in no release: publish it first"];
  }
  return Number.isInteger(year) && year >= 1000 && year <= 9999 ? [] : [`publicationYear: ${year} is no year`];
}

/** A day or an instant, or two of them with a slash between, one of which may be missing: an open range. */
function objectionsToDate({ date, dateType }: RecordDate): string[] {
  const ends = date.split("/");
  const isDate = (text: string) => (/^\d{4}-\d\d-\d\d$/.test(text) ? instantOf(text) !== undefined : isInstant(text));
  const written = ends.filter((end) => end !== "");
  if (ends.length > 2 || written.length === 0 || !written.every(isDate))
    return [`dates: ${dateType} ${date} is no date`];
  const [start, end] = written.map((text) => instantOf(text)?.iso ?? text);
  const isReversed = end !== undefined && start!.replace(/Z$/, "") > end.replace(/Z$/, "");
  return isReversed ? [`dates: ${dateType} ${date} ends before it starts`] : [];
}

function objectionsToPlace({ geoLocationBox: box, geoLocationPoint: point }: GeoLocation): string[] {
  const [west, east] = point
    ? [point.pointLongitude, point.pointLongitude]
    : [box?.westBoundLongitude, box?.eastBoundLongitude];
  const [south, north] = point
    ? [point.pointLatitude, point.pointLatitude]
    : [box?.southBoundLatitude, box?.northBoundLatitude];
  if (west === undefined || east === undefined || south === undefined || north === undefined) return [];
  const objection = objectionTo({ west, south, east, north });
  if (objection !== undefined) return [`geoLocations: ${objection}`];
  return west > east
    ? [`geoLocations: west (${west}) is greater than east (${east}): what crosses the antimeridian is two boxes`]
    : [];
}
