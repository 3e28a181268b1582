/**
 * Coastlines of Natural Earth (public domain), from files next to the page: at once those for the whole Earth, and when the map
 * is magnified those with bays and small islands. Nothing comes from a tile server.
 */
import type { MultiPolygon } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

/** Which coastlines a scale needs. */
type Detail = "110m" | "50m";

/** Pixels a radian from which the coarse coastlines look coarse. */
const fineFrom = 700;

const detailAt = (scale: number): Detail => (scale < fineFrom ? "110m" : "50m");

/** Reads a file next to the scripts. */
export type ReadFile = (name: string) => Promise<Response>;

/**
 * The coastlines for a scale, as far as they are here: coarse ones until the fine ones have come. `onLoaded` is called when there
 * are more; where none come (offline, a host without the files) the map has no land.
 */
export function coastlines(read: ReadFile, onLoaded: () => void): (scale: number) => MultiPolygon | undefined {
  const loaded = new Map<Detail, MultiPolygon>();
  const requested = new Set<Detail>();
  const request = (detail: Detail) => {
    if (requested.has(detail)) return;
    requested.add(detail);
    landOf(detail, read).then(
      (land) => {
        loaded.set(detail, land);
        onLoaded();
      },
      // The map is whole without land.
      () => undefined,
    );
  };
  return (scale) => {
    const detail = detailAt(scale);
    request("110m");
    if (loaded.has("110m")) request(detail);
    return loaded.get(detail) ?? loaded.get("110m");
  };
}

/** @throws where the file can't be fetched or is no coastline. */
async function landOf(detail: Detail, read: ReadFile): Promise<MultiPolygon> {
  const response = await read(`land-${detail}.json`);
  if (!response.ok) throw new Error(`coastlines: HTTP ${response.status}`);
  const topology = (await response.json()) as Topology<{ land: GeometryCollection }>;
  const collection = feature(topology, topology.objects.land);
  const coordinates = collection.features.flatMap(({ geometry }) =>
    geometry.type === "MultiPolygon" ? geometry.coordinates : geometry.type === "Polygon" ? [geometry.coordinates] : [],
  );
  return { type: "MultiPolygon", coordinates };
}
