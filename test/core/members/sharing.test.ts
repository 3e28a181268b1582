/** Descriptions of thousands of like files take little memory: they share what is equal. */
import { expect, it } from "vitest";
import type { Description, Geometry, Position } from "../../../pipeline/core/dataset/dataset.ts";
import { sharing } from "../../../pipeline/core/members/sharing.ts";

/** A new object each time, as each file's description is. */
const sonde = (title: string, geometry: Geometry = { type: "Point", coordinates: [1, 2] }): Description =>
  JSON.parse(
    JSON.stringify({
      attributes: { title, text: "[]", list: [] },
      dimensions: [{ name: "time", size: 3, kind: "time" }],
      variables: [{ name: "ta", dimensions: ["time"], shape: [3], type: "float32", role: "data", unit: "K" }],
      place: { bounds: { west: 1, south: 2, east: 1, north: 2 }, geometry, source: "values" },
      access: { format: "netcdf", model: "NETCDF4", groups: [] },
      findings: [{ level: "hint", rule: "no-title", says: "has no title" }],
    }),
  );

it("changes nothing of what a few files say, and shares what is equal in them", () => {
  const compact = sharing(2);
  const [first, second] = [compact(sonde("first")), compact(sonde("second"))];
  expect([first, second]).toEqual([sonde("first"), sonde("second")]);
  expect(second.variables).toBe(first.variables);
  expect(second.dimensions).toBe(first.dimensions);
  expect(second.findings).toBe(first.findings);
  expect(second.access).toBe(first.access);
});

it.each([
  ["points", "MultiPoint", (all: Position[]) => all],
  ["a track", "LineString", (all: Position[]) => all],
  ["tracks", "MultiLineString", (all: Position[]) => [all.slice(0, 600), all.slice(600)]],
] as const)("of %s, a file among more than a hundred has 200 positions at most", (_, type, coordinates) => {
  const positions = Array.from({ length: 1000 }, (_, i): Position => [i / 100, Math.sin(i) * 10]);
  const geometry = { type, coordinates: coordinates(positions) } as Geometry;
  expect(sharing(100)(sonde("a", geometry)).place?.geometry).toEqual(geometry);
  const few = sharing(101)(sonde("a", geometry)).place!.geometry;
  const flat = few.type === "MultiLineString" ? few.coordinates.flat() : (few.coordinates as readonly Position[]);
  expect(flat.length).toBeLessThanOrEqual(200);
  expect(flat.length).toBeGreaterThan(100);
  expect([flat[0], flat.at(-1)]).toEqual([positions[0], positions.at(-1)]);
});
