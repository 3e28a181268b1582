/** Reading: what went in comes out, by our reader and by the one everybody uses; what others made too; and what an enemy made. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode as encodeCbor } from "@ipld/dag-cbor";
import { execa } from "execa";
import fc from "fast-check";
import { exporter, type UnixFSDirectory, type UnixFSFile } from "ipfs-unixfs-exporter";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, codecs, type Get } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { readCar } from "../../../pipeline/dag/car.ts";
import { encodePb } from "../../../pipeline/dag/codec/dag-pb.ts";
import { encodeUnixFs } from "../../../pipeline/dag/codec/unixfs.ts";
import { makeDirectory, makeSymlink } from "../../../pipeline/dag/directory.ts";
import { blockOf, pbBlock } from "../../../pipeline/dag/hash.ts";
import { type ProfileName, profiles } from "../../../pipeline/dag/profile.ts";
import {
  child,
  content,
  entries,
  resolve,
  stat,
  unsortedEntries,
  type WalkOptions,
  walk,
} from "../../../pipeline/dag/read/read.ts";
import { tsizeOf } from "../../../pipeline/dag/read/tsize.ts";
import { collectingGarbage } from "../../core/garbage.ts";
import { longestTurn } from "../../fakes/turns.ts";
import { kuboBinary } from "../../servers/kubo.ts";
import { type Memory, memory } from "../memory.ts";

const v1 = profiles["cid-v1"];
/** Small chunks and narrow nodes, so that small files have deep trees. */
const narrow = { ...v1, chunkSize: 10, maxLinks: 3 };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}
const bytesOf = async (...args: Parameters<typeof content>) => Buffer.concat(await all(content(...args)));
const cidsOf = async (cid: CID, get: Get, options: WalkOptions) =>
  (await all(walk(cid, get, options))).map((block) => block.cid.toString());

/** The exporter on blocks in memory. */
const exported = (cid: CID, get: Get) =>
  exporter(cid, {
    async *get(each: CID) {
      yield await get(each);
    },
  } as unknown as Parameters<typeof exporter>[1]);

