/** add, gc and fsck, as their user runs them. */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readTree } from "../../pipeline/core/tree/tree.ts";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const zgroup = '{"zarr_format": 2}';
const zarray = (length: number, chunk: number) =>
  JSON.stringify({
    zarr_format: 2,
    shape: [length],
    chunks: [chunk],
    dtype: "<f4",
    compressor: null,
    fill_value: 0,
    order: "C",
    filters: null,
  });

it("prints a line a path, with the CID that Kubo gives", async () => {
  const cwd = await aCampaign({ "hello.txt": "hello world\n", "folder/a": "a", "folder/.hidden": "" });
  const { code, json } = await fieldtree(["--json", "add", "hello.txt", "folder"], { cwd });
  expect(code).toBe(0);
  expectSchema("add", json());
  expect(json()).toMatchObject([
    // ipfs add --cid-version=1 -r -H
    { path: "hello.txt", cid: "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4", bytes: 12, blocks: 1 },
    { path: "folder", bytes: 1, blocks: 3 },
  ]);
});

it("splices the CID into tree.yaml, making folders, and says what it replaced", async () => {
  const cwd = await aCampaign({ "tree.yaml": "# ours\nproducts:\n  old: \n", one: "1", two: "2" });
  const first = (await fieldtree(["add", "--json", "one", "--at", "products/HALO/data"], { cwd })).json()[0];
  expect(first.replaced).toBeUndefined();
  const second = (await fieldtree(["add", "--json", "two", "--at", "products/HALO/data"], { cwd })).json()[0];
  expectSchema("add", [first, second]);
  expect(second.replaced).toBe(first.cid);
  const text = readFileSync(join(cwd, "tree.yaml"), "utf8");
  expect(text).toContain("# ours\n");
  expect(text).toContain(`data: ${second.cid}`);
});

it("puts data below a place that ends in a slash, each under its own name, and at one that doesn't", async () => {
  const cwd = await aCampaign({ "tree.yaml": "", one: "1", "in/two": "2" });
  const at = async (...args: string[]) =>
    (await fieldtree(["add", "--json", ...args], { cwd })).json().map(({ at }) => at);
  expect(await at("one", "in/two/../two", "--at", "/products/v3/")).toEqual(["products/v3/one", "products/v3/two"]);
  expect(await at("./in/", "--at", "products/v3//")).toEqual(["products/v3/in"]);
  expect(await at("one", "--at", "/")).toEqual(["one"]);
  expect(await at("one", "--at", "/products/v4")).toEqual(["products/v4"]);
  const { tree } = readTree(readFileSync(join(cwd, "tree.yaml"), "utf8"));
  expect([...tree.keys()].sort()).toEqual([
    "one",
    "products/v3/in",
    "products/v3/one",
    "products/v3/two",
    "products/v4",
  ]);
  expect(await fieldtree(["add", "one", "./one", "--at", "x/"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("two of them would go to x/one"),
  });
});

it("never puts data in place of a folder that holds other people's", async () => {
  const tree = "products:\n  HALO:\n    a: \n    b: \n";
  const cwd = await aCampaign({ "tree.yaml": tree, one: "1" });
  const { code, stderr } = await fieldtree(["add", "one", "--at", "products/HALO"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain("products/HALO is a folder with 2 leaves in tree.yaml");
  expect(stderr).toContain("--at products/HALO/one puts it inside");
  expect(readFileSync(join(cwd, "tree.yaml"), "utf8")).toBe(tree);
});

it.each([
  [["add", "--profile", "nope", "x"], "cid-v1, unixfs-v1-2025"],
  [["add", "--symlinks", "follow", "x"], "keep"],
  [["add", "a", "b", "--at", "x"], "--at x/ puts them into that folder"],
  [["add", "not/there"], "not/there"],
])("refuses %j in words", async (args, says) => {
  const { code, stderr } = await fieldtree(args, { cwd: await aCampaign({ x: "x" }) });
  expect(code).toBe(2);
  expect(stderr).toContain(says);
});

it("tells what users of a dataset would suffer from, and leaves a tiny one alone", async () => {
  const chunk = Buffer.alloc(4000, 7);
  const chunks = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`bad.zarr/v/${i}`, chunk]));
  const cwd = await aCampaign({
    "bad.zarr/.zgroup": zgroup,
    "bad.zarr/v/.zarray": zarray(400_000, 1000),
    ...chunks,
    "good.zarr/.zgroup": zgroup,
    "good.zarr/.zattrs": '{"title": "Fine"}',
    "good.zarr/.zmetadata": JSON.stringify({
      zarr_consolidated_format: 1,
      metadata: {
        ".zgroup": JSON.parse(zgroup),
        ".zattrs": { title: "Fine" },
        "v/.zarray": JSON.parse(zarray(2000, 1000)),
      },
    }),
    "good.zarr/v/.zarray": zarray(2000, 1000),
    "good.zarr/v/0": chunk,
    "good.zarr/v/1": chunk,
  });
  const [bad, good] = (await fieldtree(["add", "--json", "bad.zarr", "good.zarr"], { cwd })).json();
  const rules = ({ findings }: { findings: { rule: string }[] }) => findings.map(({ rule }) => rule);
  expectSchema("add", [bad, good]);
  expect(rules(bad)).toEqual(expect.arrayContaining(["no-title", "small-chunks", "not-consolidated"]));
  expect(rules(good)).not.toEqual(expect.arrayContaining(["no-title"]));
  expect(rules(good)).not.toEqual(expect.arrayContaining(["small-chunks"]));
});

