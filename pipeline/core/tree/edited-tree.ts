/**
 * The tree of a tree.yaml with edits applied, before anything is written: which paths are new, which change, which are gone.
 *
 * Only the folders that an edit goes through are read; all others stay entries of the text.
 */
import { isObjection, readCid } from "../cid.ts";
import { Failure } from "../failure.ts";
import { shown } from "../text/shown.ts";
import type { Entry, MapNode, Node } from "../yaml/yaml.ts";
import { whatIsBad } from "./names.ts";
import { maxDepth } from "./tree.ts";

/** What a path should have: a CID as written, "" for an empty folder, nothing where `written` is absent. */
export interface Edit {
  readonly path: string;
  readonly written?: string;
  /** With its `#`; written behind the value where a new line is added. */
  readonly comment?: string;
}

/** A path of the tree while edits are being applied. */
export interface Spot {
  /** Its entry in the text; absent for what is new. */
  readonly entry?: Entry;
  /** What to write; absent where nothing changes, or where it is a folder. */
  edit?: Edit;
  /** Its children, where it is a folder that was read. */
  below?: Map<string, Spot>;
}

/** The tree with all edits applied. */
export function withEdits(root: MapNode | undefined, edits: readonly Edit[]): Spot {
  const top: Spot = { below: childrenOf(root) };
  for (const edit of edits) if (edit.written === undefined) takeOut(edit.path, top);
  for (const edit of edits) if (edit.written !== undefined) putIn(edit, top);
  for (const edit of edits) if (edit.written === undefined) prune(edit.path.split("/"), top);
  return top;
}

export function childrenOf(node: Node | undefined): Map<string, Spot> {
  const spots = new Map<string, Spot>();
  if (node?.kind !== "map") return spots;
  for (const entry of node.entries) if (entry.key.kind === "scalar") spots.set(entry.key.text, { entry });
  return spots;
}

/** What is below `spot`; `undefined` where it is a leaf. An empty folder is one that something can be put into. */
export function spotsBelow(spot: Spot): Map<string, Spot> | undefined {
  if (spot.edit) return undefined;
  const value = spot.entry?.value;
  if (!spot.below && value?.kind === "scalar" && value.text.trim() !== "") return undefined;
  spot.below ??= childrenOf(value);
  return spot.below;
}

function takeOut(path: string, top: Spot): void {
  const names = path.split("/");
  let folder: Map<string, Spot> | undefined = top.below;
  for (const name of names.slice(0, -1)) {
    const next = folder?.get(name);
    folder = next && spotsBelow(next);
  }
  if (!folder?.delete(names.at(-1)!)) throw new Failure("input", `there is no ${shown(path)} in the tree`);
}

function putIn(edit: Edit, top: Spot): void {
  const names = refuseBadPath(edit.path);
  const objection = edit.written ? readCid(edit.written) : undefined;
  if (objection && isObjection(objection)) {
    throw new Failure(
      "input",
      `"${shown(edit.written!)}" ${objection.message}`,
      objection.fix ? { hint: objection.fix } : {},
    );
  }
  let folder = top.below!;
  for (const [depth, name] of names.slice(0, -1).entries()) {
    const next = folderAt(name, folder);
    if (!next) {
      const at = names.slice(0, depth + 1).join("/");
      const hint = `remove ${shown(at)} first`;
      throw new Failure("input", `${shown(at)} is a leaf; nothing can be below it`, { hint });
    }
    folder = next;
  }
  const name = names.at(-1)!;
  const there = folder.get(name);
  folder.set(name, { ...(there?.entry && { entry: there.entry }), edit });
}

/** The children of `name`, created where they are missing; `undefined` where it is a leaf. */
function folderAt(name: string, folder: Map<string, Spot>): Map<string, Spot> | undefined {
  const there = folder.get(name);
  // An empty folder that was itself put in by this call gives way to what is put below it.
  if (there && there.edit?.written !== "") return spotsBelow(there);
  const created = { ...(there?.entry && { entry: there.entry }), below: new Map<string, Spot>() };
  folder.set(name, created);
  return created.below;
}

/** Removes the folders on the way to a removed leaf that are empty now. */
function prune(names: readonly string[], spot: Spot): boolean {
  const [name, ...rest] = names as [string, ...string[]];
  const next = spot.below?.get(name);
  if (next?.below && rest.length > 0 && prune(rest, next)) spot.below!.delete(name);
  return spot.below?.size === 0;
}

export function refuseBadPath(path: string): string[] {
  const names = path.split("/");
  if (names.length > maxDepth)
    throw new Failure("input", `${shown(path)} has ${names.length} names; a path has at most ${maxDepth}`);
  for (const name of names) {
    const bad = whatIsBad(name);
    if (bad) throw new Failure("input", `${shown(path)} can't be a path in the tree: the name "${shown(name)}" ${bad}`);
  }
  return names;
}
