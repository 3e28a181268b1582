/**
 * A list of pins as campaigns have maintained them by hand: `pinlist.yaml`.
 *
 * A list of `{cid, name, meta: {prev, tags: […]}}`, or the same under `pins:`. Pins are labelled by name, so two of one
 * name are reported with both lines; nothing is left out for it. Text in, values out: no I/O.
 *
 * ```ts
 * const { pins, findings } = readPinlist("- cid: Qm…\n  name: HEAD v1\n");
 * pins[0]?.line; // 1
 * ```
 */
import type { CID } from "multiformats/cid";
import { identity, isObjection, readCid } from "../cid.ts";
import type { Finding } from "../report/finding.ts";
import { shown } from "../text/shown.ts";
import { decodeUtf8, type Lines, type ListNode, type Node, readYaml, type ScalarNode } from "../yaml/yaml.ts";

export interface ListedPin {
  /** The CID itself where the list has no name for it. */
  readonly name: string;
  readonly cid: CID;
  /** What it follows: `meta.prev`. */
  readonly previous?: CID;
  /** The rest of `meta`, each as text; a list as its parts with commas between them. */
  readonly meta: Readonly<Record<string, string>>;
  /** Of its first key, from 1. */
  readonly line: number;
}

/** Deep enough for `pins`, a pin, `meta`, `tags` and the values in it. */
const maxDepth = 8;

/** Characters of a name. More than any service stores. */
const longestName = 255;

/** The pins in the order of the file, those that can be read; findings in the order of their lines. */
export function readPinlist(source: string | Uint8Array): { pins: ListedPin[]; findings: Finding[] } {
  const { text, broken } = typeof source === "string" ? { text: source } : decodeUtf8(source);
  const { documents, lines, broken: notYaml } = readYaml(text, { maxDepth });
  const findings: Finding[] = [];
  const report: Report = (level, rule, at, path, message, fix) =>
    void findings.push({ level, rule, ...lines.at(at), path, says: message, ...(fix !== undefined && { fix }) });

  const fault = broken ?? notYaml;
  if (fault) report("error", fault.kind, fault.offset, "", fault.message);
  const list = listIn(documents[0]);
  if (!list && documents[0] && !fault) {
    report("error", "not-a-list", documents[0].start, "", "this file must be a list of pins, each with cid: and name:");
  }
  const pins = (list?.items ?? []).flatMap((item, index) => pinIn(item, index, { report, lines }) ?? []);
  reportRepeats(pins, report);
  reportDangling(pins, report);
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  return { pins: pins.map(({ pin }) => pin), findings };
}

type Report = (level: Finding["level"], rule: string, at: number, path: string, message: string, fix?: string) => void;

/** A pin, and the offsets that findings about it point at. */
interface Placed {
  readonly pin: ListedPin;
  /** The name in the tree of this file: `3`, counted from 1. */
  readonly path: string;
  readonly nameAt: number;
  readonly previousAt: number;
  readonly cidAt: number;
}

function listIn(content: Node | undefined): ListNode | undefined {
  if (content?.kind === "list") return content;
  const pins = content?.kind === "map" ? valuesOf(content).get("pins") : undefined;
  return pins?.kind === "list" ? pins : undefined;
}

