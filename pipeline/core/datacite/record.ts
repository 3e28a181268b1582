/**
 * The record of a dataset at DataCite: schema 4.6, in the JSON of its REST API.
 *
 * Made of the dataset's STAC item and campaign.yaml. What the dataset does not say is absent. `xml.ts` writes the same record as
 * XML, and `rules.ts` checks what neither of DataCite's schemas does.
 *
 * @see https://datacite-metadata-schema.readthedocs.io/en/4.6/
 */
import type { Facts } from "../campaign/campaign.ts";
import { type Creator, creatorOf, invertedName } from "../cite/creator.ts";
import { plainLine } from "../cite/plain-line.ts";
import { datasetWork, type Work, yearOf } from "../cite/work.ts";
import type { Bounds } from "../dataset/dataset.ts";
import { sinceEver, untilEver } from "../dataset/instant.ts";
import type { Json } from "../json.ts";
import type { Item } from "../stac/item.ts";

export interface DataciteRecord {
  readonly doi: string;
  readonly types: { readonly resourceTypeGeneral: "Dataset"; readonly resourceType: string };
  readonly creators: readonly Name[];
  readonly titles: readonly { readonly title: string }[];
  readonly publisher: { readonly name: string };
  /** Absent where neither the dataset nor a release has a date: DataCite then refuses the record. */
  readonly publicationYear?: number;
  readonly subjects: readonly { readonly subject: string }[];
  readonly contributors: readonly (Name & { readonly contributorType: string })[];
  readonly dates: readonly RecordDate[];
  readonly alternateIdentifiers: readonly {
    readonly alternateIdentifier: string;
    readonly alternateIdentifierType: string;
  }[];
  readonly relatedIdentifiers: readonly Relation[];
  readonly sizes: readonly string[];
  readonly formats: readonly string[];
  readonly version?: string;
  readonly rightsList: readonly Rights[];
  readonly descriptions: readonly { readonly description: string; readonly descriptionType: "Abstract" }[];
  readonly geoLocations: readonly GeoLocation[];
  readonly schemaVersion: "http://datacite.org/schema/kernel-4";
}

export interface Name {
  readonly name: string;
  readonly nameType: "Personal" | "Organizational";
  readonly givenName?: string;
  readonly familyName?: string;
  readonly nameIdentifiers?: readonly {
    readonly nameIdentifier: string;
    readonly nameIdentifierScheme: "ORCID";
    readonly schemeUri: "https://orcid.org";
  }[];
  readonly affiliation?: readonly { readonly name: string }[];
}

export interface RecordDate {
  /** An instant, a day, or two of them with a slash between. */
  readonly date: string;
  readonly dateType: "Collected" | "Created" | "Updated" | "Issued";
  readonly dateInformation?: string;
}

export interface Relation {
  readonly relatedIdentifier: string;
  readonly relatedIdentifierType: "DOI";
  readonly relationType: "IsNewVersionOf" | "IsPreviousVersionOf" | "IsPartOf" | "IsDocumentedBy";
}

export interface Rights {
  readonly rights: string;
  readonly rightsUri?: string;
  readonly rightsIdentifier?: string;
  readonly rightsIdentifierScheme?: "SPDX";
  readonly schemeUri?: "https://spdx.org/licenses/";
}

/** Degrees. A box never crosses the antimeridian: an extent that does is two boxes, which `geoLocationPlace` explains. */
export interface GeoLocation {
  readonly geoLocationPlace?: string;
  readonly geoLocationPoint?: { readonly pointLongitude: number; readonly pointLatitude: number };
  readonly geoLocationBox?: {
    readonly westBoundLongitude: number;
    readonly eastBoundLongitude: number;
    readonly southBoundLatitude: number;
    readonly northBoundLatitude: number;
  };
}

/** DOIs that the record names, each without a prefix. */
export interface RelatedDois {
  /** Of the version before this one. */
  readonly previous?: string;
  readonly next?: string;
  /** Of the whole campaign. */
  readonly campaign?: string;
}

export interface RecordOptions {
  readonly doi: string;
  /** When this version was first published. */
  readonly released?: string;
  readonly related?: RelatedDois;
}

