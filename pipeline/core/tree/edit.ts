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
import { isObjection, readCid } from "../cid.ts";
import { Failure } from "../failure.ts";
import { byBytes } from "../text/order.ts";
import { plural } from "../text/plural.ts";
import { shown } from "../text/shown.ts";
import { type Entry, type Lines, type MapNode, type Node, readYaml } from "../yaml/yaml.ts";
import { whatIsBad } from "./names.ts";
import { type Examined, examine, maxDepth } from "./tree.ts";
import { leafAt, leavesIn, sameLeaves } from "./written-leaves.ts";

/** What a path should have: a CID as written, "" for an empty folder, nothing where `written` is absent. */
export interface Edit {
  readonly path: string;
  readonly written?: string;
  /** With its `#`; written behind the value where a new line is added. */
  readonly comment?: string;
}

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
  return verified(renamed, after(before.root, edits), to);
}

/**
 * Makes all `edits` in one step. Of two for one path the later counts; removals are made before additions. `before`: the
 * text as examined, where the caller has examined it already.
 *
 * @throws Failure `input` where one of them can't be made; see {@link setLeaf} and {@link removeLeaf}.
 */
export function editTree(text: string, edits: readonly Edit[], before: Examined = examine(text)): string {
  return applied(text, before, edits);
}

