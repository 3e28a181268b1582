/** Parquet files: what their footers say, what hostile ones claim, and that nothing but the footer is read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { isFailure } from "../../../pipeline/core/failure.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { parquet } from "../../../pipeline/formats/parquet/parquet.ts";
import { checkThrift } from "../../../pipeline/formats/parquet/thrift.ts";
import { startLength } from "../../../pipeline/formats/reader.ts";
import { lintItem } from "../../core/stac/lint.ts";
import { cid, facts } from "../../fakes/descriptions.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";

const world = testWorld();
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, "files", name)));
const describeSource = (source: RangeSource) => parquet.files!.describe(source, world);
const describeBytes = (bytes: Uint8Array) => describeSource(rangesOf(bytes));

describe("a Parquet file", () => {
  it("is described by its footer: columns as variables, attributes, time and place", async () => {
    const { variables, ...described } = await describeBytes(bytesOf("track.parquet"));
    expect(described).toEqual({
      attributes: {
        title: "Track of a ship",
        license: "CC0-1.0",
        keywords: ["ship", "track"],
        summary: "Made for a test",
      },
      dimensions: [{ name: "row", size: 20, kind: "other" }],
      time: { start: "2024-08-11T10:00:00Z", end: "2024-08-11T13:10:00.000019Z", source: "values" },
      place: {
        // The longitude of the last row is missing.
        bounds: { west: -59.5, south: 13.1, east: -57.7, north: 15 },
        geometry: expect.objectContaining({ type: "Polygon" }),
        source: "values",
      },
      access: { format: "file", mediaType: "application/vnd.apache.parquet" },
      findings: [],
    });
    expect(variables.map(({ name, type, role }) => `${name} ${type} ${role}`)).toEqual([
      "time datetime64[us] coordinate",
      "lat float64 coordinate",
      "lon float32 coordinate",
      "ta int16 data",
      "flag bool data",
      "name object data",
      "day datetime64[D] data",
      "levels.list.element float64 data",
    ]);
  });

  it("has the units and names of columns, and times and angles by them, from Arrow's schema", async () => {
    const { variables, time, place, findings, advice } = await describeBytes(bytesOf("units.parquet"));
    expect(variables).toEqual([
      expect.objectContaining({ name: "t", role: "coordinate", unit: "seconds since 2024-08-11 10:00:00" }),
      expect.objectContaining({ name: "y", role: "coordinate", unit: "radian", standardName: "latitude" }),
      expect.objectContaining({ name: "x", role: "coordinate", unit: "degrees_west" }),
      expect.objectContaining({ name: "ta", unit: "K", longName: "temperature of the air" }),
      expect.objectContaining({ name: "p", role: "data", unit: "hektopascal" }),
    ]);
    expect(time).toEqual({ start: "2024-08-11T10:00:00Z", end: "2024-08-11T11:00:00Z", source: "values" });
    const { west, east, south, north } = place!.bounds;
    expect([west, east]).toEqual([-51, -50]);
    expect([south, north].map((degrees) => degrees.toFixed(3))).toEqual(["5.730", "17.189"]);
    expect(findings).toEqual([]);
    expect(advice?.map(({ rule }) => rule)).toEqual(["unknown-unit"]);
  });

  it("is described without them where Arrow's schema is damaged, which a finding tells", async () => {
    const bytes = bytesOf("units.parquet");
    const text = new TextDecoder("latin1").decode(bytes);
    // The length and the first offset of the message, in base 64.
    const at = text.indexOf("/////", text.indexOf("ARROW:schema")) + 11;
    const damaged = bytes.slice().fill("/".charCodeAt(0), at, at + 3);
    const { variables, time, findings } = await describeBytes(damaged);
    expect(variables.map(({ name }) => name)).toEqual(["t", "y", "x", "ta", "p"]);
    expect(time).toBeUndefined();
    expect(findings.map(({ rule }) => rule)).toContain("left-out");
  });

  it("becomes an item that keeps our rules", async () => {
    const description = await describeBytes(bytesOf("track.parquet"));
    const { item } = itemOf({ path: "products/track", cid, tsize: 6106, reader: "parquet", description }, facts);
    expect(lintItem(item)).toEqual([]);
    expect(item).toMatchObject({
      bbox: [-59.5, 13.1, -57.7, 15],
      assets: { data: { type: "application/vnd.apache.parquet" } },
    });
  });

  it("has the box that GeoParquet gives, across the antimeridian as well", async () => {
    const { place, variables } = await describeBytes(bytesOf("points.geoparquet"));
    expect(place?.bounds).toEqual({ west: 170, south: -5, east: -175, north: 5 });
    expect(variables.map(({ name, role }) => `${name} ${role}`)).toEqual(["geometry coordinate", "station data"]);
  });

  it("has no time and place where its writer kept no statistics", async () => {
    const description = await describeBytes(bytesOf("no-statistics.parquet"));
    expect(description).not.toHaveProperty("time");
    expect(description).not.toHaveProperty("place");
  });

  it("costs two reads at its end, however large it is", async () => {
    const small = bytesOf("track.parquet");
    const before = 50 * 2 ** 30;
    const reads: number[] = [];
    const source: RangeSource = {
      size: before + small.length,
      read: async (offset, length) => {
        reads.push(length);
        return small.slice(offset - before, offset - before + length);
      },
    };
    expect((await describeSource(source)).variables).toHaveLength(8);
    expect(reads).toEqual([8, expect.any(Number)]);
    expect(reads[1]).toBeLessThan(small.length);
  });
});

/** A file whose footer is `footer` and claims `length` bytes. */
function fileOf(footer: readonly number[], length = footer.length): Uint8Array {
  const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));
  const tail = new Uint8Array(4);
  new DataView(tail.buffer).setUint32(0, length, true);
  return Uint8Array.from([...text("PAR1"), ...footer, ...tail, ...text("PAR1")]);
}

