/**
 * Two people edited the same tree: the text with the changes of both.
 *
 * Git merges lines, so two leaves added to one folder conflict, and a leaf changed on one side and its folder moved on
 * the other may merge into nonsense. Here paths are merged: a change of only one side is taken, and a path that
 * both changed differently is a conflict for a person to decide.
 */

import { Failure } from "../failure.ts";
import { byBytes } from "../text/order.ts";
import { readYaml } from "../yaml/yaml.ts";
import { commentBehind, editTree, finderIn } from "./edit.ts";
import type { Edit } from "./edited-tree.ts";
import { type Examined, examine, maxDepth } from "./tree.ts";
import { type Difference, differences, leafAt } from "./written-leaves.ts";

/** One path that both sides changed differently. A side is a CID as written, "" for an empty folder, `null` for no leaf. */
export interface Conflict {
  readonly path: string;
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly says: string;
}

/**
 * `ours` with what changed between `base` and `theirs`, as text: comments, order and spelling of `ours` stay. With
 * conflicts the text is `ours` as it was: nothing is merged by half. Where one side changed nothing, the result is the
 * other side's text to the byte.
 *
 * @throws Failure `input` where one of the sides has an error, naming side and line.
 */
export function mergeTrees(base: string, ours: string, theirs: string): { text: string; conflicts: Conflict[] } {
  if (theirs === base || theirs === ours) return { text: ours, conflicts: [] };
  if (ours === base) return { text: theirs, conflicts: [] };
  const was = readYaml(base, { maxDepth }).documents[0];
  const mine = readable("ours", ours);
  const yours = readable("theirs", theirs);

  const conflicts: Conflict[] = [];
  // What theirs did alone, as it is to be done to ours: a leaf's new value, `undefined` for one that goes.
  const incoming = new Map<string, string | undefined>();
  const find = finderIn(mine);
  const ourLeaf: LeafText = (path) => {
    const value = find(path)?.value;
    return value && leafAt(value);
  };
  const theirChanges = differences(was, yours.root);
  for (const [path, [before, there]] of theirChanges) {
    const here = ourLeaf(path);
    if (here === before) incoming.set(path, there);
    else if (here !== there) conflicts.push(conflictAt(path, before, here, there));
  }
  const added = [...differences(was, mine.root), ...theirChanges].filter(isAdded).map(([path]) => path);
  conflicts.push(...leavesBelowLeaves(added, ourLeaf, incoming, conflicts));
  if (conflicts.length > 0) return { text: ours, conflicts: conflicts.sort((x, y) => byBytes(x.path, y.path)) };
  return { text: editTree(ours, editsTo(incoming, theirs, yours), mine), conflicts };
}

function readable(side: string, text: string): Examined {
  const examined = examine(text);
  const error = examined.findings.find(({ level }) => level === "error");
  if (!error) return examined;
  throw new Failure("input", `${side}, line ${error.line}: ${error.says}`, { hint: "put it right before merging" });
}

/** What is written at a leaf; `undefined` where there is none. */
type LeafText = (path: string) => string | undefined;

function isAdded([, [before]]: readonly [path: string, Difference]): boolean {
  return before === undefined;
}

/** What is new brings the comment behind it along. */
function editsTo(incoming: ReadonlyMap<string, string | undefined>, text: string, theirs: Examined): Edit[] {
  const find = finderIn(theirs);
  return [...incoming].map(([path, written]) => {
    const comment = written === undefined ? undefined : commentBehind(text, theirs, find(path)!);
    return { path, ...(written !== undefined && { written }), ...(comment && { comment }) };
  });
}

/**
 * Leaves below leaves, which no single path shows: one side put a leaf where the other has a folder. An empty folder is
 * replaced by what the other side put into it. Only additions of one side can be below additions of the other.
 */
function leavesBelowLeaves(
  added: readonly string[],
  ours: LeafText,
  incoming: Map<string, string | undefined>,
  undecided: readonly Conflict[],
): Conflict[] {
  const open = new Set(undecided.map(({ path }) => path));
  const merged = (path: string) => (open.has(path) ? undefined : incoming.has(path) ? incoming.get(path) : ours(path));
  const conflicts = new Map<string, Conflict>();
  for (const path of added) {
    const cid = merged(path);
    if (cid === undefined) continue;
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const above = path.slice(0, at);
      const leaf = merged(above);
      if (leaf === "") {
        if (ours(above) !== undefined) incoming.set(above, undefined);
        else incoming.delete(above);
      }
      if (!leaf || conflicts.has(above)) continue;
      const leafIsOurs = ours(above) !== undefined;
      const [one, other] = leafIsOurs ? ["ours", "theirs"] : ["theirs", "ours"];
      conflicts.set(above, {
        path: above,
        base: null,
        ours: leafIsOurs ? leaf : null,
        theirs: leafIsOurs ? null : leaf,
        says: `${above} is ${leaf} in ${one} and a folder in ${other}, with ${cid || "an empty folder"} at ${path}`,
      });
    }
  }
  return [...conflicts.values()];
}

function conflictAt(
  path: string,
  was: string | undefined,
  here: string | undefined,
  there: string | undefined,
): Conflict {
  const says = `${path} was ${inWords(was)}; ours is ${inWords(here)}, theirs is ${inWords(there)}`;
  return { path, base: was ?? null, ours: here ?? null, theirs: there ?? null, says };
}

function inWords(cid: string | undefined): string {
  if (cid === undefined) return "absent";
  return cid === "" ? "an empty folder" : cid;
}
