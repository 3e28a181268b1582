/** Datasets that are one file: recognised by its first bytes, in a leaf of their own or among other files. */
import type { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { World } from "../../../pipeline/core/world.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { openFile, openFolder } from "../../../pipeline/dag/read/folder.ts";
import { type FileFormat, type FormatReader, startLength } from "../../../pipeline/formats/reader.ts";
import type { HomeNode } from "../../../pipeline/ipfs/node.ts";
import { bounds, type SearchBounds, TooLarge } from "../../../pipeline/stages/scan/bounds.ts";
import { findDatasets } from "../../../pipeline/stages/scan/find-datasets.ts";
import { describedFile } from "../../../pipeline/stages/scan/read-file.ts";
import { scan } from "../../../pipeline/stages/scan/scan.ts";
import { fakeHome } from "../../fakes/home.ts";
import { aFile, someParts } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

const startsWith = (bytes: Uint8Array, text: string) => new TextDecoder("latin1").decode(bytes).startsWith(text);

/** Knows files that begin with `DATA `; what follows is the title. */
const dataFiles: FileFormat = {
  recognises: (start) => startsWith(start, "DATA "),
  describe: async (file) => {
    const title = new TextDecoder().decode(await file.read(5, file.size));
    if (title === "bad") throw new Failure("input", "no title");
    return {
      attributes: { title },
      dimensions: [],
      variables: [],
      access: { format: "files", files: [] },
      findings: [],
    };
  },
};
const reader: FormatReader = { name: "data", version: 1, files: dataFiles };

/** Knows files that begin with `SONDE `: like one another, unless one of its words is `other`. */
const sondeFiles: FileFormat = {
  recognises: (start) => startsWith(start, "SONDE "),
  describe: async (file) => {
    const title = new TextDecoder().decode(await file.read(6, file.size));
    if (title === "bad") throw new Failure("input", "cut short");
    return {
      attributes: { title },
      dimensions: [{ name: title === "other" ? "obs" : "time", size: 10, kind: "other" }],
      variables: [],
      access: { format: "netcdf", model: "NETCDF4", groups: [] },
      findings: [],
    };
  },
};
const readers = [reader, { name: "sonde", version: 1, files: sondeFiles }];

/** A folder of files, and of one folder of files where a path has two names. */
async function aFolder(home: HomeNode, files: Readonly<Record<string, string>>): Promise<CID> {
  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const profile = profiles["cid-v1"];
  const linkOf = (text: string) => fileOf(new TextEncoder().encode(text), profile, put);
  const folders = Object.entries(Object.groupBy(Object.keys(files), (path) => path.split("/").slice(0, -1).join("/")));
  const linked = folders.map(([folder, paths]) => ({
    folder,
    entries: paths!.map((path) => ({ name: path.split("/").at(-1)!, ...linkOf(files[path]!) })),
  }));
  const inner = linked.filter(({ folder }) => folder !== "");
  const top = [
    ...(linked.find(({ folder }) => folder === "")?.entries ?? []),
    ...inner.map(({ folder, entries }) => ({ name: folder, ...makeDirectory(entries, profile, put) })),
  ];
  const { cid } = makeDirectory(top, profile, put);
  await home.put(blocks, testWorld());
  return cid;
}

async function found(
  files: Readonly<Record<string, string>>,
  limits: SearchBounds = bounds,
  world: World = testWorld(),
) {
  const home = fakeHome();
  const cid = await aFolder(home, files);
  const get = async (block: typeof cid) => (await home.get(block, world))!;
  const open = () => openFolder(cid, get);
  const search = await findDatasets({ cid: cid.toString(), size: 0, open }, readers, world, { limits });
  return { ...search, below: search.found.map((one) => `${one.below}${"failure" in one ? " failed" : ""}`) };
}

it("describes a leaf that is a file which a reader knows, whatever its name", async () => {
  const parts = { ...(await someParts()), readers: [reader] };
  const { cid } = await aFile(parts.home, "DATA Sonde");
  const plain = await aFile(parts.home, "PLAIN");
  const unknown = await aFile(parts.home, "\0\x01");
  const leaves = [
    { path: "sonde.csv", cid },
    { path: "notes.nc", cid: plain.cid },
    { path: "raw", cid: unknown.cid },
  ];
  const entries = [];
  for await (const leaf of scan(leaves, parts, testWorld())) entries.push(...leaf.entries);
  expect(entries).toMatchObject([
    {
      kind: "dataset",
      path: "sonde.csv",
      cid: cid.toString(),
      reader: "data",
      item: { properties: { title: "Sonde" } },
    },
    { path: "notes.nc", plain: { kind: "file", size: 5, media: { name: "plain text", mediaType: "text/plain" } } },
    { path: "raw", plain: { kind: "file", size: 2 } },
  ]);
  expect(entries[2]).not.toHaveProperty("plain.media");
});

it("finds the files in a folder that a reader knows, and in folders below, among others that none knows", async () => {
  const { below, left } = await found({
    "b.nc": "DATA B",
    "a.txt": "DATA A",
    "c.txt": "other",
    "inner/d": "DATA D",
    empty: "",
  });
  expect(below).toEqual(["a.txt", "b.nc", "inner/d"]);
  expect(left).toBeUndefined();
});

it("lists a plain file in a folder where its format is one of data that no reader reads, and no other", async () => {
  const grib = "GRIB\0\0\0\x02".padEnd(100, "\0");
  const search = await found({ "a.nc": "DATA A", "forecast.txt": grib, "notes.txt": "notes" });
  expect(search.below).toEqual(["a.nc", "forecast.txt"]);
  expect(search.found[1]).toMatchObject({
    plain: { kind: "file", size: 100, media: { name: "GRIB 2 messages", mediaType: "application/wmo-GRIB2" } },
    findings: [
      { rule: "kind-not-read", says: "GRIB 2 messages are not read: their variables, times and places are unknown" },
    ],
  });
});

it("makes of one bad file one failure", async () => {
  expect((await found({ a: "DATA A", b: "DATA bad" })).below).toEqual(["a", "b failed"]);
});

it("makes one dataset of the like files in a folder, which are none of their own", async () => {
  const search = await found({
    "flight/D2.nc": "SONDE same",
    "flight/D1.nc": "SONDE same",
    "flight/README": "text",
    "D3.nc": "SONDE alone",
  });
  expect(search.below).toEqual(["D3.nc", "flight"]);
  const [, flight] = search.found;
  expect(flight).toMatchObject({
    reader: "sonde",
    description: {
      attributes: { title: "same" },
      members: { count: 2, listed: [{ path: "D1.nc" }, { path: "D2.nc" }] },
    },
  });
});

it("makes the folder itself the dataset, with those in folders below it as others", async () => {
  expect((await found({ a: "SONDE A", b: "SONDE B", "c/d": "DATA D" })).below).toEqual(["", "c/d"]);
});

it("lists each of unlike files", async () => {
  expect((await found({ a: "SONDE A", b: "SONDE B", c: "SONDE other" })).below).toEqual(["a", "b", "c"]);
  expect((await found({ a: "SONDE A", b: "SONDE B", c: "DATA C" })).below).toEqual(["a", "b", "c"]);
});

it("lists a file that fails with its reason, beside the dataset that the others are", async () => {
  const search = await found({ a: "SONDE A", b: "SONDE B", c: "SONDE bad" });
  expect(search.below).toEqual(["", "c failed"]);
  expect(search.found[1]).toMatchObject({ reader: "sonde", failure: { message: "cut short" } });
});

it("names the CID of each member as its folder links it, and makes an item of the leaf", async () => {
  const parts = { ...(await someParts()), readers };
  const cid = await aFolder(parts.home, { "a.nc": "SONDE A", "b.nc": "SONDE B" });
  const { cid: member } = await aFile(parts.home, "SONDE A");
  const entries = [];
  for await (const leaf of scan([{ path: "HALO/sondes", cid }], parts, testWorld())) entries.push(...leaf.entries);
  expect(entries).toMatchObject([
    {
      kind: "dataset",
      path: "HALO/sondes",
      cid: cid.toString(),
      item: {
        properties: {
          title: "sondes",
          "fieldtree:members": [{ path: "a.nc", cid: member.toString() }, { path: "b.nc" }],
          "fieldtree:member_count": 2,
          "fieldtree:differences": ["titles: “A”, “B”"],
        },
        assets: {
          data: { href: `ipfs://${cid}`, roles: ["data"] },
          "data/a.nc": { href: `ipfs://${cid}/a.nc`, type: "application/netcdf", title: "a.nc" },
          "data/b.nc": { href: `ipfs://${cid}/b.nc` },
        },
      },
    },
  ]);
});

it("names the other files, in folders below as well, so that a search by name finds them", async () => {
  const files = { "a.nc": "SONDE A", "b.nc": "SONDE B", README: "text", "inner/D1.7": "raw", "inner/D2.7": "raw" };
  expect((await found(files)).names).toEqual(["README", "inner/D1.7", "inner/D2.7"]);
  expect((await found(files, { ...bounds, names: 2 })).names).toEqual(["README", "inner/D1.7"]);
  expect((await found(files, { ...bounds, nameCharacters: 7 })).names).toEqual(["README"]);
  expect((await found({ "a.nc": "SONDE A", "b.nc": "SONDE B" })).names).toBeUndefined();
});

it("lists a leaf that has other files beside its datasets as what it is, too, with their names", async () => {
  const parts = { ...(await someParts()), readers };
  const cid = await aFolder(parts.home, { a: "DATA A", "notes/one": "text" });
  const raw = await aFolder(parts.home, { D1: "raw" });
  const leaves = [
    { path: "x", cid },
    { path: "y", cid: raw },
  ];
  const entries = [];
  for await (const leaf of scan(leaves, parts, testWorld())) entries.push(...leaf.entries);
  expect(entries).toMatchObject([
    { kind: "plain", path: "x", plain: { kind: "directory" }, names: ["notes/one"] },
    { kind: "dataset", path: "x/a" },
    { kind: "plain", path: "y", names: ["D1"] },
  ]);
});

it("says which files a bound left unread", async () => {
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`f${i}`, `DATA ${i}`]));
  const { below, left } = await found(files, { ...bounds, files: 4 });
  expect(below).toEqual(["f0", "f1", "f2", "f3"]);
  expect(left?.says).toContain("4 files: 2 files from “f4” on");
});

