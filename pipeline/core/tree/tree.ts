/**
 * The tree: which CID sits at which path.
 *
 * `tree.yaml` is the one file most contributors edit. This module turns its text into a {@link Tree} and into
 * {@link Finding}s: everything that is invalid or unusual in it, all at once, each at its line. Text in, values out: no I/O.
 *
 * ```ts
 * const { tree, findings } = readTree("products:\n  HALO:\n    radar.zarr: bafy…\n");
 * tree.get("products/HALO/radar.zarr")?.line; // 3
 * ```
 */
import type { CID } from "multiformats/cid";
import { emptyDirectory, identity, isObjection, readCid } from "../cid.ts";
import type { Finding } from "../report/finding.ts";
import { type FindingList, findingList } from "../report/finding-list.ts";
import { shown } from "../text/shown.ts";
import { decodeUtf8, type Fault, type MapNode, type Node, readYaml, type ScalarNode, type Yaml } from "../yaml/yaml.ts";
import { lookalikes, pathTo, whatIsBad } from "./names.ts";

export { identity } from "../cid.ts";

/** What tree.yaml has at a path: data under a CID, or an empty folder where the value is empty. */
export type Leaf = DataLeaf | EmptyFolder;

export interface DataLeaf extends LeafAt {
  readonly kind: "data";
  /** The CID as written. */
  readonly written: string;
}

/** Its CID is that of the empty directory, which tree.yaml does not spell out. */
export interface EmptyFolder extends LeafAt {
  readonly kind: "empty-folder";
}

interface LeafAt {
  /** Names joined by `/`. */
  readonly path: string;
  /** With the version as written: a parent directory links to exactly this. See `identity` for which data it is. */
  readonly cid: CID;
  /** Of the name; from 1, columns in UTF-16 code units. */
  readonly line: number;
  readonly column: number;
}

/** Leaves by path, in the order of the file. */
export type Tree = ReadonlyMap<string, Leaf>;

/** Names in a path; the longest real one we know has seven. */
export const maxDepth = 32;

/**
 * Reads tree.yaml. Findings come in the order of the lines, in the bounds of `finding-list.ts`. The tree has every leaf
 * that could be read, and of a path that is there twice the first.
 */
export function readTree(source: string | Uint8Array): { tree: Tree; findings: Finding[] } {
  const leaves: Leaf[] = [];
  const { findings, root, yaml } = examine(source, (leaf) => leaves.push(leaf));
  const compared = findingList();
  lookalikes(root, yaml.lines, compared);
  oneContentTwice(leaves, compared);
  return {
    tree: new Map(leaves.map((leaf) => [leaf.path, leaf])),
    findings: inOrder([...findings, ...compared.all()]),
  };
}

/** The leaves that name data, in the order of the tree. */
export function dataLeaves(tree: Tree): DataLeaf[] {
  return [...tree.values()].filter(isData);
}

export function isData(leaf: Leaf): leaf is DataLeaf {
  return leaf.kind === "data";
}

/** Whether no leaf names data: there are only empty folders, or no leaves at all. */
export function hasNoData(tree: Tree): boolean {
  return !tree.values().some(isData);
}

