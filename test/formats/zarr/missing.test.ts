/**
 * What is missing, and what numbers mean, as xarray has it: stores of one coordinate each, whose type, values and attributes
 * are drawn at random, from numbers at which types, signs and fill values meet.
 *
 * Whole scale factors are left out: whether JSON has 2 or 2.0, for which xarray computes in int64 or float64, is lost here.
 * Each is described as xarray reads it, or has a finding; where xarray refuses it, there is a finding, too.
 * `FIELDTREE_SEED=…` draws others.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import type { Json } from "../../../pipeline/core/json.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { folderOf } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";

const zarr = zarrReader(decompressors);
const havePython = await python();
const seed = Number(process.env.FIELDTREE_SEED ?? 20240811);
const count = 400;

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Numerical Recipes' congruences: the same stores from the same seed, everywhere. */
function drawing(from: number) {
  let state = from >>> 0;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return { below, one: <T>(of: readonly T[]): T => of[below(of.length)]! };
}

const numbers = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const types = [...(Object.keys(numbers) as (keyof typeof numbers)[]), "int64", "uint64"] as const;
const pool = [
  0,
  1,
  2,
  10,
  20,
  -1,
  -2,
  127,
  128,
  200,
  255,
  -128,
  32_767,
  65_535,
  0.1,
  1e20,
  -999,
  -999.9,
  2 ** 31,
  2 ** 53,
];
const words = ["", "a", "none", "été", "NaN"];
const base64 = (value: number) => Buffer.from(Float64Array.of(value).buffer).toString("base64");

