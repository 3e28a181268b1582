import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { Entry } from "../../../pipeline/core/stac/catalog-entry.ts";
import type { Block, Link } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory, makeSymlink } from "../../../pipeline/dag/directory.ts";
import { pbBlock } from "../../../pipeline/dag/hash.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { datasetMeta } from "../../../pipeline/formats/dataset-meta.ts";
import type { HomeNode } from "../../../pipeline/ipfs/node.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { bounds } from "../../../pipeline/stages/scan/bounds.ts";
import { scan } from "../../../pipeline/stages/scan/scan.ts";
import { fakeHome } from "../../fakes/home.ts";
import { aDataset, aFile, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

async function folderOf(home: HomeNode, entries: Readonly<Record<string, Link>>): Promise<Link> {
  const blocks: Block[] = [];
  const named = Object.entries(entries).map(([name, link]) => ({ name, ...link }));
  const link = makeDirectory(named, profiles["cid-v1"], (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return link;
}

/** A folder of folders with a sidecar each. */
async function sondes(home: HomeNode, names: readonly string[]): Promise<Link> {
  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const profile = profiles["cid-v1"];
  const folders = names.map((name) => {
    const sidecar = fileOf(new TextEncoder().encode(`attributes: { title: Sonde ${name} }`), profile, put);
    return { name, ...makeDirectory([{ name: "dataset_meta.yaml", ...sidecar }], profile, put) };
  });
  const link = makeDirectory(folders, profile, put);
  await home.put(blocks, testWorld());
  return link;
}

async function scanned(parts: Parts, leaves: Readonly<Record<string, { cid: CID }>>, world = testWorld()) {
  const entries: Entry[] = [];
  const unreachable: string[] = [];
  const list = Object.entries(leaves).map(([path, { cid }]) => ({ path, cid }));
  for await (const leaf of scan(list, parts, world)) {
    entries.push(...leaf.entries);
    if (leaf.unreachable) unreachable.push(leaf.path);
  }
  return { entries, unreachable, paths: entries.map(({ kind, path }) => `${kind} ${path}`) };
}

/** `parts`, and the CIDs that are asked of it. */
function counted(parts: Parts): Parts & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  const get = (cid: CID) => {
    asked.push(cid.toString());
    return parts.get(cid);
  };
  return { ...parts, get, asked };
}

describe("scan", () => {
  it("describes a leaf that is a dataset, and says what every other leaf is", async () => {
    const parts = await someParts();
    const file = await aFile(parts.home, "hello");
    const folder = await folderOf(parts.home, { "a.txt": file, "b.txt": file });
    const dataset = await aDataset(parts.home, "Camera");
    const { entries } = await scanned(parts, { camera: dataset, folder, "notes.txt": file });
    expect(entries).toMatchObject([
      { kind: "dataset", path: "camera", reader: "dataset-meta", item: { properties: { title: "Camera" } } },
      { kind: "plain", path: "folder", plain: { kind: "directory", size: folder.tsize } },
      { kind: "plain", path: "notes.txt", plain: { kind: "file", size: 5 } },
    ]);
  });

  it("finds the datasets inside a leaf, and searches none of them further", async () => {
    const parts = await someParts();
    const inner = await aDataset(parts.home, "Inner");
    const outer = await folderOf(parts.home, {
      "dataset_meta.yaml": await aFile(parts.home, "attributes: { title: Outer }"),
      inner,
    });
    const leaf = await folderOf(parts.home, {
      "2024": await folderOf(parts.home, { august: inner, outer }),
      "readme.md": await aFile(parts.home, "x"),
    });
    // The leaf has an entry of its own, for the file that no dataset covers.
    const { paths } = await scanned(parts, { all: leaf });
    expect(paths).toEqual(["plain all", "dataset all/2024/august", "dataset all/2024/outer"]);
  });

  it("does not follow symbolic links", async () => {
    const parts = await someParts();
    const blocks: Block[] = [];
    const link = makeSymlink("../../elsewhere", profiles["cid-v1"], (block) => void blocks.push(block));
    await parts.home.put(blocks, testWorld());
    const leaf = await folderOf(parts.home, { link });
    expect((await scanned(parts, { leaf, link })).paths).toEqual(["plain leaf", "plain link"]);
  });

  it("reads nothing again that it knows, not even after a restart", async () => {
    const home = fakeHome();
    const state = await temporaryFolder();
    const [one, two] = [await aDataset(home, "One"), await aDataset(home, "Two")];
    await scanned(await someParts({ home, state }), { one });

    const { asked, ...counting } = counted(await someParts({ home, state }));
    expect((await scanned(counting, { one, two })).paths).toEqual(["dataset one", "dataset two"]);
    expect(asked).toContain(two.cid.toString());
    expect(asked).not.toContain(one.cid.toString());
  });

  it("reads again what another version of a reader would describe otherwise", async () => {
    const home = fakeHome();
    const state = await temporaryFolder();
    const one = await aDataset(home, "One");
    await scanned(await someParts({ home, state }), { one });
    const newer = { ...datasetMeta, version: datasetMeta.version + 1 };
    const parts = await someParts({ home, state, readers: [newer] });
    const { asked, ...counting } = counted(parts);
    await scanned(counting, { one });
    expect(asked).toContain(one.cid.toString());
  });

  it("records bad content as that dataset's failure and goes on", async () => {
    const parts = await someParts();
    const bad = await aDataset(parts.home, "[unclosed");
    const good = await aDataset(parts.home, "Good");
    const { entries } = await scanned(parts, { bad, good });
    expect(entries).toMatchObject([
      { kind: "failed", path: "bad", failure: { kind: "input" } },
      { kind: "dataset", path: "good" },
    ]);
  });

  it("says what is out of reach, and does not remember it as content", async () => {
    const home = fakeHome();
    const state = await temporaryFolder();
    const one = await aDataset(home, "One");
    const parts = await someParts({ home, state });
    const gone = { ...parts, get: async () => Promise.reject(new Failure("unavailable", "gone")) };
    expect(await scanned(gone, { one })).toMatchObject({ entries: [], unreachable: ["one"] });
    expect((await scanned(await someParts({ home, state }), { one })).paths).toEqual(["dataset one"]);
  });

  it("takes a damaged block for damage, not for a bad dataset", async () => {
    const home = fakeHome();
    const state = await temporaryFolder();
    const one = await aDataset(home, "One");
    const parts = await someParts({ home, state });
    const damaged = {
      ...parts,
      get: async (cid: CID) => {
        if (cid.equals(one.cid)) return parts.get(cid);
        throw new Failure("corrupt", `the bytes of ${cid} are not what it says`);
      },
    };
    await expect(scanned(damaged, { one })).rejects.toMatchObject({ kind: "corrupt" });
    expect((await scanned(await someParts({ home, state }), { one })).paths).toEqual(["dataset one"]);
  });

  it("leaves alone what campaign.yaml does not want looked into, but lists it", async () => {
    const parts = await someParts();
    const one = await aDataset(parts.home, "One");
    const picky = { ...parts, isScanned: (path: string) => path !== "raw" };
    expect((await scanned(picky, { raw: one, products: one })).paths).toEqual(["plain raw", "dataset products"]);
  });

  it("gives up on a leaf that is folders without end, and lists it with what was left out", async () => {
    const parts = await someParts();
    let leaf = await folderOf(parts.home, {});
    for (let depth = 0; depth < bounds.depth + 5; depth++) leaf = await folderOf(parts.home, { deeper: leaf });
    const { entries } = await scanned(parts, { leaf });
    const says = expect.stringMatching(/16 folders one in another: 1 folder from “deeper\/.*” on .*unsearched/);
    expect(entries).toMatchObject([{ kind: "plain", path: "leaf", findings: [{ rule: "not-searched", says }] }]);
  });

  it("lists the first of more sidecar folders than are searched, and counts the rest", async () => {
    const parts = await someParts();
    const names = Array.from({ length: bounds.folders + 40 }, (_, i) => String(i).padStart(6, "0"));
    const leaf = await sondes(parts.home, names);
    const { entries, paths } = await scanned(parts, { leaf });
    expect(paths.slice(0, 2)).toEqual(["plain leaf", "dataset leaf/000000"]);
    expect(paths.at(-1)).toBe("dataset leaf/009999");
    const says = expect.stringMatching(/10000 folders: at least 40 folders from “010000” on are unsearched/);
    expect(entries[0]).toMatchObject({ findings: [{ level: "warning", says }] });
    expect(entries).toHaveLength(1 + bounds.folders);

    const halves = {
      a: await sondes(parts.home, names.slice(0, 5020)),
      b: await sondes(parts.home, names.slice(5020)),
    };
    const cut = await scanned(parts, halves);
    expect(cut.entries).toHaveLength(names.length);
    expect(cut.paths.filter((path) => path.startsWith("plain"))).toEqual([]);
  });

  it("searches a folder once that is in ten thousand places, and reads it once", async () => {
    const parts = await someParts();
    const file = await aFile(parts.home, "x");
    const row = (count: number, link: Link) =>
      folderOf(parts.home, Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), link])));
    const { asked, ...counting } = counted(parts);
    const leaf = await row(9000, await row(20_000, file));
    expect((await scanned(counting, { leaf })).paths).toEqual(["plain leaf"]);
    // Twice, because it turns out to be too large to be searched beside others.
    expect(asked.length).toBeLessThanOrEqual(2 * new Set(asked).size);
  });

  it("lists what a few blocks repeat without end as far as the bound, with how many there are", async () => {
    const parts = await someParts();
    let leaf: Link = await aDataset(parts.home, "Again");
    for (let depth = 0; depth < 12; depth++) {
      leaf = await folderOf(parts.home, Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, leaf])));
    }
    const { entries } = await scanned(parts, { leaf });
    const says = expect.stringContaining(`contains ${4 ** 12} datasets, of which ${bounds.datasets} are listed`);
    expect(entries[0]).toMatchObject({ findings: [{ says }] });
    expect(entries).toHaveLength(1 + bounds.datasets);
  });

  it("searches what many leaves have in common once, though they are searched at once", async () => {
    const parts = await someParts();
    const one = await aDataset(parts.home, "One");
    const { asked, ...counting } = counted(parts);
    const leaves = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`copy ${i}`, one]));
    expect((await scanned(counting, leaves)).entries).toHaveLength(50);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("lists a folder that can't be read as failed, and lists the folders next to it", async () => {
    const parts = await someParts();
    const good = await aDataset(parts.home, "Good");
    const broken = pbBlock({ links: [], data: new Uint8Array([8, 99]) }, 1);
    await parts.home.put([broken], testWorld());
    const leaf = await folderOf(parts.home, { broken: { cid: broken.cid, tsize: 4 }, good });
    expect((await scanned(parts, { leaf })).paths).toEqual(["failed leaf/broken", "dataset leaf/good"]);
  });
});
