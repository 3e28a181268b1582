/** Datasets of Open Data Fabric: decoded, described, verified, and what becomes of damaged and hostile ones. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../pipeline/core/failure.ts";
import { relationOf } from "../../../pipeline/core/relation.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { arrowSchema } from "../../../pipeline/formats/codecs/arrow-schema.ts";
import { decodeBlock, parseHash, sha3Of } from "../../../pipeline/formats/odf/block.ts";
import { blocksOf, filesIn, openChain, stateOf } from "../../../pipeline/formats/odf/chain.ts";
import { odf } from "../../../pipeline/formats/odf/odf.ts";
import { type OdfCheck, verifyOdf } from "../../../pipeline/formats/odf/verify.ts";
import { lintItem } from "../../core/stac/lint.ts";
import { cid, facts } from "../../fakes/descriptions.ts";
import { testWorld } from "../../fakes/world.ts";
import { randomFrom } from "../damages.ts";
import { buoys, checkpoint, events, first, logical, newData, second } from "./buoys.ts";
import { encode, encodeBlock, type Files, folderWith, odfDataset, seed } from "./dataset.ts";

const world = testWorld();
const using = {
  sha3: () => {
    const hash = createHash("sha3-256");
    return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
  },
  compressors: { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) },
};

const describeFiles = (files: Files) => odf.folders.describe(folderWith(files), world);

async function verifyFiles(files: Files): Promise<OdfCheck[]> {
  const source = filesIn(folderWith(files), world);
  return Array.fromAsync(verifyOdf(await openChain(source), source, using, world));
}

const problems = async (files: Files) => (await verifyFiles(files)).filter(({ problem }) => problem !== undefined);

describe("a dataset of Open Data Fabric", () => {
  it("is described by its chain and the footers of its data", async () => {
    const { variables, attributes, access, ...described } = await describeFiles(buoys());
    expect(described).toEqual({
      dimensions: [{ name: "row", size: 12, kind: "other" }],
      time: { start: "2024-08-11T10:00:00Z", end: "2024-08-11T11:50:00Z", source: "values" },
      place: {
        bounds: { west: -59.5, east: -58.4, south: 13, north: 14.1 },
        geometry: expect.objectContaining({ type: "Polygon" }),
        source: "values",
      },
      findings: [],
    });
    expect(attributes).toMatchObject({
      title: "Buoys of the trades",
      summary: "Buoys of the trades\nSince 2024",
      keywords: "buoy, trades",
      license: "CC-BY-4.0",
      id: seed.datasetId,
      history: expect.stringMatching(
        /^Open Data Fabric dataset, block 5: f1620[0-9a-f]{64}\n.* AddData offsets 5 to 11/,
      ),
    });
    expect(access).toMatchObject({
      format: "files",
      files: [{ size: first.bytes.length }, { size: second.bytes.length }],
    });
    expect(variables.map(({ name, type, role, longName }) => [name, type, role, longName])).toEqual([
      ["offset", "uint64", "data", undefined],
      ["op", "uint8", "data", undefined],
      ["system_time", "datetime64[ms]", "data", undefined],
      ["event_time", "datetime64[us]", "coordinate", undefined],
      ["lat", "float64", "coordinate", undefined],
      ["lon", "float32", "coordinate", undefined],
      ["station", "object", "data", "Name of the buoy"],
    ]);
  });

  it("becomes an item that keeps our rules", async () => {
    const description = await describeFiles(buoys());
    const { item } = itemOf({ path: "products/buoys", cid, tsize: 9000, reader: "odf", description }, facts);
    expect(lintItem(item)).toEqual([]);
    expect(item.properties["processing:lineage"]).toContain("Seed root dataset did:odf:");
  });

  it("tells its columns from an Arrow schema in an older chain, and from the data where it has none", async () => {
    const fields = [
      { name: "offset", type: { kind: "Int", bitWidth: 64, isSigned: true } },
      { name: "ta", nullable: true, type: { kind: "FloatingPoint", precision: 1 } },
      { name: "when", type: { kind: "Timestamp", unit: "Nanosecond" } },
    ];
    const rawArrowSchema = encode("Schema", { fields }, arrowSchema);
    const named = async (files: Files) =>
      (await describeFiles(files)).variables.map(({ name, type }) => `${name} ${type}`);
    expect(await named(odfDataset([seed, { kind: "SetDataSchema", rawArrowSchema }]))).toEqual([
      "offset int64",
      "ta float32",
      "when datetime64[ns]",
    ]);
    expect(
      (await named(odfDataset([seed, { kind: "AddData", newData: newData(first) }], [first.bytes]))).slice(0, 3),
    ).toEqual(["offset int64", "op uint8", "system_time datetime64[ms]"]);
  });

  it("says which data are missing, and is described without them", async () => {
    const files = buoys();
    files.delete(`data/${sha3Of(second.bytes)}`);
    const { findings, time } = await describeFiles(files);
    expect(findings).toEqual([expect.objectContaining({ rule: "missing-slices", level: "error" })]);
    expect(findings[0]!.says).toContain(sha3Of(second.bytes));
    expect(time?.end).toBe("2024-08-11T10:40:00Z");
  });

  it("fails in words where a block is missing", async () => {
    const files = buoys();
    const [block] = [...files.keys()].filter((path) => path.startsWith("blocks/")).slice(2);
    files.delete(block!);
    await expect(describeFiles(files)).rejects.toMatchObject({
      kind: "input",
      message: `block ${block!.slice("blocks/".length)} is not there`,
    });
  });

  it("shows an event that was added to the specification later, and goes on", async () => {
    expect(blockOfKind(14).event).toEqual({ kind: "unknown", number: 14 });
  });

  it("is found by a head in any base that multibase has for it", () => {
    const hash = sha3Of(first.bytes);
    for (const text of [hash, hash.toUpperCase()]) expect(parseHash(text).hash).toBe(hash);
    const { nameOf } = parseHash(hash.toUpperCase());
    expect(nameOf(hash)).toBe(hash.toUpperCase());
    for (const text of ["", "zzz", "f1220aa", `f${"0".repeat(10_000)}`, "../../etc/passwd"])
      expect(() => parseHash(text)).toThrow(/no sha3-256/);
  });
});

/** A block whose event has that number in the union. */
function blockOfKind(number: number) {
  const bytes = encodeBlock({ kind: "DisablePollingSource" });
  // The number of the event's kind is the one byte of the block that has the value 13 (DisablePollingSource).
  bytes[bytes.indexOf(13)] = number;
  return decodeBlock(bytes);
}