export function recordOf(item: Item, cid: string, facts: Facts, options: RecordOptions): DataciteRecord {
  const { doi, released, related = {} } = options;
  const { properties, assets } = item;
  const work = datasetWork(item, cid, facts, released);
  const year = yearOf(work);
  const { type, "file:size": size } = assets.data ?? {};
  const formats = [type, ...membersType(assets)].filter((each) => typeof each === "string");
  return {
    doi,
    types: { resourceTypeGeneral: "Dataset", resourceType: resourceType(type) },
    creators: work.creators.map(nameOf),
    titles: [{ title: work.title }],
    publisher: { name: work.publisher },
    ...(year !== undefined && { publicationYear: Number(year) }),
    subjects: [...new Set(work.keywords)].map((subject) => ({ subject })),
    contributors: contributorsOf(properties.contacts, work),
    dates: datesOf(item, work),
    alternateIdentifiers: [{ alternateIdentifier: cid, alternateIdentifierType: "IPFS CID" }],
    relatedIdentifiers: relationsOf(properties["sci:publications"], related, doi),
    sizes: typeof size === "number" ? [`${size} bytes`] : [],
    formats: [...new Set(formats)],
    ...(work.version && { version: work.version }),
    rightsList: rightsOf(item, work),
    descriptions: work.abstract ? [{ description: work.abstract, descriptionType: "Abstract" }] : [],
    geoLocations: geoLocationsOf(item),
    schemaVersion: "http://datacite.org/schema/kernel-4",
  };
}

const resourceTypes: Readonly<Record<string, string>> = {
  "application/vnd.zarr": "Zarr store",
  "application/netcdf": "NetCDF file",
  "application/x-hdf5": "HDF5 file",
};

const resourceType = (mediaType: Json | undefined): string =>
  (typeof mediaType === "string" && Object.hasOwn(resourceTypes, mediaType) && resourceTypes[mediaType]) || "Dataset";

/** Media types of the files of a folder that is described by its sidecar. */
const membersType = (assets: Item["assets"]): Json[] =>
  Object.entries(assets).flatMap(([name, { type }]) => (name === "data" || type === undefined ? [] : [type]));

function nameOf(creator: Creator): Name {
  if (creator.kind === "organisation") return { name: creator.name, nameType: "Organizational" };
  const { family, given, orcid, affiliation } = creator;
  return {
    name: invertedName(creator),
    nameType: "Personal",
    ...(given && { givenName: given }),
    familyName: family,
    ...(orcid && {
      nameIdentifiers: [
        {
          nameIdentifier: `https://orcid.org/${orcid}`,
          nameIdentifierScheme: "ORCID",
          schemeUri: "https://orcid.org",
        },
      ],
    }),
    ...(affiliation && { affiliation: [{ name: affiliation }] }),
  };
}

/** Roles of DataCite, by what people write in `contributor_role`: letters only, in lower case. */
const contributorTypes: ReadonlyMap<string, string> = new Map(
  (
    "ContactPerson DataCollector DataCurator DataManager Distributor Editor HostingInstitution Producer ProjectLeader " +
    "ProjectManager ProjectMember RelatedPerson ResearchGroup Researcher RightsHolder Sponsor Supervisor Translator " +
    "WorkPackageLeader"
  )
    .split(" ")
    .map((type) => [type.toLowerCase(), type]),
);

/** Contacts that are neither publishers nor among the creators. */
function contributorsOf(contacts: Json | undefined, { creators }: Work): DataciteRecord["contributors"] {
  const known = new Set(creators.map(invertedName));
  return listOf(contacts).flatMap((contact) => {
    const { name, identifier, organization, roles } = contact as Readonly<Record<string, Json>>;
    const role = String(listOf(roles)[0] ?? "");
    if (typeof name !== "string" || role === "creator" || role === "publisher") return [];
    const orcid = typeof identifier === "string" ? /[\dX-]{19}$/.exec(identifier)?.[0] : undefined;
    const affiliation = typeof organization === "string" ? organization : undefined;
    const creator = creatorOf(name, { ...(orcid && { orcid }), ...(affiliation && { affiliation }) });
    if (!creator || known.has(invertedName(creator))) return [];
    const contributorType = contributorTypes.get(role.replace(/[^A-Za-z]/g, "").toLowerCase()) ?? "Other";
    return [{ ...nameOf(creator), contributorType }];
  });
}

