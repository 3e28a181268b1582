/**
 * Tables as text: CSV, TSV, and with semicolons, below a line that names their columns.
 *
 * Columns are variables along one dimension, `row`; their time and place is CF's business (`core/cf`), as of any
 * other format. A file is read whole up to 16 MiB. Of a larger one, its start, some windows and its end are, and its extents
 * are those of a sample.
 */
import { unlessAborted } from "../../core/abort.ts";
import { describe } from "../../core/cf/describe.ts";
import type { Description } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import type { World } from "../../core/world.ts";
import type { FormatReader } from "../reader.ts";
import { readFromMemory } from "../values-in-memory.ts";
import { isTable, readTable } from "./read.ts";

export const table: FormatReader = {
  name: "table",
  version: 2,
  files: {
    recognises: isTable,
    describe: (file, world) => unlessAborted(world.signal, describeTable(file, world)),
  },
};

/** @throws Failure `input` where it is no table, or one of no rows. */
async function describeTable(file: RangeSource, world: World): Promise<Description> {
  const { attributes, variables, mediaType, isWhole, valuesOf, findings } = await readTable(file, world);
  const described = await describe({
    attributes,
    variables: variables.map(({ variable }) => variable),
    read: readFromMemory(valuesOf, isWhole, world),
  });
  return {
    ...described,
    attributes,
    access: { format: "file", mediaType },
    findings: [...findings, ...described.findings],
  };
}