function pinIn(item: Node, index: number, { report, lines }: { report: Report; lines: Lines }): Placed | undefined {
  const path = `${index + 1}`;
  if (item.kind !== "map") {
    report("error", "not-a-pin", item.start, path, `entry ${path} is no pin`, "write cid: and name:");
    return undefined;
  }
  const keys = valuesOf(item);
  const written = keys.get("cid");
  if (written?.kind !== "scalar" || written.text === "") {
    report("error", "no-cid", written?.start ?? item.start, path, `entry ${path} has no cid:`);
    return undefined;
  }
  const cid = cidIn(written, path, report);
  if (!cid) return undefined;

  const named = keys.get("name");
  const name = named?.kind === "scalar" ? named.text.trim() : "";
  if (name === "") {
    report("warning", "no-name", item.start, path, `${cid} has no name`, "write name: and what it is");
  } else if (name.length > longestName) {
    const message = `a name of ${name.length} characters; services store ${longestName}`;
    report("warning", "long-name", named!.start, path, message);
  }
  const metaNode = keys.get("meta");
  const { previous, previousAt, meta } = metaIn(metaNode, path, report);
  return {
    pin: {
      name: name.slice(0, longestName).toWellFormed() || `${cid}`,
      cid,
      ...(previous && { previous }),
      meta,
      line: lines.at(item.start).line,
    },
    path,
    cidAt: written.start,
    nameAt: named?.start ?? item.start,
    previousAt,
  };
}

/** `prev` aside, every value as text: services take no other. */
function metaIn(node: Node | undefined, path: string, report: Report) {
  const meta: Record<string, string> = Object.create(null);
  let previous: CID | undefined;
  let previousAt = 0;
  if (node?.kind === "map") {
    for (const [key, value] of valuesOf(node)) {
      if (key === "prev" && value.kind === "scalar") {
        previousAt = value.start;
        if (value.text.trim() !== "") previous = cidIn(value, path, report);
        continue;
      }
      const text = textOf(value);
      if (text !== undefined) meta[key] = text;
      else report("warning", "meta", value.start, path, `meta.${shown(key)} is neither text nor a list of texts`);
    }
  } else if (node && !(node.kind === "scalar" && node.text === "")) {
    report("warning", "meta", node.start, path, "meta: must be `key: value` lines");
  }
  return { previous, previousAt, meta };
}

function textOf(value: Node): string | undefined {
  if (value.kind === "scalar") return value.text;
  if (value.kind !== "list") return undefined;
  const parts = value.items.map((item) => (item.kind === "scalar" ? item.text : undefined));
  return parts.every((part) => part !== undefined) ? parts.join(",") : undefined;
}

function cidIn({ text, start }: ScalarNode, path: string, report: Report): CID | undefined {
  const read = readCid(text.trim());
  if (!isObjection(read)) return read;
  report("error", read.rule, start, path, `"${shown(text)}" ${read.message}`, read.fix);
  return undefined;
}

/** The last of two keys alike counts, as it does for the programs that read these lists. */
function valuesOf(node: Extract<Node, { kind: "map" }>): Map<string, Node> {
  return new Map(node.entries.flatMap(({ key, value }) => (key.kind === "scalar" ? [[key.text, value] as const] : [])));
}

function reportRepeats(pins: readonly Placed[], report: Report): void {
  const byName = Map.groupBy(pins, ({ pin }) => pin.name);
  for (const [name, alike] of byName) {
    const places = alike.map(({ pin }) => `line ${pin.line}`).join(", ");
    for (const { nameAt, path } of alike.slice(1)) {
      const message = `${alike.length} pins are called "${shown(name)}": ${places}`;
      report("warning", "duplicate-name", nameAt, path, message, "call them differently");
    }
  }
  const byCid = Map.groupBy(pins, ({ pin }) => identity(pin.cid));
  for (const alike of byCid.values()) {
    const [first, ...again] = alike;
    for (const { cidAt, path, pin } of again) {
      const message = `${pin.cid} is here and in line ${first!.pin.line}; it is one pin`;
      report("hint", "duplicate-cid", cidAt, path, message, "remove one of them");
    }
  }
}

function reportDangling(pins: readonly Placed[], report: Report): void {
  const listed = new Set(pins.map(({ pin }) => identity(pin.cid)));
  for (const { pin, previousAt, path } of pins) {
    if (!pin.previous || listed.has(identity(pin.previous))) continue;
    const message = `"${shown(pin.name)}" follows ${pin.previous}, which is not in this list`;
    report("warning", "dangling-prev", previousAt, path, message, "add that pin, or remove prev:");
  }
}
