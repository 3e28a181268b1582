/** Representations beyond files and blocks: links inside IPLD blocks, their pages, TARs, and listings for programs. */
import { mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as dagCbor from "@ipld/dag-cbor";
import { execa } from "execa";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { encodeUnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { makeDirectory, makeSymlink } from "../../pipeline/dag/directory.ts";
import { blockOf, pbBlock } from "../../pipeline/dag/hash.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { gateway, memory, profile } from "./gateway.ts";

function blocks() {
  const { put, ...rest } = memory();
  const stored = (codec: number, bytes: Uint8Array): CID => {
    const block = blockOf(codec, bytes);
    put(block);
    return block.cid;
  };
  return {
    ...rest,
    put,
    cbor: (value: unknown) => stored(codecs.dagCbor, dagCbor.encode(value)),
    json: (value: unknown) => stored(codecs.dagJson, Buffer.from(JSON.stringify(value))),
  };
}

describe("a path through dag-cbor and dag-json", () => {
  it("follows links in maps and lists, into directories, and from release to release", async () => {
    const { node, add, cbor, json } = blocks();
    const portal = add({ "index.html": "<p>portal</p>", tree: { "a.txt": "sonde" } });
    const first = cbor({ number: 1, portal });
    const second = cbor({
      skipped: [[{ deep: [1, "two", null] }], { b: first }],
      portal,
      previous: first,
      list: [0, { at: portal }],
    });
    const outer = json({ of: { "/": `${second}` }, plain: { "/": 1, more: 2 } });
    const { ask } = await gateway(node);
    const text = async (path: string) => (await ask(path)).text;
    expect(await text(`/ipfs/${second}/portal/tree/a.txt`)).toBe("sonde");
    expect(await text(`/ipfs/${second}/portal/`)).toBe("<p>portal</p>");
    expect(await text(`/ipfs/${second}/list/1/at/tree/a.txt`)).toBe("sonde");
    expect(await text(`/ipfs/${outer}/of/previous/portal/tree/a.txt`)).toBe("sonde");
    const { headers } = await ask(`/ipfs/${second}/previous`);
    expect(headers).toMatchObject({
      "content-type": "application/vnd.ipld.dag-cbor",
      "x-ipfs-roots": `${second},${first}`,
    });
  });

  it("says what is missing, and that a value inside a block is no link", async () => {
    const { node, cbor, json } = blocks();
    const { ask } = await gateway(node);
    const cid = cbor({ number: 1, list: [1], text: "x" });
    for (const path of ["other", "list/1", "list/-1", "list/x", "text/0", "number/x", "__proto__", "list/0/x"]) {
      const { status, text } = await ask(`/ipfs/${cid}/${path}`);
      expect({ path, status }).toEqual({ path, status: 404 });
      expect(text).toContain("there is no ");
    }
    for (const path of ["number", "list", "list/0"]) expect((await ask(`/ipfs/${cid}/${path}`)).status, path).toBe(501);
    expect((await ask(`/ipfs/${json({ a: 1 })}/constructor`)).status).toBe(404);
  });

  it("of blocks nested and linked without end costs what the blocks have", async () => {
    const { node, put, cbor } = blocks();
    const nested = Buffer.alloc(500_000, 0x81);
    nested[nested.length - 1] = 0;
    const block = blockOf(
      codecs.dagCbor,
      Buffer.concat([Buffer.from([0xa2, 0x61, 0x61]), nested, Buffer.from([0x61, 0x62, 0])]),
    );
    put(block);
    let chain = cbor({ end: 1 });
    for (let i = 0; i < 1100; i++) chain = cbor(chain);
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${block.cid}/b`)).status).toBe(501);
    expect((await ask(`/ipfs/${chain}/end`)).status).toBe(414);
    const claims = blockOf(codecs.dagCbor, Buffer.from([0x9b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]));
    put(claims);
    expect((await ask(`/ipfs/${claims.cid}/1000000`)).status).toBe(502);
  });

  it("ends in a page with the block's links for browsers, and in the block for everything else", async () => {
    const { node, add, cbor } = blocks();
    const cid = cbor({ portal: add({ "a.txt": "sonde" }) });
    const { ask } = await gateway(node);
    const page = await ask(`/ipfs/${cid}`, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.text).toContain(`href="/ipfs/${add({ "a.txt": "sonde" })}"`);
    expect((await ask(`/ipfs/${cid}`)).headers["content-type"]).toBe("application/vnd.ipld.dag-cbor");
    const plain = await ask(`/ipfs/${cid}?format=cbor`);
    expect(plain).toMatchObject({ status: 200, headers: { "content-type": "application/cbor" } });
    expect((await ask(`/ipfs/${cid}?format=dag-json`)).status).toBe(406);
  });
});

describe("a TAR", () => {
  it("has every file, directory and symlink as it was, whatever the name", async () => {
    const { node, add, put } = blocks();
    const long = "n".repeat(150);
    const folder = add({
      [long]: "long",
      "ä ö.txt": "umlauts",
      empty: {},
      below: { "b.bin": new Uint8Array(300_000).fill(7) },
    });
    const link = makeSymlink("ä ö.txt", profile, put);
    const root = makeDirectory(
      [
        { name: "data", cid: folder, tsize: 0 },
        { name: "link", ...link },
      ],
      profile,
      put,
    ).cid;
    const { ask } = await gateway(node);
    const { status, headers, body } = await ask(`/ipfs/${root}?format=tar`);
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: "application/x-tar" });
    const at = await temporaryFolder();
    await writeFile(join(at, "all.tar"), body);
    await mkdir(join(at, "out"));
    await execa("tar", ["-xf", join(at, "all.tar"), "-C", join(at, "out")]);
    const read = (...path: string[]) => readFile(join(at, "out", `${root}`, ...path));
    expect((await read("data", long)).toString()).toBe("long");
    expect((await read("data", "ä ö.txt")).toString()).toBe("umlauts");
    expect((await read("data", "below", "b.bin")).equals(Buffer.alloc(300_000, 7))).toBe(true);
    expect(await readlink(join(at, "out", `${root}`, "link"))).toBe("ä ö.txt");
    expect(await readdir(join(at, "out", `${root}`, "data", "empty"))).toEqual([]);
    expect((await ask(`/ipfs/${root}/data/${long}?format=tar`)).headers["content-disposition"]).toContain(
      `${long}.tar`,
    );
  });

  it("never leaves its root, and no entry lies behind a symlink or is there twice", async () => {
    const { node, add, put, cbor } = blocks();
    const { ask } = await gateway(node);
    const evil = add("evil");
    const raw = (...links: { name: string; cid: CID }[]) => {
      const block = pbBlock(
        { links: links.map((link) => ({ ...link, tsize: 0 })), data: encodeUnixFs({ kind: "directory" }) },
        1,
      );
      put(block);
      return block.cid;
    };
    for (const name of ["../evil", "a/../../evil", "..", "/../x"]) {
      const { status } = await ask(`/ipfs/${raw({ name, cid: evil })}?format=tar`);
      expect({ name, status }).toEqual({ name, status: 400 });
    }
    const twice = raw({ name: "a", cid: evil }, { name: "x/../a", cid: evil });
    expect((await ask(`/ipfs/${twice}?format=tar`)).status).toBe(400);
    const link = makeSymlink("/tmp", profile, put).cid;
    const linked = raw({ name: "a", cid: link }, { name: "a/evil", cid: evil });
    const behind = await ask(`/ipfs/${linked}?format=tar`).catch((error: Error) => ({
      whole: false,
      text: error.message,
    }));
    expect(behind.whole).toBe(false);
    expect(behind.text).not.toContain("evil");
    expect((await ask(`/ipfs/${cbor({})}?format=tar`)).status).toBe(406);
  });
});

it("a TAR of directories that contain one another thousands of times ends before they fill the memory", async () => {
  const { node, add, put } = blocks();
  let inner = add({ "a.txt": "x" });
  for (let depth = 0; depth < 40; depth++) {
    const links = Array.from({ length: 5000 }, (_, i) => ({
      name: `${String(i).padStart(4, "0")}`,
      cid: inner,
      tsize: 0,
    }));
    const block = pbBlock({ links, data: encodeUnixFs({ kind: "directory" }) }, 1);
    put(block);
    inner = block.cid;
  }
  const { ask, world } = await gateway(node);
  expect((await ask(`/ipfs/${inner}?format=tar`)).whole).toBe(false);
  expect(world.lines.join()).toContain("100000 entries of one TAR wait");
});

describe("a listing for programs", () => {
  it("has all names at once, slashes after directories, and no link to the parent", async () => {
    const { node, add } = blocks();
    const names = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`${i}.0`, `${i}`]));
    const root = add({ store: { ...names, folder: { x: "1" }, "a=1,b": "2" } });
    const { ask } = await gateway(node);
    const { text } = await ask(`/ipfs/${root}/store/`, { headers: { accept: "*/*" } });
    const below = [...text.matchAll(/href="([^"]+)"/g)]
      .map(([, href]) => href!)
      .filter((href) => href.startsWith(`/ipfs/${root}/store/`));
    expect(below.length).toBe(2502);
    expect(below).toContain(`/ipfs/${root}/store/folder/`);
    expect(below).toContain(`/ipfs/${root}/store/a=1%2Cb`);
    expect(below.some((href) => href.includes(".."))).toBe(false);
    const page = await ask(`/ipfs/${root}/store/`, { headers: { accept: "text/html" } });
    expect(page.text).toContain(`<a href="/ipfs/${root}/store/..">..</a>`);
    expect(page.text).toContain("Index of");
    expect(page.headers.etag).not.toBe(
      (await ask(`/ipfs/${root}/store/`, { headers: { accept: "*/*" } })).headers.etag,
    );
  });

  it("reads a bounded part of what it lists to find the directories", async () => {
    const { node, put, asked } = blocks();
    const entries = Array.from({ length: 30 }, (_, i) => {
      const block = pbBlock(
        {
          links: [],
          data: encodeUnixFs({
            kind: "file",
            size: 1_000_000,
            data: new Uint8Array(1_000_000).fill(i),
            blockSizes: [],
          }),
        },
        1,
      );
      put(block);
      return { name: `${i}`, cid: block.cid, tsize: 0 };
    });
    const root = makeDirectory(entries, profile, put).cid;
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${root}/`, { headers: { accept: "*/*" } })).status).toBe(200);
    expect(asked.length).toBeLessThan(20);
  });
});

it.each([
  ['{"a": 1}', "application/json"],
  [`{"a": "${"x".repeat(600)}"}`, "application/json"],
  [`[{"a": "${"x".repeat(600)}"}]`, "application/json"],
  ["[12:00] started", "text/plain; charset=utf-8"],
  [`[[table]]\n${"x".repeat(600)}`, "text/plain; charset=utf-8"],
  ["{ not json }", "text/plain; charset=utf-8"],
  ["<html><script>", "text/plain; charset=utf-8"],
  ["\u0089PNG", "text/plain; charset=utf-8"],
  [Buffer.from("\x89PNG\r\n\x1a\nrest", "latin1"), "image/png"],
  [Buffer.from("\x89HDF\r\n\x1a\nrest", "latin1"), "application/x-hdf5"],
])("a file without a telling name that begins with %j is %s", async (content, type) => {
  const { node, add } = blocks();
  const { ask } = await gateway(node);
  expect((await ask(`/ipfs/${add(content)}`)).headers["content-type"]).toBe(type);
});
