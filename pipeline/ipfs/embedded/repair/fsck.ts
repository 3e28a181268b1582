/**
 * A full check: each block against its hash, each index against its pack, each pin down to its last block.
 *
 * Without `--repair` it only reads and takes no lock; damage is noted, so that the next process with the lock removes it.
 * Blocks that other processes commit meanwhile may be left unchecked, but are never reported as damaged.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isFailure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import { cidOfDigest, codecs } from "../../../dag/block.ts";
import { draftEnding } from "../../../disk/write.ts";
import { limitYoungHeap } from "../../../disk/young-heap.ts";
import { describeMissing, missingCids } from "../../missing-message.ts";
import type { Checked, Damage } from "../../node.ts";
import { namesIn } from "../folder-contents.ts";
import { bytesInPlace, checkPlaces } from "../in-place/fsck-places.ts";
import type { InPlaceState } from "../in-place/in-place.ts";
import { digestAt, placeAt } from "../packs/pack-index.ts";
import { noteName, noteNumbers, numberIn } from "../packs/pack-numbers.ts";
import { isShort, type Pack } from "../packs/packs.ts";
import { type PinFile, readPins, writePins } from "../pins.ts";
import { checkPack, repairHeads } from "./check-pack.ts";
import { type Checking, completenessOf, extentsOf, isChanged } from "./completeness.ts";
import type { DamageNotes, PlaceNote } from "./damage-notes.ts";
import { markUnchanged, takeOut } from "./remove-damaged.ts";

export interface Fsck extends Checking {
  readonly pinFile: string;
  readonly notes: DamageNotes;
  readonly notedFiles: DamageNotes<string>;
}

/** With `repair`, the caller must have the lock. */
export async function* check(
  node: Fsck,
  { repair }: { readonly repair: boolean },
  world: World,
): AsyncGenerator<Damage, Checked> {
  limitYoungHeap();
  const { folder, packs, inPlace, notes, notedFiles } = node;
  packs.refresh();
  inPlace.refresh();
  yield* strangers(folder);

  const list = [...packs.list()];
  const total = bytesIn(list) + bytesInPlace(inPlace);
  const damagedPlaces: PlaceNote[] = [];
  let blocks = 0;
  let bytes = 0;
  for (const pack of list) {
    yield* packDamage(pack);
    const found = await checkPack(pack, packs, world, (read) => {
      world.progress({ task: "checking", done: bytes + read, total, unit: "bytes" });
    });
    blocks += pack.index.count;
    bytes += bytesIn([pack]);
    for (const { entry, problem } of found.damaged) {
      const { offset } = placeAt(pack.index, entry);
      if (!repair) damagedPlaces.push({ pack: pack.number, offset });
      yield {
        level: "error",
        rule: "damaged-block",
        says: `${pack.path}: block ${cidOfDigest(codecs.raw, digestAt(pack.index, entry))} at byte ${offset} ${problem}`,
        fix: repair ? "taken out; add the data again, or publish to fetch it" : "fieldtree fsck --repair",
      };
    }
    for (const { at, what } of found.heads) {
      yield {
        level: "error",
        rule: "damaged-record",
        says: `${pack.path}: byte ${at} and those behind it should be ${what}; the block itself is unharmed`,
        fix: repair ? "written again" : "fieldtree fsck --repair writes it again",
      };
    }
    if (!repair) continue;
    if (found.heads.length > 0) repairHeads(pack, found.heads);
    if (found.damaged.length > 0)
      await takeOut(
        folder,
        pack,
        found.damaged.map(({ entry }) => entry),
      );
    else if (isChanged(folder, pack)) markUnchanged(folder, pack);
  }
  await notes.replace(damagedPlaces);
  if (repair) await forgetLost(folder);
  let read = bytes;
  const progress = (more: number): void => {
    read += more;
    world.progress({ task: "checking", done: read, total, unit: "bytes" });
  };
  const places = yield* checkPlaces({ inPlace, packs }, { repair, progress }, world);
  await notedFiles.replace(repair ? [] : places.damaged);
  const pins = yield* pinDamage(node, { damagedPlaces, files: places.state }, repair, world);
  const inPlaceCounts = places.blocks > 0 && { inPlace: places.blocks };
  return { blocks: blocks + places.blocks, bytes: bytes + places.bytes, packs: list.length, pins, ...inPlaceCounts };
}

/** Pins that are incomplete, and problems of their file. Returns how many pins there are. */
async function* pinDamage(
  { pinFile, ...node }: Fsck,
  { damagedPlaces, files }: { readonly damagedPlaces: readonly PlaceNote[]; readonly files: InPlaceState },
  repair: boolean,
  world: World,
): AsyncGenerator<Damage, number> {
  let file: PinFile = { pins: new Map() };
  try {
    file = await readPins(pinFile);
  } catch (error) {
    if (!isFailure(error)) throw error;
    yield { level: "error", rule: "pins", says: error.message, fix: error.hint ?? "publish again" };
    return 0;
  }
  if (file.flaw !== undefined) {
    const fix = repair ? "written again from its copy" : "fieldtree fsck --repair writes it again from its copy";
    yield { level: "error", rule: "pins", says: file.flaw, fix };
  }
  // The recorded completeness is not used here: everything is checked.
  const noted = { blocks: damagedPlaces, files: [] };
  const found = await completenessOf({ pins: file.pins }, noted, node, world, { allHashed: files });
  for (const pin of found.incomplete) {
    yield {
      level: "error",
      rule: "pin-not-whole",
      says: `pinned as ${pin.label}: ${describeMissing(pin)}: ${missingCids(pin)}`,
      fix: "add the data again, or publish to fetch it",
      pin,
    };
  }
  if (repair && file.pins.size > 0) {
    const incomplete = found.incomplete.map(({ label }) => label).sort();
    const checked = { incomplete, ...extentsOf(node.packs, node.inPlace) };
    await writePins(pinFile, file.pins, checked);
  }
  return file.pins.size;
}

/** Bytes of all blocks, from the indexes alone. */
function bytesIn(list: readonly Pack[]): number {
  let bytes = 0;
  for (const { index } of list) for (let entry = 0; entry < index.count; entry++) bytes += placeAt(index, entry).length;
  return bytes;
}

/** Files in the folder that are neither a pack nor its index. */
function* strangers(folder: string): Generator<Damage> {
  const names = new Set(namesIn(folder));
  for (const name of names) {
    const path = join(folder, name);
    const [car, index] = [numberIn(name, "car"), numberIn(name, "index")];
    if (car === undefined && index === undefined) {
      if (name === noteName || name === "lock" || name.startsWith("lock.") || name.startsWith(".lock")) continue;
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
        says: `${path} is not a file, and is in the place of a pack`,
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
      fix: "the next write recovers what is whole in them",
    };
  }
}

async function forgetLost(folder: string): Promise<void> {
  const names = new Set(namesIn(folder));
  const lost = [...names].filter(
    (name) => numberIn(name, "index") !== undefined && !names.has(name.replace(/index$/, "car")),
  );
  if (lost.length === 0) return;
  await noteNumbers(folder);
  for (const name of lost) rmSync(join(folder, name), { force: true });
}
