/** What is pinned and complete: reading and changing the pins' file, with the completeness of each pin checked where needed. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type Get, hasLinks, keyOf } from "../../dag/block.ts";
import { nodeSet } from "../../dag/cid-set.ts";
import { walk } from "../../dag/read/read.ts";
import { type PinFile, type Pins, readPins, writePins } from "./pins.ts";
import { type Checking, type Completeness, completenessOf, extentsOf } from "./repair/completeness.ts";
import type { DamageNotes } from "./repair/damage-notes.ts";

export interface PinnedRoots {
  completeness(world: World): Promise<Completeness & { readonly file: PinFile }>;
  /** The caller has the lock, as for all that follow. `isWhole`: every block below `root` is known to be here. */
  pin(root: CID, label: string, isWhole: boolean, world: World): Promise<void>;
  unpin(label: string): Promise<void>;
  /** Stores what a check found, where that is new. */
  record(world: World): Promise<void>;
}

export interface PinsOf extends Checking {
  readonly file: string;
  readonly notes: DamageNotes;
  readonly notedFiles: DamageNotes<string>;
  readonly has: (cid: CID) => boolean;
}

export function pinnedRoots({ file: pinFile, notes, notedFiles, has, ...checking }: PinsOf): PinnedRoots {
  const { packs, inPlace, get } = checking;
  let warned = false;
  const completeness: PinnedRoots["completeness"] = async (world) => {
    for (let attempt = 1; ; attempt++) {
      const file = await readPins(pinFile);
      if (file.flaw !== undefined && !warned) world.log(`warning: ${file.flaw}; its copy is used`);
      warned ||= file.flaw !== undefined;
      const noted = { blocks: await notes.list(), files: await notedFiles.list() };
      const found = await completenessOf(file, noted, checking, world);
      // Another process may be collecting garbage: it copies needed blocks before it removes a pack.
      if (found.incomplete.length === 0 || attempt === 3) return { ...found, file };
      const [inPacks, inLists] = [packs.refresh(), inPlace.refresh()];
      if (!inPacks && !inLists) return { ...found, file };
    }
  };

  return {
    completeness,

    async pin(root, label, isWhole, world) {
      const { file, complete, checked } = await completeness(world);
      const before = file.pins.get(label);
      if (before?.equals(root) && complete.has(label)) return;
      if (!isWhole) await assertWhole(root, complete, has, get, world);
      const incomplete = checked?.incomplete.filter((other) => other !== label);
      const now = incomplete && { incomplete, ...extentsOf(packs, inPlace) };
      await writePins(pinFile, new Map(file.pins).set(label, root), now);
    },

    async unpin(label) {
      const { pins, checked } = await readPins(pinFile);
      const left = new Map(pins);
      if (!left.delete(label)) return;
      const incomplete = checked?.incomplete.filter((other) => other !== label);
      await writePins(pinFile, left, incomplete && { ...checked!, incomplete });
    },

    async record(world) {
      const { file, checked, isNew } = await completeness(world);
      if (isNew) await writePins(pinFile, file.pins, checked);
    },
  };
}

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
  const shouldVisit = (cid: CID): boolean => {
    world.signal.throwIfAborted();
    if (pinned.has(keyOf(cid)) || missing.length >= namedWhenMissing) return false;
    if (has(cid)) return hasLinks(cid);
    if (!missing.some((other) => other.equals(cid))) missing.push(cid);
    return false;
  };
  for await (const _ of walk(root, get, { scope: "all", shouldVisit, visited: nodeSet() }));
  if (missing.length === 0) return;
  const more = missing.length === namedWhenMissing ? " and perhaps others" : "";
  throw new Failure("unavailable", `${root} can't be pinned: ${missing.join(", ")}${more} is not here`, {
    hint: "add the data on this machine, or name a gateway that has it in campaign.yaml",
  });
}

const namedWhenMissing = 5;
