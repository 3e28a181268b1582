/** GeoJSON, GPX and KML: where and when what they have is; never a wrong place, and no text that could harm a reader. */
import { describe, expect, it } from "vitest";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { fileReaderOf } from "../../../pipeline/formats/reader.ts";
import { geojson } from "../../../pipeline/formats/tracks/geojson.ts";
import { gpx } from "../../../pipeline/formats/tracks/gpx.ts";
import { kml } from "../../../pipeline/formats/tracks/kml.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";

const readers = [geojson, gpx, kml];
const sourceOf = (text: string) => rangesOf(new TextEncoder().encode(text));
const readerOf = async (text: string) => (await fileReaderOf(readers, sourceOf(text)))?.reader.name;

async function described(text: string, source: RangeSource = sourceOf(text)): Promise<Description> {
  const recognised = await fileReaderOf(readers, source);
  expect(recognised, text.slice(0, 80)).toBeDefined();
  return recognised!.describe(testWorld());
}

const failureOf = (text: string) =>
  described(text).then(
    () => undefined,
    (error: unknown) => error,
  );
const rules = ({ findings }: Description) => findings.map(({ rule }) => rule);

const feature = (geometry: object, properties: object = {}) => ({ type: "Feature", geometry, properties });
const collection = (...features: object[]) => JSON.stringify({ type: "FeatureCollection", features });
const line = (...coordinates: number[][]) => ({ type: "LineString", coordinates });
const polygon = (...coordinates: number[][]) => ({ type: "Polygon", coordinates: [coordinates] });

const gpxFile = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">${inside}</gpx>`;
const points = (...all: (readonly [number, number, string?])[]) =>
  all
    .map(
      ([lon, lat, time]) =>
        `<trkpt lat="${lat}" lon="${lon}"><ele>5</ele>${time ? `<time>${time}</time>` : ""}</trkpt>`,
    )
    .join("");
const kmlFile = (inside: string) =>
  `<?xml version="1.0"?>\n<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>${inside}</Document></kml>`;

