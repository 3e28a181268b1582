/**
 * The leaves of a tree as text, unchecked.
 *
 * Merging and editing often compare large texts. `tree.ts` checks names and CIDs; here a leaf is the text written at it,
 * and "" where that is nothing.
 */

import type { Entry, MapNode, Node, ScalarNode } from "../yaml/yaml.ts";
import { pathTo } from "./names.ts";
import { writtenIn } from "./tree.ts";

/** What each of two trees has at a path; `undefined` where it has no leaf there. */
export type Difference = readonly [one: string | undefined, other: string | undefined];

/** What is written at each path. */
export function leavesIn(root: Node | undefined): Map<string, string> {
  const leaves = new Map<string, string>();
  eachLeaf(folderIn(root), "", (path, written) => leaves.set(path, written));
  return leaves;
}

/** Where two trees differ. Equal subtrees are skipped without building their paths. */

export function differences(one: Node | undefined, other: Node | undefined): Map<string, Difference> {
  return compared(folderIn(one), folderIn(other));
}

/** Whether two nodes are the same leaf, or folders with the same leaves. */
export function sameLeaves(one: Node, other: Node): boolean {
  return compared(one, other).size === 0;
}

/** What is written at a leaf; `undefined` for a folder with something in it. */
export function leafAt(node: Node): string | undefined {
  if (folderIn(node)) return undefined;
  return node.kind === "scalar" ? writtenIn(node) : "";
}

function compared(one: Node | undefined, other: Node | undefined): Map<string, Difference> {
  const found = new Map<string, Difference>();
  const inOne = (path: string, written: string) => found.set(path, [written, found.get(path)?.[1]]);
  const inOther = (path: string, written: string) => found.set(path, [found.get(path)?.[0], written]);
  const compare = (here: Node | undefined, there: Node | undefined, path: string): void => {
    const [folder, counterpart] = [folderIn(here), folderIn(there)];
    if (folder && counterpart) {
      eachPair(folder, counterpart, (name, mine, yours) => compare(mine, yours, pathTo(path, name)));
    } else if (!here || !there || leafAt(here) !== leafAt(there)) {
      eachLeaf(here, path, inOne);
      eachLeaf(there, path, inOther);
    }
  };
  compare(one, other, "");
  return found;
}

/** The entries of two folders, name by name: those of the first, then what only the second has. */
function eachPair(
  one: MapNode,
  other: MapNode,
  visit: (name: string, one: Node | undefined, other: Node | undefined) => void,
): void {
  const [mine, yours] = [named(one), named(other)];
  const unlike = mine.findIndex(({ key }, at) => key.text !== yours[at]?.key.text);
  const alike = unlike < 0 ? mine.length : unlike;
  for (let at = 0; at < alike; at++) visit(mine[at]!.key.text, mine[at]!.value, yours[at]!.value);
  if (alike === mine.length && alike === yours.length) return;
  const left = new Map(yours.slice(alike).map(({ key, value }) => [key.text, value]));
  for (const { key, value } of mine.slice(alike)) {
    visit(key.text, value, left.get(key.text));
    left.delete(key.text);
  }
  for (const [name, value] of left) visit(name, undefined, value);
}

function eachLeaf(node: Node | undefined, path: string, visit: (path: string, written: string) => void): void {
  const folder = folderIn(node);
  if (folder) for (const { key, value } of named(folder)) eachLeaf(value, pathTo(path, key.text), visit);
  else if (node) visit(path, leafAt(node)!);
}

/** A folder with something in it. */
function folderIn(node: Node | undefined): MapNode | undefined {
  return node?.kind === "map" && node.entries.length > 0 ? node : undefined;
}

function named({ entries }: MapNode): readonly NamedEntry[] {
  return entries.every(isNamed) ? entries : entries.filter(isNamed);
}

type NamedEntry = Entry & { readonly key: ScalarNode };

function isNamed(entry: Entry): entry is NamedEntry {
  return entry.key.kind === "scalar";
}
