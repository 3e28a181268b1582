/**
 * A node that needs no other software: it stores blocks in packs in the campaign's folder.
 *
 * ```
 * .fieldtree/packs/00000001.car    blocks, appended; any tool that reads CAR reads it
 * .fieldtree/packs/00000001.index  which of them are committed, and at which offsets
 * .fieldtree/packs/lock            the process that writes, while there is one
 * .fieldtree/pins.json             what is pinned, by label
 * .fieldtree/pins.copy.json        a copy of it
 * .fieldtree/other-hashes.txt      where blocks are that are hashed by something else than sha2-256
 * .fieldtree/damaged.json          damaged blocks that readers found, until the next writer removes them
 * ```
 *
 * A block is stored when its pack and then the index are on the disk. After a crash or a power cut, committed blocks are
 * found again, and the rest is cut off or committed by the next writer. Readers take no lock.
 */
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type Get, hashes, hasLinks, isInline, keyOf } from "../../dag/block.ts";
import { digestSet } from "../../dag/digest-set.ts";
import { sha256Apart } from "../../dag/hash.ts";
import { matchesHash } from "../../dag/matches-hash.ts";
import { walk } from "../../dag/read/read.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import type { AddFiles, HomeNode } from "../node.ts";
import { verified } from "../verify.ts";
import { type AliasedBlock, otherHashes } from "./other-hashes.ts";
import { defaultLimits, type Limits } from "./packs/limits.ts";
import { openPacks } from "./packs/packs.ts";
import { type PinFile, type Pins, readPins, writePins } from "./pins.ts";
import { type Completeness, completenessOf, extentsOf } from "./repair/completeness.ts";
import { damageNotes, noteOf } from "./repair/damage-notes.ts";
import { removeDamaged } from "./repair/remove-damaged.ts";
import { refuseUnknown, storedAs } from "./stored-block.ts";
import { startWriting, type Writing } from "./write-lock.ts";

export type EmbeddedNode = HomeNode &
  Required<Pick<HomeNode, "has" | "add" | "gc" | "fsck" | "close" | "incomplete" | "recheck">>;

