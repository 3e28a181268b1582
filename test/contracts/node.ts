/**
 * What every node promises, and what the campaign's own node promises beyond that.
 *
 * Run both against yours; add to them what you wish you had known. `open` is called anew for each test and should give
 * a node that holds nothing but what it is told to; it is closed when the test is over.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode as encodeCbor } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { type ProfileName, profiles } from "../../pipeline/dag/profile.ts";
import { addFiles } from "../../pipeline/ipfs/add-files.ts";
import type { HomeNode, Node } from "../../pipeline/ipfs/node.ts";
import { drained } from "../dag/drained.ts";
import { ofOtherHashes } from "../fakes/other-hashes.ts";
import { testWorld } from "../fakes/world.ts";

/** `open` gives a node through which exactly these blocks can be read. */
export function nodeContract(open: (blocks: readonly Block[]) => Promise<Node>): void {
  const reading = async (blocks: readonly Block[]) => closing(await open(blocks));

  describe("keeps the node contract", () => {
    it("gives the bytes of what it holds, of every codec we write", async () => {
      const held = [raw("a chunk"), cbor({ number: 1 }), ...aFolder().blocks, ...aFolder("unixfs-v0-2015").blocks];
      const node = await reading(held);
      for (const { cid, bytes } of held) expect(await node.get(cid, testWorld()), `${cid}`).toEqual(plain(bytes));
    });

    it("gives an empty block, and one of a mebibyte", async () => {
      const held = [raw(""), blockOf(codecs.raw, new Uint8Array(1_048_576).fill(7))];
      const node = await reading(held);
      for (const { cid, bytes } of held) {
        expect(Buffer.compare((await node.get(cid, testWorld()))!, bytes), `${cid}`).toBe(0);
      }
    });

    it("knows a block under the v0 and the v1 spelling of its CID", async () => {
      const { root, blocks } = aFolder("unixfs-v0-2015");
      const node = await reading(blocks);
      const bytes = await node.get(root, testWorld());
      expect(bytes).toBeDefined();
      expect(await node.get(root.toV1(), testWorld())).toEqual(bytes);
    });

    it("says undefined for what it does not hold", async () => {
      const node = await reading([raw("held")]);
      expect(await node.get(raw("never seen").cid, testWorld())).toBeUndefined();
    });

    it("returns what an identity CID contains, whichever program wrote it", async () => {
      const node = await reading([]);
      const inline = CID.parse("bafkqabtimvwgy3yk");
      expect(await node.get(inline, testWorld())).toEqual(plain(Buffer.from("hello\n")));
    });

    it("answers many at once, each with its own bytes", async () => {
      const held = Array.from({ length: 64 }, (_, i) => raw(`block ${i} ${"x".repeat(i * 997)}`));
      const node = await reading(held);
      const got = await Promise.all(held.map(({ cid }) => node.get(cid, testWorld())));
      expect(got).toEqual(held.map(({ bytes }) => plain(bytes)));
    });

    it("stops when the world is to stop", async () => {
      const { cid, ...block } = raw("held");
      const node = await reading([{ cid, ...block }]);
      const signal = AbortSignal.abort(new Error("told to stop"));
      await expect(node.get(cid, testWorld({ signal }))).rejects.toThrow("told to stop");
    });
  });
}

