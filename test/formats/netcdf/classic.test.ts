import { describe, expect, it } from "vitest";
import { coordinatesOf, product, strideOf } from "../../../pipeline/formats/codecs/block.ts";
import { openClassic } from "../../../pipeline/formats/netcdf/classic/open.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { differences } from "./comparison.ts";
import { netcdfFiles } from "./files.ts";

/** A header byte by byte, 4 bytes a number, names filled up to 4 bytes. */
function header(version: number, ...parts: readonly (number | string | readonly number[])[]): Uint8Array {
  const words = parts.flatMap((part) => {
    if (typeof part === "number") return [...new Uint8Array(new Int32Array([part]).buffer)].reverse();
    if (typeof part !== "string") return part;
    const bytes = [...new TextEncoder().encode(part)];
    return [0, 0, 0, bytes.length, ...bytes, ...new Array((4 - (bytes.length % 4)) % 4).fill(0)];
  });
  return Uint8Array.from([0x43, 0x44, 0x46, version, ...words]);
}

const absent = [0, 0, 0, 0, 0, 0, 0, 0] as const;
const opening = (bytes: Uint8Array) => openClassic(rangesOf(bytes));

describe("a NetCDF-3 header", () => {
  it("with nothing in it is a file with nothing in it", async () => {
    const { groups, findings } = await opening(header(1, 0, absent, absent, absent));
    expect(groups).toEqual([{ path: "", attributes: new Map(), dimensions: [], variables: [] }]);
    expect(findings).toEqual([]);
  });

  it.each([
    ["a version of the future", header(3, 0), "version 3 is not known"],
    ["no end", header(1, 0, absent), "its header needs 20 bytes, and it has 16: it was cut, or is damaged"],
    ["a list of the wrong kind", header(1, 0, 11, 1), "marked 11 in place of 10"],
    ["more dimensions than are read", header(1, 0, 10, 2_000_000), "has 2000000 entries"],
    ["a name of 4 GiB", header(1, 0, 10, 1, -2), "has 4294967294 bytes"],
    ["an attribute of 4 TiB", header(1, 0, absent, 12, 1, "a", 6, -2), "its header needs"],
    ["a type that only CDF-5 has", header(1, 0, absent, 12, 1, "a", 10, 1, 0, 0), "type that is not known"],
    [
      "a dimension that isn't there",
      header(1, 0, absent, absent, 11, 1, "v", 1, 7, absent, 4, 4, 0),
      "v has dimensions that don't exist",
    ],
    [
      "an unlimited dimension that is second",
      header(1, 0, 10, 2, "a", 2, "t", 0, absent, 11, 1, "v", 2, 0, 1, absent, 4, 4, 0),
      "in another place than first",
    ],
    ["a variable of 1000 dimensions too many", header(1, 0, absent, absent, 11, 1, "v", 2024), "v has 2024 dimensions"],
    ["a number beyond 2^53", header(5, [0, 0xff, 0, 0, 0, 0, 0, 0]), "the number of records is"],
  ])("with %s is refused in words", async (_, bytes, says) => {
    const failing = opening(bytes);
    await expect(failing).rejects.toMatchObject({ kind: "input" });
    await expect(failing).rejects.toThrow(says);
  });

  it("that claims to be huge is not read beyond the file", async () => {
    const source = rangesOf(header(1, 0, absent, 12, 1, "a", 6, -2));
    await expect(openClassic(source)).rejects.toMatchObject({ kind: "input" });
    expect(source.reads).toEqual([{ offset: 0, length: source.size }]);
  });

  it("with more attributes than a first read has is read again, larger", async () => {
    const long = header(1, 0, absent, 12, 1, "a", 2, 100_000, new Array(100_000).fill(0x61), absent);
    const source = rangesOf(long);
    const { groups } = await openClassic(source);
    expect(groups[0]!.attributes.get("a")?.values).toEqual(["a".repeat(100_000)]);
    expect(source.reads.length).toBe(2);
  });
});

const files = await netcdfFiles();
/**
 * netCDF-C takes what is missing of a header for zeros, and a stream's number of records for 2^32 - 1; far behind the end of a
 * file it repeats what it read before.
 */
const differing = ["cut100-grid-cdf1.nc", "cut200-grid-cdf1.nc", "streamed-cdf1.nc", "too-many-records-cdf1.nc"];
const names =
  files?.names.filter((name) => files.oracle[name]?.model?.startsWith("NETCDF3") && !differing.includes(name)) ?? [];

describe.skipIf(!files)("a NetCDF-3 file", () => {
  it("is there in all three versions", () => {
    expect(names.length).toBeGreaterThan(14);
  });

  it.each(names)("%s is, value by value, what netCDF4 reads, zeros where it was cut", async (name) => {
    const file = await opening(files!.bytes(name));
    expect(file.model).toBe(files!.oracle[name]!.model);
    expect(await differences(file, files!.oracle[name]!)).toEqual([]);
  });

  it.each(["cut-1000-grid-cdf1.nc", "cut-300-grid-cdf1-fixed.nc", "too-many-records-cdf1.nc"])(
    "%s says that it was cut, and which variables lack values",
    async (name) => {
      const { groups, findings } = await opening(files!.bytes(name));
      expect(findings).toEqual([expect.objectContaining({ level: "error", rule: "truncated" })]);
      expect(findings[0]!.says).toContain("packed");
      const { problem } = groups[0]!.variables.find((variable) => variable.name === "packed")!;
      expect(problem).toMatch(/^the file ends before its values do, at byte \d+ of \d+$/);
      expect(groups[0]!.variables.find((variable) => variable.name === "lat")!.problem).toBeUndefined();
    },
  );

  it("that was written as a stream has as many records as it has bytes for", async () => {
    const file = await opening(files!.bytes("streamed-cdf1.nc"));
    expect(await differences(file, files!.oracle["grid-cdf1.nc"]!)).toEqual([]);
  });

  it.each(["grid-cdf1.nc", "grid-cdf1-fixed.nc"])("gives of %s any part of a variable", async (name) => {
    const { groups } = await opening(files!.bytes(name));
    const variable = groups[0]!.variables.find((each) => each.name === "ta")!;
    const all = (await variable.read({ start: [0, 0, 0], count: variable.shape }, 2 ** 20)) as Float32Array;
    const strides = strideOf(variable.shape);
    for (const box of [
      { start: [1, 0, 0], count: [3, 20, 30] },
      { start: [4, 3, 5], count: [1, 2, 4] },
      { start: [0, 19, 0], count: [5, 1, 30] },
      { start: [2, 0, 29], count: [2, 20, 1] },
      { start: [0, 0, 0], count: [0, 20, 30] },
    ]) {
      const indices = Array.from({ length: product(box.count) }, (_, i) =>
        coordinatesOf(i, box.count).reduce((sum, at, d) => sum + (box.start[d]! + at) * strides[d]!, 0),
      );
      expect(await variable.read(box, 2 ** 20)).toEqual(Float32Array.from(indices, (i) => all[i]!));
    }
  });

  it("gives no more than memory is granted for", async () => {
    const { groups } = await opening(files!.bytes("too-many-records-cdf1.nc"));
    const time = groups[0]!.variables.find(({ name }) => name === "time")!;
    expect(time.shape).toEqual([4096]);
    await expect(time.read({ start: [0], count: [4096] }, 4096)).rejects.toMatchObject({ kind: "input" });
  });
});