/** The node whose state is in `folder`, which is created at the first write. */
export function embedded(folder: string, given: Partial<Limits> = {}): EmbeddedNode {
  const limits: Limits = { ...defaultLimits, ...given };
  const packFolder = join(folder, "packs");
  const pinFile = join(folder, "pins.json");
  const packs = openPacks(packFolder);
  const notes = damageNotes(join(folder, "damaged.json"));
  const others = otherHashes(join(folder, "other-hashes.txt"));
  // Roots known to be complete: their blocks were added while this process had the lock, so no other process removed any.
  const whole = new Set<string>();

  let starting: Promise<Writing> | undefined;
  let ending: Promise<void> = Promise.resolve();
  /** `asFound`: for `fsck --repair`, which finds and removes all damage itself. */
  const writing = (world: World, asFound?: "asFound"): Promise<Writing> => {
    if (starting) return starting;
    const begun = start(world, asFound);
    starting = begun;
    begun.catch(() => {
      if (starting === begun) starting = undefined;
    });
    return begun;
  };
  const start = async (world: World, asFound?: "asFound"): Promise<Writing> => {
    await ending;
    const under = await startWriting(packFolder, packs, limits, world);
    try {
      if (!asFound) await removeDamaged({ folder: packFolder, packs }, notes, world);
      return under;
    } catch (error) {
      await under.close();
      throw diskFailure(error, `taking damaged blocks out of ${packFolder}`);
    }
  };
  /** Do `work` under the lock. Where the disk fails, cut off what isn't committed; the next attempt takes the lock anew. */
  const attempt = async <T>(doing: string, world: World, work: (writing: Writing) => Promise<T>): Promise<T> => {
    const session = writing(world);
    const under = await session;
    try {
      return await work(under);
    } catch (error) {
      const failure = diskFailure(error, doing);
      if (isFailure(failure, "refused") || under.hasFailed()) {
        if (starting === session) {
          starting = undefined;
          // Without the lock, other processes may collect garbage.
          whole.clear();
          ending = under.giveUp(failure).catch(() => undefined);
        }
        await ending;
      }
      throw failure;
    }
  };
  // A garbage collection runs alone.
  const underWay = new Set<Promise<unknown>>();
  let collecting: Promise<unknown> = Promise.resolve();
  const write: typeof attempt = async (doing, world, work) => {
    await collecting;
    const writing = attempt(doing, world, work);
    underWay.add(writing);
    return writing.finally(() => underWay.delete(writing));
  };
  const writeAlone: typeof attempt = (doing, world, work) => {
    const alone = Promise.allSettled([collecting, ...underWay]).then(() => attempt(doing, world, work));
    collecting = alone.catch(() => undefined);
    return alone;
  };

  const { digestOf } = others;
  const has = (cid: CID): boolean => {
    const digest = digestOf(cid);
    return digest !== undefined && (packs.has(digest) || (packs.refresh() && packs.has(digest)));
  };
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    if (isInline(cid)) return cid.multihash.digest;
    const digest = digestOf(cid);
    if (!digest) return undefined;
    const bytes = await stored(cid, digest);
    if (!bytes || cid.multihash.code === hashes.sha256) return bytes;
    // A damaged line of the other hashes' file leads to another block.
    return (await matchesHash(cid, bytes)) ? bytes : undefined;
  };
  const stored = async (cid: CID, digest: Uint8Array): Promise<Uint8Array | undefined> => {
    let damaged: string | undefined;
    do {
      damaged = undefined;
      for (const place of packs.places(digest)) {
        const bytes = await packs.read(place);
        if (bytes && Buffer.compare(await sha256Apart(bytes), digest) === 0) return bytes;
        if (bytes) notes.add([noteOf(place)]);
        damaged = `${place.pack.path} at byte ${place.offset}`;
      }
      // Not in the packs as last read. Another process may have committed or collected since then.
    } while (packs.refresh());
    if (damaged === undefined) return undefined;
    throw new Failure("corrupt", `${damaged} should hold ${cid} and holds other bytes`, {
      hint: "`fieldtree publish` fetches it from whoever has it, or names what to add again; `fieldtree fsck` looks for more",
    });
  };
  const getOrFail: Get = async (cid) => {
    const bytes = await get(cid);
    if (!bytes) throw new Failure("unavailable", `the embedded node does not hold ${cid}`);
    return bytes;
  };

  let warned = false;
  const completeness = async (world: World): Promise<Completeness & { readonly file: PinFile }> => {
    for (let attempt = 1; ; attempt++) {
      const file = await readPins(pinFile);
      if (file.flaw !== undefined && !warned) world.log(`warning: ${file.flaw}; its copy is used`);
      warned ||= file.flaw !== undefined;
      const found = await completenessOf(
        file,
        await notes.list(),
        { folder: packFolder, packs, digestOf, get: getOrFail },
        world,
      );
      // Another process may be collecting garbage: it copies needed blocks before it removes a pack.
      if (found.incomplete.length === 0 || attempt === 3 || !packs.refresh()) return { ...found, file };
    }
  };

  return {
    name: "embedded",
    perMachine: true,

    async get(cid, world) {
      world.signal.throwIfAborted();
      return get(cid);
    },

    async has(cid, world) {
      world.signal.throwIfAborted();
      return isInline(cid) || has(cid);
    },

    put: (blocks, world) =>
      write("storing blocks", world, async (under) => {
        let claimed = digestSet();
        let aliased: AliasedBlock[] = [];
        const finish = async (): Promise<void> => {
          await under.commit();
          await under.prove(claimed);
          // Only now: a line leads to a block that is on the disk.
          await others.add(aliased);
          claimed = digestSet();
          aliased = [];
        };
        try {
          for await (const block of blocks) {
            world.signal.throwIfAborted();
            refuseUnknown(block);
            await verified(block.cid, block.bytes, "whoever stores it");
            if (isInline(block.cid)) continue;
            const stored = storedAs(block);
            under.append(stored);
            const { digest } = stored.cid.multihash;
            if (block.cid.multihash.code !== hashes.sha256) aliased.push({ cid: block.cid, digest });
            claimed.add(digest);
            await under.settle();
            if (claimed.size >= provenTogether) await finish();
          }
        } finally {
          // Blocks that arrived before the failure are valid, and fetching them may have been slow: store them.
          await finish();
        }
      }),

    pin: (root, label, world) =>
      write(`pinning ${label}`, world, async () => {
        const { file, complete, checked } = await completeness(world);
        const before = file.pins.get(label);
        if (before?.equals(root) && complete.has(label)) return;
        if (!whole.has(keyOf(root))) await assertWhole(root, complete, has, getOrFail, world);
        const incomplete = checked?.incomplete.filter((other) => other !== label);
        const now = incomplete && { incomplete, packs: extentsOf(packs) };
        await writePins(pinFile, new Map(file.pins).set(label, root), now);
      }),

    unpin: (label, world) =>
      write(`unpinning ${label}`, world, async () => {
        const { pins, checked } = await readPins(pinFile);
        const left = new Map(pins);
        if (!left.delete(label)) return;
        const incomplete = checked?.incomplete.filter((other) => other !== label);
        await writePins(pinFile, left, incomplete && { ...checked!, incomplete });
      }),

    pins: async (world) => (await completeness(world)).complete,

    incomplete: async (world) => (await completeness(world)).incomplete,

    async recheck(world) {
      const before = await completeness(world);
      // Taking the lock checks what a killed writer left, and packs that were restored.
      if (!before.isNew && before.incomplete.length === 0) return;
      await write("checking what is pinned", world, async () => {
        const { file, checked, isNew } = await completeness(world);
        if (isNew) await writePins(pinFile, file.pins, checked);
      });
    },

    add: ((path, options, world) =>
      write(`adding ${path}`, world, async (under) => {
        const { ingest } = await import("./ingest/ingest.ts");
        const added = await ingest(path, options, { folder: packFolder, writing: under }, world);
        whole.add(keyOf(added.cid));
        return added;
      })) satisfies AddFiles,

    gc: (world) =>
      writeAlone("collecting garbage", world, async (under) => {
        whole.clear();
        const { file, incomplete } = await completeness(world);
        if (file.flaw !== undefined) throw damagedPins(file.flaw);
        const labels = incomplete.map(({ label }) => label);
        const { collect } = await import("./gc.ts");
        const collected = await collect(
          {
            ...{ folder: packFolder, packs, digestOf, writing: under },
            ...{ pins: file.pins, incomplete: new Set(labels), get: getOrFail },
          },
          world,
        );
        await others.keep((digest) => packs.has(digest));
        await writePins(pinFile, file.pins, { incomplete: labels.sort(), packs: extentsOf(packs) });
        return collected;
      }),

    fsck: async function* (options, world) {
      const { check } = await import("./repair/fsck.ts");
      if (options.repair) await writing(world, "asFound");
      return yield* check({ folder: packFolder, packs, digestOf, pinFile, notes, get: getOrFail }, options, world);
    },

    async close() {
      const under = await starting?.catch(() => undefined);
      await under?.close();
      await notes.settled();
      packs.close();
    },
  };
}

