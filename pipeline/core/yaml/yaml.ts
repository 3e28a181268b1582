/**
 * YAML with positions: what people write by hand, and the position of each piece in the text.
 *
 * tree.yaml and campaign.yaml are read through here, so that a finding can point at the line and an edit can replace
 * the very characters. Nothing is resolved: every scalar stays text (`1.10` is not 1.1, keys keep their order), an
 * alias stays an alias, so no input can grow while it is read. Where the text stops being valid YAML, the part
 * before it is still read.
 *
 * ```ts
 * const { documents, lines } = readYaml("a:\n  b: c\n", { maxDepth: 8 });
 * lines.at(5); // { line: 2, column: 3 }
 * ```
 */
import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from "js-yaml";

export type Node = MapNode | ListNode | ScalarNode | AliasNode;

/** Offsets are UTF-16 code units from 0, ends exclusive. */
interface Placed {
  readonly start: number;
  /** An anchor (`&x`) or a tag (`!x`) before the node, where there is one. */
  readonly property?: { readonly kind: "anchor" | "tag"; readonly start: number };
}

export interface MapNode extends Placed {
  readonly kind: "map";
  /** Written as `{…}`. */
  readonly flow: boolean;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: Node;
  readonly value: Node;
}

export interface ListNode extends Placed {
  readonly kind: "list";
  readonly items: readonly Node[];
}

export interface ScalarNode extends Placed {
  readonly kind: "scalar";
  /** As YAML reads it: quotes and escapes undone, wrapped lines folded. */
  readonly text: string;
  /** Of the text with its quotes; with its `|` or `>` where it is a block. */
  readonly end: number;
  /** `absent`: nothing is written; `start` and `end` are then where it could be. */
  readonly style: "plain" | "quoted" | "block" | "absent";
}

export interface AliasNode extends Placed {
  readonly kind: "alias";
}

export interface Yaml {
  readonly documents: readonly Node[];
  readonly lines: Lines;
  /** Where and why the text stops being YAML; `documents` then have the part before it. */
  readonly broken?: Fault;
}

export interface Fault {
  readonly kind: "syntax" | "tab" | "too-deep" | "too-big" | "not-utf-8";
  readonly offset: number;
  readonly message: string;
}

/** Positions of offsets, as editors count: lines and columns from 1, columns in UTF-16 code units. */
export interface Lines {
  at(offset: number): { readonly line: number; readonly column: number };
  /** Offset of the first character of the line of `offset`. */
  startOf(offset: number): number;
  /** Offset behind the last character of that line, its line break excluded. */
  endOf(offset: number): number;
  /** Offset of the first character of the next line; the end of the text on the last one. */
  after(offset: number): number;
}

/** Reads `text`. Paths of more than `maxDepth` names or list items end the reading. Never throws, whatever the text is. */
export function readYaml(text: string, { maxDepth }: { readonly maxDepth: number }): Yaml {
  const tooBig = bigness(text);
  if (tooBig) return { documents: [], lines: linesOf(""), broken: { kind: "too-big", offset: 0, message: tooBig } };
  const lines = linesOf(text);
  const read = parse(text, maxDepth);
  if (Array.isArray(read)) return { documents: nodesOf(text, read), lines };
  const mark = conflictMark.exec(text.slice(0, lines.endOf(read.offset)))?.index;
  const upTo = mark ?? readableUpTo(text, read.offset, lines, maxDepth);
  const before = parse(text.slice(0, upTo), maxDepth);
  const documents = Array.isArray(before) ? nodesOf(text, before) : [];
  if (mark !== undefined) return { documents, lines, broken: { kind: "syntax", offset: mark, message: conflict } };
  const noticed = lines.at(read.offset).line;
  if (upTo === 0 || lines.at(upTo).line >= noticed) return { documents, lines, broken: read };
  // What is left open (a quote, a bracket) is noticed far below; point at where it began.
  const offset = upTo + text.slice(upTo, lines.endOf(upTo)).search(/\S|$/);
  return { documents, lines, broken: { ...read, offset, message: `${read.message} (noticed in line ${noticed})` } };
}

/** What git leaves of a merge it could not finish. */
const conflictMark = /^<{7}(?= |\r?$)/m;
const conflict =
  "git left a conflict here: keep what is right of both versions, and take the marks <<<<<<< to >>>>>>> out";

