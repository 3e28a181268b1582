/**
 * The pins of the embedded node: labels and roots, and what was last found about their completeness.
 *
 * The file has its own checksum, because one changed letter in a CID gives another CID, which a collection would follow.
 * A second copy is written after it, because the pins of old releases can't be derived from anything else.
 *
 * ```
 * .fieldtree/pins.json       {"checksum": …, "checked": {"incomplete": […], "inPlace": […], "packs": {…}}, "pins": {label: CID, …}}
 * .fieldtree/pins.copy.json  the same
 * ```
 *
 * The first format was the object of labels alone; it can still be read.
 */
import { existsSync } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import { isRecord, stableJson } from "../../core/json.ts";
import { sha256 } from "../../dag/hash.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { writeDurably } from "../../disk/write.ts";

export type Pins = ReadonlyMap<string, CID>;

/** The last check of all pins against the packs: what the packs had then, and which pins lacked blocks. */
export interface CheckedPins {
  readonly incomplete: readonly string[];
  readonly packs: ReadonlyMap<number, PackExtent>;
  /** Names of the lists of blocks in place; absent where there are none. */
  readonly inPlace?: readonly string[];
}

/** How much a pack had. Packs only grow until they are removed, so less than this means that blocks are gone. */
export interface PackExtent {
  readonly blocks: number;
  /** Bytes that were committed. */
  readonly bytes: number;
}

export interface PinFile {
  readonly pins: Pins;
  /** Absent where the pins were never checked. */
  readonly checked?: CheckedPins;
  /** What is wrong with one of the two files, where the other one could be read. */
  readonly flaw?: string;
}

/** Bytes. Enough for a million labels; a larger file was not written by fieldtree. */
const largestFile = 200_000_000;

/** The path of the second copy of `file`. */
export const copyOf = (file: string): string => file.replace(/\.json$/, ".copy.json");

/** @throws Failure `corrupt` where neither file can be read: without pins, nothing may be collected. */
export async function readPins(file: string): Promise<PinFile> {
  const first = await attempt(file);
  if (!isFailure(first) && first) return { ...first, ...(await flawOf(copyOf(file), first)) };
  const second = await attempt(copyOf(file));
  if (!second || isFailure(second)) {
    if (first ?? second) throw first ?? second;
    return { pins: new Map() };
  }
  // Written before the first pins are, see below.
  if (!first && second.pins.size === 0 && !second.checked) return { pins: second.pins };
  return { ...second, flaw: first ? first.message : `${file} is gone` };
}

/** Write both files. @throws Failure `refused` where the disk is full; the previous pins are then still pinned. */
export async function writePins(file: string, pins: Pins, checked: CheckedPins | undefined): Promise<void> {
  const text = textOf(pins, checked);
  // Otherwise a run that is killed between the first two writes there ever are would leave a file whose copy counts as lost.
  if (!existsSync(copyOf(file))) await writeDurably(copyOf(file), textOf(new Map(), undefined));
  await writeDurably(file, text);
  await writeDurably(copyOf(file), text);
}

/** The contents of the file; `undefined` where there is none, the failure where it can't be read. */
async function attempt(file: string): Promise<PinFile | Failure | undefined> {
  let text: string;
  try {
    const stat = await lstat(file);
    if (!stat.isFile() || stat.size > largestFile) return damaged(file);
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const failure = diskFailure(error, "reading what is pinned");
    if (isFailure(failure, "corrupt")) return failure;
    throw failure;
  }
  try {
    return parsed(text);
  } catch (cause) {
    return damaged(file, cause);
  }
}

/** @throws where the text is not one that {@link textOf} gives, or an object of labels and CIDs. */
function parsed(text: string): PinFile {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new TypeError("not an object");
  // In the first format every member is a CID.
  if (!isRecord(value.pins)) return { pins: withoutPrefix(pinsOf(value)) };
  const pins = pinsOf(value.pins);
  const checked = value.checked === undefined ? undefined : checkedOf(value.checked);
  // Compares every byte, white space included.
  if (text !== textOf(pins, checked)) throw new TypeError("another text than was written");
  return { pins, ...(checked && { checked }) };
}

function pinsOf(labels: Readonly<Record<string, unknown>>): Map<string, CID> {
  return new Map(Object.entries(labels).map(([label, cid]) => [label, CID.parse(String(cid))]));
}

/** The first format marked incomplete pins by a prefix of the label. Their completeness is checked again. */
function withoutPrefix(pins: Pins): Pins {
  const prefix = "incomplete: ";
  const marked = [...pins].filter(([label]) => label.startsWith(prefix));
  const others = [...pins].filter(([label]) => !label.startsWith(prefix));
  return new Map([...marked.map(([label, cid]) => [label.slice(prefix.length), cid] as const), ...others]);
}

function checkedOf(value: unknown): CheckedPins {
  const { incomplete, packs, inPlace } = value as {
    incomplete: string[];
    packs: Record<string, [number, number]>;
    inPlace?: string[];
  };
  const extents = Object.entries(packs).map(
    ([number, [blocks, bytes]]) => [Number(number), { blocks, bytes }] as const,
  );
  return { incomplete: [...incomplete], packs: new Map(extents), ...(inPlace && { inPlace: [...inPlace] }) };
}

function textOf(pins: Pins, checked: CheckedPins | undefined): string {
  // Null prototypes, so that a label named __proto__ is a label like any other.
  const labels: Record<string, string> = Object.create(null);
  for (const [label, cid] of pins) labels[label] = cid.toString();
  const packs = [...(checked?.packs ?? [])].map(([number, { blocks, bytes }]) => [number, [blocks, bytes]]);
  const content = {
    pins: labels,
    ...(checked && {
      checked: {
        incomplete: checked.incomplete,
        packs: Object.fromEntries(packs),
        ...(checked.inPlace && { inPlace: checked.inPlace }),
      },
    }),
  };
  const checksum = Buffer.from(sha256(Buffer.from(stableJson(content)))).toString("hex");
  return stableJson({ ...content, checksum }, 1);
}

async function flawOf(copy: string, first: PinFile): Promise<{ flaw?: string }> {
  const second = await attempt(copy);
  if (isFailure(second)) return { flaw: second.message };
  // A run that ended between the two writes leaves an older copy, which the next write replaces.
  return second || !first.checked ? {} : { flaw: `${copy} is gone` };
}

function damaged(file: string, cause?: unknown): Failure {
  return new Failure("corrupt", `${file} should list what is pinned, as labels and CIDs, and can't be read`, {
    hint: "move it away: blocks stay, and publishing again pins what is published",
    cause,
  });
}
