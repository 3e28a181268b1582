/**
 * Two people edited the same tree: the text that holds what both did.
 *
 * Git merges lines, so two leaves added to one folder conflict, and a leaf changed on one side and its folder moved on
 * the other may merge into nonsense. Here paths are merged: whatever one side alone changed is taken, and only where
 * both changed one path differently somebody has to decide.
 */
import { commentBehind, type Edit, editTree, entriesOf, leavesIn } from "./edit.ts";
import { Failure } from "./failure.ts";
import { byBytes } from "./order.ts";
import { type Examined, examine, maxDepth } from "./tree.ts";
import { readYaml } from "./yaml.ts";

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
  const b = leavesIn(readYaml(base, { maxDepth }).documents[0]);
  const mine = readable("ours", ours);
  const yours = readable("theirs", theirs);
  const [o, t] = [leavesIn(mine.root), leavesIn(yours.root)];

  const conflicts: Conflict[] = [];
  const merged = new Map<string, string>();
  for (const path of new Set([...b.keys(), ...o.keys(), ...t.keys()])) {
    const [was, here, there] = [b.get(path), o.get(path), t.get(path)];
    const result = here === was ? there : here;
    if (here !== was && there !== was && here !== there) conflicts.push(conflictAt(path, was, here, there));
    else if (result !== undefined) merged.set(path, result);
  }
  conflicts.push(...standingOnEachOther(merged, o, t));
  if (conflicts.length > 0) return { text: ours, conflicts: conflicts.sort((x, y) => byBytes(x.path, y.path)) };
  return { text: editTree(ours, editsTo(merged, o, theirs, yours), mine), conflicts };
}

function readable(side: string, text: string): Examined {
  const examined = examine(text);
  const error = examined.findings.find(({ level }) => level === "error");
  if (!error) return examined;
  throw new Failure("input", `${side}, line ${error.line}: ${error.says}`, { hint: "put it right before merging" });
}

/** Edits that make the leaves `ours` into `merged`; what is new brings the comment behind it along. */
function editsTo(
  merged: ReadonlyMap<string, string>,
  ours: ReadonlyMap<string, string>,
  text: string,
  theirs: Examined,
) {
  const entries = entriesOf(theirs);
  const edits: Edit[] = [];
  for (const path of ours.keys()) if (!merged.has(path)) edits.push({ path });
  for (const [path, written] of merged) {
    if (ours.get(path) === written) continue;
    const comment = commentBehind(text, theirs, entries.get(path)!);
    edits.push({ path, written, ...(comment && { comment }) });
  }
  return edits;
}

/**
 * Leaves below leaves, which no single path shows: one side put a leaf where the other made a folder. An empty folder
 * gives way to what the other side put into it.
 */
function standingOnEachOther(
  merged: Map<string, string>,
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): Conflict[] {
  const conflicts = new Map<string, Conflict>();
  for (const [path, cid] of merged) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const above = path.slice(0, at);
      const leaf = merged.get(above);
      if (leaf === "") merged.delete(above);
      if (!leaf || conflicts.has(above)) continue;
      const leafIsOurs = ours.has(above);
      const [one, other] = leafIsOurs ? ["ours", "theirs"] : ["theirs", "ours"];
      conflicts.set(above, {
        path: above,
        base: null,
        ours: ours.get(above) ?? null,
        theirs: theirs.get(above) ?? null,
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
