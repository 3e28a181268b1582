/**
 * KML 2.2 and 2.3: placemarks with points, lines and areas, tracks with times (`gx:Track`), and pictures on the ground.
 *
 * Longitude comes before latitude. Where the camera is, and what is drawn only from a certain distance, does not show where
 * the data are.
 *
 * @see https://docs.ogc.org/is/12-007r2/12-007r2.html
 */
import type { Description, Position } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import type { World } from "../../core/world.ts";
import type { FormatReader } from "../reader.ts";
import { textFormat } from "../text.ts";
import { positions } from "./positions.ts";
import { describedTrack, pointVariables, trackText } from "./track-file.ts";
import { type Element, rootOf, visitXml } from "./xml.ts";

const mediaType = "application/vnd.google-earth.kml+xml";

export const kml: FormatReader = {
  name: "kml",
  version: 1,
  files: textFormat((text) => rootOf(text) === "kml", describeKml),
};

/** @throws Failure `input` where it is no well-formed XML */
async function describeKml(file: RangeSource, world: World): Promise<Description> {
  const read = await trackText(file, mediaType);
  if ("tooLarge" in read) return read.tooLarge;
  const found = positions();
  const attributes = new Map<string, string>();
  let track: Position[] = [];
  let box: Record<string, number> = {};
  let [heights, times] = [false, false];

  const close = ({ name }: Element, path: readonly string[], text: string) => {
    const parent = path.at(-2);
    switch (name) {
      case "coordinates": {
        const places = text
          .split(/\s+/)
          .filter(Boolean)
          .map((tuple) => tuple.split(","));
        heights ||= places.some((place) => place.length > 2);
        if (places.length > 0) found.add(shapeIn(parent), places.map(positionOf));
        break;
      }
      case "coord": {
        const place = text.split(/\s+/);
        heights ||= place.length > 2;
        track.push(positionOf(place));
        break;
      }
      case "Track":
        if (track.length > 0) found.add("line", track);
        track = [];
        break;
      case "when":
      case "begin":
      case "end":
        if (path.includes("Camera") || path.includes("LookAt")) break;
        // Of a track, each position has a time; of a placemark, all of it.
        times = (found.addTime(text) && parent === "Track") || times;
        break;
      case "north":
      case "south":
      case "east":
      case "west":
        if (parent === "LatLonBox") box[name] = Number(text || Number.NaN);
        break;
      case "LatLonBox":
        found.add("area", cornersOf(box));
        box = {};
        break;
      case "name":
      case "description": {
        const attribute = name === "name" ? "title" : "summary";
        const isOfWhole = parent === "Document" || path.length === 3;
        if (isOfWhole && text !== "" && !attributes.has(attribute)) attributes.set(attribute, text);
      }
    }
  };
  await visitXml(read.text, { close }, world);
  return describedTrack(
    {
      attributes: Object.fromEntries(attributes),
      positions: found,
      dimensions: [{ name: "point", size: found.count, kind: "other" }],
      variables: pointVariables("point", found.count, { heights, times }),
      misplaced: "no place",
      findings: [],
    },
    mediaType,
  );
}

function shapeIn(parent: string | undefined): "point" | "line" | "area" {
  return parent === "Point" ? "point" : parent === "LinearRing" ? "area" : "line";
}

/** Empty text is no number. */
function positionOf([longitude, latitude]: readonly string[]): Position {
  return [Number(longitude || Number.NaN), Number(latitude || Number.NaN)];
}

function cornersOf({ north, south, east, west }: Record<string, number>): Position[] {
  if (north === undefined || south === undefined || east === undefined || west === undefined) return [];
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}