/** `open` gives a node that holds nothing yet. */
export function homeNodeContract(open: () => Promise<HomeNode>): void {
  const home = async () => closing(await open());

  nodeContract(async (blocks) => {
    const node = await open();
    await node.put(blocks, testWorld());
    return node;
  });

  describe("keeps the home node contract", () => {
    it("holds what was put, from an array or a stream, once or twice", async () => {
      const node = await home();
      const [one, two] = [raw("one"), raw("two")];
      await node.put([one, one], testWorld());
      await node.put(streamOf([one, two]), testWorld());
      await node.put([], testWorld());
      expect(await node.get(one.cid, testWorld())).toEqual(plain(one.bytes));
      expect(await node.get(two.cid, testWorld())).toEqual(plain(two.bytes));
    });

    it("knows the same bytes as a raw block and as a node", async () => {
      const node = await home();
      const block = cbor({ release: 1 });
      await node.put([block], testWorld());
      const asRaw = CID.createV1(codecs.raw, block.cid.multihash);
      expect(await node.get(asRaw, testWorld())).toEqual(plain(block.bytes));
    });

    it("refuses bytes that are not what their CID says", async () => {
      const node = await home();
      const lie = { cid: raw("promised").cid, bytes: raw("delivered").bytes };
      await expect(node.put([lie], testWorld())).rejects.toMatchObject({ kind: "corrupt" });
      expect(await node.get(lie.cid, testWorld())).toBeUndefined();
    });

    it("takes what many hand in at once", async () => {
      const node = await home();
      const blocks = Array.from({ length: 40 }, (_, i) => raw(`one of many ${i}`));
      await Promise.all(blocks.map((block) => node.put([block], testWorld())));
      for (const { cid, bytes } of blocks) expect(await node.get(cid, testWorld())).toEqual(plain(bytes));
    });

    it("stores, checks and pins a DAG of other hashes and codecs", async () => {
      const node = await home();
      const { root, blocks } = ofOtherHashes(Math.random().toString(36));
      for (const lost of blocks) {
        const others = blocks.filter((block) => block !== lost);
        await node.put(others, testWorld());
        if (await node.get(lost.cid, testWorld())) continue;
        await expect(node.pin(root, "other hashes", testWorld()), `${lost.cid}`).rejects.toMatchObject({
          kind: "unavailable",
          message: expect.stringContaining(`${lost.cid}`),
        });
      }
      await node.put(blocks, testWorld());
      await node.pin(root, "other hashes", testWorld());
      expect((await node.pins(testWorld())).get("other hashes")?.toString()).toBe(`${root}`);
      for (const { cid, bytes } of blocks) expect(await node.get(cid, testWorld()), `${cid}`).toEqual(plain(bytes));
      const below = await node.belowPins?.({}, testWorld());
      expect(await below?.(root)).toBeUndefined();
    });

    it("refuses other bytes under a CID of another hash", async () => {
      const node = await home();
      const { blocks } = ofOtherHashes();
      const [block] = blocks;
      const wrong = { cid: block!.cid, bytes: raw("other bytes").bytes };
      await expect(node.put([wrong], testWorld())).rejects.toMatchObject({
        kind: expect.stringMatching(/corrupt|refused|unavailable/),
      });
      expect(await node.get(wrong.cid, testWorld()).catch(() => undefined)).toBeUndefined();
    });

    it("lists what is pinned by its label, whatever the label", async () => {
      const node = await home();
      const { root, blocks } = aFolder();
      await node.put(blocks, testWorld());
      const labels = ["portal", "added/a folder/ä b.zarr", "__proto__", "constructor"];
      for (const label of labels) await node.pin(root, label, testWorld());
      const pins = await node.pins(testWorld());
      expect([...pins.keys()].sort()).toEqual([...labels].sort());
      for (const label of labels) expect(pins.get(label)?.toString()).toBe(root.toString());
    });

    it("lets a label keep one root: the newest", async () => {
      const node = await home();
      const [older, newer] = [aFolder(), aFolder("unixfs-v1-2025", "newer")];
      await node.put([...older.blocks, ...newer.blocks], testWorld());
      await node.pin(older.root, "portal", testWorld());
      await node.pin(newer.root, "portal", testWorld());
      await node.pin(newer.root, "portal", testWorld());
      expect([...(await node.pins(testWorld())).values()].map(String)).toEqual([newer.root.toString()]);
    });

    it("lets go of one label, and not of another with the same root", async () => {
      const node = await home();
      const { root, blocks } = aFolder();
      await node.put(blocks, testWorld());
      await node.pin(root, "first", testWorld());
      await node.pin(root, "second", testWorld());
      await node.unpin("first", testWorld());
      await node.unpin("never pinned", testWorld());
      expect([...(await node.pins(testWorld())).keys()]).toEqual(["second"]);
    });

    it.each(["the root", "a folder", "a chunk"])("pins nothing when %s is out of reach, and names it", async (what) => {
      const node = await home();
      const whole = aFolder();
      await node.put(whole.blocks, testWorld());
      await node.pin(whole.root, "portal", testWorld());

      const { root, blocks } = aFolder("cid-v1", "with a hole");
      const missing = what === "the root" ? blocks.at(-1)! : what === "a folder" ? blocks.at(-2)! : blocks[0]!;
      await node.put(
        blocks.filter((block) => block !== missing),
        testWorld(),
      );
      await expect(node.pin(root, "portal", testWorld())).rejects.toMatchObject({
        kind: "unavailable",
        message: expect.stringContaining(missing.cid.toString()),
      });
      expect([...(await node.pins(testWorld())).values()].map(String)).toEqual([whole.root.toString()]);
    });

    it.each(Object.keys(profiles) as ProfileName[])(
      "adds files and folders to the CIDs we compute, by %s",
      async (profile) => {
        const folder = await someFiles();
        const node = await home();
        const options = { profile, symlinks: "keep" } as const;
        for (const path of [folder, join(folder, "large"), join(folder, "small"), join(folder, "empty")]) {
          const expected = await drained(blocksOf(path, options, testWorld()));
          const added = await addFiles(node, path, options, testWorld());
          expect({ ...added, cid: added.cid.toString() }, path).toEqual({ ...expected, cid: expected.cid.toString() });
          await node.pin(added.cid, `added/${path}`, testWorld());
        }
      },
    );

    it("refuses symbolic links with --symlinks refuse, and names the first", async () => {
      const folder = await someFiles();
      const node = await home();
      await expect(
        addFiles(node, folder, { profile: "cid-v1", symlinks: "refuse" }, testWorld()),
      ).rejects.toMatchObject({ kind: "input", message: expect.stringContaining("link") });
    });
  });
}