describe("GeoJSON", () => {
  it("has the place of its geometries and the times of its properties", async () => {
    const description = await described(
      collection(
        feature(line([-59.5, 13], [-58, 14.25]), {
          name: "a",
          flight: 1,
          coordTimes: ["2024-08-11T10:00:00Z", "2024-08-11T12:00:00Z"],
        }),
        feature({ type: "Point", coordinates: [-57, 12, 100] }, { name: "b", flight: 2.5, time: "2024-08-12" }),
      ),
    );
    expect(description.access).toEqual({ format: "file", mediaType: "application/geo+json" });
    expect(description.place?.bounds).toEqual({ west: -59.5, south: 12, east: -57, north: 14.25 });
    expect(description.time).toEqual({ start: "2024-08-11T10:00:00Z", end: "2024-08-12T00:00:00Z", source: "values" });
    expect(description.dimensions).toEqual([{ name: "feature", size: 2, kind: "other" }]);
    expect(description.variables.map(({ name, type }) => [name, type])).toEqual([
      ["name", "string"],
      ["flight", "float64"],
      ["coordTimes", "string"],
      ["time", "string"],
    ]);
    expect(description.findings).toEqual([]);
  });

  it("is drawn as the ways it has, and not between them", async () => {
    const { place } = await described(collection(feature(line([0, 0], [1, 0])), feature(line([5, 5], [6, 5]))));
    expect(place?.geometry).toEqual({
      type: "MultiLineString",
      coordinates: [
        [
          [0, 0],
          [1, 0],
        ],
        [
          [5, 5],
          [6, 5],
        ],
      ],
    });
  });

  it("of points alone is points", async () => {
    const { place } = await described(
      JSON.stringify({
        type: "MultiPoint",
        coordinates: [
          [1, 2],
          [3, 4],
        ],
      }),
    );
    expect(place?.geometry).toEqual({
      type: "MultiPoint",
      coordinates: [
        [1, 2],
        [3, 4],
      ],
    });
  });

  it("of an area is that area", async () => {
    const ring = [
      [0, 0],
      [10, 0],
      [10, 5],
      [0, 0],
    ];
    const { place } = await described(collection(feature(polygon(...ring))));
    expect(place).toEqual({
      bounds: { west: 0, south: 0, east: 10, north: 5 },
      geometry: { type: "Polygon", coordinates: [ring] },
      source: "values",
    });
  });

  it.each([
    ["a way", line([179, 0], [-179, 1])],
    ["a way that counts on", line([179, 0], [181, 1])],
    ["an area", polygon([179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0])],
    [
      "an area that is cut there",
      {
        type: "MultiPolygon",
        coordinates: [
          [
            [
              [179, 0],
              [180, 0],
              [180, 1],
              [179, 0],
            ],
          ],
          [
            [
              [-180, 0],
              [-179, 0],
              [-179, 1],
              [-180, 0],
            ],
          ],
        ],
      },
    ],
  ])("crosses the antimeridian with %s", async (_, geometry) => {
    const { place } = await described(collection(feature(geometry)));
    expect(place?.bounds).toEqual({ west: 179, south: 0, east: -179, north: 1 });
    expect(place?.geometry.type).toMatch(/^Multi/);
  });

  it("with latitude before longitude has a finding and no place", async () => {
    const { place, findings } = await described(collection(feature(line([13, -120], [14, 59]))));
    expect(place).toBeUndefined();
    expect(findings).toEqual([
      expect.objectContaining({ rule: "impossible-place", fix: "write longitude before latitude, in degrees" }),
    ]);
  });

  it("in other coordinates has a finding and no place", async () => {
    const crs = { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::25832" } };
    const { place, ...rest } = await described(
      JSON.stringify({ type: "FeatureCollection", crs, features: [feature(line([5, 6], [7, 8]))] }),
    );
    expect(place).toBeUndefined();
    expect(rules(rest as Description)).toEqual(["foreign-crs"]);
  });

  it("is recognised where its type comes last", async () => {
    expect(
      await readerOf(
        '{"features": [{"geometry": null, "properties": {}, "type": "Feature"}], "type": "FeatureCollection"}',
      ),
    ).toBe("geojson");
  });

  it.each([
    ["a STAC item", '{"type":"Feature","stac_version":"1.1.0","geometry":null}'],
    ["a package", '{"name":"a","type":"module"}'],
    ["TopoJSON", '{"type":"Topology","objects":{}}'],
    ["a list", '[{"type":"Feature"}]'],
    ["a text about it", 'A {"type":"FeatureCollection"}'],
    ["a member deeper in it", '{"a":{"type":"FeatureCollection"}}'],
  ])("is not %s", async (_, text) => {
    expect(await readerOf(text)).toBeUndefined();
  });

  it("has a typed failure where it is cut, or nested without end", async () => {
    const whole = collection(feature(line([0, 0], [1, 1])));
    expect(await failureOf(whole.slice(0, -5))).toMatchObject({ kind: "input" });
    expect(await failureOf(`{"type":"Feature","a":${"[".repeat(1_000_000)}`)).toMatchObject({
      kind: "input",
      message: "it is nested more than 64 deep",
    });
  });

  it("may have any names", async () => {
    const description = await described(
      '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"__proto__":1,"constructor":"x","<b>":null}}',
    );
    expect(description.variables.map(({ name }) => name)).toEqual(["__proto__", "constructor", "<b>"]);
    expect(Object.getPrototypeOf({ ...description.attributes })).toBe(Object.prototype);
  });

  it("of thousands of areas is one box", async () => {
    const areas = Array.from({ length: 5000 }, (_, i) =>
      feature(polygon([i / 100, 0], [i / 100, 1], [0, 1], [i / 100, 0])),
    );
    const { place } = await described(collection(...areas));
    expect(place?.bounds).toEqual({ west: 0, south: 0, east: 49.99, north: 1 });
    expect(place?.geometry.type).toBe("Polygon");
  });
});

describe("GPX", () => {
  it("has the positions and times of its tracks, and what its metadata says", async () => {
    const description = await described(
      gpxFile(
        `<metadata><name>Flight &amp; more</name><author><name>Ada Lovelace</name></author><time>2025-01-01T00:00:00Z</time></metadata><wpt lat="12" lon="-60"/><trk><name>x</name><trkseg>${points([-59, 13, "2024-08-11T10:00:00Z"], [-58, 14, "2024-08-11T11:00:00Z"])}</trkseg></trk>`,
      ),
    );
    expect({ ...description.attributes }).toEqual({
      title: "Flight & more",
      creator_name: "Ada Lovelace",
      date_created: "2025-01-01T00:00:00Z",
    });
    expect(description.place).toEqual({
      bounds: { west: -60, south: 12, east: -58, north: 14 },
      geometry: {
        type: "LineString",
        coordinates: [
          [-59, 13],
          [-58, 14],
        ],
      },
      source: "values",
    });
    expect(description.time).toEqual({ start: "2024-08-11T10:00:00Z", end: "2024-08-11T11:00:00Z", source: "values" });
    expect(description.variables.map(({ name, shape }) => [name, shape])).toEqual([
      ["latitude", [3]],
      ["longitude", [3]],
      ["elevation", [3]],
      ["time", [3]],
    ]);
  });

  it("is broken between segments, and across the antimeridian", async () => {
    const { place } = await described(
      gpxFile(`<trk><trkseg>${points([0, 0], [1, 0])}</trkseg><trkseg>${points([5, 0], [6, 0])}</trkseg></trk>`),
    );
    expect(place?.geometry).toMatchObject({ type: "MultiLineString" });
    const across = await described(gpxFile(`<rte><rtept lat="0" lon="179"/><rtept lat="0" lon="-179"/></rte>`));
    expect(across.place?.bounds).toMatchObject({ west: 179, east: -179 });
  });

  it("leaves out positions that are none", async () => {
    const description = await described(gpxFile(`<trk><trkseg>${points([-999, -999], [1, 2], [2, 3])}</trkseg></trk>`));
    expect(description.place?.bounds).toEqual({ west: 1, south: 2, east: 2, north: 3 });
    expect(rules(description)).toEqual(["impossible-place"]);
  });
});

describe("KML", () => {
  it("has placemarks, tracks, spans of time and pictures on the ground", async () => {
    const description = await described(
      kmlFile(
        `<name>Plan</name><LookAt><longitude>100</longitude><latitude>80</latitude></LookAt><Placemark><TimeSpan><begin>2024-08-11</begin><end>2024-08-12T06:00:00Z</end></TimeSpan><LineString><coordinates>\n-59,13,0 -58,14,0\n</coordinates></LineString></Placemark><Placemark><gx:Track><when>2024-08-10T00:00:00Z</when><gx:coord>-57 12 0</gx:coord><gx:coord>-56 12 0</gx:coord></gx:Track></Placemark><GroundOverlay><LatLonBox><north>20</north><south>10</south><east>-50</east><west>-62</west></LatLonBox></GroundOverlay>`,
      ),
    );
    expect({ ...description.attributes }).toEqual({ title: "Plan" });
    expect(description.time).toEqual({ start: "2024-08-10T00:00:00Z", end: "2024-08-12T06:00:00Z", source: "values" });
    expect(description.place?.bounds).toEqual({ west: -62, south: 10, east: -50, north: 20 });
    expect(description.findings).toEqual([]);
  });

  it("is recognised with a prefix, and behind comments", async () => {
    expect(await readerOf('<!-- a --><k:kml xmlns:k="http://www.opengis.net/kml/2.2"></k:kml>')).toBe("kml");
    expect(await readerOf("<html><kml></kml></html>")).toBeUndefined();
  });
});

const bomb = `<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 12 }, (_, i) => `<!ENTITY a${i} "${`&a${i - 1 < 0 ? "" : i - 1};`.repeat(10)}">`).join("")}]><gpx><metadata><name>&a11;</name></metadata></gpx>`;

describe("hostile XML", () => {
  it.each([
    ["entities that expand to terabytes", bomb],
    [
      "a file from outside",
      '<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]><gpx><metadata><name>&x;</name></metadata></gpx>',
    ],
    ["elements nested without end", gpxFile("<a>".repeat(100_000))],
    ["no end", gpxFile("<trk>").slice(0, -10)],
    ["a tag that never ends", gpxFile(`<a ${"b".repeat(1_000_000)}`)],
  ])("with %s is a typed failure", async (_, text) => {
    expect(await failureOf(text)).toMatchObject({ kind: "input" });
  });

  it("has what it says as text, and no more", async () => {
    const { attributes } = await described(
      gpxFile("<metadata><name><![CDATA[<script>alert(1)</script>]]></name></metadata>"),
    );
    expect({ ...attributes }).toEqual({ title: "<script>alert(1)</script>" });
  });
});

it.each([
  ["GeoJSON", '{"type":"FeatureCollection","features":['],
  ["GPX", "<gpx><trk>"],
  ["KML", "<kml><Document>"],
])("%s of a gigabyte costs its first bytes, and says that it was not read", async (_, start) => {
  let read = 0;
  const source: RangeSource = {
    size: 2 ** 30,
    async read(offset, length) {
      read += length;
      const bytes = new Uint8Array(length).fill(0x20);
      if (offset === 0) bytes.set(new TextEncoder().encode(start));
      return bytes;
    },
  };
  expect(rules(await described(start, source))).toEqual(["large-track"]);
  expect(read).toBeLessThan(2 ** 21);
});