/** The chunk of the coordinate `z`, and its metadata in version 2 and in version 3. */
function store(number: number): Files {
  const { below, one } = drawing(seed + 7919 * number);
  const version = one([2, 3] as const);
  const maybe = (name: string, chance: number, value: () => Json): { [name: string]: Json } =>
    below(100) < chance ? { [name]: value() } : {};
  const length = 1 + below(4);
  const isText = below(4) === 0;
  const type = one(types);
  const isWhole = !type.startsWith("float");
  /** The values as the type has them. */
  const typed = (list: readonly number[]) => {
    const whole = list.map((value) => (isWhole ? Math.trunc(value) : value));
    if (type === "int64") return BigInt64Array.from(whole, BigInt);
    if (type === "uint64") return BigUint64Array.from(whole, BigInt);
    return numbers[type].from(whole);
  };
  const inType = (value: number) => Number(typed([value])[0]);
  const values = Array.from({ length }, () => one(pool));
  const attribute = () => (below(3) === 0 ? one(pool) : inType(one(values)));
  const numeric = {
    shape: [length],
    dimensions: ["z"],
    bytes: new Uint8Array(typed(values).buffer),
    v2: {
      dtype: `${/8$/.test(type) ? "|" : "<"}${type[0]}${Number(/\d+/.exec(type)![0]) / 8}`,
      fill_value: below(2) ? null : inType(one(values)),
    },
    v3: { data_type: type, fill_value: inType(one(values)) },
    attributes: {
      ...maybe("_FillValue", 35, () => (version === 3 && !isWhole && below(5) > 0 ? base64(attribute()) : attribute())),
      ...maybe("missing_value", 35, () => (below(4) === 0 ? [attribute(), attribute()] : attribute())),
      ...maybe("_Unsigned", isWhole ? 30 : 5, () => one(["true", "false"])),
      ...maybe("scale_factor", 15, () => one([0.5, 0.25, -1.5])),
      ...maybe("add_offset", 15, () => one([1, 0.5])),
      ...maybe("units", 15, () => one(["days since 2000-01-01", "hours", "m"])),
    },
  };
  const texts = Array.from({ length }, () => one(words));
  const size = 5;
  const isStacked = below(3) > 0;
  const stored = texts.map((text) => Buffer.from(text).subarray(0, size));
  const characters = {
    shape: isStacked ? [length, size] : [length],
    dimensions: isStacked ? ["z", "length"] : ["z"],
    bytes: Uint8Array.from(stored.flatMap((text) => [...text, ...new Uint8Array(size - text.length)])),
    v2: {
      dtype: isStacked ? "|S1" : `|S${size}`,
      fill_value: one([null, "", "YQ==", ...(isStacked ? [] : ["bm9uZQ=="])]),
    },
    v3: {
      data_type: { name: "null_terminated_bytes", configuration: { length_bytes: isStacked ? 1 : size } },
      fill_value: one(["", "YQ=="]),
    },
    attributes: { ...maybe("missing_value", 30, () => one(words)), ...maybe("_Encoding", 30, () => "utf-8") },
  };
  const of = isText ? characters : numeric;
  if (version === 2) {
    const document = { zarr_format: 2, shape: of.shape, chunks: of.shape, order: "C", compressor: null, filters: null };
    return {
      ".zgroup": '{"zarr_format": 2}',
      "z/.zarray": JSON.stringify({ ...document, ...of.v2 }),
      "z/.zattrs": JSON.stringify({ ...of.attributes, _ARRAY_DIMENSIONS: of.dimensions }),
      [`z/${of.shape.map(() => 0).join(".")}`]: of.bytes,
    };
  }
  const document = { zarr_format: 3, node_type: "array", shape: of.shape, dimension_names: of.dimensions };
  const layout = {
    chunk_grid: { name: "regular", configuration: { chunk_shape: of.shape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
  };
  return {
    "zarr.json": '{"zarr_format": 3, "node_type": "group", "attributes": {}}',
    "z/zarr.json": JSON.stringify({ ...document, ...layout, ...of.v3, attributes: of.attributes }),
    [`z/c/${of.shape.map(() => 0).join("/")}`]: of.bytes,
  };
}

const script = `
import json, sys, warnings, numpy as np, xarray as xr
warnings.filterwarnings("ignore")
def read(path):
    try:
        z = xr.open_zarr(path, chunks=None, consolidated=False, decode_timedelta=False).z.values
    except Exception as error:
        return {"refuses": f"{type(error).__name__}: {error}"[:120]}
    if z.dtype.kind == "M":
        z = z[~np.isnat(z)]
        return {"extent": [f"{each}"[:19] for each in (z.min(), z.max())] if z.size else None}
    if z.dtype.kind in "OSUT":
        texts = [each.decode() if isinstance(each, bytes) else each for each in z.ravel()]
        return {"values": [each for each in texts if isinstance(each, str)] or None}
    z = z[~np.isnan(z)]
    return {"extent": [float(z.min()), float(z.max())] if z.size else None}
print(json.dumps([read(f"{sys.argv[1]}/{i}") for i in range(int(sys.argv[2]))]))
`;

interface Read {
  readonly refuses?: string;
  readonly extent?: readonly (number | string)[] | null;
  readonly values?: readonly string[] | null;
}

function differs({ dimensions, findings }: Description, theirs: Read): unknown {
  const because = findings.filter(({ rule }) => rule !== "not-consolidated").map(({ says }) => says);
  if (theirs.refuses !== undefined) return because.length === 0 && theirs.refuses;
  const { extent, values } = dimensions.find(({ name }) => name === "z")!;
  const ours = extent?.map((end) => (typeof end === "string" ? end.slice(0, 19) : end)) ?? values;
  const expected = theirs.extent ?? theirs.values ?? undefined;
  // Numbers that make no dates are an extent, too, with a finding.
  const isDecoded = !because.some((says) => says.includes("can't make dates"));
  if (!ours || !isDecoded) return expected && because.length === 0 && { ours, expected };
  const same = expected?.every((end, i) => {
    const own = ours[i];
    return typeof end === "number" && typeof own === "number"
      ? Math.abs(end - own) <= 1e-6 * Math.max(1, Math.abs(end))
      : end === own;
  });
  return !(same && ours.length === expected?.length) && { ours, expected, because };
}

describe.skipIf(!havePython)("coordinates with values, fill values and signs at random", () => {
  it(`are what xarray reads, or have a finding (seed ${seed})`, { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "fieldtree-missing-"));
    try {
      const stores = Array.from({ length: count }, (_, i) => store(i));
      for (const [i, files] of stores.entries()) {
        for (const [file, content] of Object.entries(files)) {
          mkdirSync(dirname(join(folder, String(i), file)), { recursive: true });
          writeFileSync(join(folder, String(i), file), content);
        }
      }
      const read = JSON.parse(await runPython(script, [folder, String(count)])) as readonly Read[];
      const wrong: unknown[] = [];
      for (const [i, files] of stores.entries()) {
        const found = await zarr.folders.describe(folderOf(files), testWorld());
        const difference = differs(found, read[i]!);
        if (difference)
          wrong.push([
            i,
            difference,
            files[".zgroup"] ? [files["z/.zarray"], files["z/.zattrs"]] : files["z/zarr.json"],
          ]);
      }
      expect(wrong).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