/** Blocks stored before they are verified on the disk together: bounds the memory that a large CAR needs. */
const provenTogether = 65_536;

/**
 * Every block below `root` is stored. Raw leaves are only looked up in the indexes; DAGs below the root of a complete pin
 * are not walked again.
 *
 * @throws Failure `unavailable` naming the first missing blocks.
 */
async function assertWhole(
  root: CID,
  complete: Pins,
  has: (cid: CID) => boolean,
  get: Get,
  world: World,
): Promise<void> {
  const pinned = new Set([...complete.values()].map(keyOf));
  const missing: CID[] = [];
  const wants = (cid: CID): boolean => {
    world.signal.throwIfAborted();
    if (pinned.has(keyOf(cid)) || missing.length >= namedWhenMissing) return false;
    if (has(cid)) return hasLinks(cid);
    missing.push(cid);
    return false;
  };
  for await (const _ of walk(root, get, { scope: "all", wants }));
  if (missing.length === 0) return;
  const more = missing.length === namedWhenMissing ? " and perhaps others" : "";
  throw new Failure("unavailable", `${root} can't be kept: ${missing.join(", ")}${more} is not here`, {
    hint: "add the data on this machine, or name a gateway that has it in campaign.yaml",
  });
}

const namedWhenMissing = 5;

function damagedPins(flaw: string): Failure {
  return new Failure("corrupt", `${flaw}: nothing is collected until it is whole again`, {
    hint: "fieldtree fsck --repair writes it again from its copy",
  });
}
