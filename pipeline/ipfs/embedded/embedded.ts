/**
 * A node that needs no other software: it stores blocks in packs in the campaign's folder.
 *
 * ```
 * .fieldtree/packs/00000001.car    blocks, appended; any tool that reads CAR reads it
 * .fieldtree/packs/00000001.index  which of them are committed, and at which offsets
 * .fieldtree/packs/lock            the process that writes, while there is one
 * .fieldtree/pins.json             what is pinned, by label
 * .fieldtree/pins.copy.json        a copy of it
 * .fieldtree/in-place/             lists of blocks that are parts of files elsewhere on this machine
 * .fieldtree/other-hashes.txt      where blocks are that are hashed by something else than sha2-256
 * .fieldtree/damaged.json          damaged blocks that readers found, until the next writer removes them
 * .fieldtree/damaged-in-place.json files with such blocks, until the next writer hashes them
 * ```
 *
 * A block is stored when its pack and then the index are on the disk; of many small writes (`putBuilt`) the index follows a little later. After a crash or a power cut, committed blocks are
 * found again, and the rest is cut off or committed by the next writer. Readers take no lock.
 */
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { isInline, keyOf } from "../../dag/block.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import type { AddFiles, Collected, HomeNode } from "../node.ts";
import type { Collecting } from "./gc.ts";
import { recheckFiles } from "./in-place/check-files.ts";
import { type InPlace, openInPlace } from "./in-place/in-place.ts";
import { otherHashes } from "./other-hashes.ts";
import { defaultLimits, type Limits } from "./packs/limits.ts";
import { openPacks } from "./packs/packs.ts";
import { recentPlaces } from "./packs/recent-places.ts";
import { removeDrafts } from "./packs/recover.ts";
import { uncommittedIn } from "./packs/uncommitted.ts";
import { pinnedRoots } from "./pinned-roots.ts";
import { writePins } from "./pins.ts";
import { putBlocks, putBuilt } from "./put-blocks.ts";
import { blockReader } from "./read-block.ts";
import { extentsOf } from "./repair/completeness.ts";
import { damageNotes, fileNotes } from "./repair/damage-notes.ts";
import { removeDamaged } from "./repair/remove-damaged.ts";
import { startWriting, type Writing } from "./write-lock.ts";
import { writeSessions } from "./write-sessions.ts";

export type EmbeddedNode = HomeNode &
  Required<
    Pick<
      HomeNode,
      | "putBuilt"
      | "findUncommitted"
      | "getInto"
      | "has"
      | "add"
      | "addInPlace"
      | "inPlaceOnly"
      | "gc"
      | "fsck"
      | "close"
      | "incomplete"
      | "recheck"
    >
  >;

/** The node whose state is in `folder`, which is created at the first write. */
export function embedded(folder: string, given: Partial<Limits> = {}): EmbeddedNode {
  const store = openStore(folder);
  const { packFolder, packs, recent, inPlace, notes, notedFiles, others, blocks, pinned } = store;
  // Roots known to be complete: their blocks were added while this process had the lock, so no other process removed any.
  const whole = new Set<string>();
  const { open, write, writeAlone, close } = writeSessions({
    start: (world, asFound) => start(store, { ...defaultLimits, ...given }, world, asFound),
    onLost: () => whole.clear(),
  });
  const adding =
    (places?: { readonly inPlace: InPlace }): AddFiles =>
    (path, options, world) =>
      write(`adding ${path}`, world, async (writing) => {
        const { ingest } = await import("./ingest/ingest.ts");
        const added = await ingest(path, options, { folder: packFolder, writing, ...places }, world);
        whole.add(keyOf(added.cid));
        return added;
      });

  return {
    name: "embedded",
    perMachine: true,

    ...readsOf(blocks),

    putBuilt: (some, world) => write("storing blocks", world, (writing) => putBuilt(some, { writing, recent }, world)),

    put: (some, world) => write("storing blocks", world, (writing) => putBlocks(some, { writing, others }, world)),

    pin: (root, label, world) =>
      write(`pinning ${label}`, world, () => pinned.pin(root, label, whole.has(keyOf(root)), world)),

    unpin: (label, world) => write(`unpinning ${label}`, world, () => pinned.unpin(label)),

    pins: async (world) => (await pinned.completeness(world)).complete,

    incomplete: async (world) => (await pinned.completeness(world)).incomplete,

    async recheck(world) {
      const before = await pinned.completeness(world);
      // Taking the lock checks what a killed writer left, and packs that were restored.
      if (!before.isNew && before.incomplete.length === 0) return;
      await write("checking what is pinned", world, () => pinned.record(world));
    },

    add: adding(),

    addInPlace: adding({ inPlace }),

    async inPlaceOnly(roots, world) {
      const { inPlaceOnly } = await import("./in-place/in-place-only.ts");
      return inPlaceOnly(roots, { packs, inPlace, digestOf: others.digestOf, get: blocks.getOrFail }, world);
    },

    gc: (world) =>
      writeAlone("collecting garbage", world, (writing) => {
        whole.clear();
        return collectGarbage(store, writing, world);
      }),

    fsck: async function* (options, world) {
      const { check } = await import("./repair/fsck.ts");
      if (options.repair) await open(world, "asFound");
      return yield* check(store.checked, options, world);
    },

    findUncommitted: uncommittedIn(packs, recent),

    async close() {
      await close();
      await Promise.all([notes.settled(), notedFiles.settled()]);
      packs.close();
    },
  };
}

