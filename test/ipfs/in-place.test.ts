/** `add --in-place`: blocks stay in the files that they are part of, and a file that is not as it was is named, never believed. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { resolve, walk, whole } from "../../pipeline/dag/read/read.ts";
import { type EmbeddedNode, embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { openInPlace } from "../../pipeline/ipfs/embedded/in-place/in-place.ts";
import { otherHashes } from "../../pipeline/ipfs/embedded/other-hashes.ts";
import { openPacks } from "../../pipeline/ipfs/embedded/packs/packs.ts";
import { blockReader } from "../../pipeline/ipfs/embedded/read-block.ts";
import { damageNotes, fileNotes } from "../../pipeline/ipfs/embedded/repair/damage-notes.ts";
import { testWorld } from "../fakes/world.ts";
import { noise } from "./noise.ts";
import { damageIn, getIn, withEmbedded } from "./with-embedded.ts";

const world = testWorld();
const options = { profile: "cid-v1", symlinks: "keep" } as const;

/** A node's state, and a folder of two files in place (of 3 blocks and of one), a small one and a folder in it. */
function aFolder() {
  const scratch = mkdtempSync(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const data = join(scratch, "data");
  mkdirSync(join(data, "inner"), { recursive: true });
  writeFileSync(join(data, "large"), noise("large", 600_000));
  writeFileSync(join(data, "inner", "middle"), noise("middle", 20_000));
  writeFileSync(join(data, "inner", "small"), noise("small", 500));
  return { scratch, data, state: join(scratch, ".fieldtree"), large: join(data, "large") };
}

async function inPlace(state: string, data: string, label = "added"): Promise<CID> {
  return withEmbedded(state, async (node) => {
    const { cid } = await node.addInPlace(data, options, world);
    await node.pin(cid, label, world);
    return cid;
  });
}

/** Of the blocks of files, in packs and in lists. Bytes. */
function bytesOf(folder: string, ending: string): number {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

it("gives the CIDs of `add`, reads every block back, and stores but small files and folders", async () => {
  const { data, state } = aFolder();
  const cid = await inPlace(state, data);
  const making = blocksOf(data, options, world);
  const all = await Array.fromAsync(making);
  expect(all.at(-1)!.cid.equals(cid)).toBe(true);
  await withEmbedded(state, async (node) => {
    for (const { cid, bytes } of all) {
      expect(await node.has(cid, world)).toBe(true);
      expect(Buffer.compare((await node.get(cid, world))!, bytes)).toBe(0);
    }
    expect(await damageIn(node)).toEqual([]);
  });
  expect(bytesOf(join(state, "packs"), ".car")).toBeLessThan(2000);
  // The index alone is 1 kB however few the blocks: what each adds to it is 42 bytes, and its file's path.
  expect(bytesOf(join(state, "in-place"), ".places")).toBeLessThan(1100 + 4 * 42 + 250);
});

it("keeps what lists take below one percent of the data, from the smallest file on that is left in place", async () => {
  const { scratch, state } = aFolder();
  const many = join(scratch, "many");
  mkdirSync(many);
  for (let i = 0; i < 300; i++) writeFileSync(join(many, `chunk.${i}`), noise(`${i}`, 16_384));
  await inPlace(state, many);
  expect(bytesOf(join(state, "in-place"), ".places")).toBeLessThan((300 * 16_384) / 100);
  const packs = bytesOf(join(state, "packs"), ".car");
  expect(packs, "the folder alone").toBeLessThan(300 * 80);
});

it("refuses a profile whose blocks are not the bytes of files", async () => {
  const { data, state } = aFolder();
  await withEmbedded(state, async (node) => {
    const adding = node.addInPlace(data, { ...options, profile: "unixfs-v0-2015" }, world);
    await expect(adding).rejects.toMatchObject({ kind: "input", message: expect.stringContaining("unixfs-v0-2015") });
  });
});

describe("a file that is not as it was", () => {
  const sameTime = (path: string, work: () => void): void => {
    const { atime, mtime } = statSync(path);
    work();
    utimesSync(path, atime, mtime);
  };
  const changes: Record<string, { change(path: string): void; says: RegExp }> = {
    "was written to": {
      change: (path) => writeFileSync(path, noise("other", 600_000)),
      says: /has other bytes than when it was added/,
    },
    "has other bytes and the same time": {
      change: (path) => sameTime(path, () => writeFileSync(path, noise("other", 600_000))),
      says: /has other bytes than when it was added/,
    },
    "was truncated": { change: (path) => truncateSync(path, 300_000), says: /had 600000 bytes and has 300000/ },
    "is empty": { change: (path) => truncateSync(path, 0), says: /had 600000 bytes and has 0/ },
    "was moved": { change: (path) => renameSync(path, `${path}.moved`), says: /is gone/ },
    "was replaced by a folder": {
      change(path) {
        rmSync(path);
        mkdirSync(path);
      },
      says: /is a folder now/,
    },
    "was replaced by a symbolic link, even to its own bytes": {
      change(path) {
        renameSync(path, `${path}.moved`);
        symlinkSync(`${path}.moved`, path);
      },
      says: /is a symbolic link now/,
    },
    "is below a folder that is gone": {
      change: (path) => renameSync(join(path, ".."), join(path, "..", "..", "elsewhere")),
      says: /is gone/,
    },
  };

  it.each(Object.entries(changes))("that %s is named, wherever it is asked for", async (_, { change, says }) => {
    const { data, state, large } = aFolder();
    const cid = await inPlace(state, data);
    change(large);
    await withEmbedded(state, async (node) => {
      const file = (await resolve(cid, "large", getIn(node)))!;
      // The file's own node is stored; its chunks were in the file.
      const reading = whole(file, getIn(node));
      await expect(reading).rejects.toMatchObject({ kind: "corrupt", message: expect.stringContaining(large) });
    });
    await withEmbedded(state, async (node) => {
      await node.recheck(world);
      expect([...(await node.pins(world)).keys()]).toEqual([]);
      const [pin] = await node.incomplete(world);
      const missing = pin!.missing.find(({ path }) => path === "large");
      expect(missing!.why).toContain(large);
    });
    await withEmbedded(state, async (node) => {
      const found = await damageIn(node);
      const file = found.find(({ says }) => says.startsWith(large));
      expect(file).toMatchObject({ level: "error", rule: "file-in-place", says: expect.stringMatching(says) });
      expect(file!.says).toContain(`added in place as a part of ${data}`);
      expect(found.map(({ rule }) => rule)).toContain("pin-not-whole");
    });
  });

  it("that may not be read is named", async ({ skip }) => {
    const { data, state, scratch, large } = aFolder();
    await inPlace(state, data);
    chmodSync(large, 0);
    const isRoot = process.getuid?.() === 0;
    if (isRoot && !process.seteuid) return skip("this system can't take rights from root");
    chmodSync(scratch, 0o755);
    if (isRoot) process.seteuid!(65_534);
    try {
      await withEmbedded(state, async (node) => {
        expect((await damageIn(node))[0]!.says).toBe(
          `${large}, added in place as a part of ${data}, may not be read: 3 blocks of it can't be read`,
        );
      });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });

  it("counts again once it is put back, without being added again", async () => {
    const { data, state, large } = aFolder();
    const cid = await inPlace(state, data);
    const before = readFileSync(large);
    writeFileSync(large, noise("other", 600_000));
    await withEmbedded(state, async (node) => {
      await node.recheck(world);
      expect(await node.incomplete(world)).toHaveLength(1);
    });
    writeFileSync(large, before);
    await withEmbedded(state, async (node) => {
      await node.recheck(world);
      expect(await node.incomplete(world)).toEqual([]);
      expect([...(await node.pins(world)).values()].map(String)).toEqual([`${cid}`]);
      expect(await damageIn(node)).toEqual([]);
    });
  });

  it("counts again once it was only touched or continued: its blocks are hashed, and are the same", async () => {
    const { data, state, large } = aFolder();
    const cid = await inPlace(state, data);
    for (const change of [
      () => utimesSync(large, new Date(), new Date(Date.now() + 5000)),
      () => appendFileSync(large, "more"),
    ]) {
      change();
      await withEmbedded(state, async (node) => {
        expect(await node.incomplete(world), "not hashed yet").toHaveLength(1);
        await node.recheck(world);
        expect(await node.incomplete(world)).toEqual([]);
        expect((await whole((await resolve(cid, "large", getIn(node)))!, getIn(node))).length).toBe(600_000);
        expect(await damageIn(node)).toEqual([]);
      });
    }
  });

  it("is forgotten by `fsck --repair`, and added again from where it is now", async () => {
    const { data, state, scratch } = aFolder();
    const cid = await inPlace(state, data);
    const moved = join(scratch, "moved");
    renameSync(data, moved);
    await withEmbedded(state, async (node) => {
      expect((await damageIn(node, true)).filter(({ rule }) => rule === "file-in-place")).toHaveLength(2);
    });
    expect(readdirSync(join(state, "in-place"))).toEqual([]);
    await withEmbedded(state, async (node) => {
      expect(await node.incomplete(world)).toHaveLength(1);
      expect(`${(await node.addInPlace(moved, options, world)).cid}`).toBe(`${cid}`);
      expect(await node.incomplete(world)).toEqual([]);
      expect(await damageIn(node)).toEqual([]);
    });
  });

  it("gives no pin: what can't be read can't be pinned", async () => {
    const { data, state, large } = aFolder();
    const cid = await withEmbedded(state, async (node) => (await node.addInPlace(data, options, world)).cid);
    rmSync(large);
    await withEmbedded(state, async (node) => {
      await expect(node.pin(cid, "added", world)).rejects.toMatchObject({ kind: "unavailable" });
    });
  });

  it("fails while it is added, and then nothing is pinned", async () => {
    const { data, state, large } = aFolder();
    const node = embedded(state);
    const moving = testWorld({
      progress: ({ task }) => {
        if (task === "adding") rmSync(large, { force: true });
      },
    });
    await expect(node.addInPlace(data, options, moving)).rejects.toMatchObject({
      kind: expect.stringMatching(/^(?:corrupt|input)$/),
      message: expect.stringContaining(large),
    });
    await node.close();
  });
});

it("makes real copies when the same data are added, and then needs the files no longer", async () => {
  const { data, state } = aFolder();
  const cid = await inPlace(state, data);
  await withEmbedded(state, async (node) => {
    expect((await node.inPlaceOnly([cid], world)).map(({ added }) => added)).toEqual([data]);
    await node.add(data, options, world);
    expect(await node.inPlaceOnly([cid], world)).toEqual([]);
    await node.gc(world);
  });
  expect(readdirSync(join(state, "in-place"))).toEqual([]);
  rmSync(data, { recursive: true });
  await withEmbedded(state, async (node) => {
    expect(await damageIn(node)).toEqual([]);
    expect((await whole((await resolve(cid, "large", getIn(node)))!, getIn(node))).length).toBe(600_000);
  });
});

it("is neither copied nor lost by a collection, which removes from lists what no pin needs", async () => {
  const { data, state, scratch, large } = aFolder();
  await inPlace(state, data);
  const other = join(scratch, "other");
  writeFileSync(other, noise("not needed", 100_000));
  await withEmbedded(state, async (node) => {
    await node.addInPlace(other, options, world);
    const { removed, kept } = await node.gc(world);
    expect({ removed: removed.blocks, kept: kept.blocks }).toEqual({ removed: 1, kept: 8 });
    expect(await damageIn(node)).toEqual([]);
    expect(await node.incomplete(world)).toEqual([]);
  });
  expect(bytesOf(join(state, "packs"), ".car")).toBeLessThan(2000);
  // What a pin needs stays listed though its file is gone: it may be put back.
  renameSync(large, join(scratch, "away"));
  await withEmbedded(state, (node) => node.gc(world));
  renameSync(join(scratch, "away"), large);
  await withEmbedded(state, async (node) => {
    expect(await node.incomplete(world)).toEqual([]);
    expect(await damageIn(node)).toEqual([]);
  });
});

it("names a list that is damaged or gone, and the pins that depended on it", async () => {
  const { data, state } = aFolder();
  await inPlace(state, data);
  const [name] = readdirSync(join(state, "in-place"));
  const path = join(state, "in-place", name!);
  const bytes = readFileSync(path);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(path, bytes);
  await withEmbedded(state, async (node) => {
    expect((await damageIn(node)).map(({ rule }) => rule)).toEqual(["damaged-list", "pin-not-whole"]);
  });
  rmSync(path);
  await withEmbedded(state, async (node) => {
    expect(await node.incomplete(world)).toHaveLength(1);
    await node.addInPlace(data, options, world);
    expect(await node.incomplete(world)).toEqual([]);
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("in place" as const, "copied" as const), label: fc.nat(2) }),
  fc.record({ kind: fc.constantFrom("change" as const, "remove" as const, "touch" as const), file: fc.nat(3) }),
  fc.record({ kind: fc.constant("restore" as const), file: fc.nat(3), version: fc.nat(2) }),
  fc.record({ kind: fc.constant("unpin" as const), label: fc.nat(2) }),
  fc.record({ kind: fc.constantFrom("gc" as const, "repair" as const) }),
);

it("has exactly what is in packs or in a file that still has it, whatever happens to the files", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const { scratch } = aFolder();
      const state = join(scratch, "model");
      const data = join(scratch, "files");
      mkdirSync(data);
      const paths = [0, 1, 2, 3].map((file) => join(data, `${file}`));
      // Contents are `file:version`; versions differ in length, too, but for the first two.
      const write = (file: number, version: number) =>
        writeFileSync(paths[file]!, noise(`${file}:${version}`, 700 + (version >> 1)));
      const disk = new Map<number, number>();
      for (const file of paths.keys()) {
        write(file, 0);
        disk.set(file, 0);
      }
      let newest = 0;
      const pins = new Map<string, { root: CID; contents: ReadonlyMap<string, CID> }>();
      const copied = new Set<string>();
      const listed = new Set<string>();
      const needed = () => new Set([...pins.values()].flatMap(({ contents }) => [...contents.keys()]));
      const isReadable = (content: string): boolean => {
        const [file, version] = content.split(":").map(Number) as [number, number];
        return copied.has(content) || (listed.has(content) && disk.get(file) === version);
      };
      const node = () => embedded(state, { inPlaceFrom: 1, packBlocks: 3, workers: 0 });
      const using = async (work: (node: EmbeddedNode) => Promise<void>) => {
        const here = node();
        await work(here).finally(() => here.close());
      };

      for (const step of steps) {
        switch (step.kind) {
          case "in place":
          case "copied":
            await using(async (here) => {
              const adding = step.kind === "copied" ? here.add : here.addInPlace;
              const { cid } = await adding(data, options, world);
              const contents = new Map<string, CID>();
              for (const [file, version] of disk) {
                contents.set(`${file}:${version}`, (await resolve(cid, `${file}`, getIn(here)))!);
                (step.kind === "copied" ? copied : listed).add(`${file}:${version}`);
              }
              await here.pin(cid, `${step.label}`, world);
              pins.set(`${step.label}`, { root: cid, contents });
            });
            break;
          case "change":
            newest++;
            write(step.file, newest);
            disk.set(step.file, newest);
            break;
          case "remove":
            rmSync(paths[step.file]!, { force: true });
            disk.delete(step.file);
            break;
          case "touch":
            if (disk.has(step.file)) utimesSync(paths[step.file]!, new Date(), new Date(Date.now() + 5000));
            break;
          case "restore": {
            const version = Math.min(step.version, newest);
            write(step.file, version);
            disk.set(step.file, version);
            break;
          }
          case "unpin":
            await using((here) => here.unpin(`${step.label}`, world));
            pins.delete(`${step.label}`);
            break;
          case "gc":
            await using(async (here) => void (await here.gc(world)));
            for (const content of copied) if (!needed().has(content)) copied.delete(content);
            for (const content of listed) if (!needed().has(content) || copied.has(content)) listed.delete(content);
            break;
          case "repair":
            await using(async (here) => void (await damageIn(here, true)));
            for (const content of listed) if (!copied.has(content) && !isReadable(content)) listed.delete(content);
        }
        await using(async (here) => {
          await here.recheck(world);
          const complete = await here.pins(world);
          for (const [label, { contents }] of pins) {
            const expected = [...contents.keys()].every(isReadable);
            expect(complete.has(label), `${label} after ${JSON.stringify(step)}`).toBe(expected);
            for (const [content, cid] of contents) {
              const read = await here.get(cid, world).catch((error: { kind?: string }) => error.kind);
              expect(read instanceof Uint8Array, `${content} after ${JSON.stringify(step)}`).toBe(isReadable(content));
            }
          }
        });
      }
      rmSync(scratch, { recursive: true });
    }),
    { numRuns: Number(process.env.IN_PLACE_RUNS ?? 10), endOnFailure: true },
  );
}, 120_000);

