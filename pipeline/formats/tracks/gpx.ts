/**
 * GPX 1.0 and 1.1: waypoints, routes and tracks of a GPS receiver, with the time of each position.
 *
 * @see https://www.topografix.com/GPX/1/1/
 */
import type { Description, Position } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import type { World } from "../../core/world.ts";
import type { FormatReader } from "../reader.ts";
import { textFormat } from "../text.ts";
import { positions } from "./positions.ts";
import { describedTrack, pointVariables, trackText } from "./track-file.ts";
import { type Element, rootOf, visitXml } from "./xml.ts";

const mediaType = "application/gpx+xml";

export const gpx: FormatReader = {
  name: "gpx",
  version: 1,
  files: textFormat((text) => rootOf(text) === "gpx", describeGpx),
};

/** Elements of the file's metadata (1.1: in `metadata`; 1.0: in the root), by the attribute they are. */
const metadata: Readonly<Record<string, string>> = {
  name: "title",
  desc: "summary",
  keywords: "keywords",
  time: "date_created",
  "author/name": "creator_name",
  author: "creator_name",
  "copyright/license": "license",
  license: "license",
};

/** @throws Failure `input` where it is no well-formed XML */
async function describeGpx(file: RangeSource, world: World): Promise<Description> {
  const read = await trackText(file, mediaType);
  if ("tooLarge" in read) return read.tooLarge;
  const found = positions();
  const attributes = new Map<string, string>();
  const trackNames: string[] = [];
  let way: Position[] = [];
  let [heights, times] = [false, false];

  const inPoint = (name: string | undefined) => name === "wpt" || name === "trkpt" || name === "rtept";
  const close = ({ name, attributes: own }: Element, path: readonly string[], text: string) => {
    const parent = path.at(-2);
    if (name === "trkpt" || name === "rtept") way.push(positionOf(own));
    else if (name === "wpt") found.add("point", [positionOf(own)]);
    else if (name === "trkseg" || name === "rte") {
      if (way.length > 0) found.add("line", way);
      way = [];
    } else if (inPoint(parent) && name === "time") times = found.addTime(text) || times;
    else if (inPoint(parent) && name === "ele") heights = true;
    else if ((parent === "trk" || parent === "rte") && name === "name" && text !== "") trackNames.push(text);
    else {
      const below = path.slice(path[1] === "metadata" ? 2 : 1).join("/");
      const attribute = Object.hasOwn(metadata, below) ? metadata[below] : undefined;
      if (attribute && text !== "" && !attributes.has(attribute)) attributes.set(attribute, text);
    }
  };
  await visitXml(read.text, { close }, world);
  const [first] = trackNames;
  if (!attributes.has("title") && first !== undefined && trackNames.length === 1) attributes.set("title", first);
  return describedTrack(
    {
      attributes: Object.fromEntries(attributes),
      positions: found,
      dimensions: [{ name: "point", size: found.count, kind: "other" }],
      variables: pointVariables("point", found.count, { heights, times }),
      misplaced: "left out",
      findings: [],
    },
    mediaType,
  );
}

function positionOf(attributes: ReadonlyMap<string, string>): Position {
  const degrees = (name: string) => Number(attributes.get(name) || Number.NaN);
  return [degrees("lon"), degrees("lat")];
}