describe("verifying a dataset of Open Data Fabric", () => {
  it("hashes every block, slice and checkpoint", async () => {
    const checks = await verifyFiles(buoys());
    expect(checks.map(({ part, says, problem }) => [part, says, problem])).toEqual([
      ["slice", "7 rows, 5990 bytes", undefined],
      ["checkpoint", "20 bytes", undefined],
      ["slice", "5 rows, 2131 bytes", undefined],
      ["chain", "6 blocks to the first one", undefined],
    ]);
  });

  it("names the file in which a byte was flipped, whichever it is", async () => {
    const seedNumber = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seedNumber);
    const whole = buoys();
    for (const [path, bytes] of whole) {
      if (path === "refs/head") continue;
      for (let i = 0; i < 6; i++) {
        const at = random(bytes.length);
        const flipped = bytes.slice();
        flipped[at] = flipped[at]! ^ (1 << random(8));
        const found = await problems(new Map(whole).set(path, flipped));
        const where = `${path}, byte ${at}, seed ${seedNumber}`;
        expect(found, where).toHaveLength(1);
        expect(`${found[0]!.hash} ${found[0]!.says}`, where).toContain(path.split("/")[1]);
      }
    }
  });

  it("finds values that differ from their logical hash, though the file has its own", async () => {
    const other = { ...newData(first), logicalHash: logical["second.parquet"]! };
    const files = odfDataset([seed, { kind: "AddData", newData: other }], [first.bytes]);
    expect(await problems(files)).toEqual([
      expect.objectContaining({ part: "slice", says: expect.stringContaining("has other values") }),
    ]);
  });

  it.each([
    ["a gap between offsets", { prevOffset: 5 }, "continues 5"],
    ["data that start elsewhere", { prevOffset: 3 }, "start at offset 5 after 3"],
    ["a watermark that runs back", { newWatermark: "2024-08-11T10:39:59Z" }, "watermark"],
  ])("finds %s", async (_, change, says) => {
    const changed = [...events.slice(0, -1), { ...events.at(-1)!, ...change }];
    const files = odfDataset(changed, [first.bytes, second.bytes]).set(`checkpoints/${sha3Of(checkpoint)}`, checkpoint);
    const found = await problems(files);
    expect(found.map((problem) => problem.says).join("\n")).toContain(says);
  });

  it("finds numbers that leave out a block, and a first block that is no Seed", async () => {
    const skipping = odfDataset([seed]);
    const head = [...skipping.keys()].find((path) => path.startsWith("blocks/"))!.slice("blocks/".length);
    const block = encodeBlock({ kind: "SetInfo", description: "" }, { sequenceNumber: 2, prevBlockHash: head });
    skipping.set(`blocks/${sha3Of(block)}`, block).set("refs/head", new TextEncoder().encode(sha3Of(block)));
    expect((await problems(skipping))[0]!.says).toContain("has number 0, where 1 comes before");
    expect((await problems(odfDataset([{ kind: "SetInfo", description: "" }])))[0]!.says).toContain("no Seed");
  });

  it("says how two states of a dataset relate", async () => {
    const state = async (list: Parameters<typeof odfDataset>[0]) => {
      const files = filesIn(folderWith(odfDataset(list)), world);
      return stateOf(await openChain(files), files, world);
    };
    const [short, long] = [await state(events.slice(0, 3)), await state(events.slice(0, 5))];
    const other = await state([...events.slice(0, 2), { kind: "SetInfo", description: "Otherwise" }]);
    const stranger = await state([{ ...seed, datasetKind: "Derivative" }]);
    expect(await relationOf(short, short)).toEqual({ relation: "equal" });
    expect(await relationOf(long, short)).toEqual({ relation: "ahead", by: 2 });
    expect(await relationOf(short, long)).toEqual({ relation: "behind", by: 2 });
    expect(await relationOf(long, other)).toMatchObject({ relation: "diverged", at: 1, ahead: 3, behind: 1 });
    expect(await relationOf(long, stranger)).toEqual({ relation: "unrelated" });
  });
});

