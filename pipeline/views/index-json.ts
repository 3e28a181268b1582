/**
 * `index.json`: what the page needs to list, search and open everything in the tree, and no more.
 *
 * Derived from the STAC items, so that it always agrees with them. Geometries are coarse (2 decimals, few points); the item
 * has the exact ones. A test requires less than 700 bytes a dataset after gzip.
 *
 * Programs read it whole. So it lists nothing of a campaign with more entries than {@link mostListed}: then it has their
 * numbers, and where the search index is, of which a query reads a few kilobytes.
 */
import type { Geometry, Position } from "../core/dataset/dataset.ts";
import { evenlyOf } from "../core/evenly.ts";
import { type Json, stableJson } from "../core/json.ts";
import { headerFile } from "../core/search/index/layout.ts";
import type { DatasetEntry } from "../core/stac/catalog-entry.ts";
import { itemFile, referenceFile } from "../core/stac/names.ts";
import type { Content, Stateless, View } from "./view.ts";

export const indexJson: View<Stateless> = {
  name: "index",
  version: 1,
  states: {},
  render: (_, content) => [{ path: "index.json", content: stableJson(indexOf(content)) }],
};

/** Entries that are listed: some 7 MB. */
export const mostListed = 5000;

function indexOf({ draft, entries, campaign }: Content) {
  const { campaign: name, title, domain, gateways } = campaign;
  const head = {
    campaign: { name, title, domain, gateways },
    ...(campaign.sisters && { sisters: campaign.sisters.map(({ stac: _, ...sister }) => sister) }),
    ...(campaign.mirrors && { mirrors: campaign.mirrors }),
    release: { number: draft.number, made: draft.made, root: draft.root.toString() },
  };
  if (entries.length > mostListed) {
    const counts = { datasets: 0, plain: 0, failed: 0 };
    for (const { kind } of entries) counts[kind === "dataset" ? "datasets" : kind]++;
    return { ...head, datasets: [], plain: [], failed: [], unlisted: counts, search: `search/${headerFile}` };
  }
  return {
    ...head,
    datasets: entries.filter((entry) => entry.kind === "dataset").map(lineOf),
    plain: entries
      .filter((entry) => entry.kind === "plain")
      .map(({ path, cid, plain, names, findings = [] }) => ({
        path,
        cid,
        ...plain,
        names,
        findings: orAbsent(findings.map(({ says }) => says)),
      })),
    failed: entries
      .filter((entry) => entry.kind === "failed")
      .map(({ path, cid, reader, failure }) => ({ path, cid, reader, says: failure.message })),
  };
}

/** Most characters of a summary, points of a geometry, variables and keywords in the entry of a dataset. */
const most = { summary: 200, points: 24, variables: 40, keywords: 8, findings: 3 } as const;

function lineOf({ path, cid, reader, item, findings, references = [] }: DatasetEntry) {
  const isReferenced = references.some((reference) => reference.path === "" && !("why" in reference));
  const { properties, bbox, geometry, assets } = item;
  const data = assets.data ?? {};
  const start = properties.start_datetime ?? properties.datetime;
  const known = properties["fieldtree:time_source"] !== "unknown";
  const summary = textOf(properties.description);
  return {
    path,
    cid,
    size: data["file:size"],
    title: properties.title,
    summary:
      summary && (summary.length > most.summary ? `${summary.slice(0, most.summary - 1).toWellFormed()}…` : summary),
    reader,
    zarr: data["zarr:zarr_format"],
    consolidated: data["zarr:consolidated"],
    time: known && start ? [start, properties.end_datetime ?? start] : undefined,
    bbox: bbox?.map(coarse),
    geometry: geometry ? sketch(geometry) : undefined,
    platform: properties.platform,
    projects: properties["fieldtree:projects"],
    keywords: orAbsent(listOf(properties.keywords).slice(0, most.keywords)),
    creators: orAbsent(listOf(properties.contacts).map((contact) => (contact as { name: Json }).name)),
    license: properties.license,
    doi: properties["sci:doi"],
    files: properties["fieldtree:member_count"],
    members: membersOf(properties["fieldtree:members"]),
    vars: orAbsent(variablesOf(properties["cube:variables"])),
    item: itemFile(path),
    reference: isReferenced ? referenceFile(path) : undefined,
    findings: orAbsent(findings.slice(0, most.findings).map(({ says }) => says)),
  };
}

/** Names of the files of a dataset that is a folder of like files. */
function membersOf(members: Json | undefined): readonly Json[] | undefined {
  return members === undefined ? undefined : listOf(members).map((member) => (member as { path: Json }).path);
}

/** Name, unit and standard name of the measured variables; of coordinates where there are no others. */
function variablesOf(cube: Json | undefined): readonly Json[] {
  const all = Object.entries((cube ?? {}) as Record<string, Record<string, Json>>);
  const measured = all.filter(([, { type }]) => type === "data");
  return (measured.length > 0 ? measured : all).slice(0, most.variables).map(([name, variable]) => {
    const [unit, standardName] = [variable.unit, variable["cf:standard_name"]];
    if (standardName) return [name, unit ?? "", standardName];
    return unit ? [name, unit] : [name];
  });
}

/** The geometry with few points and two decimals: enough for a small map. */
function sketch(geometry: Geometry): Geometry {
  switch (geometry.type) {
    case "Point":
      return { type: "Point", coordinates: point(geometry.coordinates) };
    case "MultiPoint":
      return { type: "MultiPoint", coordinates: thinned(geometry.coordinates, most.points) };
    case "LineString":
      return { type: "LineString", coordinates: thinned(geometry.coordinates, most.points) };
    case "MultiLineString": {
      const each = Math.max(2, Math.floor(most.points / geometry.coordinates.length));
      const lines = evenlyOf(geometry.coordinates, most.points / 2);
      return { type: "MultiLineString", coordinates: lines.map((line) => thinned(line, each)) };
    }
    case "Polygon":
      return { type: "Polygon", coordinates: geometry.coordinates.slice(0, 1).map(ring) };
    case "MultiPolygon":
      return {
        type: "MultiPolygon",
        coordinates: geometry.coordinates.slice(0, 4).map((polygon) => polygon.slice(0, 1).map(ring)),
      };
  }
}

const coarse = (degrees: number) => Math.round(degrees * 100) / 100 + 0;
const point = ([longitude, latitude]: Position): Position => [coarse(longitude), coarse(latitude)];
const ring = (positions: readonly Position[]) => thinned(positions, most.points);

function thinned(positions: readonly Position[], limit: number): readonly Position[] {
  return evenlyOf(positions, limit).map(point);
}

const orAbsent = <T>(list: readonly T[]) => (list.length > 0 ? list : undefined);
const textOf = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