/** Bytes as text; where they stop being UTF-8, the whole lines before and where that is. A byte order mark stays. */
export function decodeUtf8(bytes: Uint8Array): { readonly text: string; readonly broken?: Fault } {
  if (bytes.length > limits.characters) {
    const message = `${bytes.length} bytes are more than the ${limits.characters} that are read`;
    return { text: "", broken: { kind: "too-big", offset: 0, message } };
  }
  const decode = (end: number, more: boolean): string | undefined => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end), {
        stream: more,
      });
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  };
  const whole = decode(bytes.length, false);
  if (whole !== undefined) return { text: whole };
  // The decoder reports an error without its offset. Whether a prefix is valid UTF-8 is monotonous, so bisect.
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decode(middle, true) === undefined) bad = middle;
    else good = middle;
  }
  const before = decode(good, true)!;
  // Bytes that might have become a character are not in `before`: the first of them is the wrong one.
  const offset = new TextEncoder().encode(before).length;
  const wide = bytes[0] === 0xff || bytes[0] === 0xfe ? " (it looks like UTF-16)" : "";
  const byte = `0x${bytes[offset]!.toString(16).padStart(2, "0")}`;
  const message = `not UTF-8${wide}: byte ${byte} at offset ${offset}; save the file as UTF-8`;
  const wholeLines = before.slice(0, Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1);
  return { text: wholeLines, broken: { kind: "not-utf-8", offset: before.length, message } };
}

/**
 * What is read at most, so that no file can cost more than about a second and a few hundred megabytes. The real trees
 * we know have a few hundred lines; these leave room for a quarter of a million leaves.
 */
const limits = {
  characters: 32 * 1024 * 1024,
  /** Line breaks, colons, commas and opening brackets: there are never more pieces than that. */
  marks: 1_000_000,
} as const;

function bigness(text: string): string | undefined {
  if (text.length > limits.characters) {
    return `${text.length} characters are more than the ${limits.characters} that are read`;
  }
  let marks = 0;
  for (const mark of "\n\r:,[{") {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) marks++;
  }
  if (marks <= limits.marks) return undefined;
  return `more than the ${limits.marks} line breaks, colons, commas and brackets that are read, or about ${limits.marks / 2} leaves`;
}

function linesOf(text: string): Lines {
  // A byte order mark is no character of the first line to its editor.
  const starts = [text.startsWith("\ufeff") ? 1 : 0];
  for (const { index, 0: ending } of text.matchAll(/\r\n?|\n/g)) starts.push(index + ending.length);
  const indexOf = (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low;
  };
  const after = (offset: number) => starts[indexOf(offset) + 1] ?? text.length;
  return {
    at(offset) {
      const index = indexOf(offset);
      return { line: index + 1, column: Math.max(1, offset - starts[index]! + 1) };
    },
    startOf: (offset) => starts[indexOf(offset)]!,
    endOf(offset) {
      let end = after(offset);
      while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
      return Math.max(end, starts[indexOf(offset)]!);
    },
    after,
  };
}

function parse(text: string, maxDepth: number): Event[] | Fault {
  try {
    // js-yaml counts the document as one, and keys as one deeper than their mapping.
    return parseEvents(text, { maxDepth: maxDepth + 1 });
  } catch (error) {
    if (!(error instanceof YAMLException) || !error.mark) throw error;
    return faultOf(error.reason, Math.min(error.mark.position, text.length), maxDepth);
  }
}

/** The message of js-yaml, reworded for people who edit a list of names. */
function faultOf(reason: string, offset: number, maxDepth: number): Fault {
  if (reason.startsWith("nesting exceeded"))
    return { kind: "too-deep", offset, message: `nested deeper than ${maxDepth} names` };
  if (reason.startsWith("tab characters")) return { kind: "tab", offset, message: "a tab indents this line" };
  const words: readonly (readonly [RegExp, string])[] = [
    [/^(?:bad|deficient) indentation/, "the indentation does not fit the lines above"],
    [/^can not read a block mapping entry|^expected ':'/, "this line is no `name: value`"],
    [/^end of the stream or a document separator/, "this does not belong to the lines above"],
    [
      /^unexpected end of the (?:stream|document) within a (?:single|double) quoted/,
      "a quote is opened and never closed",
    ],
    [/^unexpected end of the stream within a flow/, "a bracket is opened and never closed"],
    [
      /non-printable|null byte|valid JSON character/,
      "there is a character that text files don't contain (a control character or half of a pair)",
    ],
  ];
  const explanation = words.find(([pattern]) => pattern.test(reason))?.[1];
  return { kind: "syntax", offset, message: `not valid YAML: ${explanation ?? reason}` };
}

