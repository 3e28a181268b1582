/** What the embedded node loses when things go wrong: nothing that it promised. Processes and disks here are real. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CarBlockIterator } from "@ipld/car";
import type { CID } from "multiformats/cid";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { sha256 } from "../../pipeline/dag/hash.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import type { Damage } from "../../pipeline/ipfs/node.ts";
import { aFolder, raw } from "../contracts/node.ts";
import { smallDisk } from "../disk/small-disk.ts";
import { testWorld } from "../fakes/world.ts";

const child = join(import.meta.dirname, "embedded-child.ts");
const options = { profile: "cid-v1", symlinks: "keep" } as const;

describe("killed at any moment while adding", () => {
  const files = someFolder();
  // Small and large files, so that several threads and packs are at work when the end comes.
  for (let i = 0; i < 400; i++) writeFileSync(join(files, `${i}`), noise(i, 3000));
  writeFileSync(join(files, "large"), noise(400, 40_000_000));

  it("finishes when run again, to the same CID, with nothing damaged and little wasted", async () => {
    const state = someFolder();
    const expected = await addedTo(someFolder(), files);
    const seed = Date.now() % 1_000_000;
    for (let round = 0; round < 12; round++) {
      const killed = await killedAfter(["add", state, files], pseudoRandom(seed + round) * 600);
      const problems = (await damages(state)).filter(({ level }) => level === "error");
      expect(problems, `seed ${seed}, round ${round}, ${killed}`).toEqual([]);
    }
    expect(`${await addedTo(state, files)}`, `seed ${seed}`).toBe(`${expected}`);
    expect(await damages(state), `seed ${seed}`).toEqual([]);
    expect(bytesIn(state), `seed ${seed}`).toBeLessThan(3 * 41_200_000);
  }, 60_000);
});

it("loses nothing that is pinned when a collection is killed", async () => {
  const state = someFolder();
  const node = embedded(state);
  const world = testWorld();
  const kept: CID[] = [];
  for (let i = 0; i < 30; i++) {
    const folder = someFolder();
    writeFileSync(join(folder, "data"), noise(i, 700_000));
    const { cid } = await node.add(folder, options, world);
    if (i % 3 === 0) {
      kept.push(cid);
      await node.pin(cid, `kept ${i}`, world);
    }
  }
  await node.close();
  const seed = Date.now() % 1_000_000;
  for (let round = 0; round < 8; round++) {
    await killedAfter(["gc", state], 60 + pseudoRandom(seed + round) * 250);
    expect(errorsIn(await damages(state)), `seed ${seed}, round ${round}`).toEqual([]);
  }
  execFileSync(process.execPath, [child, "gc", state]);
  const after = embedded(state);
  for (const cid of kept) expect(await after.get(cid, world), `seed ${seed}`).toBeDefined();
  expect(errorsIn(await damages(state))).toEqual([]);
  await after.close();
}, 60_000);

describe("a pack that ends anywhere", () => {
  it("keeps every whole record of an interrupted write, and all that was committed", async () => {
    const state = someFolder();
    const committed = raw("committed");
    await stored(state, [committed]);
    const pack = join(state, "packs/00000001.car");
    const before = statSync(pack).size;
    const index = readFileSync(join(state, "packs/00000001.index"));
    const later = [raw("later, whole"), raw("the last one, torn")];
    await stored(state, later);
    const whole = readFileSync(pack);
    const lastStarts = whole.length - Buffer.byteLength("the last one, torn") - 37;

    for (let end = before; end < whole.length; end++) {
      writeFileSync(pack, whole.subarray(0, end));
      writeFileSync(join(state, "packs/00000001.index"), index);
      const node = embedded(state);
      await node.put([], testWorld());
      expect(await node.get(committed.cid, testWorld()), `cut at ${end}`).toBeDefined();
      const kept = (await node.get(later[0]!.cid, testWorld())) !== undefined;
      expect(kept, `cut at ${end}`).toBe(end >= lastStarts);
      expect(await node.get(later[1]!.cid, testWorld())).toBeUndefined();
      await node.put(later, testWorld());
      await node.close();
      expect(await damages(state), `cut at ${end}`).toEqual([]);
    }
  });

  it.each(["missing", "empty", "torn", "of zeros", "of another length"])(
    "is read without its index: %s",
    async (how) => {
      const state = someFolder();
      const { root, blocks } = aFolder();
      await stored(state, blocks);
      const index = join(state, "packs/00000001.index");
      const bytes = readFileSync(index);
      if (how === "missing") rmSync(index);
      else if (how === "empty") writeFileSync(index, "");
      else if (how === "torn") truncateSync(index, bytes.length - 5);
      else if (how === "of zeros") writeFileSync(index, Buffer.alloc(bytes.length));
      else appendFileSync(index, "x");

      const reader = embedded(state);
      expect(await reader.get(root, testWorld())).toBeDefined();
      await reader.close();
      expect((await damages(state)).map(({ level, rule }) => [level, rule])).toEqual([["hint", "index"]]);
      await stored(state, [raw("a write mends it")]);
      expect(await damages(state)).toEqual([]);
    },
  );
});

describe("damage on the disk", () => {
  it("is never given out, is named by fsck, and heals by repairing and putting again", async () => {
    const state = someFolder();
    const { root, blocks } = aFolder();
    const node = embedded(state);
    await node.put(blocks, testWorld());
    await node.pin(root, "portal", testWorld());
    await node.close();
    const pack = join(state, "packs/00000001.car");
    const bytes = readFileSync(pack);
    const at = bytes.indexOf("some data");
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(pack, bytes);

    const damaged = embedded(state);
    await expect(damaged.get(blocks[0]!.cid, testWorld())).rejects.toMatchObject({ kind: "corrupt" });
    await damaged.close();
    expect(errorsIn(await damages(state)).map(({ rule }) => rule)).toEqual(["damaged-block", "pin-not-whole"]);
    await damages(state, { repair: true });

    const mended = embedded(state);
    expect(await mended.get(blocks[0]!.cid, testWorld())).toBeUndefined();
    expect([...(await mended.pins(testWorld())).keys()]).not.toContain("portal");
    await expect(mended.pin(root, "portal", testWorld())).rejects.toMatchObject({ kind: "unavailable" });
    await mended.put(blocks, testWorld());
    await mended.pin(root, "portal", testWorld());
    expect(await mended.get(blocks[0]!.cid, testWorld())).toBeDefined();
    await mended.close();
    expect(errorsIn(await damages(state))).toEqual([]);
  });

  it("does not let a collection throw away what it can't judge", async () => {
    const state = someFolder();
    const { root, blocks } = aFolder();
    const node = embedded(state);
    await node.put(blocks, testWorld());
    await node.pin(root, "portal", testWorld());
    await node.close();
    for (const file of ["pins.json", "pins.copy.json"]) writeFileSync(join(state, file), "{ not json");
    const after = embedded(state);
    await expect(after.gc(testWorld())).rejects.toMatchObject({ kind: "corrupt" });
    expect(await after.get(root, testWorld())).toBeDefined();
    await after.close();
  });

  it.each([
    ["a folder for a pack", (packs: string) => mkdirSync(join(packs, "00000007.car"))],
    ["a folder for an index", (packs: string) => mkdirSync(join(packs, "00000001.index2"))],
    ["a link to nowhere", (packs: string) => symlinkSync("/nowhere", join(packs, "00000007.car"))],
    ["a link to a device", (packs: string) => symlinkSync("/dev/zero", join(packs, "00000007.car"))],
    ["a pipe", (packs: string) => execFileSync("mkfifo", [join(packs, "00000007.car")])],
    [
      "a file of another kind",
      (packs: string) => writeFileSync(join(packs, "00000007.car"), "not a CAR at all, but long enough"),
    ],
    [
      "the index of a lost pack",
      (packs: string) => cpSync(join(packs, "00000001.index"), join(packs, "00000007.index")),
    ],
  ])("%s among the packs does not stop it", async (_, put) => {
    const state = someFolder();
    const block = raw("held");
    await stored(state, [block]);
    put(join(state, "packs"));
    await stored(state, [raw("more")]);
    const node = embedded(state);
    expect(await node.get(block.cid, testWorld())).toBeDefined();
    await node.close();
    await damages(state);
  });

  it("says in words that the state folder is a file", async () => {
    const state = join(someFolder(), "state");
    writeFileSync(state, "");
    const node = embedded(state);
    await expect(node.put([raw("x")], testWorld())).rejects.toMatchObject({ name: "Failure" });
    await node.close();
  });
});

describe("several processes", () => {
  it("have one writer, and the others get its name", async () => {
    const state = someFolder();
    const holder = spawn(process.execPath, [child, "hold", state]);
    await once(holder.stdout, "data");
    const node = embedded(state);
    await expect(node.put([raw("x")], testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining(`process ${holder.pid}`),
    });
    expect(await node.get(raw("x").cid, testWorld())).toBeUndefined();

    const gone = once(holder, "exit");
    holder.kill("SIGKILL");
    await gone;
    await node.put([raw("x")], testWorld());
    await node.close();
  });

  it("see what another commits, and survive its collecting", async () => {
    const state = someFolder();
    const [reader, writer] = [embedded(state), embedded(state)];
    const world = testWorld();
    for (let i = 0; i < 20; i++) {
      const block = raw(`block ${i}`);
      expect(await reader.get(block.cid, world)).toBeUndefined();
      await writer.put([block], world);
      expect(await reader.get(block.cid, world), `block ${i}`).toBeDefined();
    }
    const { root, blocks } = aFolder();
    await writer.put(blocks, world);
    await writer.pin(root, "portal", world);
    expect((await writer.gc(world)).removed.blocks).toBe(20);
    expect(await reader.get(root, world)).toBeDefined();
    expect(await reader.get(raw("block 3").cid, world)).toBeUndefined();
    await writer.close();
    await reader.close();
  });

  it("may collect what this one added and had to let go of: then it is not pinned", async () => {
    const state = someFolder();
    const [ours, other] = [embedded(state), embedded(state)];
    const { cid } = await ours.add(import.meta.filename, options, testWorld());
    const noPermission = async function* () {
      yield raw("before");
      throw Object.assign(new Error("no"), { code: "EACCES" });
    };
    await expect(ours.put(noPermission(), testWorld())).rejects.toMatchObject({ kind: "refused" });
    expect((await other.gc(testWorld())).removed.blocks).toBeGreaterThan(0);
    await other.close();
    await expect(ours.pin(cid, "a label", testWorld())).rejects.toMatchObject({ kind: "unavailable" });
    await ours.close();
  });
});

it("writes nothing when the same bytes are added again, and keeps few packs however many commits", async () => {
  const files = someFolder();
  for (let i = 0; i < 300; i++) writeFileSync(join(files, `${i}`), noise(i, 20_000));
  const state = someFolder();
  const first = await addedTo(state, files);
  const bytes = bytesIn(state);
  expect(`${await addedTo(state, files)}`).toBe(`${first}`);
  expect(bytesIn(state)).toBe(bytes);
  for (let i = 0; i < 30; i++) await stored(state, [raw(`commit ${i}`)]);
  expect(readdirSync(join(state, "packs")).filter((name) => name.endsWith(".car")).length).toBeLessThan(5);
});

it("writes packs that other tools read", async () => {
  const state = someFolder();
  const { blocks } = aFolder("unixfs-v0-2015");
  await stored(state, blocks);
  const read: string[] = [];
  for await (const { cid, bytes } of await CarBlockIterator.fromBytes(
    readFileSync(join(state, "packs/00000001.car")),
  )) {
    expect(Buffer.compare(sha256(bytes), cid.multihash.digest)).toBe(0);
    read.push(`${cid}`);
  }
  expect(read).toEqual(blocks.map(({ cid }) => `${cid}`));
});

describe("a full disk", () => {
  it("is reported, loses nothing, and adding goes on once there is room", async ({ skip }) => {
    const disk = smallDisk(60) ?? skip("no right to mount a small disk");
    const state = join(disk, "state");
    const { root, blocks } = aFolder();
    await stored(state, blocks);
    const files = someFolder();
    for (let i = 0; i < 300; i++) writeFileSync(join(files, `${i}`), noise(i, 20_000));
    writeFileSync(join(files, "large"), noise(999, 30_000_000));
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, noise(5, 30_000_000));

    const node = embedded(state);
    await expect(node.add(files, options, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("disk full while adding"),
      hint: expect.stringMatching(/free \d+ MB/),
    });
    expect(await node.get(root, testWorld())).toBeDefined();
    expect(errorsIn(await damages(state))).toEqual([]);
    rmSync(ballast);
    await node.add(files, options, testWorld());
    await node.close();
    expect(await damages(state)).toEqual([]);
  });
});

async function stored(state: string, blocks: ReturnType<typeof raw>[]): Promise<void> {
  const node = embedded(state);
  await node.put(blocks, testWorld());
  await node.close();
}

async function addedTo(state: string, path: string): Promise<CID> {
  const node = embedded(state);
  const { cid } = await node.add(path, options, testWorld());
  await node.close();
  return cid;
}

async function damages(state: string, { repair = false } = {}): Promise<Damage[]> {
  const node = embedded(state);
  const found: Damage[] = [];
  for await (const damage of node.fsck({ repair }, testWorld())) found.push(damage);
  await node.close();
  return found;
}

function errorsIn(found: readonly Damage[]): Damage[] {
  return found.filter(({ level }) => level === "error");
}

async function killedAfter(args: string[], ms: number): Promise<string> {
  const process_ = spawn(process.execPath, [child, ...args], { stdio: "ignore" });
  const gone = once(process_, "exit");
  const timer = setTimeout(() => process_.kill("SIGKILL"), ms);
  const [code, signal] = await gone;
  clearTimeout(timer);
  return `${signal ?? code} after ${ms.toFixed(0)} ms`;
}

/** Bytes that don't compress and don't repeat, the same for the same seed. */
function noise(seed: number, length: number): Buffer {
  const parts: Buffer[] = [];
  let last = sha256(Buffer.from(`noise ${seed}`));
  const block = Buffer.alloc(1024);
  for (let done = 0; done < length; done += block.length) {
    last = sha256(last);
    for (let at = 0; at < block.length; at += 32)
      block.set(
        last.map((byte) => byte ^ at),
        at,
      );
    parts.push(Buffer.from(block));
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** From 0 to 1, the same for the same seed. */
function pseudoRandom(seed: number): number {
  return Buffer.from(sha256(Buffer.from(`${seed}`))).readUInt32BE() / 2 ** 32;
}

function bytesIn(state: string): number {
  const packs = join(state, "packs");
  return readdirSync(packs).reduce((sum, name) => sum + statSync(join(packs, name)).size, 0);
}

function someFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    onTestFinished(remove);
  } catch {
    // Made for a whole group of tests.
    afterAll(remove);
  }
  return folder;
}