describe("files", () => {
  it("come out as they went in, whole and in part, here and through the exporter", async () => {
    const file = fc.record({
      bytes: fc.uint8Array({ maxLength: 400 }),
      offset: fc.nat({ max: 420 }),
      length: fc.option(fc.nat({ max: 420 }), { nil: undefined }),
      rawLeaves: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ bytes, offset, length, rawLeaves }) => {
        const { put, get } = memory();
        const { cid, size, tsize } = fileOf(bytes, { ...narrow, rawLeaves }, put);
        expect(await stat(cid, get)).toEqual({ type: "file", size, tsize });
        expect(await bytesOf(cid, get)).toEqual(Buffer.from(bytes));
        const end = length === undefined ? undefined : offset + length;
        const range = length === undefined ? { offset } : { offset, length };
        expect(await bytesOf(cid, get, range)).toEqual(Buffer.from(bytes.slice(offset, end)));
        const entry = await exported(cid, get);
        expect(Buffer.concat(await all((entry as UnixFSFile).content()))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("are loaded where they are read, and nowhere else", async () => {
    const { put, get, asked } = memory();
    const { cid } = fileOf(
      Uint8Array.from({ length: 270 }, (_, i) => i),
      narrow,
      put,
    );
    expect(await bytesOf(cid, get, { offset: 100, length: 5 })).toEqual(Buffer.from([100, 101, 102, 103, 104]));
    // 27 leaves under 3 × 3 × 3: the way down to one of them.
    expect(asked).toHaveLength(4);
  });

  it("ask for blocks ahead, so that a slow node is waited for once", async () => {
    const { put, get } = memory();
    const { cid } = fileOf(
      Uint8Array.from({ length: 80 }, (_, i) => i),
      { ...narrow, maxLinks: 8 },
      put,
    );
    let waiting = 0;
    let most = 0;
    const slow: Get = async (each) => {
      most = Math.max(most, ++waiting);
      await new Promise((done) => setTimeout(done, 2));
      waiting--;
      return get(each);
    };
    await bytesOf(cid, slow);
    expect(most).toBe(8);
  });

  it("end with a failure that names the block that is out of reach", async () => {
    const { put, get, held, lose } = memory();
    const { cid } = fileOf(
      Uint8Array.from({ length: 80 }, (_, i) => i),
      narrow,
      put,
    );
    const leaf = [...held.values()].find(({ bytes }) => bytes[0] === 50)!;
    lose(leaf.cid);
    await expect(bytesOf(cid, get)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(`${leaf.cid}`),
    });
    expect(await bytesOf(cid, get, { offset: 60 })).toHaveLength(20);
  });
});

describe("directories", () => {
  const { put, get, asked } = memory();
  const x = fileOf(Buffer.from("x"), v1, put);
  const names = Array.from({ length: 6_000 }, (_, i) => `flight-${i}-\u{1f30d}`);
  const small = makeDirectory(
    ["z", "\u{1f30d}", "\ufb00", ".zattrs", "__proto__"].map((name) => ({ name, ...x })),
    v1,
    put,
  );
  const large = makeDirectory(
    names.map((name) => ({ name, ...x })),
    v1,
    put,
  );
  const top = makeDirectory(
    [
      { name: "large", ...large },
      { name: "small", ...small },
      { name: "link", ...makeSymlink("small/z", v1, put) },
    ],
    v1,
    put,
  );

  it("list their names in byte order, sharded or not", async () => {
    expect((await all(entries(small.cid, get))).map(({ name }) => name)).toEqual([
      ".zattrs",
      "__proto__",
      "z",
      "\ufb00",
      "\u{1f30d}",
    ]);
    const listed = (await all(entries(large.cid, get))).map(({ name }) => name);
    expect(listed).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  it("are listed as the exporter lists them", async () => {
    const theirs = await all(((await exported(large.cid, get)) as UnixFSDirectory).entries());
    const ours = await all(entries(large.cid, get));
    expect(new Map(ours.map(({ name, cid }) => [name, cid.toString()]))).toEqual(
      new Map(theirs.map(({ name, cid }) => [name, cid.toString()])),
    );
  });

  it("leave nothing of what was decoded in memory once they are listed, though their blocks are at hand", async () => {
    const decoded: WeakRef<object>[] = [];
    for await (const some of unsortedEntries(large.cid, get)) if (some[0]) decoded.push(new WeakRef(some[0]));
    expect(decoded.length).toBeGreaterThan(1);
    // Of the root something is remembered by who asked before what it is.
    const left = () => decoded.filter((each) => each.deref()).length;
    await collectingGarbage(() => expect.poll(left).toBeLessThan(3));
  });

  it("find a name among thousands by its hash, in a block a depth", async () => {
    asked.length = 0;
    expect(await child(large.cid, "flight-4321-\u{1f30d}", get)).toEqual(x.cid);
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(await child(large.cid, "flight-4321", get)).toBeUndefined();
    expect(await child(small.cid, "__proto__", get)).toEqual(x.cid);
    expect(await child(small.cid, "constructor", get)).toBeUndefined();
  });

  it("are walked down by path; through a file or a symlink there is no way", async () => {
    expect(await resolve(top.cid, "large/flight-7-\u{1f30d}", get)).toEqual(x.cid);
    expect(await resolve(top.cid, "", get)).toEqual(top.cid);
    for (const path of ["large/none", "small/z/deeper", "link/z", "link/..", "none/at/all"])
      expect(await resolve(top.cid, path, get)).toBeUndefined();
  });

  it("say what they are, and what they hold", async () => {
    expect(await stat(large.cid, get)).toEqual({ type: "directory", size: large.tsize, tsize: large.tsize });
    expect(await stat((await child(top.cid, "link", get))!, get)).toMatchObject({
      type: "symlink",
      size: 7,
      target: "small/z",
    });
    expect(tsizeOf(top.cid, await get(top.cid))).toBe(top.tsize);
    await expect(all(content(large.cid, get))).rejects.toMatchObject({
      kind: "input",
      message: `${large.cid} is a directory, not a file`,
    });
    await expect(all(entries(x.cid, get))).rejects.toMatchObject({
      kind: "input",
      message: `${x.cid} is a file, not a directory`,
    });
  });

  describe("walked", () => {
    it("give each block once, depth first", async () => {
      const { put, get } = memory();
      const one = fileOf(Buffer.from("1"), v1, put);
      const two = fileOf(Buffer.from("2"), v1, put);
      const inner = makeDirectory(
        [
          { name: "1", ...one },
          { name: "2", ...two },
        ],
        v1,
        put,
      );
      const outer = makeDirectory(
        [
          { name: "a", ...inner },
          { name: "b", ...one },
          { name: "c", ...inner },
        ],
        v1,
        put,
      );
      expect(await cidsOf(outer.cid, get, { scope: "all" })).toEqual(
        [outer, inner, one, two].map(({ cid }) => cid.toString()),
      );
    });

    it("give a listing, a file's range or one block where that is asked for", async () => {
      const shards = await cidsOf(large.cid, get, { scope: "entity" });
      expect(shards.length).toBeGreaterThan(100);
      expect(shards).not.toContain(x.cid.toString());
      expect(await cidsOf(top.cid, get, { scope: "entity" })).toEqual([top.cid.toString()]);
      expect(await cidsOf(large.cid, get, { scope: "block" })).toEqual([large.cid.toString()]);

      const { put, get: getFile } = memory();
      const { cid } = fileOf(
        Uint8Array.from({ length: 270 }, (_, i) => i),
        narrow,
        put,
      );
      expect(await cidsOf(cid, getFile, { scope: "entity" })).toHaveLength(27 + 9 + 3 + 1);
      expect(await cidsOf(cid, getFile, { scope: "block" })).toEqual([cid.toString()]);
      expect(await cidsOf(cid, getFile, { scope: "entity", range: { offset: 9, length: 2 } })).toHaveLength(
        1 + 1 + 1 + 2,
      );
    });

    it("load no raw leaves where a completeness check passes them over", async () => {
      asked.length = 0;
      const leaves: string[] = [];
      const shouldVisit = async (cid: CID) => {
        if (cid.code === codecs.raw) leaves.push(cid.toString());
        return cid.code !== codecs.raw;
      };
      const blocks = await cidsOf(top.cid, get, { scope: "all", shouldVisit });
      expect([...new Set(leaves)]).toEqual([x.cid.toString()]);
      expect(new Set(asked)).toEqual(new Set(blocks));
      expect(asked).not.toContain(x.cid.toString());
    });

    it("look through a release that is the root, and not through those it follows", async () => {
      const { put, get } = memory();
      const file = fileOf(Buffer.from("portal"), v1, put);
      const make = (value: unknown): Block => {
        const block = blockOf(codecs.dagCbor, encodeCbor(value));
        put(block);
        return block;
      };
      const first = make({ portal: file.cid, number: 1, older: CID.createV1(codecs.raw, file.cid.multihash) });
      const second = make({ number: 2, previous: first.cid, deep: { links: [file.cid] } });
      expect(new Set(await cidsOf(second.cid, get, { scope: "all" }))).toEqual(
        new Set([second.cid, first.cid, file.cid].map(String)),
      );
    });
  });
});

describe("what an enemy made", () => {
  const file = (size: number, children: { cid: CID; size: number }[], data = new Uint8Array(0)) =>
    pbBlock(
      {
        links: children.map(({ cid }) => ({ name: "", cid, tsize: 0 })),
        data: encodeUnixFs({ kind: "file", size, data, blockSizes: children.map((each) => each.size) }),
      },
      1,
    );

  it("a chain of 30 000 nodes is as deep as it likes", { timeout: 60_000 }, async () => {
    const { put, get } = memory();
    let block = file(1, [], Buffer.from("x"));
    put(block);
    for (let i = 0; i < 30_000; i++) {
      block = file(1, [{ cid: block.cid, size: 1 }]);
      put(block);
    }
    expect((await bytesOf(block.cid, get)).toString()).toBe("x");
    let count = 0;
    for await (const _ of walk(block.cid, get, { scope: "all" })) count++;
    expect(count).toBe(30_001);
  });

  it("nothing, linked to a thousand times a thousand times over, is read at once", async () => {
    const { put, get } = memory();
    let block = file(0, []);
    put(block);
    for (let i = 0; i < 20; i++) {
      const { cid } = block;
      block = file(
        0,
        Array.from({ length: 1_000 }, () => ({ cid, size: 0 })),
      );
      put(block);
    }
    const { cid } = block;
    const root = file(1, [{ cid, size: 0 }], Buffer.from("x"));
    put(root);
    expect((await bytesOf(root.cid, get)).toString()).toBe("x");
    expect(await cidsOf(root.cid, get, { scope: "entity" })).toHaveLength(22);
  });

  it("a file whose part is of another size than it says", async () => {
    const { put, get } = memory();
    const leaf = blockOf(codecs.raw, Buffer.from("four"));
    const root = file(5, [{ cid: leaf.cid, size: 5 }]);
    for (const block of [leaf, root]) put(block);
    await expect(bytesOf(root.cid, get)).rejects.toMatchObject({
      kind: "corrupt",
      message: `${leaf.cid} has 4 bytes of a file where its parent states 5`,
    });
  });

  it("a shard that is its own cousin", async () => {
    const { put, get } = memory();
    const shard = (links: { name: string; cid: CID }[]) =>
      pbBlock(
        {
          links: links.map((link) => ({ ...link, tsize: 1 })),
          data: encodeUnixFs({ kind: "shard", bitfield: Uint8Array.of(1), fanout: 256, hash: 0x22 }),
        },
        1,
      );
    let block = shard([{ name: "00x", cid: blockOf(codecs.raw, Buffer.from("x")).cid }]);
    put(block);
    for (let i = 0; i < 7; i++) {
      const { cid } = block;
      block = shard(
        Array.from({ length: 256 }, (_, slot) => ({ name: slot.toString(16).toUpperCase().padStart(2, "0"), cid })),
      );
      put(block);
    }
    await expect(all(entries(block.cid, get))).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("twice a shard"),
    });
    await expect(child(block.cid, "x", get)).resolves.toBeUndefined();
  });

  /** A file of one letter, doubled `depth` times over: as many blocks, and one more. */
  const doubled = (depth: number, put: Memory["put"]): CID => {
    let block = file(1, [], Buffer.from("A"));
    put(block);
    for (let size = 1; size < 2 ** depth; size *= 2) {
      const half = { cid: block.cid, size };
      block = file(2 * size, [half, half]);
      put(block);
    }
    return block.cid;
  };

  it("a file of 41 blocks and a terabyte is walked in 41 blocks, whichever part of it is meant", async () => {
    const { put, get, asked } = memory();
    const cid = doubled(40, put);
    const ranges = [
      { offset: 0 },
      { offset: 0, length: 2 ** 40 },
      { offset: 1 },
      { offset: 12_345, length: 2 ** 39 },
      { offset: 2 ** 39 - 7, length: 14 },
      { offset: 2 ** 40 - 3 },
    ];
    for (const range of ranges) {
      asked.length = 0;
      const walked = await cidsOf(cid, get, { scope: "entity", range });
      expect(new Set(walked).size).toBe(walked.length);
      expect(walked.length).toBeGreaterThanOrEqual(40);
      expect(walked.length).toBeLessThanOrEqual(41);
      // Two ways down, to where it begins and to where it ends, and some that were begun ahead.
      expect(asked.length).toBeLessThan(300);
    }
  });

  it("such a file is read for as long as the caller goes on, in turns with others", async () => {
    const { put, get } = memory();
    const cid = doubled(40, put);
    const reading = async () => {
      let read = 0;
      for await (const bytes of content(cid, get)) {
        read += bytes.length;
        if (read >= 20_000) return;
      }
    };
    expect(await longestTurn(Promise.all([reading(), reading()]))).toBeLessThan(300);
  });

  it("a part that came whole is read again where only some of it is meant", async () => {
    const { put, get } = memory();
    const cid = doubled(6, put);
    expect(await bytesOf(cid, get, { offset: 10, length: 40 })).toHaveLength(40);
    const leaf = fileOf(Buffer.from("abcdefgh"), narrow, put);
    const pair = file(16, [
      { cid: leaf.cid, size: 8 },
      { cid: leaf.cid, size: 8 },
    ]);
    put(pair);
    expect((await bytesOf(pair.cid, get, { offset: 2, length: 8 })).toString()).toBe("cdefghab");
    expect(await cidsOf(pair.cid, get, { scope: "entity", range: { offset: 0, length: 12 } })).toHaveLength(2);
  });

  it("more links than can be followed are refused before they fill the memory", { timeout: 60_000 }, async () => {
    const { put, get } = memory();
    const leaf = file(1, [], Buffer.from("x"));
    put(leaf);
    let below = leaf;
    for (let i = 0; i < 9; i++) {
      const deeper = { cid: below.cid, size: 1 + i * 39_999 };
      const beside = Array.from({ length: 39_999 }, () => ({ cid: leaf.cid, size: 1 }));
      below = file(deeper.size + beside.length, [deeper, ...beside]);
      put(below);
    }
    await expect(bytesOf(below.cid, get)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("links wait to be followed"),
    });
  });

  it("shards deeper than a name's hash reaches", async () => {
    const { put, get } = memory();
    const shardOf = (name: string, cid: CID) =>
      pbBlock(
        {
          links: [{ name, cid, tsize: 1 }],
          data: encodeUnixFs({ kind: "shard", bitfield: Uint8Array.of(1), fanout: 256, hash: 0x22 }),
        },
        1,
      );
    let block = shardOf("00x", blockOf(codecs.raw, Buffer.from("x")).cid);
    put(block);
    for (let depth = 1; depth < 10_000; depth++) {
      block = shardOf("00", block.cid);
      put(block);
    }
    await expect(all(entries(block.cid, get))).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("deeper"),
    });
    await expect(child(block.cid, "x", get)).resolves.toBeUndefined();
  });

  it("a codec that files aren't made of", async () => {
    const git = blockOf(0x78, Buffer.from("{}"));
    await expect(stat(git.cid, async () => git.bytes)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("0x78"),
    });
    await expect(cidsOf(git.cid, async () => git.bytes, { scope: "all" })).rejects.toMatchObject({ kind: "input" });
  });
});

