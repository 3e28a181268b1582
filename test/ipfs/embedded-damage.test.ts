/** What the embedded node says of its pins when its disk has lost or changed something: never that they are complete. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { readPins, writePins } from "../../pipeline/ipfs/embedded/pins.ts";
import type { Damage } from "../../pipeline/ipfs/node.ts";
import { testWorld } from "../fakes/world.ts";
import { damageIn, withEmbedded } from "./with-embedded.ts";

const world = testWorld();

/** Two releases that share a file: `shared`, and `only` of each. Blocks by what they are. */
function twoTrees() {
  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const profile = profiles["cid-v1"];
  const file = (text: string) => fileOf(Buffer.from(text.repeat(200)), profile, put);
  const tree = (only: string) =>
    makeDirectory(
      [
        { name: "only", ...makeDirectory([{ name: "data", ...file(only) }], profile, put) },
        { name: "shared", ...file("shared") },
      ],
      profile,
      put,
    );
  const [first, second] = [tree("first"), tree("second")];
  const blockOfText = (text: string) => blockOf(codecs.raw, Buffer.from(text.repeat(200)));
  return { blocks, first: first.cid, second: second.cid, blockOfText };
}

const labels = { first: "test/tree@1", second: "test/tree@2" } as const;

/** A node's state with both trees pinned, and what is in it. */
async function aState() {
  const state = mkdtempSync(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const trees = twoTrees();
  await withEmbedded(state, async (node) => {
    await node.put(trees.blocks, world);
    for (const which of ["first", "second"] as const) await node.pin(trees[which], labels[which], world);
  });
  const pack = join(state, "packs/00000001.car");
  return { state, pack, index: join(state, "packs/00000001.index"), ...trees };
}

const pinsOf = (state: string) => withEmbedded(state, async (node) => [...(await node.pins(world)).keys()].sort());
const incompleteOf = (state: string) => withEmbedded(state, (node) => node.incomplete(world));
const missingPaths = async (state: string) =>
  (await incompleteOf(state)).map(({ label, missing }) => [label, missing.map(({ path }) => path)]);

/** Change one byte of a block's contents in the pack. `quietly`: as a failing disk does, without the file's time telling. */
function flip(pack: string, text: string, how?: "quietly"): void {
  const bytes = readFileSync(pack);
  const at = bytes.indexOf(text.repeat(2));
  expect(at).toBeGreaterThan(0);
  bytes[at]! ^= 1;
  const { atime, mtime } = statSync(pack);
  writeFileSync(pack, bytes);
  if (how === "quietly") utimesSync(pack, atime, mtime);
}

async function fsck(state: string, repair = false): Promise<Damage[]> {
  return withEmbedded(state, (node) => damageIn(node, repair));
}

async function readsWhole(state: string, root: CID): Promise<boolean> {
  return withEmbedded(state, async (node) => {
    const get = async (cid: CID) => {
      const bytes = await node.get(cid, world);
      if (!bytes) throw new Error(`${cid} is missing`);
      return bytes;
    };
    try {
      for await (const _ of walk(root, get, { scope: "all" }));
      return true;
    } catch {
      return false;
    }
  });
}

describe("a pin is listed only while it is complete", () => {
  it("after a damaged block was taken out, with the path of what is missing", async () => {
    const { state, pack } = await aState();
    flip(pack, "first");
    await fsck(state, true);
    expect(await pinsOf(state)).toEqual([labels.second]);
    expect(await missingPaths(state)).toEqual([[labels.first, ["only/data"]]]);
  });

  it("after a block was found damaged without being taken out: by fsck, which may only read", async () => {
    const { state, pack } = await aState();
    flip(pack, "shared", "quietly");
    expect(await pinsOf(state)).toHaveLength(2);
    await fsck(state);
    expect(await pinsOf(state)).toEqual([]);
    expect(await missingPaths(state)).toEqual([
      [labels.first, ["shared"]],
      [labels.second, ["shared"]],
    ]);
  });

  it("after a reader met a damaged block", async () => {
    const { state, pack, blockOfText } = await aState();
    flip(pack, "second", "quietly");
    await withEmbedded(state, async (node) => {
      await expect(node.get(blockOfText("second").cid, world)).rejects.toMatchObject({ kind: "corrupt" });
    });
    expect(await pinsOf(state)).toEqual([labels.first]);
  });

  it("after a pack was written to by something else, and until its blocks were hashed", async () => {
    const { state, pack } = await aState();
    flip(pack, "first");
    expect(await pinsOf(state)).toEqual([]);
    expect((await incompleteOf(state))[0]!.why).toContain(pack);
    await withEmbedded(state, (node) => node.recheck(world));
    expect(await pinsOf(state)).toEqual([labels.second]);
    expect(await missingPaths(state)).toEqual([[labels.first, ["only/data"]]]);
  });

  it("and a pack that was only copied counts again once its blocks were hashed", async () => {
    const { state, pack } = await aState();
    utimesSync(pack, new Date(), new Date(Date.now() + 5000));
    expect(await pinsOf(state)).toEqual([]);
    await withEmbedded(state, (node) => node.recheck(world));
    expect(await pinsOf(state)).toHaveLength(2);
    expect(await incompleteOf(state)).toEqual([]);
  });

  it.each(["a pack", "a pack and its index"])("after %s went away", async (what) => {
    const { state, pack, index } = await aState();
    await withEmbedded(state, (node) => node.put([blockOf(codecs.raw, Buffer.from("another"))], world));
    rmSync(pack);
    if (what !== "a pack") rmSync(index);
    expect(await pinsOf(state)).toEqual([]);
    expect((await fsck(state)).filter(({ level }) => level === "error").length).toBeGreaterThan(0);
  });

  it("after a pack was cut off, and again once it was put back", async () => {
    const { state, pack, index } = await aState();
    for (const file of [pack, index]) cpSync(file, `${state}/${file.endsWith("car") ? "car" : "index"}`);
    truncateSync(pack, statSync(pack).size - 100);
    expect(await pinsOf(state)).not.toHaveLength(2);
    await withEmbedded(state, (node) => node.recheck(world));
    expect(await pinsOf(state)).not.toHaveLength(2);
    cpSync(`${state}/car`, pack);
    await withEmbedded(state, (node) => node.recheck(world));
    expect(await pinsOf(state)).toHaveLength(2);
    expect(await fsck(state)).toEqual([]);
  });

  it("after the index was lost while a block of its pack was damaged", async () => {
    const { state, pack, index } = await aState();
    flip(pack, "second");
    rmSync(index);
    expect(await pinsOf(state)).toEqual([labels.first]);
  });
});

describe("adding again", () => {
  it.each(["fsck --repair", "fsck", "nothing", "a reader"])(
    "makes everything complete again after %s found the damage",
    async (who) => {
      const { state, pack, blocks, first, second, blockOfText } = await aState();
      flip(pack, "shared", who === "nothing" ? undefined : "quietly");
      if (who.startsWith("fsck")) await fsck(state, who !== "fsck");
      if (who === "a reader") {
        await withEmbedded(state, async (node) => {
          await expect(node.get(blockOfText("shared").cid, world)).rejects.toMatchObject({ kind: "corrupt" });
        });
      }
      await withEmbedded(state, (node) => node.put(blocks, world));
      expect(await pinsOf(state)).toHaveLength(2);
      expect(await fsck(state)).toEqual([]);
      for (const root of [first, second]) expect(await readsWhole(state, root)).toBe(true);
      expect(readdirSync(state)).not.toContain("damaged.json");
    },
  );

  it("stores nothing twice where nothing is damaged", async () => {
    const { state, pack, blocks } = await aState();
    const { size } = statSync(pack);
    await withEmbedded(state, (node) => node.put(blocks, world));
    expect(statSync(pack).size).toBe(size);
  });
});

describe("a collection", () => {
  it("takes nothing away that lies below a directory which was lost, and goes on once that is back", async () => {
    const { state, blocks, first } = await aState();
    const pack = join(state, "packs/00000001.car");
    const bytes = readFileSync(pack);
    const root = blocks.find(({ cid }) => cid.equals(first))!;
    const at = bytes.indexOf(root.bytes) + 10;
    bytes[at]! ^= 1;
    writeFileSync(pack, bytes);
    await expect(withEmbedded(state, (node) => node.gc(world))).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining(labels.first),
    });
    await withEmbedded(state, (node) => node.put([root], world));
    expect(await pinsOf(state)).toHaveLength(2);
    await withEmbedded(state, (node) => node.gc(world));
    expect(await readsWhole(state, first)).toBe(true);
  });

  it("copies no damaged byte that is before a block", async () => {
    const { state, pack, blockOfText } = await aState();
    const bytes = readFileSync(pack);
    bytes[bytes.indexOf(blockOfText("second").bytes) - 20]! ^= 1;
    writeFileSync(pack, bytes);
    await withEmbedded(state, async (node) => {
      await node.unpin(labels.first, world);
      await node.gc(world);
    });
    expect(await fsck(state)).toEqual([]);
    for (const name of readdirSync(join(state, "packs")))
      if (name.endsWith("index")) rmSync(join(state, "packs", name));
    expect(await pinsOf(state)).toEqual([labels.second]);
  });

  it("leaves pins known to be complete", async () => {
    const { state } = await aState();
    await withEmbedded(state, async (node) => {
      await node.unpin(labels.first, world);
      expect((await node.gc(world)).removed.blocks).toBeGreaterThan(0);
    });
    const before = readFileSync(join(state, "pins.json"), "utf8");
    await withEmbedded(state, (node) => node.recheck(world));
    expect(await pinsOf(state)).toEqual([labels.second]);
    expect(readFileSync(join(state, "pins.json"), "utf8")).toBe(before);
  });
});