it("asks for more room where a search side by side would leave files unread", async () => {
  const home = fakeHome();
  const cid = await aFolder(home, { a: "DATA A", b: "DATA B" });
  const open = () => openFolder(cid, async (block) => (await home.get(block, testWorld()))!);
  const search = findDatasets({ cid: cid.toString(), size: 0, open }, [reader], testWorld(), {
    limits: { ...bounds, files: 1 },
    orThrow: true,
  });
  await expect(search).rejects.toBeInstanceOf(TooLarge);
});

it("reads of a file that no reader knows its first bytes alone", async () => {
  const home = fakeHome();
  const { cid } = await aFile(home, "x".repeat(3_000_000));
  const lengths: number[] = [];
  const source = (await openFile(cid, async (block) => (await home.get(block, testWorld()))!))!;
  const counting = {
    ...source,
    read: (offset: number, length: number) => {
      lengths.push(length);
      return source.read(offset, length);
    },
  };
  expect(await describedFile(counting, [reader], testWorld())).toMatchObject({
    plain: { media: { name: "plain text" } },
  });
  expect(lengths).toEqual([262_144]);
  expect(startLength).toBeLessThan(262_144);
});

it("opens no file where no reader reads files", async () => {
  const home = fakeHome();
  const cid = await aFolder(home, { a: "x".repeat(2_000_000) });
  const asked: string[] = [];
  const get = async (block: typeof cid) => {
    asked.push(block.toString());
    return (await home.get(block, testWorld()))!;
  };
  const folders: FormatReader = {
    name: "none",
    version: 1,
    folders: { recognises: () => false, describe: () => Promise.reject(new Error("never")) },
  };
  await findDatasets({ cid: cid.toString(), size: 0, open: () => openFolder(cid, get) }, [folders], testWorld());
  expect(new Set(asked).size).toBeLessThanOrEqual(2);
});

