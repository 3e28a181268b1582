/**
 * The text of a merge with conflicts: all paths without conflict are merged, and both values of a path in conflict are
 * written between git's own marks, so that editors and people find it. With the marks it is no valid YAML and can't be
 * published by mistake.
 */

import { isFailure } from "../failure.ts";
import { byBytes } from "../text/order.ts";
import { readYaml } from "../yaml/yaml.ts";
import { editTree, finderIn } from "./edit.ts";
import type { Edit } from "./edited-tree.ts";
import { type Conflict, mergeTrees } from "./merge.ts";
import { lastOffset } from "./splices.ts";
import { examine, maxDepth } from "./tree.ts";
import { leavesIn } from "./written-leaves.ts";

export interface MergeTexts {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

type Leaves = ReadonlyMap<string, string>;

/** The text to finish, of sides that {@link mergeTrees} found `conflicts` in. */
export function withMarks(sides: MergeTexts, conflicts: readonly Conflict[]): string {
  const leaves = (text: string): Leaves => leavesIn(readYaml(text, { maxDepth }).documents[0]);
  const [base, ours, theirs] = [leaves(sides.base), leaves(sides.ours), leaves(sides.theirs)];
  const places = topmost(conflicts.map(({ path }) => leafAbove(path, ours, theirs)));
  try {
    // With one answer for each of them on both sides the rest merges by itself; ours, or theirs where we took it away.
    const [one, other] = agreed(sides, places, ours, theirs);
    const { text, conflicts: left } = mergeTrees(sides.base, one, other);
    const marked = left.length > 0 ? undefined : markedIn(text, places, { base, ours, theirs });
    return marked ?? wholly(sides);
  } catch (error) {
    // Some ways to write YAML can't be edited around.
    if (isFailure(error, "input")) return wholly(sides);
    throw error;
  }
}

/** Where one side has a leaf and the other something below it, the leaf's place is what has two answers. */
function leafAbove(path: string, ...sides: readonly Leaves[]): string {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const above = path.slice(0, at);
    if (sides.some((leaves) => leaves.get(above))) return above;
  }
  return path;
}

function topmost(paths: readonly string[]): string[] {
  const places = new Set(paths);
  return [...places].filter((path) => ![...places].some((above) => path.startsWith(`${above}/`))).sort(byBytes);
}

/** The leaves at `place` and below. */
function at(place: string, leaves: Leaves): [path: string, written: string][] {
  return [...leaves].filter(([path]) => path === place || path.startsWith(`${place}/`));
}

function agreed(
  { ours: text, theirs: other }: MergeTexts,
  places: readonly string[],
  ours: Leaves,
  theirs: Leaves,
): [string, string] {
  const [mine, yours]: [Edit[], Edit[]] = [[], []];
  for (const place of places) {
    const here = at(place, ours);
    const there = at(place, theirs);
    if (here.length === 0) mine.push(...there.map(([path, written]) => ({ path, written })));
    if (here.length === 0) continue;
    yours.push(...there.map(([path]) => ({ path })), ...here.map(([path, written]) => ({ path, written })));
  }
  return [editTree(text, mine), editTree(other, yours)];
}

/** `undefined` where one of the places shares its line with something else. */
function markedIn(
  text: string,
  places: readonly string[],
  { base, ours, theirs }: { readonly base: Leaves; readonly ours: Leaves; readonly theirs: Leaves },
): string | undefined {
  const lineBreak = /\r?\n/.exec(text)?.[0] ?? "\n";
  const whole = /[\r\n]$/.test(text) ? text : text + lineBreak;
  const examined = examine(whole);
  const find = finderIn(examined);
  const { lines } = examined.yaml;
  const blocks: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  for (const place of places) {
    const entry = find(place)!;
    const start = lines.startOf(entry.key.start);
    const end = lines.after(lastOffset(entry, whole));
    const indent = whole.slice(start, entry.key.start);
    if (indent.trim() !== "") return undefined;
    const side = (leaves: Leaves) => linesOf(place, leaves, indent, lineBreak);
    const mine = at(place, ours).length > 0 ? whole.slice(start, end) : "";
    const marks = ["<<<<<<< ours", mine, "||||||| base", side(base), "=======", side(theirs), ">>>>>>> theirs"];
    blocks.push({ start, end, text: marks.map((part, i) => (i % 2 === 0 ? part + lineBreak : part)).join("") });
  }
  return blocks
    .sort((a, b) => b.start - a.start)
    .reduce((marked, { start, end, text }) => marked.slice(0, start) + text + marked.slice(end), whole);
}

/** What a side has at `place`, as lines; nothing where it has nothing. */
function linesOf(place: string, leaves: Leaves, indent: string, lineBreak: string): string {
  const folder = place.lastIndexOf("/") + 1;
  const edits = at(place, leaves).map(([path, written]) => ({ path: path.slice(folder), written }));
  if (edits.length === 0) return "";
  return editTree("", edits)
    .trimEnd()
    .split("\n")
    .map((line) => indent + line + lineBreak)
    .join("");
}

function wholly({ ours, theirs }: MergeTexts): string {
  const ended = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
  return `<<<<<<< ours\n${ended(ours)}=======\n${ended(theirs)}>>>>>>> theirs\n`;
}