describe("the list of pins", () => {
  it.each([
    ["a wrong byte", (file: string) => writeFileSync(file, readFileSync(file, "utf8").replace("tree@1", "tree@3"))],
    [
      "a changed CID",
      (file: string) => writeFileSync(file, readFileSync(file, "utf8").replace('": "bafybei', '": "bafkrei')),
    ],
    ["its end lost", (file: string) => truncateSync(file, 40)],
    ["something behind it", (file: string) => appendFileSync(file, " ")],
    ["gone", (file: string) => rmSync(file)],
  ])(
    "is read from its copy where it has %s, reported by fsck, refused by a collection, and repaired",
    async (_, harm) => {
      for (const name of ["pins.json", "pins.copy.json"]) {
        const { state } = await aState();
        harm(join(state, name));
        expect(await pinsOf(state)).toEqual([labels.first, labels.second]);
        await expect(withEmbedded(state, (node) => node.gc(world))).rejects.toMatchObject({ kind: "corrupt" });
        expect((await fsck(state)).map(({ level, rule }) => [level, rule])).toEqual([["error", "pins"]]);
        await fsck(state, true);
        expect(await fsck(state)).toEqual([]);
        expect(await pinsOf(state)).toEqual([labels.first, labels.second]);
      }
    },
  );

  it("is whole wherever the first writes of it were cut short", async () => {
    const state = mkdtempSync(join(tmpdir(), "fieldtree-"));
    onTestFinished(() => rmSync(state, { recursive: true, force: true }));
    const [file, copy] = [join(state, "pins.json"), join(state, "pins.copy.json")];
    const { first } = twoTrees();
    const write = () => writePins(file, new Map([["one", first]]), { incomplete: [], packs: new Map() });
    // A folder where the file should be: the write before it is the last that is made.
    mkdirSync(file);
    await expect(write()).rejects.toThrow();
    rmSync(file, { recursive: true });
    expect(await readPins(file)).toEqual({ pins: new Map() });
    const before = readFileSync(copy);
    await write();
    writeFileSync(copy, before);
    expect(await readPins(file)).toMatchObject({ pins: new Map([["one", first]]) });
    expect((await readPins(file)).flaw).toBeUndefined();
  });

  it("of an older version is read, with pins that were marked incomplete", async () => {
    const { state, first, second } = await aState();
    const old = { [`incomplete: ${labels.first}`]: `${first}`, [labels.second]: `${second}` };
    rmSync(join(state, "pins.copy.json"));
    writeFileSync(join(state, "pins.json"), JSON.stringify(old));
    expect(await pinsOf(state)).toEqual([labels.first, labels.second]);
    expect(await fsck(state)).toEqual([]);
  });
});

