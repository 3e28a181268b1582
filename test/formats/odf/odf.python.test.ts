/** A chain of ours, read by a program that shares nothing with it: Python's `flatbuffers`, `hashlib` and `pyarrow`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aFolder } from "../../commands/program.ts";
import { pythonWith, runPython } from "../../servers/python.ts";
import { buoys } from "./buoys.ts";
import { seed } from "./dataset.ts";

const packages = await pythonWith("odf");

it.skipIf(!packages)(
  "a chain is read by another implementation: blocks, hashes, rows and their logical hashes",
  async () => {
    const folder = await aFolder(Object.fromEntries(buoys()));
    const script = readFileSync(join(import.meta.dirname, "read.py"), "utf8");
    const blocks = JSON.parse(await runPython(script, [folder], packages));
    const time = [2024, 225, 6 * 3600];
    expect(blocks).toEqual([
      { version: 3, number: 5, kind: "AddData", time, logical: true, offsets: [5, 11], rows: 7 },
      { version: 3, number: 4, kind: "AddData", time, logical: true, offsets: [0, 4], rows: 5 },
      { version: 3, number: 3, kind: "SetDataSchema", time },
      { version: 3, number: 2, kind: "SetLicense", time, spdx: "CC-BY-4.0" },
      { version: 3, number: 1, kind: "SetInfo", time, description: "Buoys of the trades\nSince 2024" },
      { version: 3, number: 0, kind: "Seed", time, id: seed.datasetId },
    ]);
  },
);