describe("hostile metadata", () => {
  it("ends in a failure of its kind, however its bytes are changed", async () => {
    const seedNumber = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seedNumber);
    const blocks = events.map((event, sequenceNumber) => encodeBlock(event, { sequenceNumber }));
    for (let i = 0; i < 4000; i++) {
      const block = blocks[random(blocks.length)]!.slice(0, random(3) === 0 ? random(400) : undefined);
      for (let flips = random(6); flips >= 0; flips--) {
        const at = random(Math.max(1, block.length));
        // Whole offsets and lengths, too, not only single bits of them.
        if (random(2) === 0) block[at] = random(256);
        else block.set([0xff, 0xff, 0xff, 0x7f].slice(0, Math.max(0, block.length - at)), Math.min(at, block.length));
      }
      try {
        decodeBlock(block);
      } catch (error) {
        if (!isFailure(error, "input")) throw new Error(`seed ${seedNumber}, case ${i}`, { cause: error });
      }
    }
  });

  it("is not followed beyond its bounds, neither in depth nor in number", () => {
    let type: object = { kind: "Int8" };
    for (let i = 0; i < 70; i++) type = { kind: "Option", inner: type };
    const deep = encodeBlock({ kind: "SetDataSchema", schema: { fields: [{ name: "x", type }] } });
    expect(() => decodeBlock(deep)).toThrow(/nested more than/);
    const keywords = Array.from({ length: 100_001 }, () => "");
    expect(() => decodeBlock(encodeBlock({ kind: "SetInfo", keywords }))).toThrow(/more than 100000 values/);
  });

  it("is refused where it is of a later version, or no metadata at all", () => {
    expect(() => decodeBlock(encodeBlock(seed, { version: 4 }))).toThrow(/version 4/);
    expect(() => decodeBlock(new Uint8Array(0))).toThrow(/past its end/);
    expect(() => decodeBlock(new TextEncoder().encode("<html>not found</html>"))).toThrow(/metadata/);
  });
});

const vectors = resolve(import.meta.dirname, "../../../../shared/design/prototypes/field");

describe.skipIf(!existsSync(vectors))("what another implementation wrote", () => {
  interface Vector {
    readonly name: string;
    readonly bytes: string;
    readonly sha3_256?: string;
    readonly decoded: {
      readonly version: number;
      readonly systemTime: string;
      readonly event: { readonly kind: string };
    };
  }

  it("decodes to the same values, from the bytes that have the same hash", () => {
    const golden: Vector[] = JSON.parse(readFileSync(join(vectors, "odf-blocks.golden.json"), "utf8"));
    for (const { bytes, sha3_256: hash, decoded } of golden) {
      const block = new Uint8Array(Buffer.from(bytes, "hex"));
      if (hash !== undefined) expect(sha3Of(block)).toBe(`f1620${hash}`);
      const { event, ...rest } = decodeBlock(block);
      const { event: expected, ...expectedRest } = decoded;
      expect(rest).toEqual(expectedRest);
      expect(event.kind).toBe(expected.kind);
    }
  });

  it("verifies as a whole: five blocks, and a slice whose logical hash is that of arrow-digest", async () => {
    const folder = join(vectors, "odf-release-log");
    const files = new Map(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [
          join(entry.parentPath, entry.name).slice(folder.length + 1),
          new Uint8Array(readFileSync(join(entry.parentPath, entry.name))),
        ]),
    );
    expect(await verifyFiles(files)).toEqual([
      expect.objectContaining({ part: "slice", says: "2 rows, 944 bytes" }),
      expect.objectContaining({ part: "chain", says: "5 blocks to the first one" }),
    ]);
    expect(
      (
        await Array.fromAsync(
          blocksOf(await openChain(filesIn(folderWith(files), world)), filesIn(folderWith(files), world), world),
        )
      ).length,
    ).toBe(5);
  });
});
