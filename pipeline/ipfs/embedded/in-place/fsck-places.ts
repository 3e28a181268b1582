/** Checks every block in place against its hash, as `fsck` does those of packs. */
import { join } from "node:path";
import { plural } from "../../../core/text/plural.ts";
import type { World } from "../../../core/world.ts";
import { draftEnding } from "../../../disk/write.ts";
import type { Damage } from "../../node.ts";
import { namesIn } from "../folder-contents.ts";
import { digestAt, placeAt } from "../packs/pack-index.ts";
import type { Packs } from "../packs/packs.ts";
import { asFound, type LostBlocks, lostBlocks, type Touched, touchedIn } from "./check-files.ts";
import { type InPlace, type InPlaceState, type LoadedList, listEnding } from "./in-place.ts";
import type { ListedFile } from "./place-list.ts";
import { rewriteList } from "./rewrite-list.ts";

export interface PlacesChecked {
  readonly blocks: number;
  readonly bytes: number;
  /** Which blocks in place can be read, now that each was hashed. */
  readonly state: InPlaceState;
  /** Files that are as listed and have other bytes all the same. */
  readonly damaged: readonly string[];
}

/** With `repair`, blocks that can't be read are taken out of the lists. `progress`: with bytes. */
export async function* checkPlaces(
  { inPlace, packs }: { readonly inPlace: InPlace; readonly packs: Packs },
  { repair, progress }: { readonly repair: boolean; readonly progress: (bytes: number) => void },
  world: World,
): AsyncGenerator<Damage, PlacesChecked> {
  inPlace.refresh();
  yield* strangers(inPlace);
  const lostIn = new Map<LoadedList, ReadonlySet<number>>();
  const whyOf = new Map<ListedFile, string>();
  let blocks = 0;
  let bytes = 0;
  const lists = [...inPlace.list()];
  const found: { list: LoadedList; lost: readonly LostBlocks[]; touched: Touched }[] = [];
  for (const list of lists) {
    const touched = await touchedIn(list);
    const lost = await lostBlocks(list, inPlace, world, { progress });
    found.push({ list, lost, touched });
    lostIn.set(list, new Set(lost.flatMap(({ entries }) => entries)));
    for (const { file, problem } of lost) whyOf.set(file, `${file.path} ${problem}`);
    blocks += list.index.count;
    bytes += bytesIn(list);
  }
  const state = stateOf(inPlace, lostIn, whyOf);
  for (const { list, lost, touched } of found) {
    for (const each of lost) yield fileDamage(each, list, (digest) => packs.has(digest) || state.has(digest), repair);
    if (repair && (lost.length > 0 || touched.size > 0)) {
      const out = lostIn.get(list)!;
      await rewriteList(inPlace, list, {
        isRetained: (entry) => !out.has(entry),
        file: (file) => asFound(file, touched.get(file), false),
      });
    }
  }
  if (repair) inPlace.refresh("all");
  const damaged = found.flatMap(({ lost }) => lost.map(({ file }) => file.path));
  return { blocks, bytes, state, damaged };
}

/** Files that changed though every block they lost is somewhere else: nothing is lost with them. */
function fileDamage(
  { file, problem, entries }: LostBlocks,
  list: LoadedList,
  isElsewhere: (digest: Uint8Array) => boolean,
  repair: boolean,
): Damage {
  const lost = entries.filter((entry) => !isElsewhere(digestAt(list.index, entry))).length;
  const part = list.added === file.path ? "" : ` as a part of ${list.added}`;
  const what = `${file.path}, added in place${part}, ${problem}`;
  if (lost === 0) {
    const fix = repair ? "taken out of its list" : "the next gc takes it out of its list";
    return { level: "hint", rule: "file-in-place", says: `${what}; what it had is stored elsewhere, too`, fix };
  }
  return {
    level: "error",
    rule: "file-in-place",
    says: `${what}: ${plural(lost, "block")} of it can't be read`,
    fix: repair
      ? "taken out of its list; add the data again, or publish to fetch it"
      : "put it back as it was, or add it again where it is now; fieldtree fsck --repair forgets it",
  };
}

function stateOf(
  inPlace: InPlace,
  lostIn: ReadonlyMap<LoadedList, ReadonlySet<number>>,
  whyOf: ReadonlyMap<ListedFile, string>,
): InPlaceState {
  const lostDigests = new Map<LoadedList, ReadonlySet<string>>(
    [...lostIn].map(([list, entries]) => [
      list,
      new Set([...entries].map((entry) => digestAt(list.index, entry).toString("latin1"))),
    ]),
  );
  const isLost = (list: LoadedList, digest: Uint8Array): boolean =>
    lostDigests.get(list)?.has(Buffer.from(digest).toString("latin1")) ?? false;
  return {
    problem: (file) => whyOf.get(file),
    has(digest) {
      for (const { list } of inPlace.places(digest)) if (!isLost(list, digest)) return true;
      return false;
    },
    whyNot(digest) {
      for (const { file } of inPlace.places(digest)) if (whyOf.has(file)) return whyOf.get(file);
      return undefined;
    },
  };
}

function bytesIn({ index }: LoadedList): number {
  let bytes = 0;
  for (let entry = 0; entry < index.count; entry++) bytes += placeAt(index, entry).length;
  return bytes;
}

/** Bytes of all blocks in place. */
export function bytesInPlace(inPlace: InPlace): number {
  return inPlace.list().reduce((sum, list) => sum + bytesIn(list), 0);
}

/** Files in the folder of the lists that are none, and lists that can't be read. */
function* strangers(inPlace: InPlace): Generator<Damage> {
  const damaged = new Set(inPlace.damaged());
  for (const name of namesIn(inPlace.folder)) {
    const path = join(inPlace.folder, name);
    if (damaged.has(name)) {
      yield {
        level: "error",
        rule: "damaged-list",
        says: `${path} should list blocks in place, and can't be read`,
        fix: "remove it, and add again in place what fsck then names",
      };
    } else if (name.endsWith(draftEnding)) {
      yield {
        ...{ level: "hint", rule: "draft", says: `${path} was left by a run that was killed` },
        fix: "the next write removes it",
      };
    } else if (!name.endsWith(listEnding)) {
      yield { level: "hint", rule: "stranger", says: `${path} is not a file of ours`, fix: "move it away" };
    }
  }
}