/** The block of a text's bytes, as a raw leaf. */
export function raw(text: string): Block {
  return blockOf(codecs.raw, Buffer.from(text));
}

/** A small folder with a folder in it: chunks first, the inner folder before the root, which is last. */
export function aFolder(profile: ProfileName = "cid-v1", text = "some data"): { root: CID; blocks: Block[] } {
  const blocks: Block[] = [];
  const put = (block: Block): void => void blocks.push(block);
  const chosen = profiles[profile];
  const file = fileOf(Buffer.from(text), chosen, put);
  const inner = makeDirectory([{ name: "data", ...file }], chosen, put);
  const { cid: root } = makeDirectory(
    [
      { name: "inner", ...inner },
      { name: "again", ...file },
    ],
    chosen,
    put,
  );
  return { root, blocks };
}

function cbor(value: unknown): Block {
  return blockOf(codecs.dagCbor, encodeCbor(value));
}

/** Nodes may give Buffers: bytes are compared as bytes. */
function plain(bytes: Uint8Array): Uint8Array {
  return expect.toSatisfy(
    (got: unknown) => got instanceof Uint8Array && Buffer.compare(got, bytes) === 0,
  ) as Uint8Array;
}

async function* streamOf(blocks: readonly Block[]): AsyncGenerator<Block> {
  yield* blocks;
}

function closing<N extends Node>(node: N): N {
  onTestFinished(async () => node.close?.());
  return node;
}

/** A folder with what makes a difference to how it is added: sizes around a chunk, dot-files, a link, the same bytes twice. */
async function someFiles(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-files-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "small/deeper"), { recursive: true });
  const bytes = (length: number) => Buffer.alloc(length, (length % 251) + 1);
  await writeFile(join(folder, "large"), Buffer.concat([bytes(1_048_576), bytes(262_144), bytes(262_145)]));
  await writeFile(join(folder, "empty"), "");
  for (const length of [1, 262_143, 262_144, 262_145, 524_288])
    await writeFile(join(folder, "small", `${length}`), bytes(length));
  await writeFile(join(folder, "small/deeper/.zattrs"), "{}");
  await writeFile(join(folder, "small/deeper/ä.again"), bytes(262_144));
  await symlink("../small/1", join(folder, "small/deeper/link"));
  return folder;
}