function datesOf({ properties, assets }: Item, { issued }: Work): RecordDate[] {
  const { datetime, start_datetime: start, end_datetime: end } = properties;
  const { created, updated } = assets.data ?? {};
  const calendar = properties["fieldtree:calendar"];
  const isKnown = properties["fieldtree:time_source"] !== "unknown";
  const bounded = (instant: Json | undefined) =>
    typeof instant === "string" && instant !== sinceEver && instant !== untilEver ? instant : "";
  const [from, to] = [bounded(datetime ?? start), bounded(datetime ?? end)];
  const collected = from === to ? from : `${from}/${to}`;
  const dated = (date: Json | undefined, dateType: RecordDate["dateType"]): RecordDate[] =>
    typeof date === "string" ? [{ date: date.slice(0, 10), dateType }] : [];
  return [
    ...(isKnown && collected !== ""
      ? [
          {
            date: collected,
            dateType: "Collected" as const,
            ...(typeof calendar === "string" && { dateInformation: `calendar ${plainLine(calendar, 60)}` }),
          },
        ]
      : []),
    ...dated(created, "Created"),
    ...dated(updated, "Updated"),
    ...dated(issued && issued.length === 10 ? issued : undefined, "Issued"),
  ];
}

function relationsOf(
  publications: Json | undefined,
  { previous, next, campaign }: RelatedDois,
  own: string,
): Relation[] {
  const documented = listOf(publications).flatMap((publication) => {
    const { doi } = publication as Readonly<Record<string, Json>>;
    return typeof doi === "string" ? [[doi, "IsDocumentedBy"] as const] : [];
  });
  const all = [
    ...(previous ? [[previous, "IsNewVersionOf"] as const] : []),
    ...(next ? [[next, "IsPreviousVersionOf"] as const] : []),
    ...(campaign ? [[campaign, "IsPartOf"] as const] : []),
    ...documented,
  ];
  const others = all.filter(([doi]) => doi.toLowerCase() !== own.toLowerCase());
  const byKey = new Map(others.map(([doi, type]) => [`${type} ${doi.toLowerCase()}`, { doi, type }]));
  return [...byKey.values()].map(({ doi, type }) => ({
    relatedIdentifier: doi,
    relatedIdentifierType: "DOI",
    relationType: type,
  }));
}

function rightsOf({ properties, links }: Item, { licence }: Work): Rights[] {
  const written = properties["fieldtree:licence"];
  const href = links.find(({ rel }) => rel === "license")?.href;
  const rightsUri = href && { rightsUri: href };
  if (licence === undefined) {
    return typeof written === "string" ? [{ rights: plainLine(written, 500), ...rightsUri }] : [];
  }
  return [
    {
      rights: licence,
      ...rightsUri,
      rightsIdentifier: licence,
      rightsIdentifierScheme: "SPDX",
      schemeUri: "https://spdx.org/licenses/",
    },
  ];
}

function geoLocationsOf({ bbox }: Item): GeoLocation[] {
  if (!bbox) return [];
  const [west, south, east, north] = bbox;
  if (west === east && south === north) {
    return [{ geoLocationPoint: { pointLongitude: west, pointLatitude: south } }];
  }
  if (west <= east) return [{ geoLocationBox: boxOf({ west, south, east, north }) }];
  const geoLocationPlace = `crosses the antimeridian: longitudes ${west} to 180 and -180 to ${east}`;
  const halves = [
    { west, south, east: 180, north },
    { west: -180, south, east, north },
  ];
  return halves.map((half) => ({ geoLocationPlace, geoLocationBox: boxOf(half) }));
}

const boxOf = ({ west, south, east, north }: Bounds) => ({
  westBoundLongitude: west,
  eastBoundLongitude: east,
  southBoundLatitude: south,
  northBoundLatitude: north,
});

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