function inOrder(findings: Finding[]): Finding[] {
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The text and the findings of single lines, for edits. */
export interface Examined {
  /** All but those that compare leaves, or names, with one another. */
  readonly findings: Finding[];
  readonly yaml: Yaml;
  /** Absent where the file is empty. */
  readonly root: MapNode | undefined;
  /** The first finding that leaves open what the text means; edits by position are unsafe then. */
  readonly unclear: Finding | undefined;
}

/** Rules about the text, as against those about names and CIDs. */
const aboutText: ReadonlySet<string> = new Set([
  ...["syntax", "tab", "too-deep", "too-big", "not-utf-8"],
  ...["duplicate-key", "alias", "anchor", "tag", "list", "multi-document", "not-a-mapping", "not-a-name"],
]);

/** `collect` is called with every valid leaf; without it no CID objects are retained. */
export function examine(source: string | Uint8Array, collect?: (leaf: Leaf) => void): Examined {
  const { text, broken } = typeof source === "string" ? { text: source } : decodeUtf8(source);
  const yaml = readYaml(text, { maxDepth });
  const list = findingList();
  const report: Report = (level, rule, offset, path, message, fix) =>
    list.add(level, rule, () => {
      const at = yaml.lines.at(offset);
      return { level, rule, ...at, path, says: textOf(message), ...(fix === undefined ? {} : { fix: textOf(fix) }) };
    });

  const [content, ...more] = yaml.documents;
  if (content) readTop(content, { yaml, collect, report, parsed: new Map() });
  for (const { start } of more) {
    report(
      "error",
      "multi-document",
      start,
      "",
      "a second document begins here; a tree is one",
      "remove the line `---` above",
    );
  }
  // An encoding error cuts the text off, which may then be reported as invalid YAML.
  const fault = broken ?? yaml.broken;
  if (fault) reportFault(fault, text, report);
  const root = content?.kind === "map" ? content : undefined;
  const findings = inOrder(list.all());
  return { findings, yaml, root, unclear: findings.find(({ rule }) => aboutText.has(rule)) };
}

/** `message` and `fix` are functions where the text is expensive: only findings that are listed need it. */
type Report = (
  level: Finding["level"],
  rule: string,
  offset: number,
  path: string,
  message: string | (() => string),
  fix?: string | (() => string),
) => void;

const textOf = (text: string | (() => string)): string => (typeof text === "string" ? text : text());

interface Reading {
  readonly yaml: Yaml;
  readonly collect: ((leaf: Leaf) => void) | undefined;
  readonly report: Report;
  /** By text: leaves of one CID share the object, and with it the text that it was turned into once. */
  readonly parsed: Map<string, CID>;
}

function readTop(node: Node, reading: Reading): void {
  const { report } = reading;
  reportProperty(node, "", report);
  if (node.kind === "map") readFolder(node, "", reading);
  else if (node.kind === "scalar" && node.text !== "") {
    const message = `"${shown(node.text)}" is without a name; a tree maps names to CIDs`;
    report("error", "not-a-mapping", node.start, "", message, "write `name: CID`");
  } else if (node.kind !== "scalar") reportUnsupported(node, "", report);
}

function readFolder(folder: MapNode, path: string, reading: Reading): void {
  const { yaml, report } = reading;
  const names = new Map<string, ScalarNode>();
  for (const { key, value } of folder.entries) {
    const name = nameOf(key, path, report);
    if (name === undefined) continue;
    const bad = whatIsBad(name.text);
    const below = pathTo(path, bad ? shown(name.text) : name.text);
    if (bad) report("error", "bad-name", name.start, below, `the name "${shown(name.text)}" ${bad}`);

    const first = names.get(name.text);
    if (first) {
      const line = ({ start }: ScalarNode) => yaml.lines.at(start).line;
      const message = () => `"${shown(name.text)}" is here twice: line ${line(first)} and line ${line(name)}`;
      const fix = value.kind === "map" ? "put both under one name" : "remove one of them";
      report("error", "duplicate-key", name.start, below, message, fix);
    } else names.set(name.text, name);
    // Below an invalid name all findings are reported, but no leaves are collected.
    const into = bad || first ? { ...reading, collect: undefined } : reading;
    readValue(value, name, below, into);
  }
}

/** The key as a name; `undefined`, and reported, where it is something only YAML knows. */
function nameOf(key: Node, path: string, report: Report): ScalarNode | undefined {
  reportProperty(key, path, report);
  if (key.kind !== "scalar") {
    report(
      "error",
      "not-a-name",
      key.start,
      path,
      "a name is plain text, and this is a structure",
      "write `name: CID`",
    );
    return undefined;
  }
  if (key.text === "<<" && key.style === "plain") {
    report(
      "error",
      "alias",
      key.start,
      path,
      "`<<` merges other pieces in; a tree lists each leaf itself",
      "write the lines out",
    );
    return undefined;
  }
  return key;
}

function readValue(value: Node, name: ScalarNode, path: string, reading: Reading): void {
  reportProperty(value, path, reading.report);
  if (value.kind === "map" && value.entries.length > 0) readFolder(value, path, reading);
  else if (value.kind === "map") addEmptyFolder(name, path, reading);
  else if (value.kind === "scalar") readLeaf(value, name, path, reading);
  else reportUnsupported(value, path, reading.report);
}

function readLeaf(value: ScalarNode, name: ScalarNode, path: string, reading: Reading): void {
  const { report } = reading;
  const written = writtenIn(value);
  if (written === "") {
    addEmptyFolder(name, path, reading);
    return;
  }
  const cid = reading.parsed.get(written) ?? readCid(written);
  if (isObjection(cid)) {
    report("error", cid.rule, value.start, path, () => `"${shown(written)}" ${cid.message}`, cid.fix);
    return;
  }
  reading.parsed.set(written, cid);
  if (cid.version === 0) {
    const message = "a CIDv0; the v1 spelling names the same data and fits every address (the root changes with it)";
    report("hint", "cid-v0", value.start, path, message, () => identity(cid));
  }
  reading.collect?.({ kind: "data", path, cid, written, ...reading.yaml.lines.at(name.start) });
}

/** A block scalar (`>`, `|`) ends in a line break that is not part of the value. */
export function writtenIn({ text, style }: ScalarNode): string {
  return style === "block" ? text.trimEnd() : text;
}

function addEmptyFolder(name: ScalarNode, path: string, { collect, yaml }: Reading): void {
  collect?.({ kind: "empty-folder", path, cid: emptyDirectory, ...yaml.lines.at(name.start) });
}

function reportProperty({ property }: Node, path: string, report: Report): void {
  if (property?.kind === "anchor") {
    report(
      "error",
      "anchor",
      property.start,
      path,
      "an anchor (&name) marks a piece for reuse; a tree lists each leaf itself",
      "remove it",
    );
  } else if (property) {
    report(
      "error",
      "tag",
      property.start,
      path,
      "a tag (!type) declares the type of the value that follows; a tree has only names and CIDs",
      "remove it",
    );
  }
}

function reportUnsupported({ kind, start }: Node, path: string, report: Report): void {
  if (kind === "list") {
    report("error", "list", start, path, "a list has no names; a tree maps names to CIDs", "write `name: CID` lines");
  } else {
    report(
      "error",
      "alias",
      start,
      path,
      "an alias (*name) repeats another piece; a tree lists each leaf itself",
      "write it out",
    );
  }
}

function oneContentTwice(leaves: readonly Leaf[], findings: FindingList<Finding>): void {
  const firsts = new Map<number, DataLeaf>();
  for (const leaf of leaves) {
    if (!isData(leaf)) continue;
    // The first six bytes of the hash distinguish nearly all data, and numbers compare much faster than identities.
    const hash = leaf.cid.multihash.digest;
    const high = (hash[0]! << 16) | (hash[1]! << 8) | hash[2]!;
    const key = high * 0x1000000 + ((hash[3]! << 16) | (hash[4]! << 8) | hash[5]!);
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, leaf);
    } else if (first.written === leaf.written || identity(first.cid) === identity(leaf.cid)) {
      findings.add("warning", "same-content", () => {
        const { line, column, path } = leaf;
        const message = `the same content as ${shown(first.path, 200)} in line ${first.line}`;
        return { level: "warning", rule: "same-content", line, column, path, says: message };
      });
    }
  }
}

function reportFault({ kind, offset, message }: Fault, text: string, report: Report): void {
  if (kind !== "tab") {
    report("error", kind, offset, "", message);
    return;
  }
  // All tabs in one finding pass: a file with one tab usually has many. The lookahead leaves out blank lines and comments.
  const tabs = new Set([offset]);
  for (const { index, 0: indent } of text.matchAll(/^[ \t]*(?=[^\s#])/gm)) {
    if (indent.includes("\t")) tabs.add(index + indent.indexOf("\t"));
  }
  for (const tab of tabs) report("error", "tab", tab, "", message, "indent with spaces");
}