describe("what holds its bytes in its name", () => {
  const inline = CID.parse("bafkqabtimvwgy3yk");
  /** What `ipfs add --inline` makes of a folder with one small file in it: the folder is inline, too. */
  const folder = CID.parse("bafyaagqscqfaoakvaabxw7ikcids46tbor2he4yyamfaecab");

  it("is read without a request", async () => {
    const { get, asked } = memory();
    expect(await stat(inline, get)).toEqual({ type: "file", size: 6, tsize: 6 });
    expect((await bytesOf(inline, get)).toString()).toBe("hello\n");
    expect((await all(entries(folder, get))).map(({ name }) => name)).toEqual([".zattrs"]);
    expect((await bytesOf((await resolve(folder, ".zattrs", get))!, get)).toString()).toBe("{}\n");
    expect(asked).toEqual([]);
  });

  it("is part of the block that names it: walked through, and no block of its own", async () => {
    const { put, get } = memory();
    const below = fileOf(Buffer.from("below"), v1, put);
    const link = { name: "f", cid: below.cid, tsize: below.tsize };
    const node = encodePb({ links: [link], data: encodeUnixFs({ kind: "directory" }) });
    const holding = CID.createV1(codecs.dagPb, digestOf(0, node));
    const root = makeDirectory(
      [
        { name: "a", cid: inline, tsize: 6 },
        { name: "b", cid: holding, tsize: node.length },
      ],
      v1,
      put,
    );
    const wanted: string[] = [];
    const shouldVisit = (cid: CID) => wanted.push(`${cid}`) > 0;
    const blocks = [root.cid, below.cid].map(String);
    expect(await cidsOf(root.cid, get, { scope: "all", shouldVisit })).toEqual(blocks);
    expect(wanted).toEqual(blocks);
    for (const scope of ["all", "entity", "block"] as const) expect(await cidsOf(inline, get, { scope })).toEqual([]);
  });
});