function readsOf(blocks: Store["blocks"]): Required<Pick<HomeNode, "get" | "getInto" | "has">> {
  return {
    async get(cid, world) {
      world.signal.throwIfAborted();
      return blocks.get(cid);
    },

    async getInto(cid, memory, world) {
      world.signal.throwIfAborted();
      return blocks.getInto(cid, memory);
    },

    async has(cid, world) {
      world.signal.throwIfAborted();
      return isInline(cid) || blocks.has(cid);
    },
  };
}

/** What the node has on the disk, as its parts see it. Opens nothing yet. */
function openStore(folder: string) {
  const packFolder = join(folder, "packs");
  const pinFile = join(folder, "pins.json");
  const recent = recentPlaces();
  const packs = openPacks(packFolder, recent);
  const inPlace = openInPlace(join(folder, "in-place"));
  const notes = damageNotes(join(folder, "damaged.json"));
  const notedFiles = fileNotes(join(folder, "damaged-in-place.json"));
  const others = otherHashes(join(folder, "other-hashes.txt"));
  const blocks = blockReader({ packs, inPlace, others, notes, notedFiles });
  const checking = { folder: packFolder, packs, inPlace, digestOf: others.digestOf, get: blocks.getOrFail };
  const noted = { notes, notedFiles };
  const pinned = pinnedRoots({ ...checking, ...noted, file: pinFile, has: blocks.has });
  const checked = { ...checking, ...noted, pinFile };
  return { packFolder, pinFile, packs, recent, inPlace, ...noted, others, blocks, pinned, checked };
}

type Store = ReturnType<typeof openStore>;

/** Takes the lock, and removes the damage that readers noted unless the caller asks for it `asFound`. */
async function start(
  { packFolder, packs, recent, inPlace, notes, notedFiles }: Store,
  limits: Limits,
  world: World,
  asFound: "asFound" | undefined,
): Promise<Writing> {
  const writing = await startWriting({ folder: packFolder, packs, recent, inPlace, limits }, world);
  try {
    removeDrafts(inPlace.folder);
    if (!asFound) {
      await removeDamaged({ folder: packFolder, packs }, notes, world);
      await recheckFiles(inPlace, notedFiles, world);
    }
    return writing;
  } catch (error) {
    await writing.close();
    throw diskFailure(error, `taking damaged blocks out of ${packFolder}`);
  }
}

async function collectGarbage(store: Store, writing: Writing, world: World): Promise<Collected> {
  const { packFolder, packs, inPlace, others, blocks, pinned, pinFile } = store;
  const { file, incomplete } = await pinned.completeness(world);
  if (file.flaw !== undefined) throw damagedPins(file.flaw);
  const labels = incomplete.map(({ label }) => label);
  const collecting: Collecting = {
    ...{ folder: packFolder, packs, inPlace, digestOf: others.digestOf, writing },
    ...{ pins: file.pins, incomplete: new Set(labels), get: blocks.getOrFail },
  };
  const { collect } = await import("./gc.ts");
  const collected = await collect(collecting, world);
  await others.retain((digest) => packs.has(digest) || inPlace.lists(digest));
  await writePins(pinFile, file.pins, { incomplete: labels.sort(), ...extentsOf(packs, inPlace) });
  return collected;
}

function damagedPins(flaw: string): Failure {
  return new Failure("corrupt", `${flaw}: nothing is collected until it is whole again`, {
    hint: "fieldtree fsck --repair writes it again from its copy",
  });
}
