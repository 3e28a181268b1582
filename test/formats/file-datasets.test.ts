/**
 * Every folder of test/datasets that begins with `file-` is a test case: the item that its one file becomes. To add one, add a
 * folder; the first run writes its item, which you read before you commit it.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readers } from "../../pipeline/campaign/readers/readers.ts";
import { stableJson } from "../../pipeline/core/json.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { fileReaderOf } from "../../pipeline/formats/reader.ts";
import { lintItem } from "../core/stac/lint.ts";
import { schemaErrors } from "../core/stac/valid.ts";
import { data } from "../data.ts";
import { cid, facts } from "../fakes/descriptions.ts";
import { rangesOf } from "../fakes/range-source.ts";
import { testWorld } from "../fakes/world.ts";

const cases = join(import.meta.dirname, "../datasets");
const names = readdirSync(cases).filter(
  (name) => name.startsWith("file-") && statSync(join(cases, name)).isDirectory(),
);

async function itemOfCase(name: string) {
  const [file] = readdirSync(join(cases, name));
  const bytes = readFileSync(join(cases, name, file!));
  const recognised = await fileReaderOf(readers, rangesOf(bytes));
  const description = await recognised!.describe(testWorld());
  const described = { path: `raw/${name}`, cid, tsize: bytes.length, reader: recognised!.reader.name, description };
  const { item, findings } = itemOf(described, facts);
  return { item, findings: [...description.findings, ...findings] };
}

it.each(names)("%s becomes the item we expect", async (name) => {
  const made = await itemOfCase(name);
  expect(made.item.properties["fieldtree:reader"]).toBe(name.replace("file-", ""));
  expect(lintItem(made.item)).toEqual([]);
  await expect(stableJson(made, 2)).toMatchFileSnapshot(join(cases, `${name}.item.json`));
});

const schemas = data("stac-schemas");

it.skipIf(!schemas)("makes items that the published schemas accept", async () => {
  const made = await Promise.all(names.map(itemOfCase));
  const items = made.map(({ item }) => item);
  expect(await schemaErrors(items, schemas!)).toEqual([]);
});