const ipfs = await kuboBinary();

describe.skipIf(!ipfs)("what Kubo made", () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-read-"));
  const env = { IPFS_PATH: join(folder, "repo") };
  const data = join(folder, "data");
  const big = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * i) % 251));
  const names = Array.from({ length: 300 }, (_, i) => `name ${i}`);

  beforeAll(async () => {
    await execa(ipfs!, ["init", "--profile=test"], { env });
    mkdirSync(join(data, "many"), { recursive: true });
    writeFileSync(join(data, "big"), big);
    for (const name of names) writeFileSync(join(data, "many", name), name);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[what: string, flags: string[]]>([
    ["balanced, CIDv0", ["--cid-version=0"]],
    ["balanced, CIDv1 without raw leaves", ["--cid-version=1", "--raw-leaves=false"]],
    ["trickle", ["--trickle", "--chunker=size-1000"]],
    ["sharded, 8 wide", ["--max-directory-links=10", "--max-hamt-fanout=8"]],
    ["sharded, 256 wide", ["--max-directory-links=10"]],
    ["sharded, 1024 wide", ["--max-directory-links=10", "--max-hamt-fanout=1024"]],
  ])("is read: %s", async (_, flags) => {
    const { stdout: root } = await execa(ipfs!, ["add", "-r", "-Q", ...flags, data], { env });
    const { stdout: car } = await execa(ipfs!, ["dag", "export", root], { env, encoding: "buffer" });
    const { put, get } = memory();
    const { roots, blocks } = await readCar([car]);
    for await (const block of blocks) put(block);
    expect(roots.map(String)).toEqual([root === roots[0]?.toString() ? root : roots[0]!.toString()]);

    const cid = roots[0]!;
    expect(await bytesOf((await resolve(cid, "big", get))!, get)).toEqual(big);
    expect(await bytesOf((await resolve(cid, "big", get))!, get, { offset: 262_140, length: 10 })).toEqual(
      big.subarray(262_140, 262_150),
    );
    const many = (await child(cid, "many", get))!;
    expect((await all(entries(many, get))).map(({ name }) => name)).toEqual(names.toSorted());
    for (const name of names) expect((await bytesOf((await child(many, name, get))!, get)).toString()).toBe(name);
    expect(await child(many, "name 300", get)).toBeUndefined();
  });
});

it.each(Object.keys(profiles) as ProfileName[])("a file's Tsize is what its root block says, %s", async (profile) => {
  const { put, get } = memory();
  const { cid, tsize } = fileOf(Buffer.alloc(600_000, 3), profiles[profile], put);
  expect(tsizeOf(cid, await get(cid))).toBe(tsize);
});
