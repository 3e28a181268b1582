/** Files that mean harm, or that chance made as bad: what they cost in blocks and memory, and how they end. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mostOfFile } from "../../../../pipeline/formats/hdf5/structure/file-budget.ts";
import { hostileFiles } from "./files.ts";

interface Ended {
  readonly says?: readonly string[];
  readonly fails?: string;
  readonly blocks: number;
}

/** Half of what a description may take, in MB: the rest is Node's own, and buffers. */
const heap = 128;

describe("a hostile HDF5 file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hostile-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.entries(hostileFiles))(
    "with %s ends in words, after few blocks and in less than 256 MB",
    { timeout: 60_000 },
    async (name, { make, fails, finds }) => {
      const bytes = make();
      const path = join(folder, `${name.replace(/\W/g, "-")}.h5`);
      await writeFile(path, bytes);
      // A process of its own: one that runs out of memory, or never ends, fails here.
      const script = join(import.meta.dirname, "describe.ts");
      const { stdout } = await execa(process.execPath, [`--max-old-space-size=${heap}`, script, path]);
      const [ended, { memory }] = stdout.split("\n").map((line) => JSON.parse(line)) as [Ended, { memory: number }];
      if (fails) expect(ended.fails).toMatch(fails);
      else expect(ended.fails).toBeUndefined();
      if (finds) expect(ended.says?.join("\n")).toMatch(finds);
      expect(ended.blocks).toBeLessThanOrEqual(2 * Math.ceil(bytes.length / 262_144));
      expect(memory).toBeLessThan(256e6);
    },
  );

  it("leaves real files a budget far above what they need", () => {
    // Of 5000 variables, the most that are described, with 20 attributes each.
    expect(mostOfFile.structures).toBeGreaterThan(10 * 5000);
    expect(mostOfFile.memory).toBeGreaterThan(5000 * 20 * 320);
  });
});