it("is walked, exported and served like any other block", async () => {
  const { data, state } = aFolder();
  const cid = await inPlace(state, data);
  await withEmbedded(state, async (node) => {
    let blocks = 0;
    for await (const _ of walk(cid, getIn(node), { scope: "all" })) blocks++;
    expect(blocks).toBe(8);
  });
});

it("loads no list for a block that a pack has", async () => {
  const { data, state, large } = aFolder();
  await inPlace(state, data);
  const blockWith = (bytes: Buffer) => blockOf(codecs.raw, bytes);
  const small = blockWith(readFileSync(join(data, "inner", "small")));
  const chunk = blockWith(readFileSync(large).subarray(0, 262_144));
  const [asked, read] = [parts(state), parts(state)];
  expect(asked.reader.has(small.cid)).toBe(true);
  expect(await read.reader.get(small.cid)).toEqual(small.bytes);
  for (const { inPlace } of [asked, read]) expect(inPlace.list()).toEqual([]);
  expect(asked.reader.has(chunk.cid)).toBe(true);
  expect(await read.reader.get(chunk.cid)).toEqual(chunk.bytes);
  for (const { inPlace } of [asked, read]) expect(inPlace.list()).toHaveLength(1);
  expect(asked.reader.has(blockWith(Buffer.from("absent")).cid)).toBe(false);
});

/** What reads the blocks of the node whose state is in `state`, and its lists, nothing of which is loaded yet. */
function parts(state: string) {
  const packs = openPacks(join(state, "packs"));
  onTestFinished(() => packs.close());
  const inPlace = openInPlace(join(state, "in-place"));
  const notes = damageNotes(join(state, "damaged.json"));
  const notedFiles = fileNotes(join(state, "damaged-in-place.json"));
  const others = otherHashes(join(state, "other-hashes.txt"));
  return { inPlace, reader: blockReader({ packs, inPlace, others, notes, notedFiles }) };
}
