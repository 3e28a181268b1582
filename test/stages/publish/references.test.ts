/** References of files, from the data's blocks to the portal. */
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { Entry } from "../../../pipeline/core/stac/catalog-entry.ts";
import type { Block, Link } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { resolve, walk, whole } from "../../../pipeline/dag/read/read.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { withReferences } from "../../../pipeline/stages/publish/references.ts";
import { rebuiltPortal } from "../../../pipeline/stages/verify/rebuild-portal.ts";
import { fakeHome } from "../../fakes/home.ts";
import { recordsFile } from "../../fakes/netcdf.ts";
import { smallNetcdf } from "../../fakes/netcdf3.ts";
import { someParts } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

const profile = profiles["cid-v1"];
const reader = netcdf(decompressors);
const partsOf = (given: Parameters<typeof someParts>[0] = {}) => someParts({ readers: [reader], ...given });
const keyOf = (cid: CID) => Buffer.from(cid.multihash.bytes).toString("hex");

async function stored(home: Parts["home"], bytes: Uint8Array): Promise<Link> {
  const blocks: Block[] = [];
  const link = fileOf(bytes, profile, (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return link;
}

async function published(parts: Parts, tree: string) {
  const text = new TextEncoder().encode(tree);
  for await (const event of publish(text, parts, { strict: false }, testWorld()))
    if (event.event === "published") return CID.parse(event.portal);
  throw new Error("nothing was published");
}

async function json(portal: CID, path: string, { get }: Parts) {
  const cid = await resolve(portal, path, get);
  if (!cid) throw new Error(`the portal has no ${path}`);
  return { cid, value: JSON.parse(new TextDecoder().decode(await whole(cid, get))) };
}

const entry = (path: string, cid: CID): Entry => ({
  kind: "dataset",
  path,
  cid: cid.toString(),
  reader: "netcdf",
  item: {} as never,
  findings: [],
});

describe("a file that a reader makes references of", () => {
  it("has one in the portal, whose item says how it is opened", async () => {
    const parts = await partsOf();
    const { cid } = await stored(parts.home, recordsFile(12_000));
    const portal = await published(parts, `products:\n  KITE:\n    süd.nc: ${cid}\n`);
    const { value: reference } = await json(portal, "refs/products/KITE/s~c3~bcd.nc.json", parts);
    expect(reference.refs["v/3.0"]).toEqual([`ipfs://${cid}`, expect.any(Number), 6]);
    const { value: item } = await json(portal, "stac/products/KITE/s~c3~bcd.nc.json", parts);
    expect(item.assets.references).toMatchObject({
      href: "../../../refs/products/KITE/s~c3~bcd.nc.json",
      type: "application/json",
      roles: ["references"],
      "xarray:open_kwargs": { engine: "zarr", consolidated: false },
      "xarray:storage_options": { remote_protocol: "ipfs", remote_options: { asynchronous: true } },
    });
    expect(item.assets.data["xarray:open_kwargs"]).toEqual({ engine: "scipy" });
    const { value: index } = await json(portal, "index.json", parts);
    expect(index.datasets[0].reference).toBe("refs/products/KITE/s~c3~bcd.nc.json");
  });

  it("gives the same portal on a machine that knows nothing of it, and when it is rebuilt", async () => {
    const home = fakeHome();
    const parts = await partsOf({ home });
    const { cid } = await stored(home, recordsFile(12_000));
    const tree = `a.nc: ${cid}\nb:\n  c.nc: ${cid}\n`;
    const portal = await published(parts, tree);
    const other = await partsOf();
    await stored(other.home, recordsFile(12_000));
    expect((await published(other, tree)).toString()).toBe(portal.toString());
    const head = (await parts.log.head(testWorld()))!;
    expect((await rebuiltPortal(head, parts, testWorld())).toString()).toBe(portal.toString());
  });

  it("has no reference where that would be too large, and the item says why", async () => {
    const parts = await partsOf();
    const { cid } = await stored(parts.home, recordsFile(60_000));
    const portal = await published(parts, `a.nc: ${cid}\n`);
    expect(await resolve(portal, "refs", parts.get)).toBeUndefined();
    const { value: item } = await json(portal, "stac/a.nc.json", parts);
    expect(item.assets.references).toBeUndefined();
    expect(item.properties["fieldtree:unreferenced"]).toEqual([expect.stringContaining("120000 chunks")]);
  });

  it("is read once: later releases ask for none of its blocks, unless those of the reference are gone", async () => {
    const home = fakeHome();
    const parts = await partsOf({ home });
    const { cid } = await stored(home, recordsFile(12_000));
    let asked = 0;
    const get: Parts["get"] = (block) => {
      asked++;
      return parts.get(block);
    };
    const counting = { ...parts, get };
    const [first] = await withReferences([entry("a.nc", cid)], counting, home, testWorld());
    expect(asked).toBeGreaterThan(0);
    asked = 0;
    expect(await withReferences([entry("a.nc", cid)], counting, home, testWorld())).toEqual([first]);
    expect(asked).toBe(0);

    const reference = first?.kind === "dataset" ? first.references?.[0] : undefined;
    const root = CID.parse(reference && "cid" in reference ? reference.cid : "");
    const blocks: CID[] = [];
    for await (const block of walk(root, parts.get, { scope: "all" })) blocks.push(block.cid);
    expect(blocks.length).toBeGreaterThan(2);
    for (const lost of [blocks[0]!, blocks.at(-1)!]) {
      home.blocks.delete(keyOf(lost));
      expect(await withReferences([entry("a.nc", cid)], counting, home, testWorld())).toEqual([first]);
      expect(home.blocks.has(keyOf(lost))).toBe(true);
    }
  });

  it("whose blocks are out of reach stops the release, and is named with all others", async () => {
    const parts = await partsOf();
    const { cid } = await stored(parts.home, recordsFile(10));
    const get: Parts["get"] = async (block) => {
      throw new Failure("unavailable", `no node has ${block}`);
    };
    const entries = [entry("a.nc", cid), entry("b.nc", cid)];
    const failing = withReferences(entries, { ...parts, get }, parts.home, testWorld());
    await expect(failing).rejects.toMatchObject({
      kind: "unavailable",
      message: `a.nc: no node has ${cid}\nb.nc: no node has ${cid}`,
    });
    // Nothing of it is remembered.
    const [found] = await withReferences([entry("a.nc", cid)], parts, parts.home, testWorld());
    expect(found).toMatchObject({ references: [{ path: "", leftOut: [] }] });
  });
});

describe("a folder of like files", () => {
  /** Of files named `a.nc`, `b.nc`, …; and what was published of it as `sondes`. */
  async function publishedFolder(files: readonly Uint8Array[]) {
    const parts = await partsOf();
    const links = await Promise.all(files.map((bytes) => stored(parts.home, bytes)));
    const blocks: Block[] = [];
    const named = links.map((link, i) => ({ name: `${"abc"[i]}.nc`, ...link }));
    const folder = makeDirectory(named, profile, (block) => void blocks.push(block));
    await parts.home.put(blocks, testWorld());
    const portal = await published(parts, `sondes: ${folder.cid}\n`);
    const { value: item } = await json(portal, "stac/sondes.json", parts);
    const { value: index } = await json(portal, "index.json", parts);
    return { parts, portal, cids: links.map(({ cid }) => cid), item, index };
  }

  it("has one reference where its files continue one another", async () => {
    const hours = (from: number, to: number) => {
      const values = Array.from({ length: to - from }, (_, i) => from + i);
      const time = { attributes: { units: "hours since 2024-08-01" }, values };
      return smallNetcdf({ time, ta: { attributes: { units: "K" }, values } });
    };
    const { parts, portal, item, index } = await publishedFolder([hours(0, 10), hours(10, 20), hours(20, 30)]);
    expect(item.properties["fieldtree:member_count"]).toBe(3);
    expect(item.properties["fieldtree:unreferenced"]).toBeUndefined();
    expect(item.assets.references).toMatchObject({ href: "../refs/sondes.json", title: "kerchunk reference" });
    expect(await resolve(portal, "refs/sondes", parts.get)).toBeUndefined();
    const { value } = await json(portal, "refs/sondes.json", parts);
    expect(JSON.parse(value.refs["ta/.zarray"])).toMatchObject({ shape: [30] });
    expect(index.datasets[0].reference).toBe("refs/sondes.json");
  });

  it("has a reference for each of its files where they don't, and the item says why", async () => {
    const { parts, portal, cids, item, index } = await publishedFolder([20_000, 30_000].map(recordsFile));
    expect(item.properties["fieldtree:member_count"]).toBe(2);
    expect(item.properties["fieldtree:unreferenced"]).toEqual([
      "time has another length in b.nc than in a.nc, and no coordinate tells their order",
    ]);
    for (const [i, cid] of cids.entries()) {
      const name = `${"ab"[i]}.nc`;
      const { value } = await json(portal, `refs/sondes/${name}.json`, parts);
      expect(value.refs["v/0.0"][0]).toBe(`ipfs://${cid}`);
      expect(item.assets[`references/${name}`].href).toBe(`../refs/sondes/${name}.json`);
    }
    expect(index.datasets[0].reference).toBeUndefined();
  });
});
