/**
 * Which pins are complete, found without reading every block.
 *
 * A pin that was complete stays so while no pack loses anything. Packs only grow until they are removed, so it is enough to
 * compare the extent of each pack with its extent at the last check. Only where a pack has less, or a block was noted as
 * damaged, are the DAGs walked again, looking their blocks up in the indexes.
 *
 * A pack is written before its index. A pack younger than its index was changed by another program, so its blocks are in an
 * unknown state until they are hashed, which the next process that takes the lock does.
 *
 * Blocks in place count while their files have the size and the modification time that were listed, which is checked each
 * time: no program announces that it changes or moves a file.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import type { World } from "../../../core/world.ts";
import type { Get } from "../../../dag/block.ts";
import { pause } from "../../../dag/event-loop.ts";
import { sha256 } from "../../../dag/hash.ts";
import { missingBlocks } from "../../missing.ts";
import type { IncompletePin, Missing } from "../../node.ts";
import type { InPlace, InPlaceState } from "../in-place/in-place.ts";
import { digestAt, placeAt } from "../packs/pack-index.ts";
import { indexName } from "../packs/pack-numbers.ts";
import type { Pack, Packs, PlaceInPack } from "../packs/packs.ts";
import type { CheckedPins, PackExtent, PinFile } from "../pins.ts";
import { keyOfNote, noteOf, type PlaceNote } from "./damage-notes.ts";

export interface Completeness {
  readonly complete: ReadonlyMap<string, CID>;
  readonly incomplete: readonly IncompletePin[];
  /** To be stored with the pins, so that the check need not be repeated; absent where the result isn't known yet. */
  readonly checked?: CheckedPins;
  /** Whether the result differs from the one in the pins' file. */
  readonly isNew: boolean;
}

export interface PackFiles {
  readonly folder: string;
  readonly packs: Packs;
}

/** What was noted as damaged. */
export interface Noted {
  readonly blocks: readonly PlaceNote[];
  /** Files with blocks in place. */
  readonly files: readonly string[];
}

export interface Checking extends PackFiles {
  readonly inPlace: InPlace;
  /** The digest under which a block is stored; `undefined` where it is not. */
  readonly digestOf: (cid: CID) => Uint8Array | undefined;
  readonly get: Get;
}

/**
 * The completeness of `pins`. Reads no raw block. `allHashed`: the caller hashed every block, noted the damaged ones of packs,
 * and knows which of those in place can be read.
 */
export async function completenessOf(
  { pins, checked }: PinFile,
  noted: Noted,
  { folder, packs, inPlace, digestOf, get }: Checking,
  world: World,
  { allHashed }: { readonly allHashed?: InPlaceState } = {},
): Promise<Completeness> {
  packs.refresh();
  inPlace.refresh();
  const changed = allHashed ? [] : packs.list().filter((pack) => isChanged(folder, pack));
  if (changed.length > 0 && pins.size > 0) {
    const why = `${changed.map(({ path }) => path).join(", ")} was changed by something else than fieldtree`;
    const incomplete = [...pins].map(([label, root]) => ({ label, root, why, count: 0, missing: [] }));
    return { complete: new Map(), incomplete, isNew: true };
  }

  const damaged = await stillDamaged(noted.blocks, packs);
  const isReadable = readable(packs, damaged);
  const files = allHashed ?? inPlace.state(new Set(noted.files));
  const has = (cid: CID): boolean => {
    const digest = digestOf(cid);
    return digest !== undefined && (isReadable(digest) || files.has(digest));
  };
  const whyNot = (cid: CID): string | undefined => {
    const digest = digestOf(cid);
    return digest && files.whyNot(digest);
  };
  const grown =
    checked !== undefined &&
    damaged.size === 0 &&
    hasAllOf(checked, packs, inPlace) &&
    (await areAsListed(inPlace, files));
  const incompleteBefore = new Set(checked?.incomplete);
  const missingBelow = missingBlocks({ has, get, whyNot }, world);
  const incomplete: IncompletePin[] = [];
  for (const [label, root] of pins) {
    if (grown && !incompleteBefore.has(label)) continue;
    const missing = await missingBelow(root);
    if (missing) incomplete.push(incompletePin(label, root, missing));
  }
  const without = new Set(incomplete.map(({ label }) => label));
  const isNew = pins.size > 0 && (!grown || without.size !== incompleteBefore.size);
  return {
    complete: new Map([...pins].filter(([label]) => !without.has(label))),
    incomplete,
    checked: { incomplete: [...without].sort(), ...extentsOf(packs, inPlace) },
    isNew,
  };
}

