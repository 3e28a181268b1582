/**
 * Files that are damaged in random ways: any bytes end in a description or in a failure that says what is wrong.
 *
 * `FIELDTREE_SEED=… npm test -- test/formats/netcdf/damage.test.ts` repeats a run; its number is in the titles.
 */
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { Failure, isFailure } from "../../../pipeline/core/failure.ts";
import { stableJson } from "../../../pipeline/core/json.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import { testWorld } from "../../fakes/world.ts";
import { damages, randomFrom } from "../damages.ts";
import { netcdfFiles } from "./files.ts";

const seed = Number(process.env.FIELDTREE_SEED ?? Date.now() % 1e9);
const files = await netcdfFiles();
const reader = netcdf(decompressors);

const sourceOf = (bytes: Uint8Array): RangeSource => ({
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** How describing ends: what kind of failure, or none; anything else is thrown. */
async function outcome(source: RangeSource, signal?: AbortSignal): Promise<"described" | "input" | "unavailable"> {
  const world = testWorld(signal ? { signal } : {});
  try {
    const description = await reader.files!.describe(withBlocks(source, { blockSize: 4096, whole: 0 }), world);
    // Throws on what JSON can't say.
    stableJson(description);
    return "described";
  } catch (error) {
    if (isFailure(error, "input", "unavailable") && error.message.length > 10) return error.kind as "input";
    throw error;
  }
}

/** The same of a reference of the file alone, and of it after a copy. Why there is none counts as an answer. */
async function referencing(bytes: Uint8Array, whole: Uint8Array): Promise<void> {
  const open = (of: Uint8Array) => async () => sourceOf(of);
  const parts = [
    { name: "a", url: "ipfs://a", open: open(whole) },
    { name: "b", url: "ipfs://b", open: open(bytes) },
  ];
  const { references, joinedReferences } = reader.files!;
  await joinedReferences!(parts, testWorld());
  try {
    await references!(withBlocks(sourceOf(bytes)), "ipfs://b", testWorld());
  } catch (error) {
    if (!isFailure(error, "input") || error.message.length <= 10) throw error;
  }
}

const casesPerFile = 8;
/** Of them, those of which references are made, too. */
const referencedPerFile = 2;
/** One of those that differ in nothing that a description needs; where they do, `hdf5` has tests of its own. */
const names = files?.names.filter((name) => !/^grid-[^cf]|^grid-c[lo]|^cut|^lies|^many/.test(name)) ?? [];

describe.skipIf(!files)(`damaged files, seed ${seed}`, () => {
  it.each(Object.keys(damages))("end in a description or in words: %s", { timeout: 60_000 }, async (kind) => {
    const ended = { described: 0, input: 0, unavailable: 0 };
    for (const [i, name] of names.entries()) {
      const whole = files!.bytes(name);
      for (let n = 0; n < casesPerFile; n++) {
        const caseSeed = seed + 1000 * i + n;
        const damaged = damages[kind]!(Uint8Array.from(whole), randomFrom(caseSeed));
        try {
          ended[await outcome(sourceOf(damaged))]++;
          if (n < referencedPerFile) await referencing(damaged, whole);
        } catch (error) {
          throw new Error(`${name}, case ${n}, seed ${seed}`, { cause: error });
        }
      }
    }
    // Bytes that are at hand are never out of reach.
    expect(ended.unavailable).toBe(0);
    expect(ended.input + ended.described).toBe(names.length * casesPerFile);
    expect(ended.input).toBeGreaterThan(0);
  });

  it("are out of reach, and never bad, where a block is missing", { timeout: 60_000 }, async () => {
    const random = randomFrom(seed);
    for (const name of names) {
      const bytes = files!.bytes(name);
      const whole = await outcome(sourceOf(bytes));
      for (let n = 0; n < casesPerFile; n++) {
        const lost = random(Math.ceil(bytes.length / 4096)) * 4096;
        let isAsked = false;
        const ended = await outcome({
          size: bytes.length,
          async read(offset, length) {
            if (offset <= lost && lost < offset + length) {
              isAsked = true;
              throw new Failure("unavailable", "the block bafy… did not come within 30 s");
            }
            return bytes.subarray(offset, offset + length);
          },
        });
        expect(ended, `${name} without the block at ${lost}`).toBe(isAsked ? "unavailable" : whole);
      }
    }
  });

  it("are given up when the caller's time is over, though a block never comes", { timeout: 60_000 }, async () => {
    const random = randomFrom(seed);
    const reason = new Failure("unavailable", "no time is left of the 10 minutes granted");
    for (const name of names) {
      const bytes = files!.bytes(name);
      const lost = random(Math.ceil(bytes.length / 4096)) * 4096;
      const abort = new AbortController();
      const source: RangeSource = {
        size: bytes.length,
        async read(offset, length) {
          if (!(offset <= lost && lost < offset + length)) return bytes.subarray(offset, offset + length);
          setTimeout(() => abort.abort(reason), 1);
          return new Promise(() => {});
        },
      };
      const ended = await outcome(source, abort.signal);
      expect(["unavailable", await outcome(sourceOf(bytes))], name).toContain(ended);
      if (abort.signal.aborted) expect(ended, name).toBe("unavailable");
    }
  });
});
