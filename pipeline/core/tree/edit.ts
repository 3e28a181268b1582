/**
 * Changing tree.yaml without rewriting it.
 *
 * The file belongs to the people who edit it: their comments, their order, their indentation. So a change is a splice
 * of the text that leaves every other byte as it is. All changes of one call are placed in one reading of the text and checked
 * by another: the result has exactly the requested changes, or the call fails.
 *
 * ```ts
 * setLeaf("products:\n  a: bafy1  # good\n", "products/b", "bafy2").text;
 * // "products:\n  a: bafy1  # good\n  b: bafy2\n"
 * ```
 */

import type { CID } from "multiformats/cid";
import { Failure } from "../failure.ts";
import { plural } from "../text/plural.ts";
import { shown } from "../text/shown.ts";
import { type Entry, type Node, readYaml } from "../yaml/yaml.ts";
import { childrenOf, type Edit, refuseBadPath, type Spot, spotsBelow, withEdits } from "./edited-tree.ts";
import { appended, endOf, nameInYaml, spliced, splicesIn, stepOf } from "./splices.ts";
import { type Examined, examine, maxDepth } from "./tree.ts";
import { leafAt, leavesIn, sameLeaves } from "./written-leaves.ts";

/**
 * Puts `cid` at `path` and creates missing folders. A string is a CID to be written exactly so, or "" for an empty
 * folder. `replaced`: what was there before, a CID as written or a folder in words.
 *
 * @throws Failure `input` where a leaf is on the way, a name is invalid, or the text is too unclear to edit.
 */
export function setLeaf(text: string, path: string, cid: CID | string): { text: string; replaced?: string } {
  const written = cid.toString();
  const before = examine(text);
  const replaced = describeAt(path, before);
  const edited = applied(text, before, [{ path, written }]);
  return replaced === undefined || replaced === written ? { text: edited } : { text: edited, replaced };
}

/**
 * Removes the leaf at `path`, and every folder that had nothing else in it.
 *
 * @throws Failure `input` where there is none, or the text is too unclear to edit.
 */
export function removeLeaf(text: string, path: string): string {
  return editTree(text, [{ path }]);
}

/**
 * Moves the leaf at `from` to `to`, with the comment on its line. Within one folder only the name is rewritten.
 *
 * @throws Failure `input` where there is no leaf at `from`, `to` is taken, or the text is too unclear.
 */
export function moveLeaf(text: string, from: string, to: string): string {
  const before = examine(text);
  const find = finderIn(before);
  const entry = find(from);
  const written = entry && leafAt(entry.value);
  if (!entry || written === undefined) throw new Failure("input", `there is no leaf ${shown(from)} in the tree`);
  if (find(to)) throw new Failure("input", `${shown(to)} is in the tree already`);
  const comment = commentBehind(text, before, entry);
  const edits = [{ path: from }, { path: to, written, ...(comment && { comment }) }];
  const [folder, name] = split(to);
  if (folder !== split(from)[0]) return applied(text, before, edits);
  refuseUnclear(before);
  refuseBadPath(to);
  const { key } = entry;
  const renamed = text.slice(0, key.start) + nameInYaml(name) + text.slice(endOf(key, text));
  return verified(renamed, withEdits(before.root, edits), to);
}

/**
 * Makes all `edits` in one step. Of two for one path the later counts; removals come before additions. `before`: the
 * text as examined, where the caller has examined it already.
 *
 * @throws Failure `input` where one of them can't be applied; see {@link setLeaf} and {@link removeLeaf}.
 */
export function editTree(text: string, edits: readonly Edit[], before: Examined = examine(text)): string {
  return applied(text, before, edits);
}

/** Finds the YAML entry at a path, leaf or folder. Only the folders on the way are read. */
export function finderIn({ root }: Pick<Examined, "root">): (path: string) => Entry | undefined {
  const top: Spot = { below: childrenOf(root) };
  return (path) => {
    let spot: Spot | undefined = top;
    for (const name of path.split("/")) spot = spot && spotsBelow(spot)?.get(name);
    return spot?.entry;
  };
}

/** The comment behind a value, on its last line, with the `#`. */
export function commentBehind(
  text: string,
  { yaml }: Pick<Examined, "yaml">,
  { key, value }: Entry,
): string | undefined {
  if (value.kind !== "scalar" || value.style === "block") return undefined;
  const from = Math.max(endOf(value, text), endOf(key, text));
  return /^:?[ \t]+(#.*)$/.exec(text.slice(from, yaml.lines.endOf(from)))?.[1];
}

function applied(text: string, before: Examined, edits: readonly Edit[]): string {
  refuseUnclear(before);
  const lineBreak = /\r?\n/.exec(text)?.[0] ?? "\n";
  // So that every line has an end to insert behind; taken off again below.
  const unended = text !== "" && !/[\r\n]$/.test(text);
  const whole = unended ? text + lineBreak : text;
  const { root, yaml } = unended ? examine(whole) : before;
  const source = { text: whole, lines: yaml.lines, lineBreak, step: stepOf(root, yaml.lines) };

  const top = withEdits(root, edits);
  const edited = spliced(whole, root ? splicesIn(root, top, source) : [appended(top, source)]);
  return verified(unended ? edited.replace(/\r?\n$/, "") : edited, top, edits[0]?.path ?? "");
}

/** `edited`, after it was read again and found equal to `expected`. */
function verified(edited: string, expected: Spot, path: string): string {
  const { documents, broken } = readYaml(edited, { maxDepth });
  if (documents.length <= 1 && !broken && matches(documents[0], expected)) return edited;
  const message = `the tree is written in a way that ${shown(path)} can't be changed in safely`;
  throw new Failure("input", message, { hint: "make the change by hand" });
}

function matches(node: Node | undefined, { edit, below, entry }: Spot): boolean {
  if (edit) return node !== undefined && leafAt(node) === edit.written;
  if (!below) return node !== undefined && sameLeaves(node, entry!.value);
  if (below.size === 0) return !node || leafAt(node) === "";
  const there = childrenOf(node);
  return (
    there.size === below.size &&
    below.entries().every(([name, spot]) => {
      const found = there.get(name);
      return found !== undefined && matches(found.entry!.value, spot);
    })
  );
}

function describeAt(path: string, before: Examined): string | undefined {
  const value = finderIn(before)(path)?.value;
  if (!value) return undefined;
  const written = leafAt(value);
  if (written !== undefined) return written === "" ? "an empty folder" : shown(written);
  const leaves = leavesIn(value).size;
  return `a folder of ${plural(leaves, "leaf", "leaves")}`;
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
}

function refuseUnclear({ unclear }: Examined): void {
  if (!unclear) return;
  throw new Failure("input", `line ${unclear.line} of the tree can't be edited around: ${unclear.says}`, {
    hint: "put it right first; `fieldtree check` lists everything",
  });
}
