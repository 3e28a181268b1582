/**
 * A STAC item: one dataset, found by place, time and variables.
 *
 * A pure function of (description, path, the facts of campaign.yaml). What the dataset does not say, the item does not
 * say either; where STAC insists, extra fields state it: `fieldtree:time_source` and `fieldtree:place_source` tell
 * how the extents are known: `values` (read from coordinates), `sampled` (from a part of them), `attributes`, `sidecar`, or
 * `unknown`, in which case the item has no geometry, and a time from ever to ever, since STAC requires one.
 * `fieldtree:calendar` names the calendar of both times where that is not ISO 8601's (`360_day`). `fieldtree:size_source`
 * is `tsize`. A folder of like files has `fieldtree:members` (path in the folder, CID, start, end, bbox; what a file doesn't
 * tell is absent), `fieldtree:member_count`, and `fieldtree:differences`: phrases for what differs between the files.
 *
 * There is no `self` link (the same bytes have many addresses) and no time of making. Links to the catalogs
 * around it depend on where it is put, and come from `catalog.ts`.
 *
 * @see https://github.com/radiantearth/stac-spec/blob/v1.1.0/item-spec/item-spec.md
 */
import { type About, interpret } from "../attributes/interpret.ts";
import type { Person } from "../attributes/people.ts";
import { oneLine } from "../attributes/text.ts";
import type { Facts } from "../campaign/campaign.ts";
import { attributeFindings } from "../checks/attributes.ts";
import type { RuleName } from "../checks/rules.ts";
import { sameData } from "../cid.ts";
import { generatedCitation } from "../cite/generated.ts";
import { doiUrl } from "../datacite/doi.ts";
import type { Access, DatasetFinding, Description, Geometry, Members } from "../dataset/dataset.ts";
import { type Box, boxOf, objectionToPlace, objectionToTime } from "../dataset/extent.ts";
import { sinceEver, untilEver } from "../dataset/instant.ts";
import type { Json } from "../json.ts";
import { assetExtensions, assetsOf } from "./assets.ts";
import { type Cube, cubeOf, hasStandardNames } from "./cube.ts";
import { idOf } from "./names.ts";

export interface Item {
  readonly type: "Feature";
  readonly stac_version: "1.1.0";
  readonly stac_extensions: readonly string[];
  readonly id: string;
  readonly bbox?: readonly [west: number, south: number, east: number, north: number];
  readonly geometry: Geometry | null;
  readonly properties: Readonly<Record<string, Json>>;
  readonly links: readonly StacLink[];
  readonly assets: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly collection?: string;
}

export interface StacLink {
  readonly rel: string;
  readonly href: string;
  readonly type?: string;
  readonly title?: string;
}

/** A dataset as the scan found it. */
export interface Described {
  /** In the tree. */
  readonly path: string;
  /** As it is linked in the tree. */
  readonly cid: string;
  /** Bytes of all blocks below, as UnixFS counts them. */
  readonly tsize: number;
  /** Name of the reader. */
  readonly reader: string;
  /** Of the file or folder, where `path` doesn't end in it: a title for what has none. */
  readonly name?: string;
  readonly description: Description;
}

const versions = {
  "alternate-assets": "v1.2.0",
  cf: "v0.3.0",
  contacts: "v1.0.0",
  datacube: "v2.3.0",
  file: "v2.1.0",
  processing: "v1.2.0",
  scientific: "v1.0.0",
  timestamps: "v1.1.0",
  version: "v1.2.0",
  "xarray-assets": "v1.0.0",
  zarr: "v1.1.0",
} as const;

/** The address by which documents declare an extension. */
export function extension(name: string): string {
  return `https://stac-extensions.github.io/${name}/${versions[name as keyof typeof versions]}/schema.json`;
}

