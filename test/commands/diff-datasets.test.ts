/** `diff --datasets`: what differs in the datasets of two trees, in data users' words, without reading a chunk. */
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sample = join(import.meta.dirname, "../../sample/products/KITE/KITE-20260126a");

it("names what changed in each dataset, and which of its stored values did", async () => {
  const cwd = await aCampaign();
  const add = async (folder: string, at: string) =>
    expect((await fieldtree(["add", folder, "--at", at], { cwd })).code).toBe(0);
  await add(join(sample, "track.zarr"), "track");
  await cp(join(cwd, "tree.yaml"), join(cwd, "before.yaml"));

  const copy = join(cwd, "track.zarr");
  await cp(join(sample, "track.zarr"), copy, { recursive: true });
  await rename(join(copy, "air_temperature"), join(copy, "ta"));
  const edit = async (file: string, change: (text: string) => string) =>
    writeFile(join(copy, file), change(await readFile(join(copy, file), "utf8")));
  await edit("zarr.json", (text) => text.replaceAll('"air_temperature": {', '"ta": {'));
  await edit("lat/zarr.json", (text) => text.replace("{", "{ "));
  const chunk = await readFile(join(copy, "air_pressure/c/0"));
  await writeFile(join(copy, "air_pressure/c/0"), Buffer.concat([chunk, chunk]));
  await writeFile(join(copy, "air_pressure/c/1"), chunk);
  await add(copy, "track");

  const args = ["diff", "before.yaml", "--datasets"];
  const { code, json } = await fieldtree([...args, "--json"], { cwd });
  expect(code).toBe(0);
  expectSchema("diff", json());
  const [{ changes }, ...lines] = json();
  expect(changes.map(({ op, path }: never) => `${op} ${path}`)).toEqual(["update track"]);
  expect(lines).toMatchObject([
    {
      dataset: {
        path: "track",
        op: "changed",
        difference: { variables: [{ op: "renamed", name: "ta", from: "air_temperature" }], attributes: [] },
      },
    },
  ]);
  const arrays = Object.fromEntries(
    lines[0].dataset.difference.arrays.map(({ name, ...array }: { name: string }) => [name, array]),
  );
  expect(arrays).toMatchObject({
    ta: { values: "same", metadata: "same" },
    lat: { values: "same", metadata: "changed" },
    air_pressure: { values: "changed", metadata: "same", chunks: { changed: 1, added: 1, removed: 0 } },
  });

  const { stdout } = await fieldtree(args, { cwd });
  expect(stdout).toContain("  variable air_temperature is called ta now\n");
  expect(stdout).toContain("  stored values changed: air_pressure (1 chunk changed, 1 chunk new)\n");
  expect(stdout).toContain("  attributes or encoding changed around the same values: lat\n");
  expect(stdout).toMatch(/^update {3}track \S+ → \S+\ndataset {2}track: /);

  await rm(join(cwd, "before.yaml"));
  await writeFile(join(cwd, "before.yaml"), "track: bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku\n");
  expect((await fieldtree(args, { cwd })).code).toBe(4);
});
