/** Soundings in the text formats of ASPEN: release, columns, time and place. */
import { describe, expect, it } from "vitest";
import { fileReaderOf } from "../../../pipeline/formats/reader.ts";
import { sounding } from "../../../pipeline/formats/table/sounding.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";
import { classFile, eolFile, frdFile } from "./soundings.ts";

async function described(text: string) {
  const recognised = await fileReaderOf([sounding], rangesOf(new TextEncoder().encode(text)));
  expect(recognised).toBeDefined();
  return recognised!.describe(testWorld());
}

const rows = [
  [-1, 901, 20.8, -59.432, 13.163],
  [0, 902, 20.9, -59.431, 13.162],
  [0.5, 903.5, 21, -999, -999],
] as const;

describe.each([
  ["EOL", eolFile, "2024-08-11T10:14:59Z"],
  ["CLASS", classFile, "2024-08-11T10:14:59Z"],
  ["FRD", frdFile, "2024-08-11T10:14:59Z"],
])("a sounding in %s", (_, file, start) => {
  it("has the time and place of its rows, without those that are missing", async () => {
    const description = await described(file(rows));
    expect(description.access).toEqual({ format: "file", mediaType: "text/plain" });
    expect(description.time).toEqual({ start, end: "2024-08-11T10:15:00.5Z", source: "values" });
    expect(description.place).toMatchObject({
      bounds: { west: -59.432, south: 13.162, east: -59.431, north: 13.163 },
      source: "values",
    });
    expect(description.dimensions).toEqual([{ name: "row", size: 3, kind: "other" }]);
    expect(description.findings).toEqual([]);
  });

  it("has its columns and their units", async () => {
    const { variables } = await described(file(rows));
    const units = Object.fromEntries(variables.map(({ name, unit }) => [name.toLowerCase(), unit]));
    expect(units).toMatchObject({ lat: "degrees_north", lon: "degrees_east" });
    expect(units.press ?? units.p).toBe("mb");
    expect(variables.length).toBeGreaterThan(10);
  });
});

describe.each([
  ["EOL", eolFile],
  ["CLASS", classFile],
])("a sounding in %s", (_, file) => {
  it("without positions is where it was released", async () => {
    const { place, time, findings } = await described(file([[0, 900, 20, -999, -999]]));
    expect(place).toEqual({
      bounds: { west: -59.432, south: 13.163, east: -59.432, north: 13.163 },
      geometry: { type: "Point", coordinates: [-59.432, 13.163] },
      source: "attributes",
    });
    expect(time).toMatchObject({ start: "2024-08-11T10:15:00Z", end: "2024-08-11T10:15:00Z" });
    expect(findings.map(({ rule }) => rule)).not.toContain("no-place");
  });

  it("may be followed by others, each with its own release", async () => {
    const { time, dimensions } = await described(file(rows) + file(rows, "2024, 08, 12, 10:15:00"));
    expect(time).toMatchObject({ start: "2024-08-11T10:14:59Z", end: "2024-08-12T10:15:00.5Z" });
    expect(dimensions[0]?.size).toBe(6);
  });

  it("has a finding where lines are no rows", async () => {
    const { findings } = await described(`${file(rows)}the end\n`);
    expect(findings.map(({ rule, says }) => `${rule}: ${says}`)).toEqual([
      "uneven-rows: 1 lines are no rows of numbers, one a column, and are left out",
    ]);
  });
});

it.each([
  ["a text that begins alike", "Data Type: we don't know\nand so on\n"],
  ["a header without columns", eolFile(rows).split("\n").slice(0, 11).join("\n")],
  ["a plain table", "time,lat\n1,2\n3,4\n5,6\n"],
])("%s is no sounding", (_, text) => {
  expect(sounding.files!.recognises(new TextEncoder().encode(text))).toBe(false);
});