/**
 * The start of a line up to which `text` can be read, as near to the fault as a bounded number of attempts finds.
 *
 * The fault is mostly in the line it was noticed on or the one above; after something left open it can be far above,
 * hence the growing steps back, and then a few halvings forward.
 */
function readableUpTo(text: string, fault: number, lines: Lines, maxDepth: number): number {
  const { line: faultLine } = lines.at(fault);
  const startOfLine: number[] = [0];
  while (startOfLine.length < faultLine) startOfLine.push(lines.after(startOfLine.at(-1)!));
  const reads = (line: number) => Array.isArray(parse(text.slice(0, startOfLine[line - 1]), maxDepth));

  // Characters we are willing to read again: a second or so.
  let willing = 100_000_000;
  let bad = faultLine + 1;
  let good = 1;
  for (const back of [0, 1, 2, 8, 64, 512, 4096, 32_768, 262_144]) {
    const line = Math.max(1, faultLine - back);
    willing -= startOfLine[line - 1]!;
    if (willing < 0) return 0;
    if (reads(line)) {
      good = line;
      break;
    }
    bad = line;
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    willing -= startOfLine[middle - 1] ?? 0;
    if (willing < 0 || middle > faultLine) break;
    if (reads(middle)) good = middle;
    else bad = middle;
  }
  return startOfLine[good - 1]!;
}

function nodesOf(text: string, events: readonly Event[]): Node[] {
  const documents: Node[] = [];
  /** Offset of an absent scalar: behind the last one that was read. */
  let last = 0;
  let at = 0;

  const next = (): Node | undefined => {
    const event = events[at++]!;
    switch (event.type) {
      case EVENT_ID.POP:
        return undefined;
      case EVENT_ID.SCALAR: {
        const node = scalarOf(text, event, last);
        last = Math.max(last, node.end);
        return withProperty(node, event);
      }
      case EVENT_ID.ALIAS:
        last = event.anchorEnd;
        return { kind: "alias", start: event.anchorStart - 1 };
      case EVENT_ID.MAPPING: {
        const entries: Entry[] = [];
        for (let key = next(); key; key = next()) entries.push({ key, value: next()! });
        const flow = event.style === COLLECTION_STYLE.FLOW;
        return withProperty({ kind: "map", start: event.start, flow, entries }, event);
      }
      case EVENT_ID.SEQUENCE: {
        const items: Node[] = [];
        for (let item = next(); item; item = next()) items.push(item);
        return withProperty({ kind: "list", start: event.start, items }, event);
      }
      case EVENT_ID.DOCUMENT: {
        const content = next();
        if (content) {
          documents.push(content);
          next();
        }
        return undefined;
      }
    }
  };
  while (at < events.length) next();
  return documents;
}

function scalarOf(text: string, event: ScalarEvent, last: number): ScalarNode {
  const { valueStart: start, valueEnd: end } = event;
  if (start < 0) return { kind: "scalar", text: "", start: last, end: last, style: "absent" };
  const value = getScalarValue(text, event);
  switch (event.style) {
    case SCALAR_STYLE.PLAIN:
      return { kind: "scalar", text: value, start, end, style: "plain" };
    case SCALAR_STYLE.SINGLE_QUOTED:
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return { kind: "scalar", text: value, start: start - 1, end: end + 1, style: "quoted" };
    default:
      // The events place the lines of a block, not the `|` or `>` that opens it on a line above them.
      return { kind: "scalar", text: value, start: headerOf(text, last, start), end, style: "block" };
  }
}

/** Offset of the `|` or `>` that opens a block scalar, searched between the previous piece and its first line. */

function headerOf(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (text[at] === "#") while (at < to && text[at] !== "\n" && text[at] !== "\r") at++;
    if (text[at] === "|" || text[at] === ">") return at;
  }
  return to;
}

type WithProperties = { readonly anchorStart: number; readonly tagStart: number };

/** Nearly no node has one, and trees of a hundred thousand leaves have many nodes. */
function withProperty(node: Node, { anchorStart, tagStart }: WithProperties): Node {
  if (anchorStart >= 0) return { ...node, property: { kind: "anchor", start: anchorStart - 1 } };
  if (tagStart >= 0) return { ...node, property: { kind: "tag", start: tagStart } };
  return node;
}
