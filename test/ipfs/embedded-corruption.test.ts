/**
 * Damage at random places of packs, indexes and pins: nothing damaged is ever reported good, nothing undamaged is lost.
 *
 * Each round harms one file of a small store at one place, drawn from a seed that is printed, and asks everybody who says
 * that something is good. `FIELDTREE_CORRUPTIONS=2000` runs more of them.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Block } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { sha256 } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { type EmbeddedNode, embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { defaultLimits } from "../../pipeline/ipfs/embedded/packs/limits.ts";
import type { Damage } from "../../pipeline/ipfs/node.ts";
import { readOnly } from "../disk/read-only.ts";
import { testWorld } from "../fakes/world.ts";
import { withEmbedded } from "./with-embedded.ts";

const rounds = Number(process.env.FIELDTREE_CORRUPTIONS ?? 200);
const seed = Number(process.env.FIELDTREE_SEED ?? Date.now() % 1_000_000);
const world = testWorld();
// In memory where there is such a folder: thousands of small writes wait for no disk.
const scratch = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "fieldtree-corruption-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const whole = join(scratch, "whole");
const blocks: Block[] = [];
const roots = new Map<string, CID>();

/** Several packs, for there are several pins that share files, with directories, files of several blocks and small ones. */
beforeAll(async () => {
  const profile = profiles["cid-v1"];
  const put = (block: Block) => void blocks.push(block);
  const shared = fileOf(noise("shared", 600_000), profile, put);
  for (let n = 1; n <= 3; n++) {
    const files = Array.from({ length: 12 }, (_, i) => ({
      name: `${i}`,
      ...fileOf(noise(`${n} ${i}`, i * 700), profile, put),
    }));
    const folder = makeDirectory(files, profile, put);
    const tree = makeDirectory(
      [
        { name: "data", ...folder },
        { name: "shared", ...shared },
      ],
      profile,
      put,
    );
    roots.set(`test/tree@${n}`, tree.cid);
  }
  const limits = { ...defaultLimits, packBlocks: 20, packBytes: 400_000 };
  const node = embedded(whole, limits);
  await node.put(blocks, world);
  for (const [label, root] of roots) await node.pin(root, label, world);
  await node.close();
}, 60_000);