it("leaves tree.yaml alone and exits with 1 where a dataset can't be described, unless forced", async () => {
  const bad = "attributes: [\n";
  const many = Object.fromEntries(
    Array.from({ length: 120 }, (_, i) => [`many/${i}/dataset_meta.yaml`, i === 119 ? bad : "attributes: {}\n"]),
  );
  const cwd = await aCampaign({ "tree.yaml": "# ours\n", "bad/dataset_meta.yaml": bad, one: "1", ...many });
  const tree = () => readFileSync(join(cwd, "tree.yaml"), "utf8");
  for (const path of ["bad", "many"]) {
    const { code, json } = await fieldtree(["add", path, "--at", "data", "--json"], { cwd });
    expectSchema("add", json());
    expect([code, json()[0].at, json()[0].findings[0].rule]).toEqual([1, undefined, "unreadable"]);
    expect(tree()).toBe("# ours\n");
  }
  const said = await fieldtree(["add", "bad", "--at", "data"], { cwd });
  expect(said.stdout).toContain("tree.yaml is unchanged");
  expect((await fieldtree(["add", "bad"], { cwd })).code).toBe(1);

  const both = await fieldtree(["add", "bad", "one", "--at", "in/", "--json"], { cwd });
  expect([both.code, both.json().map(({ at }) => at)]).toEqual([1, [undefined, "in/one"]]);
  expect([...readTree(tree()).tree.keys()]).toEqual(["in/one"]);
  const forced = await fieldtree(["add", "bad", "--at", "data", "--force", "--json"], { cwd });
  expect([forced.code, forced.json()[0].at]).toEqual([0, "data"]);
  expect(readTree(tree()).tree.get("data")).toMatchObject({ written: forced.json()[0].cid });
});

it.each([
  ["is read-only itself", "tree.yaml", 0o444],
  ["is in a read-only folder", ".", 0o555],
])(
  "leaves a tree.yaml that %s unchanged, for root too, and refuses before it reads the data",
  async (_, place, mode) => {
    const untidy = "a:    \n";
    const cwd = await aCampaign({ "tree.yaml": untidy, one: "1" });
    await mkdir(join(cwd, ".fieldtree"));
    const before = statSync(join(cwd, place)).mode;
    chmodSync(join(cwd, place), mode);
    onTestFinished(() => chmodSync(join(cwd, place), before));
    for (const args of [
      ["add", "one", "--at", "one"],
      ["fmt"],
      ["merge", "tree.yaml", "tree.yaml", "tree.yaml", "-o", "tree.yaml"],
    ]) {
      const { code, stderr, stdout } = await fieldtree(args, { cwd });
      expect([args[0], code, stdout]).toEqual([args[0], 3, ""]);
      expect(stderr).toMatch(/tree\.yaml is left as it is: (it|its folder) is read-only \(mode 0[45]{3}\)/);
      expect(stderr).toContain(`→ chmod u+w ${place === "." ? cwd : join(cwd, place)}`);
    }
    expect(readFileSync(join(cwd, "tree.yaml"), "utf8")).toBe(untidy);
    expect(statSync(join(cwd, place)).mode & 0o777).toBe(mode);
  },
);

