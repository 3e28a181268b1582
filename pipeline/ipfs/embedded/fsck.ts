/**
 * Looking at everything: each block against its hash, each index against its pack, each pin down to its last block.
 *
 * Reads only, and takes no lock, unless it is to repair. What others commit meanwhile may be missed, never misjudged.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { cidOfDigest, codecs, type Get, sha256 } from "../../dag/block.ts";
import { walk } from "../../dag/read.ts";
import { draftEnding, writeDurably } from "../../disk/write.ts";
import type { Checked, Damage } from "../node.ts";
import { digestAt, entriesOf, entryLength, makeIndex, placeAt } from "./pack-index.ts";
import { indexName, numberIn, type Pack, type Packs } from "./packs.ts";
import { incomplete, isIncomplete, type Pins, readPins, writePins } from "./pins.ts";
import { isShort } from "./recover.ts";

export interface Checking {
  readonly folder: string;
  readonly packs: Packs;
  readonly pinFile: string;
  readonly get: Get;
}

/** `repair` must be asked for under the lock. */
export async function* check(
  { folder, packs, pinFile, get }: Checking,
  { repair }: { readonly repair: boolean },
  world: World,
): AsyncGenerator<Damage, Checked> {
  packs.refresh();
  yield* strangers(folder);

  let blocks = 0;
  let bytes = 0;
  const list = [...packs.list()];
  const total = bytesIn(list);
  for (const pack of list) {
    yield* packDamage(pack);
    const damaged: number[] = [];
    for (let entry = 0; entry < pack.index.count; entry++) {
      world.signal.throwIfAborted();
      const place = placeAt(pack.index, entry);
      const found = await packs.read({ pack, ...place });
      blocks++;
      bytes += place.length;
      if (blocks % 256 === 0) world.progress({ task: "checking", done: bytes, total, unit: "bytes" });
      if (found && Buffer.compare(sha256(found), digestAt(pack.index, entry)) === 0) continue;
      damaged.push(entry);
      yield {
        level: "error",
        rule: "damaged-block",
        says: `${pack.path}: block ${cidOfDigest(codecs.raw, digestAt(pack.index, entry))} at byte ${place.offset} ${found ? "holds other bytes" : "is cut off"}`,
        fix: repair ? "taken out; add the data again, or publish to fetch it" : "fieldtree fsck --repair",
      };
    }
    if (repair && damaged.length > 0) await takeOut(folder, pack, damaged);
  }
  if (repair) {
    forgetLost(folder);
    packs.refresh();
  }

  let pins: Pins = new Map();
  try {
    pins = await readPins(pinFile);
  } catch (error) {
    if (!isFailure(error)) throw error;
    yield { level: "error", rule: "pins", says: error.message, fix: error.hint ?? "publish again" };
  }
  const kept = new Map<string, CID>();
  for (const [label, root] of pins) {
    let isWhole = true;
    for await (const says of holesBelow(root, packs, get, world)) {
      isWhole = false;
      yield {
        level: "error",
        rule: "pin-not-whole",
        says: `pinned as ${label}: ${says}`,
        fix: "add the data again, or publish to fetch it",
      };
    }
    kept.set(isWhole ? label : incomplete(label), root);
    if (isWhole && isIncomplete(label)) {
      yield { level: "hint", rule: "incomplete-pin", says: `${label} is whole again`, fix: "publish to pin it anew" };
    }
  }
  if (repair && [...kept.keys()].some((label) => !pins.has(label))) await writePins(pinFile, kept);
  return { blocks, bytes, packs: list.length, pins: pins.size };
}

/** Bytes of all blocks, from the indexes alone. */
function bytesIn(list: readonly Pack[]): number {
  let bytes = 0;
  for (const { index } of list) for (let entry = 0; entry < index.count; entry++) bytes += placeAt(index, entry).length;
  return bytes;
}

/** What lies in the folder and isn't a pack with its index. */
function* strangers(folder: string): Generator<Damage> {
  const names = new Set(namesIn(folder));
  for (const name of [...names].sort()) {
    const path = join(folder, name);
    const [car, index] = [numberIn(name, "car"), numberIn(name, "index")];
    if (car === undefined && index === undefined) {
      if (name === "lock" || name.startsWith("lock.") || name.startsWith(".lock")) continue;
      if (name.endsWith(draftEnding)) {
        yield {
          level: "hint",
          rule: "draft",
          says: `${path} was left by a run that was killed`,
          fix: "the next write removes it",
        };
      } else {
        yield { level: "hint", rule: "stranger", says: `${path} is not a file of ours`, fix: "move it away" };
      }
    } else if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      yield {
        level: "error",
        rule: "stranger",
        says: `${path} is not a file, and stands where a pack belongs`,
        fix: "move it away",
      };
    } else if (index !== undefined && !names.has(name.replace(/index$/, "car"))) {
      yield {
        level: "error",
        rule: "lost-pack",
        says: `${path} is the index of a pack that is gone`,
        fix: "put the pack back if you can; else fieldtree fsck --repair forgets it, and adding again brings the data back",
      };
    }
  }
}

function* packDamage(pack: Pack): Generator<Damage> {
  if (pack.flaw) {
    yield {
      level: "hint",
      rule: "index",
      says: `${pack.path}: its index is ${pack.flaw}; read ${pack.index.count} blocks from the pack instead`,
      fix: "the next write makes it again",
    };
  } else if (isShort(pack)) {
    yield {
      level: "error",
      rule: "short-pack",
      says: `${pack.path} has ${pack.size} bytes; ${pack.index.covered} were committed`,
      fix: "put the whole pack back if you can; else fieldtree fsck --repair",
    };
  } else if (pack.size > pack.index.covered) {
    yield {
      level: "hint",
      rule: "uncommitted",
      says: `${pack.path}: ${pack.size - pack.index.covered} bytes of a write that is under way or was killed`,
      fix: "the next write keeps what is whole in them",
    };
  }
}

async function takeOut(folder: string, { index, number, path }: Pack, damaged: readonly number[]): Promise<void> {
  const out = new Set(damaged);
  const entries = entriesOf(index);
  const sound = Array.from({ length: index.count }, (_, entry) => entry)
    .filter((entry) => !out.has(entry))
    .map((entry) => entries.subarray(entry * entryLength, (entry + 1) * entryLength));
  // What a short pack lost is not covered any more: the file ends where it ends.
  const covered = statSync(path).size;
  await writeDurably(join(folder, indexName(number)), makeIndex(Buffer.concat(sound), covered).bytes);
}

function forgetLost(folder: string): void {
  const names = new Set(namesIn(folder));
  for (const name of names) {
    if (numberIn(name, "index") !== undefined && !names.has(name.replace(/index$/, "car")))
      rmSync(join(folder, name), { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Holes named for one pin. More of them tell nobody more. */
const mostHoles = 10;

async function* holesBelow(root: CID, packs: Packs, get: Get, world: World): AsyncGenerator<string> {
  const holes: string[] = [];
  const wants = (cid: CID): boolean => {
    world.signal.throwIfAborted();
    if (packs.has(cid.multihash.digest)) return cid.code !== codecs.raw;
    if (holes.length < mostHoles) holes.push(`${cid} is missing`);
    return false;
  };
  try {
    for await (const _ of walk(root, get, { scope: "all", wants }));
  } catch (error) {
    if (!isFailure(error, "corrupt", "input")) throw error;
    holes.push(error.message);
  }
  yield* holes;
}
