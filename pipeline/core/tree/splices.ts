/**
 * Splices of the text that turn a tree.yaml into an edited tree: lines put in, taken out or changed, and every other byte as
 * it is. Where a line can't be changed without rewriting its neighbours, the edit is refused.
 */
import { Failure } from "../failure.ts";
import { byBytes } from "../text/order.ts";
import type { Entry, Lines, MapNode, Node } from "../yaml/yaml.ts";
import type { Edit, Spot } from "./edited-tree.ts";

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text being edited, with what there is to know about it. */
export interface Source {
  readonly text: string;
  readonly lines: Lines;
  readonly lineBreak: string;
  /** One level of indentation, as the file has it. */
  readonly step: string;
}

/** Splices that turn the map in the text into `spot`; those deeper inside first. */
export function splicesIn(map: MapNode, spot: Spot, source: Source): Splice[] {
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

export function appended(spot: Spot, source: Source): Splice {
  const at = source.text.length;
  return { start: at, end: at, text: linesFor(spot.below!, "", source) };
}

export function spliced(text: string, splices: readonly Splice[]): string {
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
export function stepOf(root: MapNode | undefined, lines: Lines): string {
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
export function endOf(node: Node, text: string): number {
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
export function nameInYaml(name: string): string {
  const plain = /^[A-Za-z0-9_.](?:[A-Za-z0-9_.+@() -]*[A-Za-z0-9_.+@()-])?$/.test(name);
  const value = /^(?:[-+.\d][\d_.,:eExXoOa-fA-F+-]*|\.(?:inf|nan)|true|false|yes|no|on|off|y|n|null)$/i.test(name);
  return plain && !value ? name : JSON.stringify(name);
}