it("frees what was added before, and keeps what was added last", async () => {
  const cwd = await aCampaign({ data: "first version" });
  const first = (await fieldtree(["add", "--json", "data"], { cwd })).json()[0];
  writeFileSync(join(cwd, "data"), "second version");
  await fieldtree(["add", "data"], { cwd });
  const collected = (await fieldtree(["gc", "--json"], { cwd })).json();
  expectSchema("gc", collected);
  expect(collected[0]).toMatchObject({ removed: { blocks: 1 }, kept: { blocks: 1 } });
  expect(first.bytes).toBe(13);
  expect((await fieldtree(["gc", "--json", "--added"], { cwd })).json()[0]).toMatchObject({
    removed: { blocks: 1 },
    unpinned: 1,
  });
});

it("keeps the releases of a campaign that is called `added`", async () => {
  const cwd = await aCampaign({ data: "old", "campaign.yaml": "campaign: added\n" });
  await fieldtree(["add", "data", "--at", "products/data"], { cwd });
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  expect((await fieldtree(["gc", "--added", "--json"], { cwd })).json()[0]).toMatchObject({ unpinned: 0 });
});

it("frees nothing by a tree.yaml with errors: what can't be read in it may be what was added", async () => {
  const cwd = await aCampaign({ data: "precious" });
  await fieldtree(["add", "data", "--at", "products/data"], { cwd });
  writeFileSync(join(cwd, "tree.yaml"), readFileSync(join(cwd, "tree.yaml"), "utf8").replace(": baf", ": caf"));
  expect(await fieldtree(["gc", "--added"], { cwd })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("tree.yaml:2:9"),
  });
  expect((await fieldtree(["gc", "--json"], { cwd })).json()[0]).toMatchObject({ removed: { blocks: 0 } });
});

it("leaves with 6 when a block is damaged, and names what to do", async () => {
  const cwd = await aCampaign({ data: "precious" });
  await fieldtree(["add", "data"], { cwd });
  const well = await fieldtree(["fsck", "--json"], { cwd });
  expect([well.code, well.json().at(-1).errors]).toEqual([0, 0]);
  const packs = join(cwd, ".fieldtree/packs");
  const pack = join(packs, (await readdir(packs)).find((name) => name.endsWith(".car"))!);
  const bytes = await readFile(pack);
  bytes[bytes.indexOf("precious")] = 0;
  writeFileSync(pack, bytes);
  const { code, json } = await fieldtree(["fsck", "--json"], { cwd });
  expect(code).toBe(6);
  expectSchema("fsck", json().slice(0, -1));
  expect(json()[0]).toMatchObject({ level: "error", rule: "damaged-block", fix: "fieldtree fsck --repair" });
  expect(json().at(-1)).toMatchObject({ error: { kind: "corrupt" } });
});

it("refuses a store whose root metadata were left behind, and tells of chunks that were", async () => {
  const cwd = await aCampaign({
    "tree.yaml": "",
    "lost.zarr/ta/.zarray": zarray(4, 2),
    "lost.zarr/ta/0": "12345678",
    "part.zarr/.zgroup": zgroup,
    "part.zarr/ta/.zarray": zarray(4, 2),
    "part.zarr/ta/0": "12345678",
  });
  const lost = await fieldtree(["add", "--json", "lost.zarr", "--at", "lost.zarr"], { cwd });
  expect(lost.code).toBe(1);
  expect(lost.json()[0]?.findings).toMatchObject([
    { rule: "unreadable", says: expect.stringContaining("no zarr.json or .zgroup at its root, beside the arrays ta") },
  ]);
  expect(readFileSync(join(cwd, "tree.yaml"), "utf8")).toBe("");
  const missing = { rule: "missing-chunks", says: "1 of 2 chunks of ta are not there and read as its fill value (0)" };
  for (const verb of ["add", "inspect"]) {
    const { code, json } = await fieldtree([verb, "--json", "part.zarr"], { cwd });
    expect([verb, code]).toEqual([verb, 0]);
    expect(json()[0]?.findings).toContainEqual(expect.objectContaining(missing));
  }
});
