import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure, isFailure } from "../../../pipeline/core/failure.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { python } from "../../servers/python.ts";
import { dump } from "./dump.ts";

const program = await python();
const seed = Number(process.env.FIELDTREE_SEED ?? 20_240_831);

/** Numbers below `most` that are the same for the same seed (an LCG's high bits). */
function numbersOf(from: number): (most: number) => number {
  let state = from;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

describe.skipIf(!program)("a damaged file", () => {
  let folder: string;
  const files = ["small_old.h5", "small_new.h5"];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hdf5-"));
    await execa(program!, [join(import.meta.dirname, "small_files.py"), folder]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What reading all of it ends in: `undefined` where it is read. */
  const outcome = async (bytes: Uint8Array) => {
    try {
      await dump(rangesOf(bytes));
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it.each(files)("is read or refused as damaged, whichever bytes of %s are others, or missing", async (name) => {
    console.info(`FIELDTREE_SEED=${seed}`);
    const next = numbersOf(seed);
    const original = await readFile(join(folder, name));
    expect(await outcome(original)).toBeUndefined();
    for (let attempt = 0; attempt < 600; attempt++) {
      const bytes = new Uint8Array(original);
      const flips = 1 + next(attempt % 4 === 0 ? 100 : 4);
      const flipped = Array.from({ length: flips }, () => [next(bytes.length), next(256)] as const);
      for (const [at, byte] of flipped) bytes[at] = byte;
      const length = attempt % 7 === 0 ? next(bytes.length) : bytes.length;
      const error = await outcome(bytes.subarray(0, length));
      const what = `${name}, seed ${seed}, attempt ${attempt}, cut to ${length}, flipped ${JSON.stringify(flipped)}`;
      if (error !== undefined && !isFailure(error, "input"))
        expect.fail(`${what}: ${(error as Error).stack ?? String(error)}`);
    }
  });

  it.each(files)("is refused where %s is cut, anywhere", async (name) => {
    const bytes = await readFile(join(folder, name));
    for (let length = 0; length < bytes.length; length += 97)
      expect(isFailure(await outcome(bytes.subarray(0, length)), "input"), `cut to ${length} bytes`).toBe(true);
  });

  it("finds every flipped byte of what has a checksum", async () => {
    const bytes = await readFile(join(folder, "small_new.h5"));
    const header = bytes.indexOf("OHDR", 0, "latin1");
    for (let at = header; at < header + 40; at++) {
      const damaged = new Uint8Array(bytes);
      damaged[at]! ^= 1;
      expect(isFailure(await outcome(damaged), "input"), `byte ${at}`).toBe(true);
    }
  });

  it("out of reach is not taken for damaged, whichever read fails", async () => {
    const bytes = new Uint8Array(await readFile(join(folder, "small_old.h5")));
    const unavailable = new Failure("unavailable", "no peer has it");
    // Without blocks, every structure is a read of its own.
    let reads = 0;
    for (let failing = 0; ; failing += 5) {
      reads = 0;
      const source = rangesOf(bytes, async () => {
        if (reads++ === failing) throw unavailable;
      });
      const error = await dump(source, (inner) => inner).catch((caught: unknown) => caught);
      if (reads <= failing) break;
      expect(error, `read ${failing}`).toBe(unavailable);
    }
    expect(reads).toBeGreaterThan(50);
  });
});