export function incompletePin(label: string, root: CID, { count, first }: Missing): IncompletePin {
  return { label, root, count, missing: first };
}

/** Whether another program wrote to the pack since its index was written. */
export function isChanged(folder: string, { number, path, index, flaw }: Pack): boolean {
  // A pack without an index was hashed completely when it was opened.
  if (flaw) return false;
  const pack = statSync(path, { bigint: true, throwIfNoEntry: false });
  const indexed = statSync(join(folder, indexName(number)), { bigint: true, throwIfNoEntry: false });
  if (!pack || !indexed) return false;
  // Bytes beyond the committed ones are being written, or were left by a run that was killed.
  return pack.size === BigInt(index.covered) && pack.mtimeNs > indexed.mtimeNs;
}

/** Whether the bytes at a place still don't match the block's digest. */
export async function isDamaged(pack: Pack, entry: number, packs: Packs): Promise<boolean> {
  const bytes = await packs.read({ pack, ...placeAt(pack.index, entry) });
  return !bytes || Buffer.compare(sha256(bytes), digestAt(pack.index, entry)) !== 0;
}

/** The noted places, as keys of notes, at which an index still has a block and that block is still damaged. */
async function stillDamaged(notes: readonly PlaceNote[], packs: Packs): Promise<ReadonlySet<string>> {
  const damaged = new Set<string>();
  const byPack = Map.groupBy(notes, ({ pack }) => pack);
  for (const pack of packs.list()) {
    const noted = new Set(byPack.get(pack.number)?.map(({ offset }) => offset));
    for (let entry = 0; noted.size > 0 && entry < pack.index.count; entry++) {
      const { offset } = placeAt(pack.index, entry);
      if (noted.has(offset) && (await isDamaged(pack, entry, packs)))
        damaged.add(keyOfNote({ pack: pack.number, offset }));
    }
  }
  return damaged;
}

/** Whether a block can be read, as far as indexes, lengths of packs and notes show. */
function readable(packs: Packs, damaged: ReadonlySet<string>): (digest: Uint8Array) => boolean {
  const sizes = new Map(packs.list().map((pack) => [pack, statSync(pack.path, { throwIfNoEntry: false })?.size ?? 0]));
  const isReadable = (place: PlaceInPack): boolean =>
    place.offset + place.length <= (sizes.get(place.pack) ?? 0) && !damaged.has(keyOfNote(noteOf(place)));
  return (digest) => {
    for (const place of packs.places(digest)) if (isReadable(place)) return true;
    return false;
  };
}

function hasAllOf(before: CheckedPins, packs: Packs, inPlace: InPlace): boolean {
  const now = extentsOf(packs, inPlace);
  const lists = new Set(now.inPlace);
  const grown = [...before.packs].every(([number, { blocks, bytes }]) => {
    const extent = now.packs.get(number);
    return extent !== undefined && extent.blocks >= blocks && extent.bytes >= bytes;
  });
  return grown && (before.inPlace ?? []).every((name) => lists.has(name));
}

/** Whether each file with blocks in place is as it was listed. */
async function areAsListed(inPlace: InPlace, files: InPlaceState): Promise<boolean> {
  for (const list of inPlace.list()) {
    for (const file of list.files) {
      await pause();
      if (files.problem(file) !== undefined) return false;
    }
  }
  return true;
}

/** The extent of each pack, and the names of the lists. Of a file that ends before its committed bytes, the part that it has. */
export function extentsOf(packs: Packs, inPlace: InPlace): Pick<CheckedPins, "packs" | "inPlace"> {
  const names = inPlace.list().map(({ name }) => name);
  return { packs: packExtents(packs), ...(names.length > 0 && { inPlace: names }) };
}

function packExtents(packs: Packs): Map<number, PackExtent> {
  return new Map(
    packs.list().map(({ number, path, index }) => {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      return [number, { blocks: index.count, bytes: Math.min(size, index.covered) }];
    }),
  );
}
