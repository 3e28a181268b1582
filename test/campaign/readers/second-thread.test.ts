/** Files described in a second thread become what they become in the first, and fail as they fail there. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { inTwoThreads, type ThreadOptions } from "../../../pipeline/campaign/readers/thread/second-thread.ts";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import { fileReaderOf, type StartedFile } from "../../../pipeline/formats/reader.ts";
import { readersUsing } from "../../../pipeline/formats/readers.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";

const here = readersUsing(decompressors);
const threaded = (options: ThreadOptions = {}) => inTwoThreads(here, { after: 0, processors: 2, ...options });
/** One thread, for all that don't end it. */
const both = threaded({ idle: 60_000 });

const cases = join(import.meta.dirname, "../../datasets");
const files = readdirSync(cases).flatMap((name) => {
  const path = join(cases, name);
  if (!name.startsWith("file-") || !statSync(path).isDirectory()) return [];
  return [{ name, bytes: readFileSync(join(path, readdirSync(path)[0]!)) }];
});
const bytesOf = (of: string) => files.find(({ name }) => name === of)!.bytes;

/** A table of several blocks. */
const rows = Array.from({ length: 40_000 }, (_, i) => `2024-08-11T10:00:00Z,13.${i},-59.5`);
const large = new TextEncoder().encode(["time,lat,lon", ...rows, ""].join("\n"));

describe("a second thread", () => {
  it("makes the same descriptions", async () => {
    for (const { bytes } of files) {
      const [mine, other] = await Promise.all(
        [here, both].map(async (which) => (await fileReaderOf(which, rangesOf(bytes)))!.describe(testWorld())),
      );
      expect(other).toEqual(mine);
    }
  });

  it("fails with the very error of a read", async () => {
    const error = new Failure("unavailable", "no node has the block");
    const recognised = await recognisedOf(() => Promise.reject(error));
    await expect(recognised.describe(testWorld())).rejects.toBe(error);
  });

  it("tells what is damaged as the first thread does", async () => {
    const whole = bytesOf("file-geojson");
    const cut = whole.subarray(0, whole.length - 20);
    const failures = await Promise.all(
      [here, both].map(async (which) => {
        const recognised = await fileReaderOf(which, rangesOf(cut));
        return recognised!.describe(testWorld()).catch((error: Failure) => [error.kind, error.message]);
      }),
    );
    expect(failures[1]).toEqual(failures[0]);
    expect(failures[1]).toEqual(["input", expect.any(String)]);
  });

  it("is not waited for when the run is stopped", async () => {
    const stop = new AbortController();
    const recognised = await recognisedOf(() => new Promise(() => {}));
    const description = recognised.describe(testWorld({ signal: stop.signal }));
    stop.abort(new Error("stopped"));
    await expect(description).rejects.toThrow("stopped");
  });

  it("leaves a file to the first one when it is lost, as for want of memory", async () => {
    const recognised = await fileReaderOf(threaded({ memory: 12 }), rangesOf(large));
    const description = await recognised!.describe(testWorld());
    expect(description.variables.length).toBeGreaterThan(0);
  });
});

/** The table, of which a second thread reads what follows the first block by `read`. */
async function recognisedOf(read: () => Promise<Uint8Array>): Promise<NonNullable<StartedFile["recognised"]>> {
  const source: RangeSource = {
    size: large.length,
    read: (offset, length) => (offset === 0 ? Promise.resolve(large.slice(0, length)) : read()),
  };
  return (await fileReaderOf(both, source))!;
}