/** The item, and findings about what it lacks; the reader's own are in the description. Never throws for what that has. */
export function itemOf(described: Described, facts: Facts): { item: Item; findings: DatasetFinding[] } {
  const { path, cid, tsize, description } = described;
  const { access } = description;
  const toAdd = (attribute: string) =>
    inItsSidecar(access, `attributes.${attribute}`) ?? `add the global attribute ${attribute}`;
  const interpreted = interpret(description.attributes, { ...facts, toAdd });
  const registered = registeredDoi(path, cid, facts);
  const about = registered === undefined ? interpreted.about : { ...interpreted.about, doi: registered };
  const time = timeOf(description);
  const place = placeOf(description);
  const cube = cubeOf(description);
  const { created, modified } = about;
  const dates = { ...(created && { created }), ...(modified && { updated: modified }) };
  const item: Item = {
    type: "Feature",
    stac_version: "1.1.0",
    stac_extensions: extensionsOf(about, cube, description, facts),
    // Only what is scanned by its CID alone has no path.
    id: idOf(path) || cid,
    ...(place.bbox && { bbox: place.bbox }),
    geometry: place.geometry,
    properties: {
      title: titleOf(described, about),
      ...(about.summary && { description: about.summary }),
      version: cid,
      ...time.properties,
      ...commonProperties(about),
      ...processingOf(about),
      ...scienceOf(about),
      ...(cube && withoutEmpty({ "cube:dimensions": cube.dimensions, "cube:variables": cube.variables })),
      ...ownProperties(described, about, time, place),
    },
    links: linksOf(about),
    assets: assetsOf(description, { cid, tsize, gateways: facts.gateways, dates }),
  };
  const findings = [
    ...interpreted.findings,
    ...time.findings,
    ...place.findings,
    ...(cube?.findings ?? []),
    ...attributeFindings(about, description),
  ];
  return { item: registered === undefined ? item : withCitation(item, cid, facts), findings };
}

/** The dataset's own title, else the name of its file or folder. */
function titleOf({ path, name }: Described, { title }: About): string {
  return title ?? (oneLine(name ?? path.slice(path.lastIndexOf("/") + 1), 300) || "dataset");
}

/** Fields of STAC's common metadata: licence, people, instruments. */
function commonProperties(about: About): Readonly<Record<string, Json>> {
  const keywords = keywordsOf(about);
  const providers = about.institutions.map((name) => ({ name, roles: ["producer"] }));
  return {
    ...(about.licence && { license: about.licence.id ?? "other" }),
    ...(keywords.length > 0 && { keywords }),
    ...(about.people.length > 0 && { contacts: about.people.map(contactOf) }),
    ...(providers.length > 0 && { providers }),
    ...(about.projects[0] && { mission: about.projects[0] }),
    ...(about.platforms[0] && { platform: about.platforms[0] }),
    ...(about.instruments.length > 0 && { instruments: about.instruments }),
    ...(about.issued && { published: about.issued }),
  };
}

const keywordsOf = ({ keywords, projects, platforms }: About) => [...new Set([...keywords, ...projects, ...platforms])];

function processingOf({ level, history }: About): Readonly<Record<string, Json>> {
  return {
    ...(level && { "processing:level": level }),
    ...(history && { "processing:lineage": history }),
  };
}

/** What no extension has a field for. */
function ownProperties(
  { path, reader, description }: Described,
  about: About,
  time: ReturnType<typeof timeOf>,
  place: ReturnType<typeof placeOf>,
): Readonly<Record<string, Json>> {
  return {
    "fieldtree:path": path,
    "fieldtree:reader": reader,
    "fieldtree:time_source": time.source,
    "fieldtree:place_source": place.source,
    ...(time.calendar && { "fieldtree:calendar": time.calendar }),
    "fieldtree:size_source": "tsize",
    ...(about.projects.length > 0 && { "fieldtree:projects": about.projects }),
    ...(about.source && { "fieldtree:source": about.source }),
    ...(about.version && { "fieldtree:product_version": about.version }),
    ...(about.featureType && { "fieldtree:feature_type": about.featureType }),
    ...(about.conventions && { "fieldtree:conventions": about.conventions }),
    ...(about.licence && !about.licence.id && { "fieldtree:licence": about.licence.text }),
    ...(description.members && membersOf(description.members)),
  };
}

/** Addresses of the schemas of the extensions whose fields the item has. */
function extensionsOf(about: About, cube: Cube | undefined, description: Description, facts: Facts): string[] {
  const names = [
    "version",
    ...assetExtensions(description, facts),
    // Its schema requires dimensions.
    ...(cube && Object.keys(cube.dimensions).length > 0 ? ["datacube"] : []),
    ...(cube && hasStandardNames(cube) ? ["cf"] : []),
    ...(about.people.length > 0 ? ["contacts"] : []),
    ...(Object.keys(scienceOf(about)).length > 0 ? ["scientific"] : []),
    ...(Object.keys(processingOf(about)).length > 0 ? ["processing"] : []),
    ...(about.issued ? ["timestamps"] : []),
  ];
  return names.sort().map(extension);
}

/** How a dataset with a registered DOI is cited, where its authors don't state it. */
function withCitation(item: Item, cid: string, facts: Facts): Item {
  return { ...item, properties: { "sci:citation": generatedCitation(item, cid, facts), ...item.properties } };
}