/** Finds the YAML entry at a path, leaf or folder. Only the folders on the way are read. */
export function finderIn({ root }: Pick<Examined, "root">): (path: string) => Entry | undefined {
  const top: Spot = { below: childrenOf(root) };
  return (path) => {
    let spot: Spot | undefined = top;
    for (const name of path.split("/")) spot = spot && below(spot)?.get(name);
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

/** A path of the tree while edits are being made. */
interface Spot {
  /** Its entry in the text; absent for what is new. */
  readonly entry?: Entry;
  /** What to write; absent where nothing changes, or where it is a folder. */
  edit?: Edit;
  /** Its children, where it is a folder that was read. */
  below?: Map<string, Spot>;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text being edited, with what there is to know about it. */
interface Source {
  readonly text: string;
  readonly lines: Lines;
  readonly lineBreak: string;
  /** One level of indentation, as the file has it. */
  readonly step: string;
}

function applied(text: string, before: Examined, edits: readonly Edit[]): string {
  refuseUnclear(before);
  const lineBreak = /\r?\n/.exec(text)?.[0] ?? "\n";
  // So that every line has an end to insert behind; taken off again below.
  const unended = text !== "" && !/[\r\n]$/.test(text);
  const whole = unended ? text + lineBreak : text;
  const { root, yaml } = unended ? examine(whole) : before;
  const source = { text: whole, lines: yaml.lines, lineBreak, step: stepOf(root, yaml.lines) };

  const top = after(root, edits);
  const edited = spliced(whole, root ? splicesIn(root, top, source) : [appended(top, source)]);
  return verified(unended ? edited.replace(/\r?\n$/, "") : edited, top, edits[0]?.path ?? "");
}

/** The tree with all edits made. */
function after(root: MapNode | undefined, edits: readonly Edit[]): Spot {
  const top: Spot = { below: childrenOf(root) };
  for (const edit of edits) if (edit.written === undefined) takeOut(edit.path, top);
  for (const edit of edits) if (edit.written !== undefined) putIn(edit, top);
  for (const edit of edits) if (edit.written === undefined) prune(edit.path.split("/"), top);
  return top;
}

function childrenOf(node: Node | undefined): Map<string, Spot> {
  const spots = new Map<string, Spot>();
  if (node?.kind !== "map") return spots;
  for (const entry of node.entries) if (entry.key.kind === "scalar") spots.set(entry.key.text, { entry });
  return spots;
}

/** What is below `spot`; `undefined` where it is a leaf. An empty folder is one that something can be put into. */
function below(spot: Spot): Map<string, Spot> | undefined {
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
    folder = next && below(next);
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
  if (there && there.edit?.written !== "") return below(there);
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

/** Splices that turn the map in the text into `spot`; those deeper inside first. */
function splicesIn(map: MapNode, spot: Spot, source: Source): Splice[] {
  if (map.entries.length === 0) return [filled(map, spot, source)];
  const splices: Splice[] = [];
  const left = new Map(spot.below);
  for (const entry of map.entries) {
    if (entry.key.kind !== "scalar") continue;
    const now = left.get(entry.key.text);
    if (now?.entry !== entry) {
      splices.push(removal(map, entry, source));
      continue;
    }
    left.delete(entry.key.text);
    if (now.edit) splices.push(...replacement(map, entry, now.edit, source));
    else if (now.below) splices.push(...changesBelow(entry, now, source));
  }
  if (left.size > 0) splices.push(...insertions(map, left, source));
  return splices;
}

function changesBelow(entry: Entry, now: Spot, source: Source): Splice[] {
  const { value } = entry;
  if (value.kind === "map" && value.entries.length > 0) return splicesIn(value, now, source);
  if (now.below!.size === 0) return [];
  // An empty folder gets its first entries: nothing behind the colon, and lines below.
  const at = source.lines.after(Math.max(endOf(value, source.text), endOf(entry.key, source.text)));
  const indent = indentOf(entry.key, source) + source.step;
  return [...emptied(entry, source), { start: at, end: at, text: linesFor(now.below!, indent, source) }];
}

/** New lines, each behind the last of its neighbours before it where the neighbours are in order, else at the end. */
function insertions(map: MapNode, fresh: ReadonlyMap<string, Spot>, source: Source): Splice[] {
  if (map.flow) refuseFlow(map, source);
  const entries = map.entries.filter(({ key }) => key.kind === "scalar");
  const names = entries.map(({ key }) => (key.kind === "scalar" ? key.text : ""));
  const sorted = names.every((name, at) => at === 0 || byBytes(names[at - 1]!, name) < 0);
  const indent = indentOf(entries[0]!.key, source);
  const inOrder = sorted ? [...fresh].sort(([a], [b]) => byBytes(a, b)) : [...fresh];
  return inOrder.map(([name, spot]) => {
    // A name before all others goes to the end too: a comment above the first is often about the whole folder.
    const before = sorted ? names.findLastIndex((other) => byBytes(other, name) < 0) : -1;
    const neighbour = entries.at(before)!;
    const at = source.lines.after(lastOffset(neighbour, source.text));
    return { start: at, end: at, text: linesFor(new Map([[name, spot]]), indent, source) };
  });
}

function linesFor(spots: ReadonlyMap<string, Spot>, indent: string, source: Source): string {
  let text = "";
  for (const [name, { edit, below }] of spots) {
    const value = edit?.written ? ` ${edit.written}` : "";
    const comment = edit?.comment ? `  ${edit.comment}` : "";
    text += `${indent}${nameInYaml(name)}:${value}${comment}${source.lineBreak}`;
    if (below) text += linesFor(below, indent + source.step, source);
  }
  return text;
}

function removal(map: MapNode, entry: Entry, source: Source): Splice {
  if (map.flow) refuseFlow(map, source);
  indentOf(entry.key, source);
  const { lines, text } = source;
  return { start: lines.startOf(entry.key.start), end: lines.after(lastOffset(entry, text)), text: "" };
}

function replacement(map: MapNode, entry: Entry, { written = "" }: Edit, source: Source): Splice[] {
  const { key, value } = entry;
  if (value.kind === "scalar" && value.text === written) return [];
  if (value.kind === "scalar" && value.style !== "absent" && written !== "") {
    return [{ start: value.start, end: firstEnd(entry, source), text: written }, ...blockLines(entry, source)];
  }
  if (map.flow) refuseFlow(map, source);
  const removed = value.kind === "map" && !value.flow ? [linesBelow(entry, source)] : emptied(entry, source);
  if (written === "") return removed;
  const at = colonOf(key, source) + 1;
  return [{ start: at, end: at, text: ` ${written}` }, ...removed];
}

/** Removes the value, and the blanks before it. */
function emptied(entry: Entry, source: Source): Splice[] {
  const { key, value } = entry;
  if (value.kind === "scalar" && value.style === "absent") return [];
  const colon = colonOf(key, source) + 1;
  const blank = source.text.slice(colon, value.start).trim() === "";
  return [{ start: blank ? colon : value.start, end: firstEnd(entry, source), text: "" }, ...blockLines(entry, source)];
}

/** Where a value ends; of a block, where the `|` or `>` that opens it does. A comment can follow either. */
function firstEnd({ value }: Entry, { text }: Source): number {
  if (value.kind !== "scalar" || value.style !== "block") return endOf(value, text);
  return value.start + /^[|>][-+0-9]*/.exec(text.slice(value.start, value.start + 4))![0].length;
}

/** The lines of a block, below the one that opens it, are to go. */
function blockLines(entry: Entry, { text, lines }: Source): Splice[] {
  if (entry.value.kind !== "scalar" || entry.value.style !== "block") return [];
  const start = lines.after(entry.value.start);
  return [{ start, end: Math.max(start, lines.after(lastOffset(entry, text))), text: "" }];
}

/** Removes the lines below a key whose folder becomes empty. The text behind the key itself stays. */
function linesBelow(entry: Entry, source: Source): Splice {
  const { text, lines } = source;
  return { start: lines.after(colonOf(entry.key, source)), end: lines.after(lastOffset(entry, text)), text: "" };
}

/** Writes the first lines of an empty file or document, or of `{}`. */
function filled(map: MapNode, spot: Spot, source: Source): Splice {
  const text = linesFor(spot.below!, "", source);
  return { start: map.start, end: endOf(map, source.text), text: text.slice(0, -source.lineBreak.length) };
}

function appended(spot: Spot, source: Source): Splice {
  const at = source.text.length;
  return { start: at, end: at, text: linesFor(spot.below!, "", source) };
}

function spliced(text: string, splices: readonly Splice[]): string {
  // Sorting is stable: of two at one offset, the one deeper inside comes first, and belongs first.
  const sorted = [...splices].sort((a, b) => a.start - b.start);
  let result = "";
  let at = 0;
  for (const { start, end, text: instead } of sorted) {
    result += text.slice(at, Math.max(at, start)) + instead;
    at = Math.max(at, end);
  }
  return result + text.slice(at);
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

function refuseBadPath(path: string): string[] {
  const names = path.split("/");
  if (names.length > maxDepth)
    throw new Failure("input", `${shown(path)} has ${names.length} names; a path has at most ${maxDepth}`);
  for (const name of names) {
    const bad = whatIsBad(name);
    if (bad) throw new Failure("input", `${shown(path)} can't be a path in the tree: the name "${shown(name)}" ${bad}`);
  }
  return names;
}

function refuseUnclear({ unclear }: Examined): void {
  if (!unclear) return;
  throw new Failure("input", `line ${unclear.line} of the tree can't be edited around: ${unclear.says}`, {
    hint: "put it right first; `fieldtree check` lists everything",
  });
}

function refuseFlow({ start }: Node, { lines }: Source): never {
  throw new Failure("input", `line ${lines.at(start).line} of the tree writes a folder as {…}, which is not edited`, {
    hint: "write its entries on lines of their own, or run `fieldtree fmt`",
  });
}

/** The blanks before a key that begins its line. */
function indentOf(key: Node, { text, lines }: Source): string {
  const indent = text.slice(lines.startOf(key.start), key.start);
  if (/^ *$/.test(indent)) return indent;
  const message = `line ${lines.at(key.start).line} of the tree begins with something else than a name`;
  throw new Failure("input", message, { hint: "write `name: CID` lines, without `?`" });
}

function colonOf(key: Node, source: Source): number {
  const colon = colonAt(key, source.text);
  if (source.text[colon] === ":") return colon;
  throw new Failure("input", `line ${source.lines.at(key.start).line} of the tree has no colon behind the name`);
}

function colonAt(key: Node, text: string): number {
  let at = endOf(key, text);
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

/** One level of the first folder that has one. */
function stepOf(root: MapNode | undefined, lines: Lines): string {
  for (const { key, value } of root?.entries ?? []) {
    const first = value.kind === "map" && !value.flow ? value.entries[0] : undefined;
    const step = first ? lines.at(first.key.start).column - lines.at(key.start).column : 0;
    if (step > 0) return " ".repeat(step);
  }
  return "  ";
}

/** Offset of the last character of an entry, its line break excluded. */
export function lastOffset({ key, value }: Entry, text: string): number {
  let end = Math.max(endOf(key, text), endOf(value, text));
  while (end > key.start && /[\s]/.test(text[end - 1]!)) end--;
  return end;
}

/** Offset behind the last character of a node. */
function endOf(node: Node, text: string): number {
  switch (node.kind) {
    case "scalar":
      return node.end;
    case "alias":
      return node.start;
    case "list":
      return node.items.length > 0 ? endOf(node.items.at(-1)!, text) : node.start;
    case "map": {
      const last = node.entries.at(-1);
      const end = last ? Math.max(endOf(last.key, text), endOf(last.value, text)) : node.start + 1;
      return node.flow ? closing(text, end) : end;
    }
  }
}

/** Offset behind the `}` that closes a flow map whose last entry ends at `from`. */
function closing(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "}") return at + 1;
    if (text[at] === "#") while (at < text.length && text[at] !== "\n" && text[at] !== "\r") at++;
  }
  return text.length;
}

/** A name as written before the colon: in quotes where YAML, or another reader of YAML, would read it as something else. */
function nameInYaml(name: string): string {
  const plain = /^[A-Za-z0-9_.](?:[A-Za-z0-9_.+@() -]*[A-Za-z0-9_.+@()-])?$/.test(name);
  const value = /^(?:[-+.\d][\d_.,:eExXoOa-fA-F+-]*|\.(?:inf|nan)|true|false|yes|no|on|off|y|n|null)$/i.test(name);
  return plain && !value ? name : JSON.stringify(name);
}