describe("hostile footers", () => {
  /** Field 2, a list of structs, that claims 30 million of them. */
  const list = [0x29, 0xfc, 0x80, 0x87, 0xa7, 0x0e];
  it.each([
    ["claims more bytes than there are", fileOf([0], 1_000_000), "1000000 bytes by its own account"],
    [
      "claims a list of 30 million values",
      fileOf([...list, 0, 0]),
      "claims 30000000 bytes or values where 2 bytes are left",
    ],
    ["has a number of very many bytes", fileOf([0x16, ...Array(64).fill(0x80), 0]), "more than ten bytes"],
    ["is nested without end", fileOf(Array(3000).fill(0x1c)), "nested more than 24 deep"],
    [
      "has more values than memory has room for",
      fileOf([...list.slice(0, 1), 0xf3, 0x80, 0x89, 0x7a, ...Array(2_000_000).fill(1)]),
      "more than 1000000 values",
    ],
    ["is cut off", fileOf([0x15]), "ends within a value"],
    ["has a value of no kind", fileOf([0x1f]), "unknown kind 15"],
    ["has no schema", fileOf([0]), "makes no sense"],
    ["is encrypted", Uint8Array.from([...fileOf([0]).slice(0, -1), 0x45]), "encrypted"],
    ["is not there", Uint8Array.from([...fileOf([0]), 0]), "has no footer"],
  ])("fails in words where it %s", async (_, bytes, message) => {
    await expect(describeBytes(bytes)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining(message),
    });
  });

  it("reads no footer that is larger than its bound", async () => {
    const claimed = fileOf([0], 9 * 2 ** 20);
    const reads: number[] = [];
    const source: RangeSource = {
      size: 20 * 2 ** 20,
      read: async (_, length) => {
        reads.push(length);
        return claimed.slice(-8);
      },
    };
    await expect(describeSource(source)).rejects.toMatchObject({
      message: expect.stringContaining("at most 8388608 are read"),
    });
    expect(reads).toEqual([8]);
  });

  it("describes, or refuses as bad content, whatever bytes of a file are changed", async () => {
    const seed = Date.now() & 0x7fffffff;
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * below);
    };
    const files = ["track.parquet", "points.geoparquet", "no-statistics.parquet"].map(bytesOf);
    let refused = 0;
    for (let i = 0; i < 1500; i++) {
      const bytes = files[i % files.length]!.slice();
      const footer = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
      for (let n = 0; n <= random(4); n++) bytes[bytes.length - 1 - random(footer + 8)] = random(256);
      const given = random(10) === 0 ? bytes.slice(random(bytes.length)) : bytes;
      try {
        const description = await describeBytes(given);
        const { item } = itemOf({ path: "a", cid, tsize: 1, reader: "parquet", description }, facts);
        expect(lintItem(item), `seed ${seed}, case ${i}`).toEqual([]);
      } catch (error) {
        if (!isFailure(error, "input")) throw new Error(`seed ${seed}, case ${i}`, { cause: error });
        refused++;
      }
    }
    expect(refused, `seed ${seed}`).toBeGreaterThan(100);
  });
});

it("is recognised by its first bytes", () => {
  expect(parquet.files?.recognises(bytesOf("track.parquet").subarray(0, startLength))).toBe(true);
  expect(() => checkThrift(Uint8Array.from([0]))).not.toThrow();
});