it("describes a file by the sidecar that is another leaf beside it", async () => {
  const parts = { ...(await someParts()), readers: [reader] };
  const { home } = parts;
  const sidecar = (title: string) => aFile(home, `attributes:\n  title: ${title}\n`);
  const leaves = [
    { path: "raw/radar.png", cid: (await aFile(home, "PLAIN")).cid },
    { path: "raw/radar.png.meta.yaml", cid: (await sidecar("Radar")).cid },
    { path: "raw/sonde", cid: (await aFile(home, "DATA Sonde")).cid },
    { path: "raw/sonde.meta.yaml", cid: (await sidecar("Better")).cid },
    { path: "raw/folder", cid: await aFolder(home, { a: "DATA a", b: "DATA b" }) },
    { path: "raw/folder.meta.yaml", cid: (await sidecar("Of a folder")).cid },
    { path: "raw/alone.meta.yaml", cid: (await sidecar("Of nothing")).cid },
  ];
  const titlesOf = async (some: typeof leaves, tree = some) => {
    const titles: string[] = [];
    for await (const { entries } of scan(some, parts, testWorld(), new Map(tree.map((leaf) => [leaf.path, leaf]))))
      for (const entry of entries)
        titles.push(`${entry.path} ${entry.kind === "dataset" ? entry.item.properties.title : entry.kind}`);
    return titles;
  };
  const described = ["raw/radar.png Radar", "raw/sonde Better"];
  expect(await titlesOf(leaves)).toEqual([
    ...described,
    "raw/folder/a a",
    "raw/folder/b b",
    "raw/folder.meta.yaml plain",
    "raw/alone.meta.yaml plain",
  ]);
  // A leaf alone is described by what is beside it in the tree; without, it is what it was.
  expect(await titlesOf(leaves.slice(0, 1), leaves)).toEqual(["raw/radar.png Radar"]);
  expect(await titlesOf(leaves.slice(0, 1))).toEqual(["raw/radar.png plain"]);
});