it(`is found by a check, wherever it is (${rounds} places, seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const all = new Set(blocks.map(({ cid }) => `${cid}`));
  for (let round = 0; round < rounds; round++) {
    const state = join(scratch, `${round}`);
    cpSync(whole, state, { recursive: true, preserveTimestamps: true });
    const harm = harmIn(state, random);
    const told = `seed ${seed}, round ${round}: ${harm.what}`;
    if (!harm.quietly) await expectNothingFalse(state, told);

    const found = await fsck(state);
    expect(found, told).not.toEqual([]);
    await expectNothingFalse(state, told);
    const before = await readable(state);
    await fsck(state, true);
    await expectNothingFalse(state, told);
    // Whatever could be read before is there afterwards.
    const after = await readable(state);
    expect(
      [...before].filter((cid) => !after.has(cid)),
      told,
    ).toEqual([]);
    if (harm.length === 1) expect(all.size - before.size, told).toBeLessThanOrEqual(1);

    await withEmbedded(state, (node) => node.put(blocks, world));
    expect(await readable(state), told).toEqual(all);
    await withEmbedded(state, (node) => node.recheck(world));
    expect(await pinsOf(state), told).toEqual(roots);
    expect(await fsck(state), told).toEqual([]);
    rmSync(state, { recursive: true });
  }
}, 600_000);

it(`is found on a read-only medium too (${Math.ceil(rounds / 10)} places, seed ${seed})`, async ({ skip }) => {
  const random = randomFrom(seed + 1);
  const store = join(scratch, "read-only");
  mkdirSync(store);
  const medium = readOnly(store) ?? skip("no right to mount a read-only medium");
  for (let round = 0; round < Math.ceil(rounds / 10); round++) {
    rmSync(join(store, "state"), { recursive: true, force: true });
    cpSync(whole, join(store, "state"), { recursive: true, preserveTimestamps: true });
    const harm = harmIn(join(store, "state"), random);
    const told = `seed ${seed}, round ${round}: ${harm.what}`;
    const state = join(medium, "state");
    // Who may not write can't tell the next process; in its own it knows.
    await withEmbedded(state, async (node) => {
      const found: Damage[] = [];
      for await (const damage of node.fsck({ repair: false }, world)) found.push(damage);
      expect(found, told).not.toEqual([]);
      for (const [label] of await node.pins(world)) expect(await reads(node, roots.get(label)!), told).toBe(true);
    });
    if (!harm.quietly) await expectNothingFalse(state, told);
  }
}, 600_000);

/** Every pin that is listed can be read to its last block, and bears the root it was given. */
async function expectNothingFalse(state: string, told: string): Promise<void> {
  await withEmbedded(state, async (node) => {
    const pins = await node.pins(world).catch(() => new Map<string, CID>());
    for (const [label, root] of pins) {
      expect(root, told).toEqual(roots.get(label));
      expect(await reads(node, root), `${told}: ${label} is listed`).toBe(true);
    }
    const others = await node.incomplete(world).catch(() => []);
    expect([...pins.keys(), ...others.map(({ label }) => label)].sort(), told).toEqual([...roots.keys()]);
  });
}

async function reads(node: EmbeddedNode, root: CID): Promise<boolean> {
  const get = async (cid: CID): Promise<Uint8Array> => {
    const bytes = await node.get(cid, world);
    if (!bytes) throw new Error("missing");
    return bytes;
  };
  try {
    for await (const { cid, bytes } of walk(root, get, { scope: "all" }))
      if (Buffer.compare(sha256(bytes), cid.multihash.digest) !== 0) return false;
    return true;
  } catch {
    return false;
  }
}

/** CIDs of blocks that come out as they went in. */
async function readable(state: string): Promise<Set<string>> {
  return withEmbedded(state, async (node) => {
    const good = new Set<string>();
    for (const { cid, bytes } of blocks) {
      const there = await node.get(cid, world).catch(() => undefined);
      if (there) expect(Buffer.compare(there, bytes)).toBe(0);
      if (there) good.add(`${cid}`);
    }
    return good;
  });
}

async function fsck(state: string, repair = false): Promise<Damage[]> {
  return withEmbedded(state, async (node) => {
    const found: Damage[] = [];
    for await (const damage of node.fsck({ repair }, world)) found.push(damage);
    return found;
  });
}

const pinsOf = (state: string) => withEmbedded(state, async (node) => new Map(await node.pins(world)));

interface Harm {
  readonly what: string;
  /** The time of the file does not tell, as with a failing disk. */
  readonly quietly: boolean;
  /** Bytes that are others now. */
  readonly length: number;
}

/** Harm one file, as likely as it is large but each kind often enough: a byte, some bytes, its end, all of it. */
function harmIn(state: string, random: () => number): Harm {
  const packs = readdirSync(join(state, "packs")).filter((name) => /\d\.(car|index)$/.test(name));
  const among = (ending: RegExp) => packs.filter((name) => ending.test(name)).map((name) => join("packs", name));
  const kind = random();
  const files = kind < 0.6 ? among(/car$/) : kind < 0.8 ? among(/index$/) : ["pins.json", "pins.copy.json"];
  const name = files[Math.floor(random() * files.length)]!;
  const file = join(state, name);
  const bytes = readFileSync(file);
  const { atime, mtime } = statSync(file);
  const at = Math.floor(random() * bytes.length);
  const quietly = random() < 0.5;
  const how = random();
  if (how < 0.05) {
    rmSync(file);
    return { what: `${name} is gone`, quietly: false, length: bytes.length };
  }
  const length = how < 0.15 ? bytes.length - at : how < 0.4 ? Math.min(64, bytes.length - at) : 1;
  if (how < 0.15) writeFileSync(file, bytes.subarray(0, at));
  else {
    for (let i = at; i < at + length; i++) bytes[i]! ^= 1 + Math.floor(random() * 255);
    writeFileSync(file, bytes);
  }
  if (quietly) utimesSync(file, atime, mtime);
  const did = how < 0.15 ? "ends" : `has ${length} other bytes`;
  return { what: `${name} ${did} at ${at} of ${bytes.length}${quietly ? ", quietly" : ""}`, quietly, length };
}

/** From 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function noise(name: string, length: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let i = 0; i * 32 < length; i++) parts.push(sha256(Buffer.from(`${name} ${i}`)));
  return Buffer.concat(parts).subarray(0, length);
}