it("fsck finds a wrong byte before a block, and writes it again", async () => {
  const { state, pack, blockOfText } = await aState();
  const bytes = readFileSync(pack);
  const start = bytes.indexOf(blockOfText("first").bytes) - 38;
  for (let at = start; at < start + 38; at++) {
    const wrong = Buffer.from(bytes);
    wrong[at]! ^= 0x11;
    writeFileSync(pack, wrong);
    expect(
      (await fsck(state)).map(({ rule }) => rule),
      `byte ${at - start}`,
    ).toEqual(["damaged-record"]);
    await fsck(state, true);
    expect(await fsck(state)).toEqual([]);
  }
  rmSync(join(state, "packs/00000001.index"));
  expect(await pinsOf(state)).toHaveLength(2);
});

it("a state folder that was moved is as complete as before", async () => {
  const { state } = await aState();
  const moved = `${state}-moved`;
  onTestFinished(() => rmSync(moved, { recursive: true, force: true }));
  renameSync(state, moved);
  expect(await pinsOf(moved)).toHaveLength(2);
});

it("fsck reads many blocks at once and names each damaged one, also the last of a pack that was cut off", async () => {
  const state = mkdtempSync(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const blocks = Array.from({ length: 45 }, (_, i) => blockOf(codecs.raw, Buffer.alloc(262_144 - i, i)));
  await withEmbedded(state, (node) => node.put(blocks, world));
  const pack = join(state, "packs", "00000001.car");
  const bytes = readFileSync(pack);
  const damaged = [0, 14, 15, 16, 31, 44];
  for (const i of damaged) bytes[bytes.indexOf(blocks[i]!.bytes)]! ^= 1;
  writeFileSync(pack, bytes.subarray(0, bytes.length - 1));
  const found = await withEmbedded(state, (node) => damageIn(node));
  const says = found.filter(({ rule }) => rule === "damaged-block").map((each) => each.says);
  expect(says.map((each) => /block (\w+) at/.exec(each)?.[1])).toEqual(damaged.map((i) => `${blocks[i]!.cid}`));
  expect(says.at(-1)).toContain("is cut off");
});