/** The DOI that the campaign registered for exactly these data. */
function registeredDoi(path: string, cid: string, { dois = {} }: Facts): string | undefined {
  const entry = Object.hasOwn(dois, path) ? dois[path] : undefined;
  return entry && sameData(entry.cid, cid) ? entry.doi : undefined;
}

/** Without empty objects, which no column of a Parquet file can have. */
function withoutEmpty(fields: Readonly<Record<string, Readonly<Record<string, Json>>>>) {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => Object.keys(field).length > 0));
}

/** The files of a folder that are one dataset together: the first ones, how many there are, and what differs between them. */
function membersOf({ count, listed, differences }: Members) {
  return {
    "fieldtree:members": listed.map(({ size, ...member }): Json => member),
    "fieldtree:member_count": count,
    ...(differences.length > 0 && { "fieldtree:differences": differences }),
  };
}

function timeOf({ time, access }: Description) {
  const unknown = { datetime: null, start_datetime: sinceEver, end_datetime: untilEver };
  const objection = time && objectionToTime(time);
  if (!time || objection) {
    const says = objection
      ? `its time is left out: ${objection}`
      : "has no time: neither coordinates nor attributes tell it";
    const fix = missingExtentFix(access, {
      sidecar: "extent.temporal: [start, end]",
      attributes: "give a time coordinate with CF units, or the attributes time_coverage_start and time_coverage_end",
    });
    return { properties: unknown, source: "unknown", calendar: undefined, findings: [warning("no-time", says, fix)] };
  }
  const properties =
    time.start === time.end
      ? { datetime: time.start }
      : { datetime: null, start_datetime: time.start, end_datetime: time.end };
  return { properties, source: time.source, ...(time.calendar && { calendar: time.calendar }), findings: [] };
}

function placeOf({ place, access }: Description): {
  bbox?: Box;
  geometry: Geometry | null;
  source: string;
  findings: DatasetFinding[];
} {
  const bbox = place && boxOf(place.bounds);
  const objection = place && objectionToPlace(place);
  if (place && bbox && !objection) return { bbox, geometry: place.geometry, source: place.source, findings: [] };

  const says = objection
    ? `its place is left out: ${objection}`
    : "has no place: neither coordinates nor attributes tell it";
  const fix = missingExtentFix(access, {
    sidecar: "extent.spatial: [west, south, east, north]",
    attributes:
      "give latitude and longitude coordinates, or the attributes geospatial_lat_min, _lat_max, _lon_min, _lon_max",
  });
  return { geometry: null, source: "unknown", findings: [warning("no-place", says, fix)] };
}

/** How to add an extent that is missing. */
function missingExtentFix(access: Access, by: { readonly sidecar: string; readonly attributes: string }): string {
  return inItsSidecar(access, by.sidecar) ?? by.attributes;
}

/** How to add a key where data have no attributes of their own: a folder with a sidecar has one already, any other file may get one. */
function inItsSidecar({ format }: Access, key: string): string | undefined {
  if (format === "files") return `add ${key} to its dataset_meta.yaml`;
  return format === "file" ? `add ${key} to its sidecar, a file of the same name with .meta.yaml after it` : undefined;
}

function contactOf({ name, email, orcid, organization, role }: Person): Json {
  return {
    name,
    ...(orcid && { identifier: `https://orcid.org/${orcid}` }),
    ...(organization && { organization }),
    ...(email && { emails: [{ value: email }] }),
    roles: [role],
  };
}

function scienceOf({ doi, citation, references }: About): Readonly<Record<string, Json>> {
  const publications = references
    .filter((reference) => reference.doi !== doi && (reference.doi || !reference.href))
    .map(({ doi, text }) => ({ ...(doi && { doi }), ...(text && { citation: text }) }));
  return {
    ...(doi && { "sci:doi": doi }),
    ...(citation && { "sci:citation": citation }),
    ...(publications.length > 0 && { "sci:publications": publications }),
  };
}

function linksOf({ doi, licence, references }: About): StacLink[] {
  const named = references.flatMap(({ href, text, ...reference }) =>
    href && reference.doi !== doi ? [{ rel: "describedby", href, ...(text && { title: oneLine(text, 300) }) }] : [],
  );
  const spdx = licence?.id && `https://spdx.org/licenses/${licence.id}.html`;
  const terms = licence?.href ?? spdx;
  return [
    ...(doi ? [{ rel: "cite-as", href: doiUrl(doi) }] : []),
    ...(terms ? [{ rel: "license", href: terms, title: oneLine(licence!.text, 100) }] : []),
    ...named,
  ];
}

const warning = (rule: RuleName, says: string, fix: string): DatasetFinding => ({ level: "warning", rule, says, fix });
